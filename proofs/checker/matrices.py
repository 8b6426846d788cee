"""Exact matrices: L D Lᵀ is multiplied out, a vector tried, copositivity decided by principal submatrices, a sum of squares expanded."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from flint import arb, fmpq, fmpq_mat

from proofs.checker.balls import Undetermined, precision
from proofs.checker.covers import Refused, matrix_nodes
from proofs.checker.model import exact, is_definite
from proofs.checker.points import Point
from proofs.checker.reader import Unreadable

LARGEST = 12
Rows = list[list[fmpq]]


def check_matrix(c: Mapping[str, Any]) -> str:
    """What the matrix was found to be; raises Refused or Unreadable."""
    prop = c["property"]
    if prop == "sum of squares":
        return _squares(c)
    A = _rows(c["matrix"], "matrix")
    if prop == "invertible":
        if fmpq_mat(A).det() == 0:
            raise Refused("the determinant is 0")
        return _origin(c, A, "the determinant is not 0")
    if any(A[i][j] != A[j][i] for i in range(len(A)) for j in range(i)):
        raise Refused("the matrix is not symmetric")
    if prop in ("positive definite", "positive semidefinite", "negative definite", "negative semidefinite"):
        signed = A if prop.startswith("positive") else [[-x for x in row] for row in A]
        _elimination(c, signed, strict=not prop.endswith("semidefinite"))
        return _origin(c, A, f"the matrix is {prop}")
    if prop in ("indefinite", "not positive semidefinite", "not copositive"):
        _against(c, A, prop)
        return _origin(c, A, f"the matrix is {prop}")
    if prop in ("copositive", "strictly copositive"):
        if not is_copositive(A, strict=prop.startswith("strictly")):
            raise Refused(f"the matrix is not {prop}")
        return _origin(c, A, f"the matrix is {prop}")
    raise Unreadable(f"the property {prop!r} is not known")


def _rows(data: Any, what: str) -> Rows:
    if not isinstance(data, list) or not all(isinstance(row, list) for row in data):
        raise Unreadable(f"the {what} is no list of rows")
    rows = [[exact(x) for x in row] for row in data]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise Unreadable(f"the {what} is not square")
    return rows


def _elimination(c: Mapping[str, Any], A: Rows, strict: bool) -> None:
    """A[order][:, order] = L D Lᵀ with the signs that D needs; without L and D, an elimination of our own."""
    n = len(A)
    if "L" in c or "D" in c:
        order = list(c.get("order", range(n)))
        L, D = _rows(c["L"], "L"), [exact(x) for x in c["D"]]
        if sorted(order) != list(range(n)) or len(L) != n or len(D) != n:
            raise Refused("order, L and D do not fit the matrix")
        if any(L[i][j] != int(i == j) for i in range(n) for j in range(i, n)):
            raise Refused("L is not unit lower triangular")
        product = fmpq_mat(L) * fmpq_mat(n, n, [D[i] if i == j else 0 for i in range(n) for j in range(n)]) * fmpq_mat(L).transpose()
        if any(product[i, j] != A[order[i]][order[j]] for i in range(n) for j in range(n)):
            raise Refused("L D Lᵀ is not the matrix")
        if any(d < 0 or (strict and d == 0) for d in D):
            raise Refused("a pivot in D has the wrong sign")
    elif not is_definite(A, strict):
        raise Refused("elimination finds a pivot of the wrong sign")


def _form(A: Rows, x: list[fmpq]) -> fmpq:
    return sum((A[i][j] * x[i] * x[j] for i in range(len(x)) for j in range(len(x))), fmpq(0))


def _against(c: Mapping[str, Any], A: Rows, prop: str) -> None:
    x = [exact(v) for v in c["vector"]]
    if len(x) != len(A) or not _form(A, x) < 0:
        raise Refused("xᵀ A x is not negative")
    if prop == "not copositive" and any(v < 0 for v in x):
        raise Refused("the vector has a negative entry")
    if prop == "indefinite":
        y = [
            exact(v) for v in c.get("vector of positive sign", [int(n == max(range(len(A)), key=lambda k: A[k][k])) for n in range(len(A))])
        ]
        if len(y) != len(A) or not _form(A, y) > 0:
            raise Refused("no vector with a positive form is given")


def is_copositive(A: Rows, strict: bool) -> bool:
    """Hadeler (1983): a symmetric A is copositive unless a principal submatrix B has det B < 0 and adj B ≥ 0.

    Strictly so unless one has det B ≤ 0 and adj B ≥ 0 with a positive diagonal.
    """
    n = len(A)
    if n > LARGEST:
        raise Undetermined(f"copositivity is decided up to {LARGEST} rows")
    for size in range(1, n + 1):
        for rows in combinations(range(n), size):
            B = fmpq_mat([[A[i][j] for j in rows] for i in rows])
            det = B.det()
            if det > 0 or (det == 0 and not strict):
                continue
            if det < 0:
                adjugate = [x * det for x in B.inv().entries()]
                if all(x >= 0 for x in adjugate):
                    return False
            elif _has_nonnegative_kernel(B, size):
                return False
    return True


def _has_nonnegative_kernel(B: fmpq_mat, n: int) -> bool:
    """Whether a singular B has a kernel vector of one sign; kernels of more dimensions show in smaller submatrices."""
    reduced, rank = B.rref()
    if rank < n - 1:
        return False
    pivots = [next(j for j in range(n) if reduced[i, j] != 0) for i in range(rank)]
    (free,) = set(range(n)) - set(pivots)
    return all(reduced[i, free] <= 0 for i in range(rank))


def _origin(c: Mapping[str, Any], A: Rows, words: str) -> str:
    """Where the certificate says which matrix of a model this is, the model's own, computed here, must agree."""
    if "of" not in c:
        return words
    if "at" not in c:
        raise Unreadable("the certificate does not say at which state the matrix is taken")
    point = Point({**c, "values": {**c["values"], **c["at"]}})
    entries, n = matrix_nodes(point.model, c["of"])
    with precision(256):
        values = point(*entries)
    if n != len(A) or any(_differs(values[k], A[k // n][k % n]) for k in range(n * n)):
        raise Refused(f"the matrix is not the {c['of']} at the state")
    return f"{words}, and it is the {c['of']} at the state"


def _differs(x: Any, q: fmpq) -> bool:
    return bool(x != q) if isinstance(x, fmpq) else not (arb(x) - q).contains(0)


def _squares(c: Mapping[str, Any]) -> str:
    """zᵀ G z multiplied out is the polynomial, and G is positive semidefinite."""
    G, z = _rows(c["gram"], "gram"), [tuple(m) for m in c["monomials"]]
    if len(z) != len(G) or any(G[i][j] != G[j][i] for i in range(len(G)) for j in range(i)):
        raise Refused("the Gram matrix does not fit the monomials")
    found: dict[tuple[int, ...], fmpq] = {}
    for i, a in enumerate(z):
        for j, b in enumerate(z):
            key = tuple(p + q for p, q in zip(a, b, strict=True))
            found[key] = found.get(key, fmpq(0)) + G[i][j]
    goal: dict[tuple[int, ...], fmpq] = {}
    for m, x in c["polynomial"]:
        goal[tuple(m)] = goal.get(tuple(m), fmpq(0)) + exact(x)
    if {k: v for k, v in found.items() if v != 0} != {k: v for k, v in goal.items() if v != 0}:
        raise Refused("zᵀ G z is not the polynomial")
    _elimination(c, G, strict=False)
    return f"the polynomial is a sum of {len(G)} squares"


__all__ = ["check_matrix", "is_copositive"]
