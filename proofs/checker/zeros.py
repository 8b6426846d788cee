"""All zeros of a field in a box, re-checked: each exists and is alone in its box, and each leaf of the cover holds no other.

Each leaf is bounded here again by the own leak, Krawczyk's operator and further splitting; the certificate is not believed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from flint import acb_mat, arb, arb_mat, fmpq

from proofs.checker.balls import Undetermined
from proofs.checker.boxes import Box, Field, apart, contracts, halves, holds_inside, identity, inside, krawczyk, met, size, union
from proofs.checker.definite import is_positive, pivots
from proofs.checker.domains import SPLITS, Refused, domain_of, leaves, no_jump, spend
from proofs.checker.model import Model, drawn, exact, table
from proofs.checker.reader import Unreadable


def check_zeros(model: Model, c: Mapping[str, Any]) -> str:
    """What a cover shows of the zeros of its field; raises Refused, Undetermined or Unreadable."""
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
        no_jump(model, domain)
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
    found = list(pivots(M.tolist()))
    return sum(x > 0 for x in found) if all(x > 0 or x < 0 for x in found) else None


def _search(f: Field, box: Box, zero: Box | None, left: list[int]) -> None:
    """No zero in the box but the given one; raises Refused or Undetermined."""
    stack = [box]
    while stack:
        spend(left)
        rest, weights = narrowed(f, stack.pop(), zero)
        if rest is not None:
            stack.extend(halves(rest, weights))


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
