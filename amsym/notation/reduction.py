"""Identities between powers of a sum D and what D consists of: L D^-1 = 1 - R D^-1 for D = L + R.

This is division with remainder, done inside every term and under every sum: with D = Σ_j e^{x_j} it turns
Σ_i e^{x_i} / D into 1, with D = 1 + e^x it turns e^x / D² into 1/D - 1/D². The same with kinks:
for u = L + R, L [u > 0] = u₊ - R [u > 0] and L u₊ = u₊² - R u₊.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from amsym.notation.axes import Index, free_indices
from amsym.notation.effort import check
from amsym.notation.marks import Delta, Mask
from amsym.notation.sums import Total
from amsym.notation.tensors import Component
from amsym.notation.terms import MULTIPLY_OUT, Factors, Term, absorbed, simplified, terms_of

# A term is rewritten at most so often; what is left then is still right, only not reduced.
STEPS = 200


def reduced(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Apply the identities until none fits."""
    done: list[Term] = []
    waiting = list(terms)
    for _ in range(STEPS * (len(terms) + 1)):
        if not waiting:
            break
        check()
        t = waiting.pop()
        new = _step(t)
        if new is None:
            done.append(t)
        else:
            waiting += [n for n in new if n.coefficient != 0]
    return (*done, *waiting)


def _step(t: Term) -> tuple[Term, ...] | None:
    for rule in (_kinks_meet, _orthogonal, _hyperbolic, _large_power, _kink_power):
        new = rule(t)
        if new is not None:
            return new
    for base, exponent in t.factors:
        new = _divide(t, base, exponent)
        if new is not None:
            return new
    return None


def _divide(t: Term, base: sp.Expr, exponent: sp.Expr) -> tuple[Term, ...] | None:
    """t = c L D^e M becomes c M (D^{e+1} - R D^e), likewise with u₊ and [u > 0]."""
    divisor = _divisor(base, exponent)
    if divisor is None:
        return None
    split = _lead(divisor)
    if split is None:
        return None
    lead, rest = split
    divided = quotient(t, lead, free_indices(base))
    if divided is None:
        return None
    scale = Term(1 / lead.coefficient, (), ())
    minus = Term(-1 / lead.coefficient, (), ())
    first = [absorbed(f, scale) for f in _raise(divided, base)]
    return (*first, *(absorbed(absorbed(divided, r), minus) for r in rest))


def _divisor(base: sp.Expr, exponent: sp.Expr) -> sp.Expr | None:
    """The D of D^e with e < 0, or the u of u₊ and [u > 0]."""
    if isinstance(base, sp.Max) and len(base.args) == 2 and base.args[0] == 0 and exponent.is_positive:
        return base.args[1]
    if isinstance(base, Mask) and isinstance(base.condition, sp.StrictGreaterThan) and base.condition.rhs == 0:
        return base.condition.lhs
    if isinstance(base, (sp.Add, Total)) and exponent.is_Rational and exponent.is_negative:
        return base
    return None


def _raise(t: Term, base: sp.Expr) -> tuple[Term, ...]:
    """Multiply by D: one more D, one more u₊, or a bracket that becomes u₊."""
    if isinstance(base, Mask):
        from amsym.notation.rewriting import positive_part

        return tuple(absorbed(_without(t, base), p) for p in positive_part(base.condition.lhs))
    return (absorbed(t, Term(sp.S.One, ((base, sp.S.One),), ())),)


def _without(t: Term, base: sp.Expr) -> Term:
    return Term(t.coefficient, tuple((b, e) for b, e in t.factors if b != base), t.bound)


@lru_cache(maxsize=5_000)
def _lead(divisor: sp.Expr) -> tuple[Term, tuple[Term, ...]] | None:
    """The leading term of D and the others; none leads when only the names of indices tell the greatest apart."""
    terms = terms_of(divisor)
    able = [t for t in terms if t.factors]
    if not able:
        return None
    skeletons = [_skeleton(t) for t in able]
    greatest = max(skeletons)
    if skeletons.count(greatest) > 1:
        return None
    lead = able[skeletons.index(greatest)]
    return lead, tuple(t for t in terms if t is not lead)


def _skeleton(t: Term) -> tuple[int, str]:
    expr = Term(sp.S.One, t.factors, t.bound).expression()
    blind = expr.xreplace({i: Index("x", i.axis) for i in free_indices(expr)})
    return len(t.factors), str(blind)


def quotient(t: Term, lead: Term, fixed: frozenset[Index]) -> Term | None:
    """t / lead, when lead's factors (and closed sums) stand in t."""
    factors: Factors = dict(t.factors)
    bound = list(t.bound)
    scalars, sums = pieces(lead, frozenset())
    for b, e in scalars:
        have = factors.get(b, sp.S.Zero)
        if not (have.is_Rational and e.is_Rational and have * e > 0 and abs(have) >= abs(e)):
            return None
        factors[b] = have - e
    _, candidates = pieces(Term(t.coefficient, tuple(factors.items()), t.bound), fixed)
    for wanted in sums:
        found = next((c for c in candidates if _same(c, wanted)), None)
        if found is None:
            return None
        candidates.remove(found)
        for b, _ in found.factors:
            del factors[b]
        bound = [i for i in bound if i not in found.bound]
    return simplified(t.coefficient, {b: e for b, e in factors.items() if e != 0}, tuple(bound))


