"""Symbolic steps, re-tested: each identity at exact random points of small sizes, hypotheses of lemmas by sampling.

An identity that holds at many random rational points to 60 digits is taken as one (a planted error shows at the first); derivatives
are taken here, from the model's energy. Lemmas are known by their words; what is only trusted is listed in the result.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Program, Undetermined, precision
from proofs.checker.covers import Refused
from proofs.checker.lemmas import activations_of, claim_test, hypothesis_of, known
from proofs.checker.model import Model, Place, drawn, table
from proofs.checker.reader import Node, Unreadable, read, read_relation

BITS, POINTS, TINY = 320, 3, 1e-60


class Trial:
    """A model with random values that have what is declared, at small sizes."""

    def __init__(self, c: Mapping[str, Any], sizes: Mapping[str, int], rng: random.Random) -> None:
        data = c["model"]
        self.rng, self.c = rng, c
        values = {**drawn(data, sizes, rng), **{k: v for k, v in c.get("values", {}).items() if k in data.get("parameters", {})}}
        self.model = Model(data, sizes, {k: v for k, v in values.items() if k not in data["states"]})
        self.numbers = {(n, p): x for n in data["states"] for p, x in table(values[n], self.model.shape(n), n).items()}
        self.free: dict[Any, int] = {}

    def __call__(self, *nodes: int, changed: Mapping[Any, Any] | None = None) -> list[Any]:
        """The nodes' values at the drawn point, some numbers changed."""
        return Program(self.model.graph, nodes)({**self.numbers, **(changed or {})})

    def is_defined(self) -> bool:
        """Whether all formulas have values here."""
        m = self.model
        try:
            sides = m.right_sides("flow" if "flow" in m.data else "update")
            return all(isinstance(x, fmpq) or x.is_finite() for x in self(*sides, *([m.energy] if "energy" in m.data else [])))
        except Undetermined:
            return False

    def drawn(self, name: str) -> Callable[[Place], int]:
        """A free tensor of a statement, such as the c of δy[i] = c[i]: a random number for each place."""

        def at(place: Place) -> int:
            return self.free.setdefault((name, place), self.model.graph.number(fmpq(self.rng.randint(-60, 60), 7)))

        return at


@dataclass
class Found:
    """What was re-tested, and what is trusted."""

    identities: int = 0
    hypotheses: int = 0
    trusted: list[str] = field(default_factory=list)
    points: int = 0

    def words(self) -> str:
        """One line."""
        parts = [f"{self.identities} identities and {self.hypotheses} hypotheses held at {self.points} random points"]
        return "; ".join(parts + ([f"trusted: {len(self.trusted)} lemmas"] if self.trusted else []))


def check_steps(c: Mapping[str, Any], claim: str) -> str:
    """What was re-tested of the steps; raises Refused, Undetermined or Unreadable."""
    steps, found = c["steps"], Found()
    with precision(BITS):
        trials = list(_trials(c))
        found.points = len(trials)
        for n, step in enumerate(steps):
            if "identity" in step:
                for trial in trials:
                    _test_identity(trial, step, steps[n:], steps[:n])
                found.identities += 1
            elif "lemma" in step:
                _test_lemma(trials, step, found)
            else:
                raise Unreadable("a step is neither an identity nor a lemma")
        _test_claim(trials, claim, steps, found)
    if found.identities + found.hypotheses == 0:
        raise Undetermined("the steps are lemmas alone, of which nothing can be recomputed")
    return found.words()


def _trials(c: Mapping[str, Any]) -> Iterator[Trial]:
    """Points at sizes 2, 3 and 1 (or those given), at which the formulas are defined."""
    rng, count = random.Random(2026), 0
    axes = {a for t in (*c["model"]["states"].values(), *(p["axes"] for p in c["model"].get("parameters", {}).values())) for a in t}
    axes |= set(c.get("sizes", {}))
    asked = c.get("domain", {}).get("sizes", {})
    least = {a: 2 if "2" in str(asked.get(a, "")) else 1 for a in axes}
    for n in (2, 3, 1):
        sizes = {a: max(least[a], n + (k % 2 if n == 2 else 0)) for k, a in enumerate(sorted(axes))} | dict(c.get("sizes", {}))
        good = 0
        for _ in range(12):
            trial = Trial(c, sizes, rng)
            if trial.is_defined():
                good += 1
                count += 1
                yield trial
            if good == POINTS:
                break
    if not count:
        raise Undetermined("no random point was found at which the formulas are defined")


