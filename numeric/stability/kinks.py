"""Is a steady state on a kink of the flow, and what do the one-sided Jacobians say there?

Near a kink f is piecewise smooth: on every piece dy/dt = J_s (y - y*). One piece suffices for instability, where an unstable
eigenvector points into it; one P ≻ 0 with J_sᵀ P + P J_s ≺ 0 for all pieces suffices for stability. Otherwise nothing is said.
Source: Liberzon, Switching in Systems and Control, 2003, section 2.1 (common Lyapunov functions).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from numeric.stability.point import Point
from numeric.stability.products import jacobian_product

Array = NDArray[Any]

# How far the state is moved, relative to 1 + |y|, and which share of the Jacobians within AROUND times that counts as a jump:
# a smooth one would have to change by all of itself within 1e-5.
NUDGE, AROUND, JUMP = 1e-9, 1e5, 1e-4
LOOKS, CORNERS, SEED = 4, 5, 0


@dataclass(frozen=True)
class Kink:
    """components: where the slope jumps. rightmost: the largest real part of each piece's eigenvalues, sorted.

    kind: what the pieces together show, "stable", "unstable" or "marginal".  index: the most unstable eigenvalues of a piece.
    """

    components: tuple[int, ...]
    rightmost: tuple[float, ...]
    kind: str
    index: int = 0

    def reason(self, labels: list[str]) -> str:
        """The finding in words."""
        names = ", ".join(labels[k] for k in self.components[:4]) + (", ..." if len(self.components) > 4 else "")
        where = f"a kink: state at the kink of component {names}" if names else f"a kink within {NUDGE:g} of the state"
        if not self.rightmost:
            return f"{where}, Jacobians on its sides disagree"
        ends = f"largest Re λ from {self.rightmost[0]:.3g} to {self.rightmost[-1]:.3g}"
        return f"{where}, one-sided Jacobians disagree ({ends}); {_SHOWN[self.kind]}"


_SHOWN = {
    "stable": "one quadratic function decreases on all sides",
    "unstable": "an unstable direction points into its own side",
    "marginal": "together they decide nothing",
}


def kink(at: Point, J: Array) -> Kink | None:
    """The kink that a state lies on, within 1e-9 (1 + |y|); None where the Jacobian does not jump.

    >>> from amsym import zoo
    >>> from numeric.stability.point import point
    >>> p = point(zoo.hopfield("relu"), {"W": [[0.5]], "b": [0.0]}, [0.0])
    >>> found = kink(p, p.jacobian())
    >>> found.components, found.rightmost, found.kind
    ((0,), (-1.0, -0.5), 'stable')
    """
    rng = np.random.default_rng(SEED)
    moves = rng.choice([-1.0, 1.0], (LOOKS, at.n)) * rng.uniform(0.5, 1.0, (LOOKS, at.n)) * NUDGE * at.scale
    around = (J, at.jacobian(at.y + AROUND * moves[0]), at.jacobian(at.y - AROUND * moves[0]))
    allowed = JUMP * max(float(np.abs(M).max(initial=0.0)) for M in around)
    jumps = np.zeros(J.shape, dtype=bool)
    for d in moves:
        jumps |= np.abs(at.jacobian(at.y + d) - at.jacobian(at.y - d)) > allowed
    if not jumps.any():
        return None
    columns, rows = np.flatnonzero(jumps.any(axis=0)), np.flatnonzero(jumps.any(axis=1))
    components = columns if len(columns) <= len(rows) else rows
    pieces = _pieces(at, columns, moves, allowed)
    spectra = [np.linalg.eigvals(P).real for P in pieces]
    kind = "unstable" if any(_leaves(at, P, allowed) for P in pieces) else _common(pieces)
    index = max(int((s > allowed).sum()) for s in spectra)
    return Kink(tuple(map(int, components)), tuple(sorted(float(s.max()) for s in spectra)), kind, index)


def kink_by_products(at: Point) -> Kink | None:
    """The same for many components: whether J w jumps for one random w; the places are not told."""
    rng = np.random.default_rng(SEED)
    w, d = rng.standard_normal(at.n), rng.choice([-1.0, 1.0], at.n) * NUDGE * at.scale
    up, down = (jacobian_product(at.moved(at.y + s * d)) @ w for s in (1, -1))
    jumps = np.abs(up - down).max() > JUMP * np.abs(up).max()
    return Kink((), (), "marginal") if jumps else None


def _pieces(at: Point, columns: Array, moves: Array, allowed: float) -> list[Array]:
    """The different Jacobians around: at every corner of a few components that matter, else where one has looked."""
    if len(columns) <= CORNERS:
        steps = np.zeros((2 ** len(columns), at.n))
        steps[:, columns] = np.abs(moves[0, columns]) * np.array(list(product([-1.0, 1.0], repeat=len(columns))))
    else:
        steps = np.concatenate([moves, -moves])
    found: list[Array] = []
    for d in steps:
        J = at.jacobian(at.y + d)
        if not any(np.abs(J - other).max() <= allowed for other in found):
            found.append(J)
    return found


def _leaves(at: Point, J: Array, allowed: float) -> bool:
    """Whether a real unstable eigenvector of J, or its opposite, points to where J is the Jacobian."""
    values, vectors = np.linalg.eig(J)
    for k in np.flatnonzero((values.real > allowed) & (values.imag == 0)):
        v = vectors[:, k].real / np.abs(vectors[:, k].real).max()
        for side in (1.0, -1.0):
            there = at.jacobian(at.y + side * NUDGE * at.scale * v)
            if np.abs(there @ v - values[k].real * v).max() <= allowed:
                return True
    return False


def _common(pieces: list[Array]) -> str:
    """What pieces show that no unstable direction was found for: stable where one quadratic function decreases on all."""
    return "stable" if any(all(_decreases(P, J) for J in pieces) for P in _candidates(pieces)) else "marginal"


def _candidates(pieces: list[Array]) -> list[Array]:
    """I, a Lyapunov solution of each stable piece, and means of two of these."""
    eye = np.eye(len(pieces[0]))
    solved = [scipy.linalg.solve_continuous_lyapunov(J.T, -eye) for J in pieces if np.linalg.eigvals(J).real.max() < 0]
    return [eye, *solved, *((P + Q) / 2 for P, Q in combinations(solved[:6], 2))]


def _decreases(P: Array, J: Array) -> bool:
    """Whether P ≻ 0 and Jᵀ P + P J ≺ 0, by more than rounding."""
    Q = J.T @ P + P @ J
    low, high = np.linalg.eigvalsh(P)[0], np.linalg.eigvalsh((Q + Q.T) / 2)[-1]
    return bool(low > 0 and high < -1e-12 * max(1.0, float(np.abs(Q).max(initial=0.0))))


__all__ = ["Kink", "kink", "kink_by_products"]
