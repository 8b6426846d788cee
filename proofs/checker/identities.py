"""Identities of proofs, each made into nodes that must be 0: `∂E/∂y[i] + m*(f) = 0`, `Σ v·∇E = 0 with δy[i] = c`, and their like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Undetermined
from proofs.checker.covers import Refused
from proofs.checker.model import Model, Place
from proofs.checker.reader import Node, Unreadable, read, read_relation
from proofs.checker.trial import Key, Trial, vanishes

Step = Mapping[str, Any]
Steps = list[Any]


def test_identity(trial: Trial, step: Step, earlier: Steps, later: Steps) -> None:
    """Raise Refused where the identity is false at a random point; Unreadable where no rule reads it."""
    text = step["identity"]
    for pattern, rule in _SPECIAL:
        found = re.fullmatch(pattern, text)
        if found:
            rule(trial, found, step, earlier, later)
            return
    head, _, place = text.partition(" where ")
    if place and place != "every state is 0":
        _on_ray(trial, step, head, place)
        return
    head, _, naming = head.partition(" with ")
    if not place:
        _holds_the_flow(trial, head, step)
    changed = (lambda point: {q: fmpq(0) for q in trial.model.components}) if place else None
    trial.vanish(_differences(trial, head, step, naming), text, changed)


# Equations


def _differences(trial: Trial, head: str, step: Step, naming: str) -> list[int]:
    """left - right at every place of the free indices, for each equation of `a = r and b = 2 r with r = ...`."""
    model, nodes = trial.model, []
    names = dict(part.split(" = ", 1) for part in naming.split(", ") if " = " in part)
    equations = [read_relation(e.replace("½", "(1/2)")) for e in head.split(" and ")]
    if any(sign != "=" for _, sign, _ in equations):
        raise Unreadable(f"{head!r:.60} is no equation")
    sides = [t for left, _, right in equations for t in (left, right)]
    state, letters = _subject(model, [*sides, *(read(t) for t in names.values())])
    for q in trial.keys(state):
        scope = trial.scope(letters, q)
        own = {name: model.node(text, scope) for name, text in names.items()}
        with model.meaning({**_meaning(trial, step, q), **own}):
            nodes += [model.graph.minus(model.node(left, scope), model.node(right, scope)) for left, _, right in equations]
    return nodes


def _meaning(trial: Trial, step: Step, here: Key) -> dict[str, Any]:
    """What E, f, ∂E/∂y, dy/dt and ∂P/∂y mean in an identity about one component."""
    m = trial.model

    def key(name: str, at: Place) -> Key:
        return name, at or here[1]

    found: dict[str, Any] = {f"rate {n}": lambda name, at: m.right_side(*key(name, at)) for n in m.states}
    found |= {f"f_{n}": lambda at, n=n: m.right_side(*key(n, at)) for n in m.states}
    found["rate E"] = lambda name, at: m.energy_rate
    found |= {"f": lambda at: m.right_side(*key(here[0], at)), "axes of f": m.axes[here[0]]}
    found["slope f"] = lambda name, at: trial.slopes(m.right_side(*key(name, at)))[key(name, at)]
    if "energy" in m.data and "E" not in m.axes:
        found |= {
            "E": m.energy,
            "slope E": lambda name, at: trial.slopes(m.energy)[key(name, at)],
            "rate E": lambda name, at: m.energy_rate,
        }
    if "potential" in step:
        found["slope P"] = lambda name, at: trial.slopes(m.node(step["potential"]))[key(name, at)]
    return found


def _subject(model: Model, trees: list[Node]) -> tuple[str, tuple[str, ...]]:
    """The state that an identity is about, and the letters of its indices: of a slope or a rate, else of a component."""
    for kind in ("slope", "rate", "at"):
        for node in (n for tree in trees for n in nodes_of(tree, kind)):
            name, where = (node[2], node[3]) if kind == "slope" else (node[1], node[2])
            if name in model.states:
                return name, tuple(i for i in where if isinstance(i, str))
    return next(iter(model.states)), ()


def nodes_of(tree: Any, kind: str) -> Iterator[Node]:
    """All parts of a tree of one kind."""
    if isinstance(tree, tuple) and tree:
        if tree[0] == kind:
            yield tree
        for part in tree:
            yield from nodes_of(part, kind)


def _holds_the_flow(trial: Trial, head: str, step: Step) -> None:
    """Where ∂E/∂y + m (f) = 0 spells f out, some part of it must be the model's own right-hand side."""
    if not re.fullmatch(r"∂E/∂\w+(\[[^\]]*\])? [+-] .* = 0", head) or "flow" not in trial.model.data:
        return
    left, _, _ = read_relation(head)
    parts = [t for t in _parts(left) if t[0] not in ("slope", "number")]
    if any(True for kind in ("name", "at") for n in nodes_of(left, kind) if n[1] == "f" or n[1].startswith("f_")):
        return
    state, letters = _subject(trial.model, [left])
    for q in trial.keys(state):
        with trial.model.meaning(_meaning(trial, step, q)):
            nodes = [trial.model.node(t, trial.scope(letters, q)) for t in parts]
        for f, *values in trial.values([trial.model.right_side(*q), *nodes]):
            if not any(arb(x - f).contains(0) for x in values):
                raise Refused(f"the identity {head!r:.60} does not hold the flow of {state}")


