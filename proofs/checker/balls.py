"""Formulas at given sizes as one graph of numbers, with derivatives of its own, and their values in balls.

A graph holds each operation once. Values are exact rationals as long as only + · / and whole powers were met, else balls (Arb);
over a box each operation is enclosed: monotone functions by their values at both ends, a bracket that may change by [0, 1].
What has no value (log of a ball with 0) becomes NaN, which no comparison accepts. Nothing here is taken from amsym.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flint import arb, ctx, fmpq

Number = Any  # fmpq or arb
BITS = 256


class Undetermined(Exception):
    """A value or a sign that is not settled, or that nothing here can compute."""


@contextmanager
def precision(bits: int) -> Any:
    """Work with so many bits."""
    before, ctx.prec = ctx.prec, bits
    try:
        yield
    finally:
        ctx.prec = before


def _ends(f: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """A monotone function over a ball: the hull of its values at both ends."""

    def over(x: arb) -> arb:
        return f(x) if x.rad() < 1e-12 else f(x.lower()).union(f(x.upper()))

    return over


def _even(f: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """A function of |x| that rises with it."""
    return lambda x: f(x.abs_lower()).union(f(x.abs_upper()))


# name: (value over a ball, value at 0 where it is rational).
FUNCTIONS: dict[str, tuple[Callable[[arb], arb], int | None]] = {
    "exp": (_ends(arb.exp), 1),
    "log": (_ends(arb.log), None),
    "tanh": (_ends(arb.tanh), 0),
    "sinh": (_ends(arb.sinh), 0),
    "cosh": (_even(arb.cosh), 1),
    "erf": (_ends(arb.erf), 0),
    "erfc": (_ends(arb.erfc), 1),
    "erfinv": (_ends(arb.erfinv), 0),
    "atan": (_ends(arb.atan), 0),
    "asinh": (_ends(arb.asinh), 0),
    "atanh": (_ends(arb.atanh), 0),
    "acosh": (_ends(arb.acosh), None),
    "asin": (_ends(arb.asin), 0),
    "acos": (_ends(arb.acos), None),
    "sin": (arb.sin, 0),
    "cos": (arb.cos, 1),
    "Li2": (_ends(lambda x: x.polylog(2)), 0),
    "LambertW": (_ends(arb.lambertw), 0),
}
_TOTAL = {"exp", "tanh", "sinh", "cosh", "erf", "erfc", "atan", "asinh", "sin", "cos"}


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
    """Operations on numbers, each held once; a node is its position, and its arguments stand before it."""

    def __init__(self) -> None:
        self.nodes: list[tuple[Any, ...]] = []
        self.partial: list[bool] = []
        self._known: dict[Any, int] = {}

    def _node(self, *key: Any) -> int:
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(key)
            self.partial.append(
                any(self.partial[a] for a in self.arguments(key))
                or (key[0] == "^" and not (key[2].q == 1 and key[2] >= 0))
                or (key[0] == "f" and key[1] not in _TOTAL)
            )
        return self._known[key]

    @staticmethod
    def arguments(key: tuple[Any, ...]) -> tuple[int, ...]:
        """The nodes that a node is made of."""
        return (
            key[1]
            if key[0] in ("+", "*", "max", "min")
            else (key[2],)
            if key[0] in ("f", "bessel")
            else (key[1],)
            if key[0] in ("^", "?", "sign")
            else ()
        )

    def number(self, q: Any) -> int:
        """A rational constant."""
        return self._node("q", fmpq(q))

    def variable(self, name: str, place: tuple[int, ...]) -> int:
        """A component of a state, or of anything else that moves."""
        return self._node("v", name, place)

    def rational(self, a: int) -> fmpq | None:
        """The value of a constant node."""
        return self.nodes[a][1] if self.nodes[a][0] == "q" else None

    def add(self, *terms: int) -> int:
        """The sum, constants joined and sums of sums flattened."""
        constant, rest = fmpq(0), []
        for t in terms:
            for a in self.nodes[t][1] if self.nodes[t][0] == "+" else (t,):
                q = self.rational(a)
                if q is None:
                    rest.append(a)
                else:
                    constant += q
        if constant != 0 or not rest:
            rest.append(self.number(constant))
        return rest[0] if len(rest) == 1 else self._node("+", tuple(sorted(rest)))

    def multiply(self, *factors: int) -> int:
        """The product; 0 where a factor is 0 and the others have a value everywhere."""
        constant, rest = fmpq(1), []
        for t in factors:
            for a in self.nodes[t][1] if self.nodes[t][0] == "*" else (t,):
                q = self.rational(a)
                if q is None:
                    rest.append(a)
                else:
                    constant *= q
        if constant == 0 and not any(self.partial[a] for a in rest):
            return self.number(0)
        if constant != 1 or not rest:
            rest.append(self.number(constant))
        return rest[0] if len(rest) == 1 else self._node("*", tuple(sorted(rest)))

    def minus(self, a: int, b: int) -> int:
        """a - b."""
        return self.add(a, self.multiply(self.number(-1), b))

    def power(self, a: int, exponent: int) -> int:
        """a^exponent: a rational exponent is kept, another one is exp(exponent log a)."""
        e, q = self.rational(exponent), self.rational(a)
        if e is None:
            return self.function("exp", self.multiply(exponent, self.function("log", a)))
        if e == 1:
            return a
        if q is not None and e.q == 1:
            if q == 0 and e < 0:
                raise Undetermined("division by 0")
            return self.number(power(q, int(e)))
        if q is not None and (q == 1 or (q == 0 and e > 0)):
            return self.number(q)
        return self._node("^", a, e)

    def function(self, name: str, a: int) -> int:
        """f(a)."""
        if name == "log" and self.nodes[a][0] == "f" and self.nodes[a][1] == "exp":
            return self.nodes[a][2]
        q = self.rational(a)
        if q is not None and name == "log" and q == 1:
            return self.number(0)
        if q is not None and q == 0 and FUNCTIONS[name][1] is not None:
            return self.number(FUNCTIONS[name][1])
        return self._node("f", name, a)

    def bessel(self, order: fmpq, a: int) -> int:
        """The modified Bessel function I_order(a)."""
        return self._node("bessel", order, a)

    def extreme(self, kind: str, parts: Sequence[int]) -> int:
        """The largest ("max") or least ("min") of the parts."""
        rest = sorted(set(parts))
        known = [q for a in rest if (q := self.rational(a)) is not None]
        rest = [a for a in rest if self.rational(a) is None]
        if known:
            rest.append(self.number((max if kind == "max" else min)(known)))
        return rest[0] if len(rest) == 1 else self._node(kind, tuple(rest))

    def bracket(self, sign: str, a: int) -> int:
        """[a > 0], [a ≥ 0] or [a = 0]."""
        q = self.rational(a)
        return self._node("?", a, sign) if q is None else self.number(int({">": q > 0, "≥": q >= 0, "=": q == 0}[sign]))

    def signum(self, a: int) -> int:
        """-1, 0 or 1."""
        return self.minus(self.bracket(">", a), self.bracket(">", self.multiply(self.number(-1), a)))

    def gradient(self, root: int, by: Sequence[int]) -> list[int]:
        """∂root/∂v for each v, as nodes; at a kink what the dead side gives."""
        below = self.needed([root])
        slopes: dict[int, list[int]] = {root: [self.number(1)]}
        for a in sorted(below, reverse=True):
            if a in slopes:
                total = slopes[a] = [self.add(*slopes[a])]
                for b, factor in self._rule(a):
                    slopes.setdefault(b, []).append(self.multiply(total[0], factor))
        return [self.add(*slopes[v]) if v in slopes else self.number(0) for v in by]

    def _rule(self, a: int) -> Iterable[tuple[int, int]]:
        """(argument, ∂a/∂argument) for each argument."""
        key, one, two = self.nodes[a], self.number(1), self.number(2)
        if key[0] == "+":
            return [(b, one) for b in key[1]]
        if key[0] == "*":
            return [(b, self.multiply(*key[1][:n], *key[1][n + 1 :])) for n, b in enumerate(key[1]) if self.rational(b) is None]
        if key[0] == "^":
            return [(key[1], self.multiply(self.number(key[2]), self.power(key[1], self.number(key[2] - 1))))]
        if key[0] in ("max", "min"):
            wins = lambda b, c: self.bracket(">", self.minus(b, c) if key[0] == "max" else self.minus(c, b))  # noqa: E731
            return [(b, self.multiply(*(wins(b, c) for c in key[1] if c != b))) for b in key[1]]
        if key[0] == "bessel":
            n, u = key[1], key[2]
            return [(u, self.multiply(self.power(two, self.number(-1)), self.add(self.bessel(n - 1, u), self.bessel(n + 1, u))))]
        return [(key[2], self._slope(key[1], key[2], a))] if key[0] == "f" else []

    def _slope(self, name: str, u: int, a: int) -> int:
        n, sub, mul, pow_ = self.number, self.minus, self.multiply, self.power
        square = pow_(u, n(2))
        if name in ("erf", "erfc", "erfinv"):
            inner = pow_(a, n(2)) if name == "erfinv" else mul(n(-1), square)
            root_pi = pow_(mul(n(4), self.function("atan", n(1))), n(fmpq(-1 if name != "erfinv" else 1, 2)))
            return mul(n({"erf": 2, "erfc": -2, "erfinv": fmpq(1, 2)}[name]), root_pi, self.function("exp", inner))
        return {
            "exp": lambda: a,
            "log": lambda: pow_(u, n(-1)),
            "tanh": lambda: sub(n(1), pow_(a, n(2))),
            "sinh": lambda: self.function("cosh", u),
            "cosh": lambda: self.function("sinh", u),
            "sin": lambda: self.function("cos", u),
            "cos": lambda: mul(n(-1), self.function("sin", u)),
            "atan": lambda: pow_(self.add(n(1), square), n(-1)),
            "asinh": lambda: pow_(self.add(n(1), square), n(fmpq(-1, 2))),
            "atanh": lambda: pow_(sub(n(1), square), n(-1)),
            "acosh": lambda: pow_(sub(square, n(1)), n(fmpq(-1, 2))),
            "asin": lambda: pow_(sub(n(1), square), n(fmpq(-1, 2))),
            "acos": lambda: mul(n(-1), pow_(sub(n(1), square), n(fmpq(-1, 2)))),
            "Li2": lambda: mul(n(-1), self.function("log", sub(n(1), u)), pow_(u, n(-1))),
            "LambertW": lambda: mul(a, pow_(mul(u, self.add(n(1), a)), n(-1))),
        }[name]()

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

    def jumps(self, roots: Iterable[int]) -> list[int]:
        """The brackets in the roots themselves: where one changes, the value may jump."""
        return [a for a in sorted(self.needed(roots)) if self.nodes[a][0] == "?"]


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


def _computed(key: tuple[Any, ...], known: dict[int, Number], values: Mapping[Any, Number]) -> Number:
    op = key[0]
    if op == "q":
        return key[1]
    if op == "v":
        return values[key[1], key[2]]
    if op == "+":
        total = known[key[1][0]]
        for a in key[1][1:]:
            total = total + known[a]
        return total
    if op == "*":
        return _product([known[a] for a in key[1]])
    u = known[key[2] if op in ("f", "bessel") else key[1]] if op not in ("max", "min") else None
    if op == "^":
        return _powered(u, key[2])
    if op == "f":
        f, at_zero = FUNCTIONS[key[1]]
        return fmpq(at_zero) if at_zero is not None and isinstance(u, fmpq) and u == 0 else f(arb(u))
    if op == "?":
        return _bracket(u, key[2])
    if op == "bessel":
        return arb(u).bessel_i(arb(key[1]))
    parts = [known[a] for a in key[1]]
    if all(isinstance(p, fmpq) for p in parts):
        return (max if op == "max" else min)(parts)
    result = arb(parts[0])
    for p in parts[1:]:
        result = result.max(arb(p)) if op == "max" else result.min(arb(p))
    return result


def _product(factors: list[Number]) -> Number:
    """A bracket that is 0 makes the product 0, whatever the others are."""
    result = factors[0]
    for x in factors[1:]:
        result = result * x
    if isinstance(result, fmpq) or result.is_finite():
        return result
    return fmpq(0) if any(x is ZERO for x in factors) else result


ZERO, ONE, EITHER = fmpq(0), fmpq(1), arb(0.5, 0.5)


def _bracket(u: Number, sign: str) -> Number:
    if isinstance(u, fmpq):
        return ONE if {">": u > 0, "≥": u >= 0, "=": u == 0}[sign] else ZERO
    if sign == "=":
        return ZERO if u > 0 or u < 0 else EITHER
    if u > 0 or (sign == "≥" and u >= 0):
        return ONE
    return ZERO if u < 0 or (sign == ">" and u <= 0) else EITHER


def _powered(u: Number, e: fmpq) -> Number:
    if e.q == 1:
        if isinstance(u, fmpq) and u == 0 and e < 0:
            return arb.nan()
        return power(u, int(e))
    if isinstance(u, fmpq):
        if u == 0 and e > 0:
            return fmpq(0)
        root = arb(u)
    else:
        root = u
    if e.q == 2:
        return power(_ends(arb.sqrt)(root), int(e.p))
    return _ends(lambda x: (x.log() * arb(e)).exp())(root)
