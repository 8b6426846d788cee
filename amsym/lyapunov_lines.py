"""The last lines of a derivation: dE/dt = -Σ_ij ẏ_i Λ_ij ẏ_j ≤ 0 with Λ spelled out, or what is missing for it.

The argument comes from the prover; here it is only written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from amsym.derivation import Line
from amsym.indexing import at, letters, relettered, second
from amsym.notation import Component, Tensor, derivative, lettered, total
from amsym.prover.lyapunov import CHAIN_RULE, energy_never_increases, energy_rate, lyapunov_arguments
from amsym.prover.patterns import Argument
from amsym.prover.signs import is_nonnegative
from amsym.render.abbreviated import Abbreviation, abbreviated
from amsym.render.shortest import shortest
from amsym.render.symbols import Rate, Slope, TimeDerivative
from amsym.system import System, time
from amsym.verdict import Status, Verdict

LABEL = "Lyapunov condition"
ENERGY = sp.Symbol("E", real=True)
RATE = TimeDerivative(ENERGY)


def lyapunov_lines(system: System, names: tuple[Abbreviation, ...] = ()) -> Iterator[Line]:
    """The Lyapunov condition, then a line for each Λ that it uses."""
    verdict = energy_never_increases(system)
    arguments = lyapunov_arguments(system) if verdict.status is Status.PROVED else None
    if arguments is None or arguments[0].pattern == "ports":
        status = "proved" if verdict.status is Status.PROVED else "not proved"
        yield Line(LABEL, _claim(system), f"{status}: {verdict.reason}", relation="is")
        return
    yield Line(LABEL, RATE, _condition(system, arguments), _note(verdict))
    for a in arguments:
        if a.factor.potential is not None and not _is_named(a):
            at, also = _places(system, a.state)
            right = _spelled(system, a, at, also)
            note = f"positive semidefinite: {a.factor.name}"
            yield Line(LABEL, _metric(system, a), right, note, (a.state.name,), short=abbreviated(right, names, letters(system)))


def _claim(system: System) -> sp.Expr:
    """ΔE ≤ 0 for a step, dE/dt ≤ 0 for a flow."""
    changed = sp.Symbol("ΔE", real=True) if system.update is not None else RATE
    return sp.Le(changed, 0, evaluate=False)


def _condition(system: System, arguments: list[Argument]) -> sp.Expr:
    if arguments[0].pattern == "sign":
        return sp.Le(shortest(energy_rate(system), letters(system)), 0, evaluate=False)
    explicit = derivative(system.energy, time) if system.depends_on_time else sp.S.Zero
    return sp.Le(sp.Add(*(-_dissipated(system, a) for a in arguments), explicit), 0, evaluate=False)


def _dissipated(system: System, a: Argument) -> sp.Expr:
    """Σ ẏ M ẏ for ∇E = -M f, Σ ∇E R ∇E for f = -R ∇E."""
    at, also = _places(system, a.state)
    if a.factor.slope is not None:
        return total(_factor(system, a.factor.slope, at) * _moved(a, at) ** 2, *at.where)
    matrix = _metric(system, a) if a.factor.potential is not None else _declared(system, a)[at.where + also.where]
    return total(_factor(system, _scale(a), at, also) * matrix * _moved(a, at) * _moved(a, also), *at.where, *also.where)


def _factor(system: System, m: sp.Expr, *places: Component) -> sp.Expr:
    """A factor at the indices of the line, its own sums in letters that the line does not use."""
    used = {i.name for place in places for i in place.where}
    free = {axis: tuple(n for n in names if n not in used) for axis, names in letters(system).items()}
    factor: sp.Expr = lettered(relettered(system, m), free)
    return factor


def _moved(a: Argument, at: Component) -> sp.Expr:
    return Rate(at) if a.pattern == "metric" else Slope(ENERGY, at)


def _places(system: System, s: Tensor) -> tuple[Any, Any]:
    """The state at the author's indices and at further ones."""
    here = at(system, s)
    return here, s[second(system, s, here.where)] if s.axes else here


def _metric(system: System, a: Argument) -> sp.Expr:
    """Λ_ij as a name; an abstract Lagrangian's Hessian has one already."""
    at, also = _places(system, a.state)
    if _is_named(a):
        return derivative(a.factor.potential, at, also)
    name = "Λ" if len(system.states) == 1 else f"Λ_{a.state.name}"
    component: sp.Expr = Tensor(name, a.state.axes * 2, "activation")[at.where + also.where]
    return component


def _is_named(a: Argument) -> bool:
    potential = a.factor.potential
    return isinstance(potential, Component) and potential.tensor.of == a.state


def _sign(a: Argument) -> int:
    return 1 if is_nonnegative(a.factor.scale) else -1


def _scale(a: Argument) -> sp.Expr:
    return a.factor.scale * _sign(a)


def _spelled(system: System, a: Argument, at: Component, also: Component) -> sp.Expr:
    """Λ_ij = ∂²φ/∂y_i∂y_j."""
    return shortest(_sign(a) * derivative(a.factor.potential, at, also), letters(system))


def _declared(system: System, a: Argument) -> Tensor:
    """The matrix that the author declared positive semidefinite."""
    return next(p for p in system.parameters if p.name == a.factor.name)


def _note(verdict: Verdict) -> str:
    """What the proof covers: the sizes, and the kinks that it steps over."""
    sizes = verdict.certificate["domain"]["sizes"]
    bends = [
        step["hypothesis"].split(";")[0].removeprefix("kinks at ")
        for step in verdict.certificate["steps"]
        if step.get("lemma") == CHAIN_RULE
    ]
    words = "proved" + (" for " + ", ".join(f"{axis} {least}" for axis, least in sizes.items()) if sizes else "")
    return words + "".join(f"; kinks where {bend}: for almost every t" for bend in bends)
