"""Convex in the state, by rules that compose: affine, squares, norms, log-sum-exp, convex functions of affine ones.

Each rule is a textbook lemma (Boyd and Vandenberghe, Convex Optimization, 3.1 to 3.2, 3.5); the steps that were
used are kept, so that a verdict can say why. A function of one affine quantity is settled by its second
derivative, piece by piece where it has kinks (`one_variable`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amsym.notation import Component, Tensor, Total, depends_on, derivative, free_indices
from amsym.notation.tensors import Entry
from amsym.prover.bounds import bounds
from amsym.prover.one_variable import convexity_of
from amsym.prover.regularity import JUMPS, KINKS, defined_everywhere, is_continuous
from amsym.prover.signs import is_nonnegative
from amsym.prover.threshold import least_over_threshold

CONSTANT, AFFINE, CONVEX, CONCAVE = "constant", "affine", "convex", "concave"
_FLIP = {CONSTANT: CONSTANT, AFFINE: AFFINE, CONVEX: CONCAVE, CONCAVE: CONVEX, None: None}


@dataclass
class Steps:
    """The lemmas that a decision used, in order, each once."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Note a lemma."""
        if line not in self.lines:
            self.lines.append(line)


def curvature(expr: Any, state: Tensor, steps: Steps | None = None) -> str | None:
    """ "constant", "affine", "convex" or "concave" in the state; None where no rule decides.

    >>> from amsym.notation import index, state, total
    >>> i, x = index("i", "N"), state("x", "N")
    >>> curvature(sp.log(total(sp.exp(2*x[i]), i)), x)
    'convex'
    """
    return _curvature(sp.sympify(expr), state, steps if steps is not None else Steps())


def is_convex(expr: sp.Expr, state: Tensor, steps: Steps | None = None) -> bool:
    """Whether a rule shows the expression convex (affine and constant included), or it is a minimum over a threshold."""
    if curvature(expr, state, steps) in (CONSTANT, AFFINE, CONVEX):
        return True
    lines = least_over_threshold(expr, state)
    for line in lines or ():
        (steps or Steps()).add(line)
    return lines is not None


def _curvature(e: sp.Expr, x: Tensor, steps: Steps) -> str | None:
    if not depends_on(e, x):
        return CONSTANT
    if isinstance(e, Component):
        return AFFINE if e.tensor == x else _abstract(e, steps)
    for kind, rule in _RULES:
        if isinstance(e, kind):
            before = len(steps.lines)
            found = rule(e, x, steps)
            if found is not None:
                return found
            del steps.lines[before:]
    return _of_one_affine(e, x, steps)


def _abstract(e: Component, steps: Steps) -> str | None:
    if e.tensor.order == 0 and e.tensor.has_property("psd"):
        steps.add(f"{e.tensor.name} is declared convex")
        return CONVEX
    return None


def _add(e: sp.Add, x: Tensor, steps: Steps) -> str | None:
    return _together({_curvature(a, x, steps) for a in e.args})


def _together(kinds: set[str | None]) -> str | None:
    kinds = kinds - {CONSTANT}
    if not kinds:
        return CONSTANT
    if kinds <= {AFFINE}:
        return AFFINE
    if kinds <= {AFFINE, CONVEX}:
        return CONVEX
    return CONCAVE if kinds <= {AFFINE, CONCAVE} else None


def _mul(e: sp.Mul, x: Tensor, steps: Steps) -> str | None:
    moving = [f for f in e.args if depends_on(f, x)]
    if len(moving) != 1:
        return None
    inner = _curvature(moving[0], x, steps)
    scale = sp.Mul(*(f for f in e.args if f is not moving[0]))
    if inner in (AFFINE, None) or is_nonnegative(scale):
        return inner
    return _FLIP[inner] if is_nonnegative(-scale) else None


def _total(e: Total, x: Tensor, steps: Steps) -> str | None:
    found = _curvature(e.body, x, steps)
    return found if found is not None else _quadratic_form(e, x, steps)


