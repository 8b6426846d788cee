"""Where a formula is defined, and where it has kinks or jumps: what a proof must not step over in silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from amsym.notation import Component, Index, Mask, Size, Total, depends_on, free_indices, fresh_indices, rename
from amsym.notation.canonical import canonical_core, lettered
from amsym.notation.functions import Li2
from amsym.prover.bounds import bounds
from amsym.prover.continuous_supports import continuous_over_support
from amsym.prover.signs import is_positive
from amsym.prover.switches import switches_vanish

JUMPS = (Mask, sp.sign, sp.Heaviside, sp.Piecewise, sp.floor, sp.ceiling, sp.frac, sp.Mod)
KINKS = (sp.Max, sp.Min, sp.Abs)
# Functions definable in an o-minimal structure (polynomials, exp, log and Pfaffian functions): the chain
# rule along trajectories holds for them at kinks too.
_DEFINABLE = (sp.exp, sp.log, sp.tanh, sp.cosh, sp.sinh, sp.erf, sp.atan, sp.asinh, *KINKS, *JUMPS)
# Functions that are finite and analytic on the whole real line, or whose kinks and domains are looked at by name here.
# Any other (tan has poles, acot and atan2 jump) counts as not defined everywhere.
_EVERYWHERE = (*_DEFINABLE, sp.sin, sp.cos, sp.sech, sp.erfc, Li2, AppliedUndef)
_NONZERO = (sp.coth, sp.csch)


@dataclass(frozen=True)
class Condition:
    """The formula is defined only where this holds; `text` says it, `sizes` lists axes that must be 2 or more."""

    text: str
    sizes: tuple[str, ...] = ()


@lru_cache(maxsize=2_000)
def conditions(*formulas: sp.Basic) -> tuple[Condition, ...]:
    """What must hold for the formulas to be defined: positive arguments of logs and roots, nonzero denominators."""
    found: dict[str, Condition] = {}
    for u, what in _open(*formulas):
        c = (_by_size(u) if what in _WORDS else None) or Condition(f"{u} {_WORDS.get(what, what)}")
        found[c.text] = c
    return tuple(found[k] for k in sorted(found))


def _open(*formulas: sp.Basic) -> set[tuple[Any, str]]:
    """What the formulas ask for and nothing has shown."""
    asked = {pair for f in formulas for pair in _delicate(f)}
    return {(u, what) for u, what in asked if not (what in _WORDS and is_positive(u)) and not (what == "nonzero" and is_positive(-u))}


def open_conditions(*formulas: sp.Basic) -> set[tuple[Any, str]]:
    """The pairs (u, what it must be) that nothing has shown, at sizes from 2 on."""
    return {(u, what) for u, what in _open(*formulas) if not (what in _WORDS and _by_size(u))}


def asked_in_words(asked: Iterable[str]) -> str:
    """Conditions in a line, the shortest first."""
    short = sorted(asked, key=lambda a: (len(a), a))
    return " and ".join(short[:3]) + (f" and {len(short) - 3} more" if len(short) > 3 else "")


def named_functions(*formulas: sp.Basic) -> tuple[str, ...]:
    """The functions that are only named, such as g in g(y_i): a proof holds for every smooth real choice of them."""
    return tuple(sorted({f.func.__name__ for e in formulas for f in e.atoms(AppliedUndef)}))


_WORDS = {"positive": "> 0", "nonzero": "≠ 0"}


@lru_cache(maxsize=20_000)
def _delicate(e: sp.Basic) -> frozenset[tuple[Any, str]]:
    return _delicate_here(e).union(*(_delicate(a) for a in e.args))


def _delicate_here(e: sp.Basic) -> frozenset[tuple[Any, str]]:
    """What one node asks of its arguments: (u, "positive"), (u, "nonzero") or (e, the words for what is not known)."""
    if isinstance(e, sp.log):
        return frozenset({(e.args[0], "positive")})
    if isinstance(e, Li2):
        return frozenset({(1 - e.args[0], "positive")})
    if isinstance(e, sp.Pow) and not isinstance(e, sp.exp):
        if not e.exp.is_integer and e.exp.is_nonnegative and _is_rectified(e.base):
            return frozenset() if (e.exp - 1).is_nonnegative else frozenset({(e, _STEEP)})
        what = "positive" if not e.exp.is_integer else "" if e.exp.is_nonnegative else "nonzero"
        return frozenset({(e.base, what)} if what else ())
    if isinstance(e, _NONZERO):
        return frozenset({(e.args[0], "nonzero")})
    if isinstance(e, sp.Piecewise):
        return frozenset() if e.args[-1][1] == sp.true else frozenset({(e, "has a last case that always holds")})
    if isinstance(e, sp.Function) and not isinstance(e, _EVERYWHERE):
        return frozenset({(e, "is known to be smooth everywhere")})
    return frozenset()


_STEEP = "has a bounded slope where its base is 0"


def _is_rectified(u: sp.Expr) -> bool:
    """u₊ or |u|: powers of them are defined everywhere, and from the first on locally Lipschitz."""
    return isinstance(u, sp.Abs) or (isinstance(u, sp.Max) and sp.S.Zero in u.args)


def _by_size(u: sp.Expr) -> Condition | None:
    """Σ_B [B ≠ C] e^A is positive exactly from size 2 on, and so is N - 1."""
    if u.free_symbols and all(isinstance(s, Size) for s in u.free_symbols):
        return _of_sizes(u)
    if not isinstance(u, Total) or len(u.bound) != 1:
        return None
    (b,) = u.bound
    factors = sp.Mul.make_args(u.body)
    masks = [f for f in factors if isinstance(f, Mask)]
    others = sp.Mul(*(f for f in factors if not isinstance(f, Mask)))
    if len(masks) == 1 and isinstance(masks[0].condition, sp.Ne) and is_positive(others):
        other = next((i for i in masks[0].condition.args if i != b), None)
        if b in masks[0].condition.args and isinstance(other, Index) and other in free_indices(u):
            return Condition(f"{b.axis} ≥ 2", (b.axis,))
    return None


def _of_sizes(u: sp.Expr) -> Condition | None:
    more = {n: 1 + sp.Dummy(n.name, integer=True, positive=True) for n in u.atoms(Size)}
    if not is_positive(sp.expand(u.xreplace(more))):
        return None
    axes = tuple(sorted(n.name for n in more))
    return Condition(" and ".join(f"{axis} ≥ 2" for axis in axes), axes)


def moving(expr: sp.Basic, states: tuple[sp.Basic, ...], kinds: tuple[type, ...]) -> set[sp.Basic]:
    """The nodes of these kinds that depend on a state."""
    return {n for n in expr.atoms(*kinds) if any(depends_on(n, s) for s in states)}


def kinks(expr: sp.Expr, states: tuple[sp.Basic, ...]) -> tuple[str, ...]:
    """The places of kinks, in words."""
    found = moving(expr, states, KINKS + JUMPS)
    return tuple(sorted({_place(n) for n in found}))


def _plainly_indexed(e: Any) -> Any:
    """With free indices i, j, ...: two that differ stay apart, and bound ones are called otherwise, also those of other axes."""
    free = sorted(free_indices(e), key=str)
    plain = rename(e, dict(zip(free, fresh_indices(i.axis for i in free), strict=True)))
    return lettered(plain) if plain.has(Total) else plain


def _place(n: Any) -> str:
    n = _plainly_indexed(n)
    if isinstance(n, Mask):
        return _switch(n.condition)
    if isinstance(n, (sp.Max, sp.Min)) and len(n.args) == 2:
        return f"{_upright(n.args[1])} = 0" if n.args[0] == 0 else f"{n.args[1]} = {n.args[0]}"
    if isinstance(n, sp.Piecewise):
        return " or ".join(dict.fromkeys(_switch(c) for _, c in n.args if c != sp.true))
    if isinstance(n, (sp.Max, sp.Min)):
        return f"{n} switches"
    if isinstance(n, (sp.floor, sp.ceiling, sp.frac)):
        return f"{_upright(n.args[0])} whole"
    if isinstance(n, sp.Mod):
        return f"{n.args[0]} a multiple of {n.args[1]}"
    return f"{_upright(n.args[0])} = 0"


def _switch(condition: Any) -> str:
    """Where a condition changes: u = 0 for u > 0, and so for each of several."""
    if isinstance(condition, Relational):
        lhs, rhs = sorted(condition.args, key=lambda a: bool(a.is_number))
        return f"{_upright(lhs)} = 0" if rhs == 0 else f"{lhs} = {rhs}"
    parts = sorted({_switch(c) for c in condition.args if c.has(Component)})
    return " or ".join(parts) if parts else str(condition)


def _upright(u: sp.Expr) -> sp.Expr:
    """u or -u, the one that reads better."""
    return -u if u.could_extract_minus_sign() else u


def is_continuous(expr: sp.Expr, states: tuple[sp.Basic, ...]) -> bool:
    """Whether no bracket, sign or step of a state is left in the normal form, or those that are left switch where their factors vanish."""
    if not moving(expr, states, JUMPS):
        return True  # nothing jumps as it stands: half of the time of a proof of attention went into its normal form
    if continuous_over_support(expr, JUMPS):
        return True
    core = canonical_core(expr)
    return not moving(core, states, JUMPS) or switches_vanish(core, states)


def chain_rule_holds(expr: sp.Expr, states: tuple[sp.Basic, ...]) -> bool:
    """Whether the formula is continuous, locally Lipschitz and made of definable pieces (or has no kink at all).

    `states`: the tensors that move; the symbol of time counts as one where it appears.
    """
    if not moving(expr, states, KINKS + JUMPS):
        return True
    functions = {f for f in expr.atoms(sp.Function) if any(f.has(s) for s in states)}
    return is_continuous(expr, states) and all(isinstance(f, _DEFINABLE) for f in functions)


def unknown_functions(expr: sp.Basic, states: tuple[sp.Basic, ...]) -> set[sp.Basic]:
    """Functions of the states that may jump or have poles for all that is known here."""
    return {f for f in moving(expr, states, (sp.Function,)) if not isinstance(f, (*_EVERYWHERE, *_NONZERO))}


def has_values_everywhere(expr: sp.Expr) -> bool:
    """Whether the formula has a value at all states, though its slope may grow without bound where a root is 0."""
    return all(what == _STEEP for _, what in _open(expr))


def defined_everywhere(expr: sp.Expr) -> bool:
    """Whether logs, roots and denominators are safe for all states and sizes."""
    return not conditions(expr)


__all__ = ["Condition", "bounds", "chain_rule_holds", "conditions", "defined_everywhere", "is_continuous", "kinks", "unknown_functions"]
