"""All affine fields with v·∇E = 0: count them on samples, fit families for every size, prove these, certify that no more exist.

1. Gradients at exact points, each with parameters of its own, at two choices of sizes; the null space of g ⊗ (y, 1) has the
   dimension of the affine symmetries that do not depend on the parameters.
2. Families of templates whose weights fit all samples at both sizes, until they span the null space.
3. Each family proved by an identity. What has no proof is told only where finite steps along it leave the energy as it is.
4. The rank of the samples certified: no further generator at these sizes.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.notation import Tensor
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.symmetry import is_continuous, proved_family
from amsym.symmetry import Complete, Family, family, kinds, size_words, templates
from amsym.system import System
from numeric.certified_rank import certified_full_rank
from numeric.symmetries import Samples, open_fields, rank
from proofs.symmetry.clock import Clock
from proofs.symmetry.fits import fitted, names, pruned, spanned
from proofs.symmetry.points import ENTRIES, Points, Undrawable, another, sizes_to_try
from proofs.symmetry.samples import is_full, sampled
from proofs.symmetry.steps import Steps

Array = NDArray[np.float64]

SEED = 20250717
# Seconds of computing for the samples at the first and at the second choice of sizes, for the fits, for the proofs.
SAMPLING, AGAIN, FITTING, PROVING = 3.4, 0.8, 2.0, 2.5


@dataclass
class Found:
    """What the search found: proved families, unproved ones, completeness at each choice of sizes, what stayed open."""

    proved: list[Family] = field(default_factory=list)
    unproved: list[Family] = field(default_factory=list)
    complete: list[Complete] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    samples: list[Samples] = field(default_factory=list)


def search(system: System, clock: Clock) -> Found:
    """The affine symmetries of the energy that hold for every size and every parameter as declared."""
    found = Found()
    if any(s.values for s in system.states):
        return found
    try:
        why = _why_not_drawn(system)
        if why:
            _guess(system, found, why, clock)
        else:
            _look(system, found, clock)
    except OutOfTime:
        found.open.append("the search for affine generators was not finished in time")
    return found


def _why_not_drawn(system: System) -> str:
    """What keeps the energy from being evaluated; empty where nothing does."""
    if is_named_only(system):
        return "a function or Lagrangian of the energy is only named"
    try:
        Points(system, sizes_to_try(system, {})[0], {}, random.Random(SEED)).draw()
    except Undrawable as error:
        return str(error)
    return ""


def _look(system: System, found: Found, clock: Clock) -> None:
    """Sample, fit, prove, and certify what is left."""
    choices = sizes_to_try(system, {})
    for sizes, seconds in ((choices[0], SAMPLING), (another(choices), AGAIN)):
        here = sampled(system, sizes, {}, clock.share(seconds)) if sizes is not None else None
        if here is None and not found.samples:
            why = f"no point was found at which the energy can be evaluated rigorously, at {size_words(choices[0])}"
            _guess(system, found, why, clock)
            return
        found.samples += [here] if here is not None else []
    steps = [Steps(system, s, clock) for s in found.samples]
    _settle(system, found, _candidates(system, found.samples, steps[0], clock), steps, clock)


def _candidates(system: System, samples: list[Samples], steps: Steps, clock: Clock) -> list[Family]:
    """Families that fit the gradients. Where E may jump these say little, so only what stands finite steps counts as fitting."""
    fitting = clock.share(FITTING)
    if is_continuous(system):
        return fitted(system, samples, fitting, lambda f: True)
    found = fitted(system, samples, fitting, steps.keep_family)
    usual = [f for f in _usual(system) if not fitting.spent and steps.keep_family(f)]
    return pruned(system, [*found, *usual], [s.sizes for s in samples])


def is_named_only(system: System) -> bool:
    """Whether a Lagrangian or a function of the energy is only a name, so that there is nothing to evaluate."""
    energy: Any = system.energy
    return any(t.kind == "activation" for t in energy.atoms(Tensor)) or bool(energy.atoms(sp.core.function.AppliedUndef))


def _guess(system: System, found: Found, why: str, clock: Clock) -> None:
    """The usual families, each proved; whether there are others is not known."""
    found.open.append(f"{why}: only shifts, scalings and rotations were tried, and others are not excluded")
    proved: list[Family] = []
    proving = clock.share(PROVING)
    for f in _usual(system):
        if proving.spent:
            found.open.append("not all of these were tried in time")
            break
        steps = _proof(system, f, proving)
        proved += [Family(f.kind, f.parts, f.theta, f.words, tuple(steps))] if steps is not None else []
    found.proved = pruned(system, proved, [sizes_to_try(system, {})[0]])


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


def _settle(system: System, found: Found, families: list[Family], steps: list[Steps], clock: Clock) -> None:
    """Prove the families or put them to finite steps, then certify what they leave."""
    proving = clock.share(PROVING)
    for f in families:
        proof = _proof(system, f, proving) if not proving.spent else None
        if proof is not None:
            found.proved.append(Family(f.kind, f.parts, f.theta, f.words, tuple(proof)))
        elif all(s.keep_family(f) for s in steps):
            found.unproved.append(f)
    open_families = [f for f in families if all(f.parts != g.parts for g in found.proved)]
    for s in steps:
        known, kept = (spanned(system, some, s.samples.sizes) for some in (found.proved, found.unproved))
        # What fits the samples and is not proved stands in the way of a rank: it need not be tried.
        found.complete.append(completeness(s, known, kept, certify=not open_families))


def _proof(system: System, f: Family, clock: Clock) -> list[dict[str, Any]] | None:
    try:
        with time_limit(clock.left):
            return proved_family(system, f)
    except OutOfTime:
        return None


def completeness(steps: Steps, known: Array, kept: Array, certify: bool = True) -> Complete:
    """Whether what is known is everything at these sizes: certified by a rank, or counted, what `kept` spans included."""
    samples = steps.samples
    count = len(samples.points)
    if not is_full(samples) or samples.width > ENTRIES or steps.clock.spent:
        return Complete(samples.sizes, rank(known), None, False, count)
    if certify and certified_full_rank(samples, known):
        return Complete(samples.sizes, rank(known), rank(known), True, count)
    return counted(steps, known, kept, open_fields(samples.matrix))


def counted(steps: Steps, known: Array, kept: Array, null: Array, shifts_only: bool = False) -> Complete:
    """The number of generators that finite steps leave standing, and how many directions of the null space they leave open."""
    samples, dimension = steps.samples, rank(known)
    standing = min(len(null), rank(np.concatenate([known, kept])))
    if standing < len(null) and steps.keep_all(null):
        standing = len(null)
    return Complete(samples.sizes, dimension, standing, False, len(samples.points), shifts_only, len(null) - standing)
