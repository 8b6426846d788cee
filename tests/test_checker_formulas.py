"""The checker reads formulas and takes derivatives by code of its own: the same values as amsym's, and nothing imported from it."""

from __future__ import annotations

import ast
import random
import re
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_index import SIZES, TENSORS, beta, gain, opened, sized

import proofs.checker
from amsym import lagrangians, zoo
from amsym.notation import Component, derivative, free_indices, fresh_indices, index, indices, mask, parameter, state, total
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.certificates import formula_text, model_data
from proofs.certificates.exact_text import index_names
from proofs.checker.balls import Program, precision
from proofs.checker.balls import Undetermined as NotSo
from proofs.checker.model import Model, drawn, table
from proofs.checker.reader import Unreadable, read

ROOM = Path(proofs.checker.__file__).parent
ZOO = {name: make() for name, make in zoo.MODELS.items()} | {f"hopfield {n}": zoo.hopfield(n) for n in lagrangians.CATALOGUE}


def test_the_checker_imports_nothing_but_the_standard_library_and_flint() -> None:
    allowed = {*sys.stdlib_module_names, "flint", "proofs.checker"}
    found = set()
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {a.name.split(".")[0] for a in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                found.add(
                    ".".join((node.module or "").split(".")[:2]) if node.module in (None, *_own()) else (node.module or "").split(".")[0]
                )
    assert found <= allowed
    assert "proofs.checker" in found


def _own() -> set[str]:
    return {f"proofs.checker.{file.stem}" for file in ROOM.glob("*.py")}


def system_of(model: Any) -> System:
    return getattr(model, "system", model)


def fractions(value: Any) -> Any:
    return tuple(fractions(v) for v in value) if isinstance(value, list) else Fraction(int(value.p), int(value.q))


def both(system: System, seed: int, n: int) -> tuple[Model, dict[Any, Any], Evaluator]:
    """The checker's model and amsym's evaluator at one random exact point."""
    data, rng = model_data(system), random.Random(seed)
    sizes = {a: n + (k + seed) % 2 for k, a in enumerate(system.axes)}
    values = drawn(data, sizes, rng)
    model = Model(data, sizes, {k: v for k, v in values.items() if k not in data["states"]})
    numbers = {(s, p): x for s in data["states"] for p, x in table(values[s], model.shape(s)).items()}
    own = {t: fractions(values[t.name]) for t in (*system.parameters, *system.states, *system.scalars)}
    return model, numbers, Evaluator(sizes, own, 256)


def agree(ours: Any, theirs: arb) -> bool:
    with precision(256):
        return bool(arb(ours).overlaps(theirs) and arb(ours).rad() < 1e-40 * (1 + abs(theirs).upper()))


FAST = [n for n in ZOO if n not in ("attention", "hopfield entmax15", "hopfield sparsemax")]
LONG = [pytest.param(n, marks=pytest.mark.slow) for n in ZOO if n not in FAST]


@pytest.mark.parametrize("name", [*FAST, *LONG])
@settings(max_examples=4)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 2))
def test_every_printed_formula_of_the_zoo_reads_to_the_same_value(name: str, seed: int, n: int) -> None:
    system = system_of(ZOO[name])
    model, numbers, evaluator = both(system, seed, n + (name == "attention"))
    for text_of in (str, formula_text):
        for c, f in [*system.equations.items(), *([] if system.energy is None else [(None, system.energy)])]:
            if "…" in (text := text_of(f)) or (text_of is str and ("Float" in sp.srepr(f) or "E" in _names(text))):
                continue
            where = () if c is None else c.where
            names = {i: index_names(f)[i] if text_of is formula_text and i in index_names(f) else i.name for i in where}
            place = dict.fromkeys(where, 0)
            with precision(256):
                try:
                    node = model.node(text, {names[i]: (0, i.axis) for i in where})
                except Unreadable:
                    assert text_of is str  # printed letters may stand for two axes: refused, never guessed
                    continue
                try:
                    truth = evaluator(f, place)
                except Undetermined:
                    continue
                assert agree(Program(model.graph, [node])(numbers)[0], truth)


