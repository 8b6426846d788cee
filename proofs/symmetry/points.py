"""Sizes and exact points for the search of symmetries: small sizes that differ, a fresh draw of all parameters for each point."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp

from amsym.activated import Activated, opened
from amsym.errors import AmsymError
from amsym.notation import Delta, Tensor
from amsym.system import System, time
from numeric.rigorous import rational
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


# Sizes of the entries of a state, and how many numbers of a kink are taken for further ones.
SCALES, NUMBERS = (Fraction(1, 2), Fraction(1), Fraction(1), Fraction(3)), 6


class Points:
    """Exact values with what was declared: parameters near 1, states on several scales, all generic.

    Where the energy has kinks or jumps (`bends`: what vanishes there), each entry has a scale of its own, and the numbers that
    say where the kinks lie are scales as well, so that the states fall on all pieces.
    """

    def __init__(self, system: System, sizes: Mapping[str, int], fixed: Values, rng: random.Random, bends: Iterable[sp.Expr] = ()) -> None:
        self.system, self.sizes, self.fixed, self.rng = system, sizes, fixed, rng
        self.keys = (*system.scalars, *system.parameters, *system.states, *((time,) if system.depends_on_time else ()))
        bends = tuple(bends)
        self.bent, self.scales = bool(bends), (*SCALES, *kink_scales(bends, fixed))

    def draw(self) -> Values:
        """One point; raises Undrawable where no numbers are known for what was declared."""
        scale = self.rng.choice(self.scales)
        return {key: self.fixed[key] if key in self.fixed else self._drawn(key, scale) for key in self.keys}

    def _drawn(self, key: Any, scale: Fraction) -> Any:
        if not isinstance(key, Tensor):
            return self._scalar(key)

        def number() -> Fraction:
            x = Fraction(self.rng.randint(-97, 97), 64) or Fraction(1, 64)
            return x * (self.rng.choice(self.scales) if self.bent else scale) if key.kind == "state" else x

        drawable = len(key.axes) == 2 or not {"psd", "orthogonal"} & set(key.properties)
        for _ in range(20 if drawable else 0):
            value = tensor_values(key, tuple(self.sizes[a] for a in key.axes), number, self.rng)
            if respects(key, value):
                return value
        raise Undrawable(f"no numbers are known for {key.description} with what is declared of it; declare less, or give params")

    def _scalar(self, s: Any) -> Fraction:
        rng = self.rng
        for x in (Fraction(rng.randint(17, 97), 64), -Fraction(rng.randint(17, 97), 64), Fraction(rng.randint(1, 3)), Fraction(0)):
            if fits(self.system, {s: x}):
                # Either sign where both are allowed.
                return -x if rng.random() < 0.5 and fits(self.system, {s: -x}) else x
        raise Undrawable(f"no number is known for the scalar '{s}' with what is declared of it; declare less, or give params")


def kink_scales(bends: Iterable[sp.Expr], fixed: Values) -> list[Fraction]:
    """Twice the numbers in the kinks and their inverses: max(0, y - 100) has its kink at 100, max(0, 100 y - 1) at 1/100.

    >>> y = sp.Symbol("y", real=True)
    >>> kink_scales([y - 100], {})
    [Fraction(1, 50), Fraction(200, 1)]
    """
    bends = tuple(bends)
    held = set().union(*(u.atoms(Tensor) | u.free_symbols for u in bends)) if bends else set()
    written = {abs(rational(x)) for u in bends for x in u.atoms(sp.Integer, sp.Rational, sp.Float)}
    given = {abs(x) for key in held & set(fixed) for x in flattened(fixed[key]).values()}
    # Numbers near 1 are met by the usual scales.
    far = sorted((x for x in written | given if x and not Fraction(1, 3) < x < 3), key=float)
    far = far if len(far) <= NUMBERS else [*far[: NUMBERS // 2], *far[-(NUMBERS // 2) :]]
    return sorted({2 * x for x in far} | {2 / x for x in far})


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
    energy = None if system.energy is None else new(system.energy)
    return System(flow={c: new(f) for c, f in system.equations.items()}, energy=energy, name=system.name, activated=form)


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
