"""Affine forms {"1": constant, name: coefficient}, and a model's flow as such forms where the signs of its kinks' arguments are settled.

`same_flow` compares a model with forms on random lines, where both sides are affine between kinks: a line in general position crosses
every plane on which the argument of a kink is 0. `model_cells` goes through all signs of the kinks in the model's own formulas.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from flint import fmpq, fmpq_mat

from proofs.checker.balls import Undetermined, power
from proofs.checker.domains import Refused
from proofs.checker.model import Model, exact
from proofs.checker.reader import Unreadable

Form = dict[str, fmpq]
Condition = tuple[Form, str]  # form > 0, ≥ 0, = 0 or ≠ 0
Cell = tuple[list[Form], list[Condition]]  # the flow, and where it is that
Decide = Callable[[Form, str, Any], bool]  # of a form, a sign and the name of the kink
ZERO, ONE = fmpq(0), fmpq(1)
LINES, TRIES, CELLS, ROWS = 4, 60, 5000, 4000
HOLDS: dict[str, Callable[[fmpq], bool]] = {
    ">": lambda x: bool(x > 0),
    "≥": lambda x: bool(x >= 0),
    "=": lambda x: bool(x == 0),
    "≠": lambda x: bool(x != 0),
}


def summed(parts: Iterable[tuple[Form, Any]]) -> Form:
    """Σ a·form."""
    found: Form = {}
    for form, a in parts:
        for name, x in form.items():
            found[name] = found.get(name, ZERO) + a * x
    return {name: x for name, x in found.items() if x != 0}


def put(form: Form, rule: Mapping[str, Form]) -> Form:
    """The form with names replaced by forms."""
    return summed((rule.get(name, {name: ONE}), a) for name, a in form.items())


def value(form: Form, y: Mapping[str, fmpq]) -> fmpq:
    """The form at a point, in which "1" is 1 (or 0, for its change along a direction)."""
    return sum((a * y[name] for name, a in form.items()), ZERO)


def form_of(data: Mapping[str, Any]) -> Form:
    """A form of exact numbers, without zeros."""
    return {name: x for name, v in data.items() if (x := exact(v)) != 0}


def name_of(key: tuple[str, tuple[int, ...]]) -> str:
    """y[0], or the name of a state without axes."""
    return f"{key[0]}[{', '.join(map(str, key[1]))}]" if key[1] else key[0]


def reduced(rows: Sequence[Form], columns: Sequence[str]) -> dict[str, dict[str, fmpq]]:
    """The reduced equations by pivot: {pivot: its row}."""
    if not rows:
        return {}
    reduced, rank = fmpq_mat([[f.get(name, ZERO) for name in columns] for f in rows]).rref()
    found = [{name: x for name, x in zip(columns, row, strict=True) if x != 0} for row in reduced.tolist()[:rank]]
    return {next(iter(row)): row for row in found}


def flow_forms(model: Model, start: Mapping[Any, Form], decide: Decide) -> list[Form]:
    """The model's right-hand sides, where `decide` settles the sign of each argument of a kink."""
    known: dict[int, Form] = {}
    for a in sorted(model.graph.needed(model.right_sides)):
        known[a] = _computed(a, model.graph.nodes[a], known, start, decide)
    return [known[a] for a in model.right_sides]


def _computed(a: int, key: tuple[Any, ...], known: Mapping[int, Form], start: Mapping[Any, Form], decide: Decide) -> Form:
    if key[0] == "q":
        return {"1": key[1]} if key[1] != 0 else {}
    if key[0] == "v":
        return start[key[1:]]
    if key[0] == "?":
        return {"1": ONE} if decide(known[key[1]], key[2], a) else {}
    if key[0] == "^" and set(known[key[1]]) <= {"1"} and key[2].q == 1:
        return form_of({"1": power(known[key[1]].get("1", ZERO), int(key[2]))})
    if key[0] not in ("+", "*", "max", "min"):
        raise Unreadable("the flow is not piecewise affine")
    forms, side = [known[b] for b in key[1]], -1 if key[0] == "min" else 1
    if key[0] == "+":
        return summed((f, ONE) for f in forms)
    result = forms[0]
    for n, f in enumerate(forms[1:]):
        if key[0] == "*":
            result = _product(result, f)
        elif decide(summed([(f, side), (result, -side)]), ">", (a, n)):
            result = f
    return result


