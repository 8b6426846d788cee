"""Σ_i f(i) over an axis of symbolic size.

A Total binds its indices: substitution renames them before it would capture, factors that do not
depend on them stand in front, sums of sums are one sum, and a delta in the summand is used up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.core.cache import cacheit
from sympy.printing.precedence import PRECEDENCE

from amsym.errors import NotationError
from amsym.notation.axes import Index, all_indices, free_indices, fresh_index, rename
from amsym.notation.marks import Delta
from amsym.notation.tensors import array_ufunc


class Total(sp.Expr):
    """The sum of an index expression over one or more bound indices; build it with `total`."""

    __array_ufunc__ = array_ufunc
    is_commutative = True
    precedence = PRECEDENCE["Add"]

    def __new__(cls, body: Any, *where: Any) -> Any:
        bound = tuple(where[0]) if len(where) == 1 and isinstance(where[0], sp.Tuple) else where
        return _total(sp.sympify(body), tuple(bound))

    @property
    def body(self) -> sp.Expr:
        """What is summed."""
        return self.args[0]  # type: ignore[return-value]

    @property
    def bound(self) -> tuple[Index, ...]:
        """The indices that the sum runs over."""
        return tuple(self.args[1])  # type: ignore[arg-type]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return (self.body.free_symbols - set(self.bound)) | {i.size for i in self.bound}

    def clear_of(self, names: frozenset[Index] | set[Index]) -> Total:
        """The same sum with bound indices named otherwise than any of `names`."""
        clash = [i for i in self.bound if i in names]
        if not clash:
            return self
        avoid = set(names) | all_indices(self.body) | set(self.bound)
        new: dict[Index, Index] = {}
        for i in clash:
            new[i] = fresh_index(i.axis, avoid)
            avoid.add(new[i])
        bound = tuple(new.get(i, i) for i in self.bound)
        return sp.Expr.__new__(Total, rename(self.body, new), sp.Tuple(*bound))  # type: ignore[return-value]

    def _xreplace(self, rule: dict[Any, Any]) -> tuple[Any, bool]:
        if self in rule:
            return rule[self], True
        if not rule:
            return self, False
        safe = self.clear_of(_touched(rule))
        body, changed = safe.body._xreplace(rule)
        return (Total(body, *safe.bound), True) if changed else (self, False)

    def _eval_subs(self, old: Any, new: Any) -> Any:
        safe = self.clear_of(free_indices(old) | free_indices(new))
        body = safe.body._subs(old, new)
        return self if body == safe.body else Total(body, *safe.bound)

    def _eval_is_real(self) -> bool | None:
        return self.body.is_real

    def _eval_is_positive(self) -> bool | None:
        return True if self.body.is_positive else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.body.is_nonnegative else None

    def _eval_is_negative(self) -> bool | None:
        return True if self.body.is_negative else None

    def _eval_is_nonpositive(self) -> bool | None:
        return True if self.body.is_nonpositive else None

    def _eval_derivative(self, wrt: sp.Expr) -> sp.Expr:
        from amsym.notation.calculus import derivative_for_sympy

        return derivative_for_sympy(self, wrt)

    def doit(self, **hints: Any) -> sp.Expr:
        """A sum over a symbolic size has nothing to evaluate: the sum itself; `components` makes it explicit."""
        return self

    def _sympystr(self, printer: Any) -> str:
        names = [printer._print(i) for i in self.bound]
        below = "".join(names) if all(len(n) == 1 for n in names) else ",".join(names)
        return f"Σ_{below} {printer.parenthesize(self.body, PRECEDENCE['Mul'], strict=True)}"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        from amsym.notation.printing import latex_total

        return latex_total(self, printer, exp)

    def _mathml_presentation(self, printer: Any) -> Any:
        from amsym.notation.printing import mathml_total

        return mathml_total(self, printer)

    def _pretty(self, printer: Any) -> Any:
        return printer._print(sp.Symbol(f"({self})"))


def total(body: Any, *where: Index) -> Any:
    """The sum of `body` over the given indices.

    >>> from amsym.notation.axes import indices
    >>> from amsym.notation.declare import state
    >>> i, j = indices("i j", "N")
    >>> y = state("y", "N")
    >>> total(y[i]**2 / 2, i)
    (Σ_i y[i]**2)/2

    Raises NotationError for a body that is no formula.
    """
    try:
        return Total(sp.sympify(body, strict=True), *where)
    except sp.SympifyError as error:
        raise NotationError(f"total() sums a formula such as W[i, j]*y[j], got {body!r}") from error


def _touched(rule: Any) -> frozenset[Index]:
    """The free indices on both sides of a replacement; SymPy's own rules (rounding, say) list no sides and touch none."""
    sides = rule.items() if isinstance(rule, Mapping) else ()
    return frozenset().union(*(free_indices(k) | free_indices(sp.sympify(v)) for k, v in sides))


