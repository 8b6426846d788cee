"""The integrators by name, and the order in which a simulation that names none tries them."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import InputError, NotationError
from amsym.notation import Mask
from numeric.field import Array
from numeric.series import Jets
from numeric.steppers.discrete_gradient import DiscreteGradient
from numeric.steppers.dormand_prince import DormandPrince
from numeric.steppers.layered import Layered
from numeric.steppers.order_eight import OrderEight
from numeric.steppers.rosenbrock import Rosenbrock
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper
from numeric.steppers.taylor import Taylor, fitting_order

METHODS: dict[str, type[Stepper]] = {
    "order 5": DormandPrince,
    "order 8": OrderEight,
    "taylor": Taylor,
    "layered": Layered,
    "rosenbrock": Rosenbrock,
    "discrete gradient": DiscreteGradient,
}
AUTO = "auto"
# Work a trajectory over the tolerance, 256 neurons: order 5 and 8 meet at about 1e-6; Taylor's method, at equal error, needs
# half the time of order 8 from about 1e-10 on.
TIGHT, TIGHTEST = 1e-6, 1e-10
KINKED = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside, sp.Piecewise, sp.floor, sp.ceiling, Mask)
PART_BYTES, LEAST_ROWS = 2**29, 256


def method_named(name: str) -> type[Stepper]:
    """The stepper of that name.

    Raises InputError for a name that is not known.
    """
    if not isinstance(name, str) or name not in METHODS:
        known = ", ".join(repr(n) for n in (AUTO, *METHODS))
        raise InputError(f"method is {name!r}; one of {known} was expected: pick one")
    return METHODS[name]


def explicit_method(field: Any, tolerance: Tolerance, width: int) -> type[Stepper]:
    """The explicit method that suits the tolerance and the flow."""
    if tolerance.rtol >= TIGHT:
        return DormandPrince
    return Taylor if tolerance.rtol <= TIGHTEST and _has_series(field, tolerance, width) else OrderEight


def _has_series(field: Any, tolerance: Tolerance, width: int) -> bool:
    """Whether the flow is smooth by its form and every function in it has a power series that is known."""
    system = getattr(field, "system", None)
    if not hasattr(field, "lowered") or system is None or any(f.has(*KINKED) for f in system.equations.values()):
        return False
    try:
        Jets(field, width, order=fitting_order(tolerance))
    except NotationError:
        return False
    return True


def name_of(method: type[Stepper]) -> str:
    """The name under which a stepper is known here."""
    return next(name for name, known in METHODS.items() if known is method)


def rows_at_once(method: type[Stepper], start: Array) -> int:
    """How many trajectories are advanced together: as many as PART_BYTES hold, and never fewer than LEAST_ROWS."""
    return max(PART_BYTES // (method.arrays * max(start.shape[1], 1) * start.itemsize), LEAST_ROWS)
