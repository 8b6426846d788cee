"""Sizes and exact points for the search of symmetries: small sizes that differ, a fresh draw of all parameters for each point."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp

from amsym.activated import Activated, opened
from amsym.errors import AmsymError
from amsym.notation import Delta, Tensor
from amsym.system import System, time
from proofs.draws import Values, fits, flattened, respects, tensor_values


class Undrawable(AmsymError):
    """No exact numbers with what was declared of a parameter are known how to draw."""


# The most entries of all states together: the unknowns are n (n + 1).
ENTRIES = 12


def sizes_to_try(system: System, fixed: Mapping[str, int]) -> list[dict[str, int]]:
    """Choices of sizes, the best first: axes of 3 or more, all different, and few entries in all."""
    moving = tuple(dict.fromkeys(a for s in system.states for a in s.axes))
    others = {a: 2 for a in system.axes if a not in moving}
    choices = []
    for chosen in product((2, 3, 4), repeat=len(moving)):
        sizes = {**others, **dict(zip(moving, chosen, strict=True)), **fixed}
        n = entries(system, sizes)
        small, equal = sum(sizes[a] < 3 for a in moving), len(moving) - len({sizes[a] for a in moving})
        choices.append((n > ENTRIES, small, n > 9, equal, abs(n - 8), sizes))
    choices.sort(key=lambda c: (*c[:-1], str(c[-1])))
    unique = {tuple(sorted(c[-1].items())): c[-1] for c in choices if not c[0]}
    return list(unique.values()) or [min((c[-1] for c in choices), key=lambda s: entries(system, s))]


def another(choices: list[dict[str, int]]) -> dict[str, int] | None:
    """Sizes that differ from the first choice in as many axes as may be."""
    first = choices[0]
    rank = [(sum(n < 3 for n in s.values()), -sum(first[a] != s[a] for a in first), k) for k, s in enumerate(choices[1:], start=1)]
    return choices[min(rank)[-1]] if rank else None


def entries(system: System, sizes: Mapping[str, int]) -> int:
    """The number of entries of all states."""
    return sum(int(sp.prod(sizes[a] for a in s.axes)) for s in system.states)


def draw_point(system: System, sizes: Mapping[str, int], fixed: Values, rng: random.Random) -> Values:
    """Exact values with what was declared: parameters near 1, states on several scales, all generic."""
    scale = rng.choice((Fraction(1, 2), Fraction(1), Fraction(1), Fraction(3)))
    values: Values = {}
    for key in (*system.scalars, *system.parameters, *system.states, *((time,) if system.depends_on_time else ())):
        values[key] = fixed[key] if key in fixed else _drawn(system, key, sizes, scale, rng)
    return values


def _drawn(system: System, key: Any, sizes: Mapping[str, int], scale: Fraction, rng: random.Random) -> Any:
    if not isinstance(key, Tensor):
        return _scalar(system, key, rng)

    def number() -> Fraction:
        x = Fraction(rng.randint(-97, 97), 64) or Fraction(1, 64)
        return x * scale if key.kind == "state" else x

    drawable = len(key.axes) == 2 or not {"psd", "orthogonal"} & set(key.properties)
    for _ in range(20 if drawable else 0):
        value = tensor_values(key, tuple(sizes[a] for a in key.axes), number, rng)
        if respects(key, value):
            return value
    raise Undrawable(f"no numbers are known for {key.description} with what is declared of it; declare less, or give params")


def _scalar(system: System, s: Any, rng: random.Random) -> Fraction:
    for x in (Fraction(rng.randint(17, 97), 64), -Fraction(rng.randint(17, 97), 64), Fraction(rng.randint(1, 3)), Fraction(0)):
        if fits(system, {s: x}):
            # Either sign where both are allowed.
            return -x if rng.random() < 0.5 and fits(system, {s: -x}) else x
    raise Undrawable(f"no number is known for the scalar '{s}' with what is declared of it; declare less, or give params")


def specialised(system: System, fixed: Values) -> System:
    """The system with parameters written out that are simple numbers: zero, all entries equal, a multiple of the identity."""
    tensors = {t: rule for t in system.parameters if (rule := _simple(fixed[t], len(t.axes) == 2 and t.axes[0] == t.axes[-1])) is not None}
    scalars = {
        s: sp.Rational(x.numerator, x.denominator) for s in system.scalars if max(abs((x := fixed[s]).numerator), x.denominator) <= 100
    }
    if system.update is not None or not (tensors or scalars):
        return system

    def new(expr: Any) -> Any:
        return opened(expr, tensors).xreplace(scalars)

    old = system.activated
    form = None
    if old is not None:
        formulas = {g: (lambda *where, u=u: new(u(*where))) for g, u in old.formulas.items()}
        form = Activated(new(old.energy), {}, old.states, formulas)
    return System(flow={c: new(f) for c, f in system.equations.items()}, energy=new(system.energy), name=system.name, activated=form)


def _simple(value: Any, square: bool) -> Any:
    flat = flattened(value)
    numbers = set(flat.values())
    if len(numbers) == 1:
        (x,) = numbers
        return lambda *where: sp.Rational(x.numerator, x.denominator)
    inner = {x for k, x in flat.items() if len(set(k)) == 1}
    outer = {x for k, x in flat.items() if len(set(k)) > 1}
    if square and len(inner) == 1 and outer <= {0}:
        (x,) = inner
        return lambda *where: sp.Rational(x.numerator, x.denominator) * Delta(*where)
    return None
