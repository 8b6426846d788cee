"""A question with numbers and a bounded domain: packed boxes in floating point, exact parameters, and balls over any box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.notation import Component, Tensor, derivative, fresh_indices
from amsym.system import System, time
from numeric.bound import Bound
from numeric.compile import compile as compile_model
from numeric.rigorous import Evaluator, rational
from proofs.draws import nested, plain
from proofs.inequalities.over_box import OverBox, interval
from proofs.question import Question
from proofs.zeros.points import Field, Place

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Boxed:
    """The system, exact parameters, sizes, the places of the packed states, and the domain [low, high], (n,).

    ends: the domain exactly; low and high are doubles that hold it.
    """

    system: System
    fixed: Mapping[Any, Any]
    sizes: Mapping[str, int]
    places: tuple[tuple[Tensor, Place], ...]
    low: Array
    high: Array
    ends: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    _slopes: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def width(self) -> int:
        """The number of packed components."""
        return len(self.places)

    def over(self, low: Array, high: Array) -> OverBox:
        """Balls over the box [low, high], (n,)."""
        box: dict[Tensor, dict[Place, arb]] = {}
        for (s, p), a, b in zip(self.places, low, high, strict=True):
            box.setdefault(s, {})[p] = interval(float(a), float(b))
        return OverBox(self.sizes, dict(self.fixed), box)

    def holds_point(self, exact: Sequence[Fraction]) -> bool:
        """Whether an exact point lies in the domain."""
        return all(a <= x <= b for a, x, b in zip(self.ends[0], exact, self.ends[1], strict=True))

    def exactly_at(self, point: Any) -> Evaluator:
        """Balls at an exact point, of fractions or of floats taken as they are."""
        return Evaluator(self.sizes, {**self.fixed, **self.tables(point)})

    def tables(self, point: Any) -> dict[Any, Any]:
        """The states at a packed point, as nested tuples of fractions."""
        flat: dict[Tensor, dict[Place, Fraction]] = {}
        for (s, p), x in zip(self.places, point, strict=True):
            flat.setdefault(s, {})[p] = Fraction(x) if isinstance(x, Fraction) else Fraction(float(x))
        return {s: nested(t, tuple(self.sizes[a] for a in s.axes)) for s, t in flat.items()}

    def slope(self, formula: sp.Expr, at: Mapping[Any, int], k: int) -> tuple[sp.Expr, dict[Any, int]]:
        """∂formula/∂y_k as an index expression, with its indices at their places."""
        s, place = self.places[k]
        key = (formula, tuple(at), s)
        if key not in self._slopes:
            other = fresh_indices(s.axes, set(at))
            self._slopes[key] = (derivative(formula, s[other] if s.axes else Component(s)), other)
        slope, other = self._slopes[key]
        return slope, {**at, **dict(zip(other, place, strict=True))}

    def rough(self, formula: sp.Expr) -> Bound:
        """A compiled system whose energy is this formula, bound to the numbers."""
        flow = {c: -c for c in self.system.equations}
        return self._bound(System(flow=flow, energy=formula))

    def model(self) -> Bound:
        """The compiled system itself."""
        return self._bound(self.system)

    def _bound(self, system: System) -> Bound:
        names = {p.name for p in (*system.parameters, *system.scalars)}
        params = {k.name: _floats(v) for k, v in self.fixed.items() if k.name in names}
        axes = set(system.axes)
        return compile_model(system).bind(params, sizes={a: n for a, n in self.sizes.items() if a in axes})

    def data(self) -> dict[str, Any]:
        """Sizes, parameters and domain as exact plain data."""
        return {
            "sizes": dict(self.sizes),
            "values": {k.name: plain(v) for k, v in self.fixed.items()},
            "domain": self.box_data(self.low, self.high),
        }

    def box_data(self, low: Any, high: Any) -> dict[str, Any]:
        """A box by states: {"y": [lows, highs]}, exact."""
        lows, highs = self.tables(low), self.tables(high)
        return {s.name: [plain(lows[s]), plain(highs[s])] for s in lows}

    def domain_in_words(self) -> str:
        """The domain, short: y in [-5, 5]^3."""
        said = []
        for s in self.system.states:
            mine = [k for k, (t, _) in enumerate(self.places) if t == s]
            a, b = self.low[mine], self.high[mine]
            same = np.all(a == a[0]) and np.all(b == b[0])
            said.append(
                f"{s.name} in [{a[0]:.6g}, {b[0]:.6g}]{f'^{len(mine)}' if len(mine) > 1 else ''}" if same else f"{s.name} in the given box"
            )
        return ", ".join(said)


def boxed(question: Question) -> Boxed:
    """The boxed problem of a question.

    Raises InputError where the domain is not bounded, a parameter or a size is missing, or the formulas depend on time.
    """
    system = question.system
    missing = sorted({a for t in (*system.states, *system.parameters) for a in t.axes} - set(question.sizes))
    fixed = dict(question.fixed or {})
    unknown = [k.name for k in (*system.parameters, *system.scalars) if k not in fixed]
    if not question.is_boxed or missing or unknown:
        lacks = [
            *([] if question.is_boxed else ["a bounded domain"]),
            *(f"the size {a}" for a in missing),
            *(f"a value of {p}" for p in unknown),
        ]
        raise InputError(f"an inequality on a box needs numbers and a box; missing: {', '.join(lacks)}: give params and domain")
    discrete = next((s.name for s in system.states if s.values), None)
    if discrete is not None:
        raise InputError(f"state '{discrete}' takes a few values only; states that move continuously were expected: go through its values")
    if system.depends_on_time:
        raise InputError(f"the formulas depend on {time}; formulas of states and parameters were expected: give the time as a parameter")
    places = tuple((s, p) for s in system.states for p in Field(s, (), sp.S.Zero).places(question.sizes))
    lows, highs = (_packed(question, side, places) for side in (0, 1))
    low, high = _outward(lows, -np.inf), _outward(highs, np.inf)
    return Boxed(system, fixed, dict(question.sizes), places, low, high, (lows, highs))


def _packed(question: Question, side: int, places: tuple[tuple[Tensor, Place], ...]) -> tuple[Fraction, ...]:
    """One end of the domain."""
    named = {getattr(getattr(k, "tensor", k), "name", k): box for k, box in (question.domain or {}).items()}
    bounds = [(named[s.name][side], p) for s, p in places]
    return tuple(rational(np.asarray(bound, dtype=object)[p if np.ndim(bound) else ()]) for bound, p in bounds)


def _outward(exact: Sequence[Fraction], away: float) -> Array:
    """Doubles, rounded away where a number is none."""
    near = [float(x) for x in exact]
    return np.array([x if Fraction(x) == u else float(np.nextafter(x, away)) for x, u in zip(near, exact, strict=True)])


def _floats(value: Any) -> Any:
    return np.array(value, dtype=object).astype(float) if isinstance(value, tuple) else float(value)


__all__ = ["Array", "Boxed", "boxed"]
