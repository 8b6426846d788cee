"""Is L convex? Exact points where vᵀ Λ(x) v < 0, or where L at the middle of a chord lies above the mean of its ends.

The first needs x off the kinks, the second only values of L, so it sees kinks and jumps. Every violation is a ball
above zero at exact rationals; what is found is shrunk.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from typing import Any

import sympy as sp
from flint import arb

from amsym.lagrangian import Lagrangian
from amsym.notation import Tensor, derivative, fresh_indices, total
from amsym.notation.effort import Budget
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, fits, flattened, nested
from proofs.falsify import candidates
from proofs.probes import OnKink, Probe, finite, kink_functions
from proofs.settings import SEED, in_domain, simple_parameters
from proofs.shrinking import Violation, shrunk
from proofs.zeros.points import is_defined, off_kinks

# Seconds for one Lagrangian, and the largest size of an axis.
SECONDS, SIZES = 3.0, 7


@dataclass(frozen=True)
class Trial:
    """A Lagrangian as a System to draw from: its state x, and a second state v, a direction or the other end of a chord."""

    value: sp.Expr
    x: Tensor
    v: Tensor
    system: System


def trial(value: sp.Expr, x: Tensor, lagrangian: Lagrangian) -> Trial:
    """The trial of L(x) = value, drawn where the Lagrangian is defined."""
    taken = {t.name for t in value.atoms(Tensor)} | {s.name for s in value.free_symbols if isinstance(s, sp.Symbol)}
    name = next(n for n in ("v", "w", "direction", *(f"v{k}" for k in range(99))) if n not in taken | {x.name} | set(x.axes))
    v, i = Tensor(name, x.axes, "state"), fresh_indices(x.axes)
    return Trial(value, x, v, System(flow={x[i]: -x[i], v[i]: -v[i]}, energy=value, activations={x: lagrangian}))


def curvature_form(t: Trial) -> sp.Expr:
    """vᵀ Λ(x) v."""
    i = fresh_indices(t.x.axes)
    j = fresh_indices(t.x.axes, i)
    return total(t.v[i] * t.v[j] * derivative(t.value, t.x[i], t.x[j]), *i, *j)


def curvature_probe(t: Trial) -> Probe:
    """-vᵀ Λ(x) v as a ball, with x off the kinks."""
    form = curvature_form(t)
    bends = kink_functions(t.system)

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        here = Evaluator(sizes, values)
        if not off_kinks(here, bends):
            raise OnKink("the point lies on a kink")
        found = -here(form)
        if found > 0 and not is_defined(here, ((t.value, ()),)):
            raise Undetermined("L is not defined here")
        return found, f"-⟨{t.v.name}, Λ({t.x.name}) {t.v.name}⟩"

    return probe


def chord_probe(t: Trial) -> Probe:
    """L((x + v)/2) - (L(x) + L(v))/2 as a ball."""

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        shape = tuple(sizes[a] for a in t.x.axes)
        ends = [flattened(values[s]) for s in (t.x, t.v)]
        middle = nested({p: (ends[0][p] + ends[1][p]) / 2 for p in ends[0]}, shape)
        low, high, mean = (Evaluator(sizes, {**values, t.x: at})(t.value) for at in (values[t.x], values[t.v], middle))
        x, v = t.x.name, t.v.name
        return mean - (low + high) / 2, f"L(({x} + {v})/2) - (L({x}) + L({v}))/2"

    return probe


@dataclass
class Tried:
    """What a search did: the violation if any, and how many exact draws were settled (of chords only, where L may have jumps or kinks)."""

    violation: Violation | None = None
    draws: int = 0


def search(
    t: Trial, fixed: Values, sizes: Mapping[str, int], domain: Mapping[Any, Any], seconds: float = SECONDS, count: int = 1_000_000
) -> Tried:
    """Draw small sizes and numbers first, curvature and chord in turn, up to a number of draws."""
    tried, special, budget = Tried(), Budget(seconds / 2), Budget(seconds)
    probes = (curvature_probe(t), chord_probe(t))
    bends = bool(kink_functions(t.system))
    both = {**domain, t.v.name: domain[t.x.name]} if t.x.name in domain else dict(domain)
    for values, here, probe, box in _special(t, fixed, sizes, probes, domain, both):
        if special.spent:
            break
        found = tried_at(probe, here, values, Tried()) if in_domain(values, box) else None
        if found is not None:
            tried.violation = shrunk(found, probe, set(fixed), t.system, box)
            return tried
    for values, here in candidates(t.system, fixed, sizes, random.Random(SEED), domain):
        if budget.spent or tried.draws >= count:
            break
        for n, probe in enumerate(probes):
            box = both if n else domain
            counted = tried if n or not bends else Tried()
            found = tried_at(probe, here, values, counted) if in_domain(values, box) else None
            if found is not None:
                tried.violation = shrunk(found, probe, set(fixed), t.system, box)
                return tried
    return tried


def _special(
    t: Trial, fixed: Values, sizes: Mapping[str, int], probes: tuple[Probe, Probe], domain: Any, both: Any
) -> Iterator[tuple[Values, dict[str, int], Probe, Any]]:
    """Equal neurons and single ones at sizes up to SIZES, with mild and extreme parameters: Σ x² - (Σ x)²/3 is convex up to N = 3."""
    rng = random.Random(SEED)
    for n in (2, 4, SIZES, 1):
        here = {axis: sizes.get(axis, n) for axis in t.system.axes}
        shape = tuple(here[a] for a in t.x.axes)
        places = list(product(*map(range, shape)))
        patterns = [{p: Fraction(f(p)) for p in places} for f in _PATTERNS]
        for values in parameters_of(t.system, here, fixed, rng):
            for x, v in product(patterns, patterns):
                point = {**values, t.x: nested(x, shape), t.v: nested(v, shape)}
                yield point, here, probes[0], domain
                yield point, here, probes[1], both


_PATTERNS: tuple[Callable[[tuple[int, ...]], int], ...] = (
    lambda p: 0,
    lambda p: 1,
    lambda p: int(not any(p)),
    lambda p: (-1) ** sum(p),
    lambda p: -8 * int(not any(p)),
)


def parameters_of(system: System, sizes: Mapping[str, int], fixed: Values, rng: random.Random, count: int = 4) -> Iterator[Values]:
    """A few simple parameters, then each scalar very small and very large within what is declared."""
    first: Values | None = None
    for values in islice(simple_parameters(system, sizes, fixed, rng), count):
        first = first or values
        yield values
    for s in system.scalars if first is not None else ():
        for x in (Fraction(1, 10**6), Fraction(10**6), -Fraction(1, 10**6), -Fraction(10**6)):
            if s not in fixed and fits(system, {**(first or {}), s: x}, fixed):
                yield {**(first or {}), s: x}


def tried_at(probe: Probe, sizes: dict[str, int], values: Values, tried: Tried) -> Violation | None:
    """The violation at one point, if its ball says so."""
    try:
        rise, what = finite(*probe(sizes, values))
    except (Undetermined, ZeroDivisionError):
        return None
    tried.draws += 1
    return Violation(sizes, values, rise, what) if rise > 0 else None


def at_points(
    t: Trial, points: Iterable[Fraction], fixed: Values, sizes: Mapping[str, int], place: tuple[int, ...] | None = None
) -> Violation | None:
    """A violation at x = point in every component and v a unit vector; or on the chord between two points one apart and less."""
    here = {axis: sizes.get(axis, 1) for axis in t.system.axes}
    shape = tuple(here[a] for a in t.x.axes)
    places = list(product(*map(range, shape)))
    one = place or places[0]
    curvature, chord = curvature_probe(t), chord_probe(t)
    for point in points:
        x = dict.fromkeys(places, point)
        tries: list[tuple[Callable[..., Any], Any, Any]] = [(curvature, x, {p: Fraction(p == one) for p in places})]
        for step in (Fraction(1), Fraction(1, 8), Fraction(1, 1024)):
            tries.append((chord, {**x, one: point - step}, {**x, one: point + step}))
        for probe, a, b in tries:
            values = {**fixed, t.x: nested(a, shape), t.v: nested(b, shape)}
            found = tried_at(probe, here, values, Tried())
            if found is not None:
                return shrunk(found, probe, set(fixed), t.system, {})
    return None
