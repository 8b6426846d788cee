"""A branch point is a critical point of ψ·f(z) + μ (ψ·ψ - 1)/2 with μ = 0: f = 0, ψ ∂f/∂z = 0, |ψ| = 1.

Newton's method on these 2n + 2 equations is regular at a simple branch point, where Newton's on the curve is not. The
tangents of the two branches are the zeros of ψ·∂²f[t, t] among the null vectors t of ∂f/∂z. A branch that crosses with
t_s = 0 makes a pitchfork. Sources: Moore (1980), SIAM J. Numer. Anal. 17, 567-576; Keller (1977).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.continuation.corrector import solved
from numeric.continuation.family import Family
from numeric.continuation.station import even_sizes
from numeric.field import Array

ITERATIONS = 12
SETTLED = 1e-11  # a last step of Newton's method, relative to |z| + 1; the next one is shorter by 1e-6
FAR = 1e-3  # in units: a zero of the equations farther away than this from where the sign changed is another one
OFF = 1e-12  # |μ| above it, in units: the branches nearly meet and do not
SEVERAL = 1e-6  # singular values of ∂f/∂z below it, in units, vanish with the least one: without Newton's method z is right to 1e-8
NULL = 1e-7  # coefficients below this share of the derivatives they are made of count as zero


@dataclass(frozen=True)
class Special:
    """A special point in units: what it is, the null vector of ∂f/∂y (n,), and the tangent of a branch that crosses there."""

    kind: str
    z: Array
    vector: NDArray[Any] | None
    crossing: Array | None = None
    criticality: str | None = None
    frequency: float | None = None
    turns: bool = False
    """Whether s turns back there and the branch crosses none: at a fold, and at some corners."""
    settled: bool = True
    """False where Newton's method found no branch point, though det B changes sign: two branches that nearly meet, as a rule."""


def branch_point(family: Family, z: Array, along: Array) -> Special:
    """The branch point near z on a branch with this tangent: a pitchfork, transcritical, or one that is not told apart."""
    found = settled(family, z)
    slopes = family.slopes(z if found is None else found[0])
    if found is None:
        return Special("branch point", z, _null(slopes), settled=_several(slopes))
    z, psi = found
    v = _null(slopes)
    crossing = None if _several(slopes) else _crossing(family, z, psi, slopes, along)
    if crossing is None:
        return Special("branch point", z, v)
    if abs(_quadratic(family, z, psi, v, v)) > NULL * _size(family, z, v):
        return Special("transcritical", z, v, crossing)
    kind, criticality = _cubic(family, z, psi, v, slopes[:, :-1])
    return Special(kind, z, v, crossing, criticality)


def settled(family: Family, z: Array) -> tuple[Array, Array] | None:
    """z and ψ of the branch point; None where Newton's method finds none near."""
    start, n = z, family.n
    psi, mu = np.linalg.svd(family.slopes(z))[0][:, -1], 0.0
    bend = family.bend(z, psi)
    for _ in range(ITERATIONS):
        slopes = family.slopes(z)
        wrong = np.concatenate([psi @ slopes, family.f(z) + mu * psi, [(psi @ psi - 1) / 2]])
        step = solved(_matrix(bend, slopes, psi, mu), -wrong)
        if step is None:
            return None
        z, psi, mu = z + step[: n + 1], psi + step[n + 1 : -1], mu + step[-1]
        if np.linalg.norm(z - start) > FAR:
            return None
        if np.linalg.norm(step) <= SETTLED * (1 + np.linalg.norm(z)):
            return (z, psi) if abs(mu) <= OFF else None
    return None


def _matrix(bend: Array, slopes: Array, psi: Array, mu: float) -> Array:
    """The second derivatives of ψ·f(z) + μ (ψ·ψ - 1)/2 by z, ψ and μ, (2n + 2, 2n + 2)."""
    n = len(psi)
    zero, edge = np.zeros((n + 1, 1)), psi[:, None]
    return np.block([[bend, slopes.T, zero], [slopes, mu * np.eye(n), edge], [zero.T, edge.T, np.zeros((1, 1))]])


