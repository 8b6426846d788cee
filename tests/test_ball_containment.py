"""Balls hold the values that mpmath finds with 200 digits, for formulas put together at random, at exact points likely and awkward."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath
import pytest
import sympy as sp
from flint import arb, ctx
from mpmath import mp

from amsym.notation import Mask, parameter
from amsym.notation.functions import BinaryEntropy, Li2, LogCoshDual
from numeric import rigorous
from numeric.rigorous import Evaluator, Undetermined

DIGITS = 200
LETTERS = tuple(parameter(name) for name in "abc")


class Both(NamedTuple):
    """A formula and its value."""

    formula: sp.Expr
    value: Any


def _entropy(u: Any) -> Any:
    return mp.log(1 + mp.exp(u)) - u / (1 + mp.exp(-u))


# A function by SymPy and by mpmath, and where the latter may be asked.
ONE: list[tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], bool]]] = [
    (f, g, lambda x: abs(x) < 300)
    for f, g in (
        *((sp.exp, mp.exp), (sp.tanh, mp.tanh), (sp.sinh, mp.sinh), (sp.cosh, mp.cosh), (sp.sech, mp.sech)),
        *((sp.erf, mp.erf), (sp.atan, mp.atan), (sp.asinh, mp.asinh), (sp.sin, mp.sin), (sp.cos, mp.cos)),
        *((sp.Abs, abs), (sp.sign, mp.sign), (lambda x: x**2, lambda x: x * x), (lambda x: x**3, lambda x: x**3)),
        (lambda x: sp.log(sp.cosh(x)), lambda x: mp.log(mp.cosh(x))),
        (lambda x: sp.log(1 + sp.exp(x)), lambda x: mp.log(1 + mp.exp(x))),
        (lambda x: sp.sqrt(1 + x**2), lambda x: mp.sqrt(1 + x * x)),
        (lambda x: sp.Max(0, x), lambda x: max(mp.mpf(0), x)),
        (lambda x: Mask(x > 0), lambda x: mp.mpf(int(x > 0))),
        (lambda x: sp.Heaviside(x, sp.Rational(1, 3)), lambda x: mp.mpf(1) / 3 if x == 0 else mp.mpf(int(x > 0))),
        (LogCoshDual, lambda x: x * mp.tanh(x) - mp.log(mp.cosh(x))),
        (BinaryEntropy, _entropy),
        (sp.erfc, mp.erfc),
    )
] + [
    (sp.log, mp.log, lambda x: x > 0),
    (sp.sqrt, mp.sqrt, lambda x: x >= 0),
    (lambda x: x ** sp.Rational(3, 7), lambda x: x ** (mp.mpf(3) / 7), lambda x: x > 0),
    (lambda x: 1 / x, lambda x: 1 / x, lambda x: x != 0),
    (lambda x: x**-3, lambda x: x**-3, lambda x: x != 0),
    (lambda x: Li2(-sp.exp(x)), lambda x: mp.polylog(2, -mp.exp(x)), lambda x: -300 < x < -0.5),
]
TWO: list[tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = [
    (lambda a, b: a + b, lambda a, b: a + b),
    (lambda a, b: a * b, lambda a, b: a * b),
    (lambda a, b: a - b, lambda a, b: a - b),
    (sp.Max, max),
    (sp.Min, min),
]


def _formula(rng: random.Random, leaves: list[Both], depth: int) -> Both:
    """A tree of functions over the leaves; one that mpmath may not be asked for is its argument."""
    if depth == 0:
        return rng.choice(leaves)
    if rng.random() < 0.35:
        (f, g), a, b = rng.choice(TWO), _formula(rng, leaves, depth - 1), _formula(rng, leaves, depth - 1)
        return Both(f(a.formula, b.formula), g(a.value, b.value))
    (f, g, may), a = rng.choice(ONE), _formula(rng, leaves, depth - 1)
    return Both(f(a.formula), g(a.value)) if may(a.value) else a


def _entries(rng: random.Random) -> list[Fraction]:
    """Exact numbers: zero, small ones, huge and tiny ones, doubles."""
    kinds = (
        lambda: Fraction(rng.randint(-3, 3)),
        lambda: Fraction(rng.randint(-60, 60), rng.randint(1, 60)),
        lambda: Fraction(rng.uniform(-8, 8)),
        lambda: rng.choice([-1, 1]) * Fraction(10) ** rng.randint(-60, 5),
        lambda: Fraction(rng.choice([5e-324, 2.0**-1022, 709.8, 64.0, 1e16])),
    )
    return [rng.choice(kinds)() for _ in range(3)]


def _missed(count: int, seed: int) -> tuple[int, list[Any]]:
    """How many formulas had a ball, and those whose ball does not hold the value."""
    rng, wrong, settled = random.Random(seed), [], 0
    with mpmath.workdps(DIGITS):
        for _ in range(count):
            entries = _entries(rng)
            leaves = [Both(x, mp.mpf(q.numerator) / q.denominator) for x, q in zip(LETTERS, entries, strict=True)]
            both = _formula(rng, leaves, rng.randint(1, 3))
            try:
                found = Evaluator({}, dict(zip(LETTERS, entries, strict=True)))(both.formula)
            except Undetermined:
                continue
            settled += 1
            if not _holds(found, both.value):
                wrong.append((entries, both.formula, found, both.value))
    return settled, wrong


def _holds(found: arb, value: Any) -> bool:
    """Whether the ball and the value with its last digits open have a number in common."""
    before, ctx.prec = ctx.prec, 1200
    try:
        return bool(found.overlaps(arb(mp.nstr(value, DIGITS - 10)) * (1 + arb(0, 1e-99)) + arb(0, 1e-120)))
    finally:
        ctx.prec = before


def test_balls_of_formulas_put_together_at_random_hold_their_values() -> None:
    settled, wrong = _missed(300, 0)
    assert settled > 200
    assert wrong == []


@pytest.mark.slow
def test_balls_of_ten_thousand_formulas_hold_their_values() -> None:
    settled, wrong = _missed(12_000, 1)
    assert settled > 10_000
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "fault"), [("tanh", lambda x: x.tanh().mid() * (1 + arb(2) ** -200)), ("exp", lambda x: x.exp() * (1 + x / 10**60))]
)
def test_a_function_that_is_off_by_its_last_digits_is_caught(name: str, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rigorous.FUNCTIONS, getattr(sp, name), fault)
    _, wrong = _missed(400, 2)
    assert any(f"{name}(" in str(formula) for _, formula, _, _ in wrong)
