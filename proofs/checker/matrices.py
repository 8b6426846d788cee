"""Exact matrices: L D Lᵀ is multiplied out, a vector tried, copositivity decided by principal submatrices, a sum of squares expanded."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from flint import fmpq, fmpq_mat

from proofs.checker.balls import Undetermined, precision
from proofs.checker.covers import Refused, matrix_of
from proofs.checker.model import exact, is_definite
from proofs.checker.points import Point
from proofs.checker.reader import Unreadable

LARGEST = 12
Rows = list[list[fmpq]]


def check_matrix(c: Mapping[str, Any]) -> str:
    """What the matrix was found to be; raises Refused, Undetermined or Unreadable."""
    prop = c["property"]
    if prop == "sum of squares":
        return _squares(c)
    if prop == "not a sum of squares":
        return _negative(c)
    A = _rows(c["matrix"])
    n = range(len(A))
    if prop != "invertible" and any(A[i][j] != A[j][i] for i in n for j in n):
        raise Refused("the matrix is not symmetric")
    if prop in ("positive definite", "positive semidefinite", "negative definite", "negative semidefinite"):
        _elimination(c, A if prop.startswith("positive") else [[-x for x in row] for row in A], not prop.endswith("semidefinite"))
    elif prop in ("indefinite", "not positive semidefinite", "not copositive"):
        x = [exact(v) for v in c["vector"]]
        if len(x) != len(A) or not _form(A, x) < 0 or (prop == "not copositive" and any(v < 0 for v in x)):
            raise Refused("the vector does not show it")
        if prop == "indefinite" and not any(A[k][k] > 0 for k in n):
            raise Undetermined("no vector with a positive form is seen")
    elif prop in ("copositive", "strictly copositive"):
        if not is_copositive(A, strict=prop.startswith("strictly")):
            raise Refused(f"the matrix is not {prop}")
    elif prop != "invertible":
        raise Unreadable(f"the property {prop!r:.40} is not known")
    elif fmpq_mat(A).det() == 0:
        raise Refused("the determinant is 0")
    return f"the matrix is {prop}" + (_origin(c, A) if "of" in c else "")


def _rows(data: Any) -> Rows:
    if not isinstance(data, list) or not data or any(not isinstance(row, list) or len(row) != len(data) for row in data):
        raise Unreadable("a matrix is no square list of rows")
    return [[exact(x) for x in row] for row in data]


def _form(A: Rows, x: list[fmpq]) -> fmpq:
    return sum((A[i][j] * x[i] * x[j] for i in range(len(x)) for j in range(len(x))), fmpq(0))


def _elimination(c: Mapping[str, Any], A: Rows, strict: bool) -> None:
    """A[order][:, order] = L D Lᵀ with the signs that D needs; without L and D, an elimination of our own."""
    n = len(A)
    if "L" not in c and "D" not in c:
        if not is_definite(A, strict):
            raise Refused("elimination finds a pivot of the wrong sign")
        return
    order, L, D = list(c.get("order", range(n))), _rows(c["L"]), [exact(x) for x in c["D"]]
    if sorted(order) != list(range(n)) or len(L) != n or len(D) != n or any(L[i][j] != int(i == j) for i in range(n) for j in range(i, n)):
        raise Refused("order, L and D do not fit the matrix, or L is not unit lower triangular")
    product = fmpq_mat(L) * fmpq_mat([[D[i] * int(i == j) for j in range(n)] for i in range(n)]) * fmpq_mat(L).transpose()
    if any(product[i, j] != A[order[i]][order[j]] for i in range(n) for j in range(n)):
        raise Refused("L D Lᵀ is not the matrix")
    if any(d < 0 or (strict and d == 0) for d in D):
        raise Refused("a pivot in D has the wrong sign")


def is_copositive(A: Rows, strict: bool) -> bool:
    """Hadeler (1983): a symmetric A is copositive unless a principal submatrix B has det B < 0 and adj B ≥ 0.

    Strictly so unless moreover one is singular with a kernel vector ≥ 0; where kernels have more dimensions, smaller submatrices show it.
    """
    if len(A) > LARGEST:
        raise Undetermined(f"copositivity is decided up to {LARGEST} rows")
    for k in range(1, len(A) + 1):
        for rows in combinations(range(len(A)), k):
            B = fmpq_mat([[A[i][j] for j in rows] for i in rows])
            det = B.det()
            if det < 0 and all(x * det >= 0 for x in B.inv().entries()):
                return False
            if det == 0 and strict:
                reduced, rank = B.rref()
                free = [j for j in range(k) if all(reduced[i, j] != 1 or any(reduced[i, m] != 0 for m in range(j)) for i in range(rank))]
                if rank == k - 1 and all(reduced[i, free[0]] <= 0 for i in range(rank)):
                    return False
    return True


def _origin(c: Mapping[str, Any], A: Rows) -> str:
    """Where the certificate says which matrix of a model this is, the model's own, computed here, must agree."""
    if "at" not in c:
        raise Unreadable("the certificate does not say at which state the matrix is taken")
    point, n = Point({**c, "values": {**c["values"], **c["at"]}}), len(A)
    with precision(256):
        values = point(*(s for row in matrix_of(point.model, c["of"]).rows for s in row))
    gaps = [x - A[k // n][k % n] for k, x in enumerate(values)] if len(values) == n * n else [fmpq(1)]
    if any(x != 0 if isinstance(x, fmpq) else not x.contains(0) for x in gaps):
        raise Refused(f"the matrix is not the {c['of']} at the state")
    return f", and it is the {c['of']} at the state"


def _squares(c: Mapping[str, Any]) -> str:
    """zᵀ G z multiplied out is the polynomial, and G is positive semidefinite."""
    G, z = _rows(c["gram"]), [tuple(m) for m in c["monomials"]]
    if len(z) != len(G) or any(G[i][j] != G[j][i] for i in range(len(G)) for j in range(i)):
        raise Refused("the Gram matrix does not fit the monomials")
    rest: dict[tuple[int, ...], fmpq] = {}
    for key, x in [(tuple(p + q for p, q in zip(a, b, strict=True)), G[i][j]) for i, a in enumerate(z) for j, b in enumerate(z)]:
        rest[key] = rest.get(key, fmpq(0)) + x
    for m, x in c["polynomial"]:
        rest[tuple(m)] = rest.get(tuple(m), fmpq(0)) - exact(x)
    if any(x != 0 for x in rest.values()):
        raise Refused("zᵀ G z is not the polynomial")
    _elimination(c, G, strict=False)
    return f"the polynomial is a sum of {len(G)} squares"


def _negative(c: Mapping[str, Any]) -> str:
    """At the point the polynomial is below 0, which no sum of squares is."""
    if "point" not in c:
        raise Unreadable("what speaks against a sum of squares is no point, and is not read")
    x = [exact(v) for v in c["point"]]
    value = fmpq(0)
    for powers, a in c["polynomial"]:
        term = exact(a)
        for v, k in zip(x, powers, strict=True):
            if type(k) is not int or k < 0:
                raise Unreadable(f"{k!r:.20} is no power of a polynomial")
            term *= v**k
        value += term
    if not value < 0:
        raise Refused("the polynomial is not negative at the point")
    return f"the polynomial is {value} < 0 at the point"
