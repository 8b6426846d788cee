"""A certificate's model at given sizes: its formulas as nodes of one graph, with states (and what has no value) as variables.

`Model(data, sizes, values)`: data names states and parameters with their axes and holds flow or update, and energy, as text.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import permutations, product
from typing import Any

from flint import fmpq, fmpq_mat

from proofs.checker.balls import FUNCTIONS, Graph, Undetermined
from proofs.checker.reader import Node, Unreadable, nodes_of, read

Place = tuple[int, ...]
Key = tuple[str, Place]
Scope = Mapping[str, tuple[int, str]]
Table = dict[Place, fmpq]

_WRITTEN_OUT = {
    "LogCoshDual": "u*tanh(u) - log(cosh(u))",
    "BinaryEntropy": "log(1 + exp(u)) - u/(1 + exp(-u))",
    "sech": "1/cosh(u)",
    "coth": "cosh(u)/sinh(u)",
    "sqrt": "u**(1/2)",
    "Abs": "Max(u, -u)",
    "sign": "[u > 0] - [-u > 0]",
}


def exact(x: Any) -> fmpq:
    """The rational that a JSON integer, float or text "p/q" is; raises Unreadable."""
    try:
        if isinstance(x, bool) or not isinstance(x, (str, int, float, fmpq)):
            raise ValueError
        if isinstance(x, float):
            return fmpq(*x.as_integer_ratio())
        p, _, q = str(x).partition("/")
        return fmpq(int(p), int(q or 1))
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise Unreadable(f"{x!r:.60} is no exact number") from error


def table(value: Any, shape: tuple[int, ...], number: Callable[[Any], Any] = exact) -> dict[Place, Any]:
    """Nested lists by place; raises Unreadable where the shape is another one."""
    if not shape:
        return {(): number(value)}
    if not isinstance(value, (list, tuple)) or len(value) != shape[0]:
        raise Unreadable(f"numbers have not the shape {shape} of their axes")
    return {(n, *p): x for n, row in enumerate(value) for p, x in table(row, shape[1:], number).items()}


class Model:
    """Formulas of a model as nodes; `values` holds exact tables of what is constant, everything else declared is a variable."""

    def __init__(self, data: Mapping[str, Any], sizes: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self.data, self.graph = data, Graph()
        self.states: dict[str, tuple[str, ...]] = {name: tuple(axes) for name, axes in data["states"].items()}
        self.parameters = {name: tuple(p["axes"]) for name, p in data.get("parameters", {}).items()}
        self.axes, self.sizes = {**self.parameters, **self.states}, {axis: int(n) for axis, n in sizes.items()}
        if {a for axes in self.axes.values() for a in axes} - set(self.sizes) or min(self.sizes.values(), default=1) < 1:
            raise Unreadable(f"the sizes {self.sizes} do not give each axis of the model its size")
        if set(self.sizes) & set(self.axes) or set(self.states) & set(self.parameters):
            raise Unreadable("one name stands for two things in the model")
        self.values: dict[str, Table] = {name: table(values[name], self.shape(name)) for name in self.axes if name in values}
        for name, p in data.get("parameters", {}).items():
            for prop in p.get("properties", ()) if name in self.values else ():
                if not has_property(prop, self.values[name]):
                    raise Undetermined(f"{name} is declared {prop} and its values are not")
        self.components: list[Key] = [(name, place) for name in self.states for place in self.places(name)]
        self._specials: dict[str, Any] = {}
        self._nodes: dict[Any, int] = {}
        # Trees are known by their identity, and kept so that none is taken for another.
        self._names: dict[int, tuple[Node, frozenset[str]]] = {}

    def shape(self, name: str) -> tuple[int, ...]:
        """The sizes of a tensor's axes."""
        return tuple(self.sizes[a] for a in self.axes[name])

    def places(self, name: str) -> Iterator[Place]:
        """All places of a tensor."""
        return product(*map(range, self.shape(name)))

    @contextmanager
    def meaning(self, specials: Mapping[str, Any]) -> Iterator[None]:
        """Further names for a while: nodes, or functions of a place; "slope E", "rate y" and "axes of f" are told likewise."""
        before, self._specials = self._specials, {**self._specials, **specials}
        try:
            yield
        finally:
            self._specials = before

    @property
    def unknowns(self) -> list[int]:
        """The nodes of all components of the states, in packed order."""
        return [self.component(*q) for q in self.components]

    def component(self, name: str, place: Place) -> int:
        """The node of one component."""
        if name not in self.axes or len(place) != len(self.axes[name]) or any(k >= n for k, n in zip(place, self.shape(name), strict=True)):
            raise Unreadable(f"{name}{list(place)} is no component of the model")
        return self.graph.number(self.values[name][place]) if name in self.values else self.graph.variable(name, place)

    @cached_property
    def energy(self) -> int:
        """E."""
        if "energy" not in self.data:
            raise Unreadable("the model has no energy")
        return self.node(self.data["energy"])

    @cached_property
    def gradient(self) -> list[int]:
        """∂E/∂y in packed order, by differentiation of the energy's graph."""
        return self.graph.gradient(self.energy, self.unknowns)

    @cached_property
    def right_sides(self) -> list[int]:
        """The right-hand sides of the flow or the update, in packed order."""
        return [self.right_side(*q) for q in self.components]

    def right_side(self, name: str, place: Place) -> int:
        """The right-hand side of one component."""
        for left, text in self.data.get("flow", self.data.get("update", {})).items():
            if read(left)[1] == name:
                return self.node(text, self.scope(read(left), (name, place)))
        raise Unreadable(f"the model does not say how {name} moves")

    def scope(self, head: Node, q: Key) -> dict[str, tuple[int, str]]:
        """The letters of y[i] at a component's place."""
        letters = head[2] if head[0] == "at" else ()
        if letters and len(letters) != len(self.axes[q[0]]):
            raise Unreadable(f"{q[0]} does not take {len(letters)} indices")
        return dict(zip(letters, zip(q[1], self.axes[q[0]], strict=True), strict=False))

    @cached_property
    def energy_rate(self) -> int:
        """dE/dt = Σ ∂E/∂y f."""
        if "t" in self.parameters and ("name", "t") in nodes_of(read(self.data["energy"]), "name"):
            raise Unreadable("the energy depends on time, and its rate is not only that of the states")
        return self.graph.add(*(self.graph.multiply(a, b) for a, b in zip(self.gradient, self.right_sides, strict=True)))

    def node(self, formula: str | Node, scope: Scope | None = None) -> int:
        """The node of a formula with its free indices at the places that `scope` gives: {"i": (0, "N")}."""
        tree, scope = read(formula) if isinstance(formula, str) else formula, scope or {}
        if id(tree) not in self._names:
            self._names[id(tree)] = (tree, frozenset(_words(tree)))
        words = self._names[id(tree)][1]
        if not words.isdisjoint({"slope", "rate", *self._specials}):
            return self._build(tree, scope)
        key = (id(tree), tuple((k, v) for k, v in scope.items() if k in words))
        if key not in self._nodes:
            self._nodes[key] = self._build(tree, scope)
        return self._nodes[key]

    def _build(self, tree: Node, scope: Scope) -> int:
        g, kind = self.graph, tree[0]
        if kind == "number":
            return g.number(tree[1])
        if kind == "name":
            return self._named(tree[1], scope)
        if kind == "at":
            return self._at(tree, scope)
        if kind == "+":
            return g.add(*(self.node(t, scope) for t in tree[1]))
        if kind == "*":
            marks = [self.node(f, scope) for f in tree[1] if f[0] == "mask" or f[:2] == ("at", "δ")]
            # A bracket that is 0 makes the product 0, whatever the others are.
            return g.number(0) if any(g.rational(m) == 0 for m in marks) else g.multiply(*(self.node(f, scope) for f in tree[1]))
        if kind == "^":
            return g.power(self.node(tree[1], scope), self.node(tree[2], scope))
        if kind == "sum":
            return self._sum(tree, scope)
        if kind == "mask":
            return self._holds(tree[1], scope)
        if kind == "cases":
            return self._cases(tree[1], scope)
        if kind == "call":
            return self._called(tree[1], [self.node(a, scope) for a in tree[2]])
        special, (name, where) = self._specials.get(f"{kind} {tree[1]}"), tree[-2:]
        if special is None:
            raise Unreadable(f"{kind} of {tree[1]} means nothing here")
        return special(name, tuple(self._index(i, axis, scope) for i, axis in zip(where, self.axes.get(name, ()), strict=False)))  # type: ignore[no-any-return]

    def _at(self, tree: Node, scope: Scope) -> int:
        name, where = tree[1:]
        if name == "δ":
            a, b = (self._index(i, None, scope) for i in where)
            return self.graph.number(int(a == b))
        place = tuple(self._index(i, axis, scope) for i, axis in zip(where, self._axes_of(tree), strict=True))
        return self._specials[name](place) if name in self._specials else self.component(name, place)

    def _axes_of(self, tree: Node) -> tuple[str, ...]:
        axes = self._specials.get(f"axes of {tree[1]}", self.axes.get(tree[1], ()))
        if len(axes) != len(tree[2]):
            raise Unreadable(f"{tree[1]} does not take {len(tree[2])} indices")
        return tuple(axes)

    def _index(self, i: Any, axis: str | None, scope: Scope) -> int:
        if isinstance(i, str) and (i not in scope or (axis is not None and scope[i][1] != axis)):
            raise Unreadable(f"the index {i} does not run over {axis or 'an axis'} here")
        return scope[i][0] if isinstance(i, str) else int(i)

    def _named(self, name: str, scope: Scope) -> int:
        if name in scope:
            return self.graph.number(scope[name][0])
        if name in self._specials:
            return self._specials[name] if isinstance(self._specials[name], int) else self._specials[name](())
        if name in self.sizes:
            return self.graph.number(self.sizes[name])
        return self.node("4*atan(1)") if name == "pi" and name not in self.axes else self.component(name, ())

    def _sum(self, tree: Node, scope: Scope) -> int:
        bound = [pair for name, axis in tree[1] for pair in ([(name, axis)] if axis else self._bound(name, tree[2]))]
        if any(axis not in self.sizes for _, axis in bound) or len(dict(bound)) != len(bound):
            raise Unreadable(f"the axes of the sum over {[n for n, _ in bound]} are not known")
        every = product(*(range(self.sizes[axis]) for _, axis in bound))
        return self.graph.add(*(self.node(tree[2], {**scope, **{n: (k, a) for (n, a), k in zip(bound, p, strict=True)}}) for p in every))

    def _bound(self, name: str, body: Node) -> list[tuple[str, str]]:
        """The indices that a sum binds: `Σ_ij` binds i and j, or one index called ij, whichever the summand uses."""
        used = self.axes_in(body)
        letters = [name] if name in used else list(name)
        if (name in used and len(name) > 1 and all(c in used for c in name)) or any(len(used.get(c, ())) != 1 for c in letters):
            raise Unreadable(f"the sum over {name} has several readings, or an index whose axis does not show")
        return [(c, next(iter(used[c]))) for c in letters]

    def axes_in(self, tree: Any) -> dict[str, set[str]]:
        """The axes of the free indices that stand in components."""
        found: dict[str, set[str]] = {}
        if not isinstance(tree, tuple) or not tree:
            return found
        own = zip(tree[2], self._axes_of(tree), strict=True) if tree[0] == "at" and tree[1] != "δ" else ()
        own = zip(tree[3], self.axes.get(tree[2], ()), strict=False) if tree[0] == "slope" else own
        for i, axis in own:
            found.setdefault(i, set()).add(axis)
        for part in tree if tree[0] != "sum" else (tree[2],):
            for i, axes in self.axes_in(part).items():
                found.setdefault(i, set()).update(axes)
        inner = {c for name, _ in tree[1] for c in (name, *name)} if tree[0] == "sum" else set()
        return {i: axes for i, axes in found.items() if isinstance(i, str) and i not in inner}

    def _holds(self, c: Node, scope: Scope) -> int:
        """A condition as 0 or 1."""
        g, kind = self.graph, c[0]
        if kind == "always":
            return g.number(int(c[1]))
        if kind == "and":
            return g.multiply(*(self._holds(p, scope) for p in c[1]))
        if kind == "or":
            return self._holds(("not", ("and", tuple(("not", p) for p in c[1]))), scope)
        if kind == "not":
            return g.minus(g.number(1), self._holds(c[1], scope))
        sign, (left, right) = c[1], (self.node(side, scope) for side in c[2:])
        if sign in "=≠":
            same = g.bracket("=", g.minus(left, right))
            return same if sign == "=" else g.minus(g.number(1), same)
        return g.bracket(">" if sign in "<>" else "≥", g.minus(left, right) if sign in ">≥" else g.minus(right, left))

    def _cases(self, cases: tuple[tuple[Node, Node], ...], scope: Scope) -> int:
        g, left, parts = self.graph, self.graph.number(1), []
        for value, condition in cases:
            here = self._holds(condition, scope)
            parts.append(g.multiply(left, here, self.node(value, scope)))
            left = g.multiply(left, g.minus(g.number(1), here))
        return g.add(*parts)

    def _called(self, name: str, parts: list[int]) -> int:
        if name in ("Max", "Min"):
            return self.graph.extreme(name.lower(), parts)
        if len(parts) != 1 or name not in {*FUNCTIONS, *_WRITTEN_OUT}:
            raise Unreadable(f"the function {name} of {len(parts)} arguments is not known here")
        if name in FUNCTIONS:
            return self.graph.function(name, parts[0])
        inner = Model({"states": {}}, {}, {})
        inner.graph = self.graph
        with inner.meaning({"u": parts[0]}):
            return inner.node(_WRITTEN_OUT[name])


