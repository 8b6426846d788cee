"""Laws of the power series: each function's against mpmath's, each model's by the equation that it must solve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError, NotationError
from amsym.notation.functions import BinaryEntropy, Li2, LogCoshDual
from amsym.system import System, time
from numeric.bound import Bound
from numeric.clamp import Clamped
from numeric.compile import compile as compile_model
from numeric.elementwise import UFUNCS
from numeric.series import Jets, functions
from numeric.series.builder import Builder
from numeric.series.series import Series

Array = np.ndarray[Any, Any]
ORDER = 8
(i,), (j,) = am.indices("i", "N"), am.indices("j", "N")
y = am.state("y", "N")

CURVE = ("0.37", "0.61", "-0.23", "0.11")  # u(t) = 0.37 + 0.61 t - 0.23 t² + 0.11 t³


def flow_of(f: Any) -> Bound:
    """dy_i/dt = f, without parameters."""
    return compile_model(System(flow={y[i]: f})).bind({})


def along(function: Callable[[Any], Any], first: str = CURVE[0]) -> Array:
    """The series of g(u(t)) at t = 0: that of y with dy/dt = g(u(t)), times its powers."""
    u = sum(sp.Float(c, 40) * time**k for k, c in enumerate((first, *CURVE[1:])))
    terms = Jets(flow_of(function(u) + 0 * y[i]), 1, order=ORDER).coefficients(np.zeros((1, 1)))
    return np.asarray(terms[1:, 0, 0] * np.arange(1, ORDER + 1))


def by_mpmath(function: Callable[[Any], Any], first: str = CURVE[0]) -> list[float]:
    with mp.workdps(40):
        curve = [mp.mpf(c) for c in (first, *CURVE[1:])]
        return [float(c) for c in mp.taylor(lambda t: function(mp.polyval(curve[::-1], t)), 0, ORDER - 1)]


def entropy(x: Any) -> Any:
    s = 1 / (1 + mp.exp(-x))
    return -(s * mp.log(s) + (1 - s) * mp.log(1 - s))


FUNCTIONS: dict[str, tuple[Any, Any, str]] = {
    **{
        f.__name__: (f, getattr(mp, f.__name__), CURVE[0])
        for f in (sp.exp, sp.log, sp.tanh, sp.sinh, sp.cosh, sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan, sp.asinh, sp.atanh)
    },
    **{f.__name__: (f, getattr(mp, f.__name__), CURVE[0]) for f in (sp.erf, sp.erfc, sp.erfinv, sp.gamma, sp.loggamma, sp.sech, sp.coth)},
    "acosh": (sp.acosh, mp.acosh, "1.4"),
    "absolute": (sp.Abs, lambda x: -x, "-1.4"),
    "sign": (sp.sign, lambda x: mp.mpf(-1), "-1.4"),
    "log cosh": (lambda u: sp.log(sp.cosh(u)), lambda x: mp.log(mp.cosh(x)), CURVE[0]),
    "its dual": (LogCoshDual, lambda x: x * mp.tanh(x) - mp.log(mp.cosh(x)), CURVE[0]),
    "binary entropy": (BinaryEntropy, entropy, CURVE[0]),
    "softplus": (lambda u: sp.log(1 + sp.exp(u)), lambda x: mp.log(1 + mp.exp(x)), CURVE[0]),
    "softplus at 0": (lambda u: sp.log(1 + sp.exp(u)), lambda x: mp.log(1 + mp.exp(x)), "0"),
    "log(1 + u)": (lambda u: sp.log(1 + u), mp.log1p, CURVE[0]),
    "e^u - 1": (lambda u: sp.exp(u) - 1, mp.expm1, CURVE[0]),
    "1 - tanh²": (lambda u: 1 - sp.tanh(u) ** 2, lambda x: 1 - mp.tanh(x) ** 2, CURVE[0]),
    "logistic": (lambda u: 1 / (1 + sp.exp(-u)), lambda x: 1 / (1 + mp.exp(-x)), CURVE[0]),
    "Fermi-Dirac": (lambda u: -Li2(-sp.exp(u)), lambda x: -mp.polylog(2, -mp.exp(x)), CURVE[0]),
    "u^1.3": (lambda u: u ** sp.Rational(13, 10), lambda x: x ** mp.mpf("1.3"), CURVE[0]),
    "u^-2.5": (lambda u: u ** sp.Rational(-5, 2), lambda x: x ** mp.mpf("-2.5"), CURVE[0]),
    "u^5": (lambda u: u**5, lambda x: x**5, CURVE[0]),
    "u^40": (lambda u: u**40, lambda x: x**40, CURVE[0]),
    "u^u": (lambda u: u**u, lambda x: x**x, CURVE[0]),
    "3^u": (lambda u: 3**u, lambda x: 3**x, CURVE[0]),
    "I1/I0": (lambda u: sp.besseli(1, u) / sp.besseli(0, u), lambda x: mp.besseli(1, x) / mp.besseli(0, x), "-2"),
    "I2": (lambda u: sp.besseli(2, u), lambda x: mp.besseli(2, x), CURVE[0]),
    "J2": (lambda u: sp.besselj(2, u), lambda x: mp.besselj(2, x), CURVE[0]),
    "max": (lambda u: sp.Max(u, sp.Rational(1, 5)), lambda x: x, CURVE[0]),
    "max at a tie": (lambda u: sp.Max(u, 0), lambda x: x, "0"),
    "min at a tie": (lambda u: sp.Min(u, 0), lambda x: mp.mpf(0) * x, "0"),
    "mod": (lambda u: sp.Mod(u, sp.Rational(1, 4)), lambda x: x - mp.mpf("0.25"), CURVE[0]),
    "piecewise": (lambda u: sp.Piecewise((u**2, u > 0), (sp.sin(u), True)), lambda x: x**2, CURVE[0]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_series_of_a_function_is_that_of_mpmath(name: str) -> None:
    ours, theirs, first = FUNCTIONS[name]
    np.testing.assert_allclose(along(ours, first), by_mpmath(theirs, first), rtol=1e-12, atol=1e-15)


def applied(function: Any) -> Any:
    """g(y_i), with another argument where there are two."""
    two = {sp.besselj: (1, y[i]), sp.Mod: (y[i], 2), sp.atan2: (y[i], 2 + y[i])}
    return function(*two.get(function, (y[i],)))


NO_SERIES = (sp.atan2, sp.digamma)


@pytest.mark.parametrize("function", [f for f in UFUNCS if f not in NO_SERIES], ids=str)
def test_a_known_function_has_a_series(function: Any) -> None:
    jets = Jets(flow_of(applied(function)), 1, order=3)
    assert np.isfinite(jets.coefficients(np.full((1, 1), 1.5 if function is sp.acosh else 0.5))).all()


@pytest.mark.parametrize("function", [*NO_SERIES, Li2], ids=str)
def test_a_function_without_a_series_is_named(function: Any) -> None:
    with pytest.raises(NotationError, match=r"(arctan2|polygamma.*|dilogarithm) has no power series here"):
        Jets(flow_of(applied(function)), 1, order=3)


def models() -> Iterator[tuple[str, System]]:
    """A two-layer network of each activation of the catalogue, the zoo's flows, and flows that read states in other ways."""
    for name, activation in am.lagrangians.CATALOGUE.items():
        v, h = am.Layer("v", "N", activation()), am.Layer("h", "K", activation())
        yield name, am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")]).system
    for name in ("attention", "hierarchical", "hopfield", "residual_energy", "softmax_memory"):
        model = getattr(am.zoo, name)()
        yield name, getattr(model, "system", model)
    Y, z, (k,) = am.state("Y", "N N"), am.state("z", "N"), am.indices("k", "N")
    trace = am.total(Y[k, k] * z[k], k)
    yield "diagonal", System(flow={Y[i, j]: z[j] * z[i] - Y[j, i] * trace, z[i]: am.total(Y[i, k] * sp.tanh(z[k]), k) - z[i]})
    yield "pendulum in time", System(flow={y[i]: z[i], z[i]: -sp.sin(y[i]) + sp.exp(-time) * am.total(y[k] * z[k], k)})


