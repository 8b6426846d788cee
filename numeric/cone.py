"""The cone of dead directions at one state: columns ±e_i of dead neurons, or null vectors of Λ, with its projectors.

Comparisons with the ends of rays are exact, so that a neuron at a kink is told rightly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.dead import Dead, Ray
from amsym.errors import InputError
from amsym.notation import Tensor, components
from amsym.notation.tensors import Entry
from amsym.prover.flatness import full_vector
from numeric.rigorous import Evaluator
from numeric.saturation import TYPES, Saturation

Array = NDArray[Any]


@dataclass(frozen=True)
class DeadCone:
    """g(y + V c) = g(y) for every c ≥ 0, at the state y (flattened in C order where it has several axes).

    vectors: V, shape (N, k), orthonormal columns.  dead: Pd = V V⁺.  alive: Pa = I - Pd.
    neurons: which neurons are dead exactly, of an elementwise activation, in the shape of the state.
    rounded: {"float64": ..., "float32": ...}: which are dead exactly or in that arithmetic.
    complete: whether there is no further exact direction.
    """

    name: str
    vectors: Array
    neurons: NDArray[np.bool_]
    rounded: Mapping[str, NDArray[np.bool_]]
    complete: bool

    @property
    def dead(self) -> Array:
        """Pd, the orthogonal projector on the span of V."""
        return self.vectors @ self.vectors.T

    @property
    def alive(self) -> Array:
        """Pa = I - Pd."""
        return np.eye(len(self.vectors)) - self.dead

    @property
    def count(self) -> int:
        """The number k of dead neurons, symmetries of joint activations counted as one each."""
        return int(self.vectors.shape[1])

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.count} exact dead directions of {len(self.vectors)}"]
        if self.neurons.any():
            lines.append(f"  dead neurons: {_places(self.neurons)}")
        for dtype, mask in self.rounded.items():
            if (mask & ~self.neurons).any():
                lines.append(f"  dead in {dtype} arithmetic only: {_places(mask & ~self.neurons)}")
        return "\n".join(lines + ([] if self.complete else ["  there may be more"]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def _places(mask: NDArray[np.bool_]) -> str:
    return ", ".join(str(tuple(map(int, p)) if len(p) > 1 else int(p[0])) for p in np.argwhere(mask))


def cone(found: Dead, saturated: tuple[Saturation, ...], y: Array, params: Mapping[str, Any]) -> DeadCone:
    """The cone of one state's dead directions at y.

    >>> from amsym import zoo
    >>> from amsym.dead import dead
    >>> (found,) = dead(zoo.hopfield("softmax"))
    >>> cone(found, (), np.zeros(4), {}).vectors.ravel().tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    sides = ray_sides(found, y, params)
    columns = [np.where(np.arange(y.size) == n, float(side), 0.0) for n, side in enumerate(sides.ravel()) if side]
    columns += null_columns(found, y, params)
    vectors = orthonormal(np.array(columns).T) if columns else np.zeros((y.size, 0))
    rounded = {dtype: (sides != 0) | _saturated(saturated, y, dtype) for dtype in TYPES}
    return DeadCone(found.state.name, vectors, sides != 0, rounded, found.complete)


def ray_sides(found: Dead, y: Array, params: Mapping[str, Any]) -> NDArray[np.int_]:
    """The direction in which each neuron is dead, 1 or -1, and 0 where it is alive; in the shape of y.

    >>> from amsym import zoo
    >>> from amsym.dead import dead
    >>> ray_sides(dead(zoo.hopfield("hard_tanh"))[0], np.array([-2.0, 0.0, 1.0]), {}).tolist()
    [-1, 0, 1]
    """
    here = Evaluator(dict(zip(found.state.axes, y.shape, strict=True)), _values(found, y, params))
    sides = np.zeros(y.shape, dtype=int)
    for ray in found.rays:
        sides = np.where(_on(found, ray, y, here), ray.side, sides)
    return sides


