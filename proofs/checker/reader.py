"""Text to formulas: `Σ_j W[i, j]*tanh(y[j]) - y[i]` becomes a tree of tuples.

    ("number", q)  ("name", "beta")  ("at", "W", (i, j))  ("sum", ((name, axis or None), ...), body)  ("call", name, arguments)
    ("+", terms)  ("*", factors)  ("^", base, exponent)  ("mask", condition)  ("slope", "E", variable)  ("rate", variable)

`Σ_ij` binds i and j whose axes are found where they stand; `Σ[i:N, j:N]` says them. What is not certain is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flint import fmpq

Node = tuple[Any, ...]

_TOKEN = re.compile(
    r"\s*(?:(?P<slope>∂(?P<of>\w+)/∂(?P<by>\w+))|(?P<rate>d(?P<moving>[^\W\d]\w*?)(?P<place>\[[\w, ]*\])?/dt\b)"
    r"|(?P<sum>Σ\[(?P<axes>[^\]]*)\]|Σ_(?P<bound>\w+(?:,\w+)*))|(?P<number>\d+)(?![\d.])|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/()\[\],=≠≤≥<>&|~]))"
)
_RELATIONS = ("=", "≠", ">", "<", "≥", "≤")


class Unreadable(Exception):
    """A text that is no formula, or could be more than one."""


@lru_cache(maxsize=10_000)
def read(text: str) -> Node:
    """The formula of a text; raises Unreadable.

    >>> read("2*y[i] - b")
    ('+', (('*', (('number', 2), ('at', 'y', ('i',)))), ('*', (('number', -1), ('name', 'b')))))
    """
    reader = _Reader(text)
    found = reader.expression()
    if reader.at != len(reader.tokens):
        raise Unreadable(f"{text!r} goes on after a formula, at {reader.tokens[reader.at][1]!r}")
    return found


def read_relation(text: str) -> tuple[Node, str, Node]:
    """Both sides of `left > right` with the sign between them."""
    reader = _Reader(text)
    _, sign, left, right = reader.relation()
    if reader.at != len(reader.tokens):
        raise Unreadable(f"{text!r} goes on after a relation")
    return left, sign, right


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[tuple[str, str, Any]] = []
        where = 0
        while text[where:].strip():
            found = _TOKEN.match(text, where)
            if found is None:
                raise Unreadable(f"{text[where : where + 12]!r} in {text!r} is not known")
            kind = next(k for k in ("slope", "rate", "sum", "number", "name", "sign") if found[k])
            self.tokens.append((kind, found[kind], found))
            where = found.end()

    def peek(self, *signs: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs

    def take(self, *signs: str) -> str:
        if not self.peek(*signs):
            raise Unreadable(f"{' or '.join(signs)} was expected in {self.text!r}")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def expression(self) -> Node:
        terms = [self.term()]
        while self.peek("+", "-"):
            minus = self.take("+", "-") == "-"
            term = self.term()
            terms.append(("*", (("number", fmpq(-1)), term)) if minus else term)
        return terms[0] if len(terms) == 1 else ("+", tuple(terms))

    def term(self) -> Node:
        factors = [self.factor()]
        while self.peek("*", "/") or self.touches():
            over = self.peek("*", "/") and self.take("*", "/") == "/"
            factor = self.factor()
            factors.append(("^", factor, ("number", fmpq(-1))) if over else factor)
        return factors[0] if len(factors) == 1 else ("*", tuple(factors))

    def touches(self) -> bool:
        """Whether a name follows without a sign, as in `2 y[i]`: a product."""
        return self.at < len(self.tokens) and self.tokens[self.at][0] in ("name", "slope")

    def factor(self) -> Node:
        if self.peek("-"):
            self.take("-")
            return ("*", (("number", fmpq(-1)), self.factor()))
        base = self.primary()
        if self.peek("**"):
            self.take("**")
            return ("^", base, self.factor())
        return base

    def primary(self) -> Node:
        if self.peek("("):
            return self.between("(", ")", self.expression)
        if self.peek("["):
            return ("mask", self.between("[", "]", self.condition))
        if self.at == len(self.tokens) or self.tokens[self.at][0] == "sign":
            raise Unreadable(f"{self.text!r} is not complete")
        kind, text, found = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return ("number", fmpq(int(text)))
        if kind == "sum":
            return ("sum", _bound(found), self.term())
        if kind == "rate":
            return ("rate", found["moving"], tuple(_index(t) for t in re.findall(r"\w+", found["place"] or "")))
        if kind == "slope":
            return ("slope", found["of"], found["by"], self.where())
        return self.called(text) if self.peek("(") else ("at", text, self.where()) if self.peek("[") else ("name", text)

    def between(self, left: str, right: str, inner: Any) -> Any:
        self.take(left)
        found = inner()
        self.take(right)
        return found

    def listed(self, inner: Any) -> tuple[Any, ...]:
        found = [inner()]
        while self.peek(","):
            self.take(",")
            found.append(inner())
        return tuple(found)

    def where(self) -> tuple[Any, ...]:
        return self.between("[", "]", lambda: self.listed(self.place)) if self.peek("[") else ()

    def place(self) -> Any:
        node = self.primary()
        if node[0] not in ("name", "number"):
            raise Unreadable(f"an index in {self.text!r} is neither a letter nor a number")
        return node[1] if node[0] == "name" else int(node[1].p)

    def called(self, name: str) -> Node:
        if name == "Piecewise":
            return ("cases", self.between("(", ")", lambda: self.listed(self.case)))
        return ("call", name, self.between("(", ")", lambda: self.listed(self.expression)))

    def case(self) -> tuple[Node, Node]:
        self.take("(")
        value = self.expression()
        self.take(",")
        condition = self.condition()
        self.take(")")
        return value, condition

    def condition(self) -> Node:
        parts = [self.conjunction()]
        while self.peek("|"):
            self.take("|")
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else ("or", tuple(parts))

    def conjunction(self) -> Node:
        parts = [self.clause()]
        while self.peek("&"):
            self.take("&")
            parts.append(self.clause())
        return parts[0] if len(parts) == 1 else ("and", tuple(parts))

    def clause(self) -> Node:
        if self.peek("~"):
            self.take("~")
            return ("not", self.clause())
        start = self.at
        if self.at < len(self.tokens) and self.tokens[self.at][1] in ("True", "False"):
            self.at += 1
            return ("always", self.tokens[start][1] == "True")
        try:
            return self.relation()
        except Unreadable:
            self.at = start
            return self.between("(", ")", self.condition)

    def relation(self) -> Node:
        left = self.expression()
        if left[0] == "call" and left[1] in ("Ne", "Eq"):
            return ("relation", "≠" if left[1] == "Ne" else "=", *left[2])
        sign = self.take(*_RELATIONS)
        if sign in "<>" and self.peek("="):
            sign = {"<": "≤", ">": "≥"}[sign] if self.take("=") else sign
        return ("relation", sign, left, self.expression())


def _index(text: str) -> Any:
    return int(text) if text.isdigit() else text


def _bound(found: Any) -> tuple[tuple[str, str | None], ...]:
    if found["axes"] is None:
        return tuple((name, None) for name in found["bound"].split(","))
    pairs = [part.strip().split(":") for part in found["axes"].split(",")]
    if not all(len(pair) == 2 for pair in pairs):
        raise Unreadable(f"{found['sum']!r} does not say the axes of its indices as in Σ[i:N]")
    return tuple((name, axis) for name, axis in pairs)
