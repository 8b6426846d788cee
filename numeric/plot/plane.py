"""The plane of a picture: components (a, b) of the state run over it, every other component is held at a value.

With the others held, the two components are a system of their own, (da/dt, db/dt) = (f_a, f_b) with the energy
E(a, b, held): its steady states and slopes are what the pictures show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amsym.errors import InputError
from amsym.system import System
from numeric.field import Array, Restore
from numeric.plot.picks import Pick, component_names, label, picked
from numeric.simulate_input import bound_model


@dataclass(frozen=True)
class Plane:
    """A bound model seen on two of its components; points are (k, 2), in the order of `picks`."""

    model: Any = field(repr=False)
    picks: tuple[int, int]
    labels: tuple[str, str]
    held: Array
    """The whole packed state (n,); its entries at `picks` are not used."""
    restore: Restore = field(repr=False)

    @property
    def has_energy(self) -> bool:
        """Whether `energy` and `gradient` may be called."""
        return bool(self.model.has_energy)

    @property
    def has_flow(self) -> bool:
        """Whether `flow` and `jacobian` may be called."""
        return bool(self.model.has_flow)

    def flow(self, points: Array) -> Array:
        """(da/dt, db/dt), (k, 2)."""
        return np.asarray(self.model.packed_flow(self._rows(points)))[:, self.picks]

    def energy(self, points: Array) -> Array:
        """E, (k,)."""
        return np.asarray(self.model.packed_energy(self._rows(points)))

    def gradient(self, points: Array) -> Array:
        """(∂E/∂a, ∂E/∂b), (k, 2)."""
        return np.asarray(self.model.packed_gradient(self._rows(points)))[:, self.picks]

    def jacobian(self, points: Array) -> Array:
        """∂(f_a, f_b)/∂(a, b), (k, 2, 2)."""
        whole = self.model.packed_jacobian(self._rows(points))
        return np.asarray(whole[:, self.picks][:, :, self.picks])

    def _rows(self, points: Array) -> Array:
        rows = np.tile(self.held, (len(points), 1))
        rows[:, self.picks] = points
        return rows


def plane_of(system: Any, params: Any, plane: Sequence[Pick] | None = None, at: Any = None) -> Plane:
    """The plane of a system of two components, or of two chosen components of a larger one.

    `plane` names the horizontal and the vertical component: (0, 2) for y[0] and y[2], (("v", 0), ("h", 3)) with several
    states. `at` is the state, (N,) or {name: array}, where the other components are held; zeros by default.
    `system` may be a model that `am.compile(...).bind(...)` made; then `params` is None.

    Raises InputError where the system is not two-dimensional and no plane is given, or where plane or at do not fit.
    """
    model: Any = bound_model(system, params)
    given = _by_name(model.system, at)
    sizes = _sizes(model, given)
    names = component_names(model.system, sizes)
    picks = picked(plane, names)
    zeros = {s.name: np.zeros([sizes[axis] for axis in s.axes]) for s in model.system.states}
    packed, restore = model.pack({**zeros, **given})
    if len(packed) != 1:
        raise InputError(f"at holds {len(packed)} states; one was expected, which holds the other components: say at=state[0]")
    return Plane(model, picks, (label(names[picks[0]]), label(names[picks[1]])), packed[0].astype(np.float64), restore)


def _by_name(system: System, at: Any) -> dict[str, Any]:
    if at is None or isinstance(at, Mapping):
        return dict(at or {})
    if len(system.states) != 1:
        raise InputError(f"at is {type(at).__name__}; the system has {len(system.states)} states: pass {{name: array}}")
    return {system.states[0].name: at}


def _sizes(model: Any, given: Mapping[str, Any]) -> dict[str, int]:
    """Sizes of the axes as parameters and `at` tell them; an axis that neither has is as long as a picture wants it."""
    known: dict[str, int] = dict(model.sizes)
    for state in model.system.states:
        if state.name in given and np.ndim(given[state.name]) >= len(state.axes):
            known = {**dict(zip(reversed(state.axes), reversed(np.shape(given[state.name])), strict=False)), **known}
    alone = len(model.system.states) == 1 and len(model.system.states[0].axes) == 1
    for axis in (axis for state in model.system.states for axis in state.axes):
        known.setdefault(axis, 2 if alone else 1)
    return known
