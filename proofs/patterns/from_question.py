"""The flow of a question as forms: each component read by itself, kinks that nothing uses dropped, the domain as a box."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import fmpq

from amsym.errors import InputError, ModelError
from numeric.components import component_names
from proofs.patterns.flow import PiecewiseFlow
from proofs.patterns.forms import Form, exact
from proofs.patterns.kinks import Gate, Kink, NotPiecewiseAffine, Ramp, Step
from proofs.patterns.reading import Reader
from proofs.question import Question


def piecewise_flow(asked: Question) -> PiecewiseFlow:
    """The flow of a question in exact numbers.

    >>> from amsym import zoo
    >>> from proofs.question import question
    >>> f = piecewise_flow(question(zoo.hopfield("relu"), {"W": [[0.5, 1.0], [1.0, 0.5]], "b": [1.0, 0.0]}))
    >>> f.patterns, [f.words(k) for k in f.kinks], [str(g) for g in f.cell((1, 0)).flow]
    (4, ['max(0, y[0])', 'max(0, y[1])'], ['1 + -1/2*v0', '0 + 1*v0 + -1*v1'])

    Raises ModelError for a flow that is not piecewise affine with rational numbers, InputError where numbers or sizes are missing.
    """
    system = asked.system
    if system.flow is None:
        raise InputError("the system has an update and no flow: expected a System(flow=...)")
    missing = [a for a in system.axes if a not in asked.sizes]
    if missing or (asked.fixed is None and (system.parameters or system.scalars)):
        lack = f"no size for axis '{missing[0]}'" if missing else "no parameters"
        raise InputError(f"steady states are listed for given numbers, got {lack}: give params, or a domain with arrays")
    reader = Reader(tuple(system.states), asked.sizes, asked.fixed or {})
    try:
        forms = _flows(reader, asked)
    except NotPiecewiseAffine as part:
        raise ModelError(f"the flow is not piecewise affine in the states with rational numbers: {part.args[0]} is in it") from None
    return _tidied(reader, forms, tuple(component_names(system, asked.sizes)), _box(asked))


def _flows(reader: Reader, asked: Question) -> list[Form]:
    by_state = {c.tensor: (c.where, f) for c, f in (asked.system.flow or {}).items()}
    found = []
    for state, place in reader.numbers:
        where, f = by_state[state]
        found.append(reader.read(f, dict(zip(where, place, strict=True))))
    return found


def _tidied(reader: Reader, forms: list[Form], names: Any, box: Any) -> PiecewiseFlow:
    """Only the kinks and chains that the flow holds, renumbered."""
    n, kinks, arguments = reader.kinks.n, reader.kinks.kinks, reader.kinks.arguments
    used, todo = set[int](), [v for f in forms for v in f.slopes if v >= n]
    while todo:
        v = todo.pop()
        if v not in used:
            used.add(v)
            kink = kinks[v - n]
            inner = [kink.step, *kink.form.slopes] if isinstance(kink, Gate) else list(arguments[kink.chain].slopes)
            todo += [u for u in inner if u >= n]
    order = {v: n + k for k, v in enumerate(sorted(used))}
    own = [kinks[v - n] for v in sorted(used)]
    held = {k.chain for k in own if not isinstance(k, Gate)}
    chains = {c: k for k, c in enumerate(sorted(held, key=lambda c: sorted(arguments[c].slopes)))}

    def moved(form: Form) -> Form:
        return Form(form.constant, {order.get(v, v): a for v, a in form.slopes.items()})

    renamed: list[Kink] = []
    for k in own:
        if isinstance(k, Gate):
            renamed.append(Gate(order[k.step], moved(k.form)))
        else:
            renamed.append(Ramp(chains[k.chain], k.cut) if isinstance(k, Ramp) else Step(chains[k.chain], k.cut, k.closed))
    return PiecewiseFlow(names, tuple(map(moved, forms)), tuple(renamed), tuple(moved(arguments[c]) for c in chains), box)


def _box(asked: Question) -> tuple[tuple[fmpq | None, fmpq | None], ...]:
    """(low, high) of every component, in packed order."""
    bounds = {getattr(getattr(key, "tensor", key), "name", key): box for key, box in (asked.domain or {}).items()}
    found: list[tuple[fmpq | None, fmpq | None]] = []
    for s in asked.system.states:
        shape = tuple(asked.sizes[a] for a in s.axes)
        low, high = (np.broadcast_to(np.asarray(b, dtype=float), shape).ravel() for b in bounds.get(s.name, (-np.inf, np.inf)))
        found += [(exact(a) if np.isfinite(a) else None, exact(b) if np.isfinite(b) else None) for a, b in zip(low, high, strict=True)]
    return tuple(found)


__all__ = ["piecewise_flow"]
