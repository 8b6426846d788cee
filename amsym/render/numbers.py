"""Rationals to read: 87904967042368842997/50000000000000000000 is 1.75809…, its first six digits.

Nothing is rounded: digits that follow are cut, and `…` says so; a decimal without it is exact. Only what is shown is short,
the expression keeps its number.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import sympy as sp

# A numerator or denominator of more digits is not read; so many digits of its decimal are.
LONGEST, SHOWN = 9, 6
# Powers of ten that are written with zeros: 0.00012 and 12345.6, but 1.2·10⁻⁵.
PLAIN = range(-4, SHOWN - 1)
DIGITS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Decimal(NamedTuple):
    """mantissa · 10^power, without a sign; the mantissa ends in … where digits follow."""

    mantissa: str
    power: int = 0

    def joined(self, times_ten_to: str, raised: str) -> str:
        """The mantissa alone, or with its power of ten; 1 · 10^n is 10^n."""
        if not self.power:
            return self.mantissa
        return f"10{raised}" if self.mantissa == "1" else f"{self.mantissa}{times_ten_to}10{raised}"


def is_long(number: Any) -> bool:
    """Whether a number is a fraction that nobody reads.

    >>> is_long(sp.Rational(22, 7)), is_long(sp.Rational(10**12 + 1, 10**12))
    (False, True)
    """
    return bool(getattr(number, "is_Rational", False)) and max(abs(number.p), number.q) >= 10**LONGEST


def decimal(number: sp.Rational) -> Decimal:
    """The first digits of a rational, without its sign.

    >>> decimal(sp.Rational(1, 3)), decimal(sp.Rational(-1, 10**12))
    (Decimal(mantissa='0.333333…', power=0), Decimal(mantissa='1', power=-12))
    """
    x = abs(Fraction(int(number.p), int(number.q)))
    power = _power(x)
    scaled = x / Fraction(10) ** (power - SHOWN + 1)
    cut = scaled.numerator // scaled.denominator
    digits, more = str(cut), "…" if cut != scaled else ""
    if power in PLAIN:
        return Decimal(_pointed(digits, power, more))
    return Decimal(_pointed(digits, 0, more), power)


def _power(x: Fraction) -> int:
    """The n with 10^n ≤ x < 10^(n + 1); 0 for 0."""
    if x == 0:
        return 0
    n = len(str(x.numerator)) - len(str(x.denominator))
    return n if x >= Fraction(10) ** n else n - 1


def _pointed(digits: str, power: int, more: str) -> str:
    """The digits with a point after the one that counts 10^0."""
    padded = "0" * -min(power, 0) + digits
    whole, rest = padded[: 1 + max(power, 0)], padded[1 + max(power, 0) :]
    rest = rest if more else rest.rstrip("0")
    return (f"{whole}.{rest}" if rest else whole) + more


def in_text(number: sp.Rational) -> str:
    """As text: 1.05070…, -1.5·10⁻¹².

    >>> in_text(sp.Rational(-3, 2*10**12))
    '-1.5·10⁻¹²'
    """
    found = decimal(number)
    return ("-" if number.p < 0 else "") + found.joined("·", str(found.power).translate(DIGITS))


def in_latex(number: sp.Rational) -> str:
    r"""As LaTeX: 1.05070\ldots, - 1.5 \cdot 10^{-12}."""
    found = decimal(number)
    shown = found.joined(r" \cdot ", f"^{{{found.power}}}").replace("…", r"\ldots")
    return ("- " if number.p < 0 else "") + shown


def in_words(number: sp.Rational) -> str:
    """In a sentence, as it is typed: 1/2, 1.05070…, 1.5e-12; a float such as 0.1 by its own digits where they are few.

    >>> in_words(sp.Rational(1, 2)), in_words(sp.Rational(0.1)), in_words(sp.Rational(10**10 + 1, 10**10))
    ('1/2', '0.1', '1.00000…')
    """
    if not is_long(number):
        return str(number)
    shortest = as_float(number)
    if shortest and sum(c.isdigit() for c in shortest) <= LONGEST:
        return shortest
    found = decimal(number)
    return ("-" if number.p < 0 else "") + found.mantissa + (f"e{found.power}" if found.power else "")


def value_in_words(number: Any) -> str:
    """A witness's number: 1/2 as it is, a long binary fraction as the shortest decimal that reads back to the same float; tuples of them.

    >>> value_in_words(Fraction(1, 2)), value_in_words((Fraction(0.1 + 0.2), Fraction(2)))
    ('1/2', '(0.30000000000000004, 2)')
    """
    if isinstance(number, tuple):
        return f"({', '.join(map(value_in_words, number))})"
    exact = sp.Rational(number.numerator, number.denominator) if isinstance(number, (int, Fraction)) else number
    return (as_float(exact) or in_words(exact)) if is_long(exact) else str(number)


def as_float(number: sp.Rational) -> str:
    """The shortest decimal of the float that the number exactly is; nothing where it is none."""
    x = Fraction(int(number.p), int(number.q))
    try:
        return repr(float(x)).removesuffix(".0") if Fraction(float(x)) == x else ""
    except OverflowError:
        return ""