def _product(f: Form, g: Form) -> Form:
    f, g = (f, g) if set(g) <= {"1"} else (g, f)
    if not set(g) <= {"1"}:
        raise Unreadable("the flow is not piecewise affine")
    return summed([(f, g.get("1", ZERO))])


class _Line:
    """Signs just right of s on a line (None: at -∞), the next s at which one of them changes, and the sides of each kink so far."""

    def __init__(self, s: fmpq | None, sides: set[tuple[Any, bool]]) -> None:
        self.s, self.next, self.sides = s, None, sides

    def __call__(self, form: Form, sign: str, kink: Any) -> bool:
        x, m = form.get("1", ZERO), form.get("s", ZERO)
        if m != 0:
            zero = -x / m
            if (self.s is None or zero > self.s) and (self.next is None or zero < self.next):
                self.next = zero
            x = -m if self.s is None else x + m * self.s
            x = m if x == 0 else x
        self.sides.add((kink, HOLDS[sign](x)))
        return HOLDS[sign](x)


def same_flow(model: Model, c: Mapping[str, Any], flow: list[Form], ramps: list[Form]) -> None:
    """Both sides agree all along random lines, on which every kink is seen from both sides."""
    rng = random.Random(repr((c["flow"], c["ramps"])))
    sides = set[tuple[Any, bool]]()
    for line in range(TRIES):
        if line >= LINES and all((kink, not on) in sides for kink, on in sides):
            return
        y = {q: {k: fmpq(rng.randint(-(2**20), 2**20) * 2 + 1, rng.randint(2**18, 2**20)) for k in "1s"} for q in model.components}
        here: _Line | None = _Line(None, sides)
        while here is not None:
            known = {name_of(q): form for q, form in y.items()}
            for k, t in enumerate(ramps):
                u = put(t, known)
                known[f"z{k}"] = u if here(u, ">", f"z{k}") else {}
            if flow_forms(model, y, here) != [put(f, known) for f in flow]:
                raise Refused("the forms are not the flow of the model")
            here = None if here.next is None else _Line(here.next, sides)
    raise Undetermined("a kink has one side only on all lines tried")


def model_cells(model: Model) -> Iterator[Cell]:
    """Every choice of the signs of the arguments of kinks in the model's formulas."""
    start = {q: {name_of(q): ONE} for q in model.components}
    stack: list[list[bool]] = [[]]
    for _ in range(CELLS):
        if not stack:
            return
        choice = _Choice(stack.pop(), stack)
        yield flow_forms(model, start, choice), choice.conditions
    raise Undetermined(f"there are more than {CELLS} patterns")


class _Choice:
    """Signs as they were chosen; at an argument that is new, > 0 (or ≥, =) first, and the other side is put on the stack."""

    def __init__(self, taken: list[bool], stack: list[list[bool]]) -> None:
        self.taken, self.stack = taken, stack
        self.conditions: list[Condition] = []

    def __call__(self, form: Form, sign: str, kink: Any) -> bool:
        if set(form) <= {"1"}:
            return HOLDS[sign](form.get("1", ZERO))
        n = len(self.conditions)
        if n == len(self.taken):
            self.stack.append([*self.taken, False])
            self.taken.append(True)
        other = (form, "≠") if sign == "=" else (summed([(form, -1)]), "≥" if sign == ">" else ">")
        self.conditions.append((form, sign) if self.taken[n] else other)
        return self.taken[n]


def is_empty(conditions: list[Condition], names: Sequence[str]) -> bool:
    """Whether no numbers satisfy the conditions, by Fourier and Motzkin's elimination; ≠ is left out."""
    rows = [(f, sign == ">") for f, sign in conditions if sign != "≠"]
    rows += [(summed([(f, -1)]), False) for f, sign in conditions if sign == "="]
    for name in names:
        up, down = ([r for r in rows if side * r[0].get(name, ZERO) > 0] for side in (1, -1))
        if len(up) * len(down) > ROWS:
            raise Undetermined("whether a pattern holds a continuum is not settled")
        pairs = [(summed([(a, -b[name]), (b, a[name])]), s or t) for (a, s), (b, t) in product(up, down)]
        rows = [*pairs, *(r for r in rows if name not in r[0])]
    return any(f.get("1", ZERO) < 0 or (strict and f.get("1", ZERO) == 0) for f, strict in rows)
