"""Formulas beside a model's own: other flows and energies of the same states, bound to the numbers that the model has.

So an event, a slope or an activation is compiled and run as every flow is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from amsym.system import System
from numeric.bound import Bound
from numeric.compile import compile as compile_model


def own_parameters(system: System, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that the system has."""
    names = {p.name for p in (*system.parameters, *system.scalars)}
    return {name: value for name, value in params.items() if name in names}


def aside(
    model: Bound,
    flow: Mapping[Any, sp.Expr] | None = None,
    energy: sp.Expr | None = None,
    params: Mapping[str, Any] | None = None,
    width: int | None = None,
) -> Bound:
    """A system with this flow (the model's own, if none is given) and energy, bound to the parameters that it has.

    `params` are numbers for parameters that the model itself does not have. `width`: that of the packed states, where the
    sizes of their axes are not all told by parameters.
    """
    system = System(flow=model.system.flow if flow is None else flow, energy=energy)
    given = {str(getattr(key, "name", key)): value for key, value in {**model.params, **(params or {})}.items()}
    sizes = model.sizes if width is None else model.packing(width)[1]
    return compile_model(system).bind(own_parameters(system, given), sizes=sizes)
