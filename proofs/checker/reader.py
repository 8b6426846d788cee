"""Text to formulas: `Σ_j W[i, j]*tanh(y[j]) - y[i]` becomes a tree of tuples.

    ("number", q)  ("name", "beta")  ("at", "W", (i, j))  ("sum", ((name, axis or None), ...), body)  ("call", name, arguments)
    ("+", terms)  ("*", factors)  ("^", base, exponent)  ("mask", condition)  ("slope", "E", "y", (i,))  ("rate", "y", (i,))

`Σ_ij` binds i and j whose axes are found where they stand; `Σ[i:N, j:N]` says them. What is not certain is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flint import fmpq

Node = tuple[Any, ...]
MINUS: Node = ("number", fmpq(-1))
_TOKEN = re.compile(
    r"\s*(?:(?P<slope>∂(?P<of>\w+)/∂(?P<by>\w+))|(?P<rate>d(?P<moving>[^\W\d]\w*?)(?P<place>\[[\w, ]*\])?/dt\b)"
    r"|(?P<sum>Σ\[(?P<axes>[^\]]*)\]|Σ_(?P<bound>\w+(?:,\w+)*))|(?P<number>\d+)(?![\d.])|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/()\[\],=≠≤≥<>&|~]))"
)


class Unreadable(Exception):
    """A text that is no formula or could be more than one, or data of another form than is read here."""


@lru_cache(maxsize=10_000)
def read(text: str) -> Node:
    """The formula of a text; raises Unreadable.

    >>> read("2*y[i] - b")
    ('+', (('*', (('number', 2), ('at', 'y', ('i',)))), ('*', (('number', -1), ('name', 'b')))))
    """
    return _whole(text, lambda r: r.expression())


def read_relation(text: str) -> tuple[Node, str, Node]:
    """Both sides of `left > right` with the sign between them."""
    _, sign, left, right = _whole(text, lambda r: r.relation())
    return left, sign, right


def _whole(text: str, parse: Callable[[_Reader], Node]) -> Node:
    reader = _Reader(text)
    found = parse(reader)
    if reader.at != len(reader.tokens):
        raise Unreadable(f"{text!r:.60} goes on after a formula, at {reader.tokens[reader.at][1]!r}")
    return found


def _strange(rest: str) -> str:
    number = re.match(r"[\d.]+", rest)
    return f"the decimal {number[0]}, which may be rounded, is not read" if number else f"{rest[:12]!r} is not known"


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, where = text, 0, 0
        self.tokens: list[tuple[str, str, Any]] = []
        while text[where:].strip():
            found = _TOKEN.match(text, where)
            if found is None:
                raise Unreadable(f"{_strange(text[where:].strip())} in {text!r:.60}")
            kind = next(k for k in ("slope", "rate", "sum", "number", "name", "sign") if found[k])
            self.tokens.append((kind, found[kind], found))
            where = found.end()

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def peek(self, *signs: str) -> bool:
        return self.kind() == "sign" and self.tokens[self.at][1] in signs

    def take(self, *signs: str) -> str:
        if not self.peek(*signs):
            raise Unreadable(f"{' or '.join(signs)} was expected in {self.text!r:.60}")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def between(self, left: str, right: str, inner: Callable[[], Any]) -> Any:
        self.take(left)
        found = inner()
        self.take(right)
        return found

    def listed(self, inner: Callable[[], Any], *signs: str) -> tuple[Any, ...]:
        found = [inner()]
        while self.peek(*(signs or (",",))):
            self.at += 1
            found.append(inner())
        return tuple(found)

    def expression(self) -> Node:
        terms = [self.term()]
        while self.peek("+", "-"):
            minus = self.take("+", "-") == "-"
            terms.append(("*", (MINUS, self.term())) if minus else self.term())
        return terms[0] if len(terms) == 1 else ("+", tuple(terms))

    def term(self) -> Node:
        """Factors; a name that follows without a sign, as in `2 y[i]`, is one."""
        factors = [self.factor()]
        while self.peek("*", "/") or self.kind() in ("name", "slope"):
            over = self.peek("*", "/") and self.take("*", "/") == "/"
            factors.append(("^", self.factor(), MINUS) if over else self.factor())
        return factors[0] if len(factors) == 1 else ("*", tuple(factors))

    def factor(self) -> Node:
        if self.peek("-"):
            self.at += 1
            return ("*", (MINUS, self.factor()))
        base = self.primary()
        if self.peek("**"):
            self.at += 1
            return ("^", base, self.factor())
        return base

    def primary(self) -> Node:
        if self.peek("("):
            return self.between("(", ")", self.expression)  # type: ignore[no-any-return]
        if self.peek("["):
            return ("mask", self.between("[", "]", self.condition))
        if self.kind() in ("", "sign"):
            raise Unreadable(f"{self.text!r:.60} is not complete")
        kind, text, found = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return ("number", fmpq(int(text)))
        if kind == "sum":
            return ("sum", _bound(found), self.term())
        if kind == "rate":
            return ("rate", found["moving"], tuple(int(t) if t.isdigit() else t for t in re.findall(r"\w+", found["place"] or "")))
        if kind == "slope":
            return ("slope", found["of"], found["by"], self.where())
        if text == "Piecewise":
            return ("cases", self.between("(", ")", lambda: self.listed(lambda: self.between("(", ")", self.case))))
        if self.peek("("):
            return ("call", text, self.between("(", ")", lambda: self.listed(self.expression)))
        return ("at", text, self.where()) if self.peek("[") else ("name", text)

    def case(self) -> tuple[Node, Node]:
        value = self.expression()
        self.take(",")
        return value, self.condition()

    def where(self) -> tuple[Any, ...]:
        nodes = self.between("[", "]", lambda: self.listed(self.primary)) if self.peek("[") else ()
        if any(n[0] not in ("name", "number") for n in nodes):
            raise Unreadable(f"an index in {self.text!r:.60} is neither a letter nor a number")
        return tuple(n[1] if n[0] == "name" else int(n[1].p) for n in nodes)

    def condition(self) -> Node:
        parts = self.listed(lambda: self.joined("and", self.listed(self.clause, "&")), "|")
        return self.joined("or", parts)

    @staticmethod
    def joined(word: str, parts: tuple[Node, ...]) -> Node:
        return parts[0] if len(parts) == 1 else (word, parts)

    def clause(self) -> Node:
        start = self.at
        if self.peek("~"):
            self.at += 1
            return ("not", self.clause())
        if self.kind() == "name" and self.tokens[start][1] in ("True", "False"):
            self.at += 1
            return ("always", self.tokens[start][1] == "True")
        try:
            return self.relation()
        except Unreadable:
            self.at = start
            return self.between("(", ")", self.condition)  # type: ignore[no-any-return]

    def relation(self) -> Node:
        left = self.expression()
        if left[0] == "call" and left[1] in ("Ne", "Eq"):
            return ("relation", "≠" if left[1] == "Ne" else "=", *left[2])
        sign = self.take("=", "≠", ">", "<", "≥", "≤")
        if sign in "<>" and self.peek("="):
            self.at += 1
            sign = "≤" if sign == "<" else "≥"
        return ("relation", sign, left, self.expression())


def _bound(found: Any) -> tuple[tuple[str, str | None], ...]:
    if found["axes"] is None:
        return tuple((name, None) for name in found["bound"].split(","))
    pairs = [part.strip().split(":") for part in found["axes"].split(",")]
    if not all(len(pair) == 2 for pair in pairs):
        raise Unreadable(f"{found['sum']!r} does not say the axes of its indices as in Σ[i:N]")
    return tuple((name, axis) for name, axis in pairs)


def nodes_of(tree: Any, *kinds: str) -> list[Node]:
    """All parts of a tree of some kinds."""
    if not isinstance(tree, tuple) or not tree:
        return []
    return [tree] * (tree[0] in kinds) + [n for part in tree for n in nodes_of(part, *kinds)]
