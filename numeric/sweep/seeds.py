"""The generator of the point at place k is child k of SeedSequence(seed).spawn: it depends on the place, on no worker."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from amsym.errors import InputError


def generator(seed: int, place: int) -> np.random.Generator:
    """The generator of one point, made where the point is computed.

    >>> child = np.random.SeedSequence(7).spawn(3)[2]
    >>> generator(7, 2).random() == np.random.default_rng(child).random()
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place,)))


def checked_seed(seed: Any) -> int:
    """The seed as an int.

    Raises InputError for what is no whole number from 0 on.
    """
    if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
        raise InputError(f"seed is {seed!r}; a whole number from 0 on was expected, so that the sweep can be repeated: say seed=0")
    return int(seed)
