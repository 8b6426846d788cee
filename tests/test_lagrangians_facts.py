"""Facts of the catalogue: slope bounds, ranges, kinks and parameters, against values with 50 digits."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from lagrangian_values import ACTIVATIONS, DIGITS, function, sparse

import amsym as am
from amsym.errors import ModelError
from amsym.facts import Facts
from amsym.lagrangian import Lagrangian
from amsym.lagrangians import CATALOGUE
from amsym.notation import derivative, index, indices, is_zero, parameter, state, total

i, j = indices("i j", "N")
x = state("x", "N")
ADDITIVE = sorted(n for n in CATALOGUE if CATALOGUE[n]().kind == "additive")
JOINT = sorted(n for n in CATALOGUE if CATALOGUE[n]().kind == "joint")
GRID = [mp.mpf(n) / 8 + mp.mpf(1) / 1000 for n in range(-80, 80)] + [mp.mpf("-1e-6"), mp.mpf("1e-6")]
SIGNED = {"beta": parameter("beta", positive=True), "gamma": parameter("gamma", positive=True), "eps": parameter("eps", positive=True)}


def test_every_row_of_the_table_is_there_by_name() -> None:
    names = "identity relu repu leaky_relu smooth_leaky_relu exponential rectified_exponential tanh sigmoid hard_tanh arctan erf softplus "
    names += "silu gelu gaussian selu softmax ghostmax layernorm rms_norm spherical sparsemax entmax15"
    assert set(names.split()) == set(CATALOGUE)
    assert set(ADDITIVE) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_the_activation_is_the_gradient_as_an_identity(name: str) -> None:
    L = CATALOGUE[name]()
    assert is_zero(derivative(L.of(x), x[i]) - L.activation(x[i]))


@pytest.mark.parametrize("name", ADDITIVE)
def test_the_activation_is_the_one_of_the_literature(name: str) -> None:
    g = function(CATALOGUE[name]().activation(x[i]), x, 1, (i,))
    with mp.workdps(DIGITS):
        assert all(mp.almosteq(g(u)[0], ACTIVATIONS[name](u), 1e-40, 1e-40) for u in GRID)


@pytest.mark.parametrize(("name", "power", "scale"), [("sparsemax", 1, 1), ("entmax15", 2, 2)])
def test_sparse_probabilities_are_those_of_the_threshold(name: str, power: int, scale: int) -> None:
    g = function(CATALOGUE[name]().activation(x[i]), x, 4, (i,))
    rng = np.random.default_rng(1)
    with mp.workdps(DIGITS):
        for spread in (0.2, 1.0, 3.0):
            at = [mp.mpf(float(v)) for v in rng.normal(size=4) * spread]
            expected = sparse([v / scale for v in at], power)
            assert all(abs(a - b) < 1e-30 for a, b in zip(g(*at), expected, strict=True))


@pytest.mark.parametrize("name", sorted(n for n in CATALOGUE if CATALOGUE[n]().parameters))
def test_symbolic_parameters_work_in_formulas_and_facts(name: str) -> None:
    import inspect

    given = {k: SIGNED[k] for k in inspect.signature(CATALOGUE[name]).parameters if k in SIGNED}
    L = CATALOGUE[name](**given)
    assert is_zero(derivative(L.of(x), x[i]) - L.activation(x[i]))
    assert all(p.defined == sp.true and p.convex == sp.true for p in L.parameters)
    assert L.slopes is not None
    assert L.slopes[0].is_nonnegative


# Slopes and ranges


@pytest.mark.parametrize("name", ADDITIVE)
def test_slopes_enclose_the_derivative_and_are_nearly_attained(name: str) -> None:
    L = CATALOGUE[name]()
    assert L.slopes is not None
    slope = function(L.hessian(x[i], x[i]), x, 1, (i,))
    with mp.workdps(30):
        low, high = (mp.mpf(sp.N(e, 30)) if e.is_finite else mp.inf for e in L.slopes)
        values = [slope(u)[0] for u in [*GRID, mp.mpf(-40), mp.mpf(40)]]
        assert all(low - mp.mpf(10) ** -25 <= v <= high + mp.mpf(10) ** -25 for v in values)
    assert min(values) - low < 0.01
    assert high == mp.inf or high - max(values) < 0.01


@pytest.mark.parametrize("name", JOINT)
@pytest.mark.parametrize("size", [1, 2, pytest.param(4, marks=pytest.mark.slow)])
def test_slopes_enclose_the_eigenvalues_of_the_hessian(name: str, size: int) -> None:
    L = CATALOGUE[name]()
    assert L.slopes is not None
    low, high = (float(e) for e in L.slopes)
    hessian = function(L.hessian(x[i], x[j]), x, size, (i, j))
    rng = np.random.default_rng(2)
    for spread in (1e-3, 0.1, 1.0, 5.0):
        with mp.workdps(30):
            entries = [float(v) for v in hessian(*(mp.mpf(float(v)) for v in rng.normal(size=size) * spread))]
        values = np.linalg.eigvalsh(np.array(entries).reshape(size, size))
        assert np.all((values >= low - 1e-12 * max(1, high)) & (values <= high * (1 + 1e-12)))


def test_the_largest_slope_of_softmax_and_of_layernorm_is_attained() -> None:
    softmax = function(am.lagrangians.softmax(4).hessian(x[i], x[j]), x, 2, (i, j))
    assert max(np.linalg.eigvalsh(np.array(softmax(0, 0), dtype=float).reshape(2, 2))) == pytest.approx(2)
    layernorm = am.lagrangians.layernorm(3, 0, sp.Rational(1, 4))
    values = function(layernorm.hessian(x[i], x[j]), x, 2, (i, j))(0, 0)
    assert layernorm.slopes == (0, 6)
    assert max(np.linalg.eigvalsh(np.array(values, dtype=float).reshape(2, 2))) == pytest.approx(6)


def test_the_digits_of_silu_and_gelu_bounds_are_rounded_outwards_and_tight() -> None:
    with mp.workdps(DIGITS):
        at = mp.findroot(lambda u: u * mp.tanh(u / 2) - 2, 2.4)
        steepest = mp.diff(ACTIVATIONS["silu"], at)
        low, high = (mp.mpf(e.p) / e.q for e in am.lagrangians.silu().slopes)  # type: ignore[union-attr]
        assert 0 < high - steepest < 1e-8
        assert 0 < (1 - steepest) - low < 1e-8
        lowest = ACTIVATIONS["gelu"](mp.findroot(lambda u: mp.ncdf(u) + u * mp.npdf(u), -0.75))
        bound = am.lagrangians.gelu().bounded[0]  # type: ignore[index]
        assert 0 < lowest - mp.mpf(bound.p) / bound.q < 1e-6


@pytest.mark.parametrize("name", ADDITIVE)
def test_values_stay_in_the_range(name: str) -> None:
    L = CATALOGUE[name]()
    assert L.bounded is not None
    low, high = L.bounded
    values = [sp.Float(ACTIVATIONS[name](u)) for u in [*GRID, mp.mpf(-40), mp.mpf(40)]]
    assert all(sp.N(low) - 1e-12 <= v <= sp.N(high) + 1e-12 for v in values)


@pytest.mark.parametrize("name", ["layernorm", "rms_norm", "spherical"])
def test_the_range_of_a_norm_depends_on_the_size_and_is_nearly_attained(name: str) -> None:
    delta = parameter("delta", "N")
    L = CATALOGUE[name](2, delta, sp.Rational(1, 10**12))
    assert L.bounded is None
    low, high = (e - delta[i] for e in L.bounded_at(x[i]))  # type: ignore[union-attr]
    assert low == -high
    N = am.size("N")
    g = function(CATALOGUE[name](2, 0, sp.Rational(1, 10**12)).activation(x[i]), x, 4, (i,))
    assert float(high.subs(N, 4)) == pytest.approx(float(g(1, 0, 0, 0)[0]), abs=1e-6)


# Kinks


@pytest.mark.parametrize("name", ADDITIVE)
def test_the_slope_jumps_at_kinks_and_only_there(name: str) -> None:
    L = CATALOGUE[name]()
    slope = function(L.hessian(x[i], x[i]), x, 1, (i,))
    with mp.workdps(30):
        jumps = {n for n in range(-3, 4) if abs(slope(n + mp.mpf(10) ** -12)[0] - slope(n - mp.mpf(10) ** -12)[0]) > 1e-9}
    assert L.kinks is not None
    assert {int(k) for k in L.kinks} == jumps


def test_kinks_of_joint_lagrangians_are_formulas_that_vanish_there() -> None:
    (room,) = am.lagrangians.sparsemax().kinks_at(x[i])  # type: ignore[misc]
    assert function(room, x, 2, (i,))(1, 0) == [1, 0]
    assert am.lagrangians.softmax().kinks_at(x[i]) == ()
    assert am.lagrangians.sparsemax().kinks is None
    assert am.lagrangians.repu(2).kinks == (0,)
    assert am.lagrangians.repu(4).kinks == ()


# What a user writes


def test_facts_of_a_lagrangian_of_ones_own_are_derived() -> None:
    L = Lagrangian(lambda u: sp.log(sp.cosh(3 * u)) / 3)
    assert (L.slopes, L.bounded, L.kinks, L.conjugate(x)) == ((0, 3), (-1, 1), (), None)
    assert Lagrangian(lambda u: sp.Max(0, u - 2) ** 2 / 2).kinks == (2,)
    assert Lagrangian(lambda u: u**4).slopes == (0, sp.oo)
    assert Lagrangian(lambda u: u**3).slopes is None
    assert Lagrangian.joint(lambda y, k: sp.log(total(sp.cosh(y[k]), k))).slopes is None


def test_facts_follow_a_parameter_that_is_replaced_and_an_axis_that_is_settled() -> None:
    plain, positive = parameter("b"), parameter("b", positive=True)
    L = am.lagrangians.softmax(plain)
    assert L.slopes == (sp.Min(0, plain / 2), sp.Max(0, plain / 2))
    assert L.along("N").xreplace({plain: positive}).slopes == (0, positive / 2)


def test_a_declared_activation_that_is_not_the_gradient_is_caught() -> None:
    wrong = Lagrangian(lambda u: u**2 / 2, activation=lambda u: 2 * u, facts=Facts())  # with facts of its own, it is believed
    assert not is_zero(derivative(wrong.of(x), x[i]) - wrong.activation(x[i]))
    assert am.derive(wrong)["activation"] is not None
    from amsym.prover.legendre import legendre_identity

    assert legendre_identity(wrong).holds is None
    assert legendre_identity(Lagrangian(lambda u: u**2 / 2, activation=lambda u: u)).holds


def test_over_several_axes_facts_are_those_of_the_axis_that_is_named() -> None:
    tokens, t, d = state("z", "T D"), index("t", "T"), index("d", "D")
    L = am.lagrangians.layernorm(2)
    assert L.bounded_at(tokens[t, d], "D") == (-2 * sp.sqrt(am.size("D") - 1), 2 * sp.sqrt(am.size("D") - 1))
    e = index("e", "D")
    assert is_zero(total(L.hessian(tokens[t, d], tokens[t, e], "D"), e))
    with pytest.raises(ModelError, match="over="):
        L.conjugate(tokens)


# Parameters


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("tanh", (0,), "nonzero"),
        ("exponential", (0,), "nonzero"),
        ("softmax", (0.0,), "nonzero"),
        ("repu", (1,), "2 or more"),
        ("repu", (sp.Rational(3, 2),), "2 or more"),
        ("layernorm", (1, 0, -1), "0 or more"),
        ("rms_norm", (1, 0, -0.5), "0 or more"),
        ("spherical", (1, 0, -1), "0 or more"),
        ("leaky_relu", (sp.I,), "real"),
        ("softmax", (sp.oo,), "real"),
    ],
)
def test_a_parameter_for_which_nothing_is_defined_is_refused(name: str, arguments: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        CATALOGUE[name](*arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("tanh", (-1,)), ("sigmoid", (-2,)), ("softmax", (-1,)), ("leaky_relu", (-0.1,)), ("layernorm", (-1,)), ("exponential", (-1,))],
)
def test_a_sign_that_is_merely_not_convex_is_allowed_and_told(name: str, arguments: Any) -> None:
    L = CATALOGUE[name](*arguments)
    assert any(p.convex == sp.false for p in L.parameters)
    assert L.conjugate(x) is None
    assert L.slopes is None or L.slopes[0] < 0
