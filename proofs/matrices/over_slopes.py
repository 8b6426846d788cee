"""A(s) = A0 + Σ_k s_k A_k with slopes l ≤ s ≤ u: is xᵀ A(s) x > 0 for every x ≠ 0 and every s in the box?

Semidefinite matrices form a convex cone and A is affine in s, so the 2^m corners decide, exactly. With many slopes a bound
from below serves: at the middle s = c, with S_k the symmetric part of A_k and P_k ⪰ ±S_k,  A(s) ⪰ A(c) - Σ_k (u_k - l_k)/2 P_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from flint import fmpq

from amsym.errors import InputError
from amsym.notation.effort import check
from amsym.verdict import Status, Verdict
from proofs.matrices.exact import Row, Rows, as_fmpq, exact_rows, plain_rows, rough, symmetric_part
from proofs.matrices.factor import factored
from proofs.matrices.semidefinite import small_negative

STRICT, WEAK = "matrix is positive definite for all slopes of the box", "matrix is positive semidefinite for all slopes of the box"
# So many corners are gone through; beyond, the bound at the middle is tried, then corners that look worst.
CORNERS = 2**12
CONVEX = "an affine image of a box is the hull of its corners' images, and semidefinite matrices form a convex cone"
DOMINATED = "A(s) ⪰ A(c) - Σ_k r_k P_k for |s - c| ≤ r, where P_k ⪰ S_k and P_k ⪰ -S_k"


def definite_over_slopes(A0: Any, parts: Sequence[Any], low: Sequence[Any], high: Sequence[Any], *, strict: bool = True) -> Verdict:
    """CERTIFIED where xᵀ A(s) x > 0 (≥ 0, if not strict) for all slopes, REFUTED by exact s and x, UNDECIDED with many slopes.

    A0, each of parts: (n, n), of any numbers, not necessarily symmetric.  low, high: a number for each part.

    >>> v = definite_over_slopes([[2, 0], [0, 2]], [[[0, 1], [1, 0]]], [-1], [1])
    >>> str(v.status), v.certificate["how"]
    ('CERTIFIED', 'corners')
    >>> definite_over_slopes([[2]], [[[-1]]], [0], [3]).certificate["slopes"]
    ['3']

    Raises InputError for shapes that do not fit, or low above high.
    """
    base, pieces, lo, hi = _read(A0, parts, low, high)
    # A part that never moves belongs to the base.
    moving = [k for k in range(len(pieces)) if lo[k] != hi[k]]
    claim = STRICT if strict else WEAK
    if 2 ** len(moving) <= CORNERS:
        return _by_corners(claim, base, pieces, lo, hi, moving, strict)
    bounded = _by_bound(claim, base, pieces, lo, hi, strict)
    return bounded if bounded is not None else _by_worst(claim, base, pieces, lo, hi, strict)


def product_parts(L: Any, R: Any) -> list[Rows]:
    """The parts L[:, k] R[k, :] of L diag(s) R = Σ_k s_k A_k.

    >>> product_parts([[1, 2]], [[3], [4]])
    [[[3]], [[8]]]
    """
    left, right = exact_rows(L, "L"), exact_rows(R, "R")
    if not left or len(left[0]) != len(right):
        raise InputError(
            f"L has {len(left[0]) if left else 0} columns and R {len(right)} rows; equal numbers were expected: one for each slope"
        )
    return [[[row[k] * x for x in right[k]] for row in left] for k in range(len(right))]


def _read(A0: Any, parts: Sequence[Any], low: Sequence[Any], high: Sequence[Any]) -> tuple[Rows, list[Rows], Row, Row]:
    base, pieces = exact_rows(A0, "A0"), [exact_rows(A, f"part {k}") for k, A in enumerate(parts)]
    n = len(base)
    if n == 0 or any(len(a) != n or len(a[0]) != n for a in (base, *pieces)):
        raise InputError(f"A0 and the parts have shapes {[(len(a), len(a[0])) for a in (base, *pieces) if a]}; one (n, n) was expected")
    if not all(isinstance(ends, Sequence | np.ndarray) for ends in (low, high)):
        raise InputError(f"low is {low!r} and high {high!r}; a number for each part was expected: give two lists")
    if not len(pieces) == len(low) == len(high):
        raise InputError(f"there are {len(pieces)} parts, {len(low)} low and {len(high)} high slopes; equal numbers were expected")
    lo, hi = [as_fmpq(x) for x in low], [as_fmpq(x) for x in high]
    if any(a > b for a, b in zip(lo, hi, strict=True)):
        raise InputError("a slope has low above high; low ≤ high was expected: swap them")
    return symmetric_part(base), [symmetric_part(a) for a in pieces], lo, hi


def at_slopes(base: Rows, pieces: Sequence[Rows], s: Row) -> Rows:
    """A(s)."""
    n = range(len(base))
    return [[base[i][j] + sum((x * a[i][j] for x, a in zip(s, pieces, strict=True) if a[i][j]), fmpq(0)) for j in n] for i in n]


def _by_corners(claim: str, base: Rows, pieces: list[Rows], lo: Row, hi: Row, moving: list[int], strict: bool) -> Verdict:
    count = 0
    for corner in product((0, 1), repeat=len(moving)):
        check()
        s = list(lo)
        for k, side in zip(moving, corner, strict=True):
            s[k] = (lo[k], hi[k])[side]
        found = factored(at_slopes(base, pieces, s))
        if found.negative is not None or (strict and not found.is_definite):
            return _refuted(claim, base, pieces, lo, hi, s)
        count += 1
    data = {**_data(base, pieces, lo, hi, strict), "how": "corners", "corners": count, "lemma": CONVEX}
    return Verdict(claim, Status.CERTIFIED, data, f"the exact pivots at all {count} corners of the slopes' box have the right sign")


def _data(base: Rows, pieces: list[Rows], lo: Row, hi: Row, strict: bool) -> dict[str, Any]:
    return {
        "kind": "exact matrix",
        "property": f"positive {'definite' if strict else 'semidefinite'} over slopes",
        "matrix": plain_rows(base),
        "parts": [plain_rows(a) for a in pieces],
        "low": [str(x) for x in lo],
        "high": [str(x) for x in hi],
    }


def _refuted(claim: str, base: Rows, pieces: list[Rows], lo: Row, hi: Row, s: Row) -> Verdict:
    rows = at_slopes(base, pieces, s)
    found = factored(rows)
    x = small_negative(rows, found.negative) if found.negative is not None else found.null_vector()
    assert x is not None
    data = _data(base, pieces, lo, hi, True) | {"property": "not positive over slopes", "slopes": [str(v) for v in s]}
    data["vector"] = [str(v) for v in x]
    sign = "< 0" if found.negative is not None else "= 0"
    return Verdict(claim, Status.REFUTED, data, f"xᵀ A(s) x {sign} at a corner s of the box and an exact x")


def dominating(S: Rows) -> Rows:
    """A rational P ⪰ ±S for a symmetric S: |S| from floating point, made larger until both differences have exact factors.

    >>> dominating([[fmpq(0), fmpq(1)], [fmpq(1), fmpq(0)]])[0][1]
    0
    """
    values, V = np.linalg.eigh(rough(S))
    P = (V * np.abs(values)) @ V.T
    scale = float(np.max(np.abs(values), initial=0.0)) or 1.0
    n = range(len(S))
    for slack in (0.0, 1e-13, 1e-10, 1e-6):
        rounded = [[_rounded((P[i, j] + P[j, i]) / 2 / scale) * as_fmpq(scale) for j in n] for i in n]
        for i in n:
            rounded[i][i] += as_fmpq(slack * scale)
        if all(factored([[rounded[i][j] - sign * S[i][j] for j in n] for i in n]).negative is None for sign in (1, -1)):
            return rounded
    total = [sum((abs(x) for x in row), fmpq(0)) for row in S]
    return [[total[i] if i == j else fmpq(0) for j in n] for i in n]


def _rounded(x: float) -> fmpq:
    """x to 2⁻⁴⁴, so that what should be a small fraction is one."""
    return fmpq(round(x * 2**44), 2**44)


def _by_bound(claim: str, base: Rows, pieces: list[Rows], lo: Row, hi: Row, strict: bool) -> Verdict | None:
    n = range(len(base))
    lowest = at_slopes(base, pieces, [(a + b) / 2 for a, b in zip(lo, hi, strict=True)])
    bounds = [dominating(S) for S in pieces]
    for a, b, P in zip(lo, hi, bounds, strict=True):
        for i in n:
            for j in n:
                lowest[i][j] -= (b - a) / 2 * P[i][j]
    found = factored(lowest)
    if found.negative is not None or (strict and not found.is_definite):
        return None
    data = {
        **_data(base, pieces, lo, hi, strict),
        "how": "bound",
        "bounds": [plain_rows(P) for P in bounds],
        "lemma": DOMINATED,
        **found.data(),
    }
    return Verdict(
        claim, Status.CERTIFIED, data, f"A at the middle of {len(pieces)} slopes exceeds what they can take away, by exact pivots"
    )


def _by_worst(claim: str, base: Rows, pieces: list[Rows], lo: Row, hi: Row, strict: bool) -> Verdict:
    """Corners that make xᵀ A(s) x least for the lowest eigenvector x, in turn; a corner that fails exactly refutes."""
    A, parts = rough(base), np.array([rough(a) for a in pieces])
    ends = np.array([[float(x.p) / float(x.q) for x in side] for side in (lo, hi)])
    s = ends.mean(axis=0)
    for _ in range(20):
        x = np.linalg.eigh(A + np.einsum("k,kij->ij", s, parts))[1][:, 0]
        upper = np.einsum("kij,i,j->k", parts, x, x) < 0
        if np.array_equal(new := np.where(upper, ends[1], ends[0]), s):
            break
        s = new
    corner = [hi[k] if s[k] == ends[1][k] else lo[k] for k in range(len(pieces))]
    found = factored(at_slopes(base, pieces, corner))
    if found.negative is not None or (strict and not found.is_definite):
        return _refuted(claim, base, pieces, lo, hi, corner)
    words = f"{len(pieces)} slopes have too many corners, the bound at the middle fails, and no corner tried is not definite"
    return Verdict(claim, Status.UNDECIDED, {"kind": "attempts"}, words)
