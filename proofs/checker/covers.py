"""Interval covers, re-checked: every zero in a box, an inequality on it, a definite matrix all over it.

The tree says where to split, nothing more: both halves of every split are walked, so that the leaves always cover the domain,
and each leaf is bounded here again, by further splitting where that is needed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from flint import acb_mat, arb, arb_mat, fmpq

from proofs.checker.balls import Undetermined, precision
from proofs.checker.boxes import Box, Field, apart, contracts, halves, holds_inside, identity, inside, krawczyk, met, middle, size, union
from proofs.checker.falling import factors, field_of, guessed
from proofs.checker.model import Model, drawn, exact, table
from proofs.checker.reader import Unreadable

BITS, SPLITS = 128, 20_000
RELATIONS: dict[str, Callable[[Any, fmpq], bool]] = {
    "<=": lambda x, r: bool(x <= r),
    ">=": lambda x, r: bool(x >= r),
    "<": lambda x, r: bool(x < r),
    ">": lambda x, r: bool(x > r),
}


SCALED = ("-P jacobian", "Y jacobian")
JACOBIANS = ("jacobian", "symmetric part of jacobian", *SCALED)


class Refused(Exception):
    """A certificate that claims what is not so, or does not show it."""


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
            return _zeros(model, c)
        if "inequality" in c:
            return _inequality(model, c)
        if "matrix" in c:
            return _matrix(model, c)
    raise Unreadable("the cover states nothing that is known: zeros of, inequality, or matrix")


def domain_of(model: Model, c: Mapping[str, Any]) -> Box:
    """The box of all states, in packed order; null is an infinite end."""
    ends: dict[Any, Any] = {}
    for name in model.states:
        for k, side in enumerate(c["domain"][name]):
            whole = table(side, model.shape(name), lambda v: v) if isinstance(side, list) else dict.fromkeys(model.places(name), side)
            ends |= {(name, p, k): None if x is None else exact(x) for p, x in whole.items()}
    box = tuple((ends[(*q, 0)], ends[(*q, 1)]) for q in model.components)
    if any(low is not None and high is not None and low > high for low, high in box):
        raise Refused("the domain is empty")
    return box


def leaves(tree: Any, box: Box) -> Iterator[tuple[Box, Any]]:
    """Every leaf's box and label; both sides of every split are walked."""
    stack = [(tree, box)]
    while stack:
        t, b = stack.pop()
        if not isinstance(t, list):
            yield b, t
            continue
        if len(t) != 4 or type(t[0]) is not int or not 0 <= t[0] < len(b):
            raise Unreadable(f"{t!r:.40} is no split [component, point, tree, tree]")
        (low, high), s, k = b[t[0]], exact(t[1]), t[0]
        if high is None or s < high:
            stack.append((t[3], (*b[:k], (s if low is None else max(s, low), high), *b[k + 1 :])))
        if low is None or s > low:
            stack.append((t[2], (*b[:k], (low, s if high is None else min(s, high)), *b[k + 1 :])))


def touches(tree: Any, box: Box, label: str) -> bool:
    """Whether a closed box has a point in common with a leaf of this label."""
    if not isinstance(tree, list):
        return bool(tree == label)
    k, s = tree[0], exact(tree[1])
    return (box[k][0] <= s and touches(tree[2], box, label)) or (box[k][1] >= s and touches(tree[3], box, label))


# Zeros


