"""Enclosures hold every value that is sampled, slopes every difference, and jumps are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import amsym as am
from numeric.elementwise import binary_entropy, fermi_dirac, log_cosh, log_cosh_dual, sech_squared
from numeric.field import Array
from numeric.intervals.boxes import Box
from numeric.intervals.choices import CHOICES
from numeric.intervals.enclose import Enclosure
from numeric.intervals.rules import RULES, rule
from numeric.intervals.slopes import SLOPES, power_slopes


def _of_numpy(names: str) -> dict[str, Any]:
    return {name: getattr(np, name) for name in names.split()}


ONE: dict[str, Any] = {
    "negative": np.negative,
    "reciprocal": np.reciprocal,
    "special.erf": scipy.special.erf,
    "special.erfc": scipy.special.erfc,
    "fermi_dirac": fermi_dirac,
    "log_cosh": log_cosh,
    "log_cosh_dual": log_cosh_dual,
    "sech_squared": sech_squared,
    "binary_entropy": binary_entropy,
    **_of_numpy("sqrt exp expm1 log log1p tanh sinh arctan arcsinh cosh absolute sin cos sign floor ceil"),
}
# Where each is defined; elsewhere an enclosure is the whole line.
DOMAIN = {"sqrt": (0, 9), "log": (1e-3, 9), "log1p": (-0.9, 9), "log_cosh_dual": (-1, 1), "binary_entropy": (0, 1), "fermi_dirac": (-9, 9)}
TWO: dict[str, Any] = {
    **_of_numpy("add subtract multiply maximum minimum greater greater_equal less less_equal not_equal"),
    "divide": np.divide,
}
unit = st.floats(0, 1)
ends = st.tuples(st.floats(-6, 6), st.floats(-6, 6)).map(lambda pair: (min(pair), max(pair)))


def _box(low: float, high: float) -> Box:
    return Box(np.array([[low]]), np.array([[high]]), np.zeros((1, 1), dtype=bool))


def _within(found: Box, values: Array) -> bool:
    """Whether finite values lie in one interval, but for the last places that NumPy and SciPy lose (see test_containment)."""
    values = values[np.isfinite(values)]
    slack = 64 * np.finfo(np.float64).eps * np.abs(values)
    return bool(np.all(found.low[0, 0] <= values + slack) and np.all(values - slack <= found.high[0, 0]))


def _inside(name: str, low: float, high: float) -> tuple[Box, Array]:
    """A box within the function's domain, and states in it."""
    a, b = DOMAIN.get(name, (-6, 6))
    low, high = (a + (b - a) * (x + 6) / 12 for x in (low, high))
    return _box(low, high), np.concatenate([np.linspace(low, high, 41), [low, high]])


@pytest.mark.parametrize("name", ONE)
@given(ends)
def test_an_operation_of_one_number_stays_in_its_enclosure(name: str, pair: tuple[float, float]) -> None:
    box, x = _inside(name, *pair)
    with np.errstate(all="ignore"):
        assert _within(rule(name)(box), ONE[name](x))


@pytest.mark.parametrize("name", TWO)
@given(ends, ends)
def test_an_operation_of_two_numbers_stays_in_its_enclosure(name: str, first: tuple[float, float], second: tuple[float, float]) -> None:
    x, y = (np.linspace(*pair, 9) for pair in (first, second))
    with np.errstate(all="ignore"):
        assert _within(rule(name)(_box(*first), _box(*second)), TWO[name](x[:, None], y).astype(float))


@pytest.mark.parametrize("power", [-2.0, -1.5, -1.0, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0])
@given(ends)
def test_powers_and_their_slopes_stay_in_their_bounds(power: float, pair: tuple[float, float]) -> None:
    low, high = (abs(p) + 0.1 if power != int(power) or power < 0 else p for p in pair)
    low, high = min(low, high), max(low, high)
    box, x = _box(low, high), np.linspace(low, high, 41)
    found = rule("power")(box, Box.point(np.array([[power]])))
    assert _within(found, x**power)
    d1, d2 = (d[0, 0] for d in power_slopes(box, power))
    with np.errstate(all="ignore"):
        assert np.all(np.abs(power * x ** (power - 1)) <= d1 * (1 + 1e-9)) or power == 0
        assert np.all(np.abs(power * (power - 1) * x ** (power - 2)) <= d2 * (1 + 1e-9)) or power in (0, 1)


