"""Is every symmetric matrix in a box of matrices positive definite?"""

from __future__ import annotations

from collections.abc import Iterator

from flint import arb, arb_mat

from proofs.checker.boxes import identity


def is_positive(M: arb_mat) -> bool:
    """Whether every symmetric matrix in the balls is positive definite: by elimination, else its middle minus the spread."""
    if _positive_pivots(M.tolist()):
        return True
    spread = max((sum((x.rad() for x in row), arb(0)) for row in M.tolist()), key=float).upper()
    return bool(spread.is_finite()) and _positive_pivots((M.mid() - identity(M.nrows()) * spread).tolist())


def _positive_pivots(a: list[list[arb]]) -> bool:
    return all(x > 0 for x in pivots(a))


def pivots(a: list[list[arb]]) -> Iterator[arb]:
    """The pivots of elimination, whose signs are those of the eigenvalues of a symmetric matrix."""
    for p in range(len(a)):
        yield a[p][p]
        for i in range(p + 1, len(a)):
            factor = a[i][p] / a[p][p]
            a[i] = [x - factor * y for x, y in zip(a[i], a[p], strict=True)]
