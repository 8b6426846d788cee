"""Exact matrices: L D Lᵀ is multiplied out, a vector tried, copositivity decided by principal submatrices, a sum of squares expanded."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

from flint import arb, fmpq, fmpq_mat

from proofs.checker.balls import Undetermined, precision
from proofs.checker.boxes import middle
from proofs.checker.covers import matrix_of, metric_of, quantity, relation_of
from proofs.checker.domains import BITS, Refused, domain_of
from proofs.checker.falling import field_of, is_analytic
from proofs.checker.model import Model, exact, is_definite
from proofs.checker.points import Point
from proofs.checker.reader import Unreadable

LARGEST, CORNERS = 12, 2**12
Rows = list[list[fmpq]]


def check_matrix(c: Mapping[str, Any], claim: str = "") -> str:
    """What the matrix was found to be; raises Refused, Undetermined or Unreadable."""
    prop = c["property"]
    if prop == "sum of squares":
        return _squares(c)
    if prop == "not a sum of squares":
        return _negative(c)
    A = _rows(c["matrix"])
    n = range(len(A))
    if prop.endswith(" over slopes"):
        return _over_slopes(c, A, claim)
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
    elif prop == "not positive definite":
        x = [exact(v) for v in c["vector"]]
        if len(x) != len(A) or not any(x) or _form(A, x) > 0 or "semidefinite" in claim:
            raise Refused("the vector does not show it")
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


def _over_slopes(c: Mapping[str, Any], A: Rows, claim: str) -> str:
    """A(s) = A + Σ s_k A_k for low ≤ s ≤ high: by its corners, by a bound from below, or against it by an exact s and x.

    A is affine in s and the definite matrices are convex; with P_k ⪰ ±A_k moreover A(s) ⪰ A(middle) - Σ r_k P_k, r the half-widths.
    """
    parts, low, high = [_rows(p) for p in c["parts"]], [exact(x) for x in c["low"]], [exact(x) for x in c["high"]]
    if not len(parts) == len(low) == len(high) or any(a > b for a, b in zip(low, high, strict=True)):
        raise Refused("the slopes have no bounds, or the wrong ones")
    if any(len(B) != len(A) or _turned(B) != B for B in (A, *parts)):
        raise Refused("a matrix is not symmetric, or of another size")
    words = _contraction_matrices(c, A, parts, low, high) if "metric" in c else ""
    strict, prop = "semidefinite" not in c["property"], c["property"]
    if prop == "not positive over slopes":
        s, x = [exact(v) for v in c["slopes"]], [exact(v) for v in c["vector"]]
        if not all(a <= v <= b for a, v, b in zip(low, s, high, strict=True)) or len(x) != len(A) or not any(x):
            raise Refused("the slopes or the vector do not fit")
        value = _form(_combined(A, parts, s), x)
        if value > 0 or (value == 0 and "semidefinite" in claim):
            raise Refused("the vector does not show it")
        return f"the matrix is not positive {'semi' * bool(value < 0)}definite at the slopes"
    if prop not in ("positive definite over slopes", "positive semidefinite over slopes"):
        raise Unreadable(f"the property {prop!r:.40} is not known")
    if c["how"] == "corners":
        if 2 ** sum(a < b for a, b in zip(low, high, strict=True)) > CORNERS:
            raise Undetermined("there are too many corners")
        corners = product(*({a, b} for a, b in zip(low, high, strict=True)))
        if not all(is_definite(_combined(A, parts, s), strict) for s in corners):
            raise Refused(f"the matrix is not {prop}, at a corner")
    elif c["how"] == "bound":
        bounds = [_rows(P) for P in c["bounds"]]
        if not all(is_definite(_combined(P, [B], [fmpq(s)]), False) for P, B in zip(bounds, parts, strict=True) for s in (1, -1)):
            raise Refused("a bound of a part is none")
        lowest = _combined(A, parts, [(a + b) / 2 for a, b in zip(low, high, strict=True)])
        _elimination(c, _combined(lowest, bounds, [(a - b) / 2 for a, b in zip(low, high, strict=True)]), strict)
    else:
        raise Unreadable(f"no way is known to show it by {c['how']!r:.20}")
    return f"the matrix is {prop}{words}"


def _contraction_matrices(c: Mapping[str, Any], A: Rows, parts: list[Rows], low: list[fmpq], high: list[fmpq]) -> str:
    """On the domain J = C + Σ s_k b_k e_kᵀ with slopes s_k: A is the symmetric part of -P C, and A_k that of -P b_k e_kᵀ."""
    n, model = len(A), Model(c["model"], c["sizes"], c["values"])
    with precision(BITS):
        f, domain = field_of(model, model.right_sides), domain_of(model, c)
        if f.columns is None or len(model.components) != n or len(parts) != n:
            raise Undetermined("the slopes of the flow do not scale the columns of its Jacobian, one each")
        P = -metric_of(c, n)
        fixed, moving = (P * M for M in f.columns)
        if not all(((fixed[i, j] + fixed[j, i]) / 2 - A[i][j]).contains(0) for i in range(n) for j in range(n)):
            raise Undetermined("the matrix at slopes 0 is not seen to be that of the flow")
        points = [tuple((x, x) for x in ends) for ends in (middle(domain), *zip(*domain, strict=True))]
        for k, (s, *there) in enumerate(zip(*map(f.varying, (domain, *points)), strict=True)):
            own = [[(moving[i, k] * int(j == k) + moving[j, k] * int(i == k)) / 2 for j in range(n)] for i in range(n)]
            i, j = max(product(range(n), repeat=2), key=lambda p, B=parts[k]: abs(B[p[0]][p[1]]))  # type: ignore[misc]
            scale = own[i][j] / parts[k][i][j] if parts[k][i][j] != 0 else arb(0)
            if not all((own[a][b] - scale * parts[k][a][b]).contains(0) for a in range(n) for b in range(n)):
                raise Refused("a part is not that of the flow")
            if not (scale * s >= low[k] and scale * s <= high[k]):
                outside = any(scale * x < low[k] or scale * x > high[k] for x in there)
                raise (Refused if outside else Undetermined)("the slopes of the flow on the domain are not within their bounds")
    return ", which holds that of -P J for the flow on the domain"


def check_vector(c: Mapping[str, Any], claim: str = "") -> str:
    """xᵀ A x < 0, ≤ 0 for the Hessian A of the energy or of a formula at an exact point."""
    found = re.fullmatch(r"xᵀ A x (<|≤) 0 with A = (hessian of .+)", c["inequality"])
    if not found:
        raise Unreadable(f"no rule reads the inequality {c['inequality']!r:.60}")
    with precision(256):
        point = Point(c)
        f, x = matrix_of(point.model, found[2]), [exact(v) for v in c["vector"]]
        if not is_analytic(point.model.graph, f.nodes):
            raise Undetermined("at a kink a second derivative is none")
        H = point(*(s for row in f.rows for s in row))
        value = sum((h * x[k // len(x)] * x[k % len(x)] for k, h in enumerate(H)), fmpq(0)) if len(H) == len(x) ** 2 else fmpq(1)
    if not any(x):
        raise Refused("the vector is 0")
    if not (value < 0 or (found[1] == "≤" and "semidefinite" not in claim and value <= 0)):
        raise (Undetermined if isinstance(value, arb) and value.contains(0) else Refused)("the vector does not show it")
    return f"xᵀ A x = {arb(value).str(6, radius=False)} for the {found[2]:.60}"


def check_squares(c: Mapping[str, Any]) -> str:
    """left ⋈ right for every state, left - right or right - left being a polynomial that is a sum of squares; compared at random points."""
    model = Model(c["model"], c["sizes"], c.get("values", {}))
    left, relation, right = relation_of(c["inequality"])
    if relation not in ("<=", ">=") or set(model.values) != set(model.parameters):
        raise Unreadable("squares show ≤ and ≥, with the values of all parameters")
    words, g, squares = _squares(c["squares"]), model.graph, c["squares"]
    named = {f"{name}{''.join(f'_{k}' for k in place)}": model.component(name, place) for name, place in model.components}
    y = [named[name] for name in squares["variables"]]
    terms = [g.multiply(g.number(exact(x)), *(g.power(v, fmpq(e)) for v, e in zip(y, m, strict=True))) for m, x in squares["polynomial"]]
    difference, sign = g.minus(quantity(model, left), g.number(right)), g.number(1 if relation == ">=" else -1)
    f, rng = field_of(model, [g.minus(g.multiply(sign, difference), g.add(*terms))]), random.Random(3)
    for _ in range(8):
        value = f.at([fmpq(rng.randint(-999, 999), 7) for _ in model.components])[0]
        if not isinstance(value, fmpq):
            raise Undetermined("the inequality is not one of polynomials")
        if value != 0:
            raise Refused("the polynomial is not that of the inequality")
    return f"{left if len(left) < 40 else 'the formula'} {relation} {right} for every state: {words}"


def _turned(A: Rows) -> Rows:
    return [list(column) for column in zip(*A, strict=True)]


def _combined(A: Rows, parts: list[Rows], s: Sequence[fmpq]) -> Rows:
    """A + Σ s_k A_k."""
    n = range(len(A))
    return [[A[i][j] + sum((x * B[i][j] for x, B in zip(s, parts, strict=True)), fmpq(0)) for j in n] for i in n]


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
