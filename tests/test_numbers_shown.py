"""Laws of numbers that are read: six digits of a long fraction, cut and never rounded, and the formula keeps its number."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import amsym as am
from amsym.prover import energy_never_increases
from amsym.prover.links import steady_are_critical
from amsym.render import latex, mathml, text
from amsym.render.numbers import decimal, is_long, value_in_words
from amsym.render.words import added, product, words

LONG = re.compile(r"\d{10}")
x = sp.Symbol("x", real=True)
rationals = st.builds(sp.Rational, st.integers(-(10**40), 10**40), st.integers(1, 10**40))
longs = rationals.filter(is_long)


@given(longs)
def test_the_digits_shown_are_those_of_the_number_and_the_dots_say_that_more_follow(number: Any) -> None:
    mantissa, power = decimal(number)
    cut = Fraction(mantissa.rstrip("…")) * Fraction(10) ** power
    size = abs(Fraction(int(number.p), int(number.q)))
    places = len(mantissa.rstrip("…").partition(".")[2])
    assert 0 <= size - cut < Fraction(10) ** (power - places)
    assert (cut == size) == ("…" not in mantissa)


@given(
    longs, st.sampled_from([lambda r: r * x, lambda r: x + r, lambda r: x**r, lambda r: r / (x + 1), lambda r: (x + r) ** 2, lambda r: r])
)
def test_no_printer_shows_a_long_fraction_and_str_shows_it_whole(number: Any, made: Any) -> None:
    expr = made(number)
    before = str(expr)
    for shown in (text(expr), latex(expr), mathml(expr), words(expr)):
        assert not LONG.search(shown)
    assert str(expr) == before
    assert LONG.search(before)


READ = {
    sp.Rational("1.0507009873554804934") * x: ("1.05070… x", r"1.05070\ldots x", "1.05070…*x"),
    x - sp.Rational(3, 2 * 10**12): ("x - 1.5·10⁻¹²", r"x - 1.5 \cdot 10^{-12}", "x - 1.5e-12"),
    sp.Integer(10) ** 12 * x: ("10¹² x", r"10^{12} x", "1e12*x"),
    -x / (3 * sp.Integer(10) ** 9): ("-3.33333…·10⁻¹⁰ x", r"- 3.33333\ldots \cdot 10^{-10} x", "-3.33333…e-10*x"),
    x ** sp.Rational(10**10 + 1, 10**10): ("x^(1.00000…)", r"x^{1.00000\ldots}", "x**(1.00000…)"),
}


@pytest.mark.parametrize("expr", READ, ids=str)
def test_long_fractions_read_as_decimals(expr: Any) -> None:
    assert (text(expr), latex(expr), words(expr)) == READ[expr]


def test_a_binary_fraction_is_the_shortest_decimal_of_its_float_in_words() -> None:
    assert [value_in_words(Fraction(v)) for v in (0.1, -0.3, 0.5, 3)] == ["0.1", "-0.3", "1/2", "3"]
    assert value_in_words(Fraction(1, 3)) == "1/3"
    assert words(sp.Rational(0.1) * x + sp.Rational(0.1 + 0.2)) == "0.1*x + 0.300000…"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_witness_in_words_reads_back_to_the_same_float(value: float) -> None:
    assert float(Fraction(value_in_words(Fraction(value)))) == value


def test_selu_is_derived_and_verified_without_a_long_number() -> None:
    d = am.derive(am.lagrangians.selu())
    assert "1.05070… max(0, x_i)" in str(d["activation"])
    model = am.zoo.hopfield("selu")
    verdicts = [energy_never_increases(model), steady_are_critical(model)]
    shown = [str(d), d.latex(), d.html(), *(v.reason for v in verdicts), *(str(dict(v.certificate)) for v in verdicts)]
    assert not any(map(LONG.search, shown))
    assert "1.05070…*[y[i] > 0]" in verdicts[0].reason


def test_factors_in_sentences_have_no_needless_one() -> None:
    assert [product(m, "f") for m in (1, -1, sp.Rational(1, 2), -3, x, x + 1)] == ["f", "-f", "(1/2) f", "-3 f", "x f", "(x + 1) f"]
    assert [added(m, "f") for m in (1, -1, 2, -x)] == ["+ f", "- f", "+ 2*f", "- x*f"]
