"""|f(y)| ≤ C Σ_m Π_s (1 + |s|)^{m_s}: upper degrees of a formula in its states, for every size and every parameter.

A state counts twice, by its positive and by its negative part, so that max(0, y) has no degree in the negative one. C may
depend on sizes and parameters. A degree is multi-linear: v_i tanh(h_a) has degree 1 in v and 0 in h.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp

from amsym.notation import Component, Delta, Index, Mask, Total
from amsym.notation.effort import check
from amsym.notation.functions import Li2
from amsym.notation.tensors import Entry
from amsym.prover.asymptotics import expansion
from amsym.prover.bounds import bounds, known
from amsym.prover.degrees import CONSTANT, FLAT, Growth, Monomial, Part, Scope, degree_of, product, pruned, scaled, slow, union
from amsym.prover.quotients import merged, without_quotients
from amsym.prover.regularity import JUMPS, conditions
from amsym.prover.series import Series, Unsettled, power_of_t


def moving_atoms(e: sp.Basic, scope: Scope) -> set[Any]:
    """The components and entries that move."""
    return {a for a in e.atoms(Component, Entry) if a.tensor in scope.moving or a.tensor in scope.bounded}


@lru_cache(maxsize=20_000)
def growth(e: sp.Expr, scope: Scope) -> Growth | None:
    """Degrees that bound the formula, or None where no finite one was found.

    >>> from amsym.notation import indices, parameter, state, total
    >>> (i, j), y, W = indices("i j", "N"), state("y", "N"), parameter("W", "N N")
    >>> e = total(W[i, j]*sp.tanh(y[i])*sp.Max(0, y[j]), i, j)
    >>> [[(part.of, part.side, d) for part, d in m] for m in growth(e, Scope(frozenset((y,))))]
    [[(y, 1, 1)]]
    """
    check()
    atoms = moving_atoms(e, scope)
    if not atoms:
        return CONSTANT if e.is_real is not False else None
    if isinstance(e, (Component, Entry)):
        return _of_component(e, scope)
    if len(atoms) == 1 and not e.has(Total):
        found = of_one_component(e, next(iter(atoms)), scope)
        if found is not None:
            return found
    for kind, rule in _RULES:
        if isinstance(e, kind):
            result: Growth | None = rule(e, scope)
            return result
    return CONSTANT if _is_bounded(e) else None


def _of_component(c: Any, scope: Scope) -> Growth:
    if c.tensor in scope.bounded:
        return CONSTANT
    key = c if isinstance(c, Entry) else c.tensor
    sides = (1, -1) if c.tensor.kind == "state" else (0,)
    return frozenset(frozenset(((Part(key, s), sp.S.One),)) for s in sides)


def of_one_component(e: sp.Expr, c: Any, scope: Scope) -> Growth | None:
    """The degrees of a function of one component, from its behaviour at both ends."""
    if c.tensor in scope.bounded:
        return CONSTANT if locally_bounded(e) else None
    if c.tensor.kind != "state":
        return None
    found: set[Monomial] = {FLAT}
    for side in (1, -1):
        s = at_end(e, c, side)
        degree = None if s is None else degree_of(s)
        if degree is None:
            return None
        if degree > 0:
            found.add(frozenset(((Part(c if isinstance(c, Entry) else c.tensor, side), degree),)))
    return pruned(frozenset(found))


@lru_cache(maxsize=20_000)
def at_end(e: sp.Expr, c: Any, side: int) -> Series | None:
    """The series of a locally bounded function as its component tends to ±∞; None where it was not found."""
    if not locally_bounded(e):
        return None
    try:
        return expansion(e, {c: power_of_t(1, sp.Integer(side))})
    except Unsettled:
        return None


@lru_cache(maxsize=20_000)
def locally_bounded(e: sp.Expr) -> bool:
    """Finite everywhere and bounded on bounded sets: defined everywhere, and nothing jumps under a log or a denominator."""
    if conditions(e):
        return False
    delicate = [n for n in e.atoms(sp.log, sp.Pow) if isinstance(n, sp.log) or not n.exp.is_nonnegative]
    return not any(n.has(*JUMPS) for n in delicate)


def _is_bounded(e: sp.Expr) -> bool:
    b = bounds(e)
    return bool(b.low.is_finite and b.high.is_finite)


def _add(e: sp.Add, scope: Scope) -> Growth | None:
    return CONSTANT if _is_bounded(e) else union(*(growth(a, scope) for a in e.args))


def _total(e: Total, scope: Scope) -> Growth | None:
    return growth(e.body, scope)


def _mul(e: sp.Mul, scope: Scope) -> Growth | None:
    if _is_bounded(e):
        return CONSTANT
    result: Growth | None = CONSTANT
    factors = without_quotients(merged(e))
    groups = _by_component(factors, scope)
    for f in factors if e in groups else groups:
        result = product(result, growth(f, scope))
    return result


def _by_component(factors: list[sp.Expr], scope: Scope) -> list[sp.Expr]:
    """Factors of one component together: e^y/(1 + e^y) is bounded, its factors are not."""
    groups: dict[Any, list[sp.Expr]] = {}
    for f in factors:
        atoms = moving_atoms(f, scope)
        groups.setdefault(atoms.pop() if len(atoms) == 1 and not f.has(Total) else f, []).append(f)
    return [sp.Mul(*group) for group in groups.values()]


def _pow(e: sp.Pow, scope: Scope) -> Growth | None:
    if _is_bounded(e):
        return CONSTANT
    if e.exp.is_Rational and e.exp > 0:
        return scaled(growth(e.base, scope), e.exp)
    if e.exp.is_Rational and known(bounds(e.base).low > 0):
        return CONSTANT
    return None


def _exp(e: sp.exp, scope: Scope) -> Growth | None:
    return CONSTANT if bounds(e.args[0]).high.is_finite or growth(e.args[0], scope) == CONSTANT else None


def _log(e: sp.log, scope: Scope) -> Growth | None:
    u = e.args[0]
    below = log_below(u, scope)
    return union(below, log_above(u, scope)) if below is not None else None


def log_above(u: sp.Expr, scope: Scope) -> Growth | None:
    """Degrees of max(0, log u) for u > 0: log Σ e^{a} ≤ max a + log n."""
    if isinstance(u, (sp.Add, sp.Mul)):
        return union(*(log_above(a, scope) for a in u.args)) if all(bounds(a).nonnegative for a in u.args) else slow(growth(u, scope))
    if isinstance(u, Total):
        return log_above(u.body, scope)
    if isinstance(u, (sp.exp, sp.cosh)):
        return growth(u.args[0], scope)
    if isinstance(u, sp.Pow) and u.exp.is_Rational and bounds(u.base).positive:
        return log_above(u.base, scope) if u.exp > 0 else log_below(u.base, scope)
    return slow(growth(u, scope))


def log_below(u: sp.Expr, scope: Scope) -> Growth | None:
    """Degrees of max(0, -log u) for u > 0: log Σ e^{a} ≥ a for each a."""
    if not moving_atoms(u, scope):
        return CONSTANT
    if known(bounds(u).low > 0):
        return CONSTANT
    if isinstance(u, sp.exp):
        return growth(u.args[0], scope)
    if isinstance(u, sp.Add) and all(bounds(a).nonnegative for a in u.args):
        found = [log_below(a, scope) for a in u.args if bounds(a).positive]
        return next((g for g in found if g is not None), None)
    if isinstance(u, sp.Mul):
        return (
            union(*(log_below(a, scope) for a in u.args if not _is_index_mask(a))) if all(bounds(a).nonnegative for a in u.args) else None
        )
    if isinstance(u, Total):
        return log_below(u.body, scope)
    if isinstance(u, sp.Pow) and u.exp.is_Rational and bounds(u.base).positive:
        return log_below(u.base, scope) if u.exp > 0 else log_above(u.base, scope)
    return None


def _is_index_mask(a: sp.Expr) -> bool:
    """A bracket of indices only: a sum over it that is not empty has a term with the value 1."""
    return isinstance(a, Mask) and all(isinstance(x, (Index, sp.Integer)) for x in getattr(a.condition, "args", (None,)))


def _largest(e: Any, scope: Scope) -> Growth | None:
    return union(*(growth(a, scope) for a in e.args))


def _piecewise(e: sp.Piecewise, scope: Scope) -> Growth | None:
    return union(*(growth(value, scope) for value, _ in e.args))


def _same(e: Any, scope: Scope) -> Growth | None:
    return growth(e.args[0], scope)


def _constant(e: Any, scope: Scope) -> Growth | None:
    return CONSTANT


def _asinh(e: Any, scope: Scope) -> Growth | None:
    return slow(growth(e.args[0], scope))


def _hyperbolic(e: Any, scope: Scope) -> Growth | None:
    return CONSTANT if growth(e.args[0], scope) == CONSTANT else None


def _dilogarithm(e: Any, scope: Scope) -> Growth | None:
    """|Li₂(z)| ≤ C (1 + log²(1 - z)) for z ≤ 0."""
    z = e.args[0]
    return scaled(log_above(-z, scope), sp.Integer(2)) if bounds(-z).nonnegative else None


def _defined(e: Any, scope: Scope) -> Growth | None:
    definition = getattr(e, "definition", None)
    if definition is not None:
        return growth(definition(e.args[0]), scope)
    return CONSTANT if _is_bounded(e) else None


_RULES: tuple[tuple[Any, Any], ...] = (
    (Total, _total),
    (sp.Add, _add),
    (sp.Mul, _mul),
    (sp.exp, _exp),
    (sp.Pow, _pow),
    (sp.log, _log),
    ((sp.Max, sp.Min), _largest),
    (sp.Piecewise, _piecewise),
    ((sp.Abs, sp.floor, sp.ceiling), _same),
    ((Mask, Delta, sp.sign, sp.Heaviside, sp.sin, sp.cos, sp.tanh, sp.erf, sp.erfc, sp.atan, sp.sech), _constant),
    (sp.asinh, _asinh),
    ((sp.cosh, sp.sinh), _hyperbolic),
    (Li2, _dilogarithm),
    (sp.Function, _defined),
)

__all__ = ["CONSTANT", "Growth", "Part", "Scope", "growth", "moving_atoms"]
