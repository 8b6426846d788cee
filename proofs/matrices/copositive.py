"""Is xᵀ A x ≥ 0 for every x ≥ 0? Exactly, for matrices up to 12 × 12.

A matrix whose principal submatrices are all copositive is itself not copositive if and only if det A < 0 and A⁻¹ ≤ 0 entry by
entry; then x = -A⁻¹ 1 ≥ 0 has xᵀ A x = 1ᵀ A⁻¹ 1 < 0. So the 2ⁿ - 1 principal submatrices are gone through, the small ones first.
Sources: Hadeler, On copositive matrices, Linear Algebra Appl. 49, 1983, theorem 2; Cottle, Habetler and Lemke 1970.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from flint import fmpq, fmpq_mat

from amsym.notation.effort import check
from amsym.verdict import Status, Verdict
from proofs.matrices.exact import Rows, form, of_small_height, plain_rows, symmetric_rows
from proofs.matrices.factor import factored
from proofs.matrices.semidefinite import refuted_by

CLAIM = "matrix is copositive"
# 4095 principal submatrices; each further row doubles them.
LARGEST = 12
LEMMA = "a matrix with copositive principal submatrices is copositive unless det A < 0 and A⁻¹ ≤ 0 (Hadeler 1983)"


def copositive(A: Any) -> Verdict:
    """CERTIFIED copositive, REFUTED by an exact x ≥ 0 with xᵀ A x < 0; UNDECIDED only beyond 12 rows.

    A: symmetric, (n, n), of numbers, fractions or texts "p/q".  The certificate holds a splitting A = P + N with P = L D Lᵀ
    and N ≥ 0 where one was found, else the rule that every principal submatrix was put to.

    >>> copositive([[1, -1], [-1, 1]]).certificate["witness"]["how"]
    'semidefinite and nonnegative part'
    >>> copositive([[1, -2], [-2, 1]]).certificate["vector"]
    ['1', '1']

    Raises InputError for what is no symmetric matrix of finite numbers.
    """
    rows = symmetric_rows(A)
    split = _split(rows)
    if split is not None:
        return _certified(rows, split, "A is the sum of a positive semidefinite and a nonnegative matrix")
    if len(rows) > LARGEST:
        return _beyond(rows)
    x = _violating(rows, len(rows))
    if x is not None:
        return _refuted(rows, x)
    witness = {"how": "principal submatrices", "lemma": LEMMA, "checked": 2 ** len(rows) - 1}
    return _certified(rows, witness, f"none of {2 ** len(rows) - 1} principal submatrices has det < 0 and an inverse ≤ 0")


def _certified(rows: Rows, witness: dict[str, Any], words: str) -> Verdict:
    data = {"kind": "exact matrix", "matrix": plain_rows(rows), "property": "copositive", "witness": witness}
    return Verdict(CLAIM, Status.CERTIFIED, data, words)


def _refuted(rows: Rows, x: list[fmpq]) -> Verdict:
    small = of_small_height(x, lambda v: all(u >= 0 for u in v) and form(rows, v) < 0)
    return refuted_by(CLAIM, rows, small, "not copositive")


def _beyond(rows: Rows) -> Verdict:
    """More than 12 rows: a violation in three rows at a time still refutes."""
    x = _violating(rows, 3)
    if x is not None:
        return _refuted(rows, x)
    words = f"{len(rows)} rows are more than {LARGEST}; no splitting was found, and no violation by three coordinates"
    return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts"}, words)


def _split(rows: Rows) -> dict[str, Any] | None:
    """A = P + N with P semidefinite and N ≥ 0: nothing moved to N, or all positive entries off the diagonal."""
    n = range(len(rows))
    for moved in (False, True):
        N = [[rows[i][j] if moved and i != j and rows[i][j] > 0 else fmpq(0) for j in n] for i in n]
        found = factored([[rows[i][j] - N[i][j] for j in n] for i in n])
        if found.negative is None:
            return {"how": "semidefinite and nonnegative part", "nonnegative": plain_rows(N), **found.data()}
    return None


def _violating(rows: Rows, largest: int) -> list[fmpq] | None:
    """An x ≥ 0 with a negative form, from the first principal submatrix by Hadeler's criterion."""
    for places in _subsets(len(rows), largest):
        check()
        inner = _direction(rows, places)
        if inner is not None:
            table = dict(zip(places, inner, strict=True))
            return [table.get(k, fmpq(0)) for k in range(len(rows))]
    return None


def _subsets(n: int, largest: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, largest + 1):
        yield from combinations(range(n), size)


def _direction(rows: Rows, places: tuple[int, ...]) -> list[fmpq] | None:
    """-A⁻¹ 1 of a principal submatrix, where det A < 0 and A⁻¹ ≤ 0."""
    A = fmpq_mat([[rows[i][j] for j in places] for i in places])
    if not A.det() < 0:
        return None
    inverse = A.inv().tolist()
    if any(x > 0 for row in inverse for x in row):
        return None
    return [-sum(row, fmpq(0)) for row in inverse]
