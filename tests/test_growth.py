"""Degrees: they bound the formula at random points, and a term that may grow faster has none."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sympy as sp

from amsym.notation import components, indices, parameter, state, total
from amsym.prover.degrees import CONSTANT, Part, Scope
from amsym.prover.growth import growth
from amsym.prover.lower import covers, lower

i, j = indices("i j", "N")
a = indices("a", "K")[0]
x, y, W, xi = state("x", "N"), state("y", "N"), parameter("W", "N N"), parameter("xi", "N K")
beta = parameter("beta", positive=True)
scope = Scope(frozenset((x, y)))


def degrees(e: Any) -> list[list[tuple[str, int, str]]] | None:
    found = growth(e, scope)
    return None if found is None else sorted(sorted((str(p.of), p.side, str(d)) for p, d in m) for m in found)


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (total(W[i, j] * y[i] * sp.Max(0, y[j]), i, j), [[("y", -1, "1"), ("y", 1, "1")], [("y", 1, "2")]]),
        (total(sp.tanh(y[i]) * x[i], i), [[("x", -1, "1")], [("x", 1, "1")]]),
        (total(y[i] * sp.exp(y[i]), i) / total(sp.exp(y[i]), i), [[("y", -1, "1")], [("y", 1, "1")]]),
        (sp.log(total(sp.exp(beta * total(xi[i, a] * y[i], i)), a)), [[("y", -1, "1")], [("y", 1, "1")]]),
        (sp.sqrt(1 + total(y[i] ** 4, i)), [[("y", -1, "2")], [("y", 1, "2")]]),
        (total(y[i] / (1 + sp.exp(-y[i])), i), [[("y", 1, "1")]]),
        (total(y[i] ** 2 * sp.exp(-(y[i] ** 2)), i), [[]]),
    ],
)
def test_degrees_are_the_least_ones(e: Any, expected: Any) -> None:
    assert degrees(e) == expected


@pytest.mark.parametrize("e", [total(sp.exp(y[i]), i), total(1 / y[i], i), sp.log(total(y[i] ** 2, i)), total(sp.exp(y[i] * x[i]), i)])
def test_exponential_growth_and_poles_have_no_degree(e: Any) -> None:
    assert growth(e, scope) is None


def test_degrees_bound_the_formula_far_out() -> None:
    rng = random.Random(1)
    pieces = [sp.tanh(y[i]), sp.Max(0, y[i]), y[i], x[i], sp.sqrt(1 + x[i] ** 2), sp.log(1 + sp.exp(x[i])), sp.log(1 + y[i] ** 2)]
    for _ in range(40):
        e = total(sp.Mul(*rng.choices(pieces, k=rng.randint(1, 3))), i)
        g = growth(e, scope)
        assert g is not None
        plain = components(e, {"N": 1})
        for _ in range(4):
            at = {s: rng.choice((-1, 1)) * sp.Integer(10) ** rng.randint(0, 6) for s in plain.free_symbols}
            parts = {str(s)[0]: v for s, v in at.items()}

            def size(p: Part, parts: Any = parts) -> float:
                v = parts.get(str(p.of), 0)
                return 1 + float(abs(v)) if p.side * v > 0 else 1.0

            top = sum(float(sp.prod([size(p) ** float(d) for p, d in m])) for m in g)
            assert abs(float(plain.subs(at))) <= 50 * top


def test_bounded_tensors_count_nothing_even_in_an_exponential() -> None:
    assert growth(total(sp.exp(y[i]) * x[i], i), Scope(frozenset((x,)), frozenset((y,)))) == growth(total(x[i], i), Scope(frozenset((x,))))
    assert growth(total(sp.exp(y[i]), i), Scope(frozenset(), frozenset((y,)))) == CONSTANT


def test_a_component_under_a_sum_outside_is_not_the_whole_state() -> None:
    """Each y_i⁴ - y_j² falls without bound, though their sum over i and j does not."""
    inner = total((y[i] ** 4 - y[j] ** 2) ** 3, i, j)
    assert not lower(inner, scope).is_bounded
    assert covers(lower(total(sp.sqrt(1 + y[i] ** 2), i), scope), (y,))


def test_young_needs_strictly_smaller_degrees() -> None:
    quadratic = total(y[i] ** 2, i)
    assert lower(quadratic - total(W[i, j] * y[i] * sp.tanh(y[j]), i, j), scope).is_bounded
    assert not lower(quadratic - total(W[i, j] * y[i] * y[j], i, j), scope).is_bounded
    assert not lower(quadratic - total(W[i, j] * y[i] * x[j], i, j), scope).is_bounded
