"""E ≥ Σ c_k G_k² + Σ q_jk G_j G_k - o(|y|²) - C for given numbers: bounded below where that quadratic form is positive definite.

Each site ψ_k(y_k) rises as c y² on the sides where its function G_k (an activation, or y_k itself) grows; the couplings are
products of two such functions. Where two of them have a fixed sign, a coupling that is never negative is left out: the form
has to be positive only there. Pivots are balls, so that a positive one is positive for certain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from flint import arb, ctx

from amsym.errors import AmsymError
from amsym.notation import Component, Tensor, components
from amsym.notation.effort import time_limit
from amsym.notation.tensors import Entry
from amsym.prover.boundedness import Argument, reduced_scope
from amsym.prover.conjugate_growth import reduced
from amsym.prover.degrees import Part, Scope
from amsym.prover.growth import at_end, moving_atoms
from amsym.prover.lower import Lower, lower
from amsym.prover.regularity import conditions
from amsym.prover.series import Mono, Series, Unsettled, sign_of
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import flattened
from proofs.infinity.paths import rational
from proofs.question import Question

# Seconds for the formula at the given numbers, entries of the states beyond which it is not written out, bits of the pivots.
SECONDS, ENTRIES, BITS = 4.0, 40, 512
_LINEAR, _SQUARE = Mono(a=sp.S.One), Mono(a=sp.Integer(2))


@dataclass
class _Form:
    """The growth (α₊, α₋) of G_k by entry, the leads c_k, and the couplings q_jk."""

    shapes: dict[Any, tuple[sp.Expr, sp.Expr]] = field(default_factory=dict)
    couplings: dict[tuple[Any, Any], sp.Expr] = field(default_factory=dict)


def definite(question: Question) -> Argument | None:
    """The argument for the given parameters; None where it does not apply or the form is not shown positive."""
    try:
        with time_limit(SECONDS):
            return _written_out(question) or _in_activations(question)
    except (AmsymError, ValueError, TypeError):
        return None


def _written_out(question: Question) -> Argument | None:
    assert question.system.energy is not None
    moving = frozenset(s for s in question.system.states if not s.values)
    scope = Scope(moving, frozenset(set(question.system.states) - moving))
    return _argument(question, question.system.energy, scope, {}, frozenset())


def _in_activations(question: Question) -> Argument | None:
    form = reduced(question.system)
    if form is None or form.leads:
        return None
    moving = frozenset(s for s in question.system.states if not s.values)
    scope = reduced_scope(form, Scope(moving, frozenset(set(question.system.states) - moving)))
    return _argument(question, form.energy, scope, {}, frozenset(form.states.values()))


def _argument(question: Question, energy: sp.Expr, scope: Scope, leads: dict[Part, Any], gone: frozenset[Tensor]) -> Argument | None:
    formula = numbered(question, energy)
    if formula is None or conditions(formula):
        return None
    found = lower(formula, scope, leads, whole=True)
    strong = [a for a, g in found.rest if not found.is_weak(g)]
    entries = {a for a in moving_atoms(formula, scope) if a.tensor in scope.moving}
    coercive = not gone and all(Part(_key(e), side) in found.leads for e in _every(question, scope) for side in (1, -1))
    if not strong:
        return Argument("the degrees of its terms at these numbers", [], coercive)
    form = _Form()
    if not all(_collect(form, a, scope) for a in strong):
        return None
    pivots = _pivots(form, found, sorted(entries, key=str))
    if pivots is None:
        return None
    words = "the quadratic form of what rises and of the couplings is positive definite"
    steps = [
        {"identity": f"the part of E of degree 2 is {' + '.join(_shape_words(form))}, up to smaller terms"},
        {"lemma": "a form with positive pivots is positive definite", "hypothesis": f"the least of {len(pivots)} pivots is {min(pivots)}"},
    ]
    return Argument(words, steps, coercive)


def _shape_words(form: _Form) -> list[str]:
    return [f"({q}) G({j}) G({k})" for (j, k), q in list(form.couplings.items())[:20]]


def numbered(question: Question, energy: sp.Expr) -> sp.Expr | None:
    """The energy at the given sizes and parameters, in entries of the states."""
    system = question.system
    if question.fixed is None or not set(system.axes) <= set(question.sizes) or system.depends_on_time:
        return None
    count = sum(int(sp.prod([question.sizes[a] for a in s.axes])) for s in system.states)
    if count > ENTRIES:
        return None
    rule: dict[Any, Any] = {}
    for key, value in question.fixed.items():
        for place, x in flattened(value).items():
            at = key if not isinstance(key, Tensor) else Entry(key, place) if key.axes else Component(key)
            rule[at] = rational(x)
    explicit: sp.Expr = components(energy, question.sizes).xreplace(rule)
    return explicit


def _every(question: Question, scope: Scope) -> list[Any]:
    """All entries that move, whether they stand in the formula or not."""
    from proofs.infinity.paths import places

    return [Entry(t, p) if t.axes else Component(t) for t, p in places(question.system, question.sizes) if t in scope.moving]


def _key(e: Any) -> Any:
    return e if isinstance(e, Entry) else e.tensor


def _collect(form: _Form, a: sp.Expr, scope: Scope) -> bool:
    """Take a coupling c u(y_j) w(y_k) into the form."""
    groups: dict[Any, list[sp.Expr]] = {}
    for f in sp.Mul.make_args(a):
        atoms = moving_atoms(f, scope)
        if len(atoms) > 1:
            return False
        groups.setdefault(atoms.pop() if atoms else None, []).append(f)
    c = sp.Mul(*groups.pop(None, []))
    if len(groups) != 2 or any(k.tensor.kind != "state" for k in groups):
        return False
    for k, factors in groups.items():
        scale = _scale(form, k, sp.Mul(*factors))
        if scale is None:
            return False
        c = c * scale
    j, k = sorted(groups, key=str)
    form.couplings[j, k] = form.couplings.get((j, k), sp.S.Zero) + c
    return True


def _scale(form: _Form, k: Any, u: sp.Expr) -> sp.Expr | None:
    """s with u ~ s G_k at both ends; the first function of k defines G_k."""
    ends = [_slope(at_end(u, k, side)) for side in (1, -1)]
    if ends[0] is None or ends[1] is None:
        return None
    known = form.shapes.setdefault(k, (ends[0], ends[1]))
    n = 0 if known[0] != 0 else 1
    if known[n] == 0:
        return sp.S.Zero if ends == [0, 0] else None
    s = ends[n] / known[n]
    return s if all(sp.expand(e - s * g) == 0 for e, g in zip(ends, known, strict=True)) else None


def _slope(s: Series | None) -> sp.Expr | None:
    """The coefficient of t in a function that grows linearly, 0 for a bounded one; None for any other."""
    if s is None or s.top is None:
        return None if s is None else sp.S.Zero
    if s.terms and s.terms[0][0] == _LINEAR:
        return s.terms[0][1]
    return sp.S.Zero if s.top.rank <= 0 else None


def _pivots(form: _Form, found: Lower, entries: list[Any]) -> list[Any] | None:
    """The pivots of the form where they are all positive, and every side that grows rises as a square."""
    keys = sorted(form.shapes, key=str)
    sites = {s.at: s for s in found.sites}
    leads = [_lead(form, sites.get(k), found, k) for k in keys]
    if any(c is None for c in leads):
        return None
    before, ctx.prec = ctx.prec, BITS
    try:
        value = Evaluator({}, {}, BITS)
        n = range(len(keys))
        a = [[value(leads[i]) if i == j else arb(0) for j in n] for i in n]
        for (j, k), q in form.couplings.items():
            if not _helps(form, j, k, q):
                x, y = keys.index(j), keys.index(k)
                a[x][y] = a[y][x] = value(q) / 2
        return _eliminated(a)
    except Undetermined:
        return None
    finally:
        ctx.prec = before


def _lead(form: _Form, site: Any, found: Lower, k: Any) -> sp.Expr | None:
    """The least c/α² over the sides on which G_k grows."""
    values = []
    for side, alpha in zip((1, -1), form.shapes[k], strict=True):
        p = found.leads.get(Part(_key(k), side), sp.S.Zero)
        if alpha == 0:
            continue
        if site is None or p != 2 or not site.ends[side].terms or site.ends[side].terms[0][0] != _SQUARE:
            return None
        values.append(site.ends[side].terms[0][1] / alpha**2)
    try:
        least = values[0] if values else sp.S.One
        for v in values[1:]:
            least = v if sign_of(least - v) > 0 else least
    except Unsettled:
        return None
    return least


def _helps(form: _Form, j: Any, k: Any, q: sp.Expr) -> bool:
    """Whether a coupling is nowhere negative at infinity: G_j and G_k have fixed signs there."""
    signs = []
    for e in (j, k):
        found = {sign_of(x) for x in form.shapes[e] if x != 0}
        if len(found) != 1:
            return False
        signs.append(found.pop())
    return sign_of(q) * signs[0] * signs[1] >= 0


def _eliminated(a: list[list[arb]]) -> list[Any] | None:
    """Symmetric elimination; None as soon as a pivot is not positive for certain."""
    pivots = []
    for p in range(len(a)):
        if not a[p][p] > 0:
            return None
        pivots.append(a[p][p])
        for i in range(p + 1, len(a)):
            factor = a[i][p] / a[p][p]
            a[i] = [x - factor * y for x, y in zip(a[i], a[p], strict=True)]
    return [float(p.mid()) for p in pivots]


__all__ = ["definite", "numbered"]