MODELS = dict(models())


@lru_cache
def bound_with_start(name: str) -> tuple[Bound, Array]:
    """A model with random parameters, and four random states, packed."""
    system = MODELS[name]
    rng = np.random.default_rng(1)
    sizes = {axis: 3 + k for k, axis in enumerate(system.axes)}
    params: dict[str, Any] = {s.name: 1.3 for s in system.scalars}
    for p in system.parameters:
        a = rng.normal(size=[sizes[axis] for axis in p.axes]) / 2
        params[p.name] = a + a.T if p.has_property("symmetric") else a
    bound = compile_model(system).bind(params, sizes=sizes)
    state = {s.name: rng.normal(size=(4, *(sizes[axis] for axis in s.axes))) for s in system.states}
    return bound, bound.pack(state)[0]


def residual(bound: Bound, terms: Array, s: float) -> Array:
    """|P'(s) - f(P(s), s)|, the largest of each row."""
    k = np.arange(len(terms))[:, None, None]
    slope = (k[1:] * terms[1:] * s ** (k[1:] - 1)).sum(axis=0)
    return np.asarray(np.abs(slope - bound.packed_flow((terms * s**k).sum(axis=0), t=s)).max(axis=1))


def falls_by_its_order(bound: Bound, start: Array, order: int = 5) -> bool:
    """Whether the residual of most rows is divided by 2^order when the step is halved; kinks may spoil a few."""
    terms = Jets(bound, start.shape[1], order=order).coefficients(start)
    fall = residual(bound, terms, 0.02) / residual(bound, terms, 0.01)
    return bool(np.median(np.abs(fall / 2**order - 1)) < 0.1)


