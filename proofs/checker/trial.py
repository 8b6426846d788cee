"""A model at small sizes with random exact numbers, and identities of proofs tried there.

An identity that is 0 at many random rational points to 60 digits is taken as one; a planted error shows at the first. Derivatives are
taken here, from the model's energy. Texts read: equations in E, f, ∂E/∂y, dy/dt; `∂E/∂y + c Σ Λ f = 0`; `E = <x, g> - L + S`;
`h = c (E with s = a - E with s = b)`; `Σ v·∇E = 0 with δy[i] = c`; `E after s → -s - E = 0`; and those of dead directions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Program, Undetermined
from proofs.checker.domains import Refused
from proofs.checker.model import Key, Model, drawn, table
from proofs.checker.reader import MINUS, Node, Unreadable, nodes_of, read, read_relation

POINTS, TINY = 3, 1e-60
Change = Callable[[Mapping[Key, fmpq]], Mapping[Key, Any]]
Step = Mapping[str, Any]


class Trial:
    """A model whose scalars have numbers and whose tensors and states are variables, with points at which it is defined."""

    def __init__(self, c: Mapping[str, Any], sizes: Mapping[str, int], rng: random.Random, count: int = POINTS) -> None:
        data, self.rng = c["model"], rng
        given = {k: v for k, v in c.get("values", {}).items() if k in data.get("parameters", {})}
        scalars = {k for k, p in data.get("parameters", {}).items() if not p["axes"]}
        first = {**drawn(data, sizes, rng), **given}
        self.model = Model(data, sizes, {k: v for k, v in first.items() if k in scalars or k in given})
        self.points: list[dict[Key, fmpq]] = []
        self._slopes: dict[int, dict[Key, int]] = {}
        self._free: dict[Any, int] = {}
        try:
            formulas = Program(self.model.graph, [*self.model.right_sides, *([self.model.energy] if "energy" in data else [])])
        except Undetermined:
            return
        for _ in range(4 * count):
            values = drawn(data, sizes, rng)
            free = [n for n in self.model.axes if n not in self.model.values]
            point = {(n, p): x for n in free for p, x in table(values[n], self.model.shape(n)).items()}
            if len(self.points) < count and all(isinstance(x, fmpq) or x.is_finite() for x in formulas(point)):
                self.points.append(point)

    def values(self, nodes: list[int], changed: Change | None = None) -> Iterator[list[Any]]:
        """The nodes at each point, with some numbers changed."""
        program = Program(self.model.graph, nodes)
        for point in self.points:
            yield program({**point, **changed(point)} if changed else point)

    def put(self, nodes: list[int], numbers: Mapping[Key, Any]) -> list[list[Any]]:
        """The nodes at each point with these numbers put in."""
        return list(self.values(nodes, lambda point: numbers))

    def vanish(self, nodes: list[int], text: str, changed: Change | None = None) -> None:
        """Raise Refused where a node is not 0 at a point."""
        for x in (x for found in self.values(nodes, changed) for x in found):
            self.is_zero(arb(x), text)

    def is_zero(self, x: arb, text: str) -> None:
        """Raise Refused for a number that is not 0, Undetermined for one that is not settled."""
        if x.is_finite() and not x.contains(0):
            raise Refused(f"the identity {text!r:.60} does not hold: {x.str(4)} is left")
        if not x.is_finite() or not x.rad() < TINY * (1 + abs(x.mid())):
            raise Undetermined(f"the identity {text!r:.60} is not settled at a random point")

    def slopes(self, node: int) -> dict[Key, int]:
        """∂node/∂y for every component of the states."""
        if node not in self._slopes:
            self._slopes[node] = dict(zip(self.model.components, self.model.graph.gradient(node, self.model.unknowns), strict=True))
        return self._slopes[node]

    def along(self, node: int, v: Mapping[Key, int]) -> int:
        """Σ v ∂node."""
        g, slopes = self.model.graph, self.slopes(node)
        return g.add(*(g.multiply(x, slopes[q]) for q, x in v.items()))

    def free(self, name: str, place: Any) -> int:
        """An entry of a free tensor of a statement, such as the c of δy[i] = c[i]: a random number."""
        return self._free.setdefault((name, place), self.model.graph.number(fmpq(self.rng.randint(-60, 60), 7)))

    def keys(self, state: str) -> list[Key]:
        """The components of one state."""
        return [q for q in self.model.components if q[0] == state]

    def each(self, left: str | Node, formula: str | Node) -> dict[Key, int]:
        """A formula for every component of `y[i]`, its letters those of the left side."""
        head = read(left) if isinstance(left, str) else left
        return {q: self.model.node(formula, self.model.scope(head, q)) for q in self.keys(head[1])}


def trials(c: Mapping[str, Any]) -> list[Trial]:
    """At sizes 2, 3 and 1, or those given; raises Undetermined where the formulas are defined at no point."""
    rng, model = random.Random(2026), c["model"]
    found: list[Trial] = []
    asked = c.get("domain", {}).get("sizes", {})
    axes = {a for t in (*model["states"].values(), *(p["axes"] for p in model.get("parameters", {}).values())) for a in t}
    for n in (2, 3, 1):
        sizes = {a: n + (k % 2 if n == 2 else 0) for k, a in enumerate(sorted(axes | set(asked) | set(c.get("sizes", {}))))}
        sizes = {a: max(k, 2 if "2" in str(asked.get(a)) else 1) for a, k in sizes.items()} | dict(c.get("sizes", {}))
        if sizes not in [t.model.sizes for t in found]:
            found.append(Trial(c, sizes, rng))
    if not any(t.points for t in found):
        raise Undetermined("no random point was found at which the formulas are defined")
    return [t for t in found if t.points]


def try_identity(trial: Trial, step: Step, earlier: list[Any], later: list[Any]) -> None:
    """Raise Refused where the identity is false at a random point; Unreadable where no rule reads it."""
    for pattern, rule in _SPECIAL:
        found = re.fullmatch(pattern, step["identity"])
        if found:
            rule(trial, found, step, earlier, later)
            return
    head, _, place = step["identity"].partition(" where ")
    if place and place != "every state is 0":
        _on_ray(trial, step, head, place)
        return
    head, _, naming = head.partition(" with ")
    zero: Change = lambda point: dict.fromkeys(trial.model.components, fmpq(0))  # noqa: E731
    trial.vanish(_differences(trial, head, step, naming, about_flow=not place), step["identity"], zero if place else None)


def _differences(trial: Trial, head: str, step: Step, naming: str, about_flow: bool) -> list[int]:
    """left - right at every place of the free indices, for each equation of `a = r and b = 2 r with r = ...`."""
    model, nodes = trial.model, []
    names = dict(part.split(" = ", 1) for part in naming.split(", ") if " = " in part)
    equations = [read_relation(e.replace("½", "(1/2)")) for e in head.split(" and ")]
    if any(sign != "=" for _, sign, _ in equations):
        raise Unreadable(f"{head!r:.60} is no equation")
    subject = _subject(model, [*equations, *(read(t) for t in names.values())])
    for q in trial.keys(subject[1]):
        scope = model.scope(subject, q)
        with model.meaning({**_meaning(trial, step, q), **{name: model.node(text, scope) for name, text in names.items()}}):
            nodes += [model.graph.minus(model.node(a, scope), model.node(b, scope)) for a, _, b in equations]
            if about_flow and re.match(r"∂E/∂\w+(\[[^\]]*\])? [+-] ", head) and "flow" in model.data:
                _holds_the_flow(trial, equations[0][0], q, scope, head)
    return nodes


def _subject(model: Model, trees: list[Any]) -> Node:
    """y[i] for the state and letters that an identity is about: of a slope or a rate, else of a component."""
    for node in [n for kind in ("slope", "rate", "at") for n in nodes_of(tuple(trees), kind)]:
        name, where = (node[2], node[3]) if node[0] == "slope" else (node[1], node[2])
        if name in model.states:
            return ("at", name, tuple(i for i in where if isinstance(i, str)))
    return ("at", next(iter(model.states)), ())


def _meaning(trial: Trial, step: Step, here: Key) -> dict[str, Any]:
    """What E, f, ∂E/∂y, dy/dt and ∂P/∂y mean in an identity about one component."""
    m = trial.model
    found: dict[str, Any] = {f"rate {n}": lambda name, at: m.right_side(name, at or here[1]) for n in m.states}
    found |= {f"f_{n}": lambda at, n=n: m.right_side(n, at or here[1]) for n in m.states}
    found |= {"f": lambda at: m.right_side(here[0], at or here[1]), "axes of f": m.axes[here[0]], "rate E": lambda name, at: m.energy_rate}
    found["slope f"] = lambda name, at: trial.slopes(m.right_side(name, at or here[1]))[name, at or here[1]]
    if "energy" in m.data and "E" not in m.axes:
        found |= {"E": m.energy, "slope E": lambda name, at: trial.slopes(m.energy)[name, at or here[1]]}
    if "potential" in step:
        found["slope P"] = lambda name, at: trial.slopes(m.node(step["potential"]))[name, at or here[1]]
    return found


def _holds_the_flow(trial: Trial, left: Node, q: Key, scope: Any, head: str) -> None:
    """Where ∂E/∂y + m (f) = 0 spells f out, some term or factor of it must be the model's own right-hand side."""
    if any(n[1] == "f" or n[1].startswith("f_") for n in nodes_of(left, "name", "at")):
        return
    parts = [trial.model.node(t, scope) for t in _parts(left) if t[0] not in ("slope", "number")]
    for f, *values in trial.values([trial.model.right_side(*q), *parts]):
        if not any(arb(x - f).contains(0) for x in values):
            raise Refused(f"the identity {head!r:.60} does not hold the flow of {q[0]}")


