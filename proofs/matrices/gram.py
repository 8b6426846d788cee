"""p = zᵀ Q z: all symmetric Q for given monomials z, as Q0 + Σ_k t_k N_k in rationals.

If p = Σ q², the highest and lowest parts of the q² cannot cancel, in any grading of the variables: so degrees of z are half of
those of p. A monomial m whose square is neither in p nor a product of two others has a zero in the diagonal of Q: it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from flint import fmpq, fmpq_mat

from amsym.notation.effort import check
from proofs.matrices.exact import Row, Rows

Monomial = tuple[int, ...]
Polynomial = dict[Monomial, fmpq]


def half_monomials(p: Polynomial) -> list[Monomial]:
    """The monomials that may stand in squares that sum to p.

    >>> half_monomials({(4, 2): fmpq(1), (2, 4): fmpq(1), (2, 2): fmpq(-3), (0, 0): fmpq(1)})
    [(0, 0), (1, 1), (1, 2), (2, 1)]
    """
    degrees = [sum(m) for m in p]
    tops = [max(m[k] for m in p) // 2 for k in range(len(next(iter(p))))]
    low, high = -(-min(degrees) // 2), max(degrees) // 2
    found = [m for m in product(*(range(t + 1) for t in tops)) if low <= sum(m) <= high]
    while True:
        check()
        sums = {times(a, b) for a, b in combinations(found, 2)}
        kept = [m for m in found if times(m, m) in p or times(m, m) in sums]
        if len(kept) == len(found):
            return found
        found = kept


def times(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class Grams:
    """Q0 + Σ_k t_k N_k, all Gram matrices of a polynomial for a basis u = B z; N as lists of (row, column, value), row ≤ column."""

    basis: Rows
    origin: Rows
    directions: list[list[tuple[int, int, fmpq]]]

    def at(self, t: Sequence[fmpq]) -> Rows:
        """Q at the parameters t."""
        Q = [list(row) for row in self.origin]
        for x, entries in zip(t, self.directions, strict=True):
            for i, j, v in entries:
                Q[i][j] += x * v
                if i != j:
                    Q[j][i] += x * v
        return Q

    def in_monomials(self, Q: Rows) -> Rows:
        """Bᵀ Q B, the Gram matrix for the monomials."""
        B = fmpq_mat(self.basis)
        found: Rows = (B.transpose() * fmpq_mat(Q) * B).tolist()
        return found


def grams(p: Mapping[Monomial, fmpq], monomials: list[Monomial], basis: Rows) -> Grams | None:
    """All Gram matrices for the polynomials B z; None where there is none."""
    pairs = [(i, j) for i in range(len(basis)) for j in range(i, len(basis))]
    columns = [_coefficients(basis[i], basis[j], monomials, 1 if i == j else 2) for i, j in pairs]
    exponents = sorted({*p, *(e for c in columns for e in c)})
    system = [[c.get(e, fmpq(0)) for c in columns] + [p.get(e, fmpq(0))] for e in exponents]
    solved = _solved(system)
    if solved is None:
        return None
    q, null = solved
    origin = [[fmpq(0)] * len(basis) for _ in basis]
    for (i, j), x in zip(pairs, q, strict=True):
        origin[i][j] = origin[j][i] = x
    return Grams(basis, origin, [[(*pairs[n], x) for n, x in enumerate(v) if x != 0] for v in null])


def _coefficients(a: Row, b: Row, monomials: list[Monomial], weight: int) -> dict[Monomial, fmpq]:
    """weight · a(z) b(z) by monomial."""
    found: dict[Monomial, fmpq] = {}
    for x, m in zip(a, monomials, strict=True):
        for y, n in zip(b, monomials, strict=True):
            if x != 0 and y != 0:
                found[times(m, n)] = found.get(times(m, n), fmpq(0)) + weight * x * y
    return found


def _solved(system: Rows) -> tuple[Row, Rows] | None:
    """A solution and a basis of the null space of an augmented system; None where there is no solution."""
    check()
    width = len(system[0]) - 1
    reduced, rank = fmpq_mat(system).rref()
    pivots = [next(c for c in range(width + 1) if reduced[r, c] != 0) for r in range(rank)]
    if width in pivots:
        return None
    solution = [fmpq(0)] * width
    for r, c in enumerate(pivots):
        solution[c] = reduced[r, width]
    null = []
    for free in (c for c in range(width) if c not in pivots):
        v = [fmpq(0)] * width
        v[free] = fmpq(1)
        for r, c in enumerate(pivots):
            v[c] = -reduced[r, free]
        null.append(v)
    return solution, null


def complement(kernel: Rows, width: int) -> Rows:
    """A basis of the rational vectors orthogonal to all rows of the kernel."""
    found = _solved([[*row, fmpq(0)] for row in kernel]) if kernel else None
    return found[1] if found is not None else [[fmpq(int(i == j)) for j in range(width)] for i in range(width)]


__all__ = ["Grams", "Monomial", "Polynomial", "complement", "grams", "half_monomials", "times"]
