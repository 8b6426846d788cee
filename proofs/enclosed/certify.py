"""Zeros that a search proposes, shown in balls: exactly one in a tiny box, which lies in the domain and apart from the others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.verdict import Verdict
from proofs.enclosed.problem import Problem
from proofs.zeros.krawczyk import ZeroBox, proved_zero
from proofs.zeros.stable_state import judged_box

Array = NDArray[Any]


@dataclass(frozen=True)
class Shown:
    """A zero by its number in the search. box: tiny; alone: half-widths within which there is no other; inside: the domain."""

    number: int
    box: ZeroBox
    alone: Array
    inside: bool | None
    stability: Verdict


def shown(problem: Problem, number: int, middle: Array, alone: Array) -> Shown | None:
    """One proposed zero in balls; None where they do not show it."""
    slope = problem.model.packed_jacobian(middle[None])[0]
    box = proved_zero(problem.exact, middle, slope)
    if box is None or not (box.radius <= alone).all():
        return None
    return Shown(number, box, alone, _inside(problem, box), judged_box(box))


def _inside(problem: Problem, box: ZeroBox) -> bool | None:
    """Whether the zero lies in the domain; None where its box crosses the border."""
    low, high = np.nextafter(box.middle - box.radius, -np.inf), np.nextafter(box.middle + box.radius, np.inf)
    if (low >= problem.low).all() and (high <= problem.high).all():
        return True
    return False if (low > problem.high).any() or (high < problem.low).any() else None


def first_overlap(found: list[Shown]) -> tuple[int, int] | None:
    """Two whose tiny boxes are not apart, and which may be the same zero."""
    middles = np.array([s.box.middle for s in found])
    radii = np.array([s.box.radius for s in found])
    for a, b in combinations(range(len(found)), 2):
        if (np.abs(middles[a] - middles[b]) <= 4 * (radii[a] + radii[b])).all() and not found[a].box.is_apart_from(found[b].box):
            return a, b
    return None


__all__ = ["Shown", "first_overlap", "shown"]
