"""What is searched: the zeros of some formulas at given numbers, in floating point with intervals, and the same in exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.errors import InputError, ModelError
from amsym.judged import judged
from amsym.notation import Component, derivative
from amsym.prover.regularity import is_continuous
from amsym.system import System, time
from numeric.bound import Bound
from numeric.compile import Model
from numeric.enclosure.constants import Interval, intervals_of, with_exact_numbers
from proofs.draws import floats
from proofs.question import Question, question
from proofs.zeros.krawczyk import ZeroProblem
from proofs.zeros.points import Field

Array = NDArray[Any]


@dataclass(frozen=True)
class Problem:
    """field: "flow" or "gradient".  model: bound to doubles; intervals: of its parameters that are no doubles.

    exact: the same zeros in exact numbers.  low, high: the domain as packed components (n,).
    """

    field: str
    asked: Question
    model: Bound
    intervals: Mapping[str, Interval]
    exact: ZeroProblem
    low: Array
    high: Array

    @property
    def width(self) -> int:
        """The number of unknowns."""
        return len(self.low)

    def restored(self, rows: Array) -> Any:
        """Packed rows (k, n) as a batch of states: an array, or arrays by name for several states."""
        packing, _ = self.model.packing(self.width)
        return packing.restore(np.asarray(rows, dtype=float), (len(rows),), len(self.asked.system.states) > 1)


def read(model: Any, params: Any, domain: Any, asker: str) -> Question:
    """The question, with the system of a bound model; raises InputError and ModelError for what does not fit."""
    if isinstance(model, Bound):
        if params is not None:
            raise InputError("params were given with a model that is bound to its own already; pass None for them")
        model, params = model.system, model.params
    asked = question(judged(model, asker, energy=False), {} if params is None else params, domain)
    if any(f.has(time) for f in asked.system.formulas):
        raise InputError(f"{asker}() got formulas that depend on t; the zeros of one field were expected: put a number in place of t")
    return asked


def flow_problem(asked: Question, asker: str) -> Problem:
    """The zeros of the flow."""
    if asked.system.flow is None:
        raise ModelError(f"{asker}() needs a flow, and the system has an update: give System(flow=...)")
    return _problem("flow", asked, dict(asked.system.flow), asker)


def gradient_problem(asked: Question, asker: str) -> Problem:
    """The zeros of -∂E/∂y, whose stable ones are the minima of E."""
    system = asked.system
    if system.energy is None:
        raise ModelError(f"{asker}() needs an energy; give System(..., energy=...)")
    if any(s.values for s in system.states):
        raise ModelError(f"{asker}() needs states on the line; '{system.states[0].name}' takes some values only: use its real relaxation")
    if not is_continuous(system.energy, system.states):
        raise ModelError(f"{asker}() needs an energy without jumps, of which ∂E/∂y does not tell, and that of {system.name} may jump")
    return _problem("gradient", asked, {c: -derivative(system.energy, c) for c in system.equations}, asker)


def _problem(field: str, asked: Question, formulas: dict[Component, sp.Expr], asker: str) -> Problem:
    low, high, sizes = packed_domain(asked, asker)
    order = {s: k for k, s in enumerate(asked.system.states)}
    formulas = dict(sorted(formulas.items(), key=lambda item: order[item[0].tensor]))
    exact = with_exact_numbers(formulas, sizes, asked.system.name)
    fixed = {k.name: v for k, v in (asked.fixed or {}).items()}
    kept = {p.name for p in (*exact.system.parameters, *exact.system.scalars)} & set(fixed)
    values = {name: floats(fixed[name]) for name in kept}
    bound = Model(_undeclared(exact.system)).bind({**values, **exact.values}, sizes=sizes)
    intervals = {**exact.intervals, **intervals_of({name: fixed[name] for name in kept})}
    fields = [Field(c.tensor, c.where, f) for c, f in formulas.items()]
    return Problem(field, asked, bound, intervals, ZeroProblem(fields, sizes, dict(asked.fixed or {})), low, high)


def _undeclared(system: System) -> System:
    """The same system; properties that numbers have only up to rounding are not asked for again."""
    rule = {t: t.with_properties() for t in system.parameters if {"psd", "orthogonal"} & set(t.properties)}
    return system.substitute(rule) if rule else system


def packed_domain(asked: Question, asker: str) -> tuple[Array, Array, dict[str, int]]:
    """Lows and highs of all components in packed order, and the sizes of the axes."""
    system, sizes = asked.system, dict(asked.sizes)
    given = {getattr(getattr(k, "tensor", k), "name", k): box for k, box in (asked.domain or {}).items()}
    lows, highs = [], []
    for s in system.states:
        box = given.get(s.name)
        if box is None:
            lacking = [t.name for t in system.states if t.name not in given]
            names, have = " and ".join(f"'{n}'" for n in lacking), "has" if len(lacking) == 1 else "have"
            pairs = ", ".join(f"'{n}': (-5, 5)" for n in lacking)
            remedy = f"add {pairs} to domain" if given else f"pass domain={{{pairs}}}"
            raise InputError(f"{asker}() needs a bounded domain, and {names} {have} none: {remedy}")
        missing = [a for a in s.axes if a not in sizes]
        if missing:
            raise InputError(f"axis '{missing[0]}' of '{s.name}' has no size; give its domain as two arrays, (lows, highs)")
        shape = tuple(sizes[a] for a in s.axes)
        low, high = (np.broadcast_to(np.asarray(b, dtype=float), shape).reshape(-1) for b in box)
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise InputError(f"{asker}() needs a bounded domain; that of '{s.name}' is infinite: pass finite numbers")
        lows.append(low)
        highs.append(high)
    return np.concatenate(lows), np.concatenate(highs), sizes


def energies_at(asked: Question, states: Any) -> Array | None:
    """E, (found,), at a batch of states, in floating point; None without an energy."""
    if asked.system.energy is None:
        return None
    fixed = {k.name: floats(v) for k, v in (asked.fixed or {}).items()}
    return np.asarray(Model(asked.system).bind(fixed, sizes=asked.sizes).energy(states))


__all__ = ["Problem", "energies_at", "flow_problem", "gradient_problem", "packed_domain", "read"]
