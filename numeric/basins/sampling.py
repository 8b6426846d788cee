"""Starts y ~ μ: uniform in a box, Gaussian, from a function of the caller's, or given as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from amsym.errors import InputError
from amsym.notation import Tensor

Rng = np.random.Generator


@dataclass(frozen=True)
class Gaussian:
    """Components mean + scale ξ, ξ ~ N(0, 1); numbers, arrays of one state, or {name: either}."""

    mean: Any = 0.0
    scale: Any = 1.0


def sampled(model: Any, where: Any, samples: int, rng: Rng) -> Any:
    """Starts of a bound model in the caller's structure: `samples` drawn from a box, a Gaussian or a function of rng, or `where` itself.

    A box is (low, high) or {name: (low, high)}, each a number or an array of one state; it is a tuple, and a list is starts.

    Raises InputError for a number of samples below 1, sides out of order, and axes whose size nothing tells.
    """
    if not (isinstance(where, Gaussian) or callable(where) or _is_box(where)):
        return _no_list_of_ends(where)
    if callable(where):
        return where(rng)
    if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < 1:
        raise InputError(f"samples is {samples!r}; a number of starts above 0 was expected: say 1000")
    named = len(model.system.states) > 1 or isinstance(where, Mapping) or isinstance(getattr(where, "mean", None), Mapping)
    draw = _normal if isinstance(where, Gaussian) else _uniform
    sizes = dict(model.sizes)
    drawn = {s.name: draw(where, s, sizes, samples, rng) for s in model.system.states}
    return drawn if named else next(iter(drawn.values()))


def _no_list_of_ends(where: Any) -> Any:
    """Starts as they are, but no [low, high], which would be one start of two components and is meant as a box."""
    if isinstance(where, list) and len(where) == 2 and all(isinstance(end, (int, float)) for end in where):
        raise InputError(f"starts is the list {where}; a box is a tuple, starts have batch axes: say {tuple(where)} or [{where}]")
    return where


def _is_box(where: Any) -> bool:
    """(low, high), or all of a mapping are."""
    if isinstance(where, Mapping):
        return bool(where) and all(isinstance(side, tuple) for side in where.values())
    return isinstance(where, tuple)


def _uniform(where: Any, state: Tensor, sizes: dict[str, int], samples: int, rng: Rng) -> Any:
    side = _of(where, state, "the box") if isinstance(where, Mapping) else where
    if len(side) != 2:
        raise InputError(f"the box of '{state.name}' has {len(side)} parts; (low, high) was expected: pass starts as an array, not a tuple")
    low, high = (np.asarray(end, dtype=np.float64) for end in side)
    shape = _shape(state, sizes, low, high)
    if not (np.all(np.isfinite(low)) and np.all(np.isfinite(high)) and np.all(low <= high)):
        raise InputError(f"the box of '{state.name}' is {side}; finite ends with low <= high were expected: say (-3, 3)")
    return rng.uniform(low, high, (samples, *shape))


def _normal(where: Gaussian, state: Tensor, sizes: dict[str, int], samples: int, rng: Rng) -> Any:
    ends = (where.mean, where.scale)
    mean, scale = (np.asarray(_of(e, state, "the Gaussian") if isinstance(e, Mapping) else e, dtype=np.float64) for e in ends)
    if not (np.all(np.isfinite(mean)) and np.all(np.isfinite(scale)) and np.all(scale >= 0)):
        raise InputError(f"the Gaussian of '{state.name}' is {where}; a finite mean and a scale of at least 0 were expected: mend them")
    return mean + scale * rng.normal(size=(samples, *_shape(state, sizes, mean, scale)))


def _of(parts: Mapping[str, Any], state: Tensor, what: str) -> Any:
    if state.name not in parts:
        raise InputError(f"{what} has {', '.join(map(str, parts))}; state '{state.name}' is missing: add it")
    return parts[state.name]


def _shape(state: Tensor, sizes: dict[str, int], *ends: Any) -> tuple[int, ...]:
    """The axes of a state, as parameters tell their sizes, or else the ends' own shapes."""
    for end in ends:
        if end.ndim == len(state.axes):
            for axis, n in zip(state.axes, end.shape, strict=True):
                sizes.setdefault(axis, n)
    unknown = [axis for axis in state.axes if axis not in sizes]
    if unknown:
        raise InputError(
            f"no parameter tells the size of axis '{unknown[0]}' of state '{state.name}'; give an array (low or mean) as long as the state"
        )
    shape = tuple(sizes[axis] for axis in state.axes)
    for end in ends:
        if end.ndim and end.shape != shape:
            raise InputError(f"an array {end.shape} was given for state '{state.name}' of shape {shape}: pass a number or that shape")
    return shape