def _zeros(model: Model, c: Mapping[str, Any]) -> str:
    which = c["zeros of"]
    if which not in ("flow", "gradient"):
        raise Unreadable("zeros are those of the flow or of the gradient")
    f = Field(model.graph, model.components, model.right_sides if which == "flow" else model.gradient, model.unknowns)
    zeros = proved_zeros(f, model, c["zeros"])
    for box, z in zip(zeros, c["zeros"], strict=True):
        if z.get("index") is not None and _index(f, box, which == "gradient", c.get("P")) != z["index"]:
            raise Refused(f"a zero has not the index {z['index']}")
    domain = domain_of(model, c) if "domain" in c else None
    listed = [box for box, z in zip(zeros, c["zeros"], strict=True) if not z.get("outside")]
    if domain is not None and not all(inside(box, domain) for box in listed):
        raise Refused("a zero is not shown to lie in the domain")
    if domain is not None and which == "gradient":
        _no_jump(model, domain)
    if domain is not None and not all(apart(box, domain) for box, z in zip(zeros, c["zeros"], strict=True) if z.get("outside")):
        raise Refused("a zero that is said to lie outside is not shown to")
    if "tree" not in c or domain is None:
        return f"{len(zeros)} zeros of the {which} exist; nothing is claimed of others"
    mirrors = [_mirror(f, model, m, zeros, domain) for m in c.get("mirrors", ())]
    left, open_ones = [SPLITS], 0
    for box, label in leaves(c["tree"], domain):
        if label == "?":
            open_ones += 1
        elif isinstance(label, str) and label[:1] == "m" and label[1:].isdigit() and int(label[1:]) < len(mirrors):
            _mirrored(f, box, mirrors[int(label[1:])], zeros, left)
        elif label == "." or (type(label) is int and 0 <= label < len(zeros)):
            _search(f, box, None if label == "." else zeros[label], left)
        else:
            raise Refused(f"a leaf names {label!r:.20}, which is no zero of the list")
    if open_ones and not c.get("undecided"):
        raise Refused("leaves are left open, and the certificate lists none")
    return f"{len(listed)} zeros of the {which} in the domain" + (f"; {open_ones} leaves are left open" if open_ones else ", and no others")


def proved_zeros(f: Field, model: Model, listed: Any) -> list[Box]:
    """A box or an exact point for each zero, which it is shown to hold, no two with a point in common."""
    zeros: list[Box] = []
    for z in listed:
        box = _proved(f, box_of(model, z))
        if not all(apart(box, other) for other in zeros):
            raise Refused("two zeros are not apart from each other")
        zeros.append(box)
    return zeros


def box_of(model: Model, z: Mapping[str, Any]) -> Box:
    """The box |y - middle| ≤ radius, or the point."""
    where = z["point"] if "point" in z else z["middle"]
    m = {name: table(where[name], model.shape(name)) for name in model.states}
    r = {name: table(z["radius"][name], model.shape(name)) for name in model.states} if z.get("radius") else {}
    pairs = [(m[name][p], r[name][p] if r else fmpq(0)) for name, p in model.components]
    if any(radius < 0 for _, radius in pairs):
        raise Unreadable("a radius is negative")
    return tuple((x - radius, x + radius) for x, radius in pairs)


def _proved(f: Field, box: Box) -> Box:
    """The box, which holds exactly one zero (Krawczyk); or the exact point; or, where its values are not rational, a tiny box around it."""
    point = all(low == high for low, high in box)
    if point:
        values = f.at([low for low, _ in box])
        if any(x != 0 if isinstance(x, fmpq) else not x.contains(0) for x in values):
            raise Refused("a point is no zero")
        if all(isinstance(x, fmpq) for x in values):
            return box
        box = _around(box)
    try:
        image, rest, _ = krawczyk(f, box)
    except Undetermined as error:
        raise Refused(f"a zero is not shown: {error}") from error
    if not (contracts(rest) and holds_inside(image, box)):
        if point:
            raise Undetermined("that a point is a zero is not seen in rationals, nor a zero near it by Krawczyk's test")
        raise Refused("Krawczyk's test shows no zero in a box that should hold one")
    return box


def _around(point: Box) -> Box:
    return tuple((low - fmpq(1, 2**60), low + fmpq(1, 2**60)) for low, _ in point)