# Identities


def _vanish(trial: Trial, nodes: list[int], text: str, changed: Mapping[Any, Any] | None = None) -> None:
    for x in trial(*nodes, changed=changed):
        if isinstance(x, fmpq):
            if x != 0:
                raise Refused(f"the identity {text!r:.60} does not hold: {arb(x).str(4)} is left")
        elif not x.is_finite() or not (x.contains(0) and x.rad() < TINY * (1 + abs(x.mid()))):
            if x.contains(0) or not x.is_finite():
                raise Undetermined(f"the identity {text!r:.60} is not settled at a random point")
            raise Refused(f"the identity {text!r:.60} does not hold: {x.str(4)} is left")


def _test_identity(trial: Trial, step: Mapping[str, Any], later: list[Any], earlier: list[Any]) -> None:
    text = step["identity"]
    for pattern, rule in _SPECIAL:
        found = re.fullmatch(pattern, text)
        if found:
            rule(trial, found, step, later, earlier)
            return
    head, _, tail = text.partition(" where ")
    if tail and tail != "every state is 0":
        _on_ray(trial, step, head, tail)
        return
    changed = dict.fromkeys(trial.numbers, fmpq(0)) if tail else None
    head, _, naming = head.partition(" with ")
    _vanish(trial, _sides(trial, head, step, naming), text, changed)


def _sides(trial: Trial, head: str, step: Mapping[str, Any], naming: str = "") -> list[int]:
    """left - right at every place of the free indices, for each equation of `a = b and c = d`."""
    model = trial.model
    names = dict(part.split(" = ", 1) for part in naming.split(", ") if " = " in part)
    nodes = []
    for equation in head.split(" and "):
        left, sign, right = read_relation(equation.replace("½", "(1/2)"))
        if sign != "=":
            raise Unreadable(f"{equation!r} is no equation")
        trees = [left, right, *(read(t) for t in names.values())]
        state, where = _subject(model, [read_relation(e)[0] for e in head.split(" and ")] + trees)
        for place in model.places(state):
            scope = dict(zip(where, zip(place, model.axes[state], strict=True), strict=False))
            nodes += _at_place(trial, left, right, step, names, state, place, scope)
    return nodes


def _at_place(
    trial: Trial, left: Node, right: Node, step: Any, names: Mapping[str, str], state: str, place: Place, scope: Any
) -> list[int]:
    model = trial.model
    specials = _specials(trial, step, state, place)
    for name, text in names.items():
        model.specials = dict(specials)
        specials[name] = model.node(text, scope)
    model.specials = specials
    try:
        return [model.graph.minus(model.node(left, scope), model.node(right, scope))]
    finally:
        model.specials = {}


def _specials(trial: Trial, step: Mapping[str, Any], state: str, here: Place) -> dict[str, Any]:
    """What E, f, ∂E/∂y, dy/dt and ∂P/∂y mean in an identity about one state."""
    m = trial.model
    g = m.graph
    place = {(n, p): k for k, (n, p) in enumerate(m.components)}

    def slope_of(node: int) -> Callable[[str, Place], int]:
        return lambda name, at: g.gradient(node, [m.component(name, at or (here if name == state else ()))])[0]

    found: dict[str, Any] = {f"rate {n}": lambda name, at: m.right_side(name, at or here) for n in m.states}
    found |= {f"f_{n}": lambda at, n=n: m.right_side(n, at or here) for n in m.states}
    found |= {"f": lambda at: m.right_side(state, at or here), "axes of f": m.axes[state]}
    if "energy" in m.data and "E" not in m.axes:
        found |= {"E": m.energy, "slope E": lambda name, at: m.gradient[place[name, at or here]]}
        found["rate E"] = lambda name, at: m.energy_rate
    if "flow" in m.data:
        found["slope f"] = lambda name, at: g.gradient(m.right_side(name, at or here), [m.component(name, at or here)])[0]
    if "potential" in step:
        found["slope P"] = lambda name, at: slope_of(m.node(step["potential"]))(name, at)
    if "field" in step:
        found["h"] = "field"
    return found


