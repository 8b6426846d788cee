"""Interval covers, re-checked: every zero in a box, an inequality on it, a definite matrix all over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flint import arb, arb_mat, fmpq

from proofs.checker.balls import Undetermined, precision
from proofs.checker.boxes import Box, Field, halves, middle
from proofs.checker.definite import is_positive
from proofs.checker.domains import BITS, RELATIONS, SPLITS, Refused, domain_of, leaves, no_jump, spend
from proofs.checker.falling import factors, field_of, guessed
from proofs.checker.model import Model, exact, table
from proofs.checker.reader import Unreadable
from proofs.checker.zeros import check_zeros

SCALED = ("-P jacobian", "Y jacobian")
JACOBIANS = ("jacobian", "symmetric part of jacobian", *SCALED)


def check_cover(c: Mapping[str, Any]) -> str:
    """What an interval cover was found to show; raises Refused, Undetermined or Unreadable."""
    model = Model(c["model"], c["sizes"], c.get("values", {}))
    if ("unique" in c and "tree" not in c) or {"parts", "computed", "squares"} & set(c):
        raise Unreadable("the cover rests on further parts that are not read here")
    if set(model.values) != set(model.parameters):
        raise Unreadable("a cover needs the values of all parameters, and of no state")
    if not model.states:
        raise Unreadable("the model has no states, so that a cover says nothing of any")
    with precision(BITS):
        if "zeros of" in c:
            return check_zeros(model, c)
        if "inequality" in c:
            return _inequality(model, c)
        if "matrix" in c:
            return _matrix(model, c)
    raise Unreadable("the cover states nothing that is known: zeros of, inequality, or matrix")


def quantity(model: Model, left: Any) -> int:
    """The node of "energy", "energy rate", "flow y[0]", a formula, or a derivative {"of": ..., "by": [components]}."""
    if isinstance(left, Mapping):
        node = quantity(model, left["of"])
        for name in left["by"]:
            (node,) = model.graph.gradient(node, [model.node(name)])
        return node
    if left in ("energy", "energy rate"):
        return model.energy if left == "energy" else model.energy_rate
    if left.startswith("flow "):
        return model.right_side(*model.graph.nodes[model.node(left[5:])][1:])
    return model.node(left)


def relation_of(i: Mapping[str, Any]) -> tuple[Any, str, fmpq]:
    """Left side, sign and number of an inequality given as data."""
    relation = {"≤": "<=", "≥": ">="}.get(i["relation"], i["relation"])
    if relation not in RELATIONS:
        raise Unreadable(f"{relation!r:.20} is no relation")
    return i["left"], relation, exact(i["right"])


def _inequality(model: Model, c: Mapping[str, Any]) -> str:
    left, relation, right = relation_of(c["inequality"])
    if left == "energy rate":
        no_jump(model, domain_of(model, c))
    f, holds = Field(model.graph, model.components, [quantity(model, left)], model.unknowns), RELATIONS[relation]
    side = {"<=": -1, ">=": 1}.get(relation, 0) if right == 0 else 0
    falls = cache(lambda: _squares(model, domain_of(model, c)) if left == "energy rate" and side < 0 else None)

    def rest(box: Box) -> Box | None:
        if holds(f.over(box)[0], right) or (side and f.values.sign(f.nodes[0]) == side):
            return None
        if (m := falls()) is not None and all(x >= 0 for x in m.over(box)) and arb(f.over(box)[0]).is_finite():
            return None
        shown, box = bounded(f, box, holds, right)
        if shown:
            return None
        y = arb(f.at(middle(box))[0])
        if y.is_finite() and not holds(y, right) and not y.contains(arb(right)):
            raise Refused(f"the inequality is false at a point of the domain: {y.str(6)}")
        return box

    _everywhere(model, c, rest)
    return f"{left if len(str(left)) < 40 else 'the formula'} {relation} {right} on the whole domain"


def _squares(model: Model, box: Box) -> Field | None:
    """The m of dE/dt = -Σ m f², where they are guessed."""
    try:
        return None if any(None in ends for ends in box) else factors(model, box, guessed(model, field_of(model, model.right_sides)))
    except Undetermined:
        return None


def _everywhere(model: Model, c: Mapping[str, Any], rest: Callable[[Box], Box | None]) -> None:
    """Split each leaf until `rest` leaves nothing of it."""
    budget = [SPLITS]
    for box, label in leaves(c["tree"], domain_of(model, c)):
        if label != ".":
            raise Refused("a leaf is left open") if label in ("?", None) else Unreadable("a leaf has an argument that is not read here")
        cleared(box, rest, budget)


def cleared(box: Box, rest: Callable[[Box], Box | None], budget: list[int]) -> None:
    """Split a box, and what `rest` leaves of its parts, until nothing is left."""
    stack = [box]
    while stack:
        spend(budget)
        left = rest(stack.pop())
        if left is not None:
            stack.extend(halves(left))


def bounded(f: Field, box: Box, holds: Callable[[Any, fmpq], bool], right: fmpq) -> tuple[bool, Box]:
    """Whether f ⋈ right is seen on the box, and the face of it on which f is nearest to breaking it."""
    if holds(f.over(box)[0], right):
        return True, box
    box, x = _on_face(f, box, 1 if holds(arb(1) + right, right) else -1)
    return holds(x, right), box


def _on_face(f: Field, box: Box, side: int) -> tuple[Box, Any]:
    """The face on which f is least (side 1) or largest, as far as its slopes have a sign, and f there to first order."""
    try:
        slopes = f.jacobian(box).entries()
        faces = [0 if s * side >= 0 else 1 if s * side <= 0 else None for s in slopes]
        box = tuple(ends if k is None or ends[k] is None else (ends[k], ends[k]) for ends, k in zip(box, faces, strict=True))
        return box, f.first_order(box)[0]
    except Undetermined:
        return box, arb(0, float("inf"))


def matrix_of(model: Model, what: Any) -> Field:
    """The gradient of the energy or of a formula, or the flow, whose slopes are the matrix."""
    if not isinstance(what, str) or not (what.startswith("hessian of ") or what in JACOBIANS):
        raise Unreadable(f"the matrix {what!r:.40} is not known")
    of = what.removeprefix("hessian of ")
    rows = (
        model.right_sides
        if what in JACOBIANS
        else model.gradient
        if of == "energy"
        else model.graph.gradient(model.node(of), model.unknowns)
    )
    return field_of(model, rows)


def metric_of(c: Mapping[str, Any], n: int) -> arb_mat:
    """The metric P of a contraction, symmetric and positive definite; raises Refused."""
    rows = table(c["metric"], (n, n))
    P = arb_mat(n, n, [arb(x) for x in rows.values()])
    if any(x != rows[j, i] for (i, j), x in rows.items()) or not is_positive(P):
        raise Refused("the metric is not symmetric and positive definite")
    return P


def _matrix(model: Model, c: Mapping[str, Any]) -> str:
    prop, n, f, scale = c["property"], len(model.components), matrix_of(model, c["matrix"]), None
    if c["matrix"] in SCALED:
        scale = -metric_of(c, n) if c["matrix"] == "-P jacobian" else arb_mat(n, n, [arb(x) for x in table(c["Y"], (n, n)).values()])
    if prop not in ("positive definite", "positive semidefinite", "negative definite", "negative semidefinite"):
        raise Unreadable(f"{prop!r:.40} is no property that is bounded over a box")

    def shown(box: Box) -> bool:
        M = f.jacobian(box, scale)
        if c["matrix"] == "jacobian" and not all(M[i, j].overlaps(M[j, i]) for i in range(n) for j in range(i)):
            raise Refused("the Jacobian is not symmetric")
        return is_positive((M + M.transpose()) * arb(-0.5 if prop.startswith("negative") else 0.5))

    def rest(box: Box) -> Box | None:
        if shown(box):
            return None
        if not shown(tuple((m, m) for m in middle(box))):
            error = Undetermined if prop.endswith("semidefinite") else Refused
            raise error(f"the matrix is not shown to be {prop} at a point of the domain")
        return box

    _everywhere(model, c, rest)
    return f"the matrix is {prop} on the whole domain"
