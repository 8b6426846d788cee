"""At most one steady state in a box: f is one-to-one where Y J + (Y J)ᵀ ≻ 0 for a fixed Y and every Jacobian J on the box.

    (a - b)·Y (f(a) - f(b)) = ∫ (a - b)ᵀ Y J (a - b) > 0    along the way from b to a, which stays in the box

With Y = -P, P ≻ 0, the flow also contracts in |x|_P: its logarithmic norm is negative there. With Y near an inverse of J the test
asks less. Krawczyk's test then finds the one steady state, or the claim is about at most one.
Sources: Lohmiller and Slotine 1998 for -P; Gale and Nikaido 1965 for matrices with positive definite symmetric part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from amsym.errors import AmsymError, InputError
from amsym.judged import judged
from amsym.notation.effort import OutOfTime, remaining, time_limit
from amsym.prover.regularity import is_continuous
from amsym.verdict import Status, Verdict
from numeric.simulate_input import positive
from proofs.certificates import with_model
from proofs.inequalities.boxed import Boxed, boxed
from proofs.inequalities.branching import Cover, cover
from proofs.inequalities.defined import is_finite_on
from proofs.inequalities.definite import Definite
from proofs.inequalities.matrices_on_box import matrix_data, matrix_words
from proofs.inequalities.matrix_forms import JacobianForm, flow_rows
from proofs.inequalities.on_box import SECONDS, left_open
from proofs.inequalities.slope_corners import Sloped, by_corners, sloped
from proofs.matrices import definite_over_slopes
from proofs.matrices.exact import exact_rows, plain_rows, symmetric_rows
from proofs.matrices.factor import factored
from proofs.question import Question, question
from proofs.zeros.boxes import box_data, near
from proofs.zeros.contraction import CLAIM as UNIQUE_CLAIM
from proofs.zeros.krawczyk import ZeroBox, ZeroProblem, newton, proved_zero
from proofs.zeros.points import Field
from proofs.zeros.stable_state import lyapunov_matrix

Array = NDArray[np.float64]
# Seconds for the claim that one steady state lies in the domain.
UNIQUE = 3.0
# The most slopes whose corners are gone through in rationals.
SLOPES = 9
CONTRACTS = "the flow contracts on the box"
ONE_TO_ONE = "f is one-to-one on the box: Y ∂f/∂y + (Y ∂f/∂y)ᵀ ≻ 0 there for one matrix Y"


def contracts_on_box(
    system: Any, domain: Mapping[Any, Any], params: Mapping[str, Any] | None = None, *, metric: Any = None, seconds: float = SECONDS
) -> Verdict:
    """CERTIFIED where the logarithmic norm of ∂f/∂y in |x|² = xᵀ P x is negative on the whole box: P J + Jᵀ P ≺ 0.

    metric: P, (n, n), symmetric and positive definite, in packed order, all entries of the first state before those of the next;
    without one the identity and solutions of Lyapunov's equation at the middle and at a steady state are tried. The P that was found
    is in certificate["metric"].  system, domain, params, seconds: as for holds_on_box.

    >>> from amsym import zoo
    >>> v = contracts_on_box(zoo.hopfield("tanh"), {"y": (-1, 1)}, {"W": [[0.5, 0.2], [0.2, 0.3]], "b": [0.0, 0.1]})
    >>> str(v.status), v.certificate["metric"]
    ('CERTIFIED', [['1', '0'], ['0', '1']])

    Raises InputError as holds_on_box does, and for a metric that is not positive definite.
    """
    positive("seconds", seconds)
    asked = question(judged(system, "contracts_on_box", energy=False), params or {}, domain)
    return with_model(_contracting(boxed(asked), metric, seconds), asked.system, asked.fixed, asked.sizes)


def _contracting(problem: Boxed, metric: Any, seconds: float) -> Verdict:
    blocked = _unfit(problem)
    if blocked:
        return Verdict(CONTRACTS, Status.UNDECIDED, {"kind": "attempts"}, blocked)
    metrics = [np.array(_given(metric, problem.width))] if metric is not None else list(_metrics(problem))
    found, net = None, sloped(problem)
    for P in metrics:
        slopes = _over_slopes(P, net) if net is not None else None
        if slopes is not None:
            data = {**slopes.certificate, **problem.data(), "metric": plain_rows(exact_rows(P))}
            return Verdict(CONTRACTS, Status.CERTIFIED, data, f"{_stated(P)} for all slopes of g on the domain: {slopes.reason}")
        found = cover(Definite(problem, JacobianForm(problem, -P), strict=True), problem.low, problem.high, seconds / len(metrics))
        if found.holds:
            data = matrix_data(problem, "-P jacobian", True, found) | {"metric": plain_rows(exact_rows(P))}
            return Verdict(CONTRACTS, Status.CERTIFIED, data, f"{_stated(P)} {matrix_words(problem, found)}")
    assert found is not None
    return _not_contracting(problem, found, len(metrics))


def _stated(P: Array) -> str:
    """The inequality, with P where it is as short as that."""
    if np.array_equal(P, np.eye(len(P))):
        return "∂f/∂y + (∂f/∂y)ᵀ ≺ 0"
    return "P ∂f/∂y + (∂f/∂y)ᵀ P ≺ 0, P the metric of the certificate,"


def _over_slopes(P: Array, net: Sloped) -> Verdict | None:
    """-P J = P r (I - W diag(s)) with a positive definite symmetric part for all slopes s, in rationals; None where it is not shown."""
    n = range(len(P))
    exact = [x for row in (*net.W, net.rates) for x in row]
    if len(P) > SLOPES or not all(x.is_exact() for x in exact):
        return None
    metric, rates = exact_rows(P), [x.fmpq() for x in net.rates]
    scaled = [[metric[i][k] * rates[k] for k in n] for i in n]
    W = [[x.fmpq() for x in row] for row in net.W]
    columns = [[[-sum((scaled[i][m] * W[m][k] for m in n), fmpq(0)) * int(j == k) for j in n] for i in n] for k in n]
    found = definite_over_slopes(scaled, columns, net.low, net.high)
    return found if found.holds else None


def _not_contracting(problem: Boxed, found: Cover, tried: int) -> Verdict:
    """UNDECIDED: one metric that fails, fails; another might not."""
    words = f"the logarithmic norm is not negative everywhere in {tried} metric{'s' * (tried > 1)} tried"
    if found.violation is None:
        return left_open(CONTRACTS, problem, found)
    return Verdict(CONTRACTS, Status.UNDECIDED, {"kind": "attempts", "metrics": tried}, words)


def _given(metric: Any, n: int) -> list[list[float]]:
    rows = symmetric_rows(metric, "the metric")
    if len(rows) != n:
        raise InputError(f"the metric is {len(rows)} × {len(rows)}; an {n} × {n} matrix was expected: one row for each component")
    if not factored(rows).is_definite:
        raise InputError(f"the metric is not positive definite; one that is was expected: say metric=np.eye({n}), or leave it out")
    found = [[float(x.p) / float(x.q) for x in row] for row in rows]
    if not factored(symmetric_rows(found)).is_definite:
        raise InputError("the metric is not positive definite when rounded to doubles; a better conditioned one was expected")
    return found


def _unfit(problem: Boxed) -> str:
    flow = problem.system.flow
    if flow is None:
        return "there is no flow"
    if not all(is_continuous(f, problem.system.states) for f in flow.values()):
        return "the flow may jump"
    if not is_finite_on(problem, flow_rows(problem)):
        return "the flow is not shown to be defined on the whole box"
    return ""


def _metrics(problem: Boxed) -> Iterator[Array]:
    """The identity, then solutions of Lyapunov's equation that are exactly positive definite."""
    yield np.eye(problem.width)
    for J in _jacobians(problem):
        P = lyapunov_matrix(J)
        if P is not None and factored(exact_rows(-P)).is_definite:
            yield -P / np.max(np.abs(P))


