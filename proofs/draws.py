"""Exact rational draws of parameters and states that respect what was declared: small integers first, then fractions."""

from __future__ import annotations

import random
from collections.abc import Container, Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from amsym.notation import Tensor
from amsym.system import System, time

Values = dict[Any, Any]
# Draws of the scalars until every Lagrangian is defined; what is drawn after that is left out by `fits`.
TRIES = 30


def sizes_up_to(system: System, largest: int) -> Iterator[dict[str, int]]:
    """All sizes from 1 on, the small ones first."""
    axes = system.axes
    every = product(range(1, largest + 1), repeat=len(axes))
    for sizes in sorted(every, key=lambda s: (sum(s), s)):
        yield dict(zip(axes, sizes, strict=True))


def draw(system: System, sizes: Mapping[str, int], rng: random.Random, coarse: bool) -> Values:
    """Exact values for every parameter and state; `coarse` draws integers from -2 to 2."""
    number = (lambda: Fraction(rng.randint(-2, 2))) if coarse else (lambda: Fraction(rng.randint(-24, 24), rng.choice((1, 2, 4, 8))))
    values = _scalars(system, number)
    if system.depends_on_time:
        values[time] = abs(number())
    for t in (*system.parameters, *system.states):
        values[t] = tensor_values(t, tuple(sizes[a] for a in t.axes), number, rng)
    return values


def _scalars(system: System, number: Any) -> Values:
    for _ in range(TRIES):
        values: Values = {s: _scalar(s, number) for s in system.scalars}
        if is_defined(system, values):
            break
    return values


def _scalar(s: sp.Symbol, number: Any) -> Fraction:
    x = number()
    if s.is_integer:
        x = Fraction(round(x))
    if s.is_nonnegative or s.is_nonpositive:
        x = abs(x) if s.is_nonnegative else -abs(x)
    return x or Fraction(-1 if s.is_negative else 1 if s.is_nonzero else 0)


def respects(key: Any, value: Any) -> bool:
    """Whether exact numbers have what is declared of a scalar or a tensor, by a test of their own.

    >>> from amsym.notation import parameter
    >>> one = Fraction(1)
    >>> respects(parameter("P", "N N", psd=True), ((one, 2*one), (2*one, one)))
    False
    """
    if not isinstance(key, Tensor):
        return bool(value >= 0) if key == time else _has_assumptions(key, value)
    flat = flattened(value)
    if key.values and not set(flat.values()) <= {Fraction(v) for v in key.values}:
        return False
    return all(_TESTS[prop](flat) for prop in key.properties if prop in _TESTS)


def fits(system: System, values: Values, given: Container[Any] = ()) -> bool:
    """Whether drawn numbers have what is declared and leave every Lagrangian defined; those `given` were checked before."""
    return all(respects(k, v) for k, v in values.items() if k not in given) and is_defined(system, values)


def is_defined(system: System, values: Values) -> bool:
    """Whether no Lagrangian's condition on its parameters fails for these numbers.

    >>> from amsym import lagrangians, zoo
    >>> beta = sp.Symbol("beta", real=True)
    >>> [is_defined(zoo.hopfield(lagrangians.tanh(beta)), {beta: Fraction(n)}) for n in (0, 1)]
    [False, True]
    """
    if not system.requirements:
        return True
    numbers = {k: sp.Rational(v.numerator, v.denominator) for k, v in values.items() if isinstance(k, sp.Symbol)}
    return all(p.defined.xreplace(numbers) != sp.false for _, p in system.requirements)


def _has_assumptions(s: sp.Symbol, x: Fraction) -> bool:
    """Whether the number contradicts nothing that the symbol is assumed to be."""
    number = sp.Rational(x.numerator, x.denominator)
    known = {name: value for name, value in s.assumptions0.items() if value is not None}
    return all(getattr(number, f"is_{name}", value) in (value, None) for name, value in known.items())


Flat = Mapping[tuple[int, ...], Fraction]


def _is_symmetric(flat: Flat) -> bool:
    return all(v == flat[tuple(sorted(k))] for k, v in flat.items())


def _is_antisymmetric(flat: Flat) -> bool:
    return all(v == (0 if len(set(k)) < len(k) else parity(k) * flat[tuple(sorted(k))]) for k, v in flat.items())


def _is_orthogonal(flat: Flat) -> bool:
    n = range(max(k[0] for k in flat) + 1)
    return all(sum(flat[i, k] * flat[j, k] for k in n) == (i == j) for i in n for j in n)


