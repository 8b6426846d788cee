"""Paths y(r) = p + v r^a on which an energy may fall or stay low: small whole directions, rows, eigenvectors, pairs of states.

Everything is an exact rational; `a` is 1 on a ray, another power on a curve, -1 on the way to a point.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from amsym.notation import Tensor
from amsym.notation.tensors import Entry
from amsym.prover.series import Series, number, power_of_t
from amsym.system import System
from proofs.draws import Values, flattened
from proofs.settings import in_domain

Place = tuple[Tensor, tuple[int, ...]]

# All directions with entries -1, 0, 1 up to so many places, and at most so many beyond.
WHOLE, SOME = 4, 60


@dataclass(frozen=True)
class Path:
    """y = p + v r^a, place by place; places that v leaves out stay at p."""

    v: Mapping[Place, Fraction]
    a: Mapping[Place, int]

    @property
    def leaves(self) -> bool:
        """Whether it leaves every bounded set."""
        return any(k > 0 for k in self.a.values())

    def series(self, values: Values) -> dict[sp.Expr, Series]:
        """Each moving entry as a series in r."""
        found: dict[sp.Expr, Series] = {}
        for (t, place), x in self.v.items():
            found[_entry(t, place)] = number(rational(_at(values[t], place))) + power_of_t(self.a[t, place], rational(x))
        return found

    def point(self, values: Values, at: Fraction) -> Values:
        """The exact values at a time."""
        result = dict(values)
        for t in {t for t, _ in self.v}:
            table = flattened(values[t])
            moved = {p: x + self.v.get((t, p), Fraction(0)) * at ** self.a.get((t, p), 1) for p, x in table.items()}
            result[t] = _nested(moved, ())
        return result

    def stays_in(self, values: Values, domain: Mapping[Any, Any] | None) -> bool:
        """Whether it runs in the box from some r on: each entry is monotone in r."""
        return not domain or all(in_domain(self.point(values, Fraction(2**k)), domain) for k in (20, 40, 80))

    def words(self, values: Values) -> dict[str, Any]:
        """The path by the names of the states, as plain data."""
        result: dict[str, Any] = {}
        for t in sorted({t for t, _ in self.v}, key=lambda t: t.name):
            table = flattened(values[t])
            result[t.name] = _nested({p: _entry_words(x, self.v.get((t, p)), self.a.get((t, p), 1)) for p, x in table.items()}, ())
        return result


def _entry(t: Tensor, place: tuple[int, ...]) -> sp.Expr:
    if t.axes:
        return Entry(t, place)
    from amsym.notation import Component

    return Component(t)


def rational(x: Fraction) -> sp.Rational:
    """A fraction as SymPy has it."""
    return sp.Rational(x.numerator, x.denominator)


def _at(value: Any, place: tuple[int, ...]) -> Any:
    for n in place:
        value = value[n]
    return value


def _nested(table: Mapping[tuple[int, ...], Any], at: tuple[int, ...]) -> Any:
    if at in table:
        return table[at]
    children = sorted({k[len(at)] for k in table if k[: len(at)] == at})
    return tuple(_nested(table, (*at, n)) for n in children)


def _entry_words(x: Fraction, v: Fraction | None, a: int) -> str:
    if not v:
        return str(x)
    step = {1: "r", -1: "1/r"}.get(a, f"r^{a}")
    size = step if abs(v) == 1 else f"{abs(v)} {step}"
    return (f"{x} " if x else "") + ("- " if v < 0 and x else "-" if v < 0 else "+ " if x else "") + size


def places(system: System, sizes: Mapping[str, int]) -> list[Place]:
    """Every entry of every state that is a real number."""
    return [(s, p) for s in system.states if not s.values for p in product(*(range(sizes[axis]) for axis in s.axes))]


def rays(where: list[Place], values: Values, rng: random.Random) -> Iterator[Path]:
    """Straight directions: all small ones in few dimensions, else unit vectors, pairs, all ones, and ones that matrices suggest."""
    n = len(where)
    if n <= WHOLE:
        yield from (_straight(where, v) for v in sorted(product((0, 1, -1), repeat=n), key=lambda v: sum(map(abs, v))) if any(v))
    else:
        vectors: list[list[int]] = [[s * int(k == m) for k in range(n)] for m in range(n) for s in (1, -1)][: 2 * SOME]
        vectors += [[s] * n for s in (1, -1)]
        pairs = list(combinations(range(n), 2))
        rng.shuffle(pairs)
        vectors += [[int(k == a) + s * int(k == b) for k in range(n)] for a, b in pairs[:SOME] for s in (1, -1)]
        vectors += [[rng.choice((-1, 0, 1)) for _ in range(n)] for _ in range(SOME)]
        yield from (_straight(where, v) for v in vectors if any(v))
    yield from _suggested(where, values)


def curves(where: list[Place]) -> Iterator[Path]:
    """y_k = ± r^a for two entries, with different powers."""
    powers = ((1, 2), (2, 1), (1, -1), (-1, 1), (1, 3), (3, 1), (2, 3), (3, 2), (2, -1), (-1, 2))
    for pair in combinations(where, 2):
        for a, signs in product(powers, product((1, -1), repeat=2)):
            yield Path({p: Fraction(s) for p, s in zip(pair, signs, strict=True)}, dict(zip(pair, a, strict=True)))


def approaches(where: list[Place]) -> Iterator[Path]:
    """Towards the base point from a side: y = p + v/r."""
    for v in sorted(product((0, 1, -1), repeat=len(where)), key=lambda v: sum(map(abs, v))) if len(where) <= WHOLE else ():
        if any(v):
            path = _straight(where, v)
            yield Path(path.v, dict.fromkeys(path.a, -1))


def _straight(where: list[Place], v: Any) -> Path:
    found = {p: Fraction(x) for p, x in zip(where, v, strict=True) if x}
    return Path(found, dict.fromkeys(found, 1))


def _suggested(where: list[Place], values: Values) -> Iterator[Path]:
    """Eigenvectors of square parameters, their positive parts, and pairs of singular vectors, rounded to sixteenths."""
    for t, value in values.items():
        if not isinstance(t, Tensor) or t.kind != "parameter" or len(t.axes) != 2 or len(where) < 2:
            continue
        a = np.array([[float(x) for x in row] for row in value])
        left = [s for s in {s for s, _ in where} if s.axes == t.axes[:1]]
        right = [s for s in {s for s, _ in where} if s.axes == t.axes[1:]]
        if t.axes[0] == t.axes[1]:
            _, vectors = np.linalg.eigh((a + a.T) / 2)
            for s, x in product(sorted(left, key=str), vectors.T[::-1][:8]):
                yield from _rounded(where, [{s: sign * x} for sign in (1, -1)] + [{s: np.maximum(sign * x, 0)} for sign in (1, -1)])
        u, _, w = np.linalg.svd(a, full_matrices=False)
        for s, r in product(sorted(left, key=str), sorted(right, key=str)):
            for x, z in list(zip(u.T, w, strict=True))[:4]:
                yield from _rounded(where, [{s: e * x, r: f * z} for e in (1, -1) for f in (1, -1) if s != r])
                yield from _rounded(where, [{s: np.maximum(e * x, 0), r: np.maximum(e * z, 0)} for e in (1, -1) if s != r])


def _rounded(where: list[Place], choices: list[dict[Tensor, Any]]) -> Iterator[Path]:
    for choice in choices:
        v = {(s, p): Fraction(round(16 * float(choice[s][p[0]])), 16) for s, p in where if s in choice}
        found = {p: x for p, x in v.items() if x}
        if found:
            yield Path(found, dict.fromkeys(found, 1))