def _parts(tree: Node) -> list[Node]:
    return [tree, *(t for part in tree[1] for t in _parts(part))] if tree[0] in ("+", "*") else [tree]


def _hessian(trial: Trial, state: str, letters: str | None, sign: str, scale: str | None, potential: Any, text: str) -> None:
    """∂E/∂x + c Σ Λ f = 0 with Λ the Hessian of the potential."""
    if potential is None:
        raise Unreadable("Λ comes without its potential")
    m, g = trial.model, trial.model.graph
    P, flow = m.node(potential), {q: m.right_side(*q) for q in trial.keys(state)}
    c = trial.each(state + (letters or ""), read(scale or "1") if sign == "+" else ("*", (MINUS, read(scale or "1"))))
    images = {q: trial.along(trial.slopes(P)[q], flow) for q in flow}
    trial.vanish([g.add(trial.slopes(m.energy)[q], g.multiply(c[q], images[q])) for q in flow], text)


def _by_hessian(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    _hessian(trial, found[1], found[2], found[3], found[4], step.get("potential"), step["identity"])


def _by_activation(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    """∂E/∂g + c f = 0 with g = ∇P: tried by what it says with its two companions, ∂E/∂x + c Σ Λ f = 0."""
    state, texts = found[1], [(s.get("identity", ""), s) for s in later]
    potential = next((s.get("potential") for t, s in texts if re.search(rf"= ∂P/∂{state}\b", t)), None)
    letters = next((m[1] for t, _ in texts if (m := re.match(rf"∂E/∂{state}(\[[^\]]*\])? at fixed", t))), "")
    _hessian(trial, state, letters, found[2], found[3], potential, step["identity"])


def _at_fixed_activations(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    if not any(s.get("identity", "").startswith(f"∂E/∂g_{found[1]} ") for s in earlier):
        raise Unreadable("a slope at fixed activations comes without its companion ∂E/∂g + c f = 0")


def _legendre(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    """E = <x, g> - L + S(g) with g = ∇L; after the first of several, the S before stands in the place of E."""
    m, g = trial.model, trial.model.graph
    means: dict[str, Any] = {}
    before = [s for s in earlier if s.get("identity", "").startswith("E = <")]
    for s in (*before, step):
        state, name = re.findall(r"\w+", s["identity"])[1:3]
        slopes = trial.slopes(m.node(s["potential"]))
        means |= {name: lambda place, s=state, d=slopes: d[s, place], f"axes of {name}": m.axes[state]}
    with m.meaning(means):
        S, whole = m.node(found[3]), m.node(before[-1]["identity"].split(" and S = ", 1)[1]) if before else m.energy
    pairing = trial.along(m.node(step["potential"]), {q: m.component(*q) for q in trial.keys(found[1])})
    trial.vanish([g.minus(whole, g.add(g.minus(pairing, m.node(step["potential"])), S))], step["identity"])


def _lower_of_two(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    """h = c (E with s = low - E with s = high), h the field of an update sign(h) or mask(h > 0)."""
    ((left, update),) = ((k, read(f)) for k, f in trial.model.data["update"].items() if read(k)[1] == found[2])
    fields = [n[2][0] for n in nodes_of(update, "call") if n[1] == "sign"]
    fields += [("+", (n[2], ("*", (MINUS, n[3])))) for n in nodes_of(update, "relation") if n[1] in (">", "≥")]
    gain, E = trial.each(found[2] + (found[3] or ""), found[1]), [trial.model.energy]
    for q, h in trial.each(left, fields[0]).items():
        at_low, at_high = (trial.put(E, {q: fmpq(int(v))}) for v in (found[4], found[5]))
        for (x, c), (a,), (b,) in zip(trial.values([h, gain[q]]), at_low, at_high, strict=True):
            trial.is_zero(arb(x) - arb(c) * (arb(a) - arb(b)), step["identity"])


def _along_field(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    """Σ v·∇E = 0 for the field v of `δy[i] = c[i], δz = ...`, its free tensors random."""
    m = trial.model
    v: dict[Key, int] = {}
    for part in re.split(r", (?=δ)", found[1]):
        head, tree = (read(t) for t in part.removeprefix("δ").split(" = ", 1))
        where = head[2] if head[0] == "at" else ()
        axes = dict(zip(where, m.axes[head[1]], strict=True))
        for n in nodes_of(tree, "at"):
            axes |= {i: a for i, a in zip(n[2], m.axes.get(n[1], ()), strict=False) if isinstance(i, str)}
        means: dict[str, Any] = {}
        for n in (n for n in nodes_of(tree, "at", "name") if n[1] not in (*m.axes, *m.sizes, *where)):
            own = tuple(axes[i] for i in (n[2] if n[0] == "at" else ()))
            means |= {n[1]: lambda place, name=n[1]: trial.free(name, place), f"axes of {n[1]}": own}
        with m.meaning(means):
            v |= trial.each(head, tree)
    trial.vanish([trial.along(m.energy, v)], step["identity"])


def _flipped(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    """E after s → -s, or s → 1 - s for a state of 0 and 1."""
    images = dict(part.split(" → ") for part in found[1].split(", "))
    moved: Change = lambda point: {q: (1 - x) if images[q[0]].startswith("1") else -x for q, x in point.items() if q[0] in images}  # noqa: E731
    if any(image not in (f"-{s}", f"1 - {s}") for s, image in images.items()):
        raise Unreadable(f"{found[1]!r:.40} is no flip")
    E = [trial.model.energy]
    for (a,), (b,) in zip(trial.values(E), trial.values(E, moved), strict=True):
        trial.is_zero(arb(a) - arb(b), step["identity"])


def activation(trial: Trial, step: Step) -> dict[Key, int]:
    """The activation by component, as "activation": {"y[i]": formula} says it."""
    if "activation" not in step:
        raise Unreadable("an activation is spoken of and not given")
    ((left, text),) = step["activation"].items()
    return trial.each(left, text)


def _null_vector(trial: Trial, found: Any, step: Step, earlier: Any, later: Any) -> None:
    """Σ_j ∂g_i/∂x_j v_j = 0; or Σ v ∂E/∂x = 0, with a random number for each row that the activation acts on."""
    g, graph = activation(trial, step), trial.model.graph
    v = trial.each(next(iter(step["activation"])), found[1])
    rows = {q: graph.multiply(x, trial.free("row", q[1][:-1])) for q, x in v.items()}
    about_g = step["identity"].startswith("Σ Λ")
    trial.vanish([trial.along(x, v) for x in g.values()] if about_g else [trial.along(trial.model.energy, rows)], step["identity"])


def _on_ray(trial: Trial, step: Step, head: str, place: str) -> None:
    """∂g/∂y[i] = 0 or ∂E/∂y[i] = 0 where y[i] ≤ 0: with every component in turn put there."""
    left, sign, right = read_relation(place)
    if left[0] not in ("at", "name") or left[1] not in trial.model.states or sign not in "≤≥<>":
        raise Unreadable(f"{place!r:.60} is no ray")
    ends = trial.each(left, right)
    g = activation(trial, step) if head.startswith("∂g/") else dict.fromkeys(ends, trial.model.energy)
    for q, end in ends.items():
        for (e,) in trial.values([end]):
            y = e + fmpq(trial.rng.randint(1, 90), 7) * (-1 if sign in "≤<" else 1)
            for (x,) in trial.put([trial.slopes(g[q])[q]], {q: y}):
                trial.is_zero(arb(x), step["identity"])


_AT = r"(\[[^\]]*\])?"
_SPECIAL: tuple[tuple[str, Callable[[Trial, Any, Step, Any, Any], None]], ...] = (
    (r"∂E/∂g_(\w+) ([+-]) (?:(.+) )?f = 0, with activations as symbols", _by_activation),
    (rf"∂E/∂(\w+){_AT} at fixed activations = 0, with activations opened", _at_fixed_activations),
    (rf"∂E/∂(\w+){_AT} ([+-]) (?:(.+) )?Σ Λ f = 0 with Λ = .*", _by_hessian),
    (r"E = <(\w+), (\w+)> - L \+ S with \2 = ∇L and S = (.*)", _legendre),
    (rf"h = \((.+)\) \* \(E with (\w+){_AT} = (-?\d+)  -  E with \2(?:\[[^\]]*\])? = (-?\d+)\)", _lower_of_two),
    (r"Σ v·∇E = 0 with (δ.*)", _along_field),
    (r"E after (.*) - E = 0", _flipped),
    (r"(?:Σ Λ v|(?:Σ_\w+ )?v ∂E/∂\w+(?:\[[^\]]*\])?) = 0 for v = (.*)", _null_vector),
    (r"E\(\w+ \+ c v\) = E\(\w+\) for v = (.*)", _null_vector),
)
