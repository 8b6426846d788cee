"""What `simulate` accepts: a system or a bound model, finite starts, a time, and what to save of the way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amsym.errors import InputError
from numeric.field import Array, Field, Restore, Restored, State


def bound_model(system: Any, params: Any) -> Field:
    """The system bound to its parameters, or `system` itself if it is a bound model already (it packs states)."""
    if hasattr(system, "pack") and (hasattr(system, "flow") or hasattr(system, "packed_flow")):
        if params is not None:
            raise InputError("params were given with a model that is bound to its own already; pass None for them")
        bound: Field = system
        return bound
    from numeric.compile import compile as compile_model

    bound = compile_model(system).bind(params)
    return bound


def has_flow(system: Any, field: Any) -> bool:
    """Whether there is an ODE to integrate, rather than an update in discrete time."""
    if hasattr(field, "has_flow"):
        return bool(field.has_flow)
    return bool(getattr(system, "flow", None)) or hasattr(field, "packed_flow")


def checked_start(field: Field, start: State) -> tuple[Array, Restore, tuple[int, ...]]:
    """The start as rows (batch, n) in single or double precision, the way back, and its batch shape."""
    packed, restore = field.pack(start)
    if packed.ndim != 2:
        raise InputError(f"the packed start has shape {packed.shape}; (batch, n) was expected: mend the model's pack")
    y = packed if packed.dtype in (np.float32, np.float64) else packed.astype(np.float64)
    bad = np.argwhere(~np.isfinite(y))
    if bad.size:
        row, k = (int(index) for index in bad[0])
        raise InputError(f"start row {row} holds {y[row, k]} in component {k}; finite numbers were expected: drop or mend it")
    return np.ascontiguousarray(y), restore, _batch_shape(restore, y)


def _batch_shape(restore: Restore, y: Array) -> tuple[int, ...]:
    """The leading axes of the caller's start: what its structure has more than one bare trajectory has."""
    full, bare = _first(restore(y)), _first(restore(np.zeros((1, y.shape[1]), y.dtype), batch_shape=()))
    return full.shape[: full.ndim - bare.ndim]


def _first(state: Restored) -> Array:
    """The state's array, or the first of its named ones."""
    return next(iter(state.values())) if isinstance(state, dict) else state


def is_number(value: Any) -> bool:
    """Whether it is a finite real number."""
    return isinstance(value, (int, float, np.number)) and math.isfinite(value)


def nonnegative(name: str, value: Any) -> float:
    """`value` as a float, or an InputError that names it."""
    if not is_number(value) or value < 0:
        raise InputError(f"{name} is {value!r}; a finite number that is not negative was expected: flip its sign or bound it")
    return float(value)


def whole(name: str, value: Any) -> int:
    """`value` as an int, or an InputError that names it."""
    if not is_number(value) or isinstance(value, bool) or value != int(value) or value < 0:
        raise InputError(f"{name} is {value!r}; a whole number from 0 on was expected: say {name}=100")
    return int(value)


def positive(name: str, value: Any) -> float:
    """`value` as a float, or an InputError that names it."""
    if not is_number(value) or value <= 0:
        raise InputError(f"{name} is {value!r}; a finite number above 0 was expected: leave it out for the usual one")
    return float(value)


def save_times(save: Any, end: float) -> Array | None:
    """The times to save, (T,), or None where `save` is "end" or "steps"."""
    if isinstance(save, str):
        if save not in ("end", "steps"):
            raise InputError(f'save is {save!r}; "end", "steps" or an increasing array of times was expected: pick one')
        return None
    try:
        times = np.asarray(save, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"save is {save!r}; numbers were expected, increasing times (T,): convert them to float") from None
    if times.ndim != 1 or not np.all(np.diff(times) > 0):
        raise InputError(f"save has shape {times.shape}; increasing times (T,) were expected: sort them, drop repetitions")
    if times.size and not (times[0] >= 0 and times[-1] <= end):
        raise InputError(f"save runs from {times[0]} to {times[-1]}; times in [0, t] = [0, {end}] were expected: raise t")
    return times
