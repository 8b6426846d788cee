"""All affine fields with v·∇E = 0: count them on samples, fit families for every size, prove these, certify that no more exist.

1. Gradients at exact points, each with parameters of its own, at two choices of sizes; the null space of g ⊗ (y, 1) has the
   dimension of the affine symmetries that do not depend on the parameters.
2. Families of templates whose weights fit all samples at both sizes, until they span the null space.
3. Each family proved by an identity; what has none is not claimed.
4. The rank of the samples certified: no further generator at these sizes.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.notation import Tensor
from amsym.notation.effort import Budget, OutOfTime, time_limit
from amsym.prover.symmetry import proved_family
from amsym.symmetry import Complete, Family, family, kinds, templates
from amsym.system import System
from numeric.symmetries import Sampler, Samples, certified_full_rank, null_space, rank
from proofs.draws import Values
from proofs.probes import kink_functions
from proofs.symmetry_fits import FITTED, SPARE, fitted, is_full, names, pruned, spanned, unknowns
from proofs.symmetry_points import ENTRIES, Undrawable, another, draw_point, sizes_to_try

Array = NDArray[np.float64]

SEED = 20250717
# Seconds of computing for the samples at the first and at the second choice of sizes, and for the proofs.
SAMPLING, AGAIN, PROVING = 3.5, 1.0, 4.0


@dataclass
class Found:
    """What the search found: proved families, unproved ones, completeness at each choice of sizes, what stayed open."""

    proved: list[Family] = field(default_factory=list)
    unproved: list[Family] = field(default_factory=list)
    complete: list[Complete] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    samples: list[Samples] = field(default_factory=list)


def search(system: System) -> Found:
    """The affine symmetries of the energy that hold for every size and every parameter as declared."""
    if any(s.values for s in system.states):
        return Found()
    if is_named_only(system):
        return _guessed(system, "a function or Lagrangian of the energy is only named")
    try:
        draw_point(system, sizes_to_try(system, {})[0], {}, random.Random(SEED))
    except Undrawable as error:
        return _guessed(system, str(error))
    choices = sizes_to_try(system, {})
    samples: list[Samples] = []
    for sizes, seconds in ((choices[0], SAMPLING), (another(choices), AGAIN)):
        found_here = sampled(system, sizes, {}, seconds=seconds) if sizes is not None else None
        if found_here is None and not samples:
            return _guessed(system, f"no point was found at which the energy can be evaluated rigorously, at sizes {sizes}")
        samples += [found_here] if found_here is not None else []
    found = Found(samples=samples)
    _settle(system, found, fitted(system, samples))
    return found


def is_named_only(system: System) -> bool:
    """Whether a Lagrangian or a function of the energy is only a name, so that there is nothing to evaluate."""
    energy: Any = system.energy
    return any(t.kind == "activation" for t in energy.atoms(Tensor)) or bool(energy.atoms(sp.core.function.AppliedUndef))


def _guessed(system: System, why: str) -> Found:
    """The usual families, each proved; whether there are others is not known."""
    found = Found(open=[f"{why}: only shifts, scalings and rotations were tried, and others are not excluded"])
    proved: list[Family] = []
    budget = Budget(PROVING)
    for f in _usual(system):
        if budget.spent:
            found.open.append("not all of these were tried in time")
            break
        steps = _proof(system, f)
        proved += [Family(f.kind, f.parts, f.theta, f.words, tuple(steps))] if steps is not None else []
    sizes = sizes_to_try(system, {})[0]
    found.proved = pruned(system, proved, [sizes])
    return found


def _usual(system: System) -> Iterable[Family]:
    taken = names(system)
    for kind in kinds(system.states):
        for t in templates(system.states, kind, 0, translations=True):
            yield family(kind, ((Fraction(1), t),), taken)
    for kind in kinds(system.states):
        own = [t for t in templates(system.states, kind, 0) if t.source == t.target]
        pairs = sum(n == 2 for _, n in kind.slots)
        if own and not kind.axes:
            yield from (family(kind, ((Fraction(1), t),), taken) for t in own)
        elif own and pairs == 1:
            # Of each state the two templates stand one behind the other: θ and its transpose.
            yield family(kind, tuple((Fraction((-1) ** k), t) for k, t in enumerate(own)), taken)


def sampled(system: System, sizes: Mapping[str, int], fixed: Values, shifts: bool = False, seconds: float | None = None) -> Samples | None:
    """Gradients at as many points as there are unknowns (of shifts alone: n) and some more, or as many as the time allows."""
    rng, sampler = random.Random(SEED), Sampler(system, kink_functions(system))
    samples = Samples(system.states, dict(sizes))
    need = (samples.width if shifts else unknowns(samples)) + SPARE
    budget = Budget(SAMPLING if seconds is None else seconds)
    for _ in range(20 * need):
        done = len(samples.points)
        # What will not be finished in time is cut to what the fits need.
        if done == need or budget.spent or (done >= FITTED // 2 and budget.used / done * need > budget.seconds):
            break
        sampler.add(samples, draw_point(system, sizes, fixed, rng))
    return samples if samples.points else None


def _settle(system: System, found: Found, families: list[Family]) -> None:
    """Prove the families, then certify what they leave."""
    budget = Budget(PROVING)
    for f in families:
        steps = _proof(system, f) if not budget.spent else None
        if steps is None:
            found.unproved.append(f)
        else:
            found.proved.append(Family(f.kind, f.parts, f.theta, f.words, tuple(steps)))
    found.complete = [completeness(s, spanned(system, found.proved, s.sizes)) for s in found.samples]


def _proof(system: System, f: Family) -> list[dict[str, Any]] | None:
    try:
        with time_limit(PROVING):
            return proved_family(system, f)
    except OutOfTime:
        return None


def completeness(samples: Samples, known: Array) -> Complete:
    """Whether what is known is everything at these sizes: certified by a rank, or counted numerically."""
    count = len(samples.points)
    if not is_full(samples) or samples.width > ENTRIES:
        return Complete(samples.sizes, rank(known), None, False, count)
    certified = certified_full_rank(samples, known)
    numerical = rank(known) if certified else len(null_space(samples.matrix))
    return Complete(samples.sizes, rank(known), numerical, certified, count)
