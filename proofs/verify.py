"""verify: prove what can be proved, refute what is false with exact numbers, and say honestly what is left open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from time import perf_counter
from typing import Any

import numpy as np
import sympy as sp

from amsym.errors import InputError, ModelError
from amsym.memory import Memory
from amsym.notation import Tensor
from amsym.prover.lyapunov import energy_may_jump
from amsym.prover.properties import prove_all
from amsym.system import System
from amsym.verdict import Report, Status, Verdict
from proofs.draws import Values, respects
from proofs.falsify import SEED, Search, search

KEY = "energy never increases"


def verify(model: Any, params: Mapping[str, Any] | None = None, domain: Mapping[Any, Any] | None = None) -> Report:
    """A Report of verdicts on a System or Memory.

    Without params the claims are for every size, every parameter as declared and every state. With params they are
    for these parameters; properties that the numbers have exactly (a symmetric W, a positive β) count as declared.
    domain: {"y": (-5, 5)} or {"y": (lows, highs)} restricts the states in which counterexamples are looked for.

    >>> from amsym.notation import indices, parameter, state, total
    >>> i, j = indices("i j", "N")
    >>> y, W = state("y", "N"), parameter("W", "N N")
    >>> E = total(y[i]**2, i)/2 - total(W[i, j]*y[i]*y[j], i, j)/2
    >>> report = verify(System(flow={y[i]: total(W[i, j]*y[j], j) - y[i]}, energy=E))
    >>> print(report["energy never increases"].status)
    REFUTED
    """
    system = model.system if isinstance(model, Memory) else model
    if not isinstance(system, System):
        raise ModelError(f"verify() takes a System or a Memory, got {model!r}")
    if system.energy is None:
        raise ModelError("verify() needs an energy; give System(..., energy=...)")
    sizes = _domain_sizes(system, domain)
    fixed, sizes, declared = _with_numbers(system, params, sizes)
    report = prove_all(declared)
    seconds = dict(report.seconds)
    verdicts = dict(report)
    if verdicts[KEY].status is Status.UNDECIDED:
        start = perf_counter()
        verdicts[KEY] = _decided(declared, verdicts[KEY], _translated(declared, fixed), sizes, domain)
        seconds[KEY] += perf_counter() - start
    return Report(verdicts, name=system.name, seconds=seconds)


def _decided(system: System, open_verdict: Verdict, fixed: Values | None, sizes: Mapping[str, int], domain: Any) -> Verdict:
    """Turn an undecided claim into a refuted or a supported one where the search says so."""
    if any(t.kind == "activation" for t in system.parameters) or any(f.atoms(sp.core.function.AppliedUndef) for f in system.formulas):
        return open_verdict
    result = search(system, fixed, sizes, domain)
    if result.violation is not None:
        missing = open_verdict.certificate.get("missing")
        tail = f"; missing assumption: {missing}, with it the claim is proved" if missing else ""
        return Verdict(KEY, Status.REFUTED, result.violation.certificate(), result.violation.words() + tail, open_verdict.source)
    decided = result.evaluations - result.undetermined
    # The rate dE/dt does not see a jump of E, so draws of it are no evidence there.
    if decided == 0 or (system.flow is not None and energy_may_jump(system)):
        return open_verdict
    return _supported(open_verdict, result, decided)


def _supported(open_verdict: Verdict, result: Search, decided: int) -> Verdict:
    # Rule of three, exactly: with no violation in n draws the 95 % bound on their probability is 1 - 0.05^(1/n).
    bound = 1 - math.exp(math.log(0.05) / decided)
    certificate = {
        "kind": "statistical",
        "seed": SEED,
        "draws": decided,
        "worst value": result.worst,
        "95 % bound on the probability of a violation": bound,
        "not proved because": open_verdict.reason,
    }
    reason = f"no counterexample in {decided} exact draws; not proved: {open_verdict.reason}"
    return replace(open_verdict, status=Status.SUPPORTED, certificate=certificate, reason=reason)


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
    message = f"the domain of '{name}' is a pair (low, high) of numbers or arrays with low ≤ high, got {box!r}: mend it"
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


def _with_numbers(
    system: System, params: Mapping[str, Any] | None, sizes: dict[str, int]
) -> tuple[dict[str, Any] | None, dict[str, int], System]:
    """Exact parameter values by name, the sizes that they fix, and the system with the properties that they have."""
    if params is None:
        return None, sizes, system
    from numeric.binding import checked_parameters

    arrays, sizes = checked_parameters(system, params, sizes)
    rule: dict[Any, Any] = {}
    for t in system.parameters:
        rule[t] = t.with_properties(*_observed(t, arrays[t.name]))
    for s in system.scalars:
        x = float(arrays[s.name])
        rule[s] = sp.Symbol(s.name, real=True, **({"positive": True} if x > 0 else {"negative": True} if x < 0 else {"zero": True}))
    exact = {name: _exact(a) for name, a in arrays.items()}
    exact |= {t.name: _mended(t, exact[t.name]) for t in system.parameters}
    return exact, sizes, system.substitute({k: v for k, v in rule.items() if k != v})


def _observed(t: Tensor, a: Any) -> list[str]:
    """Properties that the numbers have exactly and that the declaration does not contradict."""
    found: list[str] = []
    square = a.ndim == 2 and len(set(t.axes)) == 1
    if square and "antisymmetric" not in t.properties and np.array_equal(a, a.T):
        found.append("symmetric")
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


def _translated(system: System, exact: dict[str, Any] | None) -> Values | None:
    if exact is None:
        return None
    return {key: exact[key.name] for key in (*system.parameters, *system.scalars)}
