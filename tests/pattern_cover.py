"""Reads a certificate of kind "pattern cover" for dy/dt = W g(y) - y + b again, in plain fractions and with code of its own."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pattern_networks import reduced

Form = dict[str, Fraction]


class Refused(Exception):
    """The certificate does not show what it says."""


def add(a: Mapping[str, Fraction], b: Mapping[str, Fraction], times: Fraction = Fraction(1)) -> Form:
    total = {k: a.get(k, Fraction(0)) + times * b.get(k, Fraction(0)) for k in {*a, *b}}
    return {k: v for k, v in total.items() if v}


def put(form: Form, rule: Mapping[str, Form]) -> Form:
    found: Form = {}
    for k, v in form.items():
        found = add(found, rule.get(k, {k: Fraction(1)}), v)
    return found


def number(x: Any) -> Fraction:
    return Fraction(x)


def form(data: Mapping[str, Any]) -> Form:
    return {k: number(v) for k, v in data.items()}


class Reading:
    """The parts of a certificate of a network with one flow form per state, all states leaking."""

    def __init__(self, certificate: Mapping[str, Any]) -> None:
        self.c = certificate
        self.flow = {k: form(f) for k, f in certificate["flow"].items()}
        self.ramps = [form(t) for t in certificate["ramps"]]
        self.slacks = {k: form(u) for k, u in certificate["slacks"].items()}
        self.names = list(self.flow)
        self.states = solved(self.flow)
        self.patterns: set[str] = set()

    def variable(self, name: str) -> Form:
        """A variable as a form in the z."""
        k = int(name[1:])
        own = {f"z{k}": Fraction(1)}
        whole = own if name[0] == "z" else add(own, self.ramps[k], Fraction(-1)) if name[0] == "w" else self.slacks[name]
        return put(whole, self.states)

    def check(self, number: int, path: str) -> None:
        """path: a character for each ramp, - where it is undecided."""
        node = self.c["tree"][number]
        if isinstance(node, list):
            k, low, high = node
            if path[k] != "-":
                raise Refused("a ramp is split twice")
            self.check(low, path[:k] + "0" + path[k + 1 :])
            self.check(high, path[:k] + "1" + path[k + 1 :])
        elif isinstance(node, dict) and "unique" in node:
            self.unique(node["unique"], path)
        elif isinstance(node, dict):
            self.refuted(node, path)
        elif node == path and "-" not in path:
            self.patterns.add(path)
        else:
            raise Refused(f"a leaf {node!r} at {path}")

    def refuted(self, multipliers: Mapping[str, Any], path: str) -> None:
        zero = {("w" if on == "1" else "z") + str(k) for k, on in enumerate(path) if on != "-"}
        total: Form = {}
        for name, x in multipliers.items():
            if number(x) < 0 and name not in zero:
                raise Refused(f"the multiplier of {name} is negative")
            total = add(total, self.variable(name), number(x))
        level = total.pop("1", Fraction(0))
        if any(not k.startswith("z") for k in total):
            raise Refused("a state is left")
        own = {k: number(x) for k, x in multipliers.items() if k.startswith("z")}
        rest = {k: own.get(k, Fraction(0)) - total.get(k, Fraction(0)) for k in {*own, *total}}
        if any(v < 0 for k, v in rest.items() if k not in zero):
            raise Refused("a coefficient is negative")
        strict = any(rest.get(f"z{k}", 0) > 0 for k, on in enumerate(path) if on == "1")
        if not (level < 0 or (level == 0 and strict)):
            raise Refused("no contradiction")

    def unique(self, pattern: str, path: str) -> None:
        """At most one candidate: S + Sᵀ is positive definite, and the pattern has the candidate."""
        rest = [k for k, on in enumerate(path) if on == "-"]
        if len(pattern) != len(path) or any(a != b for a, b in zip(pattern, path, strict=True) if b != "-"):
            raise Refused("the candidate is of another leaf")
        self.check_monotone([k for k, on in enumerate(path) if on == "1"], rest)
        z, w = self.candidate(pattern)
        if any(z[k] < 0 or w[k] < 0 for k in rest):
            raise Refused("the candidate does not satisfy its own pattern")
        if all(z[k] > 0 if on == "1" else w[k] >= 0 for k, on in enumerate(path) if on != "-"):
            self.patterns.add("".join("01"[x > 0] for x in z))

    def check_monotone(self, on: list[int], rest: list[int]) -> None:
        """w_rest = S z_rest + q by w_on = 0, and S + Sᵀ has positive pivots."""
        order = [f"z{k}" for k in on + rest]
        inner = reduced([[self.variable(f"w{k}").get(v, Fraction(0)) for v in order] for k in on])
        if len(inner) != len(on) or any(row[i] != 1 for i, row in enumerate(inner)):
            raise Refused("what is decided leaves more than one direction")
        rule = {order[i]: {v: -x for v, x in zip(order[len(on) :], row[len(on) :], strict=True) if x} for i, row in enumerate(inner)}
        off = {f"z{k}": {} for k in range(len(self.ramps)) if f"z{k}" not in order}
        S = [[put(self.variable(f"w{k}"), {**rule, **off}).get(f"z{j}", Fraction(0)) for j in rest] for k in rest]
        A = [[S[i][j] + S[j][i] for j in range(len(S))] for i in range(len(S))]
        for p in range(len(A)):
            if A[p][p] <= 0:
                raise Refused("S + Sᵀ is not positive definite")
            for i in range(p + 1, len(A)):
                A[i] = [x - A[i][p] / A[p][p] * y for x, y in zip(A[i], A[p], strict=True)]

    def candidate(self, pattern: str) -> tuple[list[Fraction], list[Fraction]]:
        """The z and w at which exactly those of the pattern's other half are 0."""
        on = [k for k, c in enumerate(pattern) if c == "1"]
        names = [f"z{k}" for k in on]
        forms = {k: self.variable(f"w{k}") for k in range(len(pattern))}
        found = reduced([[forms[k].get(v, Fraction(0)) for v in names] + [-forms[k].get("1", Fraction(0))] for k in on])
        if len(found) != len(on) or any(not any(row[:-1]) for row in found):
            raise Refused("the pattern has no candidate or more than one")
        values = dict(zip(names, (row[-1] for row in found), strict=True))
        at = {f"z{k}": {"1": values.get(f"z{k}", Fraction(0))} for k in range(len(pattern))}
        level = [put(forms[k], at).get("1", Fraction(0)) for k in range(len(pattern))]
        return [values.get(f"z{k}", Fraction(0)) for k in range(len(pattern))], level

    def check_states(self) -> None:
        """Every whole pattern with one solution in its cell has it in the list of states, or in a continuum."""
        listed = {tuple(number(x) for x in s["values"]["y"]) for s in self.c["states"]}
        for pattern in self.patterns:
            on = [c == "1" for c in pattern]
            rule: dict[str, Form] = {}
            for k, t in enumerate(self.ramps):
                rule[f"z{k}"] = put(t, rule) if on[k] else {}
            rows = [
                [put(f, rule).get(v, Fraction(0)) for v in self.names] + [-put(f, rule).get("1", Fraction(0))] for f in self.flow.values()
            ]
            solution = reduced(rows)
            if len(solution) < len(self.names) or not all(any(r[:-1]) for r in solution):
                continue
            y = tuple(r[-1] for r in solution)
            at = {v: {"1": x} for v, x in zip(self.names, y, strict=True)}
            heights = [put(put(t, rule), at).get("1", Fraction(0)) for t in self.ramps]
            inside = all((h > 0) == o for h, o in zip(heights, on, strict=True))
            in_box = all(
                put(u, {**at, **{z: put(f, at) for z, f in rule.items()}}).get("1", Fraction(0)) >= 0 for u in self.slacks.values()
            )
            if inside and in_box and y not in listed and not self.c["continua"]:
                raise Refused(f"the steady state {y} of pattern {pattern} is not listed")


def solved(flow: Mapping[str, Form]) -> dict[str, Form]:
    """Each state as a form in the z, by flow = 0."""
    names, others = list(flow), sorted({k for f in flow.values() for k in f} - set(flow))
    rows = reduced([[f.get(v, Fraction(0)) for v in names] + [-f.get(k, Fraction(0)) for k in others] for f in flow.values()])
    if len(rows) < len(names):
        raise Refused("the flow is singular in the states")
    return {v: {k: x for k, x in zip(others, row[len(names) :], strict=True) if x} for v, row in zip(names, rows, strict=True)}


def check(certificate: Mapping[str, Any]) -> set[str]:
    """The whole patterns that the tree leaves; raises Refused where the certificate does not hold."""
    reading = Reading(certificate)
    reading.check(0, "-" * len(reading.ramps))
    reading.check_states()
    return reading.patterns