@pytest.mark.parametrize("name", SLOPES)
@given(ends)
def test_slopes_bound_first_and_second_differences(name: str, pair: tuple[float, float]) -> None:
    low, high = min(pair), max(pair) + 0.05
    a, b = DOMAIN.get(name, (0.3, 6) if name == "reciprocal" else (-6, 6))
    low, high = (a + (b - a) * (x + 6) / 12.1 for x in (low, high))
    if name in ("sqrt", "log", "log1p"):
        low = max(low, a + 0.05)
    box, x = _box(low, max(high, low + 1e-2)), np.linspace(low, max(high, low + 1e-2), 41)
    with np.errstate(all="ignore"):
        d1, d2 = (d[0, 0] for d in SLOPES[name](box, rule(name)(box)))
        f, h = ONE[name](x), x[1] - x[0]
    assert np.all(np.abs(np.diff(f)) <= d1 * h + 1e-12 * (1 + np.abs(f).max()))
    assert np.all(np.abs(np.diff(f, 2)) <= d2 * h * h + 1e-12 * (1 + np.abs(f).max()))


@pytest.mark.parametrize("name", ["sign", "floor", "ceil", "reciprocal"])
def test_a_jump_within_the_box_is_told_and_none_elsewhere(name: str) -> None:
    assert RULES[name](_box(-0.5, 0.5)).jumps.all()
    assert not RULES[name](_box(0.25, 0.5)).jumps.any()


def test_an_open_choice_is_a_jump_and_a_certain_one_hands_on_the_jumps_of_what_it_chose() -> None:
    yes, open_ = _box(1, 1), _box(0, 1)
    jumpy = Box(np.array([[2.0]]), np.array([[3.0]]), np.ones((1, 1), dtype=bool))
    assert not RULES["where"](yes, _box(0, 1), jumpy).jumps.any()
    assert RULES["where"](open_, _box(0, 1), _box(2, 3)).jumps.all()
    assert RULES["where"](open_, _box(0, 1), _box(2, 3)).high.item() == 3
    assert RULES["bracket"](open_).jumps.all()
    assert not RULES["bracket"](yes).jumps.any()


def test_an_operation_without_a_rule_may_be_anything_and_may_jump() -> None:
    found = rule("printed")(_box(1, 2))
    assert found.low.item() == -np.inf
    assert found.high.item() == np.inf
    assert found.jumps.all()


@given(ends, ends)
def test_a_choice_is_certain_only_where_no_sample_chooses_otherwise(first: tuple[float, float], second: tuple[float, float]) -> None:
    x, y = np.linspace(*first, 9)[:, None], np.linspace(*second, 9)
    for name, f in (("maximum", np.maximum), ("minimum", np.minimum)):
        which = CHOICES[name](_box(*first), _box(*second)).item()
        assert which < 0 or np.array_equal(f(x, y), np.broadcast_to((x, y)[which], (9, 9)))
    if CHOICES["absolute"](_box(*first)).item() == 0:
        assert np.all(x >= 0) or np.all(x <= 0)


i, j = am.indices("i j", "N")
y, W = am.state("y", "N"), am.parameter("W", "N N")
FLOWS = {
    "contraction": am.total(W[i, j] * y[j], j),
    "product of states": am.total(W[i, j] * y[j] * y[i], j),
    "tanh": am.total(W[i, j] * sp.tanh(y[j]), j) - y[i],
    "relu": am.total(W[i, j] * sp.Max(0, y[j]), j) - y[i],
    "softmax": sp.exp(y[i]) / am.total(sp.exp(y[j]), j),
    "layernorm": y[i] / sp.sqrt(am.total(y[j] ** 2, j) + 1),
    "sum": am.total(sp.cos(y[j]), j) * y[i],
}


@pytest.mark.parametrize("name", FLOWS)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1.5))
def test_a_flow_and_its_jacobian_stay_in_their_enclosures(name: str, seed: int, r: float) -> None:
    rng = np.random.default_rng(seed)
    bound = am.compile(am.System(flow={y[i]: FLOWS[name] + 0 * W[i, i]})).bind(
        {"W": rng.normal(size=(4, 4))} if "W" in str(FLOWS[name]) else {}
    )
    middle = 2 * rng.normal(size=4)
    low, high = (middle - r)[None], (middle + r)[None]
    z = np.concatenate([rng.uniform(low, high, (30, 4)), rng.choice([-1, 1], (20, 4)) * r + middle])
    flow, J = Enclosure(bound, 4).packed(low, high), Enclosure(bound, 4, "jacobian").matrix(low, high)
    f, slopes = bound.packed_flow(z), bound.packed_jacobian(z)
    assert np.all(flow.low <= f + 1e-12)
    assert np.all(f <= flow.high + 1e-12)
    assert np.all(J.low <= slopes + 1e-12)
    assert np.all(slopes <= J.high + 1e-12)
    steps = np.abs(slopes - slopes[:1]).max(axis=0) > 0.5 * np.abs(bound.params.get("W", 0)) + 1e-9 if name == "relu" else False
    assert np.all(J.jumps | ~np.asarray(steps))


