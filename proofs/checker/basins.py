"""Basins, re-checked: a ball on which distances to a steady state fall, and a walled set {E ≤ c} from which all flows into the ball.

    |z - c|_P' ≤ -m |z - c|_P + |f(c)|_P   where P J̄ + J̄ᵀ P + 2 m P ≺ 0 for the mean Jacobian J̄ from c to z

J̄ lies in the mean of the hulls of J over nested boxes: J₀ + Σ δ_k u_k v_kᵀ with |δ_k| ≤ ρ_k, v_k a unit vector. One definite matrix
decides, with any t_k > 0: 2 δ xᵀP u vᵀx ≤ ρ (t (vᵀx)² + (uᵀP x)²/t). A trajectory in a box "in" with E ≤ c can not leave the boxes
"in", and E falls on it outside of the ball, so it comes to the ball (LaSalle).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from flint import arb, arb_mat, fmpq

from proofs.checker.balls import Undetermined, precision
from proofs.checker.boxes import Box, Field, met, middle
from proofs.checker.covers import bounded, cleared, metric_of
from proofs.checker.definite import is_positive
from proofs.checker.domains import BITS, RELATIONS, SPLITS, Refused, domain_of, leaves, touches
from proofs.checker.falling import factors, field_of, is_analytic, said
from proofs.checker.model import Model, exact, table
from proofs.checker.reader import Unreadable
from proofs.checker.zeros import narrowed

SHELLS = 1000


def check_basin(c: Mapping[str, Any]) -> str:
    """What was found of a ball, and of the set that rests on it; raises Refused, Undetermined or Unreadable."""
    model = Model(c["model"], c["sizes"], c.get("values", {}))
    if "flow" not in model.data or "t" in model.parameters or set(model.values) != set(model.parameters):
        raise Unreadable("a basin is that of a flow without time, with the values of all parameters, and of no state")
    with precision(BITS):
        f = field_of(model, model.right_sides)
        found = proved_ball(f, model, c["basin"]["ball"])
        count = _Walled(f, model, c, found).check() if "sublevel" in c["basin"] else 0
    words = f"all of a ball of radius {float(arb(found.radius)):.4g} flows to one steady state"
    return words + (f", and so does a set E ≤ c in {count} boxes" if count else "")


@dataclass(frozen=True)
class Ball:
    """{z: (z - c)ᵀ P (z - c) ≤ r²}, with a box around the one steady state in it."""

    center: list[fmpq]
    P: arb_mat
    radius: fmpq
    zero: Box

    def holds(self, box: Box) -> bool:
        """Whether all of a box lies in it: (m + d)ᵀ P (m + d) at the middle, and what |d| ≤ h adds at most."""
        n = len(box)
        m = arb_mat(n, 1, [arb((low + high) / 2 - x) for (low, high), x in zip(box, self.center, strict=True)])
        h = arb_mat(n, 1, [arb((high - low) / 2) for low, high in box])
        slope, size = arb_mat(n, 1, [abs(x) for x in (self.P * m).entries()]), arb_mat(n, n, [abs(x) for x in self.P.entries()])
        most = m.transpose() * self.P * m + 2 * slope.transpose() * h + h.transpose() * size * h
        return bool(most[0, 0] <= self.radius**2)


def proved_ball(f: Field, model: Model, b: Mapping[str, Any]) -> Ball:
    """The ball, all of which flows to the one steady state in it."""
    n = len(model.components)
    tables = {name: table(b["center"][name], model.shape(name)) for name in model.states}
    c = [tables[name][p] for name, p in model.components]
    P = metric_of(b, n)
    r, m, slack, core, K = *(exact(b[k]) for k in ("radius", "rate", "slack", "core")), b["shells"]
    if type(K) is not int or not 0 < K <= SHELLS or not (m > 0 and slack >= 0 and 2 * slack < core <= r):
        raise Refused("the shells, the rate, the slack, the core and the radius do not fit together")
    F = arb_mat(n, 1, [arb(x) for x in f.at(c)])
    if not (F.transpose() * P * F)[0, 0] <= (m * slack) ** 2:
        raise Refused("the flow at the centre is larger than the rate and the slack allow")
    inverse = P.inv()
    unit = [high for _, high in met(((None, None),) * n, [inverse[j, j].sqrt() for j in range(n)]) or ()]
    around: Callable[[fmpq], Box] = lambda size: tuple((x - size * u, x + size * u) for x, u in zip(c, unit, strict=True))  # noqa: E731
    _contracts(f, P, [around(r * k / K) for k in range(K, 0, -1)], m, b.get("multipliers", ()), "the mean Jacobian")
    _contracts(f, P, [around(core)], fmpq(0), b.get("core multipliers", ()), "the Jacobian on the core")
    return Ball(c, P, r, around(slack))


def _contracts(f: Field, P: arb_mat, boxes: list[Box], m: fmpq, given: Any, what: str) -> None:
    """P J̄ + J̄ᵀ P + 2 m P ≺ 0 for J̄ in the mean of hulls over the boxes: by its entries, by the multipliers given, or by t_k = |P u_k|."""
    s, twice = _mean_slopes(f, boxes), P * (2 * arb(m))
    if not all(x.is_finite() for x in s):
        raise Undetermined("the slopes of the flow are not bounded on the ball")

    def falls(slopes: list[arb], more: arb_mat) -> bool:
        half = P * f.with_slopes(slopes)
        return is_positive(-(half + half.transpose() + twice + more))

    if falls(s, 0 * P):
        return
    n, moving = len(f.names), [k for k, x in enumerate(s) if x.rad() > 0]
    W = P * arb_mat(n, len(moving), [f.columns[1][i, k] if f.columns else arb(int(i == k // n)) for i in range(n) for k in moving])
    rho, t = [s[k].rad() for k in moving], [arb(exact(x)) for x in given]
    own = [sum((x * x for x in row), arb(0)).sqrt().mid() for row in W.transpose().tolist()]
    for way in [t] * (len(t) == len(moving)) + [own]:
        if all(x > 0 for x in way):
            weights = [a / b for a, b in zip(rho, way, strict=True)]
            more = arb_mat(n, len(moving), [x * weights[k % len(moving)] for k, x in enumerate(W.entries())]) * W.transpose()
            for k, a, b in zip(moving, rho, way, strict=True):
                more[k % n, k % n] += a * b
            if falls([x.mid() for x in s], more):
                return
    for corner in product((0, 1), repeat=n) if n < 6 else (random.Random(k).choices((0, 1), k=n) for k in range(32)):
        points = [tuple((ends[k], ends[k]) for ends, k in zip(box, corner, strict=True)) for box in boxes]
        if not falls([(x.lower(), x.upper())[k] for x, k in zip(s, corner, strict=True)] if f.columns else _mean_slopes(f, points), 0 * P):
            raise Refused(f"{what} does not contract at the rate that is claimed")
    raise Undetermined(f"{what} is not shown to contract at the rate that is claimed")


def _mean_slopes(f: Field, boxes: list[Box]) -> list[arb]:
    return [sum(x, arb(0)) / len(boxes) for x in zip(*map(f.varying, boxes), strict=True)]


class _Walled:
    """{E ≤ c} in the boxes "in" of a tree over the domain, walled in by the boxes "out"."""

    def __init__(self, f: Field, model: Model, c: Mapping[str, Any], found: Ball) -> None:
        data = c["basin"]["sublevel"]
        self.f, self.ball, self.tree, self.level = f, found, data["tree"], exact(data["level"])
        self.domain = domain_of(model, c)
        if any(low is None or high is None for low, high in self.domain):
            raise Unreadable("the domain of a walled set is bounded")
        self.E, self.rate = field_of(model, [model.energy]), field_of(model, [model.energy_rate])
        self.flows, self.budget = [field_of(model, [g]) for g in model.right_sides], [SPLITS]
        smooth = bool(data.get("descent")) and is_analytic(model.graph, [*model.gradient, *model.right_sides])
        self.factors = factors(model, self.domain, said(model, data["descent"])) if smooth else None
        if smooth and self.factors is None:
            raise Refused("the steps of the descent do not say that the slopes of E are the flow times factors")

    def check(self) -> int:
        """How many boxes are in; raises Refused or Undetermined."""
        count = 0
        for box, label in leaves(self.tree, self.domain):
            if label == "out":
                cleared(box, self._not_above, self.budget)
            elif label == "in":
                count += 1
                self._is_in(box)
            elif label != "other":
                raise Refused(f"a leaf of a basin is {label!r:.20}")
        if not count:
            raise Refused("no box is in the set")
        return count

    def _is_in(self, box: Box) -> None:
        if touches(self.tree, box, "other"):
            raise Refused("a box that is in touches one of which nothing is known")
        for k, (ends, border) in enumerate(zip(box, self.domain, strict=True)):
            for side in (0, 1):
                if ends[side] == border[side]:
                    face = (*box[:k], (ends[side], ends[side]), *box[k + 1 :])
                    cleared(face, lambda part, k=k, side=side: self._not_entered(part, k, side), self.budget)  # type: ignore[misc]
        cleared(box, self._not_falling, self.budget)

    def _above(self, box: Box) -> tuple[bool, Box]:
        return bounded(self.E, box, RELATIONS[">"], self.level)

    def _is_low(self, point: list[fmpq]) -> bool:
        return bool(arb(self.E.at(point)[0]) <= self.level)

    def _not_above(self, box: Box) -> Box | None:
        shown, rest = self._above(box)
        if not shown and self._is_low(middle(rest)):
            raise Refused("a wall holds a point with E ≤ c")
        return None if shown else rest

    def _not_entered(self, face: Box, k: int, side: int) -> Box | None:
        """None where the flow points inward on a face of the domain, or E > c."""
        inward = RELATIONS["<" if side else ">"]
        if bounded(self.flows[k], face, inward, fmpq(0))[0] or self._above(face)[0]:
            return None
        y = middle(face)
        if RELATIONS[">=" if side else "<="](arb(self.flows[k].at(y)[0]), fmpq(0)) and self._is_low(y):
            raise Refused("the flow leaves through a face of the domain")
        return face

    def _is_smooth(self, box: Box) -> bool:
        """Whether flow and energy have bounded slopes; raises Undetermined where one may jump."""
        return all(x.is_finite() for g in (self.f, self.E) for x in g.jacobian(box).entries())

    def _not_falling(self, box: Box) -> Box | None:
        """What is left of a box without what lies in the ball, what has E > c, and what has dE/dt < 0."""
        if self.ball.holds(box):
            return None
        if self._is_smooth(box):
            if self.factors is not None and all(m > 0 for m in self.factors.over(box)):
                return narrowed(self.f, box, self.ball.zero)[0]
            if bounded(self.rate, box, RELATIONS["<"], fmpq(0))[0]:
                return None
        if self._above(box)[0]:
            return None
        y = middle(box)
        if arb(self.rate.at(y)[0]) >= 0 and self._is_low(y) and not self.ball.holds(tuple((x, x) for x in y)):
            raise Refused("the energy does not fall at a point of the set outside of the ball")
        return box
