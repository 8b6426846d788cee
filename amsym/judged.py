"""The System that a question about a model is about: its own, a Memory's, or the network that a Lagrangian was made for."""

from __future__ import annotations

from typing import Any

from amsym.errors import ModelError
from amsym.lagrangian import Lagrangian
from amsym.memory import Memory
from amsym.system import System
from amsym.zoo import hopfield


def judged(model: Any, asker: str, *, energy: bool = True) -> System:
    """The system; a Lagrangian is judged in dy/dt = W g(y) - y + b with symmetric W ([dead_neurons] eq. (1), (2)).

    >>> from amsym import lagrangians
    >>> judged(lagrangians.tanh(), "verify").name
    'hopfield (tanh)'

    Raises ModelError for anything else, and where an energy is needed and missing.
    """
    if isinstance(model, Lagrangian):
        return hopfield(model)
    system = model.system if isinstance(model, Memory) else model
    if not isinstance(system, System):
        raise ModelError(f"{asker}() takes a System, a Memory or a Lagrangian, got {model!r}: build one, or take a model of am.zoo")
    if energy and system.energy is None:
        raise ModelError(f"{asker}() needs an energy; give System(..., energy=...)")
    return system