def _subject(model: Model, trees: list[Node]) -> tuple[str, tuple[str, ...]]:
    """The state that an identity is about, and the letters of its indices."""
    for tree in trees:
        for kind in ("slope", "rate"):
            for node in _all(tree, kind):
                name, where = (node[2], node[3]) if kind == "slope" else (node[1], node[2])
                if name in model.states:
                    return name, tuple(i for i in where if isinstance(i, str))
    for tree in trees:
        for node in _all(tree, "at"):
            if node[1] in model.states:
                return node[1], tuple(i for i in node[2] if isinstance(i, str))
    return next(iter(model.states)), ()


def _all(tree: Any, kind: str) -> Iterator[Node]:
    if isinstance(tree, tuple) and tree:
        if tree[0] == kind:
            yield tree
        for part in tree:
            yield from _all(part, kind)


def _hessian_identity(trial: Trial, state: str, scale: int | Callable[[Place], int], potential: str, text: str) -> None:
    """∂E/∂x + c Σ Λ f = 0 with Λ the Hessian of the potential."""
    m, g = trial.model, trial.model.graph
    names = [(n, p) for n, p in m.components if n == state]
    unknowns = [m.component(*q) for q in names]
    slopes = g.gradient(m.node(potential), unknowns)
    flows = [m.right_side(*q) for q in names]
    nodes = []
    for k, q in enumerate(names):
        row = g.gradient(slopes[k], unknowns)
        image = g.add(*(g.multiply(a, f) for a, f in zip(row, flows, strict=True)))
        c = scale(q[1]) if callable(scale) else scale
        nodes.append(g.add(m.gradient[m.components.index(q)], g.multiply(c, image)))
    _vanish(trial, nodes, text)


def _scale(trial: Trial, sign: str, text: str | None, state: str, where: tuple[str, ...]) -> Callable[[Place], int]:
    m = trial.model
    tree = read(text or "1")

    def at(place: Place) -> int:
        node = m.node(tree, dict(zip(where, zip(place, m.axes[state], strict=True), strict=False)))
        return node if sign == "+" else m.graph.multiply(m.graph.number(-1), node)

    return at


def _letters(steps: list[Any], state: str) -> tuple[str, ...]:
    """The letters of a state's indices, as ∂E/∂x[i, j] in these steps writes them."""
    found = next((re.search(rf"∂E/∂{state}\[([^\]]*)\]", s["identity"]) for s in steps if f"∂E/∂{state}[" in s.get("identity", "")), None)
    return tuple(re.findall(r"\w+", found[1])) if found else ()