def pieces(t: Term, fixed: frozenset[Index]) -> tuple[list[tuple[sp.Expr, sp.Expr]], list[Term]]:
    """Factors without bound indices, and the groups of factors that bound indices tie together."""
    bound = set(t.bound) - fixed
    scalars: list[tuple[sp.Expr, sp.Expr]] = []
    groups: list[tuple[set[Index], list[tuple[sp.Expr, sp.Expr]]]] = []
    for b, e in t.factors:
        used = (free_indices(b) | free_indices(e)) & bound
        if not used:
            scalars.append((b, e))
            continue
        joined = [g for g in groups if g[0] & used]
        groups = [g for g in groups if not g[0] & used]
        groups.append((set(used).union(*(g[0] for g in joined)), [(b, e), *(f for g in joined for f in g[1])]))
    return scalars, [Term(sp.S.One, tuple(fs), tuple(sorted(ix, key=str))) for ix, fs in groups]


def _same(a: Term, b: Term) -> bool:
    if len(a.bound) != len(b.bound) or len(a.factors) != len(b.factors):
        return False
    from amsym.notation.canonical import named

    return named(a).expression() == named(b).expression()


def _kinks_meet(t: Term) -> tuple[Term, ...] | None:
    """u₊ [u > 0] = u₊, u₊ [-u > 0] = 0, [u > 0] [-u > 0] = 0."""
    steps = {b.condition.lhs: b for b, _ in t.factors if _divisor(b, sp.S.One) is not None and isinstance(b, Mask)}
    if not steps:
        return None
    from amsym.notation.canonical import canonical_core

    # u₊^p [u > 0] is u₊^p for p > 0 only: at p = 0 the one is a bracket and the other 1.
    parts = {b.args[1] for b, e in t.factors if isinstance(b, sp.Max) and _divisor(b, e) is not None}
    for u, bracket in steps.items():
        opposite = canonical_core(-u)
        if opposite in parts or opposite in steps:
            return ()
        if u in parts:
            return (_without(t, bracket),)
    return None


def _orthogonal(t: Term) -> tuple[Term, ...] | None:
    """Σ_i Q_ij Q_ik = δ_jk for an orthogonal Q, over either place."""
    for i in t.bound:
        holding = [(b, e) for b, e in t.factors if i in free_indices(b) | free_indices(e)]
        pair = [b for b, e in holding for _ in range(int(e) if e in (1, 2) else 3)]
        if len(pair) != 2 or not all(isinstance(b, Component) and b.tensor.has_property("orthogonal") for b in pair):
            continue
        a, b = pair
        places = [n for n in (0, 1) if a.where[n] == i and b.where[n] == i]
        if a.tensor != b.tensor or len(places) != 1:
            continue
        other = Delta(a.where[1 - places[0]], b.where[1 - places[0]])
        kept: Factors = {f: e for f, e in t.factors if f not in (a, b)}
        if other != 1:
            kept[other] = kept.get(other, sp.S.Zero) + 1
        new = simplified(t.coefficient, kept, tuple(j for j in t.bound if j != i))
        return (new,)
    return None


def _hyperbolic(t: Term) -> tuple[Term, ...] | None:
    """1/cosh² = 1 - tanh², and tanh² cosh = cosh - 1/cosh."""
    for b, e in t.factors:
        if not isinstance(b, sp.cosh) or not e.is_Integer:
            continue
        slope = Term(sp.S.NegativeOne, ((sp.tanh(b.args[0]), sp.Integer(2)),), ())
        powers = dict(t.factors)
        if e <= -2:
            lower = simplified(t.coefficient, {**powers, b: e + 2}, t.bound)
            return lower, absorbed(lower, slope)
        u = powers.get(sp.tanh(b.args[0]), sp.S.Zero)
        if e >= 1 and u.is_Integer and u >= 2:
            plain = simplified(t.coefficient, {**powers, sp.tanh(b.args[0]): u - 2}, t.bound)
            return plain, absorbed(plain, Term(sp.S.NegativeOne, ((b, sp.Integer(-2)),), ()))
    return None


def _large_power(t: Term) -> tuple[Term, ...] | None:
    """D^{3/2} = D D^{1/2}, multiplied out; likewise the whole powers that roots have met to."""
    for b, e in t.factors:
        if isinstance(b, (sp.Add, Total)) and e.is_Rational and e >= 1 and not (e.is_Integer and e > MULTIPLY_OUT):
            whole = int(sp.floor(e))
            rest = Term(t.coefficient, tuple((f, x if f != b else e - whole) for f, x in t.factors), t.bound)
            out: tuple[Term, ...] = (rest,)
            for _ in range(whole):
                out = tuple(absorbed(a, d) for a in out for d in terms_of(b))
            return out
    return None


def _kink_power(t: Term) -> tuple[Term, ...] | None:
    """u₊² = u u₊, multiplied out, where no term of u leads (where one does, u₊² is the shorter form: see `_divide`)."""
    for b, e in t.factors:
        u = _divisor(b, e) if isinstance(b, sp.Max) and e.is_Integer and 1 < e <= MULTIPLY_OUT else None
        if u is not None and _lead(u) is None:
            out: tuple[Term, ...] = (Term(t.coefficient, tuple((f, x if f != b else sp.S.One) for f, x in t.factors), t.bound),)
            for _ in range(int(e) - 1):
                out = tuple(absorbed(a, d) for a in out for d in terms_of(u))
            return out
    return None
