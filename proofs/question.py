"""What verify was asked: the system, the numbers given if any, the sizes that they fix, and the domain of the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from amsym.errors import InputError
from amsym.notation import Tensor
from amsym.system import System
from proofs.draws import Values, respects
from proofs.matrices.given import is_semidefinite


@dataclass(frozen=True)
class Question:
    """One model to be judged, in exact numbers.

    system: with properties that given numbers have exactly (a symmetric W, a positive β) counted as declared.
    fixed: {parameter: nested tuples of fractions}, keyed by the system's own tensors and symbols; None without params.
    sizes: of the axes that params or domain fix.  domain: boxes of the states that searches keep to.
    """

    system: System
    fixed: Values | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    domain: Mapping[Any, Any] | None = None

    @property
    def numeric(self) -> bool:
        """Whether the parameters were given."""
        return self.fixed is not None

    @property
    def is_boxed(self) -> bool:
        """Whether the domain bounds every entry of every state."""
        bounds = {getattr(getattr(key, "tensor", key), "name", key): box for key, box in (self.domain or {}).items()}
        return all(
            s.name in bounds and all(np.isfinite(np.asarray(b, dtype=float)).all() for b in bounds[s.name]) for s in self.system.states
        )


def question(system: System, params: Mapping[str, Any] | None = None, domain: Mapping[Any, Any] | None = None) -> Question:
    """The question with its input checked; raises InputError naming the part that does not fit."""
    sizes = _domain_sizes(system, domain)
    if params is None:
        return Question(system, None, sizes, domain)
    from numeric.binding import checked_parameters

    arrays, sizes = checked_parameters(system, params, sizes)
    rule: dict[Any, Any] = {t: t.with_properties(*_observed(t, arrays[t.name])) for t in system.parameters}
    for s in system.scalars:
        x = float(arrays[s.name])
        rule[s] = sp.Symbol(s.name, real=True, **({"positive": True} if x > 0 else {"negative": True} if x < 0 else {"zero": True}))
    exact = {name: _exact(a) for name, a in arrays.items()}
    exact |= {t.name: _mended(t, exact[t.name]) for t in system.parameters}
    declared = system.substitute({k: v for k, v in rule.items() if k != v})
    fixed = {key: exact[key.name] for key in (*declared.parameters, *declared.scalars)}
    return Question(declared, fixed, sizes, domain)


def _domain_sizes(system: System, domain: Mapping[Any, Any] | None) -> dict[str, int]:
    """Check the domain; arrays in it fix the sizes of their axes."""
    if domain is not None and not isinstance(domain, Mapping):
        raise InputError(f"domain is a mapping of states to pairs, {{'y': (-5, 5)}}, got {domain!r}: name the state")
    states = {s.name: s for s in system.states}
    sizes: dict[str, int] = {}
    for key, box in (domain or {}).items():
        name = getattr(getattr(key, "tensor", key), "name", key)
        if name not in states:
            raise InputError(f"domain names '{name}', which is no state; the states are {', '.join(sorted(states))}: take one of these")
        for bound in _bounds(name, box):
            _add_sizes(states[name], bound, sizes)
    return sizes


def _bounds(name: str, box: Any) -> tuple[Any, Any]:
    message = f"the domain of '{name}' is a pair (low, high) of numbers or arrays with low ≤ high, got {box!r}: say (-5, 5)"
    if not isinstance(box, (tuple, list)) or len(box) != 2:
        raise InputError(message)
    try:
        low, high = (np.asarray(bound, dtype=float) for bound in box)
        ordered = bool(np.all(low <= high)) and bool(np.all(low < np.inf)) and bool(np.all(high > -np.inf))
    except (TypeError, ValueError) as error:
        raise InputError(message) from error
    if not ordered:
        raise InputError(message)
    return low, high


def _add_sizes(state: Tensor, bound: Any, sizes: dict[str, int]) -> None:
    if bound.ndim not in (0, len(state.axes)):
        raise InputError(
            f"the domain of '{state.name}' has shape {bound.shape}; {state.description} was expected: give a number, or one for each entry"
        )
    for axis, n in zip(state.axes, bound.shape, strict=False):
        if sizes.setdefault(axis, n) != n or n == 0:
            raise InputError(
                f"the domain of '{state.name}' makes axis '{axis}' both {sizes[axis]} and {n} long; "
                "one size from 1 on was expected: make them agree"
            )


def _observed(t: Tensor, a: Any) -> list[str]:
    """Properties that the numbers have exactly and that the declaration does not contradict."""
    found: list[str] = []
    square = a.ndim == 2 and len(set(t.axes)) == 1
    if square and "antisymmetric" not in t.properties and np.array_equal(a, a.T):
        found += ["symmetric", "psd"] if is_semidefinite(a) else ["symmetric"]
    if np.all(a > 0):
        found.append("positive")
    elif np.all(a >= 0):
        found.append("nonnegative")
    return found


def _mended(t: Tensor, value: Any) -> Any:
    """A matrix that is symmetric or antisymmetric but for rounding, made exactly so."""
    sign = 1 if t.has_property("symmetric") else -1 if t.has_property("antisymmetric") else 0
    if not sign or len(t.axes) != 2 or respects(Tensor(t.name, t.axes, properties=("symmetric" if sign > 0 else "antisymmetric",)), value):
        return value
    n = range(len(value))
    return tuple(tuple((value[i][j] + sign * value[j][i]) / 2 for j in n) for i in n)


def _exact(a: Any) -> Any:
    a = np.asarray(a)
    return Fraction(float(a)) if a.ndim == 0 else tuple(_exact(x) for x in a)
