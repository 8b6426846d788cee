"""(Σ a b)_k = Σ_j Σ a_j b_{k-j}: one matrix product an order where b stands still, k + 1 where both move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from numeric.series.series import Array, Operand, Operation, Series
from numeric.views import BATCH, Matrices, roles

ORDER = -2


class Contraction(Operation):
    """The product of two arrays, summed over the labels that the result has not."""

    def __init__(self, out: Series, a: Operand, b: Operand, sizes: Mapping[int, int]) -> None:
        """`sizes` of every label but the batch."""
        still = [x for x in (a, b) if x.still]
        super().__init__(out, (a, b), still or (a, b))
        if not still:
            a.deep()
            b.deep()
        labels = [BATCH, *range(len(out.shape))]
        r = roles(_labels(a), _labels(b), labels)
        if not r.left and (r.right or r.outer_right):
            a, b, r = b, a, roles(_labels(b), _labels(a), labels)
        self._a, self._b, self._r, self._sizes, self._labels = a, b, r, dict(sizes), labels
        self._left = self._right = self._result = _Matrices(out, labels, (), (), {})

    def lay(self) -> None:
        """Look at all arrays as matrices."""
        super().lay()
        r, sizes = self._r, {**self._sizes, BATCH: len(self.at(0))}
        self._left = _matrices(self._a, r, (r.left, r.summed), sizes, self._left)
        self._right = _matrices(self._b, r, (r.summed, r.right), sizes, self._right)
        self._result = _Matrices(self.out, self._labels, r.stacked, (r.left, r.right), sizes)

    def first(self) -> None:
        """Σ a_0 b_0."""
        self.next(0)

    def next(self, k: int) -> None:
        """Σ_j Σ a_j b_{k-j}."""
        for x in (self._left, self._right):
            x.refresh(k)
        out = self._result.target(k)
        for n, (i, j) in enumerate(self._pairs(k)):
            left, right = self._left.at(i), self._right.at(j)
            if n == 0:
                np.matmul(left, right, out=out)
            else:
                np.add(out, np.matmul(left, right), out=out)
        self._result.deliver(k, out)

    def _pairs(self, k: int) -> Iterator[tuple[int, int]]:
        if self._a.still or self._b.still:
            yield (0, k) if self._a.still else (k, 0)
            return
        yield from ((j, k - j) for j in range(k + 1))


class Diagonal(Operation):
    """A state read with equal indices."""

    def __init__(self, out: Series, state: Operand, places: Sequence[int]) -> None:
        super().__init__(out, (state,))
        self._state, self._places = state, [1 + p for p in places]

    def first(self) -> None:
        """The diagonal of u_0."""
        self.next(0)

    def next(self, k: int) -> None:
        """The diagonal of u_k."""
        np.einsum(self._state.at(k), [0, *self._places], [0, *range(1, self.out.stack.ndim - 1)], out=self.at(k))


class _Matrices:
    """The coefficients of a series as (stacks of) matrices: views where they lie well, copies elsewhere."""

    def __init__(self, series: Series, labels: Sequence[int], stack: Sequence[int], groups: Any, sizes: Mapping[int, int]) -> None:
        self._series, self._how = series, (labels, stack, groups, sizes)
        self._whole: Array | None = None
        if sizes:
            self._whole = _arranged(series.stack, [ORDER, *labels], [ORDER, *stack], groups, {**sizes, ORDER: len(series.stack)})
        self._view = self._whole is not None and np.may_share_memory(self._whole, series.stack)

    def refresh(self, k: int) -> None:
        """Copy the k-th coefficient where there is no view."""
        if not self._view and self._whole is not None:
            n = k if len(self._whole) > 1 else 0
            self._whole[n] = _arranged(self._series.stack[n], *self._how)

    def at(self, k: int) -> Array:
        """The k-th coefficient."""
        assert self._whole is not None
        return np.asarray(self._whole[k if len(self._whole) > 1 else 0])

    def target(self, k: int) -> Array:
        """Where a result goes."""
        return self.at(k) if self._view else np.empty_like(self.at(k))

    def deliver(self, k: int, result: Array) -> None:
        """Bring a result that was no view to its series."""
        if not self._view:
            labels, stack, groups, sizes = self._how
            wanted = [*stack, *(i for g in groups for i in g)]
            apart = result.reshape([sizes[i] for i in wanted])
            stored = self._series.stack[k if len(self._series.stack) > 1 else 0]
            np.copyto(stored, apart.transpose([wanted.index(i) for i in labels]))


class _Fixed(_Matrices):
    """A fixed factor, copied once."""

    def __init__(self, series: Series, labels: Sequence[int], stack: Sequence[int], groups: Any, sizes: Mapping[int, int]) -> None:
        super().__init__(series, labels, stack, groups, {})
        assert series.fixed is not None
        self._whole = np.ascontiguousarray(_arranged(series.fixed, labels, stack, groups, sizes))[None]

    def refresh(self, k: int) -> None:
        """Nothing changes."""


def _labels(x: Operand) -> list[int]:
    """The labels of an array's axes, the batch in front where it has one."""
    return [*x.places] if x.series.fixed is not None else [BATCH, *x.places]


def _matrices(x: Operand, r: Matrices, groups: Any, sizes: Mapping[int, int], known: _Matrices) -> _Matrices:
    if x.series.fixed is None:
        return _Matrices(x.series, _labels(x), r.stacked, groups, sizes)
    return known if isinstance(known, _Fixed) else _Fixed(x.series, x.places, r.stacked, groups, sizes)


def _arranged(array: Array, stored: Sequence[int], stack: Sequence[int], groups: Any, sizes: Mapping[int, int]) -> Array:
    """An array stored along these labels as (stack..., one axis a group); labels of the stack that it has not get length 1."""
    wanted = [i for i in (*stack, *(i for g in groups for i in g)) if i in stored]
    shape = [sizes[i] if i in stored else 1 for i in stack] + [prod(sizes[i] for i in g) for g in groups]
    return array.transpose([list(stored).index(i) for i in wanted]).reshape(shape)