def _words(tree: Any) -> set[str]:
    return {tree} if isinstance(tree, str) else set().union(*map(_words, tree)) if isinstance(tree, tuple) else set()


_SIGNS: dict[str, Callable[[fmpq], bool]] = {
    "integer": lambda x: bool(x.q == 1),
    "nonnegative": lambda x: bool(x >= 0),
    "positive": lambda x: bool(x > 0),
    "negative": lambda x: bool(x < 0),
    "nonpositive": lambda x: bool(x <= 0),
    "nonzero": lambda x: bool(x != 0),
}


def has_property(prop: str, value: Table) -> bool:
    """Whether exact numbers have a declared property; raises Unreadable for one that is not known."""
    if prop in _SIGNS:
        return all(map(_SIGNS[prop], value.values()))
    n = range(max((p[0] for p in value if p), default=-1) + 1)
    if prop in ("symmetric", "antisymmetric", "psd"):
        turn = parity if prop == "antisymmetric" else lambda order: 1
        even = all(value[tuple(p[k] for k in o)] == turn(o) * x for p, x in value.items() for o in permutations(range(len(p))))
        return even and (prop != "psd" or is_definite([[value[i, j] for j in n] for i in n], strict=False))
    if prop != "orthogonal":
        raise Unreadable(f"the property {prop!r} is not known")
    m = fmpq_mat([[value[i, j] for j in n] for i in n])
    return bool(m * m.transpose() == fmpq_mat([[int(i == j) for j in n] for i in n]))


