"""[u > 0] a + b is continuous where a = 0 on u = 0: brackets and signs that change nothing at the place where they switch.

Under a sum over i the whole body is looked at, with y_i put to the place of the switch. All brackets that switch there
are taken together: their values on the right, on the left and at the place itself must give the same.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from amsym.notation import Component, Index, Mask, Total, depends_on, rename
from amsym.notation.canonical import canonical_core

_SWITCHES = (Mask, sp.sign, sp.Heaviside)
_OTHERS = (sp.Piecewise, sp.floor, sp.ceiling, sp.frac, sp.Mod)


def switches_vanish(core: sp.Expr, states: tuple[sp.Basic, ...]) -> bool:
    """Whether every bracket, sign and step of a state in a normal form leaves the value unchanged where it switches.

    >>> from amsym.notation import index, mask, state
    >>> y = state("y", "N")[index("i", "N")]
    >>> switches_vanish(mask(y > 0)*(sp.exp(y) - 1), (y.tensor,)), switches_vanish(mask(y > 0)*sp.exp(y), (y.tensor,))
    (True, False)
    """
    if any(depends_on(n, s) for n in core.atoms(*_OTHERS) for s in states):
        return False
    bodies = _bodies(core)
    return bodies is not None and all(_is_unmoved(body, states) for body in bodies)


def _bodies(core: sp.Expr) -> list[sp.Expr] | None:
    """The bodies of the sums, those over the same indices added; None where a term is a product of sums that switch."""
    found: dict[Any, sp.Expr] = {}
    for term in sp.Add.make_args(core):
        sums = [f for f in sp.Mul.make_args(term) if isinstance(f, Total)]
        if len(sums) > 1 and term.has(*_SWITCHES):
            return None
        key = sums[0].bound if sums else ()
        body = sp.Mul(*(f.body if f in sums else f for f in sp.Mul.make_args(term))) if sums else term
        found[key] = found.get(key, sp.S.Zero) + body
    return [_symmetrised(body, bound) for bound, body in found.items()]


def _symmetrised(body: sp.Expr, bound: tuple[Index, ...]) -> sp.Expr:
    """The mean over the orders of indices alike: Σ_ij W_ij a_i b_j is Σ_ij W_ij (a_i b_j + a_j b_i)/2 for symmetric W."""
    if len(bound) > 3 or not body.has(*_SWITCHES):
        return body
    orders = [o for o in permutations(bound) if all(a.axis == b.axis for a, b in zip(bound, o, strict=True))]
    turned = (rename(body, dict(zip(bound, o, strict=True))) for o in orders)
    return sp.expand(sp.Add(*turned) / len(orders))


def _is_unmoved(body: sp.Expr, states: tuple[sp.Basic, ...]) -> bool:
    switches = {n for n in body.atoms(*_SWITCHES) if any(depends_on(n, s) for s in states)}
    places: dict[tuple[sp.Expr, sp.Expr], dict[sp.Expr, int]] = {}
    for n in switches:
        found = _place(n, states)
        if found is None or _under_a_sum(body, n):
            return False
        component, root, slope = found
        places.setdefault((component, root), {})[n] = slope
    return all(_same_on_both_sides(body, c, root, slopes) for (c, root), slopes in places.items())


def _under_a_sum(body: sp.Expr, n: sp.Expr) -> bool:
    return any(t.has(n) for t in body.atoms(Total))


def _place(n: Any, states: tuple[sp.Basic, ...]) -> tuple[sp.Expr, sp.Expr, int] | None:
    """(component, value, direction): where a switch of one component with a plain number in front of it lies."""
    if isinstance(n, Mask) and not isinstance(n.condition, Relational):
        return None
    u = sp.expand(n.condition.lhs - n.condition.rhs if isinstance(n, Mask) else n.args[0])
    moving = [c for c in u.atoms(Component) if any(depends_on(c, s) for s in states)]
    if len(moving) != 1:
        return None
    (c,) = moving
    slope = u.coeff(c, 1)
    rest = sp.expand(u - slope * c)
    if not slope.is_Rational or slope == 0 or any(depends_on(rest, s) for s in states):
        return None
    return c, -rest / slope, 1 if slope > 0 else -1


def _same_on_both_sides(body: sp.Expr, c: sp.Expr, root: sp.Expr, slopes: dict[sp.Expr, int]) -> bool:
    try:
        right, left, at = (
            body.xreplace({n: _value(n, side * slope) for n, slope in slopes.items()}).xreplace({c: root}) for side in (1, -1, 0)
        )
    except ValueError:  # no number there, of which Max and Min cannot tell the larger
        return False
    return canonical_core(right - left) == 0 and canonical_core(right - at) == 0


def _value(n: Any, side: int) -> sp.Expr:
    """The value of a switch where its argument has this sign."""
    if isinstance(n, sp.sign):
        return sp.Integer(side)
    if isinstance(n, sp.Heaviside):
        return n.args[1] if side == 0 else sp.Integer(side > 0)
    held = {">": side > 0, ">=": side >= 0, "<": side < 0, "<=": side <= 0, "==": side == 0, "!=": side != 0}[n.condition.rel_op]
    return sp.Integer(held)