@cacheit
def _total(body: sp.Expr, where: tuple[Index, ...]) -> sp.Expr:
    _check(body, where)
    if not where or body == 0:
        return body
    body, where = _flattened(body, where)
    terms = body.args if isinstance(body, sp.Add) else (body,)
    with_delta = [t for t in terms if _exposes_delta(t)]
    if len(terms) > 1 and with_delta:
        rest = sp.Add(*(t for t in terms if not _exposes_delta(t)))
        return sp.Add(*(_total(t, where) for t in with_delta), _total(rest, where))
    if with_delta:
        return _without_delta(body, where)
    return _hoisted(body, where)


def _check(body: sp.Expr, where: tuple[Any, ...]) -> None:
    for i in where:
        if not isinstance(i, Index):
            raise NotationError(f"total() sums over indices made by indices('i j', 'N'), got {i!r}")
    if len(set(where)) != len(where):
        twice = next(i for n, i in enumerate(where) if i in where[:n])
        raise NotationError(f"total() got the index '{twice}' twice: {', '.join(map(str, where))}; name each once")
    if not isinstance(body, sp.Expr):
        raise NotationError(f"total() sums a formula such as W[i, j]*y[j], got {body}")


def _flattened(body: sp.Expr, where: tuple[Index, ...]) -> tuple[sp.Expr, tuple[Index, ...]]:
    """Σ_i Σ_j f as Σ_ij f."""
    while isinstance(body, Total):
        inner = body.clear_of(set(where))
        body, where = inner.body, (*where, *inner.bound)
    return body, where


def _exposes_delta(term: sp.Expr) -> bool:
    factors = term.args if isinstance(term, sp.Mul) else (term,)
    return any(isinstance(f, Delta) or (isinstance(f, sp.Add) and any(map(_exposes_delta, f.args))) for f in factors)


def _without_delta(body: sp.Expr, where: tuple[Index, ...]) -> sp.Expr:
    """Use a delta up: Σ_i δ_ik f(i) = f(k); multiply out the bracket that hides one."""
    factors = list(body.args if isinstance(body, sp.Mul) else (body,))
    for n, f in enumerate(factors):
        if isinstance(f, sp.Add) and _exposes_delta(f):
            others = sp.Mul(*factors[:n], *factors[n + 1 :])
            return sp.Add(*(_total(others * t, where) for t in f.args))
    for n, f in enumerate(factors):
        if isinstance(f, Delta) and (set(f.args) & set(where)):
            gone, kept = f.args if f.args[0] in where else f.args[::-1]
            others = sp.Mul(*factors[:n], *factors[n + 1 :]).xreplace({gone: kept})
            return _total(others, tuple(i for i in where if i != gone))
    return _hoisted(body, where)


def _hoisted(body: sp.Expr, where: tuple[Index, ...]) -> sp.Expr:
    """Factors that do not depend on the bound indices stand in front; an index that nothing uses gives its size."""
    factors = body.args if isinstance(body, sp.Mul) else (body,)
    used = set(where)
    inside = [f for f in factors if free_indices(f) & used]
    outside = [f for f in factors if not free_indices(f) & used]
    appearing = frozenset().union(*(free_indices(f) for f in inside))
    outside += [i.size for i in where if i not in appearing]
    where = tuple(i for i in where if i in appearing)
    if not where:
        return sp.Mul(*outside)
    inner = sp.Mul(*inside)
    if isinstance(inner, Total) or (isinstance(inner, sp.Add) and any(map(_exposes_delta, inner.args))):
        return sp.Mul(*outside, _total(inner, where))
    return sp.Mul(*outside, sp.Expr.__new__(Total, inner, sp.Tuple(*where)))
