"""Numbers for a model's pictures: those given, else those of its counterexample, else a sample that respects what is declared.

A sample is small and always the same: entries from N(0, 1), divided by √N for couplings of an axis with itself, scalars
that are 1 where they may be. It says so in words, for the page shows them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from amsym.notation import Tensor
from amsym.system import System
from amsym.verdict import Report, Status
from proofs.draws import fits, tensor_values

SEED = 0
# Sizes of the axes in order: all different, so that the pictures hold no accident of equal sizes; smaller for tokens.
FLAT, DEEP = (8, 6, 5, 4), (4, 3, 2)


@dataclass(frozen=True)
class Numbers:
    """Parameters as arrays by name, the sizes of all axes, a start if one is known, and words that say where they are from."""

    params: dict[str, Any]
    sizes: dict[str, int]
    words: str
    start: dict[str, Any] = field(default_factory=dict)
    sampled: bool = False


def numbers_for(system: System, params: Mapping[str, Any] | None = None, report: Report | None = None) -> Numbers:
    """The numbers to draw a system with.

    >>> from amsym.zoo import hopfield
    >>> found = numbers_for(hopfield())
    >>> found.sizes, found.params["W"].shape
    ({'N': 8}, (8, 8))
    >>> found.words
    'sample parameters: N = 8; W ~ N(0, 1)/√N, symmetric; b ~ N(0, 1); seed 0'
    """
    if params is not None:
        named = {str(getattr(key, "name", key)): value for key, value in params.items()}
        return Numbers(named, {}, "the given parameters")
    return _of_counterexample(system, report) or sample(system, _sizes(system))


def _of_counterexample(system: System, report: Report | None) -> Numbers | None:
    """Parameters and state at which the energy rises, where a verdict has them."""
    verdict = report.get("energy never increases") if report is not None else None
    found = verdict.certificate if verdict is not None and verdict.status is Status.REFUTED else {}
    values, states = found.get("values", {}), {s.name for s in system.states}
    wanted = {p.name for p in system.parameters} | {s.name for s in system.scalars}
    if not isinstance(values, Mapping) or not wanted | states <= set(values) or system.depends_on_time:
        return None
    arrays = {name: _floats(value) for name, value in values.items()}
    sizes = {str(axis): int(n) for axis, n in found.get("sizes", {}).items()}
    words = f"the counterexample's parameters{_listed_sizes(sizes)}"
    return Numbers({name: arrays[name] for name in wanted}, sizes, words, {name: arrays[name] for name in states})


def _floats(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return np.array([_floats(v) for v in value])
    return float(Fraction(str(value)))


def _sizes(system: System) -> dict[str, int]:
    """Small sizes, those of the states' axes first."""
    choice = DEEP if any(len(s.axes) > 1 for s in system.states) else FLAT
    return {axis: choice[min(n, len(choice) - 1)] for n, axis in enumerate(system.axes)}


def sample(system: System, sizes: Mapping[str, int], gain: Fraction = Fraction(1)) -> Numbers:
    """Sample parameters at these sizes; `gain` multiplies the couplings.

    >>> from amsym.zoo import spins
    >>> W = sample(spins(), {"N": 3}).params["W"]
    >>> bool((W == W.T).all())
    True
    """
    rng = random.Random(SEED)
    found: dict[str, Any] = {}
    words = [", ".join(f"{axis} = {n}" for axis, n in sizes.items())]
    for t in system.parameters:
        found[t.name], said = _tensor(t, sizes, rng, gain)
        words.append(said)
    for s in system.scalars:
        value = next(v for v in map(Fraction, ("1", "-1", "2", "1/2", "0")) if fits(system, {s: v}))
        found[s.name] = float(value)
        words.append(f"{s.name} = {value}")
    return Numbers(found, dict(sizes), f"sample parameters: {'; '.join(w for w in words if w)}; seed {SEED}", sampled=True)


def _tensor(t: Tensor, sizes: Mapping[str, int], rng: random.Random, gain: Fraction) -> tuple[Any, str]:
    """The array and what it is in words."""
    shape = tuple(sizes[axis] for axis in t.axes)
    drawn = np.array(tensor_values(t, shape, lambda: Fraction(round(rng.gauss(0, 1) * 256), 256), rng), dtype=float)
    twice = next((axis for axis in t.axes if t.axes.count(axis) > 1), None)
    fixed = bool(t.values or {"integer", "orthogonal"} & set(t.properties))
    scale = 1.0 if fixed else float(gain) / (np.sqrt(sizes[twice]) ** (len(t.axes) - 1) if twice else 1.0)
    law = "integers" if "integer" in t.properties else "|N(0, 1)|" if {"positive", "nonnegative"} & set(t.properties) else "N(0, 1)"
    root = "" if fixed or not twice else f"/√{twice}" if len(t.axes) == 2 else f"/{twice}^({len(t.axes) - 1}/2)"
    more = "".join(f", {p}" for p in t.properties if p not in ("positive", "nonnegative", "integer"))
    times = "" if fixed or gain == 1 or len(t.axes) < 2 else f"{gain}·"
    return drawn * (scale if len(t.axes) > 1 else 1.0), f"{t.name} ~ {times}{law}{root}{more}"


def _listed_sizes(sizes: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{axis} = {n}' for axis, n in sizes.items())})" if sizes else ""
