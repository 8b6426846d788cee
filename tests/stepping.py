"""Steppers driven to an end, each row retired as soon as it is there."""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric.steppers.stepper import Stepper


def run(stepper: Stepper, end: float) -> np.ndarray[Any, Any]:
    """Final states, (rows, n)."""
    rows, final = np.arange(stepper.count), stepper.y.copy()
    while stepper.count:
        stepper.attempt()
        stepper.commit()
        there = stepper.t >= end
        final[rows[there]] = stepper.y[there]
        rows = rows[~there]
        stepper.keep(~there)
    return final
