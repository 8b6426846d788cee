"""Interval covers, re-checked: every zero in a box, an inequality or a definite matrix on it, a ball in a basin.

The tree says where to split, nothing more: both halves of every split are walked, so that the leaves always cover the domain,
and each leaf is bounded here again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flint import acb_mat, arb, arb_mat, fmpq

from proofs.checker.balls import Program, Undetermined, precision
from proofs.checker.boxes import (
    Box,
    Budget,
    Field,
    apart,
    ball,
    contracts,
    halves,
    holds_inside,
    identity,
    inside,
    krawczyk,
    met,
    middle,
    union,
)
from proofs.checker.model import Model, exact, table
from proofs.checker.reader import Unreadable

BITS, SPLITS = 128, 20_000
Leaf = Callable[[Box, Any], None]


class Refused(Exception):
    """A certificate that claims what is not so, or does not show it."""


def check_cover(c: Mapping[str, Any]) -> str:
    """What an interval cover was found to show; raises Refused or Undetermined."""
    model = Model(c["model"], c["sizes"], c.get("values", {}))
    if set(model.values) != set(model.parameters):
        raise Unreadable("a cover needs the values of all parameters, and of no state")
    with precision(BITS):
        if "zeros of" in c:
            return _zeros(model, c)
        domain = domain_of(model, c)
        if "inequality" in c:
            return _inequality(model, c, domain)
        if "matrix" in c:
            return _matrix(model, c, domain)
    raise Unreadable("the cover states nothing that is known: zeros of, inequality, or matrix")


def domain_of(model: Model, c: Mapping[str, Any]) -> Box:
    """The box of all states, in packed order."""
    ends = {}
    for name in model.states:
        if name not in c.get("domain", {}):
            raise Unreadable(f"the domain does not bound {name}")
        for k, side in enumerate(c["domain"][name]):
            given = side if isinstance(side, list) else None
            for place in model.places(name):
                x = side if given is None else table(given, model.shape(name), "domain", lambda v: v)[place]
                ends[name, place, k] = None if x is None else exact(x)
    box = tuple((ends[(*p, 0)], ends[(*p, 1)]) for p in model.components)
    if any(low is not None and high is not None and low > high for low, high in box):
        raise Refused("the domain is empty")
    return box


def walk(tree: Any, box: Box, leaf: Leaf) -> None:
    """Every leaf with its box; both sides of every split are walked."""
    stack = [(tree, box)]
    while stack:
        t, b = stack.pop()
        if not isinstance(t, list):
            leaf(b, t)
            continue
        if len(t) != 4 or not isinstance(t[0], int) or not 0 <= t[0] < len(b):
            raise Unreadable(f"{t!r:.40} is no split [component, point, tree, tree]")
        (low, high), s = b[t[0]], exact(t[1])
        if high is None or s < high:
            stack.append((t[3], (*b[: t[0]], (s if low is None else max(s, low), high), *b[t[0] + 1 :])))
        if low is None or s > low:
            stack.append((t[2], (*b[: t[0]], (low, s if high is None else min(s, high)), *b[t[0] + 1 :])))


# Zeros


def _zeros(model: Model, c: Mapping[str, Any]) -> str:
    which = c["zeros of"]
    if which not in ("flow", "gradient"):
        raise Unreadable("zeros are those of the flow or of the gradient")
    f = Field(model.graph, model.components, model.right_sides if which == "flow" else model.gradient, model.unknowns)
    zeros: list[Box] = []
    for n, z in enumerate(c["zeros"]):
        box = proved_zero(f, box_of(model, z))
        if "index" in z and z["index"] is not None and index_of(f, box, which == "gradient") != z["index"]:
            raise Refused(f"zero {n} has not the index {z['index']}")
        if any(not apart(box, other) for other in zeros):
            raise Refused(f"zero {n} is not apart from the others")
        zeros.append(box)
    if "domain" in c:
        domain = domain_of(model, c)
        if any(not inside(box, domain) for box, z in zip(zeros, c["zeros"], strict=True) if not z.get("outside")):
            raise Refused("a zero is not shown to lie in the domain")
    if "tree" not in c:
        return f"{len(zeros)} zeros of the {which} exist; nothing is claimed of others"
    budget, undecided = Budget(SPLITS), []

    def leaf(box: Box, label: Any) -> None:
        if label == "?":
            undecided.append(box)
        elif label == ".":
            _search(f, box, None, budget)
        elif isinstance(label, int) and not isinstance(label, bool) and 0 <= label < len(zeros):
            _search(f, box, zeros[label], budget)
        else:
            raise Refused(f"a leaf names {label!r}, which is no zero of the list")

    walk(c["tree"], domain_of(model, c), leaf)
    if undecided and not c.get("undecided"):
        raise Refused("leaves are left open, and the certificate lists none")
    tail = f"; {len(undecided)} leaves are left open" if undecided else ", and no others"
    inner = sum(not z.get("outside") for z in c["zeros"])
    return f"{inner} zeros of the {which} in the domain{tail}"


def box_of(model: Model, z: Mapping[str, Any]) -> Box:
    """The box |y - middle| ≤ radius, or the point."""
    where = z.get("point", z.get("middle"))
    if where is None:
        raise Unreadable("a zero has neither a middle nor a point")
    m = {name: table(where[name], model.shape(name), name) for name in model.states}
    r = {name: table(z["radius"][name], model.shape(name), name) if z.get("radius") else {} for name in model.states}
    box = tuple((m[name][p] - r[name].get(p, fmpq(0)), m[name][p] + r[name].get(p, fmpq(0))) for name, p in model.components)
    if any(low > high for low, high in box):
        raise Unreadable("a radius is negative")
    return box


def proved_zero(f: Field, box: Box) -> Box:
    """The box, which holds exactly one zero (Krawczyk); or the exact point; or, where its values are not rational, a tiny box around it."""
    if all(low == high for low, high in box):
        values = f.at([low for low, _ in box])
        if any(x != 0 if isinstance(x, fmpq) else not x.contains(0) for x in values):
            raise Refused("a point is no zero")
        if all(isinstance(x, fmpq) for x in values):
            return box
        tiny = fmpq(1, 2**60)
        box = tuple((low - tiny, low + tiny) for low, _ in box)
        if not _maps_inside(f, box):
            raise Undetermined("that a point is a zero is not seen in rationals, nor a zero near it by Krawczyk's test")
    elif not _maps_inside(f, box):
        raise Refused("Krawczyk's test shows no zero in a box that should hold one")
    return box


def _maps_inside(f: Field, box: Box) -> bool:
    try:
        image, rest, _ = krawczyk(f, box)
    except Undetermined:
        return False
    return contracts(rest) and holds_inside(image, box)


def index_of(f: Field, box: Box, gradient: bool) -> int:
    """How many eigenvalues of the Jacobian have positive real part (of the Hessian are negative), all over the box."""
    J = f.jacobian(box)
    try:
        parts = [arb(x.real) for x in acb_mat(J).eig(multiple=True)]
    except (ValueError, ZeroDivisionError) as error:
        raise Undetermined("the eigenvalues at a zero are not separated") from error
    if not all(x > 0 or x < 0 for x in parts):
        raise Undetermined("an eigenvalue at a zero may lie on the imaginary axis")
    return sum(bool(x < 0) if gradient else bool(x > 0) for x in parts)


def _search(f: Field, box: Box, zero: Box | None, budget: Budget) -> None:
    """No zero in the box but the given one; raises Refused or Undetermined."""
    stack = [box]
    while stack:
        budget.spend()
        left, weights = _narrowed(f, stack.pop(), zero)
        if left is not None:
            stack.extend(halves(left, weights))


def _narrowed(f: Field, box: Box, zero: Box | None) -> tuple[Box | None, list[float]]:
    """What is left of the box once parts without zeros were cut off, and how much f moves with each component there.

    None where nothing is left, or only the known zero.
    """
    weights = [1.0] * len(box)
    for _ in range(12):
        if zero is not None and inside(box, zero):
            return None, weights
        before = _size(box)
        shrunk = _leaks(f, box)
        if shrunk is None or any(x > 0 or x < 0 for x in f.over(shrunk)):
            return None, weights
        box = shrunk
        if any(low is None or high is None for low, high in box):
            return box, weights
        try:
            image, rest, Y = krawczyk(f, box)
        except Undetermined:
            return box, weights
        if contracts(rest):
            if holds_inside(image, box) and (zero is None or apart(box, zero)):
                raise Refused("a leaf holds a zero that the certificate does not list")
            if zero is not None and contracts(identity(len(box)) - f.jacobian(union(box, zero), Y)):
                return None, weights
        cut = met(box, image)
        if cut is None:
            return None, weights
        box, weights = cut, [sum(float(abs(rest[i, k]).upper()) for i in range(len(box))) for k in range(len(box))]
        if _size(box) > 0.7 * before:
            return box, weights
    return box, weights


def _size(box: Box) -> float:
    return sum(float("inf") if low is None or high is None else float(arb(high - low)) for low, high in box)


def _leaks(f: Field, box: Box) -> Box | None:
    """Where f_i = c y_i + rest with a number c: y_i lies in -rest/c; again as long as that cuts a tenth off."""
    if not hasattr(f, "leaking"):
        f.leaking = [_leak(f, n) for n in range(len(f.nodes))]
    for _ in range(6):
        before = _size(box)
        for n, found in enumerate(f.leaking):
            if found is not None:
                c, rest = found
                numbers = {name: ball(*ends) for name, ends in zip(f.names, box, strict=True) if name in rest.variables}
                cut = met(box[n : n + 1], [arb(rest(numbers)[0]) / -c])
                if cut is None:
                    return None
                box = (*box[:n], cut[0], *box[n + 1 :])
        if not _size(box) < 0.9 * before:
            break
    return box


def _leak(f: Field, n: int) -> Any:
    g, y, node = f.graph, f.unknowns[n], f.graph.nodes[f.nodes[n]]
    for term in node[1] if node[0] == "+" else ():
        factors = g.nodes[term][1] if g.nodes[term][0] == "*" else (term,)
        numbers = [q for a in factors if (q := g.rational(a)) is not None]
        if [a for a in factors if g.rational(a) is None] == [y] and len(numbers) <= 1:
            rest = [a for a in node[1] if a != term]
            return (numbers or [fmpq(1)])[0], Program(g, [g.add(*rest)])
    return None


# Inequalities and matrices

_HOLDS: dict[str, Callable[[Any, fmpq], bool]] = {
    "<=": lambda x, r: bool(x <= r),
    ">=": lambda x, r: bool(x >= r),
    "<": lambda x, r: bool(x < r),
    ">": lambda x, r: bool(x > r),
}


def quantity(model: Model, left: Any) -> int:
    """The node of "energy", "energy rate", a formula, or a derivative {"of": ..., "by": [components]}."""
    if isinstance(left, Mapping):
        node = quantity(model, left["of"])
        for name in left["by"]:
            (node,) = model.graph.gradient(node, [model.node(name)])
        return node
    if left == "energy rate":
        return model.energy_rate
    if left == "energy":
        return model.energy
    return model.node(left.removeprefix("flow ")) if not left.startswith("flow ") else _flow_of(model, left.removeprefix("flow "))


def _flow_of(model: Model, component: str) -> int:
    node = model.graph.nodes[model.node(component)]
    return model.right_side(node[1], node[2])


def relation_of(c: Mapping[str, Any]) -> tuple[Any, str, fmpq]:
    """Left side, sign and number of an inequality given as data."""
    relation = {"≤": "<=", "≥": ">="}.get(c["relation"], c["relation"])
    if relation not in _HOLDS:
        raise Unreadable(f"{c['relation']!r} is no relation")
    return c["left"], relation, exact(c["right"])


def _inequality(model: Model, c: Mapping[str, Any], domain: Box) -> str:
    left, relation, right = relation_of(c["inequality"])
    f = Field(model.graph, model.components, [quantity(model, left)], model.unknowns)
    budget = Budget(SPLITS)
    holds = _HOLDS[relation]

    def leaf(box: Box, label: Any) -> None:
        if label != ".":
            raise Refused("a leaf of an inequality is left open")
        stack = [box]
        while stack:
            b = stack.pop()
            budget.spend()
            if holds(f.over(b)[0], right):
                continue
            b, x = _sharper(f, b, 1 if relation in (">=", ">") else -1)
            if holds(x, right):
                continue
            _fails_at(f, b, holds, right)
            stack.extend(halves(b))

    walk(c["tree"], domain, leaf)
    return f"{_short(left)} {relation} {right} on the whole domain"


def _sharper(f: Field, box: Box, side: int) -> tuple[Box, Any]:
    """The face on which f is least (side 1) or largest, as far as its slopes have a sign, and f there to first order."""
    try:
        slopes = f.jacobian(box).entries()
        faces = [0 if s * side >= 0 else 1 if s * side <= 0 else None for s in slopes]
        box = tuple(ends if k is None or ends[k] is None else (ends[k], ends[k]) for ends, k in zip(box, faces, strict=True))
        return box, f.first_order(box)[0]
    except Undetermined:
        return box, arb(0, float("inf"))


def _fails_at(f: Field, box: Box, holds: Callable[[arb, fmpq], bool], right: fmpq) -> None:
    """Refuse at once where the inequality is false in the middle."""
    if any(low is None or high is None for low, high in box):
        return
    x = arb(f.at(middle(box))[0])
    if x.is_finite() and not holds(x, right) and not x.contains(arb(right)):
        raise Refused(f"the inequality is false at a point of the domain: {x.str(6)}")


def _short(left: Any) -> str:
    return str(left) if len(str(left)) < 40 else "the formula"


def _matrix(model: Model, c: Mapping[str, Any], domain: Box) -> str:
    entries, n = matrix_nodes(model, c["matrix"])
    entries_field = Field(model.graph, model.components, entries, model.unknowns)
    sign = -1 if c["property"].startswith("negative") else 1
    shift, budget = exact(c.get("shift", 0)), Budget(SPLITS)
    if c["property"] not in ("positive definite", "positive semidefinite", "negative definite", "negative semidefinite"):
        raise Unreadable(f"{c['property']!r} is no property that is bounded over a box")

    def shown(box: Box) -> bool:
        rows = [x * sign for x in entries_field.over(box)]
        M = arb_mat(n, n, rows)
        return is_positive(_symmetric(M) + identity(n) * (shift * sign))

    def leaf(box: Box, label: Any) -> None:
        if label != ".":
            raise Refused("a leaf of a matrix inequality is left open")
        stack = [box]
        while stack:
            b = stack.pop()
            budget.spend()
            if not shown(b):
                m = middle(b)
                if not shown(tuple((x, x) for x in m)):
                    raise Refused(f"the matrix is not {c['property']} at a point of the domain")
                stack.extend(halves(b))

    walk(c["tree"], domain, leaf)
    return f"the matrix is {c['property']} on the whole domain"


def _symmetric(M: arb_mat) -> arb_mat:
    return (M + M.transpose()) * arb(0.5)


def matrix_nodes(model: Model, what: Any) -> tuple[list[int], int]:
    """The entries of the Hessian of the energy, or of the flow's Jacobian, perhaps scaled from both sides by diag t."""
    rows = model.gradient if what == "hessian of energy" else model.right_sides
    entries = [s for f in rows for s in model.graph.gradient(f, model.unknowns)]
    n = len(rows)
    if isinstance(what, Mapping):
        t = [exact(x) for x in what["scaled jacobian"]]
        if len(t) != n or any(x <= 0 for x in t):
            raise Unreadable("a scaling needs a positive number for each component")
        entries = [model.graph.multiply(e, model.graph.number(t[k // n] / t[k % n])) for k, e in enumerate(entries)]
    elif what not in ("hessian of energy", "jacobian", "symmetric part of jacobian"):
        raise Unreadable(f"the matrix {what!r} is not known")
    if what == "jacobian" and any(entries[i * n + j] != entries[j * n + i] for i in range(n) for j in range(i)):
        raise Unreadable("the Jacobian is not symmetric as it stands; say symmetric part of jacobian")
    return entries, n


def is_positive(M: arb_mat) -> bool:
    """Whether every symmetric matrix in the balls is positive definite: by elimination, else its middle minus the spread."""
    n, rows = M.nrows(), M.tolist()
    if _pivots_positive([list(r) for r in rows]):
        return True
    spread = max((sum((x.rad() for x in row), arb(0)) for row in rows), key=float)
    mid = M.mid().tolist()
    return bool(spread.is_finite()) and _pivots_positive(
        [[mid[i][j] - (spread.upper() if i == j else 0) for j in range(n)] for i in range(n)]
    )


def _pivots_positive(a: list[list[arb]]) -> bool:
    for p in range(len(a)):
        if not a[p][p] > 0:
            return False
        for i in range(p + 1, len(a)):
            factor = a[i][p] / a[p][p]
            for j in range(p + 1, len(a)):
                a[i][j] = a[i][j] - factor * a[p][j]
    return True


__all__ = ["Refused", "check_cover", "is_positive", "proved_zero", "quantity", "relation_of", "walk"]
