"""Pieces of functions with kinks, and the sign of a smooth function on the whole line: what is shown holds, planted faults are found."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from amsym.notation import mask, parameter
from amsym.prover.one_variable import convexity_of
from amsym.prover.pieces import pieces
from proofs.one_variable.lines import nonnegative_between
from proofs.one_variable.rays import nonnegative_beyond
from proofs.one_variable.segments import nonnegative_on

x = sp.Symbol("x", real=True)
c = parameter("c", nonnegative=True)
R = sp.Rational
softplus, silu, gelu = sp.log(1 + sp.exp(x)), x / (1 + sp.exp(-x)), x * (1 + sp.erf(x / sp.sqrt(2))) / 2

NONNEGATIVE: dict[str, sp.Expr] = {
    "slope of the smooth leaky relu": sp.diff(x * (R(5, 8) + R(3, 8) * sp.erf(3 * x / 8)), x),
    "double zero": sp.exp(x) - 1 - x,
    "x tanh x": x * sp.tanh(x),
    "zero of order four": sp.cosh(x) - 1 - x**2 / 2,
    "softplus squared": sp.diff(softplus**2, x, 2),
    "silu and just enough": sp.diff(silu + x / 10, x),
    "gelu and just enough": sp.diff(gelu + x * R(13, 100), x),
    "tail of erfc": sp.exp(-(x**2)) / sp.sqrt(sp.pi) - x * sp.erfc(x),
    "x arctan x": x * sp.atan(x),
    "narrow dip that stays above": 1 + (x - 3) ** 2 - R(999, 1000) * sp.exp(-10000 * (x - 3) ** 2),
    "polynomial against exponential": x**4 + sp.exp(-x) - x,
    "sech": 1 - sp.sech(x),
}
NEGATIVE: dict[str, sp.Expr] = {
    "narrow dip": 1 + (x - 3) ** 2 - R(1001, 1000) * sp.exp(-10000 * (x - 3) ** 2),
    "dip off the grid": (x**2 - 2) ** 2 - R(1, 10**6),
    "far out": 1 - x * R(1, 10**5) / (1 + sp.exp(-x)),
    "silu and almost enough": sp.diff(silu + x * R(9, 100), x),
    "gelu and almost enough": sp.diff(gelu + x * R(12, 100), x),
    "x softplus": sp.diff(x * softplus, x, 2),
    "cosh less a little": sp.cosh(x) - 1 - x**2 * R(51, 100),
    "cube": x**3 * sp.exp(-x),
    "sine almost held": R(999, 1000) + sp.sin(x),
}


@pytest.mark.parametrize("name", NONNEGATIVE)
def test_what_is_nonnegative_on_the_whole_line_is_shown(name: str) -> None:
    found = nonnegative_between(NONNEGATIVE[name], x, None, None)
    assert found.shown
    assert found.negative is None


@pytest.mark.parametrize("name", NEGATIVE)
def test_a_negative_value_is_found_and_is_one(name: str) -> None:
    found = nonnegative_between(NEGATIVE[name], x, None, None)
    assert not found.shown
    assert found.negative is not None
    assert sp.N(NEGATIVE[name].subs(x, R(*found.negative.as_integer_ratio())), 60) < 0


@pytest.mark.parametrize(
    "h",
    [
        x,
        -sp.exp(-x),
        sp.exp(-x) - R(1, 10**6),
        1 - x * sp.exp(-20) - 1 / (1 + x**2),
        sp.atan(x) - R(157, 100) - sp.exp(-x),
        -sp.erf(x) + R(99, 100),
    ],
)
def test_a_ray_on_which_a_function_falls_below_zero_is_not_shown(h: sp.Expr) -> None:
    mirrored = h.subs(x, -x)
    assert not (nonnegative_beyond(h, x, Fraction(4)) and nonnegative_beyond(mirrored, x, Fraction(4)))
    assert not nonnegative_between(h, x, None, None).shown


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=3, max_size=6), st.sampled_from([sp.exp(x), sp.exp(-(x**2)), sp.erf(x), sp.tanh(x)]))
def test_the_sign_on_a_line_agrees_with_values(coefficients: list[int], g: sp.Expr) -> None:
    h = sum((k * x**n * (g if n % 2 else 1) for n, k in enumerate(coefficients)), sp.S.Zero)
    found = nonnegative_between(h, x, Fraction(-3), Fraction(3))
    values = [sp.N(h.subs(x, R(n, 7)), 30) for n in range(-21, 22)]
    assert not found.shown or min(values) >= -sp.Float("1e-25")
    assert found.negative is None or sp.N(h.subs(x, R(*found.negative.as_integer_ratio())), 60) < 0


def test_a_zero_where_the_sign_changes_is_not_taken_for_a_touching_one() -> None:
    assert nonnegative_on(x**2 * (x - 1) ** 2, x, Fraction(-2), Fraction(2)).shown
    assert nonnegative_on(x**2 * (x - 1), x, Fraction(-2), Fraction(2)).negative is not None
    assert not nonnegative_on((3 * x - 1) * x**2, x, Fraction(0), Fraction(2)).shown


CONVEX: dict[str, sp.Expr] = {
    "huber": sp.Piecewise((x**2 / 2, sp.Abs(x) <= 1), (sp.Abs(x) - R(1, 2), True)),
    "dead zone with a parameter": sp.Max(0, x - c) ** 2 + sp.Max(0, -x - c) ** 2,
    "clip with a parameter": sp.Max(0, x + c) ** 2 - sp.Max(0, x - c) ** 2,
    "rectified exponential": sp.exp(sp.Max(0, x)) - sp.Max(0, x),
    "elu": sp.Max(0, x) ** 2 / 2 + sp.exp(sp.Min(0, x)) - sp.Min(0, x),
    "leaky with a parameter": c * x**2 + (1 - c) * sp.Max(0, x) ** 2,
    "maximum of three": sp.Max(x, 2 * x - 1, -x),
}
NOT_CONVEX: dict[str, sp.Expr] = {
    "kink down": x**2 - sp.Abs(x),
    "jump": sp.Piecewise((x**2, x > 0), (x**2 + 1, True)),
    "jump at one point": x**2 + mask(sp.Eq(x, 0)),
    "jump down at one point": x**2 - mask(sp.Eq(x, 0)),
    "step": mask(x > 0),
    "slope that falls at 2": sp.Max(0, x - 1) - R(11, 10) * sp.Max(0, x - 2) + sp.Max(0, x - 3),
    "root": sp.sqrt(sp.Max(0, x)),
    "minus root": -sp.sqrt(sp.Max(0, x)),
    "logarithm on a half": sp.Max(0, x) - sp.log(x),
    "clip the wrong way": sp.Max(0, x - c) ** 2 - sp.Max(0, x + c) ** 2,
    "floor": sp.floor(x),
    "sign": x * sp.sign(x - 1),
}


@pytest.mark.parametrize("name", CONVEX)
def test_a_convex_function_with_kinks_is_shown_convex(name: str) -> None:
    assert convexity_of(CONVEX[name], x) is not None


@pytest.mark.parametrize("name", NOT_CONVEX)
def test_a_function_that_bends_or_jumps_the_wrong_way_is_not_shown_convex(name: str) -> None:
    assert convexity_of(NOT_CONVEX[name], x) is None


@pytest.mark.parametrize("name", [k for k in CONVEX if not CONVEX[k].has(c)])
def test_pieces_agree_with_the_function_between_the_cuts(name: str) -> None:
    found = pieces(CONVEX[name], x)
    assert found is not None
    for low, high, f in found.intervals():
        for at in (R(n, 7) for n in range(-40, 41)):
            if low < at < high:
                assert sp.simplify(f.subs(x, at) - CONVEX[name].subs(x, at)) == 0
