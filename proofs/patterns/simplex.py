"""max c·v over M v ≤ r, v ≥ 0 in exact rationals, by dictionaries and Bland's rule, which never cycles.

Source: Bland, New finite pivoting rules for the simplex method, Math. Oper. Res. 2, 1977; Chvátal, Linear Programming, 1983.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq

ZERO = fmpq(0)


class Dictionary:
    """v_B = d + D v_N: basic variables in terms of the others, which stand at 0; the last row is what is maximised."""

    def __init__(self, rows: list[list[fmpq]], basic: list[int], free: list[int]) -> None:
        self.rows, self.basic, self.free = rows, basic, free

    def pivot(self, i: int, j: int) -> None:
        """The basic variable of row i and the one of column j change places."""
        row = self.rows[i]
        p = row[j]
        new = [-a / p for a in row]
        new[j] = 1 / p
        for k, other in enumerate(self.rows):
            if k != i and other[j] != 0:
                a = other[j]
                other[j] = ZERO
                self.rows[k] = [x + a * y if y != 0 else x for x, y in zip(other, new, strict=True)]
        self.rows[i] = new
        self.basic[i], self.free[j] = self.free[j], self.basic[i]

    def maximised(self, done: fmpq | None = None) -> bool:
        """Pivot until the last row is largest, or has reached `done`; False where it has no bound."""
        while done is None or self.rows[-1][-1] < done:
            gains = [(v, j) for j, v in enumerate(self.free) if self.rows[-1][j] > 0]
            if not gains:
                return True
            j = min(gains)[1]
            limits = [(-row[-1] / row[j], v, i) for i, (row, v) in enumerate(zip(self.rows, self.basic, strict=False)) if row[j] < 0]
            if not limits:
                return False
            self.pivot(min(limits)[2], j)
        return True


def maximum(M: Sequence[Sequence[fmpq]], r: Sequence[fmpq], c: Sequence[fmpq]) -> list[fmpq] | None:
    """A v at which c·v is largest; None where no v satisfies the inequalities. The maximum must be finite.

    >>> [str(x) for x in maximum([[fmpq(1), fmpq(2)], [fmpq(-1), fmpq(0)]], [fmpq(4), fmpq(-1)], [fmpq(1), fmpq(3)])]
    ['1', '3/2']
    >>> maximum([[fmpq(1)], [fmpq(-1)]], [fmpq(1), fmpq(-2)], [fmpq(0)]) is None
    True
    """
    n, m = len(c), len(r)
    found = _started(M, r)
    if found is None:
        return None
    found.rows.append(_objective(found, c))
    bounded = found.maximised()
    assert bounded, "an objective without a bound"
    values = {v: found.rows[i][-1] for i, v in enumerate(found.basic)}
    assert len(found.basic) == m
    return [values.get(v, ZERO) for v in range(n)]


def _started(M: Sequence[Sequence[fmpq]], r: Sequence[fmpq]) -> Dictionary | None:
    """A dictionary whose constants are all ≥ 0: one variable more, v_0 ≥ 0, is added to every row and driven to 0."""
    n, m = len(M[0]) if M else 0, len(r)
    rows = [[*(-a for a in row), fmpq(1), b] for row, b in zip(M, r, strict=True)]
    d = Dictionary(rows, list(range(n, n + m)), [*range(n), n + m])
    extra = n + m
    worst = min(range(m), key=lambda i: r[i], default=None)
    if worst is not None and r[worst] < 0:
        d.rows.append([*([ZERO] * n), fmpq(-1), ZERO])
        d.pivot(worst, n)
        d.maximised(ZERO)
        if d.rows.pop()[-1] < 0:
            return None
        if extra in d.basic:
            i = d.basic.index(extra)
            d.pivot(i, next(j for j, a in enumerate(d.rows[i][:-1]) if a != 0))
    j = d.free.index(extra)
    d.free.pop(j)
    for row in d.rows:
        row.pop(j)
    return d


def _objective(d: Dictionary, c: Sequence[fmpq]) -> list[fmpq]:
    row = [c[v] if v < len(c) else ZERO for v in d.free] + [ZERO]
    for i, v in enumerate(d.basic):
        if v < len(c) and c[v] != 0:
            row = [a + c[v] * b for a, b in zip(row, d.rows[i], strict=True)]
    return row


__all__ = ["maximum"]
