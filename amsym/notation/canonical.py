"""The canonical form: Σ_ij W_ij x_i y_j = Σ_kl W_kl y_k x_l for symmetric W, as identical expressions.

Multiply out (`terms`), reduce (`reduction`), then name each term's bound indices: those whose place in
the term differs get names by place; among those that look alike, every order is tried and the least wins.
A term that one order gives with both signs is zero (Σ_ij A_ij x_i x_j for antisymmetric A).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, permutations, product
from typing import Any

import sympy as sp

from amsym.notation.axes import Index, all_indices, free_indices, fresh_index, rename
from amsym.notation.effort import check
from amsym.notation.reduction import pieces, reduced
from amsym.notation.sums import Total
from amsym.notation.tensors import Component, Tensor
from amsym.notation.terms import Term, collected, terms_of

# Beyond so many orders of alike indices one is taken: still right, only not canonical.
ORDERS = 720

# New names turn signs inside antisymmetric tensors and kinks, and then the terms are made anew, at most so often.
PASSES = 4


def canonical(expr: Any) -> Any:
    """The canonical form: equal up to names of bound indices, order and declared symmetries means identical.

    >>> from amsym.notation.axes import indices
    >>> from amsym.notation.declare import parameter, state
    >>> from amsym.notation.sums import total
    >>> i, j = indices("i j", "N")
    >>> x, W = state("x", "N"), parameter("W", "N N", symmetric=True)
    >>> canonical(total(x[j]*total(W[j, i]*x[i]/2, i), j))
    (Σ_ij W[i, j]*x[i]*x[j])/2
    """
    core = canonical_core(sp.sympify(expr))
    return lettered(core)


def is_zero(expr: Any) -> bool:
    """Whether the expression reduces to zero; False means only that it did not.

    >>> is_zero((sp.Symbol("x") + 1)**2 - sp.Symbol("x")**2 - 2*sp.Symbol("x") - 1)
    True
    """
    core = canonical_core(sp.sympify(expr))
    if core == 0:
        return True
    cleared = _cleared(core)
    return cleared is not None and canonical_core(cleared) == 0


@lru_cache(maxsize=20_000)
def canonical_core(expr: sp.Expr) -> sp.Expr:
    """The canonical form with bound indices named _1, _2, ... by depth."""
    if not isinstance(expr, sp.Expr) or not expr.args:
        return expr
    form = _named_once(expr)
    for _ in range(PASSES if _names_turn_signs(form) else 0):
        before, form = form, _named_once(form)
        if form == before:
            break
    return form


def _names_turn_signs(expr: sp.Expr) -> bool:
    return expr.has(Total) and (expr.has(sp.Max) or any(t.has_property("antisymmetric") for t in expr.atoms(Tensor)))


def _named_once(expr: sp.Expr) -> sp.Expr:
    terms = collected(named(t) for t in reduced(terms_of(expr)))
    return sp.Add(*(t.expression() for t in terms.values()))


def named(t: Term) -> Term:
    """The term with its bound indices in canonical names: each group of factors that they tie together alone, then the groups in order."""
    free, groups = pieces(t, frozenset())
    taken = frozenset().union(*(free_indices(b) | free_indices(e) for b, e in t.factors)) - set(t.bound)
    level = 1 + max(map(_level, taken), default=0)
    parts = [_ordered(Term(t.coefficient, tuple(free), ()), {})[1]]
    for _, group in sorted((_least(g, level) for g in groups), key=lambda found: found[0]):
        parts.append(_ordered(group, _levelled(group.bound, level))[1])
        level += len(group.bound)
    factors = sorted((f for part in parts for f in part.factors), key=lambda f: (_text(f[0]), _text(f[1])))
    return Term(sp.Mul(*(part.coefficient for part in parts)), tuple(factors), tuple(i for part in parts for i in part.bound))


def _least(t: Term, level: int) -> tuple[tuple[str, ...], Term]:
    """The least of all names that symmetry allows; zero when one text comes with both signs."""
    best: tuple[tuple[str, ...], Term] | None = None
    for order in _orders(t):
        check()
        found = _ordered(t, _levelled(order, level))
        if best is None or found[0] < best[0]:
            best = found
        elif found[0] == best[0] and found[1].coefficient == -best[1].coefficient:
            return found[0], Term(sp.S.Zero, found[1].factors, found[1].bound)
    assert best is not None
    return best


def _levelled(order: tuple[Index, ...], level: int) -> dict[Index, Index]:
    return {i: Index(f"_{level + n}", i.axis) for n, i in enumerate(order)}


def _level(i: Index) -> int:
    return int(i.name[1:]) if i.name[0] == "_" and i.name[1:].isdigit() else 0


def _ordered(t: Term, names: dict[Index, Index]) -> tuple[tuple[str, ...], Term]:
    coefficient = t.coefficient
    factors: list[tuple[sp.Expr, sp.Expr]] = []
    for b, e in t.factors:
        base, exponent = _again(rename(b, names)), _again(rename(e, names))
        number, base, exponent = _signed(base, exponent)
        coefficient *= number
        factors.append((base, exponent))
    factors.sort(key=lambda f: (_text(f[0]), _text(f[1])))
    bound = tuple(sorted((names[i] for i in t.bound), key=_level))
    key = (*sorted(f"{_blind(b)}^{_text(e)}" for b, e in factors), *(f"{_text(b)}^{_text(e)}" for b, e in factors))
    return key, Term(coefficient, tuple(factors), bound)


def _signed(base: sp.Expr, exponent: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The factor as number · base^exponent, the sign that new names brought out in front: (e^-u)^c = (e^u)^-c."""
    if isinstance(base, sp.exp):
        number, rest = base.args[0].as_coeff_Mul()
        return (sp.S.One, sp.exp(rest), number * exponent) if number.is_Rational and rest != 1 else (sp.S.One, base, exponent)
    if not exponent.is_Integer:
        return sp.S.One, base, exponent
    if not isinstance(base, sp.Add):
        number, base = base.as_coeff_Mul()
        return number**exponent, base, exponent
    turned = base.args[0].as_coeff_Mul()[0].is_negative
    return (sp.S.NegativeOne**exponent, -base, exponent) if turned else (sp.S.One, base, exponent)


