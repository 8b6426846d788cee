"""Series at infinity: limits that are known, balls that agree, and nothing said about what is not settled."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from amsym.notation.functions import Li2
from amsym.prover.asymptotics import expansion
from amsym.prover.series import Unsettled, leading_term, made, number, power_of_t, sign_of
from numeric.rigorous import Evaluator, Undetermined

y = sp.Symbol("y", real=True)
a, beta = sp.Symbol("a", real=True), sp.Symbol("beta", positive=True)
r = sp.Symbol("r", positive=True)


def limit(e: Any, side: int = 1) -> sp.Expr:
    return expansion(e, {y: power_of_t(1, sp.Integer(side))}).limit()


@pytest.mark.parametrize(
    ("e", "up", "down"),
    [
        (y * sp.tanh(y) - sp.log(sp.cosh(y)), sp.log(2), sp.log(2)),
        (sp.log(1 + sp.exp(y)), sp.oo, 0),
        (sp.log(1 + sp.exp(y)) - sp.Max(0, y), 0, 0),
        (sp.Abs(y) - sp.sqrt(1 + y**2), 0, 0),
        (y**2 / (1 + y**2), 1, 1),
        (sp.exp(y) - y, sp.oo, sp.oo),
        (y**4 - a * y**3, sp.oo, sp.oo),
        (sp.log(sp.cosh(beta * y)) / beta - sp.Abs(y), -sp.log(2) / beta, -sp.log(2) / beta),
        (-sp.log(1 + y**2), -sp.oo, -sp.oo),
        (y * sp.erf(y) - sp.Abs(y), 0, 0),
        (sp.atan(y), sp.pi / 2, -sp.pi / 2),
        (sp.asinh(y) - sp.log(2 * sp.Max(y, 1)), 0, -sp.oo),
        (Li2(-sp.exp(y)) + y**2 / 2, -(sp.pi**2) / 6, sp.oo),
        (y**2 + sp.sin(y), sp.oo, sp.oo),
        (sp.Piecewise((y**2, y > 0), (-1, True)), sp.oo, -1),
        (sp.exp(-(y**2)) * y**9, 0, 0),
    ],
)
def test_limits_at_both_ends(e: sp.Expr, up: Any, down: Any) -> None:
    assert sp.expand(limit(e) - up) in (0, sp.nan)
    assert sp.expand(limit(e, -1) - down) in (0, sp.nan)
    assert (limit(e) == sp.oo) == (up == sp.oo)
    assert (limit(e, -1) == sp.oo) == (down == sp.oo)


@pytest.mark.parametrize("e", [sp.sin(y), y * sp.sin(y), sp.Function("f")(y), a * y, sp.exp(a * y), sp.exp(sp.exp(y)), sp.gamma(y)])
def test_what_is_not_settled_is_said_to_be_so(e: sp.Expr) -> None:
    with pytest.raises(Unsettled):
        limit(e)


def test_a_constant_inside_a_sine_is_a_constant_and_what_grows_is_not() -> None:
    """The sine of 2 - t is no Taylor series about 2."""
    with pytest.raises(Unsettled):
        expansion(y * sp.sin(y), {y: number(sp.Integer(2)) - power_of_t()}).limit()


_PIECES = st.sampled_from(
    [y, y**2, sp.tanh(y), sp.Max(0, y - 1), sp.log(1 + sp.exp(y)), sp.exp(-y), sp.sqrt(1 + y**2), sp.Abs(y), sp.erf(y), sp.log(1 + y**2)]
)


@given(_PIECES, _PIECES, st.integers(-3, 3), st.integers(-3, 3), st.sampled_from((1, -1)))
@settings(deadline=None, max_examples=60)
def test_the_leading_term_is_what_balls_see(u: sp.Expr, v: sp.Expr, p: int, q: int, side: int) -> None:
    e = p * u * v + q * u - v
    try:
        s = expansion(e, {y: power_of_t(1, sp.Integer(side))})
        m, _ = s.lead
    except Unsettled:
        return
    at = Fraction(2) ** 40
    try:
        value = Evaluator({}, {y: side * at}, 512)(sp.sympify(e))
        lead = Evaluator({}, {r: at}, 512)(leading_term(s, r))
    except Undetermined:
        return
    if m.p or not value.is_finite():
        return
    # A ball too wide to say so (e^t erf(-t) at t = 2^40) is no disagreement.
    assert not abs(value - lead) > abs(lead) / 4


def test_signs_are_exact_and_the_unknown_ones_are_refused() -> None:
    assert sign_of(sp.log(2) - sp.Rational(6931, 10000)) == 1
    assert sign_of(-beta) == -1
    with pytest.raises(Unsettled):
        sign_of(a)
    # exp(1)^2 - exp(2) is 0, and no number of digits shows it.
    assert made([(power_of_t().terms[0][0], sp.E**2 - sp.exp(2))]).is_zero