def _index(f: Field, box: Box, gradient: bool, P: Any = None) -> int:
    """How many eigenvalues of the Jacobian have positive real part (of the Hessian are negative), all over the box, and around a point."""
    # On a kink a point shows the slopes of one side only.
    J = f.jacobian(_around(box) if all(low == high for low, high in box) else box)
    known = None if P is None or gradient else _inertia(J, P)
    if known is not None:
        return known
    try:
        parts = [arb(x.real) for x in acb_mat(J).eig(multiple=True)]
    except (ValueError, ZeroDivisionError) as error:
        raise Undetermined("the eigenvalues at a zero are not separated") from error
    if not all(x > 0 or x < 0 for x in parts):
        raise Undetermined("an eigenvalue at a zero may lie on the imaginary axis")
    return sum(bool(x < 0) if gradient else bool(x > 0) for x in parts)


def _inertia(J: arb_mat, P: Any) -> int | None:
    """Jᵀ P + P J ≻ 0 gives J as many eigenvalues right of the imaginary axis as P has positive ones (Ostrowski and Schneider 1962)."""
    rows = [[exact(x) for x in row] for row in P]
    n = range(J.nrows())
    if len(rows) != len(n) or any(len(row) != len(n) for row in rows) or any(rows[i][j] != rows[j][i] for i in n for j in n):
        return None
    M = arb_mat([[arb(x) for x in row] for row in rows])
    if not is_positive(J.transpose() * M + M * J):
        return None
    pivots = list(_pivots(M.tolist()))
    return sum(x > 0 for x in pivots) if all(x > 0 or x < 0 for x in pivots) else None


def _search(f: Field, box: Box, zero: Box | None, left: list[int]) -> None:
    """No zero in the box but the given one; raises Refused or Undetermined."""
    stack = [box]
    while stack:
        _spend(left)
        rest, weights = narrowed(f, stack.pop(), zero)
        if rest is not None:
            stack.extend(halves(rest, weights))