def _null(slopes: Array) -> Array:
    """The unit null vector of ∂f/∂y, (n,), its largest component positive."""
    return upward(np.linalg.svd(slopes[:, :-1])[2][-1])


def upward(v: Array) -> Array:
    """v or -v, whichever has the largest component positive; of components that rounding makes unequal, the first."""
    large = np.flatnonzero(np.abs(v) >= (1 - 1e-9) * np.abs(v).max())[0]
    return -v if v[large] < 0 else v


def _several(slopes: Array) -> bool:
    """Whether ∂f/∂z has more than two null vectors: several eigenvalues vanish at once, and many branches may cross."""
    return len(slopes) > 1 and bool(even_sizes(slopes)[-2] <= SEVERAL)


def _quadratic(family: Family, z: Array, psi: Array, u: Array, v: Array) -> float:
    """ψ·∂²f[u, v] for directions (n + 1,), or (n,) at fixed s."""
    return float(psi @ family.second(z, _whole(u, z), _whole(v, z)))


def _whole(u: Array, z: Array) -> Array:
    """A direction with its share of s, 0 where it has none."""
    return u if u.size == z.size else np.append(u, 0.0)


def _size(family: Family, z: Array, v: Array) -> float:
    """A size of the derivatives of f along v: what would be a large coefficient."""
    w = _whole(v, z)
    s = np.append(np.zeros(v.size), 1.0)
    return float(max(np.linalg.norm(family.second(z, w, x)) for x in (w, s))) + float(np.linalg.norm(family.third(z, w, w)))


def _crossing(family: Family, z: Array, psi: Array, slopes: Array, along: Array) -> Array | None:
    """The tangent of the other branch; None where the two null vectors have no two crossing directions."""
    N = np.linalg.svd(slopes)[2][-2:]
    q = np.array([[_quadratic(family, z, psi, u, v) for u in N] for v in N])
    values, vectors = np.linalg.eigh(q)
    if not values[0] < -NULL * max(np.abs(values).max(), 1e-300) or not values[1] > NULL * np.abs(values).max():
        return None
    roots = [np.sqrt(values[1]) * vectors[:, 0] + sign * np.sqrt(-values[0]) * vectors[:, 1] for sign in (1, -1)]
    tangents = [x @ N / np.linalg.norm(x) for x in roots]
    return _forward(min(tangents, key=lambda t: abs(float(t @ along))))


def _forward(t: Array) -> Array:
    """Turned to larger s; where s rests, as its largest component is positive."""
    if abs(t[-1]) > NULL:
        return t if t[-1] > 0 else -t
    return upward(t)


def _cubic(family: Family, z: Array, psi: Array, v: Array, J: Array) -> tuple[str, str | None]:
    """The sign of c in the reduced dynamics b s x + c x³: where c < 0 the crossing branch is stable.

    c = ψ·(∂³f[v, v, v] + 3 ∂²f[v, w])/(6 ψ·v) with J w = -∂²f[v, v]. Where ψ·v = 0 the eigenvalue 0 is double, and no
    such dynamics stands alone. Source: Kuznetsov (2004), section 5.4.
    """
    pair = float(psi / family.rows @ v) * float(np.median(family.rows))  # with the left null vector in the caller's units
    if abs(pair) <= NULL:
        return "branch point", None
    V = np.append(v, 0.0)
    w = np.linalg.lstsq(J, -family.second(z, V, V), rcond=1e-10)[0]
    c = float(psi @ (family.third(z, V, V) + 3 * family.second(z, V, np.append(w, 0.0)))) / pair
    if abs(c) <= NULL * _size(family, z, v):
        return "pitchfork", None
    return "pitchfork", "supercritical" if c < 0 else "subcritical"