def _parts(tree: Node) -> Iterator[Node]:
    """A tree, its terms and its factors, and theirs."""
    yield tree
    for part in tree[1] if tree[0] in ("+", "*") else ():
        yield from _parts(part)


def _put(numbers: Mapping[Key, Any]) -> Callable[[Any], Mapping[Key, Any]]:
    """A change of every point that puts these numbers in."""
    return lambda point: numbers


# Hessians and Legendre energies


def _hessian(trial: Trial, state: str, sign: str, scale: str | None, letters: tuple[str, ...], potential: str, text: str) -> None:
    """∂E/∂x + c Σ Λ f = 0 with Λ the Hessian of the potential."""
    m, g = trial.model, trial.model.graph
    flow = {q: m.right_side(*q) for q in trial.keys(state)}
    nodes = []
    for q in flow:
        row = trial.slopes(trial.slopes(m.node(potential))[q])
        c = g.multiply(g.number(1 if sign == "+" else -1), m.node(scale or "1", trial.scope(letters, q)))
        image = g.add(*(g.multiply(row[p], f) for p, f in flow.items()))
        nodes.append(g.add(trial.slopes(m.energy)[q], g.multiply(c, image)))
    trial.vanish(nodes, text)


def _by_hessian(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    _hessian(trial, found[1], found[3], found[4], _letters(found[2]), _potential(step), step["identity"])


def _squared_flow(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """E = a ½ Σ f²."""
    m, g = trial.model, trial.model.graph
    square = g.add(*(g.power(f, g.number(2)) for f in m.right_sides))
    c = g.multiply(g.number(fmpq(1 if found[1] == "+" else -1, 2)), m.node(found[2] or "1"))
    trial.vanish([g.add(m.energy, g.multiply(c, square))], step["identity"])


def _by_activation(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """∂E/∂g + c f = 0 with g = ∇P: tried by what it says with its two companions, ∂E/∂x + c Σ Λ f = 0."""
    state = found[1]
    companion: Step = next((s for s in later if re.search(rf"= ∂P/∂{state}\b", s.get("identity", ""))), {})
    fixed = next((m for s in later if (m := re.match(rf"∂E/∂{state}(\[[^\]]*\])? at fixed", s.get("identity", "")))), None)
    if fixed is None:
        raise Unreadable("the step ∂E/∂g + c f = 0 comes without ∂E/∂x at fixed activations")
    _hessian(trial, state, found[2], found[3], _letters(fixed[1]), _potential(companion), step["identity"])


def _at_fixed_activations(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    if not any(s.get("identity", "").startswith(f"∂E/∂g_{found[1]} ") for s in earlier):
        raise Unreadable("a slope at fixed activations comes without its companion ∂E/∂g + c f = 0")


def _potential(step: Step) -> str:
    if "potential" not in step:
        raise Unreadable("a potential is spoken of and not given")
    return str(step["potential"])


def _letters(brackets: str | None) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", brackets or ""))


def _legendre(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """E = <x, g> - L + S(g) with g = ∇L; after the first of several, the S before stands in the place of E."""
    m, g = trial.model, trial.model.graph
    before = [s for s in earlier if re.match(_LEGENDRE, s.get("identity", ""))]
    means: dict[str, Any] = {}
    for s in (*before, step):
        state, name = re.match(_LEGENDRE, s["identity"]).groups()  # type: ignore[union-attr]
        slopes = trial.slopes(m.node(_potential(s)))
        means |= {name: lambda place, s=state, d=slopes: d[s, place], f"axes of {name}": m.axes[state]}
    with m.meaning(means):
        S, whole = m.node(found[3]), m.node(before[-1]["identity"].split(" and S = ", 1)[1]) if before else m.energy
    L = m.node(_potential(step))
    paired = [g.multiply(m.component(*q), trial.slopes(L)[q]) for q in trial.keys(found[1])]
    trial.vanish([g.minus(whole, g.add(*paired, g.multiply(g.number(-1), L), S))], step["identity"])


# Updates


def _field(trial: Trial, state: str) -> dict[Key, int]:
    """The h of an update sign(h) or mask(h > 0), by component."""
    ((left, text),) = ((k, f) for k, f in trial.model.data["update"].items() if read(k)[1] == state)
    for call in nodes_of(read(text), "call"):
        if call[1] == "sign":
            return trial.each(left, call[2][0])
    for _, sign, a, b in nodes_of(read(text), "relation"):
        high, low = (a, b) if sign in (">", "≥") else (b, a)
        return trial.each(left, ("+", (high, ("*", (("number", fmpq(-1)), low)))))
    raise Unreadable("the update shows no field")


def _lower_of_two(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """h = c (E with s = low - E with s = high)."""
    gain = trial.each(found[2] + (found[3] or ""), found[1])
    for q, h in _field(trial, found[2]).items():
        at_low, at_high = (trial.values([trial.model.energy], _put({q: fmpq(int(v))})) for v in (found[4], found[5]))
        for (left, c), (a,), (b,) in zip(trial.values([h, gain[q]]), at_low, at_high, strict=True):
            vanishes(arb(left) - arb(c) * (arb(a) - arb(b)), step["identity"])


def _negative_slope(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """h = -(c) ∂E/∂s."""
    m, g = trial.model, trial.model.graph
    gain = trial.each(found[2] + (found[3] or ""), found[1])
    nodes = [g.add(h, g.multiply(gain[q], trial.slopes(m.energy)[q])) for q, h in _field(trial, found[2]).items()]
    trial.vanish(nodes, step["identity"])


# Symmetries


def _moves(trial: Trial, text: str) -> dict[Key, int]:
    """The field v of `δy[i] = c[i], δz = ...` by component, its free tensors random."""
    m = trial.model
    v: dict[Key, int] = {}
    for part in re.split(r", (?=δ)", text):
        left, _, right = part.partition(" = ")
        left, tree = left.removeprefix("δ"), read(right)
        head = read(left)
        where = head[2] if head[0] == "at" else ()
        axes = dict(zip(where, m.axes[head[1]], strict=True))
        for node in nodes_of(tree, "at"):
            axes |= {i: a for i, a in zip(node[2], m.axes.get(node[1], ()), strict=False) if isinstance(i, str)}
        means: dict[str, Any] = {}
        for node in [n for kind in ("at", "name") for n in nodes_of(tree, kind) if n[1] not in (*m.axes, *m.sizes, *where)]:
            letters = node[2] if node[0] == "at" else ()
            if any(i not in axes for i in letters):
                raise Unreadable("the axes of a free tensor do not show")
            means |= {node[1]: lambda place, n=node[1]: trial.number(n, place), f"axes of {node[1]}": tuple(axes[i] for i in letters)}
        with m.meaning(means):
            v |= trial.each(left, tree)
    return v


def _along_field(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """Σ v·∇E = 0."""
    trial.vanish([trial.along(trial.model.energy, _moves(trial, found[1]))], step["identity"])


def _shifted(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """E(y + v) - E(y) = 0."""
    v = _moves(trial, found[1])
    shift = dict(zip(v, next(trial.values(list(v.values()))), strict=True))
    _same_energy(trial, lambda point: {q: point[q] + x for q, x in shift.items()}, step["identity"])


def _same_energy(trial: Trial, changed: Callable[[Any], Any], text: str) -> None:
    E = [trial.model.energy]
    for (a,), (b,) in zip(trial.values(E), trial.values(E, changed), strict=True):
        vanishes(arb(a) - arb(b), text)


def _flipped(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """E after s → -s, or s → 1 - s for a state of 0 and 1."""
    images = dict(part.split(" → ") for part in found[1].split(", "))

    def changed(point: Mapping[Key, fmpq]) -> dict[Key, Any]:
        return {q: _number_at(images[q[0]], q[0], x) for q, x in point.items() if q[0] in images}

    _same_energy(trial, changed, step["identity"])


def _number_at(text: str, name: str, x: fmpq) -> fmpq:
    inner = Model({"states": {}}, {}, {})
    with inner.meaning({name: inner.graph.number(x)}):
        y = inner.graph.rational(inner.node(text))
    if y is None:
        raise Unreadable(f"{text!r} is no rational image")
    return y


def _exchanged(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    other = {found[1]: found[2], found[2]: found[1]}
    _same_energy(trial, lambda point: {q: point[other[q[0]], q[1]] for q in point if q[0] in other}, step["identity"])


# Dead directions


def activation(trial: Trial, step: Step) -> dict[Key, int]:
    """The activation by component, as "activation": {"y[i]": formula} says it."""
    if "activation" not in step:
        raise Unreadable("an activation is spoken of and not given")
    ((left, text),) = step["activation"].items()
    return trial.each(left, text)


def _null_vector(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """Σ_j ∂g_i/∂x_j v_j = 0."""
    v = trial.each(next(iter(step["activation"])) if "activation" in step else "", found[1])
    trial.vanish([trial.along(g, v) for g in activation(trial, step).values()], step["identity"])


def _flat_along(trial: Trial, found: Any, step: Step, earlier: Steps, later: Steps) -> None:
    """Σ v ∂E/∂x = 0 along a null vector v, times a random number for each row that the activation acts on."""
    g = trial.model.graph
    v = trial.each(next(iter(step["activation"])) if "activation" in step else "", found[found.lastindex])
    rows = {q: g.multiply(x, trial.number("row", q[1][:-1])) for q, x in v.items()}
    trial.vanish([trial.along(trial.model.energy, rows)], step["identity"])


def _on_ray(trial: Trial, step: Step, head: str, place: str) -> None:
    """∂g/∂y[i] = 0 or ∂E/∂y[i] = 0 where y[i] ≤ 0: with every component in turn put there."""
    left, sign, right = read_relation(place)
    if left[0] not in ("at", "name") or left[1] not in trial.model.states or sign not in ("≤", "≥", "<", ">"):
        raise Unreadable(f"{place!r:.60} is no ray")
    ends = trial.each(left[1] + (f"[{', '.join(map(str, left[2]))}]" if left[0] == "at" else ""), right)
    g = activation(trial, step) if head.startswith("∂g/") else dict.fromkeys(ends, trial.model.energy)
    for q, end in ends.items():
        for (e,) in trial.values([end]):
            if not isinstance(e, fmpq):
                raise Undetermined("the end of a ray is no rational")
            y = e + fmpq(trial.rng.randint(1, 90), 7) * (-1 if sign in "≤<" else 1)
            trial.vanish([trial.slopes(g[q])[q]], step["identity"], _put({q: y}))


_AT = r"(\[[^\]]*\])?"
_LEGENDRE = r"E = <(\w+), (\w+)> - L \+ S"
_SPECIAL: tuple[tuple[str, Callable[[Trial, Any, Step, Steps, Steps], None]], ...] = (
    (r"∂E/∂g_(\w+) ([+-]) (?:(.+) )?f = 0, with activations as symbols", _by_activation),
    (rf"∂E/∂(\w+){_AT} at fixed activations = 0, with activations opened", _at_fixed_activations),
    (r"E ([+-]) (?:(.+) )?½ Σ f² = 0", _squared_flow),
    (rf"∂E/∂(\w+){_AT} ([+-]) (?:(.+) )?Σ Λ f = 0 with Λ = .*", _by_hessian),
    (_LEGENDRE + r" with \2 = ∇L and S = (.*)", _legendre),
    (rf"h = \((.+)\) \* \(E with (\w+){_AT} = (-?\d+)  -  E with \2(?:\[[^\]]*\])? = (-?\d+)\)", _lower_of_two),
    (rf"h = -\((.+)\) ∂E/∂(\w+){_AT}", _negative_slope),
    (r"Σ v·∇E = 0 with (δ.*)", _along_field),
    (r"E\(y \+ v\) - E\(y\) = 0 with (δ.*)", _shifted),
    (r"E after (.*) - E = 0", _flipped),
    (r"E with (\w+) and (\w+) exchanged - E = 0", _exchanged),
    (r"Σ Λ v = 0 for v = (.*)", _null_vector),
    (rf"(?:Σ_\w+ )?v ∂E/∂\w+{_AT} = 0 for v = (.*)", _flat_along),
    (r"E\((\w+) \+ c v\) = E\(\1\) for v = (.*)", _flat_along),
)

__all__ = ["activation", "nodes_of", "test_identity"]
