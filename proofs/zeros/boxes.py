"""What searches for zeros share: sizes, starts of Newton's method, boxes in the domain, and how points and boxes are told."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import sympy as sp

from amsym.errors import AmsymError
from amsym.render.numbers import value_in_words
from amsym.system import System
from proofs.draws import Values, flattened, plain, sizes_up_to
from proofs.question import Question
from proofs.settings import in_domain
from proofs.zeros.krawczyk import ZeroBox, ZeroProblem, newton
from proofs.zeros.rough import RoughAt

# The largest size of an axis in searches, and the most unknowns of a box.
LARGEST, WIDTH = 2, 40


def is_drawable(system: System) -> bool:
    """Whether every parameter and function has numbers: none is only a name, and matrix properties are on matrices."""
    named = any(t.kind == "activation" for t in system.parameters)
    named = named or any(f.atoms(sp.core.function.AppliedUndef) for f in system.formulas)
    matrices = all(len(t.axes) == 2 for t in system.parameters if {"psd", "orthogonal"} & set(t.properties))
    return matrices and not named


def choices_of_sizes(question: Question, largest: int = LARGEST, spread: int = LARGEST) -> list[dict[str, int]]:
    """Small sizes, with those that are given; of three axes and more, at most `spread` different ones at a time."""
    small = ({**s, **question.sizes} for s in sizes_up_to(question.system, largest) if len(s) <= 2 or len(set(s.values())) <= spread)
    return list({tuple(sorted(s.items())): s for s in small}.values())


def formulas_with_places(system: System) -> tuple[tuple[sp.Expr, Any], ...]:
    """Energy and flow, each with its free indices."""
    energy = () if system.energy is None else ((system.energy, ()),)
    return (*energy, *((f, c.where) for c, f in system.equations.items()))


def in_words(sizes: Mapping[str, int], values: Values) -> str:
    """Sizes and values in one line, floats by their shortest decimals; long ones are left to the certificate, where all are exact."""
    names = [f"{axis} = {n}" for axis, n in sizes.items()]
    names += [f"{k.name} = {value_in_words(v)}" for k, v in values.items() if len(flattened(v)) <= 16]
    return ", ".join(names)


def guesses(problem: ZeroProblem, rng: random.Random, starts: int, rough: RoughAt | None = None) -> Iterator[Any]:
    """Points where F nearly vanishes, from a few starts; F compiled where it was given so."""

    def value(y: Any) -> Any:
        return rough.value(y) if rough is not None else np.array([float(x) for x in problem.value(problem.at(y))])

    def slope(y: Any) -> Any:
        return rough.slope(y) if rough is not None else np.array([[float(x) for x in row] for row in problem.slope(problem.at(y))])

    for scale in (1.0, 3.0, 0.3, 8.0, *(rng.choice((0.5, 1.0, 2.0, 5.0)) for _ in range(starts)))[:starts]:
        start = np.array([scale * rng.uniform(-1, 1) for _ in range(problem.width)])
        try:
            found = newton(value, slope, start)
        except (AmsymError, ValueError, OverflowError):
            continue
        if found is not None:
            yield found


def box_in_domain(box: ZeroBox, domain: Any) -> bool:
    """Whether both corners lie in the domain."""
    if not domain:
        return True
    corners = (box.problem.tables(box.middle - 2 * box.radius), box.problem.tables(box.middle + 2 * box.radius))
    return all(in_domain(corner, domain) for corner in corners)


def near(box: ZeroBox) -> str:
    """The middle of the box, rounded, in words."""
    tables = box.problem.unpacked(box.middle)
    return ", ".join(
        f"{s.name} ≈ ({', '.join(f'{float(x):.4g}' for x in list(t.values())[:8])}{', ...' if len(t) > 8 else ''})"
        for s, t in tables.items()
    )


def box_data(box: ZeroBox) -> dict[str, Any]:
    """The box as exact numbers: its middle, and its half-width by state."""
    return {
        "middle": {s.name: plain(v) for s, v in box.problem.tables(box.middle).items()},
        "radius": {s.name: plain(v) for s, v in box.problem.tables(box.radius).items()},
    }