def _spend(left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        raise Undetermined("the checker's own splitting found no end")


def narrowed(f: Field, box: Box, zero: Box | None) -> tuple[Box | None, list[float]]:
    """What is left of the box once parts without zeros were cut off (None: nothing but the known zero), and weights for its sides."""
    n, weights = len(box), [1.0] * len(box)
    for _ in range(12):
        before, shrunk = size(box), f.leaking(box)
        if shrunk is None or any(x > 0 or x < 0 for x in f.over(shrunk)) or (zero is not None and inside(shrunk, zero)):
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
            if zero is not None and contracts(identity(n) - f.jacobian(union(box, zero), Y)):
                return None, weights
        cut = met(box, image)
        if cut is None:
            return None, weights
        box, weights = cut, [sum(float(abs(rest[i, k]).upper()) for i in range(n)) for k in range(n)]
        if size(box) > 0.7 * before:
            break
    return box, weights


Mirror = tuple[list[int], list[int]]


def _mirror(f: Field, model: Model, m: Mapping[str, Any], zeros: list[Box], domain: Box) -> Mirror:
    """P y = signs y[places], if the field turns with it (f(P y) = ±P f(y)), the domain is kept, and so is the list of zeros."""
    places, signs = list(m["places"]), list(m["signs"])
    if sorted(places) != list(range(len(domain))) or not set(signs) <= {1, -1} or len(signs) != len(domain):
        raise Refused("a mirror is no permutation with signs")
    if _image(domain, (places, signs)) != domain:
        raise Refused("a mirror does not keep the domain")
    if any(f.graph.nodes[a][0] in ("?", "max", "min") for a in f.graph.needed(f.nodes)):
        raise Undetermined("random points do not show that a field with kinks turns with a mirror: it may have others elsewhere")
    rng = random.Random(11)
    ways = {1, -1}
    for k in range(12):
        values = drawn({"states": model.data["states"]}, model.sizes, rng)
        y = [table(values[name], model.shape(name))[p] for name, p in model.components]
        if k % 2:  # all over the domain, for what is small near 0 may be large far out
            y = [
                x if a is None or b is None else a + (b - a) * fmpq(rng.randint(0, 999), 1000) for x, (a, b) in zip(y, domain, strict=True)
            ]
        there, here = f.at([s * y[p] for p, s in zip(places, signs, strict=True)]), f.at(y)
        ways &= {w for w in (1, -1) if all((arb(a) - w * s * here[p]).contains(0) for a, p, s in zip(there, places, signs, strict=True))}
    if not ways:
        raise Refused("the field does not turn with a mirror")
    if not all(any(_same_zero(f, _image(z, (places, signs)), other) for other in zeros) for z in zeros):
        raise Refused("the image of a zero under a mirror is not in the list")
    return places, signs


def _same_zero(f: Field, a: Box, b: Box) -> bool:
    """Whether boxes that hold one zero each hold the same: one lies in the other, or f is one-to-one on both together."""
    if inside(a, b) or apart(a, b):
        return not apart(a, b)
    try:
        return contracts(krawczyk(f, union(a, b))[1])
    except Undetermined:
        return False


def _image(box: Box, mirror: Mirror) -> Box:
    ends = [(box[p], s) for p, s in zip(*mirror, strict=True)]
    return tuple((low, high) if s > 0 else (None if high is None else -high, None if low is None else -low) for (low, high), s in ends)


def _mirrored(f: Field, box: Box, mirror: Mirror, zeros: list[Box], left: list[int]) -> None:
    """All of the box has y_p ≤ (P y)_p at the first component that P changes: the last image of a zero lies elsewhere, or on its border."""
    p = next((k for k, (place, s) in enumerate(zip(*mirror, strict=True)) if place != k or s < 0), None)
    high, low = (None, None) if p is None else (box[p][1], _image(box, mirror)[p][0])
    if p is None or high is None or low is None or high > low:
        # Where P turns the component itself, y_p ≤ -y_p says y_p ≤ 0.
        if p is None or mirror[0][p] != p or high is None or high > 0:
            raise Refused("a leaf is not on the mirror's lower side")
        low = fmpq(0)
    if high == low:
        border = tuple((high, high) if k == p else ends for k, ends in enumerate(box))
        near = [z for z in zeros if not apart(z, border)]
        if len(near) > 1:
            raise Undetermined("several zeros lie at the border of a mirror")
        _search(f, border, near[0] if near else None, left)


# Inequalities and matrices


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


def _no_jump(model: Model, domain: Box) -> None:
    """Raises Undetermined where E may jump: its slopes are the same on both sides of what it climbs."""
    Field(model.graph, model.components, [model.energy], model.unknowns).jacobian(domain)


def _inequality(model: Model, c: Mapping[str, Any]) -> str:
    left, relation, right = relation_of(c["inequality"])
    if left == "energy rate":
        _no_jump(model, domain_of(model, c))
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
        _spend(budget)
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


def is_positive(M: arb_mat) -> bool:
    """Whether every symmetric matrix in the balls is positive definite: by elimination, else its middle minus the spread."""
    if _pivots_positive(M.tolist()):
        return True
    spread = max((sum((x.rad() for x in row), arb(0)) for row in M.tolist()), key=float).upper()
    return bool(spread.is_finite()) and _pivots_positive((M.mid() - identity(M.nrows()) * spread).tolist())


def _pivots_positive(a: list[list[arb]]) -> bool:
    return all(x > 0 for x in _pivots(a))


def _pivots(a: list[list[arb]]) -> Iterator[arb]:
    """The pivots of elimination, whose signs are those of the eigenvalues of a symmetric matrix."""
    for p in range(len(a)):
        yield a[p][p]
        for i in range(p + 1, len(a)):
            factor = a[i][p] / a[p][p]
            a[i] = [x - factor * y for x, y in zip(a[i], a[p], strict=True)]
