"""Is a steady state stable, for certain? In(J) = In(P) where Jᵀ P + P J ≻ 0, for every Jacobian J of a box that holds the state.

Krawczyk's test proves that the box holds exactly one steady state; P is a floating-point solution of Jᵀ P + P J = I, taken as
exact. All eigenvalues of J lie left of the imaginary axis where P ≺ 0, and as many to the right as P has positive ones.
Source: Ostrowski and Schneider, Some theorems on the inertia of general matrices, J. Math. Anal. Appl. 4, 1962.
"""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.linalg
from flint import arb_mat, ctx
from numpy.typing import NDArray

from amsym.system import time
from amsym.verdict import Status, Verdict
from numeric.rigorous import Undetermined, ball
from numeric.stability.point import point
from numeric.stability.study import checked_residual
from proofs.certificates import with_model
from proofs.question import question
from proofs.zeros.boxes import WIDTH, box_data
from proofs.zeros.krawczyk import BITS, ZeroBox, ZeroProblem, proved_zero
from proofs.zeros.points import Field

Array = NDArray[np.float64]
STABLE, UNSTABLE = "steady state is stable", "steady state is unstable"
LEMMA = "Jᵀ P + P J ≻ 0 gives J as many eigenvalues right of the imaginary axis as P has positive ones, and none on it"


def certified_stability(system: Any, params: Any, state: Any, *, t: float = 0.0) -> Verdict:
    """CERTIFIED stable or unstable, with the number of unstable directions in the certificate; else UNDECIDED with its reason.

    The claim is about the one steady state in a box around `state`, which the certificate holds; parameters are taken as the
    exact binary fractions that they are. At most 40 components; a state on a kink or in a continuum stays undecided.

    >>> from amsym import zoo
    >>> v = certified_stability(zoo.hopfield("tanh"), {"W": [[2.0]], "b": [0.0]}, [0.0])
    >>> v.claim, str(v.status), v.certificate["index"]
    ('steady state is unstable', 'CERTIFIED', 1)

    Raises InputError where the state is not steady within 1e-6.
    """
    at = point(system, params, state, t)
    checked_residual(at, 1e-6)
    if at.n > WIDTH:
        return _undecided(f"balls were not tried on {at.n} components, more than {WIDTH}")
    asked = question(at.system, at.bound.params)
    assert asked.system.flow is not None
    fields = [Field(c.tensor, c.where, f) for c, f in asked.system.flow.items()]
    problem = ZeroProblem(fields, at.sizes, {**(asked.fixed or {}), time: Fraction(at.t)})
    box = proved_zero(problem, at.y)
    if box is None:
        return _undecided("no box around the state was proved to hold exactly one steady state: a kink, a continuum, or a zero mode")
    return with_model(judged_box(box), at.system, problem.values, at.sizes)


def _undecided(reason: str) -> Verdict:
    return Verdict(STABLE, Status.UNDECIDED, {}, reason)


def judged_box(box: ZeroBox) -> Verdict:
    """The same for the one steady state of a box."""
    before, ctx.prec = ctx.prec, BITS
    try:
        J = arb_mat(box.problem.slope(box.evaluator())) if box.slope is None else box.slope
        P = lyapunov_matrix(np.array([[float(x.mid()) for x in row] for row in J.tolist()]))
        index = None if P is None else inertia_of(J, P)
    except (Undetermined, ZeroDivisionError, OverflowError):
        return _undecided("the Jacobian has no balls over the box")
    finally:
        ctx.prec = before
    if P is None or index is None:
        return _undecided("eigenvalues lie too close to the imaginary axis for P and balls")
    rows = [[str(Fraction(float(x))) for x in row] for row in P]
    zero = {**box_data(box), "index": index}
    certificate = {"kind": "interval cover", "zeros of": "flow", "zeros": [zero], "P": rows, "index": index, "lemma": LEMMA}
    words = "all eigenvalues lie left of the imaginary axis" if index == 0 else f"{index} of {len(P)} eigenvalues lie right of it"
    return Verdict(UNSTABLE if index else STABLE, Status.CERTIFIED, certificate, f"for every state of the box, {words}")


def lyapunov_matrix(J: Array) -> Array | None:
    """A symmetric P with Jᵀ P + P J near I; None where there is none.

    >>> lyapunov_matrix(np.array([[-1.0]])).tolist()
    [[-0.5]]
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # eigenvalues that sum to 0: what comes out is put to exact tests
            P = scipy.linalg.solve_continuous_lyapunov(J.T, np.eye(len(J)))
    except (np.linalg.LinAlgError, ValueError):
        return None
    return (P + P.T) / 2 if np.isfinite(P).all() else None


def inertia_of(J: arb_mat, P: Array) -> int | None:
    """The number of eigenvalues with positive real part of every matrix in the balls J; None where P does not show it.

    >>> inertia_of(arb_mat([[1, 5], [0, -1.5]]), lyapunov_matrix(np.array([[1.0, 5.0], [0.0, -1.5]])))
    1
    """
    exact = _exact(P)
    Q = J.transpose() * exact + exact * J
    if _signs(Q) != [1] * len(P):
        return None
    values, V = np.linalg.eigh(P)
    scaled = _exact(V / np.sqrt(np.maximum(np.abs(values), np.finfo(float).tiny)))
    signs = _signs(scaled.transpose() * exact * scaled)
    return None if signs is None else signs.count(1)


def _exact(a: Array) -> arb_mat:
    return arb_mat([[ball(float(x)) for x in row] for row in a])


def _signs(M: arb_mat) -> list[int] | None:
    """The signs of the eigenvalues of a strictly diagonally dominant symmetric matrix, those of its diagonal; else None."""
    found = []
    for k, row in enumerate(M.tolist()):
        rest = sum((abs(x) for n, x in enumerate(row) if n != k), ball(0))
        if not abs(row[k]) > rest:
            return None
        found.append(1 if row[k] > 0 else -1)
    return found


__all__ = ["certified_stability", "inertia_of", "judged_box", "lyapunov_matrix"]