def _jacobians(problem: Boxed) -> Iterator[Array]:
    """∂f/∂y at the middle and at a steady state, in floating point."""
    form, middle = JacobianForm(problem, np.eye(problem.width)), (problem.low + problem.high) / 2
    for point in (middle, _steady(problem, form, middle)):
        if point is not None:
            J = form.jacobian(point[None], point[None]).middle[0]
            if np.isfinite(J).all():
                yield J


def _steady(problem: Boxed, form: JacobianForm, start: Array) -> Array | None:
    model = problem.model()
    found = newton(lambda y: model.packed_flow(y[None])[0], lambda y: form.jacobian(y[None], y[None]).middle[0], start)
    return found if found is not None and np.all((found >= problem.low) & (found <= problem.high)) else None


def injective(problem: Boxed, seconds: float = SECONDS) -> tuple[dict[str, Any], str] | None:
    """The certificate and words of f being one-to-one on the box; None where no Y tried shows it."""
    if _unfit(problem):
        return None
    corners = by_corners(problem)
    if corners is not None:
        return corners
    candidates = [Y for J in _jacobians(problem) if (Y := _inverse(J)) is not None] + [-P for P in _metrics(problem)]
    for Y in candidates:
        found = cover(Definite(problem, JacobianForm(problem, Y), strict=True), problem.low, problem.high, seconds / len(candidates))
        if found.holds:
            data = matrix_data(problem, "Y jacobian", True, found) | {"Y": plain_rows(exact_rows(Y)), "lemma": ONE_TO_ONE}
            return data, f"f is one-to-one there, by Y ∂f/∂y ≻ 0 for one matrix Y, {matrix_words(problem, found)}"
    return None


