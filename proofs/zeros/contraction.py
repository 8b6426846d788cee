"""For given numbers: do the couplings and the slopes of f = r (W g - y + b) leave room for only one steady state?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_mat

from amsym.notation import Component, depends_on, derivative, fresh_indices
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.contraction import MONOTONE
from amsym.prover.network import Network, network
from amsym.prover.regularity import conditions, is_continuous
from amsym.system import System
from amsym.verdict import Status, Verdict
from numeric.rigorous import Evaluator, Undetermined
from proofs.question import Question
from proofs.zeros.boxes import WIDTH
from proofs.zeros.krawczyk import ZeroProblem
from proofs.zeros.points import Field

CLAIM = "steady state unique"
BANACH = "a contraction of a complete space has exactly one fixed point (Banach)"
SYMBOLIC_SECONDS = 3.0


@dataclass(frozen=True)
class Matrix:
    """W and c of all states in one row, as balls, with floats beside them."""

    W: list[list[arb]]
    c: list[arb]

    @property
    def rough(self) -> tuple[Any, Any]:
        """W and c in floating point."""
        return np.array([[float(x) for x in row] for row in self.W]), np.array([float(x) for x in self.c])


def certified(question: Question, system: System) -> tuple[Verdict | None, str]:
    """A verdict where a test holds, and the constants that were reached."""
    linear = _linear(question, system)
    if linear is not None:
        return linear, ""
    try:
        with time_limit(SYMBOLIC_SECONDS):
            net = network(system)
        if net is None or any(a not in question.sizes for s in system.states for a in s.axes):
            return None, "the flow was not read as rates times W g - y + b"
        matrix = network_matrix(net, system, question)
    except (OutOfTime, Undetermined):
        return None, ""
    tests = [(_banach, net.additive), (_below, net.monotone), (_euclidean, True)]
    said = []
    for test, applies in tests:
        if not applies:
            continue
        certificate, words = test(matrix)
        said.append(words)
        if certificate is not None:
            full = {**certificate, "sizes": dict(question.sizes), "slopes": list(net.lemmas)}
            return Verdict(CLAIM, Status.CERTIFIED, full, f"exactly one steady state: {words}"), ""
    return None, "; ".join(said)


def _linear(question: Question, system: System) -> Verdict | None:
    """A flow that is affine in the states vanishes once where its matrix is invertible."""
    assert system.flow is not None
    fields = [Field(c.tensor, c.where, f) for c, f in system.flow.items()]
    slopes = [derivative(f.formula, s[fresh_indices(s.axes, f.where)] if s.axes else Component(s)) for f in fields for s in system.states]
    if any(depends_on(e, s) for e in slopes for s in system.states) or conditions(*system.formulas):
        return None
    if any(a not in question.sizes for s in system.states for a in s.axes) or not all(
        is_continuous(f.formula, system.states) for f in fields
    ):
        return None
    problem = ZeroProblem(fields, question.sizes, dict(question.fixed or {}))
    determinant = arb_mat(problem.slope(problem.at(np.zeros(problem.width)))).det() if problem.width <= WIDTH else arb(0)
    if determinant.contains(0):
        return None
    certificate = {"kind": "invertible matrix", "sizes": dict(question.sizes), "determinant of ∂f/∂y": str(determinant.str(10))}
    return Verdict(
        CLAIM, Status.CERTIFIED, certificate, f"the flow is affine and its matrix has determinant {determinant.str(6, radius=False)} ≠ 0"
    )


def network_matrix(net: Network, system: System, question: Question) -> Matrix:
    """W and c of a network at given numbers."""
    here = Evaluator(question.sizes, dict(question.fixed or {}))
    places = [(s, p) for s in system.states for p in Field(s, (), sp.S.Zero).places(question.sizes)]
    W = [[arb(0) for _ in places] for _ in places]
    for m, (r, p) in enumerate(places):
        for n, (s, q) in enumerate(places):
            if (r, s) in net.couplings:
                weight, a, b = net.couplings[r, s]
                W[m][n] = here(weight, {**dict(zip(a, p, strict=True)), **dict(zip(b, q, strict=True))})
    return Matrix(W, [here(net.slopes[s]) for s, _ in places])


def _banach(m: Matrix) -> tuple[dict[str, Any] | None, str]:
    """|W| c v < v for a positive v from floating point, checked in balls."""
    W, c = m.rough
    n = len(c)
    A = np.abs(W) * c
    radius = float(max(abs(np.linalg.eigvals(A)), default=0.0))
    words = f"the spectral radius of |W| c is about {radius:.4g}"
    if not radius < 1:
        return None, words
    v = [Fraction(float(x)).limit_denominator(10**6) for x in np.linalg.solve(np.eye(n) - A, np.ones(n))]
    if not all(x > 0 for x in v):
        return None, words
    weights = [_ball(x) for x in v]
    factors = [sum((abs(m.W[i][j]) * m.c[j] * weights[j] for j in range(n)), arb(0)) / weights[i] for i in range(n)]
    top = max(factors, key=float)
    if not all(x < 1 for x in factors):
        return None, words
    bound = str((top.upper()).str(8, radius=False))
    certificate = {
        "kind": "contraction",
        "norm": "max |y_i|/v_i",
        "v": [str(x) for x in v],
        "constant": bound,
        "lemma": BANACH,
    }
    return certificate, f"y → W g(y) + b contracts by {float(top):.4g} in a weighted maximum norm"


def _ball(x: Fraction) -> arb:
    return arb(x.numerator) / arb(x.denominator)


def _below(m: Matrix) -> tuple[dict[str, Any] | None, str]:
    """1/c - (W + Wᵀ)/2 is positive definite: all pivots of its elimination are positive."""
    W, c = m.rough
    n = len(c)
    root = np.sqrt(c)
    top = float(np.linalg.eigvalsh(root[:, None] * (W + W.T) / 2 * root)[-1])
    words = f"the largest eigenvalue of the symmetric part of √c W √c is about {top:.4g}"
    rows = [[(1 / m.c[i] if i == j else arb(0)) - (m.W[i][j] + m.W[j][i]) / 2 for j in range(n)] for i in range(n)]
    pivots = positive_pivots(rows) if top < 1 else None
    if pivots is None:
        return None, words
    return _certificate(top, pivots, MONOTONE, kind="definite matrix", matrix="1/c - (W + Wᵀ)/2"), f"{words}, below 1"


def _euclidean(m: Matrix) -> tuple[dict[str, Any] | None, str]:
    """I - (W c)ᵀ (W c) is positive definite."""
    W, c = m.rough
    n = len(c)
    norm = float(np.linalg.norm(W * c, 2))
    words = f"‖W c‖ is about {norm:.4g}"
    A = arb_mat([[m.W[i][j] * m.c[j] for j in range(n)] for i in range(n)])
    G = A.transpose() * A
    pivots = positive_pivots([[arb(int(i == j)) - G[i, j] for j in range(n)] for i in range(n)]) if norm < 1 else None
    if pivots is None:
        return None, words
    certificate = _certificate(norm, pivots, BANACH, kind="contraction", norm="Euclidean")
    return certificate, f"y → W g(y) + b contracts by {norm:.4g} in the Euclidean norm"


def _certificate(constant: float, pivots: list[arb], lemma: str, **what: str) -> dict[str, Any]:
    return {**what, "constant": f"{constant:.8g}", "smallest pivot": str(min(pivots, key=float).str(8)), "lemma": lemma}


def positive_pivots(a: list[list[arb]]) -> list[arb] | None:
    """The pivots of a symmetric elimination in balls, or None where one is not positive for certain."""
    n = len(a)
    for p in range(n):
        if not a[p][p] > 0:
            return None
        for i in range(p + 1, n):
            factor = a[i][p] / a[p][p]
            for j in range(p + 1, n):
                a[i][j] -= factor * a[p][j]
    return [a[p][p] for p in range(n)]
