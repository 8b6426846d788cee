"""Lines hold their functions: α u + [h] contains f(u) at every u of the interval, by values of mpmath; a wrong bend is noticed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numeric.enclosure.bends import BENDS, Bend, power_bend, reciprocal_bend, square_bend
from numeric.enclosure.lines import corner, line
from numeric.intervals.boxes import Box
from numeric.intervals.rules import rule

mp = mpmath.mp.clone()
mp.dps = 50
EXACT: dict[str, Any] = {
    "tanh": mp.tanh,
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sqrt": mp.sqrt,
    "arctan": mp.atan,
    "arcsinh": mp.asinh,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "log_cosh": lambda u: mp.log1p(2 * mp.sinh(u / 2) ** 2),
    "special.erf": mp.erf,
    "special.erfc": mp.erfc,
    "sech_squared": lambda u: mp.sech(u) ** 2,
}
LEAST = {"log": 1e-3, "log1p": -0.9, "sqrt": 1e-3}
ends = st.tuples(st.floats(-6, 6), st.floats(0, 1), st.integers(0, 3)).map(lambda e: (e[0], e[1] * 10.0 ** -(3 * e[2])))


def _interval(low: float, high: float) -> Box:
    return Box.of(np.array([low]), np.array([high]))


def _outside(f: Any, alpha: float, h: Box, low: float, high: float) -> list[float]:
    """Points of the interval at which f(u) - α u is not in h."""
    points = [low, high, *np.linspace(low, high, 13), *(p for p in (0.0, low / 2 + high / 2) if low <= p <= high)]
    wrong = []
    for u in points:
        height = f(mp.mpf(float(u))) - mp.mpf(alpha) * mp.mpf(float(u))
        if not mp.mpf(float(h.low[0])) <= height <= mp.mpf(float(h.high[0])):
            wrong.append(float(u))
    return wrong


@pytest.mark.parametrize("name", BENDS)
@given(ends)
def test_a_function_stays_between_its_lines(name: str, pair: tuple[float, float]) -> None:
    low = max(pair[0], LEAST.get(name, -6.0))
    high = low + pair[1] * 6
    alpha, h = line(rule(name), BENDS[name], _interval(low, high))
    assert not _outside(EXACT[name], float(alpha[0]), h, low, high)


@pytest.mark.parametrize("p", [2, 3, 4, 1.5, 0.5, 2.5])
@given(ends)
def test_powers_stay_between_their_lines(p: float, pair: tuple[float, float]) -> None:
    low = pair[0] if p == int(p) else abs(pair[0]) + 1e-3
    high = low + pair[1] * 4
    bend = power_bend(p)
    assert bend is not None
    alpha, h = line(lambda u: rule("power")(u, Box.point(p)), bend, _interval(low, high))
    assert not _outside(lambda u: u ** mp.mpf(p), float(alpha[0]), h, low, high)


@given(ends)
def test_squares_and_reciprocals_stay_between_their_lines(pair: tuple[float, float]) -> None:
    low, high = pair[0], pair[0] + pair[1] * 4
    alpha, h = line(lambda u: rule("multiply")(u, u), square_bend(), _interval(low, high))
    assert not _outside(lambda u: u * u, float(alpha[0]), h, low, high)
    low, high = abs(low) + 0.01, abs(low) + 0.01 + pair[1]
    alpha, h = line(rule("reciprocal"), reciprocal_bend(), _interval(low, high))
    assert not _outside(lambda u: 1 / u, float(alpha[0]), h, low, high)


@given(ends, st.floats(-2, 2), st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (0.1, 1.0)]))
def test_a_corner_stays_between_its_lines(pair: tuple[float, float], at: float, slopes: tuple[float, float]) -> None:
    low, high = pair[0], pair[0] + pair[1] * 4
    alpha, h = corner(_interval(low, high), np.array(at), *slopes)
    assert not _outside(lambda u: max(slopes[0] * (u - mp.mpf(at)), slopes[1] * (u - mp.mpf(at))), float(alpha[0]), h, low, high)


def test_the_line_of_a_square_is_the_best_of_all_lines() -> None:
    alpha, h = line(lambda u: rule("multiply")(u, u), square_bend(), _interval(-1.0, 3.0))
    assert alpha[0] == pytest.approx(2.0)
    assert float(h.high[0] - h.low[0]) == pytest.approx(4.0)


def test_where_a_function_is_not_defined_its_range_is_all_that_is_said() -> None:
    alpha, h = line(rule("log"), BENDS["log"], _interval(-1.0, 2.0))
    assert alpha[0] == 0
    assert h.low[0] == -np.inf


@pytest.mark.parametrize("name", ["tanh", "exp", "log_cosh"])
def test_a_bend_the_wrong_way_would_be_caught(name: str) -> None:
    bend: Bend = replace(BENDS[name], convex=not BENDS[name].convex)
    alpha, h = line(rule(name), bend, _interval(0.5, 2.5))
    assert _outside(EXACT[name], float(alpha[0]), h, 0.5, 2.5)
