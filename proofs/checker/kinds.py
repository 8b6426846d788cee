"""One reader for each kind of certificate, by its name; what has none is not checked."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

from flint import arb, arb_mat, fmpq

from proofs.checker.balls import Undetermined, precision
from proofs.checker.basins import check_basin
from proofs.checker.boxes import Field
from proofs.checker.covers import check_cover
from proofs.checker.definite import is_positive
from proofs.checker.domains import BITS, Refused
from proofs.checker.matrices import check_matrix, check_squares, check_vector
from proofs.checker.model import Model, exact
from proofs.checker.patterns import check_patterns
from proofs.checker.points import check_point
from proofs.checker.reader import Unreadable
from proofs.checker.steps import NEEDS, check_steps
from proofs.checker.trial import Trial
from proofs.checker.zeros import proved_zeros

Certificate = Mapping[str, Any]
UNKNOWNS = 160  # of an affine field that are solved for, at most
BOUND = "95 % bound on the probability of a violation"


class Evidence(Exception):
    """Evidence of a search: consistent in itself, not run again."""


def check_certificate(c: Certificate, claim: str) -> str:
    """What was found; raises Refused, Undetermined, Unreadable or Evidence."""
    kind = c.get("kind")
    if kind not in READERS:
        raise Unreadable(f"certificates of the kind {kind!r:.40} are not read")
    if "model" not in c and kind not in ("exact matrix", "statistical", "samples"):
        raise Unreadable("the certificate does not hold its model")
    words = READERS[kind](c, claim)
    for name, inner in c.items():
        for part in inner if isinstance(inner, list) else [inner]:
            if isinstance(part, Mapping) and part.get("kind") in READERS:
                words += f"; {name}: {check_certificate({**{k: c[k] for k in ('model', 'sizes', 'values') if k in c}, **part}, claim)}"
    return words


def _flow(c: Certificate) -> tuple[Model, Field]:
    model = Model(c["model"], c["sizes"], c["values"])
    return model, Field(model.graph, model.components, model.right_sides, model.unknowns)


def _cover(c: Certificate, claim: str) -> str:
    if "basin" in c and claim in NEEDS:
        raise Refused("a basin does not speak of the claim")
    if "parts" in c and "tree" not in c:
        if not c["parts"]:
            raise Refused("the cover has no part")
        return "; ".join(_cover({**{k: v for k, v in c.items() if k != "parts"}, **part}, claim) for part in c["parts"])
    return (check_basin if "basin" in c else check_squares if "squares" in c else check_cover)(c)


def _two_states(c: Certificate, claim: str) -> str:
    """Two steady states for the same parameters: exact points or Krawczyk boxes, with no point in common."""
    with precision(BITS):
        model, f = _flow(c)
        if len(proved_zeros(f, model, c["steady states"])) < 2:
            raise Refused("there are not two steady states")
    return "two steady states in boxes without a common point"


def _contraction(c: Certificate, claim: str) -> str:
    """Over all states at once, a logarithmic norm of the Jacobian is negative: of a weighted maximum norm, or the Euclidean one.

    A flow with a uniformly negative logarithmic norm has exactly one steady state (Desoer and Vidyasagar 1975, Söderlind 2006).
    """
    with precision(BITS):
        model, f = _flow(c)
        J, n = f.jacobian(tuple((None, None) for _ in model.components)), range(len(model.components))
        v = [exact(x) for x in c.get("v", [1 for _ in n])]
        if len(v) != len(n) or any(x <= 0 for x in v):
            raise Refused("the weights of the norm are not positive")
        if all(J[i, i] + sum((abs(J[i, j]) * (v[j] / v[i]) for j in n if j != i), arb(0)) < 0 for i in n):
            return "the logarithmic norm of the Jacobian over all states is below 0"
        if "v" in c:
            raise Refused("with these weights the logarithmic norm is not shown to be negative")
        if is_positive((J + J.transpose()) * arb(-0.5)):
            return "the symmetric part of the Jacobian over all states is negative definite"
    raise Undetermined("no logarithmic norm tried here is negative over all states at once")


def _rank(c: Certificate, claim: str) -> str:
    """Σ (A y + c)·∇E = 0 has no solutions but 0: the rank of these equations at random exact points, in balls."""
    done = 0
    if c.get("steps") or c.get("at sizes") or any(int(found["dimension"]) != 0 for found in c["complete"]):
        raise Undetermined("generators for these numbers alone are not read")
    for found in c["complete"]:
        n = sum(math.prod(found["sizes"][a] for a in axes) for axes in c["model"]["states"].values())
        if found["rank certified"] and found["counted"] == "all affine generators" and n * (n + 1) <= UNKNOWNS:
            with precision(256):
                _rank_at(c, found["sizes"], n * (n + 1))
            done += 1
    if not done:
        raise Undetermined("no rank is small enough to be computed again")
    return f"at {done} choices of sizes no affine symmetry: the rank was found again at new points"


def _rank_at(c: Certificate, sizes: Mapping[str, int], goal: int) -> None:
    """Rows (∇E_i y_j, ∇E_i) at random points, with new parameters each time unless they are given: P rows Q has a determinant ≠ 0."""
    rng = random.Random(7)
    trial = Trial(c, sizes, rng, 3 * goal // len(c["model"]["states"]) + 3)
    y = [[*(point[q] for q in trial.model.components), fmpq(1)] for point in trial.points]
    rows = [[arb(s) * x for s in slopes for x in own] for slopes, own in zip(trial.values(trial.model.gradient), y, strict=True)]
    if goal and rows:
        P, Q = (arb_mat([[rng.randint(-3, 3) for _ in range(n)] for _ in range(k)]) for k, n in ((goal, len(rows)), (len(rows[0]), goal)))
    if goal and (not rows or (P * arb_mat(rows) * Q).det().contains(0)):
        raise Undetermined("the rank was not found again at new points")


def _statistical(c: Certificate, claim: str) -> str:
    """Counts, the interval of a proportion and the bound of no violation in n draws must fit together."""
    draws, hits = c.get("draws", 1), c.get("successes", 0)
    if type(draws) is not int or type(hits) is not int or draws < 1 or not 0 <= hits <= draws:
        raise Refused("the numbers of draws and successes are no such numbers")
    if "interval" in c and any(abs(a - float(b)) > 1e-6 for a, b in zip(wilson(hits, draws), c["interval"], strict=True)):
        raise Refused("the interval is not Wilson's for these counts")
    if BOUND in c and abs(float(c[BOUND]) - (1 - 0.05 ** (1 / draws))) > 1e-9:
        raise Refused("the bound does not belong to this number of draws")
    raise Evidence("evidence of a search, not run again")


def wilson(hits: int, draws: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a proportion.

    >>> [round(x, 3) for x in wilson(0, 10)]
    [0.0, 0.278]
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, w = hits / draws, z * z / draws
    middle, half = (p + w / 2) / (1 + w), z / (1 + w) * math.sqrt(p * (1 - p) / draws + w / (4 * draws))
    return max(0.0, middle - half), min(1.0, middle + half)


def _empty(c: Certificate, claim: str) -> str:
    """A bounded box of all states: none of them is large."""
    flat: list[Any] = [c["domain"][name] for name in c["model"]["states"]]
    while flat:
        x = flat.pop()
        flat.extend(x if isinstance(x, list) else [exact(x)][:0])
    return "the domain is a bounded box"


READERS: dict[Any, Callable[[Certificate, str], str]] = {
    "symbolic steps": check_steps,
    "exact counterexample": lambda c, claim: check_vector(c, claim) if "vector" in c else check_point(c),
    "counterexample in a box": lambda c, claim: check_point(c),
    "interval cover": _cover,
    "exact matrix": check_matrix,
    "pattern cover": lambda c, claim: check_patterns(c),
    "two steady states": _two_states,
    "contraction": _contraction,
    "definite matrix": _contraction,
    "rank of exact samples": _rank,
    "statistical": _statistical,
    "samples": _statistical,
    "empty hypothesis": _empty,
}
