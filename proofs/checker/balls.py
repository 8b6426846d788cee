"""Formulas at given sizes as one graph of numbers, with derivatives of its own, and their values in balls.

A graph holds each operation once. Values are exact rationals as long as only + · / and whole powers were met, else balls (Arb);
over a box each operation is enclosed: monotone functions by their values at both ends, a bracket that may change by [0, 1].
What has no value (log of a ball with 0) becomes NaN, which no comparison accepts. Nothing here is taken from amsym.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flint import arb, ctx, fmpq

Number = Any  # fmpq or arb


class Undetermined(Exception):
    """A value or a sign that is not settled, or that nothing here can compute."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with so many bits."""
    before, ctx.prec = ctx.prec, bits
    try:
        yield
    finally:
        ctx.prec = before


def _ends(f: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """A monotone function over a ball: the hull of its values at both ends."""
    return lambda x: f(x) if x.rad() < 1e-12 else f(x.lower()).union(f(x.upper()))


def power(x: Number, n: int) -> Number:
    """x^n for a whole n, sharp over a ball that holds 0."""
    if n < 0:
        return 1 / power(x, -n)
    if isinstance(x, fmpq) or n < 2:
        return x**n if n else fmpq(1)
    if n % 2 == 0:
        return x.abs_lower() ** n if x.is_exact() else (x.abs_lower() ** n).union(x.abs_upper() ** n)
    return _ends(lambda u: u**n)(x)


class Graph:
    """Operations on numbers, each held once; a node is its position, and its arguments stand before it.

    ("q", number) ("v", name, place) ("+" | "*" | "max" | "min", nodes) ("^", node, exponent) ("f", name, node) ("?", node, sign)
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[Any, ...]] = []
        # Whether a node has no value for some numbers, so that 0 times it is not 0.
        self.partial: list[bool] = []
        self._known: dict[Any, int] = {}

    def _node(self, *key: Any) -> int:
        if key not in self._known:
            self._known[key] = len(self.nodes)
            own = (key[0] == "^" and not (key[2].q == 1 and key[2] >= 0)) or (key[0] == "f" and FUNCTIONS[key[1]][3])
            self.partial.append(own or any(self.partial[a] for a in self.arguments(key)))
            self.nodes.append(key)
        return self._known[key]

    @staticmethod
    def arguments(key: tuple[Any, ...]) -> tuple[int, ...]:
        """The nodes that a node is made of."""
        return key[1] if key[0] in ("+", "*", "max", "min") else (key[2],) if key[0] == "f" else (key[1],) if key[0] in ("^", "?") else ()

    def number(self, q: Any) -> int:
        """A rational constant."""
        return self._node("q", fmpq(q))

    def variable(self, name: str, place: tuple[int, ...]) -> int:
        """A component of a state, or of anything else that moves."""
        return self._node("v", name, place)

    def rational(self, a: int) -> fmpq | None:
        """The value of a constant node."""
        return self.nodes[a][1] if self.nodes[a][0] == "q" else None

    def split(self, op: str, nodes: Iterable[int]) -> tuple[fmpq, list[int]]:
        """The constants of a sum or product joined to one, and the rest, sums of sums flattened."""
        constant, rest = fmpq(op == "*"), []
        for t in nodes:
            for a in self.nodes[t][1] if self.nodes[t][0] == op else (t,):
                q = self.rational(a)
                if q is None:
                    rest.append(a)
                else:
                    constant = constant + q if op == "+" else constant * q
        return constant, rest

    def add(self, *terms: int) -> int:
        """The sum."""
        constant, rest = self.split("+", terms)
        if constant != 0 or not rest:
            rest.append(self.number(constant))
        return rest[0] if len(rest) == 1 else self._node("+", tuple(sorted(rest)))

    def multiply(self, *factors: int) -> int:
        """The product; 0 where a factor is 0 and the others have a value everywhere."""
        constant, rest = self.split("*", factors)
        if constant == 0 and not any(self.partial[a] for a in rest):
            return self.number(0)
        powers: dict[int, fmpq] = {}
        for key, a in ((self.nodes[a], a) for a in rest):
            base, e = (key[1], key[2]) if key[0] == "^" and key[2].q == 1 and key[2] > 0 else (a, fmpq(1))
            powers[base] = powers.get(base, fmpq(0)) + e
        rest = [self.power(base, e) for base, e in powers.items()]
        if constant != 1 or not rest:
            rest.append(self.number(constant))
        return rest[0] if len(rest) == 1 else self._node("*", tuple(sorted(rest)))

    def minus(self, a: int, b: int) -> int:
        """a - b."""
        return self.add(a, self.multiply(self.number(-1), b))

    def power(self, a: int, e: int | fmpq) -> int:
        """a^e: a rational exponent is kept, another one is exp(e log a)."""
        exponent, q = self.rational(e) if isinstance(e, int) else e, self.rational(a)
        if exponent is None:
            return self.function("exp", self.multiply(e, self.function("log", a)))
        if exponent == 1:
            return a
        if q is not None and exponent.q == 1:
            if q == 0 and exponent < 0:
                raise Undetermined("division by 0")
            return self.number(power(q, int(exponent)))
        return self.number(q) if q is not None and (q == 1 or (q == 0 and exponent > 0)) else self._node("^", a, exponent)

    def function(self, name: str, a: int) -> int:
        """f(a), with what is rational at 0 and log 1 kept so."""
        q, at_zero = self.rational(a), FUNCTIONS[name][1]
        if q is not None and q == 0 and at_zero is not None:
            return self.number(at_zero)
        return self.number(0) if q is not None and q == 1 and name == "log" else self._node("f", name, a)

    def extreme(self, kind: str, parts: Iterable[int]) -> int:
        """The largest ("max") or least ("min") of the parts."""
        rest = sorted({a for a in parts if self.rational(a) is None})
        known = [q for a in parts if (q := self.rational(a)) is not None]
        if known:
            rest.append(self.number((max if kind == "max" else min)(known)))
        return rest[0] if len(rest) == 1 else self._node(kind, tuple(rest))

    def bracket(self, sign: str, a: int) -> int:
        """[a > 0], [a ≥ 0] or [a = 0]."""
        q = self.rational(a)
        return self._node("?", a, sign) if q is None else self.number(int(_HOLDS[sign](q)))

    def gradient(self, root: int, by: Sequence[int]) -> list[int]:
        """∂root/∂v for each v, as nodes; at a kink what the dead side gives."""
        slopes: dict[int, list[int]] = {root: [self.number(1)]}
        for a in sorted(self.needed([root]), reverse=True):
            if a in slopes:
                slopes[a] = [self.add(*slopes[a])]
                for b, factor in self._rule(a):
                    slopes.setdefault(b, []).append(self.multiply(slopes[a][0], factor))
        return [slopes[v][0] if v in slopes else self.number(0) for v in by]

    def _rule(self, a: int) -> Iterable[tuple[int, int]]:
        """(argument, ∂a/∂argument) for each argument."""
        key = self.nodes[a]
        if key[0] == "+":
            return [(b, self.number(1)) for b in key[1]]
        if key[0] == "*":
            return [(b, self.multiply(*key[1][:n], *key[1][n + 1 :])) for n, b in enumerate(key[1]) if self.rational(b) is None]
        if key[0] == "^":
            return [(key[1], self.multiply(self.number(key[2]), self.power(key[1], key[2] - 1)))]
        if key[0] in ("max", "min"):
            sides = [(b, [self.minus(b, c) if key[0] == "max" else self.minus(c, b) for c in key[1] if c != b]) for b in key[1]]
            return [(b, self.multiply(*(self.bracket(">", d) for d in gaps))) for b, gaps in sides]
        return [(key[2], FUNCTIONS[key[1]][2](self, key[2], a))] if key[0] == "f" else []

    def needed(self, roots: Iterable[int]) -> set[int]:
        """The roots and everything that they are made of."""
        found: set[int] = set()
        stack = list(roots)
        while stack:
            a = stack.pop()
            if a not in found:
                found.add(a)
                stack.extend(self.arguments(self.nodes[a]))
        return found


def _scaled(g: Graph, factor: int, *nodes: int) -> int:
    return g.multiply(g.number(factor), *nodes)


def _gaussian(g: Graph, u: int, a: int) -> int:
    pi = _scaled(g, 4, g.function("atan", g.number(1)))
    return _scaled(g, 2, g.power(pi, fmpq(-1, 2)), g.function("exp", _scaled(g, -1, g.power(u, fmpq(2)))))


# name: (value over a ball, value at 0 where it is rational, slope as a node, whether it has no value somewhere).
FUNCTIONS: dict[str, tuple[Callable[[arb], arb], int | None, Callable[[Graph, int, int], int], bool]] = {
    "exp": (_ends(arb.exp), 1, lambda g, u, a: a, False),
    "log": (_ends(arb.log), None, lambda g, u, a: g.power(u, fmpq(-1)), True),
    "tanh": (_ends(arb.tanh), 0, lambda g, u, a: g.minus(g.number(1), g.power(a, fmpq(2))), False),
    "sinh": (_ends(arb.sinh), 0, lambda g, u, a: g.function("cosh", u), False),
    "cosh": (lambda x: x.abs_lower().cosh().union(x.abs_upper().cosh()), 1, lambda g, u, a: g.function("sinh", u), False),
    "sin": (arb.sin, 0, lambda g, u, a: g.function("cos", u), False),
    "cos": (arb.cos, 1, lambda g, u, a: _scaled(g, -1, g.function("sin", u)), False),
    "erf": (_ends(arb.erf), 0, _gaussian, False),
    "atan": (_ends(arb.atan), 0, lambda g, u, a: g.power(g.add(g.number(1), g.power(u, fmpq(2))), fmpq(-1)), False),
    "Li2": (
        _ends(lambda x: x.polylog(2)),
        0,
        lambda g, u, a: _scaled(g, -1, g.function("log", g.minus(g.number(1), u)), g.power(u, fmpq(-1))),
        True,
    ),
}


class Program:
    """Several nodes of a graph, computed together."""

    def __init__(self, graph: Graph, roots: Sequence[int]) -> None:
        self.graph, self.roots = graph, list(roots)
        self.order = sorted(graph.needed(roots))
        self.variables = {graph.nodes[a][1:] for a in self.order if graph.nodes[a][0] == "v"}

    def __call__(self, values: Mapping[tuple[str, tuple[int, ...]], Number]) -> list[Number]:
        """The roots' values for rationals or balls of the variables."""
        known: dict[int, Number] = {}
        for a in self.order:
            known[a] = _computed(self.graph.nodes[a], known, values)
        self.known = known
        return [known[a] for a in self.roots]

    def sign(self, a: int) -> int:
        """1 where a node was ≥ 0 when last computed, -1 where it was ≤ 0: by its ball, or as even powers, products and sums are; else 0."""
        x, key = self.known[a], self.graph.nodes[a]
        if x >= 0 or x <= 0:
            return 1 if x >= 0 else -1
        if key[0] == "^" and key[2].q == 1 and key[2].p % 2 == 0:
            return 1
        signs = {self.sign(b) for b in key[1]} if key[0] == "+" else {math.prod(self.sign(b) for b in key[1])} if key[0] == "*" else set()
        return signs.pop() if len(signs) == 1 else 0


ZERO, ONE, EITHER = fmpq(0), fmpq(1), arb(0.5, 0.5)
_HOLDS: dict[str, Callable[[Number], bool]] = {">": lambda u: bool(u > 0), "≥": lambda u: bool(u >= 0), "=": lambda u: bool(u == 0)}
_FAILS: dict[str, Callable[[Number], bool]] = {
    ">": lambda u: bool(u <= 0),
    "≥": lambda u: bool(u < 0),
    "=": lambda u: bool(u < 0) or bool(u > 0),
}


def _computed(key: tuple[Any, ...], known: dict[int, Number], values: Mapping[Any, Number]) -> Number:
    op = key[0]
    if op == "q":
        return key[1]
    if op == "v":
        return values[key[1], key[2]]
    if op in ("+", "*"):
        result = known[key[1][0]]
        for a in key[1][1:]:
            result = result + known[a] if op == "+" else result * known[a]
        if op == "*" and isinstance(result, arb) and not result.is_finite() and any(known[a] is ZERO for a in key[1]):
            return fmpq(0)  # a bracket that is 0 makes the product 0, whatever the others are
        return result
    if op == "^":
        return _powered(known[key[1]], key[2])
    if op == "f":
        f, at_zero = FUNCTIONS[key[1]][:2]
        u = known[key[2]]
        return fmpq(at_zero) if at_zero is not None and isinstance(u, fmpq) and u == 0 else f(arb(u))
    if op == "?":
        u = known[key[1]]
        if isinstance(u, arb) and u.is_nan():
            return u
        return ONE if _HOLDS[key[2]](u) else ZERO if isinstance(u, fmpq) or _FAILS[key[2]](u) else EITHER
    parts = [known[a] for a in key[1]]
    if all(isinstance(p, fmpq) for p in parts):
        return (max if op == "max" else min)(parts)
    result = arb(parts[0])
    for p in parts[1:]:
        result = result.max(arb(p)) if op == "max" else result.min(arb(p))
    return result


def _powered(u: Number, e: fmpq) -> Number:
    if isinstance(u, fmpq) and u == 0:
        return fmpq(0) if e > 0 else arb.nan()
    if e.q == 1:
        return power(u, int(e))
    return power(_ends(arb.sqrt)(arb(u)), int(e.p)) if e.q == 2 else _ends(lambda x: (x.log() * arb(e)).exp())(arb(u))
