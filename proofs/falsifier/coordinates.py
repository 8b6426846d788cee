"""The numbers that a search moves, states and free parameters, as rows (batch, n); kept as declared, and read back as rationals.

W ← (W + Wᵀ)/2 for symmetric W, positive numbers away from 0, semidefinite and orthogonal matrices by their eigen- and singular vectors.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from amsym.notation import Tensor
from amsym.notation.tensors import block_orders
from amsym.system import System, time
from proofs.draws import Values, flattened, nested, with_properties

Array = NDArray[np.float64]
# The least value of what is declared positive, and the largest of anything.
LEAST, MOST = 2.0**-30, 1e6


@dataclass(frozen=True)
class Coordinates:
    """How tensors and scalars lie in a row: `keys` in order, with their shapes, and bounds (n,) of every number."""

    keys: tuple[Any, ...]
    shapes: tuple[tuple[int, ...], ...]
    low: Array
    high: Array

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return len(self.low)

    def parts(self, rows: Array) -> dict[Any, Array]:
        """{key: (batch, shape)}, views of the rows."""
        found, start = {}, 0
        for key, shape in zip(self.keys, self.shapes, strict=True):
            stop = start + int(np.prod(shape, dtype=int))
            found[key] = rows[:, start:stop].reshape(len(rows), *shape)
            start = stop
        return found

    def projected(self, rows: Array) -> Array:
        """The rows with the declared properties, inside the bounds."""
        rows = np.clip(np.nan_to_num(rows), self.low, self.high)
        for key, part in self.parts(rows).items():
            if isinstance(key, Tensor):
                for prop in key.properties:
                    part[...] = _PROJECTIONS.get(prop, _same)(key, part)
        return rows

    def row(self, values: Values) -> Array:
        """Exact values as a row (n,)."""
        return np.array([float(x) for key in self.keys for x in flattened(values[key]).values()])

    def exact(self, row: Array, largest: int | None) -> Values:
        """The row with denominators up to `largest`, or as the floats are, as nested tuples with the declared properties.

        >>> from amsym.notation import parameter
        >>> W = parameter("W", "N N", symmetric=True)
        >>> at = Coordinates((W,), ((2, 2),), np.full(4, -9.0), np.full(4, 9.0))
        >>> at.exact(np.array([0.34, 1.01, 1.01, 0.0]), 3)[W]
        ((Fraction(1, 3), Fraction(1, 1)), (Fraction(1, 1), Fraction(0, 1)))
        """
        return {key: _exact(key, part[0], largest) for key, part in self.parts(row[None]).items()}


def coordinates(system: System, sizes: Mapping[str, int], given: Values, domain: Mapping[Any, Any]) -> Coordinates:
    """The states and whatever parameter is not given."""
    free: list[Any] = [k for k in (*system.parameters, *system.scalars, *([time] if system.depends_on_time else [])) if k not in given]
    keys = (*system.states, *free)
    shapes = tuple(tuple(sizes[a] for a in k.axes) if isinstance(k, Tensor) else () for k in keys)
    boxes = [_box(k, shape, domain) for k, shape in zip(keys, shapes, strict=True)]
    return Coordinates(keys, shapes, np.concatenate([b[0] for b in boxes]), np.concatenate([b[1] for b in boxes]))


def _box(key: Any, shape: tuple[int, ...], domain: Mapping[Any, Any]) -> tuple[Array, Array]:
    low, high = _signs(key)
    if isinstance(key, Tensor) and key.kind == "state":
        by_name = {getattr(getattr(k, "tensor", k), "name", k): v for k, v in domain.items()}
        low, high = by_name.get(key.name, (low, high))
    n = int(np.prod(shape, dtype=int))
    a, b = (np.broadcast_to(np.asarray(bound, dtype=float), shape).reshape(n) for bound in (low, high))
    return np.clip(a, -MOST, MOST), np.clip(b, -MOST, MOST)


def _signs(key: Any) -> tuple[float, float]:
    if key == time:
        return 0.0, MOST
    positive, nonnegative = (_is(key, p) for p in ("positive", "nonnegative"))
    negative, nonpositive = (_is(key, p) for p in ("negative", "nonpositive"))
    low = LEAST if positive else 0.0 if nonnegative else -MOST
    return low, -LEAST if negative else 0.0 if nonpositive else MOST


def _is(key: Any, prop: str) -> bool:
    return prop in key.properties if isinstance(key, Tensor) else bool(getattr(key, f"is_{prop}"))


# Projections of a batch (batch, shape) on what is declared.


def _same(t: Tensor, a: Array) -> Array:
    return a


def _mirrored(t: Tensor, a: Array) -> Array:
    orders = block_orders(t)
    return np.asarray(sum(sign * a.transpose(0, *(n + 1 for n in order)) for order, sign in orders) / len(orders))


def _semidefinite(t: Tensor, a: Array) -> Array:
    values, vectors = np.linalg.eigh((a + a.swapaxes(1, 2)) / 2)
    return np.asarray((vectors * np.maximum(values, 0)[:, None]) @ vectors.swapaxes(1, 2))


def _orthogonal(t: Tensor, a: Array) -> Array:
    u, _, v = np.linalg.svd(a)
    return np.asarray(u @ v)


_PROJECTIONS: dict[str, Callable[[Tensor, Array], Array]] = {
    "symmetric": _mirrored,
    "antisymmetric": _mirrored,
    "psd": _semidefinite,
    "orthogonal": _orthogonal,
}


# Rationals


def _exact(key: Any, a: Array, largest: int | None) -> Any:
    def near(x: float) -> Fraction:
        return Fraction(float(x)) if largest is None else Fraction(float(x)).limit_denominator(largest)

    if not isinstance(key, Tensor):
        return near(float(a))
    if "orthogonal" in key.properties:
        return _cayley(a, near)
    if "psd" in key.properties:
        values, vectors = np.linalg.eigh(a)
        a = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    flat = {place: near(a[place]) for place in product(*map(range, a.shape))}
    return nested(with_properties(key, flat, a.shape, random.Random(0)), a.shape)


def _cayley(a: Array, near: Callable[[float], Fraction]) -> Any:
    """A rational orthogonal matrix near this one: Q D = (1 - S)(1 + S)⁻¹ with S antisymmetric and D signs."""
    n = len(a)
    signs = max(product((1, -1), repeat=n), key=lambda d: abs(np.linalg.det(np.eye(n) + a * np.array(d))))
    q = a * np.array(signs)
    s = np.linalg.solve(np.eye(n) + q, np.eye(n) - q)
    skew = [[near(s[i, j]) if i < j else -near(s[j, i]) if i > j else Fraction(0) for j in range(n)] for i in range(n)]
    one = fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    S = fmpq_mat(n, n, [fmpq(x.numerator, x.denominator) for row in skew for x in row])
    Q = (one - S) * (one + S).inv()
    return tuple(tuple(Fraction(int(Q[i, j].p), int(Q[i, j].q)) * signs[j] for j in range(n)) for i in range(n))


def width(t: Tensor, sizes: Mapping[str, int]) -> int:
    """How many numbers a tensor holds."""
    return int(np.prod([sizes[a] for a in t.axes], dtype=int))


def is_held(key: Any) -> bool:
    """Whether a parameter keeps what it was drawn as: whole numbers and orthogonal matrices of a further kind cannot be moved a little."""
    several = isinstance(key, Tensor) and "orthogonal" in key.properties and len(key.properties) > 1
    return several or _is(key, "integer")


__all__ = ["Coordinates", "coordinates", "is_held", "width"]
