"""One reader for each kind of certificate, by its name; what has none is not checked."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from proofs.checker.balls import Program, Undetermined, precision
from proofs.checker.boxes import Field, apart
from proofs.checker.covers import BITS, Refused, box_of, check_cover, proved_zero
from proofs.checker.matrices import check_matrix
from proofs.checker.model import Model, exact
from proofs.checker.points import check_point
from proofs.checker.reader import Unreadable
from proofs.checker.steps import check_steps
from proofs.checker.trial import Trial

Certificate = Mapping[str, Any]
# So many unknown entries of an affine field are solved for, at most.
UNKNOWNS = 260


class Evidence(Exception):
    """Evidence of a search: consistent in itself, not run again."""


def check_certificate(c: Certificate, claim: str) -> str:
    """What was found; raises Refused, Undetermined, Unreadable or Evidence."""
    kind = c.get("kind")
    if kind not in READERS:
        raise Unreadable(f"certificates of the kind {kind!r} are not read")
    if "model" not in c and kind not in ("exact matrix", "statistical", "samples", "empty hypothesis"):
        raise Unreadable("the certificate does not hold its model")
    words = READERS[kind](c, claim)
    for name, inner in c.items():
        if isinstance(inner, Mapping) and "kind" in inner:
            words += f"; {name}: {check_certificate({'model': c['model'], **inner}, claim)}"
    return words


def _two_states(c: Certificate, claim: str) -> str:
    """Two steady states for the same parameters: exact points or Krawczyk boxes, with no point in common."""
    model = Model(c["model"], c["sizes"], c["values"])
    f = Field(model.graph, model.components, model.right_sides, model.unknowns)
    boxes = [box_of(model, z) for z in c["steady states"]]
    with precision(BITS):
        boxes = [proved_zero(f, box) for box in boxes]
    if len(boxes) < 2 or not all(apart(a, b) for n, a in enumerate(boxes) for b in boxes[:n]):
        raise Refused("there are not two boxes without a common point")
    return f"{len(boxes)} steady states in boxes without a common point"


def _whole_space(model: Model) -> tuple[Field, Any]:
    """The flow and its Jacobian, over all states at once."""
    f = Field(model.graph, model.components, model.right_sides, model.unknowns)
    return f, tuple((None, None) for _ in model.components)


def _invertible(c: Certificate, claim: str) -> str:
    """An affine flow whose matrix has a determinant other than 0."""
    model = Model(c["model"], c["sizes"], c["values"])
    f, _ = _whole_space(model)
    rows = [[model.graph.rational(s) for s in row] for row in f.rows]
    if any(x is None for row in rows for x in row):
        if any(model.graph.nodes[a][0] == "v" for row in f.rows for s in row for a in model.graph.needed([s])):
            raise Refused("the flow is not affine in the states")
        with precision(256):
            det = arb_mat([[arb(x) for x in Program(model.graph, row)({})] for row in f.rows]).det()
    else:
        det = arb(fmpq_mat(rows).det())
    if det.contains(0):
        raise Refused("the determinant of the flow's matrix may be 0")
    return f"the flow is affine, and its matrix has determinant {det.str(4, radius=False)}"


def _contraction(c: Certificate, claim: str) -> str:
    """Over all states at once, the Jacobian's logarithmic norm is negative: in a weighted maximum norm, or the Euclidean one.

    A flow with a uniformly negative logarithmic norm has exactly one steady state (Desoer and Vidyasagar 1975, Söderlind 2006).
    """
    model = Model(c["model"], c["sizes"], c["values"])
    f, everywhere = _whole_space(model)
    with precision(BITS):
        J = f.jacobian(everywhere)
        rows = J.tolist()
        n = len(rows)
        v = [exact(x) for x in c["v"]] if "v" in c else [fmpq(1)] * n
        if len(v) != n or any(x <= 0 for x in v):
            raise Refused("the weights of the norm are not positive")
        own = [rows[i][i] + sum((abs(rows[i][j]) * (v[j] / v[i]) for j in range(n) if j != i), arb(0)) for i in range(n)]
        if all(x < 0 for x in own):
            return "the logarithmic norm of the Jacobian over all states is below 0"
        from proofs.checker.covers import is_positive

        if is_positive((J + J.transpose()) * arb(-0.5)):
            return "the symmetric part of the Jacobian over all states is negative definite"
    if "v" in c:
        raise Refused("with these weights the logarithmic norm is not shown to be negative")
    raise Undetermined("no logarithmic norm tried here is negative over all states at once")


def _rank(c: Certificate, claim: str) -> str:
    """Σ (A y + c)·∇E = 0 has no further solutions: the rank of these equations at random exact points, in balls."""
    done = 0
    for found in c["complete"]:
        if found.get("rank certified") and found.get("counted") == "all affine generators":
            model = c["model"]
            n = sum(math.prod(found["sizes"][a] for a in axes) for axes in model["states"].values())
            if n * (n + 1) <= UNKNOWNS:
                with precision(256):
                    _rank_at(c, found["sizes"], n * (n + 1) - int(found["dimension"]))
                done += 1
    if c.get("steps"):
        check_steps(c, claim)
    if not done:
        raise Undetermined("no rank is small enough to be computed again")
    return f"at {done} choices of sizes no further affine symmetry: the rank was found again at new points"


def _rank_at(c: Certificate, sizes: Mapping[str, int], goal: int) -> None:
    """Rows (∇E_i y_j, ∇E_i) at random points, with new parameters each time unless they are given: P rows Q has a determinant ≠ 0."""
    rng = random.Random(7)
    trial = Trial(c, sizes, rng, 3 * goal // max(1, len(c["model"]["states"])) + 3)
    m, rows = trial.model, []
    for slopes, point in zip(trial.values(m.gradient), trial.points, strict=True):
        rows.append([arb(s) * x for s in slopes for x in (*(point[q] for q in m.components), fmpq(1))])
    if goal and rows:
        P, Q = (arb_mat([[rng.randint(-3, 3) for _ in range(n)] for _ in range(k)]) for k, n in ((goal, len(rows)), (len(rows[0]), goal)))
    if goal and (not rows or (P * arb_mat(rows) * Q).det().contains(0)):
        raise Undetermined("the rank was not found again at new points")


def _statistical(c: Certificate, claim: str) -> str:
    """Counts, the interval of a proportion and the bound of no violation in n draws must fit together."""
    draws: Any = c.get("draws")
    hits: Any = c.get("successes")
    if draws is not None and (not isinstance(draws, int) or draws < 1):
        raise Refused(f"{draws!r} is no number of draws")
    if hits is not None and (draws is None or not isinstance(hits, int) or not 0 <= hits <= draws):
        raise Refused("there are more successes than draws")
    if hits is not None and draws is not None and "interval" in c:
        low, high = wilson(hits, draws, float(c.get("level", 0.95)))
        if any(abs(a - float(b)) > 1e-6 for a, b in zip((low, high), c["interval"], strict=True)):
            raise Refused("the interval is not Wilson's for these counts")
    bound = c.get("95 % bound on the probability of a violation")
    if bound is not None and draws and abs(float(bound) - (1 - 0.05 ** (1 / draws))) > 1e-9:
        raise Refused("the bound does not belong to this number of draws")
    raise Evidence("evidence of a search, not run again")


def wilson(hits: int, draws: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a proportion.

    >>> [round(x, 3) for x in wilson(0, 10)]
    [0.0, 0.278]
    """
    from statistics import NormalDist

    z = NormalDist().inv_cdf((1 + level) / 2)
    p, w = hits / draws, z * z / draws
    middle, half = (p + w / 2) / (1 + w), z / (1 + w) * math.sqrt(p * (1 - p) / draws + w / (4 * draws))
    return max(0.0, middle - half), min(1.0, middle + half)


