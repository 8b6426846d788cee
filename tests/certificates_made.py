"""Certificates of every kind, made by hand from small networks, and the tree of a cover that splits between zeros."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root

from amsym import zoo
from proofs.certificates import model_data

Array = NDArray[np.float64]
TANH = model_data(zoo.hopfield("tanh"))
RELU = model_data(zoo.hopfield("relu"))
DECAY = {"states": {"y": ["N"]}, "flow": {"y[i]": "-y[i]"}, "energy": "(Σ[i:N] y[i]**2)/2"}


def network(n: int, seed: int, radius: float) -> tuple[Array, Array]:
    """A symmetric W of the given spectral radius, and a small bias."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    W = (W + W.T) / 2
    return W * radius / np.abs(np.linalg.eigvalsh(W)).max(), rng.normal(size=n) * 0.1


def zeros_of(W: Array, b: Array, starts: int = 300) -> list[Array]:
    """The zeros of W tanh(y) - y + b that many starts lead to."""
    rng, found = np.random.default_rng(0), []
    for _ in range(starts):
        at = root(lambda y: W @ np.tanh(y) - y + b, rng.uniform(-4, 4, len(b)), tol=1e-14)
        y = at.x
        if np.abs(W @ np.tanh(y) - y + b).max() < 1e-11 and not any(np.abs(y - z).max() < 1e-6 for z in found):
            found.append(y)
    return found


def splits(zeros: list[Array], which: list[int]) -> Any:
    """A tree that tells the zeros apart."""
    if len(which) < 2:
        return which[0] if which else "."
    points = np.array([zeros[k] for k in which])
    c = int(np.argmax(np.ptp(points, axis=0)))
    values = np.sort(points[:, c])
    gap = int(np.argmax(np.diff(values)))
    cut = float((values[gap] + values[gap + 1]) / 2)
    below, above = ([k for k in which if (zeros[k][c] < cut) is np.bool_(side)] for side in (True, False))
    return [c, cut, splits(zeros, below), splits(zeros, above)]


def index_of(W: Array, y: Array) -> int:
    """Eigenvalues of the Jacobian right of the imaginary axis."""
    J = W * (1 - np.tanh(y) ** 2) - np.eye(len(y))
    return int((np.linalg.eigvals(J).real > 0).sum())


def cover_of_zeros(n: int = 2, seed: int = 4, radius: float = 3.0) -> dict[str, Any]:
    """Every zero of a tanh network in [-5, 5]^n, each with its index."""
    W, b = network(n, seed, radius)
    zeros = zeros_of(W, b)
    listed = [{"middle": {"y": y.tolist()}, "radius": {"y": [1e-9] * n}, "index": index_of(W, y)} for y in zeros]
    return {
        "kind": "interval cover",
        "model": copy.deepcopy(TANH),
        "sizes": {"N": n},
        "values": {"W": W.tolist(), "b": b.tolist()},
        "domain": {"y": [-5, 5]},
        "zeros of": "flow",
        "zeros": listed,
        "tree": splits(zeros, list(range(len(zeros)))),
    }


def cover_of_energy(right: str = "0") -> dict[str, Any]:
    """E ≥ right on a box, for E = ½ Σ (y - 1)² of a decaying flow."""
    model = {**DECAY, "energy": "(Σ[i:N] (y[i] - 1)**2)/2"}
    statement = {"left": "energy", "relation": ">=", "right": right}
    return {
        "kind": "interval cover",
        "model": model,
        "sizes": {"N": 2},
        "values": {},
        "domain": {"y": [["-2", -1], [2, 0.5]]},
        "inequality": statement,
        "tree": [0, 0.5, ".", [1, "1/4", ".", "."]],
    }


def cover_of_hessian() -> dict[str, Any]:
    """The Hessian of Σ y⁴ + ½ Σ y² - y_0 y_1 is positive definite near 1."""
    model = {**DECAY, "energy": "Σ[i:N] (y[i]**4/12 + y[i]**2/2) - y[0]*y[1]/2"}
    return {
        "kind": "interval cover",
        "model": model,
        "sizes": {"N": 2},
        "values": {},
        "domain": {"y": [-1, 1]},
        "matrix": "hessian of energy",
        "property": "positive definite",
        "tree": [0, 0.0, ".", "."],
    }


def factors(rows: list[list[Fraction]]) -> tuple[list[list[str]], list[str]]:
    """L and D of a definite matrix, by elimination."""
    n = len(rows)
    a, L = [row[:] for row in rows], [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    for p in range(n):
        for i in range(p + 1, n):
            L[i][p] = a[i][p] / a[p][p]
            a[i] = [x - L[i][p] * y for x, y in zip(a[i], a[p], strict=True)]
    return [[str(x) for x in row] for row in L], [str(a[p][p]) for p in range(n)]


def matrix(rows: list[list[Any]], prop: str, **more: Any) -> dict[str, Any]:
    """An exact matrix with its property."""
    return {"kind": "exact matrix", "matrix": [[str(x) for x in row] for row in rows], "property": prop, **more}


def definite(seed: int = 0, n: int = 3) -> dict[str, Any]:
    """A random positive definite matrix with L and D."""
    rng = np.random.default_rng(seed)
    B = [[Fraction(int(x)) for x in row] for row in rng.integers(-3, 4, size=(n, n))]
    A = [[sum((B[i][k] * B[j][k] for k in range(n)), Fraction(int(i == j))) for j in range(n)] for i in range(n)]
    L, D = factors(A)
    return matrix(A, "positive definite", L=L, D=D)


def squares() -> dict[str, Any]:
    """x⁴ + 2 x² y² + y⁴ - 2 x y + 1 + x² + y² as zᵀ G z with z = (1, x, y, x², xy, y²)."""
    z = [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    G = [[0] * 6 for _ in range(6)]
    for k in range(6):
        G[k][k] = 1
    G[4][4] = 2
    G[1][2] = G[2][1] = -1
    polynomial = [[[0, 0], "1"], [[2, 0], "1"], [[0, 2], "1"], [[1, 1], "-2"], [[4, 0], "1"], [[2, 2], "2"], [[0, 4], "1"]]
    return {
        "kind": "exact matrix",
        "property": "sum of squares",
        "variables": ["x", "y"],
        "polynomial": polynomial,
        "monomials": z,
        "gram": G,
    }


def verdict(certificate: dict[str, Any], status: str, claim: str = "as the certificate says") -> dict[str, Any]:
    """A verdict that rests on the certificate."""
    return {"claim": claim, "status": status, "certificate": certificate, "reason": "", "source": ""}


def changed(certificate: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    """A copy with one entry replaced; `to` may be a function of the old one."""
    found = copy.deepcopy(certificate)
    inner: Any = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to(inner[path[-1]]) if callable(to) else to
    return found


def without(certificate: dict[str, Any], *path: Any) -> dict[str, Any]:
    """A copy without one entry."""
    found = copy.deepcopy(certificate)
    inner: Any = found
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return found
