"""The certificate of kind "pattern cover": a tree of partial patterns in which every leaf is refuted by multipliers or solved.

ramps: the forms t_k in the states and in z_0, z_1, ...; flow: each component as such a form, with z_k = max(0, t_k).
slacks: forms u_k that are >= 0 at every steady state in the domain: the box, and z_a - z_b and b - a - (z_a - z_b) of two cuts a < b.
tree: a list of nodes, the first the root. [k, a, b] splits: node a has t_k <= 0 and node b has t_k > 0. A string of 0 and 1, one for
each ramp, is a whole pattern, to be solved. {variable: multiplier} refutes: the combination Σ λ_v v of these variables, z_k,
w_k = z_k - t_k and u_k, all >= 0, is by flow = 0 equal to a form c - Σ a_v v in those that "left" does not name. It contradicts where
λ_v >= 0 and a_v >= 0 but for variables that the pattern fixes at 0 (z_k with t_k <= 0, w_k with t_k > 0), and c < 0, or c = 0 and the
coefficient of a z_k with t_k > 0 is > 0. {"unique": pattern}: by flow = 0 and what is fixed at 0 the undecided w are S z + q with
S + Sᵀ positive definite, so at most one z >= 0, w >= 0 has z_k w_k = 0 for the undecided k; it is that of the pattern, whose ramps may
lie on their kinks, and it is a steady state only where it also satisfies what is decided.
A tree "all patterns" says that every pattern was solved: there are jumps, or f = 0 contradicts itself whatever the z_k are.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import fmpq

from numeric.components import text
from proofs.draws import plain
from proofs.patterns.complementarity import Complementarity, further
from proofs.patterns.flow import PiecewiseFlow
from proofs.patterns.forms import Form, constant
from proofs.patterns.kinks import Ramp
from proofs.patterns.result import Continuum, PatternState
from proofs.patterns.tree import Tree
from proofs.question import Question


def cover(asked: Question, flow: PiecewiseFlow, problem: Complementarity | None, tree: Tree | None) -> dict[str, Any]:
    """The certificate without the states; without a tree every pattern is to be solved."""
    found: dict[str, Any] = {"kind": "pattern cover", "sizes": dict(asked.sizes)}
    found["values"] = {str(key.name): plain(value) for key, value in (asked.fixed or {}).items()}
    found["domain"] = {text(name): [None if b is None else str(b) for b in box] for name, box in zip(flow.names, flow.box, strict=True)}
    found["kinks"] = [flow.words(k) for k in flow.kinks]
    if problem is None or tree is None:
        return {**found, "tree": "all patterns"}
    found["ramps"] = [form_data(flow, flow.chains[k.chain] + constant(-k.cut)) for k in flow.kinks if isinstance(k, Ramp)]
    found["flow"] = {text(name): form_data(flow, f) for name, f in zip(flow.names, flow.flow, strict=True)}
    found["slacks"] = {f"u{k}": form_data(flow, form) for k, form in enumerate(further(flow))}
    found["left"] = [problem.name(v) for v in problem.basic]
    return {**found, "tree": tree_data(problem, tree)}


def tree_data(problem: Complementarity, tree: Tree) -> list[Any]:
    """The nodes by number, as plain data; None was left open."""

    def node(number: int) -> Any:
        if number in tree.splits:
            return list(tree.splits[number])
        if number in tree.unique:
            return {"unique": _bits(tree.unique[number].pattern)}
        if number in tree.refuted:
            return {problem.name(problem.basic[r]): number_data(x) for r, x in tree.refuted[number].items()}
        return _bits(tree.whole[number]) if number in tree.whole else None

    return [node(number) for number in range(tree.nodes)]


def _bits(pattern: tuple[bool, ...]) -> str:
    return "".join("01"[on] for on in pattern)


def number_data(x: fmpq) -> Any:
    """A double as a float, any other rational as text."""
    q = Fraction(int(x.p), int(x.q))
    return float(q) if _is_double(q) else str(q)


def _is_double(q: Fraction) -> bool:
    try:
        return Fraction(float(q)) == q
    except OverflowError:
        return False


def form_data(flow: PiecewiseFlow, form: Form) -> dict[str, str]:
    """An affine form by the names of components and ramps; its constant by the name 1."""
    name: Callable[[int], str] = lambda v: text(flow.names[v]) if v < flow.n else f"z{v - flow.n}"  # noqa: E731
    return {**({"1": str(form.constant)} if form.constant != 0 else {}), **{name(v): str(a) for v, a in sorted(form.slopes.items())}}


def states_data(states: tuple[PatternState, ...], continua: tuple[Continuum, ...]) -> dict[str, Any]:
    """The states and continua found, as plain data."""
    return {
        "states": [{"pattern": list(s.pattern), "values": {k: plain(v) for k, v in s.values.items()}} for s in states],
        "continua": [
            [
                {
                    "pattern": list(p.pattern),
                    "point": {k: plain(v) for k, v in p.point.items()},
                    "directions": [{k: plain(v) for k, v in d.items()} for d in p.directions],
                }
                for p in c.pieces
            ]
            for c in continua
        ],
    }


__all__ = ["cover", "form_data", "number_data", "states_data", "tree_data"]