def _by_activation(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """∂E/∂g + c f = 0 with g = ∇P: tested by what it says together with its two companions, ∂E/∂x + c Σ Λ f = 0."""
    state = found[1]
    companion = next((s for s in later if "potential" in s and re.search(rf"= ∂P/∂{state}\b", s.get("identity", ""))), None)
    if companion is None:
        raise Unreadable("the step ∂E/∂g + c f = 0 comes without its potential")
    scale = _scale(trial, found[2], found[3], state, _letters(later, state))
    _hessian_identity(trial, state, scale, companion["potential"], step["identity"])


def _fixed_activation(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    if not any(s.get("identity", "").startswith(f"∂E/∂g_{found[1]} ") for s in earlier):
        raise Unreadable("a slope at fixed activations comes without its companion ∂E/∂g + c f = 0")


def _by_hessian(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    if "potential" not in step:
        raise Unreadable("Λ comes without its potential")
    where = tuple(re.findall(r"\w+", found[2] or ""))
    _hessian_identity(trial, found[1], _scale(trial, found[3], found[4], found[1], where), step["potential"], step["identity"])


def _legendre(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """E = <x, g> - L + S(g) with g = ∇L; after the first of several, the S before stands in the place of E."""
    if "potential" not in step:
        raise Unreadable("L of E = <x, g> - L + S is not given")
    m, g = trial.model, trial.model.graph
    before = [s for s in earlier if re.match(_LEGENDRE, s.get("identity", ""))]
    specials: dict[str, Any] = {}
    for s in [*before, step]:
        match = re.match(_LEGENDRE, s["identity"])
        assert match is not None
        names = [(n, p) for n, p in m.components if n == match[1]]
        slopes = g.gradient(m.node(s["potential"]), [m.component(*q) for q in names])
        table_ = {p: x for (_, p), x in zip(names, slopes, strict=True)}
        specials |= {match[2]: lambda place, t=table_: t[place], f"axes of {match[2]}": m.axes[match[1]]}
    m.specials = specials
    try:
        S, whole = m.node(found[3]), m.node(str(before[-1]["identity"]).split(" and S = ", 1)[1]) if before else m.energy
    finally:
        m.specials = {}
    paired = [g.multiply(m.component(*q), x) for q, x in zip(names, slopes, strict=True)]
    _vanish(trial, [g.minus(whole, g.add(*paired, g.multiply(g.number(-1), m.node(step["potential"])), S))], step["identity"])


def _lower_of_two(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """h = c (E with s = low - E with s = high)."""
    m = trial.model
    state, place_text, low, high = found[2], found[3], fmpq(int(found[4])), fmpq(int(found[6]))
    where = tuple(re.findall(r"\w+", place_text or ""))
    for place in m.places(state):
        scope = dict(zip(where, zip(place, m.axes[state], strict=True), strict=True))
        h, gain = m.node(_field(trial, state), _own_scope(trial, state, place)), m.node(found[1], scope)
        a, b = ((trial(m.energy, changed={(state, place): v})[0]) for v in (low, high))
        (left, c) = trial(h, gain)
        _settled(arb(left) - arb(c) * (arb(a) - arb(b)), step["identity"])


def _settled(x: arb, text: str) -> None:
    if not (x.contains(0) and x.rad() < TINY * (1 + abs(x.mid()))):
        raise Refused(f"the identity {text!r:.60} does not hold: {x.str(4)} is left")


def _field(trial: Trial, state: str) -> Node:
    """The h of an update sign(h), mask(h > 0) or 2 mask(h > 0) - 1."""
    (text,) = (f for k, f in trial.model.data["update"].items() if read(k)[1] == state)
    tree = read(text)
    for call in _all(tree, "call"):
        if call[1] == "sign":
            return call[2][0]
    for relation in _all(tree, "relation"):
        minus = ("*", (("number", fmpq(-1)), relation[3]))
        return (
            ("+", (relation[2], minus)) if relation[1] in (">", "≥") else ("+", (relation[3], ("*", (("number", fmpq(-1)), relation[2]))))
        )
    raise Unreadable("the update shows no field")


def _own_scope(trial: Trial, state: str, place: Place) -> dict[str, tuple[int, str]]:
    m = trial.model
    (left,) = (read(k) for k in m.data["flow" if "flow" in m.data else "update"] if read(k)[1] == state)
    return dict(zip(left[2] if left[0] == "at" else (), zip(place, m.axes[state], strict=True), strict=True))


def _negative_slope(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """h = -(c) ∂E/∂s."""
    m, g = trial.model, trial.model.graph
    where = tuple(re.findall(r"\w+", found[3] or ""))
    nodes = []
    for place in m.places(found[2]):
        c = m.node(found[1], dict(zip(where, zip(place, m.axes[found[2]], strict=True), strict=True)))
        slope = m.gradient[m.components.index((found[2], place))]
        nodes.append(g.add(m.node(_field(trial, found[2]), _own_scope(trial, found[2], place)), g.multiply(c, slope)))
    _vanish(trial, nodes, step["identity"])


def _moves(trial: Trial, text: str) -> dict[tuple[str, Place], int]:
    """The field v of `δy[i] = c[i], δz = ...` as nodes by component, its free tensors random."""
    m, found = trial.model, {}
    for part in re.split(r", (?=δ)", text):
        left, _, right = part.partition(" = ")
        head, tree = read(left.removeprefix("δ")), read(right)
        where = head[2] if head[0] == "at" else ()
        free = {n[1] for kind in ("at", "name") for n in _all(tree, kind)} - set(m.axes) - set(m.sizes) - set(where)
        m.specials = {n: trial.drawn(n) for n in free}
        for n in _all(tree, "at"):
            if n[1] in free:
                m.specials[f"axes of {n[1]}"] = _axes_here(m, n[2], where, head[1], tree)
        for place in m.places(head[1]):
            found[head[1], place] = m.node(tree, dict(zip(where, zip(place, m.axes[head[1]], strict=True), strict=True)))
    m.specials = {}
    return found


def _axes_here(m: Model, letters: Any, where: Any, state: str, tree: Node) -> tuple[str, ...]:
    """The axes of a free tensor's indices: those of the state, or what a sum says by the states that stand in it."""
    known_axes: dict[str, str] = dict(zip(where, m.axes[state], strict=True))
    for node in _all(tree, "at"):
        known_axes |= {i: a for i, a in zip(node[2], m.axes.get(node[1], ()), strict=False) if isinstance(i, str)}
    if any(i not in known_axes for i in letters):
        raise Unreadable("the axes of a free tensor do not show")
    return tuple(known_axes[i] for i in letters)


def _along_field(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """Σ v·∇E = 0."""
    m, g = trial.model, trial.model.graph
    v = _moves(trial, found[1])
    _vanish(trial, [g.add(*(g.multiply(x, m.gradient[m.components.index(q)]) for q, x in v.items()))], step["identity"])


def _shifted(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """E(y + v) - E(y) = 0."""
    v = _moves(trial, found[1])
    values = dict(zip(v, trial(*v.values()), strict=True))
    changed = {q: trial.numbers[q] + x for q, x in values.items()}
    _same_energy(trial, changed, step["identity"])


def _same_energy(trial: Trial, changed: Mapping[Any, Any], text: str) -> None:
    E = trial.model.energy
    _settled(arb(trial(E, changed=changed)[0]) - arb(trial(E)[0]), text)


def _flipped(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """E after s → -s, or s → 1 - s for a state of 0 and 1."""
    changed: dict[Any, Any] = {}
    for part in found[1].split(", "):
        state, _, image = part.partition(" → ")
        for q in (q for q in trial.numbers if q[0] == state):
            inner = Model({"states": {}}, {}, {})
            inner.specials = {state: inner.graph.number(trial.numbers[q])}
            changed[q] = inner.graph.rational(inner.node(image))
    if not changed or None in changed.values():
        raise Unreadable(f"{found[1]!r} is no change of states")
    _same_energy(trial, changed, step["identity"])


def _exchanged(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    a, b = found[1], found[2]
    changed = {(n, p): trial.numbers[b if n == a else a, p] for n, p in trial.numbers if n in (a, b)}
    _same_energy(trial, changed, step["identity"])


def _activation(trial: Trial, step: Mapping[str, Any]) -> dict[tuple[str, Place], int]:
    """The activation g of a state by component."""
    if "activation" not in step:
        raise Unreadable("the activation is not given")
    return activations_of(trial, step)


def _null_vector(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """Σ_j ∂g_i/∂x_j v_j = 0."""
    m, graph = trial.model, trial.model.graph
    g = _activation(trial, step)
    names = list(g)
    v = _vector(trial, found[1], step, names)
    nodes = []
    for q in names:
        row = graph.gradient(g[q], [m.component(*p) for p in names])
        nodes.append(graph.add(*(graph.multiply(a, x) for a, x in zip(row, v, strict=True))))
    _vanish(trial, nodes, step["identity"])


def _vector(trial: Trial, text: str, step: Any, names: list[Any]) -> list[int]:
    """v at each component, its letters those of the activation's left side."""
    m, tree = trial.model, read(text)
    head = read(next(iter(step["activation"])))
    where = head[2] if head[0] == "at" else ()
    return [m.node(tree, dict(zip(where, zip(p, m.axes[n], strict=True), strict=True))) for n, p in names]


def _flat_along(trial: Trial, found: Any, step: Any, later: Any, earlier: Any) -> None:
    """Σ v ∂E/∂x = 0, or E(x + c v) = E(x): along the null vector v."""
    m, g = trial.model, trial.model.graph
    names = list(_activation(trial, step))
    v = _vector(trial, found[found.lastindex], step, names)
    # One number for each row that the activation acts on: v along all of them is what one random number a component's row gives.
    rows = {p[:-1] if len(p) > 1 else (): trial.drawn("row")(p[:-1] if len(p) > 1 else ()) for _, p in names}
    v = [g.multiply(x, rows[p[:-1] if len(p) > 1 else ()]) for x, (_, p) in zip(v, names, strict=True)]
    _vanish(trial, [g.add(*(g.multiply(x, m.gradient[m.components.index(q)]) for x, q in zip(v, names, strict=True)))], step["identity"])


def _on_ray(trial: Trial, step: Mapping[str, Any], head: str, tail: str) -> None:
    """∂g/∂y[i] = 0 or ∂E/∂y[i] = 0 where y[i] ≤ 0: tested with every component in turn put there."""
    m, g = trial.model, trial.model.graph
    left, sign, right = read_relation(tail.replace("every ", "")) if not tail.startswith("every ") else (None, "", None)
    if left is None or left[0] not in ("at", "name") or sign not in ("≤", "≥", "<", ">"):
        raise Unreadable(f"{tail!r} is no ray")
    state, where = left[1], left[2] if left[0] == "at" else ()
    activations = _activation(trial, step) if "∂g" in head else {}
    for place in m.places(state):
        scope = dict(zip(where, zip(place, m.axes[state], strict=True), strict=True))
        (end,) = trial(m.node(right, scope))
        if not isinstance(end, fmpq):
            raise Undetermined("the end of a ray is no rational")
        y = end + abs(fmpq(trial.rng.randint(1, 90), 7)) * (-1 if sign in "≤<" else 1)
        node = (
            g.gradient(activations[state, place], [m.component(state, place)])[0]
            if activations
            else m.gradient[m.components.index((state, place))]
        )
        _vanish(trial, [node], step["identity"], {(state, place): y})


_LEGENDRE = r"E = <(\w+), (\w+)> - L \+ S"
_SPECIAL: tuple[tuple[str, Callable[..., None]], ...] = (
    (r"∂E/∂g_(\w+) ([+-]) (?:(.+) )?f = 0, with activations as symbols", _by_activation),
    (r"∂E/∂(\w+)(?:\[[^\]]*\])? at fixed activations = 0, with activations opened", _fixed_activation),
    (r"∂E/∂(\w+)(\[[^\]]*\])? ([+-]) (?:(.+) )?Σ Λ f = 0 with Λ = .*", _by_hessian),
    (r"E = <(\w+), (\w+)> - L \+ S with \2 = ∇L and S = (.*)", _legendre),
    (r"h = \((.+)\) \* \(E with (\w+)(\[[^\]]*\])? = (-?\d+)  -  E with (\w+(?:\[[^\]]*\])?) = (-?\d+)\)", _lower_of_two),
    (r"h = -\((.+)\) ∂E/∂(\w+)(\[[^\]]*\])?", _negative_slope),
    (r"Σ v·∇E = 0 with (δ.*)", _along_field),
    (r"E\(y \+ v\) - E\(y\) = 0 with (δ.*)", _shifted),
    (r"E after (.*) - E = 0", _flipped),
    (r"E with (\w+) and (\w+) exchanged - E = 0", _exchanged),
    (r"Σ Λ v = 0 for v = (.*)", _null_vector),
    (r"(?:Σ_\w+ )?v ∂E/∂\w+(?:\[[^\]]*\])? = 0 for v = (.*)", _flat_along),
    (r"E\((\w+) \+ c v\) = E\(\1\) for v = (.*)", _flat_along),
)


# Lemmas and claims


def _test_lemma(trials: list[Trial], step: Mapping[str, Any], found: Found) -> None:
    if not known(step["lemma"]):
        raise Unreadable(f"the lemma {step['lemma']!r:.60} is not known")
    test = hypothesis_of(step)
    if test is None:
        found.trusted.append(step["lemma"])
        return
    for trial in trials:
        test(trial)
    found.hypotheses += 1
    found.trusted.append(step["lemma"])


_ABOUT_STATES = ("energy never increases", "steady states are critical points", "critical points are steady states")


def _test_claim(trials: list[Trial], claim: str, steps: list[Any], found: Found) -> None:
    """The claim itself at the random points, and that every state has its identity."""
    data = trials[0].c["model"]
    if claim in _ABOUT_STATES and "flow" in data:
        _every_state(data, claim, steps)
    test = claim_test(claim, trials[0].c)
    if test is not None:
        for trial in trials:
            test(trial)
        found.hypotheses += 1


def _every_state(data: Mapping[str, Any], claim: str, steps: list[Any]) -> None:
    identities = [s["identity"] for s in steps if "identity" in s]
    if any(i.startswith(("dE/dt = ", "E + ", "E - ")) or i.endswith("where every state is 0") for i in identities):
        return
    for n in data["states"]:
        own = [i for i in identities if re.search(rf"∂E/∂(g_)?{n}\b|\bd{n}(\[[^\]]*\])?/dt|\bf_{n}\b", i)]
        if not own:
            raise Refused(f"no identity speaks of the state {n}")
    turned = sum(
        i.startswith("∂E/∂") if claim.startswith("critical") else i.startswith("f ") for i in identities if "fixed activations" not in i
    )
    inverted = sum(s.get("lemma", "").startswith("an invertible factor") for s in steps)
    if claim != "energy never increases" and turned > inverted and not any(" = " in i and " and " in i for i in identities):
        raise Refused("an identity is used against its direction, and no lemma says that its factor is invertible")


__all__ = ["check_steps"]
