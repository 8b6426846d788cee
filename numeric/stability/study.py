"""stability: is a steady state with dead neurons stable? The spectrum of S = V_aᵀ J V_a decides, off the dead directions.

Source: dead_neurons section 3.2 and Proposition 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from amsym.errors import InputError
from amsym.verdict import Status, Verdict
from numeric.simulate_input import nonnegative
from numeric.stability.arnoldi import kept_by_product, reduced_operator, rightmost
from numeric.stability.dead_space import EPS, DeadSpace, dead_space
from numeric.stability.hessian import agreement, hessian_spectrum
from numeric.stability.kinks import Kink, kink, kink_by_products
from numeric.stability.marginal import on_axis, reasons
from numeric.stability.point import Point, point
from numeric.stability.products import DENSE, jacobian_product
from numeric.stability.reduction import Reduction, reduction
from numeric.stability.result import Stability
from numeric.stability.spectrum import Spectrum, dense_spectrum

Array = NDArray[Any]
SOURCE = "dead_neurons Proposition 4"


def stability(system: Any, params: Any, state: Any, *, t: float = 0.0, steady: float = 1e-6) -> Stability:
    """Whether a steady state is stable, with the dead directions split off.

    `system` is a System, a Memory, or a model bound to its parameters (then `params` is None); `state` is one state, an array
    or {name: array}, with |f|_inf <= steady (1 + |y|_inf). `t` freezes the time of a flow that depends on it. With more than
    1500 components projectors and S are operators and only the rightmost eigenvalues are found, by Arnoldi iterations.

    >>> from amsym import zoo
    >>> found = stability(zoo.hopfield("relu"), {"W": [[0.5, 0], [0, 3]], "b": [1.0, -1.0]}, [2.0, -1.0])
    >>> found
    Steady state of hopfield (relu): stable, margin 0.5
      dead directions: 1 of 2: y[1]
      spectrum of S: -0.5
      ∇²E on range Λ: 0.5 (agrees)
      verdict: SUPPORTED, residual 0.0e+00
    >>> found.dead.tolist(), found.rates.real.tolist()
    ([[0.0, 0.0], [0.0, 1.0]], [-1.0])

    Raises InputError where the state is not steady, with the residual. Source: dead_neurons section 3.2, Proposition 4.
    """
    at = point(system, params, state, t)
    residual = checked_residual(at, nonnegative("steady", steady))
    D = dead_space(at)
    return _dense(at, D, residual) if at.n <= DENSE else _by_products(at, D, residual)


def checked_residual(at: Point, steady: float) -> float:
    """|f|_inf, or an InputError that names it where it is not small."""
    residual = float(np.abs(at.flow()).max(initial=0.0))
    if not residual <= steady * at.scale:
        raise InputError(
            f"the state is not steady: |f| is {residual:.3g}, at most {steady * at.scale:.3g} was expected: "
            "polish it with am.steady_states, follow the flow with am.simulate, or raise steady="
        )
    return residual


def _dense(at: Point, D: DeadSpace, residual: float) -> Stability:
    J = at.jacobian()
    if not np.isfinite(J).all():
        raise InputError("the Jacobian at the state is not finite: move the state off the place where the flow has no slope")
    bend, found = kink(at, J), reduction(J, D)
    drift = 0.0 if bend is not None else _drift(at, J)
    spectrum = dense_spectrum(found.matrix, len(J) * EPS * float(np.linalg.norm(J)) + drift)
    curved = hessian_spectrum(at, D)
    told = _finding(spectrum, found.rates, bend, reasons(at, J, found, spectrum), at.labels)
    Pd = D.basis() @ D.basis().T
    agrees = None if bend is not None else agreement(curved, spectrum, drift)
    more = (np.eye(at.n) - Pd, Pd, found.matrix, found.basis, found.rates)
    return _answer(at, D, residual, spectrum, told, more, curved, agrees, _notes(at, found, agrees))


def _drift(at: Point, J: Array) -> float:
    """Twice what J changes over three Newton steps: what the state's own error may do to it.

    At a zero of multiplicity 3, a pitchfork, one step goes a third of the way.
    """
    f = at.flow()
    if not f.any():
        return 0.0
    step = scipy.linalg.lstsq(J, f, cond=1e-10, lapack_driver="gelsy")[0]
    there = at.jacobian(at.y - 3 * step)
    return 2 * float(np.linalg.norm(there - J)) if np.isfinite(there).all() else float(np.linalg.norm(J))


def _by_products(at: Point, D: DeadSpace, residual: float) -> Stability:
    J = jacobian_product(at)
    split, rates = kept_by_product(J, D)
    spectrum = rightmost(J, split)
    why = [on_axis(complex(z), spectrum.doubt) for z in spectrum.values[spectrum.axis] if z.imag >= 0]
    told = _finding(spectrum, rates, kink_by_products(at), why, at.labels)
    alive, dead = (LinearOperator(J.shape, matvec=p, matmat=p, rmatvec=p, dtype=np.float64) for p in (D.off, D.onto))
    notes = _frozen(at) + (["J does not map the dead space to itself: S is the whole Jacobian"] if D.count and not split.count else [])
    more = (alive, dead, reduced_operator(J, split), None, rates.astype(np.complex128))
    return _answer(at, D, residual, spectrum, told, more, None, None, notes)


@dataclass(frozen=True)
class _Finding:
    """What eigenvalues, dead rates and one-sided Jacobians say together; `reasons` for which they decide nothing alone."""

    kind: str
    index: int
    margin: float
    reasons: tuple[str, ...]


def _finding(spectrum: Spectrum, rates: Array, bend: Kink | None, why: list[str], labels: list[str]) -> _Finding:
    if np.any(np.abs(rates.real) <= spectrum.doubt):
        why = [*why, "a dead direction neither grows nor decays"]
    if bend is not None and bend.rightmost:
        return _Finding(bend.kind, bend.index, 0.0 - bend.rightmost[-1], (bend.reason(labels), *why))
    if bend is not None:
        why = [bend.reason(labels), *why]
    index = int(spectrum.unstable.sum()) + int((rates.real > spectrum.doubt).sum())
    kind = "marginal" if bend is not None else "unstable" if index else "marginal" if why else "stable"
    return _Finding(kind, index, min(spectrum.margin, 0.0 - float(rates.real.max(initial=-np.inf))), tuple(why))


def _frozen(at: Point) -> list[str]:
    return [f"the flow depends on time: its Jacobian at t = {at.t:g} was taken"] if at.system.depends_on_time else []


def _notes(at: Point, found: Reduction, agrees: bool | None) -> list[str]:
    notes = _frozen(at)
    if found.leaks:
        notes.append(f"J does not keep {found.leaks} of the dead directions among themselves (time constants differ): they stay in S")
    if agrees is False:
        notes.append("the energy's Hessian and S tell different numbers of unstable directions: the energy is no Lyapunov function here")
    return notes


def _answer(
    at: Point,
    D: DeadSpace,
    residual: float,
    spectrum: Spectrum,
    told: _Finding,
    matrices: tuple[Any, ...],
    curved: Array | None,
    agrees: bool | None,
    notes: list[str],
) -> Stability:
    alive, dead, S, basis, rates = matrices
    return Stability(
        name=at.system.name,
        state=at.restore(at.y),
        labels=at.labels,
        dead_space=D,
        alive=alive,
        dead=dead,
        reduced=S,
        basis=basis,
        spectrum=spectrum.values,
        rates=rates,
        kind=told.kind,
        index=told.index,
        margin=told.margin,
        marginal=told.reasons,
        residual=residual,
        energy_hessian_spectrum=curved,
        energy_agrees=agrees,
        verdict=_verdict(told, spectrum, residual),
        notes=tuple(notes),
    )


def _verdict(told: _Finding, spectrum: Spectrum, residual: float) -> Verdict:
    """SUPPORTED where the eigenvalues are off the axis by more than the doubt in them, else UNDECIDED with its reason."""
    evidence = {"kind": "floating point", "margin": told.margin, "doubt": spectrum.doubt, "index": told.index, "residual": residual}
    claim = "steady state is unstable" if told.kind == "unstable" else "steady state is stable"
    if told.kind == "marginal" or (told.kind == "stable" and not spectrum.converged):
        return Verdict(claim, Status.UNDECIDED, evidence, "; ".join(told.reasons) or spectrum.reason, SOURCE)
    reason = f"largest Re λ is {-told.margin:.3g}, known to {spectrum.doubt:.1e} in norm, in floating point"
    return Verdict(claim, Status.SUPPORTED, evidence, reason, SOURCE)


__all__ = ["checked_residual", "stability"]
