"""Where along trajectories does the energy rise? Sought in floating point, for exact arithmetic to decide.

A wrong flow often descends almost everywhere and rises only near its own steady states, where f vanishes and ∇E does not: random
states miss that, and trajectories lead there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import AmsymError
from amsym.notation.effort import Budget, check
from amsym.system import System
from numeric.compile import Model
from proofs.draws import Values, floats, nested
from proofs.settings import simple_parameters, strong_parameters
from proofs.shrinking import clipped

Array = NDArray[np.float64]

# Starts for each choice of parameters, explicit steps and their length, states that are handed on, simple choices of parameters
# and all of them for each size.
STARTS, STEPS, STEP, BEST, SIMPLE, CHOICES = 48, 60, 0.15, 3, 4, 16
# A rate below this share of |∇E| |f| may be rounding.
LEAST = 1e-7


def rising_states(
    system: System, fixed: Values, choices: list[dict[str, int]], domain: Mapping[Any, Any], rng: random.Random, budget: Budget
) -> Iterator[tuple[Values, dict[str, int]]]:
    """Exact parameters and states at which dE/dt seems positive, those with the steepest rise of each choice first.

    >>> from amsym.notation import state
    >>> x = state("x")
    >>> wrong = System(flow={x: 1 - x}, energy=(x - 2)**2)
    >>> values, sizes = next(rising_states(wrong, {}, [{}], {}, random.Random(0), Budget(5.0)))
    >>> bool(1 < values[wrong.states[0]] < 2)
    True
    """
    if system.flow is None or system.energy is None or system.depends_on_time:
        return
    noise, model = np.random.default_rng(rng.randrange(2**32)), Model(system)
    for sizes in choices:
        given = chain(strong_parameters(system, sizes, fixed), simple_parameters(system, sizes, fixed, rng, simple=SIMPLE))
        for values in islice(given, CHOICES if len(fixed) < len((*system.parameters, *system.scalars)) else 1):
            check()
            if budget.spent:
                return
            yield from ((v, sizes) for v in _steepest(system, model, sizes, values, domain, noise))


def _steepest(
    system: System, model: Model, sizes: Mapping[str, int], values: Values, domain: Mapping[Any, Any], noise: np.random.Generator
) -> Iterator[Values]:
    try:
        bound = model.bind({str(k.name): floats(v) for k, v in values.items() if str(k.name) != "t"}, sizes=dict(sizes))
        with np.errstate(all="ignore"):
            score, states = _ridden(system, bound, sizes, noise)
    except (AmsymError, ArithmeticError, ValueError):
        return
    for n in np.argsort(-score)[:BEST]:
        if not score[n] > LEAST:
            return
        for digits in (2**6, 2**20):
            exact = {s: _exact(states[s.name][n], digits) for s in system.states}
            yield clipped({**values, **exact}, domain)


def _ridden(system: System, bound: Any, sizes: Mapping[str, int], noise: np.random.Generator) -> tuple[Array, dict[str, Array]]:
    """The share of the steepest rise along each trajectory, and the state there."""
    shapes = {s.name: tuple(sizes[a] for a in s.axes) for s in system.states}
    scale = noise.choice([0.3, 1.0, 3.0, 8.0], size=STARTS)
    states = {k: scale.reshape(-1, *(1 for _ in shape)) * noise.normal(size=(STARTS, *shape)) for k, shape in shapes.items()}
    best, at = np.full(STARTS, -np.inf), {k: v.copy() for k, v in states.items()}
    for _ in range(STEPS):
        flow, slope = bound.flow(states), bound.gradient(states)
        length = np.sqrt(_square(flow) * _square(slope))
        score = np.nan_to_num(bound.energy_rate(states) / np.maximum(length, 1e-12), nan=-np.inf, posinf=-np.inf)
        higher = score > best
        best[higher] = score[higher]
        for k, v in states.items():
            at[k][higher] = v[higher]
        pace = STEP / (1 + np.sqrt(_square(flow)) / 10)
        states = {k: v + pace.reshape(-1, *(1 for _ in shapes[k])) * flow[k] for k, v in states.items()}
    return best, at


def _square(parts: Mapping[str, Array]) -> Array:
    return np.asarray(sum(np.sum(np.square(v).reshape(STARTS, -1), axis=1) for v in parts.values()))


def _exact(array: Array, digits: int) -> Any:
    flat = {place: Fraction(round(float(array[place]) * digits), digits) for place in np.ndindex(array.shape)}
    return nested(flat, array.shape) if array.shape else flat[()]


__all__ = ["rising_states"]