def _names(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w\[])[A-Z](?![\w\[(])", text))


@pytest.mark.parametrize("name", [n for n in FAST if n != "spins"] + [pytest.param("attention", marks=pytest.mark.slow)])
@settings(max_examples=3)
@given(seed=st.integers(0, 10**6))
def test_its_gradient_is_amsyms(name: str, seed: int) -> None:
    system = system_of(ZOO[name])
    model, numbers, evaluator = both(system, seed, 2)
    with precision(256):
        slopes = Program(model.graph, model.gradient)(numbers)
    for s in system.states:
        where = fresh_indices(s.axes)
        slope = derivative(system.energy, s[where] if where else Component(s))
        for place in model.places(s.name):
            try:
                truth = evaluator(slope, dict(zip(where, place, strict=True)))
            except Undetermined:
                continue
            assert agree(slopes[model.components.index((s.name, place))], truth)


SCOPE: dict[str, Any] = {"states": {t.name: list(t.axes) for t in TENSORS if t.kind == "state"}}
SCOPE["parameters"] = {t.name: {"axes": list(t.axes), "properties": list(t.properties)} for t in TENSORS if t.kind == "parameter"}
SCOPE["parameters"] |= {"beta": {"axes": [], "properties": ["positive"]}, "gain": {"axes": [], "properties": []}}


@given(expr=opened, pair=SIZES, seed=st.integers(0, 10**6))
def test_exact_text_of_any_index_expression_reads_to_the_same_value(expr: Any, pair: Any, seed: int) -> None:
    sizes, rng = sized(pair), random.Random(seed)
    values = drawn(SCOPE, sizes, rng)
    model = Model(SCOPE, sizes, values)
    own = {t: fractions(values[t.name]) for t in TENSORS} | {beta: fractions(values["beta"]), gain: fractions(values["gain"])}
    evaluator, names = Evaluator(sizes, own, 256), index_names(expr)
    at = {i: rng.randrange(sizes[i.axis]) for i in free_indices(expr)}
    try:
        truth = evaluator(expr, at)
    except Undetermined:
        return
    with precision(256):
        node = model.node(formula_text(expr), {names[i]: (k, i.axis) for i, k in at.items()})
        assert agree(Program(model.graph, [node])({})[0], truth)


def test_two_indices_of_one_name_over_two_axes_are_told_apart() -> None:
    a, b, u, v = index("i", "N"), index("i", "K"), state("u", "N"), state("v", "K")
    text = formula_text(total(u[a] * total(v[b] * mask(sp.Ne(b, 1)), b), a))
    model = Model({"states": {"u": ["N"], "v": ["K"]}}, {"N": 2, "K": 3}, {"u": [1, 2], "v": [10, 20, 40]})
    assert model.graph.rational(model.node(text)) == 150


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Σ_ij y[ij]*W[i, j]", "one index ij, or two"),
        ("Σ_i 2", "an axis that does not show"),
        ("Σ_i y[i]*z[i]", "two axes"),
        ("y[i]", "a free index"),
        ("y[0, 1]", "too many indices"),
        ("y[5]", "no such place"),
        ("q + 1", "an unknown name"),
        ("floor(y[0])", "an unknown function"),
        ("1.05070…*y[0]", "a shortened number"),
        ("y[0] +", "an end too early"),
        ("y[0]) + 1", "a bracket too many"),
        ("__import__('os')", "something else"),
        ("0.1*y[0]", "a decimal, which is not exact"),
    ],
)
def test_what_is_not_certain_is_refused(text: str, why: str) -> None:
    model = Model({"states": {"y": ["N"], "z": ["K"]}, "parameters": {"W": {"axes": ["N", "N"]}}}, {"N": 2, "K": 2}, {})
    with pytest.raises(Unreadable):
        model.node(text)


def test_signs_bind_as_in_the_language_of_formulas() -> None:
    model = Model({"states": {}}, {}, {})
    for text, value in {"-2**2": -4, "2*3**2": 18, "-(1 - 2)/3": fmpq(1, 3), "2/3/4": fmpq(1, 6), "1 - 2 - 3": -4, "2 3": None}.items():
        if value is None:
            with pytest.raises(Unreadable):
                model.node(text)
        else:
            assert model.graph.rational(model.node(text)) == value


def test_a_size_and_a_bracket_that_is_zero() -> None:
    model = Model({"states": {"y": ["N"]}}, {"N": 3}, {"y": [0, 1, 2]})
    assert model.graph.rational(model.node("(Σ[i:N] y[i])/N")) == 1
    assert model.graph.rational(model.node("Σ[i:N, j:N] [i ≠ j]*[y[j] > 0]/N")) == fmpq(4, 3)
    assert model.graph.rational(model.node("Σ[i:N] [y[i] > 0]*Max(0, y[i])")) == 3
    assert read("2*y[i]") == ("*", (("number", fmpq(2)), ("at", "y", ("i",))))


def test_properties_that_are_declared_are_asked_of_the_numbers() -> None:
    data: dict[str, Any] = {"states": {}, "parameters": {"W": {"axes": ["N", "N"], "properties": ["symmetric"]}}}
    Model(data, {"N": 2}, {"W": [[1, 2], [2, 0]]})
    with pytest.raises((NotSo, Unreadable)):
        Model(data, {"N": 2}, {"W": [[1, 2], [3, 0]]})


def test_names_of_parameters_survive_the_printed_form() -> None:
    (i,) = indices("i", "N")
    y, delta_, E = state("y", "N"), parameter("delta", "N"), parameter("E")
    text = formula_text(total(delta_[i] * y[i], i) * E + sp.exp(1) * sp.pi)
    data = {"states": {"y": ["N"]}, "parameters": {"delta": {"axes": ["N"]}, "E": {"axes": []}}}
    model = Model(data, {"N": 1}, {"y": [2], "delta": [3], "E": 5})
    with precision(128):
        (x,) = Program(model.graph, [model.node(text)])({})
        assert abs(x - 30 - arb(1).exp() * arb.pi()) < 1e-30
