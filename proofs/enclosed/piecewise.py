"""Piecewise affine flows: the steady states that an enumeration over patterns gives in rationals, told as boxes that hold one each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.verdict import Status, Verdict
from proofs.certificates import with_model
from proofs.draws import plain
from proofs.enclosed.problem import energies_at
from proofs.enclosed.result import EnclosedStates
from proofs.patterns import PatternState, enumerate_states
from proofs.question import Question

Array = NDArray[Any]


def enumerated(asked: Question) -> EnclosedStates:
    """All steady states, in the domain where one is given; continua of them apart."""
    found = enumerate_states(asked)
    states = sorted(found.states, key=lambda s: [x for name in s.values for x in np.ravel(np.array(s.values[name], dtype=object))])
    ends = [_around(asked, states, name) for name in _names(asked)]
    lows, middles, highs = ({name: e[k] for name, e in zip(_names(asked), ends, strict=True)} for k in range(3))
    none = {name: a[:0] for name, a in middles.items()}
    return EnclosedStates(
        boxes=(_given(asked, lows), _given(asked, highs)),
        states=_given(asked, middles),
        stability=tuple(with_model(_stability(s), asked.system, asked.fixed, asked.sizes) for s in states),
        complete=with_model(found.complete, asked.system, asked.fixed, asked.sizes),
        undecided=(_given(asked, none), _given(asked, none)),
        energies=energies_at(asked, middles),
        domain=dict(asked.domain or {}),
        boxes_looked_at=found.solved + found.refuted,
        continua=found.continua,
    )


def _names(asked: Question) -> list[str]:
    return [s.name for s in asked.system.states]


def _given(asked: Question, arrays: Mapping[str, Array]) -> Any:
    """An array for one state, arrays by name for several."""
    return dict(arrays) if len(arrays) > 1 else arrays[_names(asked)[0]]


def _around(asked: Question, states: list[PatternState], name: str) -> tuple[Array, Array, Array]:
    """Doubles below, next to and above the exact values of one state, (found, axes...)."""
    (tensor,) = (s for s in asked.system.states if s.name == name)
    shape = (len(states), *(asked.sizes[a] for a in tensor.axes))
    exact = np.array([s.values[name] for s in states], dtype=object).reshape(shape)
    middle = exact.astype(np.float64)
    rounded = np.array([Fraction(float(m)) != x for m, x in zip(middle.ravel(), exact.ravel(), strict=True)], dtype=bool).reshape(shape)
    return np.where(rounded, np.nextafter(middle, -np.inf), middle), middle, np.where(rounded, np.nextafter(middle, np.inf), middle)


def _stability(state: PatternState) -> Verdict:
    """The verdict of a state's pattern with the state itself, as a cover of one point: what the checker reads."""
    found = state.stability
    if found is None:
        return Verdict("steady state is stable", Status.UNDECIDED, {}, state.note)
    if found.status is not Status.CERTIFIED:
        return found
    middle = {name: plain(value) for name, value in state.values.items()}
    zero = {"middle": middle, "radius": _zeros_like(middle), "index": found.certificate["index"]}
    return replace(found, certificate={**found.certificate, "kind": "interval cover", "zeros of": "flow", "zeros": [zero]})


def _zeros_like(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _zeros_like(v) for name, v in value.items()}
    return [_zeros_like(v) for v in value] if isinstance(value, list) else "0"


__all__ = ["enumerated"]