def _is_psd(flat: Flat) -> bool:
    """Symmetric elimination: every pivot is positive, or zero with a zero row."""
    n = max(k[0] for k in flat) + 1
    a = [[flat[i, j] for j in range(n)] for i in range(n)]
    for p in range(n):
        if a[p][p] < 0 or (a[p][p] == 0 and any(a[p][p:])):
            return False
        for i in range(p + 1, n) if a[p][p] else ():
            a[i] = [x - a[i][p] / a[p][p] * y for x, y in zip(a[i], a[p], strict=True)]
    return _is_symmetric(flat)


_TESTS: dict[str, Any] = {
    "integer": lambda flat: all(v.denominator == 1 for v in flat.values()),
    "nonnegative": lambda flat: all(v >= 0 for v in flat.values()),
    "positive": lambda flat: all(v > 0 for v in flat.values()),
    "symmetric": _is_symmetric,
    "antisymmetric": _is_antisymmetric,
    "psd": _is_psd,
    "orthogonal": _is_orthogonal,
}


def tensor_values(t: Tensor, shape: tuple[int, ...], number: Any, rng: random.Random) -> Any:
    """Nested tuples of rationals that have the declared properties."""
    if t.values:
        number = lambda: Fraction(rng.choice(t.values))  # noqa: E731
    flat = {place: number() for place in product(*map(range, shape))}
    return nested(with_properties(t, flat, shape, rng), shape)


def with_properties(t: Tensor, flat: Flat, shape: tuple[int, ...], rng: random.Random) -> Flat:
    """A table changed to have the declared properties: mirrored, in absolute values, a Gram matrix V Vᵀ of it ..."""
    for prop, change in _CHANGES.items():
        if prop in t.properties:
            flat = change(flat, shape, rng)
    return flat


def nested(flat: Mapping[tuple[int, ...], Fraction], shape: tuple[int, ...], at: tuple[int, ...] = ()) -> Any:
    """Nested tuples from a table by place."""
    if len(at) == len(shape):
        return flat[at]
    return tuple(nested(flat, shape, (*at, n)) for n in range(shape[len(at)]))


def flattened(value: Any, at: tuple[int, ...] = ()) -> dict[tuple[int, ...], Fraction]:
    """A table by place from nested tuples."""
    if not isinstance(value, tuple):
        return {at: value}
    return {k: v for n, x in enumerate(value) for k, v in flattened(x, (*at, n)).items()}


def floats(value: Any) -> Any:
    """Nested tuples of rationals as an array, one rational as a float."""
    return np.array([floats(v) for v in value]) if isinstance(value, tuple) else float(value)


def plain(value: Any) -> Any:
    """Nested lists of strings."""
    return [plain(v) for v in value] if isinstance(value, tuple) else str(value)


def _absolute(flat: Any, shape: Any, rng: Any) -> Any:
    return {k: abs(v) for k, v in flat.items()}


def _positive(flat: Any, shape: Any, rng: Any) -> Any:
    return {k: abs(v) or Fraction(1) for k, v in flat.items()}


def _integer(flat: Any, shape: Any, rng: Any) -> Any:
    return {k: Fraction(round(v)) for k, v in flat.items()}


def _symmetric(flat: Any, shape: Any, rng: Any) -> Any:
    return {k: flat[tuple(sorted(k))] for k in flat}


def _antisymmetric(flat: Any, shape: Any, rng: Any) -> Any:
    return {k: Fraction(0) if len(set(k)) < len(k) else parity(k) * flat[tuple(sorted(k))] for k in flat}


def parity(k: tuple[int, ...]) -> int:
    """The sign of the permutation that sorts these numbers."""
    order = sorted(range(len(k)), key=lambda n: k[n])
    return int(sp.combinatorics.Permutation(order).signature())


def _gram(flat: Any, shape: Any, rng: Any) -> Any:
    n = range(shape[0])
    return {(i, j): sum((flat[i, k] * flat[j, k] for k in n), Fraction(0)) for i in n for j in n}


def _orthogonal(flat: Any, shape: Any, rng: Any) -> Any:
    """A signed permutation, with a rational rotation by (3/5, 4/5) of the first two axes half of the time."""
    n = shape[0]
    order = list(range(n))
    rng.shuffle(order)
    rows = {(i, j): Fraction(rng.choice((-1, 1)) if order[i] == j else 0) for i in range(n) for j in range(n)}
    if n < 2 or rng.random() < 0.5:
        return rows
    c, s = Fraction(3, 5), Fraction(4, 5)
    first = {(0, j): c * rows[0, j] - s * rows[1, j] for j in range(n)}
    second = {(1, j): s * rows[0, j] + c * rows[1, j] for j in range(n)}
    return {**rows, **first, **second}


_CHANGES = {
    "integer": _integer,
    "nonnegative": _absolute,
    "positive": _positive,
    "symmetric": _symmetric,
    "antisymmetric": _antisymmetric,
    "psd": _gram,
    "orthogonal": _orthogonal,
}
