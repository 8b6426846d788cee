"""Is xᵀ A x ≥ 0 for every x? A = L D Lᵀ with D ≥ 0 in rationals, or an exact x that says no; there is no third answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, fmpq

from amsym.verdict import Status, Verdict
from proofs.matrices.exact import Rows, as_fmpq, form, of_small_height, plain_rows, rough, symmetric_rows
from proofs.matrices.factor import Factored, factored

SEMIDEFINITE, DEFINITE = "matrix is positive semidefinite", "matrix is positive definite"


def semidefinite(A: Any, *, strict: bool = False) -> Verdict:
    """CERTIFIED positive semidefinite (positive definite, if `strict`) with exact factors, or REFUTED by an exact vector.

    A: symmetric, (n, n), of numbers, fractions or texts "p/q"; a float is the binary fraction that it is.

    >>> v = semidefinite([[2, 1], [1, "1/2"]])
    >>> str(v.status), v.certificate["property"], v.certificate["D"]
    ('CERTIFIED', 'positive semidefinite', ['2', '0'])
    >>> semidefinite([[1, 2], [2, 1]]).certificate["vector"]
    ['1', '-1']

    Raises InputError for what is no symmetric matrix of finite numbers.
    """
    rows = symmetric_rows(A)
    found, claim = factored(rows), DEFINITE if strict else SEMIDEFINITE
    if found.negative is not None:
        return refuted_by(claim, rows, small_negative(rows, found.negative))
    if strict and not found.is_definite:
        null = found.null_vector()
        assert null is not None
        return refuted_by(claim, rows, _turned(of_small_height(null, lambda v: any(v) and form(rows, v) == 0)))
    data = {"kind": "exact matrix", "matrix": plain_rows(rows), "property": property_of(found), **found.data()}
    return Verdict(claim, Status.CERTIFIED, data, f"A = L D Lᵀ in rationals with {_pivots_in_words(found)}")


def property_of(found: Factored) -> str:
    """The stronger of the two properties that the factors show."""
    return "positive definite" if found.is_definite else "positive semidefinite"


def small_negative(rows: Rows, x: list[fmpq]) -> list[fmpq]:
    """A vector of small whole numbers with xᵀ A x < 0: near the lowest eigenvector or near x, whichever is smaller."""

    def negative(v: list[fmpq]) -> bool:
        return form(rows, v) < 0

    starts = [x, lowest] if (lowest := _lowest_eigenvector(rows)) is not None else [x]
    candidates = [of_small_height(v, negative) for v in starts]
    return _turned(min((v for v in candidates if negative(v)), key=lambda v: max(abs(u.p) + u.q for u in v)))


def refuted_by(claim: str, rows: Rows, x: list[fmpq], found: str = "not positive") -> Verdict:
    """REFUTED by a vector."""
    value = form(rows, x)
    words = {"not positive": "not positive definite" if value == 0 else "not positive semidefinite"}.get(found, found)
    data = {"kind": "exact matrix", "matrix": plain_rows(rows), "property": words, "vector": [str(u) for u in x], "value": str(value)}
    shown = f"x = ({', '.join(str(u) for u in x)})" if len(x) <= 16 else "the vector x of the certificate"
    return Verdict(claim, Status.REFUTED, data, f"xᵀ A x = {_short(value)} at {shown}")


def _lowest_eigenvector(rows: Rows) -> list[fmpq] | None:
    try:
        _, vectors = np.linalg.eigh(rough(rows))
    except (np.linalg.LinAlgError, OverflowError):
        return None
    return [as_fmpq(float(u)) for u in vectors[:, 0]] if np.isfinite(vectors).all() else None


def _turned(x: list[fmpq]) -> list[fmpq]:
    """x or -x, whichever begins with a positive number."""
    return [-u for u in x] if next(u for u in x if u) < 0 else x


def _short(x: fmpq) -> str:
    """The number, or its leading digits where it is long."""
    text = str(x)
    return text if len(text) <= 24 else f"about {arb(x).str(4, radius=False)}"


def _pivots_in_words(found: Factored) -> str:
    zero = sum(d == 0 for d in found.D)
    return f"{len(found.D)} positive pivots" if not zero else f"{len(found.D) - zero} positive pivots and {zero} zero"
