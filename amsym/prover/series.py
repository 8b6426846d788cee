"""f(t) = c₁ m₁ + ... + c_k m_k + O(m) as t → ∞, with monomials m = e^{p(t)} t^a (log t)^b in decreasing order, all exact.

Coefficients are exact SymPy numbers, or formulas in parameters; a sign or an order that is not settled for certain
raises `Unsettled`, and nothing is ever guessed. Source: truncated transseries, as in Gruntz, On Computing Limits (1996).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cmp_to_key, lru_cache

import sympy as sp

from amsym.errors import AmsymError
from amsym.notation.effort import check
from amsym.prover.signs import is_positive

# Terms that a series keeps; what follows goes into its error.
TERMS = 8


class Unsettled(AmsymError):
    """A sign, an order or an expansion that could not be settled exactly."""


@lru_cache(maxsize=20_000)
def sign_of(c: sp.Expr) -> int:
    """The sign of an exact number, or of a formula in parameters with one sign for all of them; raises Unsettled.

    >>> sign_of(sp.log(2) - 1), sign_of(sp.Symbol("beta", positive=True))
    (-1, 1)
    """
    if c.is_Rational:
        return int(bool(c > 0)) - int(bool(c < 0))
    if c.is_number:
        return _sign_of_number(c)
    if is_positive(c):
        return 1
    if is_positive(-c):
        return -1
    if sp.expand(c) == 0:
        return 0
    raise Unsettled(f"the sign of {c} is not the same for all parameters")


def _sign_of_number(c: sp.Expr) -> int:
    from numeric.rigorous import Evaluator, Undetermined

    try:
        value = Evaluator({}, {})(c)
    except Undetermined as error:
        raise Unsettled(str(error)) from error
    if value > 0 or value < 0:
        return 1 if value > 0 else -1
    if sp.expand(c) == 0:
        return 0
    raise Unsettled(f"the sign of {c} is not settled at {value}")


@dataclass(frozen=True)
class Mono:
    """e^{p(t)} t^a (log t)^b, with p = Σ c t^k over positive rational k, the largest first."""

    p: tuple[tuple[sp.Rational, sp.Expr], ...] = ()
    a: sp.Rational = sp.S.Zero
    b: sp.Rational = sp.S.Zero

    def __mul__(self, other: Mono) -> Mono:
        return Mono(_added(self.p, other.p), self.a + other.a, self.b + other.b)

    def __pow__(self, q: sp.Rational) -> Mono:
        return Mono(tuple((k, sp.expand(q * c)) for k, c in self.p) if q else (), q * self.a, q * self.b)

    def expression(self, t: sp.Symbol) -> sp.Expr:
        """The monomial as a formula in t."""
        return sp.exp(sp.Add(*(c * t**k for k, c in self.p))) * t**self.a * sp.log(t) ** self.b

    @property
    def rank(self) -> int:
        """1 if it tends to infinity, 0 if it is 1, -1 if it tends to 0."""
        return compared(self, ONE)


ONE = Mono()


def _added(
    p: tuple[tuple[sp.Rational, sp.Expr], ...], q: tuple[tuple[sp.Rational, sp.Expr], ...]
) -> tuple[tuple[sp.Rational, sp.Expr], ...]:
    found = dict(p)
    for k, c in q:
        found[k] = sp.expand(found.get(k, sp.S.Zero) + c)
    return tuple(sorted(((k, c) for k, c in found.items() if c != 0), key=lambda kc: -kc[0]))


@lru_cache(maxsize=50_000)
def compared(m: Mono, n: Mono) -> int:
    """1, 0 or -1 as m grows faster than n, is n, or grows slower."""
    gap = _added(m.p, tuple((k, -c) for k, c in n.p))
    for _, c in gap:
        s = sign_of(c)
        if s:
            return s
    for x, y in ((m.a, n.a), (m.b, n.b)):
        if x != y:
            return 1 if x > y else -1
    return 0


def larger(*orders: Mono | None) -> Mono | None:
    """The error that covers all of these; None stands for no error."""
    found: Mono | None = None
    for m in orders:
        if m is not None and (found is None or compared(m, found) > 0):
            found = m
    return found


@dataclass(frozen=True)
class Series:
    """Terms (monomial, coefficient) in decreasing order, and the order of what is left out; None: nothing is."""

    terms: tuple[tuple[Mono, sp.Expr], ...] = ()
    error: Mono | None = None

    @property
    def lead(self) -> tuple[Mono, sp.Expr]:
        """The leading term; raises Unsettled where only an error is known."""
        if not self.terms:
            raise Unsettled("no leading term is known")
        return self.terms[0]

    @property
    def is_zero(self) -> bool:
        """Whether the function is exactly 0 from some t on."""
        return not self.terms and self.error is None

    @property
    def constant(self) -> sp.Expr | None:
        """The value of a function that is exactly constant from some t on."""
        if self.is_zero:
            return sp.S.Zero
        return self.terms[0][1] if self.error is None and len(self.terms) == 1 and self.terms[0][0] == ONE else None

    def sign(self) -> int:
        """The sign from some t on."""
        return 0 if self.is_zero else sign_of(self.lead[1])

    def limit(self) -> sp.Expr:
        """The limit: a number, ∞ or -∞.

        >>> (power_of_t(2) - power_of_t(3)).limit()
        -oo
        """
        if self.terms and self.terms[0][0].rank > 0:
            return sp.oo * sign_of(self.terms[0][1])
        if self.error is not None and self.error.rank >= 0:
            raise Unsettled("the error does not tend to 0")
        return self.terms[0][1] if self.terms and self.terms[0][0] == ONE else sp.S.Zero

    def __add__(self, other: Series) -> Series:
        return made((*self.terms, *other.terms), larger(self.error, other.error))

    def __neg__(self) -> Series:
        return Series(tuple((m, -c) for m, c in self.terms), self.error)

    def __sub__(self, other: Series) -> Series:
        return self + (-other)

    def __mul__(self, other: Series) -> Series:
        check()
        errors = [m * n for m, n in ((self.error, other.top), (other.error, self.top)) if m is not None and n is not None]
        return made(((m * n, c * d) for m, c in self.terms for n, d in other.terms), larger(*errors))

    @property
    def top(self) -> Mono | None:
        """The order of the function: of its leading term, or of its error."""
        return self.terms[0][0] if self.terms else self.error


def made(terms: Iterable[tuple[Mono, sp.Expr]], error: Mono | None = None) -> Series:
    """A series of terms in any order: equal monomials are added, what the error covers is dropped."""
    found: dict[Mono, sp.Expr] = {}
    for m, c in terms:
        found[m] = found[m] + c if m in found else c
    found = {m: c for m, c in ((m, c if c.is_Rational else sp.expand(c)) for m, c in found.items()) if c != 0}
    kept = sorted((m for m in found if error is None or compared(m, error) > 0), key=cmp_to_key(compared), reverse=True)
    if len(kept) > TERMS:
        error = larger(error, kept[TERMS])
    return Series(tuple((m, found[m]) for m in kept[:TERMS]), error)


def number(c: sp.Expr) -> Series:
    """A constant."""
    return Series(((ONE, c),)) if c != 0 else Series()


def power_of_t(a: int | sp.Rational = 1, c: sp.Expr = sp.S.One) -> Series:
    """c t^a."""
    return Series(((Mono(a=sp.sympify(a)), c),)) if c != 0 else Series()


def leading_term(s: Series, t: sp.Symbol) -> sp.Expr:
    """The leading term as a formula in t, for reading and for confirmation."""
    m, c = s.lead
    return c * m.expression(t)


__all__ = ["ONE", "Mono", "Series", "Unsettled", "compared", "larger", "leading_term", "made", "number", "power_of_t", "sign_of"]
