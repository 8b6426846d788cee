"""stability: is a steady state with dead neurons stable? The spectrum of S = V_aᵀ J V_a decides, off the dead directions.

Source: dead_neurons section 3.2 and Proposition 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from amsym.errors import InputError
from numeric.simulate_input import nonnegative
from numeric.stability.arnoldi import kept_by_product, reduced_operator, rightmost
from numeric.stability.dead_space import EPS, DeadSpace, dead_space
from numeric.stability.finding import Finding, finding, judged
from numeric.stability.hessian import agreement, hessian_spectrum
from numeric.stability.kinks import kink, kink_by_products
from numeric.stability.marginal import on_axis, reasons
from numeric.stability.point import Point, point
from numeric.stability.products import DENSE, jacobian_product
from numeric.stability.reduction import Reduction, reduction
from numeric.stability.result import Stability
from numeric.stability.spectrum import Spectrum, dense_spectrum

Array = NDArray[Any]


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
    residual = checked_residual(at, nonnegative("steady", steady), "follow the flow with am.simulate, or raise steady=")
    D = dead_space(at)
    return _dense(at, D, residual) if at.n <= DENSE else _by_products(at, D, residual)


def checked_residual(at: Point, steady: float, follow: str = "or follow the flow with am.simulate") -> float:
    """|f|_inf, or an InputError that names it where it is not small."""
    residual = float(np.abs(at.flow()).max(initial=0.0))
    if not residual <= steady * at.scale:
        raise InputError(
            f"the state is not steady: |f| is {residual:.3g}, at most {steady * at.scale:.3g} was expected: "
            f"polish it with am.steady_states, {follow}"
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
    agrees = None if bend is not None else agreement(curved, spectrum, drift)
    Pd = D.basis() @ D.basis().T
    return Stability(
        **_shared(at, D, residual, spectrum, finding(spectrum, found.rates, bend, reasons(at, J, found, spectrum), at.labels)),
        alive=np.eye(at.n) - Pd,
        dead=Pd,
        reduced=found.matrix,
        basis=found.basis,
        rates=found.rates,
        energy_hessian_spectrum=curved,
        energy_agrees=agrees,
        notes=_notes(at, found, agrees),
    )


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
    alive, dead = (LinearOperator(J.shape, matvec=p, matmat=p, rmatvec=p, dtype=np.float64) for p in (D.off, D.onto))
    leaks = ("J does not map the dead space to itself: S is the whole Jacobian",) if D.count and not split.count else ()
    return Stability(
        **_shared(at, D, residual, spectrum, finding(spectrum, rates, kink_by_products(at), why, at.labels)),
        alive=alive,
        dead=dead,
        reduced=reduced_operator(J, split),
        basis=None,
        rates=rates.astype(np.complex128),
        energy_hessian_spectrum=None,
        energy_agrees=None,
        notes=_frozen(at) + leaks,
    )


def _frozen(at: Point) -> tuple[str, ...]:
    return (f"the flow depends on time: its Jacobian at t = {at.t:g} was taken",) if at.system.depends_on_time else ()


def _notes(at: Point, found: Reduction, agrees: bool | None) -> tuple[str, ...]:
    leaks = f"J does not keep {found.leaks} of the dead directions among themselves (time constants differ): they stay in S"
    differs = "the energy's Hessian and S tell different numbers of unstable directions: the energy is no Lyapunov function here"
    return (*_frozen(at), *((leaks,) if found.leaks else ()), *((differs,) if agrees is False else ()))


def _shared(at: Point, D: DeadSpace, residual: float, spectrum: Spectrum, found: Finding) -> dict[str, Any]:
    """The fields that are the same whether matrices were formed or not."""
    return {
        "name": at.system.name,
        "state": at.restore(at.y),
        "labels": at.labels,
        "dead_space": D,
        "spectrum": spectrum.values,
        "kind": found.kind,
        "index": found.index,
        "margin": found.margin,
        "marginal": found.reasons,
        "residual": residual,
        "verdict": judged(found, spectrum, residual),
    }


__all__ = ["checked_residual", "stability"]