def parity(order: tuple[int, ...]) -> int:
    """1 or -1 for an even or an odd order."""
    return (-1) ** sum(order[a] > order[b] for a in range(len(order)) for b in range(a + 1, len(order)))


def is_definite(rows: list[list[fmpq]], strict: bool) -> bool:
    """Whether a symmetric rational matrix is positive definite (strict) or semidefinite, by elimination: a zero pivot needs a zero row."""
    a = [list(row) for row in rows]
    for p in range(len(a)):
        if a[p][p] < 0 or (a[p][p] == 0 and (strict or any(x != 0 for x in a[p][p:]))):
            return False
        for i in range(p + 1, len(a)) if a[p][p] != 0 else ():
            a[i] = [x - a[i][p] / a[p][p] * y for x, y in zip(a[i], a[p], strict=True)]
    return True


def drawn(model: Mapping[str, Any], sizes: Mapping[str, int], rng: random.Random) -> dict[str, Any]:
    """Random exact values of all parameters and states with what is declared of them, as nested lists."""
    result: dict[str, Any] = {}
    for name, p in {**model.get("parameters", {}), **{s: {"axes": axes} for s, axes in model["states"].items()}}.items():
        props, allowed = set(p.get("properties", ())), model.get("values", {}).get(name)
        shape = tuple(sizes[a] for a in p["axes"])
        flat = {q: fmpq(rng.choice(allowed)) if allowed else _number(rng, props) for q in product(*map(range, shape))}
        result[name] = _nested(_shaped(flat, shape, props, rng), shape, ())
    return result


