"""Eigenvalues, rates of dead directions and one-sided Jacobians put together: stable, unstable or marginal, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.verdict import Status, Verdict
from numeric.stability.kinks import Kink
from numeric.stability.spectrum import Spectrum

Array = NDArray[Any]
SOURCE = "dead_neurons Proposition 4"


@dataclass(frozen=True)
class Finding:
    """What eigenvalues, dead rates and one-sided Jacobians say together; `reasons` for which they decide nothing alone."""

    kind: str
    index: int
    margin: float
    reasons: tuple[str, ...]


def finding(spectrum: Spectrum, rates: Array, bend: Kink | None, why: list[str], labels: list[str]) -> Finding:
    """Put together what was found.

    rates: the eigenvalues of the dead directions. why: sentences for eigenvalues of S on the axis.

    >>> from numeric.stability.spectrum import dense_spectrum
    >>> finding(dense_spectrum(np.diag([1.0, -1.0]), 1e-15), np.array([-1.0]), None, [], ["y[0]", "y[1]", "y[2]"])
    Finding(kind='unstable', index=1, margin=-1.0, reasons=())
    """
    if np.any(np.abs(rates.real) <= spectrum.doubt):
        why = [*why, "a dead direction neither grows nor decays"]
    if bend is not None and bend.rightmost:
        return Finding(bend.kind, bend.index, 0.0 - bend.rightmost[-1], (bend.reason(labels), *why))
    if bend is not None:
        why = [bend.reason(labels), *why]
    index = int(spectrum.unstable.sum()) + int((rates.real > spectrum.doubt).sum())
    kind = "marginal" if bend is not None else "unstable" if index else "marginal" if why else "stable"
    return Finding(kind, index, min(spectrum.margin, 0.0 - float(rates.real.max(initial=-np.inf))), tuple(why))


def judged(found: Finding, spectrum: Spectrum, residual: float) -> Verdict:
    """SUPPORTED where the eigenvalues are off the axis by more than the doubt in them, else UNDECIDED with its reason."""
    evidence = {"kind": "floating point", "margin": found.margin, "doubt": spectrum.doubt, "index": found.index, "residual": residual}
    claim = "steady state is unstable" if found.kind == "unstable" else "steady state is stable"
    if found.kind == "marginal" or (found.kind == "stable" and not spectrum.converged):
        return Verdict(claim, Status.UNDECIDED, evidence, "; ".join(found.reasons) or spectrum.reason, SOURCE)
    reason = f"largest Re λ is {-found.margin:.3g}, known to {spectrum.doubt:.1e} in norm, in floating point"
    return Verdict(claim, Status.SUPPORTED, evidence, reason, SOURCE)


__all__ = ["Finding", "finding", "judged"]