def _values(found: Dead, y: Array, params: Mapping[str, Any]) -> dict[Any, Any]:
    """Exact values of the state, and of the parameters that the ends of rays and the null vectors hold."""
    needed = [r.end for r in found.rays] + [v.vector for v in found.vectors]
    values: dict[Any, Any] = {found.state: _exact(y)}
    for key in {k for e in needed for k in (e.atoms(Tensor) | (e.free_symbols if not e.is_number else set()))}:
        plain = isinstance(key, sp.Symbol) and type(key) in (sp.Symbol, sp.Dummy)
        if (isinstance(key, Tensor) and key.kind == "parameter") or plain:
            if key.name not in params:
                raise InputError(f"dead directions of '{found.state.name}' depend on '{key.name}': give it in params")
            values[key] = _exact(np.asarray(params[key.name], dtype=float))
    return values


def _exact(a: Array) -> Any:
    return Fraction(float(a)) if a.ndim == 0 else tuple(_exact(x) for x in a)


def _on(found: Dead, ray: Ray, y: Array, here: Evaluator) -> NDArray[np.bool_]:
    if ray.end in (sp.oo, -sp.oo):
        return np.ones(y.shape, dtype=bool)
    gap = ray.side * (found.component - ray.end)
    signs = [here.sign(gap, dict(zip(found.where, p, strict=True))) for p in product(*map(range, y.shape))]
    return np.array([s > 0 or (s == 0 and ray.closed) for s in signs], dtype=bool).reshape(y.shape)


def null_columns(found: Dead, y: Array, params: Mapping[str, Any]) -> list[Array]:
    """The null vectors of a joint activation's Hessian, flat, each once for every place of the axes that it does not act over."""
    if not found.vectors:
        return []
    sizes, values = dict(zip(found.state.axes, y.shape, strict=True)), _values(found, y, params)
    columns: list[Array] = []
    for v in found.vectors:
        entries = components(full_vector(found, v), sizes, order=found.where)
        table = np.array([float(_number(e, values)) for e in np.ravel(entries.tolist())]).reshape(y.shape)
        others = [n for n, i in enumerate(found.where) if i not in found.joint]
        for place in product(*(range(y.shape[n]) for n in others)):
            column = np.zeros_like(table)
            at = tuple(place[others.index(n)] if n in others else slice(None) for n in range(y.ndim))
            column[at] = table[at]
            if np.any(column):
                columns.append(column.ravel())
    return columns


def _number(e: Any, values: Mapping[Any, Any]) -> Any:
    def of(key: Any) -> sp.Rational:
        value = values[key.tensor] if isinstance(key, Entry) else values[key]
        for n in key.position if isinstance(key, Entry) else ():
            value = value[n]
        return sp.Rational(value.numerator, value.denominator)

    e = sp.sympify(e)
    return e.xreplace({s: of(s) for s in e.free_symbols})


def _saturated(saturated: tuple[Saturation, ...], y: Array, dtype: str) -> NDArray[np.bool_]:
    result = np.zeros(y.shape, dtype=bool)
    for s in saturated:
        if s.dtype == dtype and s.unit == 1:
            result |= s.side * y >= s.side * s.beyond
    return result


def orthonormal(columns: Array) -> Array:
    """Gram and Schmidt, each new direction on the side of the old one; dependent columns are dropped.

    >>> orthonormal(np.array([[2.0, 1.0], [0.0, 0.0]])).tolist()
    [[1.0], [0.0]]
    """
    found: list[Array] = []
    for v in columns.T:
        w = v - sum((u * (u @ v) for u in found), np.zeros_like(v))
        w = w - sum((u * (u @ w) for u in found), np.zeros_like(v))
        if np.linalg.norm(w) > 1e-12 * np.linalg.norm(v):
            found.append(w / np.linalg.norm(w))
    return np.array(found).T
