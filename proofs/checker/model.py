"""A certificate's model at given sizes: its formulas as nodes of one graph, with states (and what has no value) as variables.

`Model(data, sizes, values)`: data names states and parameters with their axes and holds flow or update, and energy, as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import permutations, product
from typing import Any

from flint import fmpq, fmpq_mat

from proofs.checker.balls import FUNCTIONS, Graph, Undetermined
from proofs.checker.reader import Node, Unreadable, read

Place = tuple[int, ...]
Scope = Mapping[str, tuple[int, str]]

_WRITTEN_OUT = {
    "LogCoshDual": "u*tanh(u) - log(cosh(u))",
    "BinaryEntropy": "log(1 + exp(u)) - u/(1 + exp(-u))",
    "sech": "1/cosh(u)",
    "csch": "1/sinh(u)",
    "coth": "cosh(u)/sinh(u)",
    "tan": "sin(u)/cos(u)",
    "sqrt": "u**(1/2)",
    "Heaviside": "[u > 0] + [u = 0]/2",
}
PROPERTIES = ("antisymmetric", "integer", "nonnegative", "orthogonal", "positive", "psd", "symmetric", "negative", "nonpositive", "nonzero")


def exact(x: Any) -> fmpq:
    """The rational that a JSON integer, float or text "p/q" is; raises Unreadable."""
    try:
        if not isinstance(x, (str, int, float, fmpq)) or isinstance(x, bool):
            raise ValueError
        if isinstance(x, float):
            return fmpq(*x.as_integer_ratio())
        p, _, q = str(x).partition("/")
        return fmpq(int(p), int(q or 1))
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise Unreadable(f"{x!r} is no exact number") from error


def table(value: Any, shape: tuple[int, ...], what: str, number: Any = exact) -> dict[Place, Any]:
    """Nested lists by place; raises Unreadable where the shape is another one."""
    if not shape:
        return {(): number(value)}
    if not isinstance(value, (list, tuple)) or len(value) != shape[0]:
        raise Unreadable(f"{what} has not the shape {shape} of its axes")
    return {(n, *p): x for n, row in enumerate(value) for p, x in table(row, shape[1:], what, number).items()}


class Model:
    """Formulas of a model as nodes; `values` holds exact tables of what is constant, everything else declared is a variable."""

    def __init__(self, data: Mapping[str, Any], sizes: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self.data, self.graph = data, Graph()
        self.states: dict[str, tuple[str, ...]] = {name: tuple(axes) for name, axes in data["states"].items()}
        self.parameters = {name: tuple(p["axes"]) for name, p in data.get("parameters", {}).items()}
        self.axes = {**self.parameters, **self.states}
        self.sizes = {axis: int(n) for axis, n in sizes.items()}
        used = {axis for axes in self.axes.values() for axis in axes}
        if used - set(self.sizes) or min(self.sizes.values(), default=1) < 1:
            raise Unreadable(f"the sizes {self.sizes} do not give each axis of the model its size")
        if set(self.sizes) & set(self.axes) or set(self.states) & set(self.parameters):
            raise Unreadable("one name stands for two things in the model")
        self.values = {name: table(values[name], self.shape(name), name) for name in self.axes if name in values}
        for name, p in data.get("parameters", {}).items():
            for prop in p.get("properties", ()) if name in self.values else ():
                if not has_property(prop, self.values[name]):
                    raise Undetermined(f"{name} is declared {prop} and its values are not")
        self.components = [(name, place) for name in self.states for place in self.places(name)]
        self.specials: dict[str, Any] = {}
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
        before, self.specials = self.specials, {**self.specials, **specials}
        try:
            yield
        finally:
            self.specials = before

    @property
    def unknowns(self) -> list[int]:
        """The nodes of all components of the states, in packed order."""
        return [self.component(name, place) for name, place in self.components]

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
        return [self.right_side(name, place) for name, place in self.components]

    def right_side(self, name: str, place: Place) -> int:
        """The right-hand side of one component."""
        for left, text in self.data.get("flow", self.data.get("update", {})).items():
            head = read(left)
            if head[1] == name:
                where = head[2] if head[0] == "at" else ()
                return self.node(text, dict(zip(where, zip(place, self.axes[name], strict=True), strict=True)))
        raise Unreadable(f"the model does not say how {name} moves")

    @cached_property
    def energy_rate(self) -> int:
        """dE/dt = Σ ∂E/∂y f."""
        pairs = zip(self.gradient, self.right_sides, strict=True)
        if "t" in self.parameters and "t" in _names(read(self.data["energy"])):
            raise Unreadable("the energy depends on time, and its rate is not only that of the states")
        return self.graph.add(*(self.graph.multiply(a, b) for a, b in pairs))

    def node(self, formula: str | Node, scope: Scope | None = None) -> int:
        """The node of a formula with its free indices at the places that `scope` gives: {"i": (0, "N")}."""
        scope = scope or {}
        if isinstance(formula, str):
            formula = read(formula)
        if id(formula) not in self._names:
            self._names[id(formula)] = (formula, frozenset(_names(formula)))
        key = (id(formula), tuple((k, v) for k, v in scope.items() if k in self._names[id(formula)][1]))
        if not self._names[id(formula)][1].isdisjoint({"slope", "rate", *self.specials}):
            return self._build(formula, scope)
        if key not in self._nodes:
            self._nodes[key] = self._build(formula, scope)
        return self._nodes[key]

    def _build(self, tree: Node, scope: Scope) -> int:
        g, kind = self.graph, tree[0]
        if kind == "number":
            return g.number(tree[1])
        if kind == "name":
            return self._named(tree[1], scope)
        if kind == "at":
            place = tuple(self._index(i, axis, scope) for i, axis in zip(tree[2], self._axes_of(tree), strict=True))
            return (
                self.specials[tree[1]](place)
                if tree[1] in self.specials
                else self.delta(tree, scope)
                if tree[1] == "δ"
                else self.component(tree[1], place)
            )
        if kind == "+":
            return g.add(*(self.node(t, scope) for t in tree[1]))
        if kind == "*":
            return self._times(tree[1], scope)
        if kind == "^":
            return g.power(self.node(tree[1], scope), self.node(tree[2], scope))
        if kind == "sum":
            return self._sum(tree, scope)
        if kind == "mask":
            return self._holds(tree[1], scope)
        if kind == "cases":
            return self._cases(tree[1], scope)
        if kind == "call":
            return self._called(tree[1], tree[2], scope)
        special = self.specials.get(f"{kind} {tree[1]}")
        if special is None:
            raise Unreadable(f"{kind} of {tree[1]} means nothing here")
        name, where = (tree[2], tree[3]) if kind == "slope" else (tree[1], tree[2])
        axes = self.axes.get(name, ())
        if where and len(where) != len(axes):
            raise Unreadable(f"{name} does not take {len(where)} indices")
        return special(name, tuple(self._index(i, axis, scope) for i, axis in zip(where, axes, strict=False)))

    def _axes_of(self, tree: Node) -> tuple[str | None, ...]:
        if tree[1] in self.specials or tree[1] == "δ":
            return (None,) * len(tree[2])
        if len(self.axes.get(tree[1], ())) != len(tree[2]) or not tree[2]:
            raise Unreadable(f"{tree[1]}[{', '.join(map(str, tree[2]))}] is no component of the model")
        return self.axes[tree[1]]

    def delta(self, tree: Node, scope: Scope) -> int:
        """δ[i, j]."""
        a, b = (self._index(i, None, scope) for i in tree[2])
        return self.graph.number(int(a == b))

    def _index(self, i: Any, axis: str | None, scope: Scope) -> int:
        if isinstance(i, int):
            return i
        if i not in scope or (axis is not None and scope[i][1] != axis):
            raise Unreadable(f"the index {i} does not run over {axis or 'an axis'} here")
        return scope[i][0]

    def _named(self, name: str, scope: Scope) -> int:
        if name in scope:
            return self.graph.number(scope[name][0])
        if name in self.specials:
            return self.specials[name] if isinstance(self.specials[name], int) else self.specials[name](())
        if name in self.axes:
            return self.component(name, ())
        if name in self.sizes:
            return self.graph.number(self.sizes[name])
        if name == "pi":
            return self.graph.multiply(self.graph.number(4), self.graph.function("atan", self.graph.number(1)))
        raise Unreadable(f"{name} is nothing that the model declares")

    def _times(self, factors: tuple[Node, ...], scope: Scope) -> int:
        """A bracket that is 0 makes the product 0, whatever the others are."""
        marks = [self.node(f, scope) for f in factors if f[0] == "mask" or f[:2] == ("at", "δ")]
        if any(self.graph.rational(m) == 0 for m in marks):
            return self.graph.number(0)
        return self.graph.multiply(*(self.node(f, scope) for f in factors))

    def _sum(self, tree: Node, scope: Scope) -> int:
        bound = [pair for name, axis in tree[1] for pair in self._bound(name, axis, tree, scope)]
        if any(axis not in self.sizes for _, axis in bound) or len(dict(bound)) != len(bound):
            raise Unreadable(f"the axes of the sum over {[n for n, _ in bound]} are not known")
        terms = []
        for place in product(*(range(self.sizes[axis]) for _, axis in bound)):
            terms.append(self.node(tree[2], {**scope, **{n: (k, axis) for (n, axis), k in zip(bound, place, strict=True)}}))
        return self.graph.add(*terms)

    def _bound(self, name: str, axis: str | None, tree: Node, scope: Scope) -> list[tuple[str, str]]:
        """The indices that a sum binds: `Σ_ij` binds i and j, or one index called ij, whichever the summand uses."""
        if axis is not None:
            return [(name, axis)]
        used = self.axes_in(tree[2])
        letters = [name] if name in used else list(name)
        if (name in used and len(name) > 1 and all(c in used for c in name)) or not all(c in used for c in letters):
            raise Unreadable(f"the sum over {name} binds more than one reading, or an index whose axis does not show")
        if any(len(used[c]) != 1 for c in letters):
            raise Unreadable(f"an index of the sum over {name} runs over several axes")
        return [(c, next(iter(used[c]))) for c in letters]

    def axes_in(self, tree: Any) -> dict[str, set[str]]:
        """The axes of the free indices that stand in components."""
        found: dict[str, set[str]] = {}
        if not isinstance(tree, tuple) or not tree:
            return found
        own = dict(zip(tree[2], self._known_axes(tree), strict=True)) if tree[0] == "at" and tree[1] != "δ" else {}
        if tree[0] == "slope":
            own = dict(zip(tree[3], self.axes.get(tree[2], ()), strict=False))
        for i, axis in own.items():
            if isinstance(i, str):
                found.setdefault(i, set()).add(axis)
        for part in tree if tree[0] != "sum" else (tree[2],):
            for i, axes in self.axes_in(part).items():
                found.setdefault(i, set()).update(axes)
        inner = {c for name, _ in tree[1] for c in (name, *name)} if tree[0] == "sum" else set()
        return {i: axes for i, axes in found.items() if i not in inner}

    def _known_axes(self, tree: Node) -> tuple[str, ...]:
        axes = self.specials.get(f"axes of {tree[1]}", self.axes.get(tree[1], ()))
        if len(axes) != len(tree[2]):
            raise Unreadable(f"{tree[1]} does not take {len(tree[2])} indices")
        return tuple(axes)

    def _holds(self, c: Node, scope: Scope) -> int:
        """A condition as 0 or 1."""
        g, kind = self.graph, c[0]
        if kind == "always":
            return g.number(int(c[1]))
        if kind == "not":
            return g.minus(g.number(1), self._holds(c[1], scope))
        if kind == "and":
            return g.multiply(*(self._holds(p, scope) for p in c[1]))
        if kind == "or":
            return g.minus(g.number(1), g.multiply(*(g.minus(g.number(1), self._holds(p, scope)) for p in c[1])))
        sign, (left, right) = c[1], (self.node(side, scope) for side in c[2:])
        if sign in ("=", "≠"):
            same = g.bracket("=", g.minus(left, right))
            return same if sign == "=" else g.minus(g.number(1), same)
        return g.bracket({">": ">", "<": ">", "≥": "≥", "≤": "≥"}[sign], g.minus(left, right) if sign in ">≥" else g.minus(right, left))

    def _cases(self, cases: tuple[tuple[Node, Node], ...], scope: Scope) -> int:
        g, left, parts = self.graph, self.graph.number(1), []
        for value, condition in cases:
            here = self._holds(condition, scope)
            parts.append(g.multiply(left, here, self.node(value, scope)))
            left = g.multiply(left, g.minus(g.number(1), here))
        return g.add(*parts)

    def _called(self, name: str, arguments: tuple[Node, ...], scope: Scope) -> int:
        g, parts = self.graph, [self.node(a, scope) for a in arguments]
        if name in ("Max", "Min"):
            return g.extreme(name.lower(), parts)
        if name == "polylog" and g.rational(parts[0]) == 2:
            return g.function("Li2", parts[1])
        if name == "besseli" and g.rational(parts[0]) is not None:
            return g.bessel(g.rational(parts[0]), parts[1])
        if name == "Heaviside" and len(parts) == 2:
            return g.add(g.bracket(">", parts[0]), g.multiply(g.bracket("=", parts[0]), parts[1]))
        if len(parts) != 1 or name not in ("Abs", "sign", *FUNCTIONS, *_WRITTEN_OUT):
            raise Unreadable(f"the function {name} of {len(parts)} arguments is not known here")
        if name == "Abs":
            return g.extreme("max", [parts[0], g.multiply(g.number(-1), parts[0])])
        if name in _WRITTEN_OUT:
            inner = Model({"states": {}}, {}, {})
            inner.graph = g
            with inner.meaning({"u": parts[0]}):
                return inner.node(_WRITTEN_OUT[name])
        return g.signum(parts[0]) if name == "sign" else g.function(name, parts[0])


def _names(tree: Any) -> set[str]:
    """Every name in a tree."""
    return {tree} if isinstance(tree, str) else set().union(*map(_names, tree)) if isinstance(tree, tuple) else set()


def has_property(prop: str, value: Mapping[Place, fmpq]) -> bool:
    """Whether exact numbers have a declared property; raises Unreadable for one that is not known."""
    if prop not in PROPERTIES:
        raise Unreadable(f"the property {prop!r} is not known")
    n = max((p[0] for p in value if p), default=-1) + 1
    if prop in ("symmetric", "antisymmetric", "psd"):
        odd = prop == "antisymmetric"
        even = all(
            value[tuple(p[k] for k in order)] == (parity(order) if odd else 1) * x
            for p, x in value.items()
            for order in permutations(range(len(p)))
        )
        return even and (prop != "psd" or is_definite([[value[i, j] for j in range(n)] for i in range(n)], strict=False))
    if prop == "orthogonal":
        m = fmpq_mat(n, n, [value[i, j] for i in range(n) for j in range(n)])
        return bool(m * m.transpose() == fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)]))
    test = {"integer": lambda x: x.q == 1, "nonnegative": lambda x: x >= 0, "positive": lambda x: x > 0, "negative": lambda x: x < 0}
    test |= {"nonpositive": lambda x: x <= 0, "nonzero": lambda x: x != 0}
    return all(test[prop](x) for x in value.values())


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
            factor = a[i][p] / a[p][p]
            a[i] = [x - factor * y for x, y in zip(a[i], a[p], strict=True)]
    return True