@pytest.mark.parametrize("name", MODELS)
def test_the_polynomial_solves_the_equation_to_its_order(name: str) -> None:
    bound, start = bound_with_start(name)
    assert falls_by_its_order(bound, start)


def test_a_wrong_rule_leaves_a_residual(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(p: Builder, u: Series) -> Series:
        g = p.chain(u, np.tanh, -2.0)
        return p.with_slope(g, p.square(g.out, 0.5, -0.9))

    monkeypatch.setitem(functions.RULES, "tanh", wrong)
    assert not falls_by_its_order(*bound_with_start("tanh"))


@pytest.mark.parametrize("name", MODELS)
def test_a_flow_that_is_known_need_not_be_computed_again(name: str) -> None:
    bound, start = bound_with_start(name)
    jets = Jets(bound, start.shape[1], order=5)
    whole = jets.coefficients(start)
    np.testing.assert_allclose(jets.coefficients(start, flow=bound.packed_flow(start)), whole, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", MODELS)
def test_single_precision_is_near_double_precision(name: str) -> None:
    bound, start = bound_with_start(name)
    single = start.astype(np.float32)
    got = Jets(bound, start.shape[1], np.float32, 4).coefficients(single)
    exact = Jets(bound, start.shape[1], np.float64, 4).coefficients(single.astype(float))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, exact, atol=1e-4 * np.abs(exact).max())


@given(st.floats(0.01, 0.99))
def test_logistic_growth_has_the_series_of_its_closed_solution(start: float) -> None:
    terms = Jets(flow_of(y[i] * (1 - y[i])), 1, order=6).coefficients(np.full((1, 1), start))
    closed = mp.taylor(lambda t: start / (start + (1 - start) * mp.exp(-t)), 0, 6)
    np.testing.assert_allclose(terms[:, 0, 0], [float(c) for c in closed], rtol=1e-9, atol=1e-12)


def test_huge_exponents_are_shifted_and_the_shift_has_no_slope() -> None:
    p = sp.exp(y[i]) / am.total(sp.exp(y[j]), j)
    jets = Jets(flow_of(p - am.total(p, i) * y[i] / 5), 4, order=5)
    start = np.array([[0.3, -0.2, 0.1, 0.7]])
    shifted = jets.coefficients(start + 1000)[1:] - jets.coefficients(start)[1:]
    pull = Jets(flow_of(-y[i] / 5), 4, order=5).coefficients(np.full((1, 4), 1000.0))[1:]
    np.testing.assert_allclose(shifted[0], pull[0], rtol=1e-12)
    assert np.isfinite(shifted).all()


@pytest.mark.parametrize("rows", [1, 5, 700])
def test_rows_have_the_same_series_whatever_the_block_that_they_are_in(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bound, start = bound_with_start("softmax")
    many = np.resize(start, (rows, start.shape[1]))
    whole = Jets(bound, start.shape[1], order=4).coefficients(many)
    monkeypatch.setattr("numeric.series.jets.LEAST_ROWS", 3)
    monkeypatch.setattr("numeric.series.jets.BLOCK_BYTES", 1)
    np.testing.assert_allclose(Jets(bound, start.shape[1], order=4).coefficients(many), whole, rtol=1e-12, atol=1e-14)


def test_each_row_has_its_own_time() -> None:
    terms = Jets(flow_of(time**2 - y[i]), 1, order=3).coefficients(np.zeros((2, 1)), t=np.array([0.0, 2.0]))
    np.testing.assert_allclose(terms[:, :, 0], [[0, 0], [0, 4], [0, 0], [1 / 3, 1 / 3]], atol=1e-15)


def test_a_clamped_component_stands_still() -> None:
    bound, start = bound_with_start("hopfield")
    free = np.arange(start.shape[1]) != 1
    terms = Jets(Clamped(bound, free), start.shape[1], order=5).coefficients(start)  # type: ignore[arg-type]
    assert not terms[1:, :, 1].any()
    assert terms[1:, :, 0].all()
    inside = terms[1, :, free] - bound.packed_flow(start)[:, free].T
    np.testing.assert_allclose(inside, 0, atol=1e-14)


def test_an_order_below_one_is_refused() -> None:
    with pytest.raises(InputError, match="order is 0"):
        Jets(flow_of(-y[i]), 1, order=0)


def test_a_sum_whose_parts_are_sums_is_the_sum_of_all() -> None:
    s = am.total(sp.tanh(y[j]), j)
    nested = (s * y[i] - y[i] ** 3) * sp.tanh(y[i] - s / 7) + (sp.Max(y[i], 0) - s) - (sp.Max(-y[i], 0) - y[i] / 3) + am.total(y[j], j)
    start = np.array([[0.3, -0.2, 0.5]])
    assert falls_by_its_order(flow_of(nested), start)
    terms = Jets(flow_of(nested), 3, order=5)
    np.testing.assert_allclose(terms.coefficients(start, flow=flow_of(nested).packed_flow(start)), terms.coefficients(start), rtol=1e-12)
