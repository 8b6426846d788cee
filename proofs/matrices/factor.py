"""P A Pᵀ = L D Lᵀ in rationals, the largest diagonal entry first; or a vector x with xᵀ A x < 0 where A is not semidefinite.

Where a diagonal entry of a remainder S is negative, or all are zero and another entry is not, a vector u with uᵀ S u < 0 is
at hand, and x with Lᵀ x = (0, u) has xᵀ A x = uᵀ S u.  Source: Higham, Accuracy and Stability, 2002, section 10.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq

from amsym.notation.effort import check
from proofs.matrices.exact import Row, Rows, plain_rows


@dataclass(frozen=True)
class Factored:
    """A[order][:, order] = L diag(D) Lᵀ with L unit lower triangular and D ≥ 0, or a `negative` vector x with xᵀ A x < 0."""

    order: tuple[int, ...]
    L: Rows
    D: Row
    negative: Row | None = None

    @property
    def is_definite(self) -> bool:
        """Whether every pivot is positive."""
        return self.negative is None and all(d > 0 for d in self.D)

    def data(self) -> dict[str, object]:
        """The factors as plain data."""
        return {"order": list(self.order), "L": plain_rows(self.L), "D": [str(d) for d in self.D]}

    def null_vector(self) -> Row | None:
        """An x ≠ 0 with A x = 0, where a pivot is zero."""
        if self.negative is not None or self.is_definite:
            return None
        p = next(k for k, d in enumerate(self.D) if d == 0)
        return _extended(self.L, {p: fmpq(1)}, p, self.order)


def factored(rows: Rows) -> Factored:
    """The factors of a symmetric matrix of rationals.

    >>> from proofs.matrices.exact import symmetric_rows
    >>> f = factored(symmetric_rows([[1, 2], [2, 4]]))
    >>> f.order, f.D, f.null_vector()
    ((1, 0), [4, 0], [1, -1/2])
    >>> factored(symmetric_rows([[0, 1], [1, 0]])).negative
    [-1, 1]
    """
    n, S = len(rows), [list(row) for row in rows]
    order, L = list(range(n)), [[fmpq(int(i == j)) for j in range(n)] for i in range(n)]
    D: Row = []
    for p in range(n):
        check()
        u = _negative(S, p)
        if u is not None:
            return Factored(tuple(order), L, D, _extended(L, u, p, tuple(order)))
        q = max(range(p, n), key=lambda k: S[k][k])
        _swap(S, L, order, p, q)
        D.append(S[p][p])
        if S[p][p] > 0:
            _eliminate(S, L, p)
    return Factored(tuple(order), L, D)


def _negative(S: Rows, p: int) -> dict[int, fmpq] | None:
    """A vector on the remainder from p on whose form is negative, if one is seen at once."""
    rest = range(p, len(S))
    least = min(rest, key=lambda k: S[k][k])
    if S[least][least] < 0:
        return {least: fmpq(1)}
    if any(S[k][k] > 0 for k in rest):
        return None
    for i in rest:
        for j in range(p, i):
            if S[i][j] != 0:
                return {i: fmpq(1), j: fmpq(-1 if S[i][j] > 0 else 1)}
    return None


def _swap(S: Rows, L: Rows, order: list[int], p: int, q: int) -> None:
    if p == q:
        return
    S[p], S[q] = S[q], S[p]
    for row in S:
        row[p], row[q] = row[q], row[p]
    order[p], order[q] = order[q], order[p]
    for k in range(p):
        L[p][k], L[q][k] = L[q][k], L[p][k]


def _eliminate(S: Rows, L: Rows, p: int) -> None:
    for i in range(p + 1, len(S)):
        L[i][p] = S[i][p] / S[p][p]
    for i in range(p + 1, len(S)):
        if L[i][p] == 0:
            continue
        for j in range(p + 1, i + 1):
            S[i][j] -= L[i][p] * S[p][j]
            S[j][i] = S[i][j]


def _extended(L: Rows, u: dict[int, fmpq], p: int, order: tuple[int, ...]) -> Row:
    """x with Lᵀ x = (0, u) in the original order."""
    n = len(L)
    x = [u.get(k, fmpq(0)) for k in range(n)]
    for k in range(p - 1, -1, -1):
        x[k] = -sum((L[i][k] * x[i] for i in range(k + 1, n) if x[i]), fmpq(0))
    back = [fmpq(0)] * n
    for k, place in enumerate(order):
        back[place] = x[k]
    return back
