"""Parameters and states worth trying first: zeros, constants, multiples of the identity, then random exact draws.

Counterexamples about zeros of formulas sit at special places (no coupling, equal neurons, all neurons dead), which random
draws seldom meet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp

from amsym.notation import Tensor
from amsym.system import System, time
from proofs.draws import Values, draw, fits, flattened, nested, respects, tensor_values

SEED = 20250301
# So many combinations of simple parameters for each choice of sizes, so many of them mild,
# and so many states with each of them.
PARAMETERS, STATES, MILD = 150, 24, 24


def simple_parameters(
    system: System, sizes: Mapping[str, int], fixed: Values, rng: random.Random, simple: int = PARAMETERS
) -> Iterator[Values]:
    """Exact parameters as declared: so many simple ones in an order that mixes them, then coarse and fine draws.

    >>> from amsym.notation import index, parameter, state
    >>> i, y, b = index("i", "N"), state("y", "N"), parameter("b", "N")
    >>> s = System(flow={y[i]: b[i] - y[i]})
    >>> [v[b] for v in simple_parameters(s, {"N": 1}, {}, random.Random(0))][:3]
    [(Fraction(0, 1),), (Fraction(1, 1),), (Fraction(-1, 1),)]
    """
    keys: list[Any] = [k for k in (*system.scalars, *system.parameters, *([time] if system.depends_on_time else [])) if k not in fixed]
    if not keys:
        yield dict(fixed)
        return
    choices = [_simple(k, sizes) for k in keys]
    every = list(product(*(range(len(c)) for c in choices))) if _count(choices) <= 20_000 else []
    every.sort(key=sum)
    # The mildest first, then all kinds: in the order of their sum, two extreme values would never come together.
    late = every[MILD:]
    rng.shuffle(late)
    every = every[:MILD] + late
    for pick in every[:simple]:
        values = {k: c[n] for k, c, n in zip(keys, choices, pick, strict=True)}
        if fits(system, values):
            yield {**values, **fixed}
    for n in range(PARAMETERS):
        values = {k: v for k, v in draw(system, sizes, rng, coarse=n % 2 == 0).items() if k in keys}
        if fits(system, values):
            yield {**values, **fixed}


def strong_parameters(system: System, sizes: Mapping[str, int], fixed: Values) -> Iterator[Values]:
    """No bias and every coupling a large multiple of the identity, or of one sign after the other, by which positive activations
    inhibit one another: where many memories have several steady states.
    """
    for x, shape in ((4, _diagonal), (8, _diagonal), (-4, _diagonal), (4, _checkered)):
        values: Values = dict(fixed)
        for k in (*system.scalars, *system.parameters, *([time] if system.depends_on_time else [])):
            if k not in values:
                strong = isinstance(k, Tensor) and len(k.axes) > 1
                values[k] = shape(k, sizes, Fraction(x)) if strong else _simple(k, sizes)[0]
        if fits(system, values, fixed):
            yield values


def simple_states(system: System, sizes: Mapping[str, int], rng: random.Random) -> Iterator[Values]:
    """Exact states: all components equal, one component apart, then draws."""
    patterns: list[Values] = []
    for x in (Fraction(0), Fraction(-1), Fraction(1), Fraction(-2), Fraction(2), Fraction(-8), Fraction(1, 2)):
        patterns.append({s: _constant(s, sizes, x) for s in system.states})
    for a, b in ((1, -1), (2, 0), (-1, 2), (0, 1), (4, -4)):
        patterns.append({s: _alternating(s, sizes, Fraction(a), Fraction(b)) for s in system.states})
    if len(system.states) > 1:
        for s in system.states:
            patterns += [{**patterns[n], s: patterns[m][s]} for n, m in ((0, 1), (0, 2), (1, 0), (1, 2), (2, 1))]
    yield from patterns
    for n in range(STATES):
        number = (
            (lambda: Fraction(rng.randint(-2, 2))) if n % 2 == 0 else (lambda: Fraction(rng.randint(-24, 24), rng.choice((1, 2, 4, 8))))
        )
        yield {s: tensor_values(s, tuple(sizes[a] for a in s.axes), number, rng) for s in system.states}


def _count(choices: list[list[Any]]) -> int:
    n = 1
    for c in choices:
        n *= len(c)
    return n


def _simple(key: Any, sizes: Mapping[str, int]) -> list[Any]:
    """A few simple values that have what is declared; the mildest first."""
    if not isinstance(key, Tensor):
        numbers = (Fraction(1), Fraction(0), Fraction(2), Fraction(-1), Fraction(4)) if key != time else (Fraction(0), Fraction(1))
        return [x for x in numbers if respects(key, x)] or [_forced(key)]
    found = [_constant(key, sizes, Fraction(x)) for x in (0, 1, -1)]
    if len(key.axes) >= 2:
        found += [_diagonal(key, sizes, Fraction(x)) for x in (1, 2, -1, 4, 8)]
    else:
        found += [
            _alternating(key, sizes, Fraction(1), Fraction(-1)),
            _constant(key, sizes, Fraction(2)),
            _constant(key, sizes, Fraction(-4)),
        ]
    found = [v for v in dict.fromkeys(found) if respects(key, v)]
    return found or [_constant(key, sizes, Fraction(0))]


def _forced(s: sp.Symbol) -> Fraction:
    return Fraction(-1 if s.is_negative else 0 if s.is_zero else 1)


def _table(t: Tensor, sizes: Mapping[str, int], entry: Any) -> Any:
    shape = tuple(sizes[a] for a in t.axes)
    return nested({p: entry(p) for p in product(*map(range, shape))}, shape)


def _constant(t: Tensor, sizes: Mapping[str, int], x: Fraction) -> Any:
    return _table(t, sizes, lambda p: x)


def _alternating(t: Tensor, sizes: Mapping[str, int], a: Fraction, b: Fraction) -> Any:
    return _table(t, sizes, lambda p: b if sum(p) % 2 else a)


def _checkered(t: Tensor, sizes: Mapping[str, int], x: Fraction) -> Any:
    return _alternating(t, sizes, x, -x)


def _diagonal(t: Tensor, sizes: Mapping[str, int], x: Fraction) -> Any:
    return _table(t, sizes, lambda p: x if p[0] == p[-1] else Fraction(0))


def in_domain(values: Values, domain: Mapping[Any, Any] | None) -> bool:
    """Whether the states lie in the box that searches keep to."""
    from proofs.shrinking import clipped

    return not domain or clipped(values, domain) == values


__all__ = ["SEED", "flattened", "in_domain", "simple_parameters", "simple_states", "strong_parameters"]