def _number(rng: random.Random, props: set[str]) -> fmpq:
    x = fmpq(rng.randint(1, 32), 1 if "integer" in props else rng.choice((4, 8, 16, 28, 32)))
    negative = bool({"negative", "nonpositive"} & props) or (not {"positive", "nonnegative"} & props and rng.random() < 0.5)
    return -x if negative else x


def _shaped(flat: Table, shape: tuple[int, ...], props: set[str], rng: random.Random) -> Table:
    n = range(shape[0]) if shape else range(0)
    if "orthogonal" in props:
        order = rng.sample(list(n), len(n))
        return {(i, j): fmpq(rng.choice((-1, 1)) if order[i] == j else 0) for i in n for j in n}
    if "psd" in props:
        return {(i, j): sum((flat[i, k] * flat[j, k] for k in n), fmpq(0)) for i in n for j in n}
    if "antisymmetric" in props:
        own = {p: parity(tuple(sorted(range(len(p)), key=lambda k: p[k]))) if len(set(p)) == len(p) else 0 for p in flat}
        return {p: own[p] * flat[tuple(sorted(p))] for p in flat}
    return {p: flat[tuple(sorted(p))] for p in flat} if "symmetric" in props else flat


def _nested(flat: Mapping[Place, Any], shape: tuple[int, ...], at: Place) -> Any:
    return flat[at] if len(at) == len(shape) else [_nested(flat, shape, (*at, n)) for n in range(shape[len(at)])]