def _no_hypothesis(c: Certificate, claim: str) -> str:
    domain = c.get("domain")
    if not isinstance(domain, Mapping) or "model" not in c or set(domain) != set(c["model"]["states"]):
        raise Unreadable("the domain that makes the hypothesis empty is not given")
    flat: list[Any] = []
    stack = list(domain.values())
    while stack:
        x = stack.pop()
        stack.extend(x) if isinstance(x, list) else flat.append(x)
    if any(x is None for x in flat):
        raise Refused("the domain is not bounded")
    [exact(x) for x in flat]
    return "the domain is a bounded box"


READERS: dict[Any, Callable[[Certificate, str], str]] = {
    "symbolic steps": check_steps,
    "exact counterexample": lambda c, claim: check_point(c),
    "counterexample in a box": lambda c, claim: check_point(c),
    "interval cover": lambda c, claim: check_cover(c),
    "exact matrix": lambda c, claim: check_matrix(c),
    "two steady states": _two_states,
    "invertible matrix": _invertible,
    "contraction": _contraction,
    "definite matrix": _contraction,
    "rank of exact samples": _rank,
    "statistical": _statistical,
    "samples": _statistical,
    "empty hypothesis": _no_hypothesis,
}

__all__ = ["Evidence", "check_certificate", "wilson"]