def test_an_enclosure_that_is_too_narrow_would_be_caught() -> None:
    bound = am.compile(am.System(flow={y[i]: FLOWS["softmax"]})).bind({})
    flow = Enclosure(bound, 3).packed(np.zeros((1, 3)), np.ones((1, 3)))
    z = np.random.default_rng(0).random((200, 3))
    f, middle = bound.packed_flow(z), flow.middle
    assert np.any(np.abs(f - middle) > 0.3 * (flow.high - middle))


def test_the_step_is_the_hull_of_what_it_can_be() -> None:
    half, two = _box(0.5, 0.5), _box(2, 2)
    found = {
        (low, high): RULES["heaviside"](_box(low, high), half) for low, high in ((-1, -0.5), (-1, 0), (0, 0), (0, 1), (-1, 1), (0.5, 1))
    }
    assert [(b.low.item(), b.high.item()) for b in found.values()] == [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (0, 1), (1, 1)]
    assert [bool(b.jumps.all()) for b in found.values()] == [False, True, False, True, True, False]
    assert RULES["heaviside"](_box(-1, 1), two).high.item() == 2


def test_truth_values_join_as_their_cases_do() -> None:
    cases = {"yes": _box(1, 1), "no": _box(0, 0), "open": _box(0, 1)}
    for op, f in (("logical_and", min), ("logical_or", max), ("logical_xor", lambda a, b: a ^ b)):
        for x in cases.values():
            for y in cases.values():
                possible = {f(a, b) for a in {int(x.low.item()), int(x.high.item())} for b in {int(y.low.item()), int(y.high.item())}}
                found = RULES[op](x, y)
                assert (found.low.item(), found.high.item()) == (min(possible), max(possible))
    assert RULES["logical_not"](cases["yes"]).high.item() == 0


@given(st.floats(0, 6), st.floats(0, 6), ends)
def test_a_power_with_an_exponent_that_varies_stays_in_its_enclosure(a: float, b: float, exponents: tuple[float, float]) -> None:
    low, high = min(a, b), max(a, b)
    x, n = np.linspace(low, high, 9)[:, None], np.linspace(*exponents, 9)
    with np.errstate(all="ignore"):
        found, values = rule("power")(_box(low, high), _box(*exponents)), x**n
    assert _within(found, values[np.isfinite(values)])
    assert low > 0 or exponents[0] >= 0 or found.jumps.all()


def test_a_remainder_and_an_angle_jump_where_they_must_and_nowhere_else() -> None:
    assert not RULES["mod"](_box(5.2, 5.3), _box(2, 2)).jumps.any()
    crossing = RULES["mod"](_box(5.9, 6.1), _box(2, 2))
    assert crossing.jumps.all()
    assert (crossing.low.item(), crossing.high.item()) == (0, 2)
    assert RULES["arctan2"](_box(-0.1, 0.1), _box(-2, -1)).jumps.all()
    assert not RULES["arctan2"](_box(-0.1, 0.1), _box(1, 2)).jumps.any()
    assert RULES["tan"](_box(1.5, 1.6)).jumps.all()


def test_nothing_times_anything_is_nothing_and_nothing_to_a_power_too() -> None:
    with np.errstate(all="ignore"):
        found = RULES["multiply"](_box(0, 0), _box(-np.inf, np.inf))
        assert found.low.item() >= -5e-324
        assert found.high.item() <= 5e-324
        assert RULES["multiply"](_box(0, 1), _box(1, np.inf)).low.item() >= -5e-324
        assert RULES["power"](_box(0, 0), _box(3, 3)).high.item() == 0
        assert RULES["power"](_box(0, 1), _box(0.3, 0.3)).high.item() < 1 + 1e-14
        assert RULES["power"](_box(0, 1), _box(-0.3, -0.3)).jumps.all()


def test_no_number_is_an_interval_without_ends() -> None:
    box = Box.point(np.array([np.nan, 1.0]))
    assert (box.low[0], box.high[0], box.low[1]) == (-np.inf, np.inf, 1)
    moved = box.map(lambda a: a[None])
    assert moved.low.shape == (1, 2)
    point = Box.point(1.0).map(np.atleast_1d)
    assert point.low is point.high
