"""The integrators by name, and which of them a simulation that names none shall use."""

from __future__ import annotations

from amsym.errors import InputError
from numeric.field import Array
from numeric.steppers.dormand_prince import DormandPrince
from numeric.steppers.order_eight import OrderEight
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper
from numeric.steppers.taylor import Taylor

METHODS: dict[str, type[Stepper]] = {
    "order 5": DormandPrince,
    "order 8": OrderEight,
    "taylor": Taylor,
}
# Work a trajectory over the tolerance, 256 neurons: order 5 and 8 meet at about 1e-6.
TIGHT = 1e-6
PART_BYTES, LEAST_ROWS = 2**29, 256


def method_named(name: str, tolerance: Tolerance) -> type[Stepper]:
    """The stepper of that name; for "auto" the explicit one that suits the tolerance.

    Raises InputError for a name that is not known.
    """
    if name == "auto":
        return OrderEight if tolerance.rtol < TIGHT else DormandPrince
    if name not in METHODS:
        known = ", ".join(repr(n) for n in ("auto", *METHODS))
        raise InputError(f"method is {name!r}; one of {known} was expected: pick one")
    return METHODS[name]


def name_of(method: type[Stepper]) -> str:
    """The name under which a stepper is known here."""
    return next(name for name, known in METHODS.items() if known is method)


def rows_at_once(method: type[Stepper], start: Array) -> int:
    """How many trajectories are advanced together: as many as PART_BYTES hold, and never fewer than LEAST_ROWS."""
    return max(PART_BYTES // (method.arrays * max(start.shape[1], 1) * start.itemsize), LEAST_ROWS)
