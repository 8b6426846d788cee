"""The enclosures of every Lagrangian's memory hold what balls find for the same formulas at exact points of the box."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb

import amsym as am
from amsym.lagrangians import CATALOGUE
from amsym.notation import derivative
from numeric.intervals.enclose import Enclosure
from numeric.intervals.rules import RULES
from numeric.rigorous import Evaluator, Undetermined

SIZES = {"N": 2, "K": 3}
LEAVES = {"state", "parameter", "const", "eye", "arange", "diagonal", "contract", "sum", "peak"}


def _bound(name: str, rng: np.random.Generator) -> Any:
    v, h = am.Layer("v", "N", am.lagrangians.identity()), am.Layer("h", "K", CATALOGUE[name]())
    system = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")]).system
    values = {p.name: rng.uniform(0.5, 1.5, tuple(SIZES[a] for a in p.axes)) for p in system.parameters}
    return am.compile(system).bind({**values, **{p.name: 1.25 for p in system.scalars}})


def _values(bound: Any, z: np.ndarray, what: str) -> Iterator[tuple[str, tuple[int, ...], arb]]:
    """Balls of the flow, the energy or its gradient at packed states, by name and place."""
    system, parts = bound.system, bound.packing(5)[0].views(z[None])
    exact = {s: parts[s.name][0].tolist() for s in system.states}
    exact |= {p: bound.params[p.name].tolist() for p in system.parameters}
    exact |= {p: Fraction(float(bound.params[p.name])) for p in system.scalars}
    here = Evaluator(SIZES, exact)
    if what == "energy":
        yield "energy", (), here(system.energy)
        return
    for c, f in system.equations.items():
        formula = f if what == "flow" else derivative(system.energy, c)
        for place in product(*(range(SIZES[i.axis]) for i in c.where)):
            yield c.tensor.name, place, here(formula, dict(zip(c.where, place, strict=True)))


def _missed(name: str, what: Any, seed: int) -> tuple[int, list[Any]]:
    """How many values were compared, and those that are outside."""
    rng = np.random.default_rng(seed)
    bound, seen, wrong = _bound(name, rng), 0, []
    enclosure = Enclosure(bound, 5, what)
    for scale, r in ((1, 0.0), (1, 0.25), (40, 1.0), (900, 0.0)):
        middle = np.round(scale * rng.normal(size=5), 1)
        low, high = (middle - r)[None], (middle + r)[None]
        with np.errstate(all="ignore"):
            found = enclosure(low, high)
        for z in (rng.choice([low, high], axis=0)[0], np.clip(low + (high - low) * rng.uniform(size=5), low, high)[0])[: 1 + (r > 0)]:
            try:
                values = list(_values(bound, z, what))
            except Undetermined:  # overflow, or the two sides of a kink
                continue
            for key, place, ball in values:
                box = found[key] if key in found else next(iter(found.values()))
                seen += 1
                if r == 0 and scale == 1:
                    assert box.high[(0, *place)] - box.low[(0, *place)] <= 1e-12 * (1 + abs(float(ball)))
                if ball < arb(float(box.low[(0, *place)])) or ball > arb(float(box.high[(0, *place)])):
                    wrong.append((z, key, place, ball, box.low[(0, *place)], box.high[(0, *place)]))
    return seen, wrong


@pytest.mark.parametrize("what", ["flow", "energy", pytest.param("gradient", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CATALOGUE)
def test_enclosures_hold_the_values_in_balls(name: str, what: str) -> None:
    seen, wrong = _missed(name, what, 0)
    assert seen >= (4 if what == "energy" else 15)
    assert wrong == []


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_operation_of_the_catalogue_has_a_rule(name: str) -> None:
    bound = _bound(name, np.random.default_rng(0))
    for kind in ("energy", "jacobian"):
        assert {n.op for n in Enclosure(bound, 5, kind).order} <= LEAVES | set(RULES)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [sp.Rational(1, 3), sp.pi, sp.sqrt(2), sp.Rational(-1, 10), sp.Rational(3, 4)], ids=str)
def test_a_number_that_no_double_holds_lies_within_an_interval_and_others_are_themselves(number: sp.Expr) -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    enclosure = Enclosure(am.compile(am.System(flow={y[i]: number * y[i]})).bind(None), 1)
    found = enclosure.nodes(np.ones((1, 1)), np.ones((1, 1)))
    (box,) = (b for node, b in found.items() if node.op == "const")
    assert arb(box.low.item()) <= Evaluator({}, {})(number) <= arb(box.high.item())
    assert (box.low.item() == box.high.item()) == (number == sp.Rational(3, 4))
    assert box.high.item() - box.low.item() < 1e-14


def test_a_root_of_a_fractional_order_holds_the_value_of_a_huge_argument() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    z, root = np.full((1, 1), 1e100), (1 + y[i] ** 2) ** sp.Rational(1, 7)
    box = Enclosure(am.compile(am.System(flow={y[i]: root})).bind(None), 1).packed(z, z)
    value = Evaluator({"N": 1}, {y: (Fraction(1e100),)})(root, {i: 0})
    assert arb(box.low.item()) <= value <= arb(box.high.item())
    assert box.high.item() / box.low.item() - 1 < 1e-12