def _quadratic_form(e: Total, x: Tensor, steps: Steps) -> str | None:
    """Σ_ij P_ij u_i u_j for a P declared positive semidefinite and u affine."""
    factors = sp.Mul.make_args(e.body)
    weights = [f for f in factors if isinstance(f, Component) and f.tensor.has_property("psd") and len(f.where) == 2]
    moving = [f for f in factors if depends_on(f, x)]
    if len(weights) != 1 or len(moving) != 2 or len(factors) != 3 or set(weights[0].where) != set(e.bound):
        return None
    i, j = weights[0].where
    apart = all(len({i, j} & free_indices(u)) == 1 for u in moving)
    alike = apart and (moving[0].xreplace({i: j}) == moving[1] or moving[0].xreplace({j: i}) == moving[1])
    if alike and _curvature(moving[0], x, steps) == AFFINE:
        steps.add(f"a quadratic form of the positive semidefinite {weights[0].tensor.name} is convex")
        return CONVEX
    return None


def _pow(e: sp.Pow, x: Tensor, steps: Steps) -> str | None:
    base, p = e.base, e.exp
    if depends_on(p, x) or not p.is_real:
        return None
    if p == sp.Rational(1, 2) and _sum_of_squares(base, x, steps):
        steps.add("the Euclidean norm of affine quantities is convex")
        return CONVEX
    inner = _curvature(base, x, steps)
    if inner == AFFINE and p.is_even and p.is_positive:
        steps.add("an even power of an affine quantity is convex")
        return CONVEX
    if inner in (AFFINE, CONVEX) and bounds(base).nonnegative and (p - 1).is_nonnegative:
        steps.add("a power from 1 on of a convex nonnegative quantity is convex")
        return CONVEX
    if inner in (AFFINE, CONCAVE) and bounds(base).positive and p.is_negative:
        steps.add("a negative power of a concave positive quantity is convex")
        return CONVEX
    return None


def _sum_of_squares(q: sp.Expr, x: Tensor, steps: Steps) -> bool:
    """q = c + Σ w u² with c, w ≥ 0 and u affine."""
    if not depends_on(q, x):
        return is_nonnegative(q)
    if isinstance(q, sp.Add):
        return all(_sum_of_squares(a, x, steps) for a in q.args)
    if isinstance(q, Total):
        return _sum_of_squares(q.body, x, steps)
    if isinstance(q, sp.Mul):
        moving = [f for f in q.args if depends_on(f, x)]
        return len(moving) == 1 and is_nonnegative(q / moving[0]) and _sum_of_squares(moving[0], x, steps)
    return isinstance(q, sp.Pow) and q.exp == 2 and _curvature(q.base, x, steps) == AFFINE


def _exp(e: sp.exp, x: Tensor, steps: Steps) -> str | None:
    if _curvature(e.args[0], x, steps) in (AFFINE, CONVEX):
        steps.add("exp of a convex quantity is convex")
        return CONVEX
    return None


def _log(e: sp.log, x: Tensor, steps: Steps) -> str | None:
    if _log_convex(e.args[0], x, steps):
        steps.add("log of a sum of exponentials of convex quantities is convex (log-sum-exp)")
        return CONVEX
    inner = _curvature(e.args[0], x, steps)
    return CONCAVE if inner in (AFFINE, CONCAVE) and bounds(e.args[0]).positive else None


def _log_convex(u: sp.Expr, x: Tensor, steps: Steps) -> bool:
    """Sums and products of nonnegative constants and exponentials of convex quantities."""
    if not depends_on(u, x):
        return is_nonnegative(u)
    if isinstance(u, sp.exp):
        return _curvature(u.args[0], x, steps) in (AFFINE, CONVEX)
    if isinstance(u, (sp.Add, sp.Mul)):
        return all(_log_convex(a, x, steps) for a in u.args)
    if isinstance(u, Total):
        return _log_convex(u.body, x, steps)
    if isinstance(u, sp.cosh):
        return _curvature(u.args[0], x, steps) == AFFINE
    return isinstance(u, sp.Pow) and bool(u.exp.is_nonnegative) and not depends_on(u.exp, x) and _log_convex(u.base, x, steps)