@lru_cache(maxsize=50_000)
def _text(expr: sp.Expr) -> str:
    return str(expr)


@lru_cache(maxsize=50_000)
def _blind(base: sp.Expr) -> str:
    """The text of a factor that does not tell u₊ from (-u)₊ nor A_ij from A_ji = -A_ij: the names come first, then the sign."""
    turned = base.xreplace({c: -c for c in base.atoms(Component) if c.tensor.has_property("antisymmetric")})
    if isinstance(base, sp.Max) and len(base.args) == 2 and base.args[0] == 0:
        return min(_text(v) for u in (base, turned) for v in (u.args[-1], -u.args[-1]))
    return min(_text(base), _text(turned))


@lru_cache(maxsize=50_000)
def _again(expr: sp.Expr) -> sp.Expr:
    """Inner sums settle their names and signs anew once the outer names have changed."""
    if not expr.args or not expr.has(Total, sp.Add):
        return expr
    if isinstance(expr, (sp.Add, Total)):
        return canonical_core(expr)
    return expr.func(*(canonical_core(a) if isinstance(a, sp.Expr) else a for a in expr.args))


def _orders(t: Term) -> Iterator[tuple[Index, ...]]:
    """The orders of the bound indices that their places in the term do not tell apart."""
    marks = {i: (i.axis, _place(t, i)) for i in t.bound}
    alike = [tuple(g) for _, g in groupby(sorted(t.bound, key=lambda i: (marks[i], i.name)), key=lambda i: marks[i])]
    count = sp.prod([sp.factorial(len(g)) for g in alike])
    choices = [permutations(g) if count <= ORDERS else [g] for g in alike]
    for choice in product(*choices):
        yield tuple(i for g in choice for i in g)


def _place(t: Term, i: Index) -> tuple[str, ...]:
    names = {j: Index("#", j.axis) for j in t.bound if j != i} | {i: Index("@", i.axis)}
    seen = []
    for b, e in t.factors:
        if i in all_indices(b) or i in all_indices(e):
            _, base, exponent = _signed(_again(rename(b, names)), _again(rename(e, names)))
            seen.append(f"{_blind(base)}^{_text(exponent)}")
    return tuple(sorted(seen))


def lettered(expr: sp.Expr, prefer: dict[str, tuple[str, ...]] | None = None) -> Any:
    """Give bound indices names to read, by depth, none of them free in the expression; `prefer` by axis."""
    return _lettered(expr, frozenset(free_indices(expr)), prefer or {})


def _lettered(expr: Any, taken: frozenset[Index], prefer: dict[str, tuple[str, ...]]) -> Any:
    if not isinstance(expr, sp.Basic) or not expr.args or not expr.has(Total):
        return expr
    if not isinstance(expr, Total):
        return expr.func(*(_lettered(a, taken, prefer) for a in expr.args))
    apart = expr.clear_of(taken)
    avoid, new = set(taken), {}
    for i in sorted(apart.bound, key=lambda i: (_level(i), i.name)):
        like = next((n for n in prefer.get(i.axis, ()) if n not in {a.name for a in avoid}), None)
        new[i] = fresh_index(i.axis, avoid, like)
        avoid.add(new[i])
    inner = rename(apart.body, new)
    return Total(_lettered(inner, frozenset(avoid), prefer), *(new[i] for i in sorted(apart.bound, key=lambda i: (_level(i), i.name))))


def _cleared(core: sp.Expr) -> sp.Expr | None:
    """Multiply by the denominators that stand in front of sums, so that fractions add up."""
    powers: dict[sp.Expr, sp.Expr] = {}
    for t in sp.Add.make_args(core):
        for f in sp.Mul.make_args(t):
            base, e = f.as_base_exp()
            if e.is_Rational and e.is_negative and not isinstance(f, sp.exp):
                powers[base] = min(powers.get(base, sp.S.Zero), e)
    if not powers:
        return None
    return sp.Add(*(sp.Mul(t, *(sp.Pow(b, -e) for b, e in powers.items())) for t in sp.Add.make_args(core)))
