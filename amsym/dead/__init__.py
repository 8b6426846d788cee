"""Dead directions of activations: where g(y + V c) = g(y) for every c ≥ 0, exactly and for every size."""

from amsym.dead.activations import Activation, activations
from amsym.dead.directions import Dead, dead
from amsym.dead.nullspace import NullSpace, NullVector, alone, null_space
from amsym.dead.rays import Plateau, Profile, Ray, profile
from amsym.dead.shifts import shift_rate

__all__ = [
    "Activation",
    "Dead",
    "NullSpace",
    "NullVector",
    "Plateau",
    "Profile",
    "Ray",
    "activations",
    "alone",
    "dead",
    "null_space",
    "profile",
    "shift_rate",
]
