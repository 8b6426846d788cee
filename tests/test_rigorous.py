"""Balls contain the true value, and what they do not settle raises."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from amsym.errors import InputError
from amsym.notation import components, delta, index, indices, mask, parameter, size, state, total
from amsym.notation.functions import BinaryEntropy, Li2, LogCoshDual
from numeric.exact_values import exactly
from numeric.rigorous import Evaluator, Undetermined, ball, rational

i, j = indices("i j", "N")
y, W, a = state("y", "N"), parameter("W", "N N"), parameter("a")
fractions = st.fractions(-6, 6, max_denominator=64)


def at(*entries: Any, **scalars: Any) -> Evaluator:
    return Evaluator({"N": len(entries)}, {y: tuple(map(Fraction, entries)), a: Fraction(scalars.get("a", 1))})


FORMULAS = {
    "log cosh": total(sp.log(sp.cosh(y[i])), i),
    "softplus": total(sp.log(1 + sp.exp(y[i])), i),
    "mixture": total(sp.tanh(y[i]) * sp.erf(y[j]) * sp.atan(y[i] - y[j]), i, j),
    "roots": total(sp.sqrt(1 + y[i] ** 2) + (2 + sp.sin(y[i])) ** sp.Rational(3, 7), i),
    "kinks": total(sp.Max(0, y[i]) - sp.Min(1, y[i]) + sp.Abs(y[i]), i),
    "masks": total(mask(sp.Ne(i, j)) * y[i] * y[j] + delta(i, j) * y[i], i, j) / size("N"),
    "dilogarithm": total(Li2(-sp.exp(y[i])), i),
    "inverse powers": total((1 + y[i] ** 2) ** -2, i),
}


@pytest.mark.parametrize("name", FORMULAS)
@given(st.lists(fractions, min_size=1, max_size=3))
def test_the_ball_contains_the_value_of_the_explicit_formula(name: str, entries: list[Fraction]) -> None:
    e = FORMULAS[name]
    found = at(*entries)(e)
    explicit = components(e, {"N": len(entries)}).subs({y[k]: sp.Rational(v.numerator, v.denominator) for k, v in enumerate(entries)})
    true = sp.N(explicit, 60)
    assert abs(sp.Float(found.mid().str(60, radius=False), 60) - true) <= sp.Float("1e-45") * (1 + abs(true))


def test_a_tie_of_equal_rationals_is_a_tie() -> None:
    here = at(Fraction(1, 3), Fraction(1, 3))
    assert here(mask(sp.Eq(y[i], y[j])), {i: 0, j: 1}) == 1
    assert here(sp.sign(y[i] - y[j]), {i: 0, j: 1}) == 0
    assert here(sp.Heaviside(y[i] - y[j], sp.Rational(1, 2)), {i: 0, j: 1}) == 0.5
    assert here(mask(y[i] > y[j]), {i: 0, j: 1}) == 0
    assert here(mask(y[i] >= y[j]), {i: 0, j: 1}) == 1


def test_a_tie_between_irrational_values_is_not_guessed() -> None:
    with pytest.raises(Undetermined):
        at(1)(mask(total(sp.exp(2 * y[i]), i) > total(sp.exp(y[i]) ** 2, i)) + mask(sp.exp(y[i] + 1) > sp.exp(y[i]) * sp.exp(1)), {i: 0})


def test_saturated_values_keep_apart_as_far_as_the_precision_goes() -> None:
    assert at(50)(1 - sp.tanh(y[i]), {i: 0}) > 0
    assert not at(1000)(1 - sp.tanh(y[i]), {i: 0}) > 0
    assert at(50)(mask(sp.tanh(y[i]) < 1), {i: 0}) == 1
    with pytest.raises(Undetermined):
        at(1000)(mask(sp.tanh(y[i]) < 1), {i: 0})


def test_the_sign_of_a_rate_far_below_all_floats_is_right() -> None:
    tiny = Fraction(1, 10**500)
    assert at(tiny)(y[i], {i: 0}) > 0
    assert at(-tiny)(sp.tanh(y[i]), {i: 0}) < 0
    assert at(10**500)(y[i] - 1, {i: 0}) > 0


@pytest.mark.parametrize(
    ("expr", "entry"),
    [
        (sp.log(y[i]), 0),
        (sp.log(y[i]), -1),
        (1 / y[i], 0),
        (sp.sqrt(y[i]), -1),
        (y[i] ** sp.Rational(1, 3), -8),
        (y[i] ** -2, 0),
        (y[i] ** a, 0),
        (0 * y[i] + (y[i] - 1) ** sp.Rational(3, 2), Fraction(1, 2)),
        (sp.gamma(y[i]), -2),
        (sp.atan2(y[i], y[i]), 0),
        (sp.tan(y[i] * sp.pi / 2), 1),
        (sp.zeta(y[i]), 2),
    ],
    ids=str,
)
def test_what_is_not_defined_or_not_known_raises(expr: sp.Expr, entry: int) -> None:
    with pytest.raises(Undetermined):
        at(entry, a=Fraction(-1, 2))(expr, {i: 0})


def test_roots_and_powers_of_what_is_exactly_zero_are_zero() -> None:
    here = at(Fraction(1, 3), Fraction(-1, 3), a=Fraction(1, 2))
    for e in (
        sp.sqrt(total(y[i], i)),
        (total(y[i] ** 2, i) - size("N") / 9) ** sp.Rational(2, 3),
        total(y[i], i) ** a,
        total(y[i], i) ** sp.pi,
    ):
        assert here(e) == 0
    assert at(0, 0)(sp.sqrt(total(y[i] ** 2, i)) + sp.Abs(y[j]), {j: 0}) == 0
    assert at(2)(sp.Pow(y[i] - 2, 0, evaluate=False), {i: 0}) == 1


def test_a_power_that_is_a_whole_number_by_its_value_takes_negative_bases() -> None:
    assert at(-2, a=3)(y[i] ** a, {i: 0}) == -8
    assert at(-2, a=-2)(y[i] ** a, {i: 0}) == 0.25
    with pytest.raises(Undetermined):
        at(-2, a=Fraction(1, 3))(y[i] ** a, {i: 0})


def test_the_root_of_a_ball_that_touches_zero_reaches_from_zero_where_its_argument_cannot_be_negative() -> None:
    here = Evaluator({"N": 1}, {y: (Fraction(0),)})
    square = total((sp.exp(y[i]) - sp.exp(y[i] + 1) * sp.exp(-1 + y[i])) ** 2, i)  # is 0, in balls around it
    e = sp.Pow(square, sp.Rational(1, 2), evaluate=False)
    assert square.is_nonnegative
    assert abs(here(e)) < 1e-30
    with pytest.raises(Undetermined):
        here(sp.sqrt(sp.exp(y[i]) - sp.exp(y[i] + 1) * sp.exp(-1)), {i: 0})


def test_steps_are_exact_for_rationals_and_certain_elsewhere() -> None:
    e = sp.floor(y[i]) + 10 * sp.ceiling(y[i]) + 100 * sp.Mod(y[i], 2)
    assert at(Fraction(7, 2))(e, {i: 0}) == 3 + 40 + 150
    assert at(-3)(e, {i: 0}) == -3 - 30 + 100
    assert at(1)(sp.floor(sp.exp(y[i])), {i: 0}) == 2
    with pytest.raises(Undetermined):
        at(1)(sp.floor(sp.exp(y[i]) * sp.exp(-y[i], evaluate=False) + sp.exp(y[i]) - sp.exp(y[i] + 1) / sp.E), {i: 0})


def test_the_largest_of_many_is_one_of_them_whatever_their_order() -> None:
    here = at(*range(-4, 5))
    e = sp.Max(*(sp.exp(-((y[i] - k) ** 2)) for k in range(-4, 5)))
    assert all(here(e, {i: k}) == 1 for k in range(9))
    assert here(sp.Min(*(sp.Abs(y[i] - k) for k in range(-4, 5))), {i: 3}) == 0


class Over(Evaluator):
    """Balls over an interval of y[i]."""

    def __init__(self, middle: float, radius: float) -> None:
        super().__init__({"N": 1}, {})
        self.ball = arb(middle, radius)

    def _compute(self, e: Any, at: Any) -> arb:
        return self.ball if e == y[i] else super()._compute(e, at)


@pytest.mark.parametrize("f", [sp.tanh, sp.exp, sp.sinh, sp.cosh, sp.sech, sp.erf, sp.erfc, sp.atan, sp.asinh, sp.Abs, lambda x: x**2])
@settings(max_examples=8)
@given(st.floats(-4, 4), st.floats(0, 3))
def test_a_wide_ball_is_mapped_to_little_more_than_the_values_on_it(f: Any, middle: float, radius: float) -> None:
    found = Over(middle, radius)(f(y[i]), {i: 0})
    values = [float(f(sp.Float(middle + radius * k / 8))) for k in range(-8, 9)]
    assert all((found + arb(0, 1e-13 * (1 + abs(v)))).contains(v) for v in values)
    assert float(found.rad()) <= 0.75 * (max(values) - min(values)) + 1e-9 * (1 + max(map(abs, values))) + radius / 2


def test_the_root_of_a_wide_ball_reaches_from_zero_to_its_end() -> None:
    found = Over(0, 0.5)(sp.sqrt(y[i] ** 2 + y[i] ** 4), {i: 0})
    assert found.contains(0)
    assert found.contains(0.559)
    assert found < 0.57


@pytest.mark.parametrize("number", [sp.pi, sp.E, sp.EulerGamma, sp.Catalan, sp.GoldenRatio, sp.Float(0.1)], ids=str)
def test_a_known_number_is_in_its_ball(number: sp.Expr) -> None:
    with ctx.workprec(380):
        assert at(1)(number).overlaps(arb(str(sp.N(number, 90))) + arb(0, 1e-80))


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (total(y[i], i) / 3, Fraction(-5, 36)),
        (total(delta(i, j) * y[i] * y[j], i, j), Fraction(4, 9) + Fraction(1, 16)),
        (total(mask(y[i] > 0) * y[i], i), Fraction(1, 4)),
        (total(sp.sign(y[i]) + sp.Abs(y[i]), i), Fraction(11, 12)),
        (sp.Max(y[i], y[j], 0) - sp.Min(y[i], y[j]), Fraction(11, 12)),
        (sp.floor(y[i]) + 2 * sp.ceiling(y[i]) + 3 * sp.Mod(y[i], 1), Fraction(0)),
        (y[i] ** -2, Fraction(9, 4)),
        (delta(i, j) + 2 * delta(i, 0), Fraction(2)),
        (sp.tanh(y[i]), None),
        ((y[i] + sp.Rational(2, 3)) ** -1, None),
        (total(sp.exp(y[i]) * y[i], i), None),
        (parameter("q"), None),
    ],
    ids=str,
)
def test_the_value_of_rationals_is_found_exactly_where_there_is_one(expr: sp.Expr, value: Fraction | None) -> None:
    assert exactly(at(Fraction(-2, 3), Fraction(1, 4)), expr, {i: 0, j: 1}) == value


def test_conditions_join_and_exclude_each_other() -> None:
    yes, no = y[i] > 0, y[i] > 2
    here = at(1)
    assert here.holds(sp.Xor(yes, no), {i: 0})
    assert not here.holds(sp.Xor(yes, y[i] < 2), {i: 0})
    assert here.holds(sp.Or(no, sp.And(yes, sp.Not(no))), {i: 0})


def test_a_bracket_of_zero_hides_what_is_not_defined_behind_it() -> None:
    assert at(-1)(mask(y[i] > 0) * sp.log(y[i]), {i: 0}) == 0


def test_cases_are_taken_in_their_order_and_one_must_apply() -> None:
    e = sp.Piecewise((1, y[i] > 0), (2, y[i] > -1))
    assert at(1)(e, {i: 0}) == 1
    assert at(0)(e, {i: 0}) == 2
    with pytest.raises(Undetermined):
        at(-1)(e, {i: 0})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "y", None, 1j])
def test_what_is_no_finite_number_is_refused(bad: Any) -> None:
    with pytest.raises(InputError):
        rational(bad)


def test_floats_are_taken_as_the_fractions_that_they_are() -> None:
    assert rational(0.1) == Fraction(0.1) != Fraction(1, 10)
    assert ball(sp.Rational(1, 3)).contains(arb(1) / 3)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(InputError, match="'W'"):
        at(1)(W[i, j], {i: 0, j: 0})
    with pytest.raises(InputError, match="'q'"):
        at(1)(parameter("q"))
    assert index("i", "N") == i


@pytest.mark.parametrize(
    ("expr", "entry", "expected"),
    [
        (sp.erfc(y[i]), 2, sp.erfc(2)),
        (sp.sech(y[i]), 2, sp.sech(2)),
        (sp.acosh(y[i]), 2, sp.acosh(2)),
        (sp.erfinv(y[i] / 4), 2, sp.erfinv(sp.Rational(1, 2))),
        (sp.besseli(0, y[i]), 2, sp.besseli(0, 2)),
        (sp.besseli(1, y[i]), 2, sp.besseli(1, 2)),
        (sp.LambertW(y[i]), 2, sp.LambertW(2)),
        (LogCoshDual(y[i]), 2, 2 * sp.tanh(2) - sp.log(sp.cosh(2))),
        (BinaryEntropy(y[i]), 2, sp.log(1 + sp.exp(2)) - 2 / (1 + sp.exp(-2))),
    ],
    ids=str,
)
def test_functions_of_activations_and_their_conjugates_are_enclosed(expr: sp.Expr, entry: int, expected: sp.Expr) -> None:
    found = Evaluator({"N": 1}, {y: (Fraction(entry),)})(expr, {i: 0})
    with ctx.workprec(380):
        assert found.contains(arb(str(sp.N(expected, 110))))
    assert float(found.rad()) < 1e-60


@pytest.mark.parametrize(("function", "entry"), [(sp.acosh, 0), (sp.atanh, 2), (sp.asin, 2), (sp.erfinv, 2), (sp.csch, 0), (sp.coth, 0)])
def test_a_function_outside_its_domain_is_undetermined(function: sp.Function, entry: int) -> None:
    with pytest.raises(Undetermined):
        Evaluator({"N": 1}, {y: (Fraction(entry),)})(function(y[i]), {i: 0})