def _inverse(J: Array) -> Array | None:
    try:
        Y = np.linalg.inv(J)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(Y) if np.isfinite(Y).all() else None


def one_on_box(question: Question, unique: dict[str, Any] | None = None, why: str = "") -> Verdict | None:
    """CERTIFIED where exactly one steady state lies in the bounded domain; None where that is not shown.

    unique: the certificate of there being one among all states, where that is known, with its reason; else f must be one-to-one there.
    """
    try:
        with time_limit(min(UNIQUE, remaining() / 2)):
            problem = boxed(question)
            zero = steady_box(problem)
            alone = (unique, why) if unique is not None else injective(problem) if zero is not None else None
    except (AmsymError, OutOfTime):
        return None
    if zero is None or alone is None:
        return None
    data = {
        "kind": "interval cover",
        **problem.data(),
        "zeros of": "flow",
        "zeros": [box_data(zero)],
        "tree": 0,
        "undecided": [],
        "unique": alone[0],
    }
    words = f"one steady state is found in {problem.domain_in_words()}, near {near(zero)}, by Krawczyk's test; {alone[1]}"
    return Verdict(UNIQUE_CLAIM, Status.CERTIFIED, data, words)


def steady_box(problem: Boxed, starts: int = 12) -> ZeroBox | None:
    """A box inside the domain that provably holds exactly one steady state, by Krawczyk's test from a few starts."""
    assert problem.system.flow is not None
    form = JacobianForm(problem, np.eye(problem.width))
    zeros = ZeroProblem([Field(c.tensor, c.where, f) for c, f in problem.system.flow.items()], problem.sizes, dict(problem.fixed))
    rng = np.random.default_rng(0)
    points = [(problem.low + problem.high) / 2, *rng.uniform(problem.low, problem.high, size=(starts, problem.width))]
    for start in points:
        near = _steady(problem, form, start)
        box = proved_zero(zeros, near) if near is not None else None
        if box is not None and _within(box, problem):
            return box
    return None


def _within(box: ZeroBox, problem: Boxed) -> bool:
    rows = zip(*(map(Fraction, map(float, a)) for a in (box.middle, box.radius, problem.low, problem.high)), strict=True)
    return all(low <= m - r and m + r <= high for m, r, low, high in rows)