def _max(e: sp.Max, x: Tensor, steps: Steps) -> str | None:
    if all(_curvature(a, x, steps) in (CONSTANT, AFFINE, CONVEX) for a in e.args):
        steps.add("a maximum of convex quantities is convex")
        return CONVEX
    return None


def _abs(e: sp.Abs, x: Tensor, steps: Steps) -> str | None:
    if _curvature(e.args[0], x, steps) == AFFINE:
        steps.add("the absolute value of an affine quantity is convex")
        return CONVEX
    return None


_RULES: tuple[tuple[Any, Any], ...] = (
    (sp.Add, _add),
    (sp.Mul, _mul),
    (Total, _total),
    (sp.exp, _exp),
    (sp.Pow, _pow),
    (sp.log, _log),
    (sp.Max, _max),
    (sp.Abs, _abs),
)


def _of_one_affine(e: sp.Expr, x: Tensor, steps: Steps) -> str | None:
    """φ(u) with u affine: the sign of φ'', with φ' free of jumps."""
    inner = _affine_parts(e, x)
    if inner is None or not inner:
        return None
    u = _one_of(inner, x)
    if u is None:
        return None
    t = sp.Dummy("t", real=True)
    phi = e.xreplace({u: t})
    if depends_on(phi, x):
        return None
    if phi.has(*KINKS, *JUMPS):
        found = _by_pieces(phi, t, steps)
        if found is not None:
            return found
    if not defined_everywhere(phi) or not (is_continuous(phi, (t,)) and is_continuous(derivative(phi, t), (t,))):
        return None
    second = derivative(derivative(phi, t), t)
    for sign, kind in ((1, CONVEX), (-1, CONCAVE)):
        if is_nonnegative(sign * second):
            steps.add(f"a function of one affine quantity with second derivative {'≥' if sign > 0 else '≤'} 0 is {kind}")
            return kind
    return None


def _by_pieces(phi: sp.Expr, t: sp.Symbol, steps: Steps) -> str | None:
    for sign, kind in ((1, CONVEX), (-1, CONCAVE)):
        if convexity_of(sign * phi, t) is not None:
            words = "rises" if sign > 0 else "falls"
            steps.add(f"a continuous function of one affine quantity whose slope {words} on each piece and at each kink is {kind}")
            return kind
    return None


def _one_of(parts: set[sp.Expr], x: Tensor) -> sp.Expr | None:
    """The affine quantity that all the parts are made of: the only part, or the one component in them."""
    if len(parts) == 1:
        return next(iter(parts))
    components = {c for p in parts for c in p.atoms(Component) if c.tensor == x}
    return components.pop() if len(components) == 1 and not any(p.has(Total) for p in parts) else None


def _affine_parts(e: sp.Basic, x: Tensor) -> set[sp.Expr] | None:
    """The largest affine pieces that the expression is made of; None where a sum over a nonlinear body stands between."""
    if not depends_on(e, x) or isinstance(e, Entry):
        return set()
    if isinstance(e, sp.Expr) and _is_affine(e, x):
        return {e.as_coeff_Mul()[1]}
    if isinstance(e, (Total, Component)):
        return None
    parts = [_affine_parts(a, x) for a in e.args if depends_on(a, x)]
    if any(p is None for p in parts):
        return None
    found: set[sp.Expr] = set().union(*(p for p in parts if p is not None))
    return found


def _is_affine(e: sp.Basic, x: Tensor) -> bool:
    if not depends_on(e, x):
        return False
    if isinstance(e, Component):
        return e.tensor == x
    if isinstance(e, Total):
        return _is_affine(e.body, x)
    if isinstance(e, sp.Add):
        return all(_is_affine(a, x) or not depends_on(a, x) for a in e.args)
    if isinstance(e, sp.Mul):
        moving = [f for f in e.args if depends_on(f, x)]
        return len(moving) == 1 and _is_affine(moving[0], x)
    return False
