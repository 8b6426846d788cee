"""Counterexamples: exact, within what is declared and the domain, readable, and never at a kink or an undefined point."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from amsym.notation import Tensor, components, indices, mask, parameter, state, total
from amsym.system import System, time
from proofs.draws import draw, flattened, nested, respects, tensor_values
from proofs.falsify import search

i, j = indices("i j", "N")
y = state("y", "N")
square = total(y[i] ** 2, i) / 2


def flow(f: Any, energy: Any = square) -> System:
    return System(flow={y[i]: f}, energy=energy)


def test_a_counterexample_is_shrunk_to_numbers_that_can_be_read() -> None:
    found = search(flow(total(parameter("W", "N N")[i, j] * y[j], j) - y[i])).violation
    assert found is not None
    assert found.sizes == {"N": 1}
    assert all(abs(v) <= 2 and v.denominator == 1 for value in found.values.values() for v in flattened(value).values())


def test_the_certificate_holds_the_exact_numbers_and_the_inequality() -> None:
    found = search(flow(y[i])).violation
    assert found is not None
    assert found.certificate() == {
        "kind": "exact counterexample",
        "sizes": {"N": 1},
        "values": {"y": ["1"]},
        "inequality": "dE/dt > 0",
        "value": "1.00000000000000",
    }


def test_the_value_below_all_floats_is_still_printed() -> None:
    found = search(flow(sp.tanh(y[i]) / 10**400, total(y[i], i))).violation
    assert found is not None
    assert "e-401" in found.words()


RIGHT_AT_KINKS: dict[str, Any] = {
    "a formal derivative of 1 at the kink of -y": lambda: flow(sp.S.One, total(y[i] - 2 * sp.Max(0, y[i]) + 2 * sp.Max(0, -y[i]), i)),
    "a kink that the flow leaves": lambda: flow(mask(y[i] >= 0), total(y[i] - sp.Max(0, y[i]), i)),
    "descent on a norm": lambda: flow(-sp.sign(y[i]), total(sp.Abs(y[i]), i)),
    "a ramp": lambda: flow(-sp.Heaviside(y[i]), total(sp.Max(0, y[i]), i)),
    "a saturated neuron": lambda: flow(-(1 - sp.tanh(50 * y[i]) ** 2) * y[i]),
    "a step in time": lambda: flow(-y[i], square * (2 - mask(time > 1))),
}


@pytest.mark.parametrize("name", RIGHT_AT_KINKS)
def test_nothing_is_refuted_at_a_kink(name: str) -> None:
    assert search(RIGHT_AT_KINKS[name]()).violation is None


@pytest.mark.parametrize("phi", [sp.sqrt, sp.log, sp.acosh, sp.asin, sp.atanh, sp.coth], ids=lambda f: f.__name__)
def test_nothing_is_refuted_where_the_energy_is_not_defined(phi: Any) -> None:
    """The derivative of √y at -1 is a number when squared; the energy has none."""
    energy = total(phi(y[i]), i)
    found = search(flow(-sp.diff(phi(sp.Symbol("x")), sp.Symbol("x")).subs(sp.Symbol("x"), y[i]), energy)).violation
    assert found is None


def test_the_domain_is_respected_while_searching_and_while_shrinking() -> None:
    wrong_outside = flow(y[i] ** 3 - y[i])
    assert search(wrong_outside, domain={"y": (-1, 1)}).violation is None
    found = search(wrong_outside, domain={"y": (Fraction(5, 4), 3)}).violation
    assert found is not None
    assert all(Fraction(5, 4) <= v <= 3 for v in flattened(found.values[y]).values())


def test_an_explicit_time_is_drawn_and_told() -> None:
    found = search(flow((time - 1) * y[i])).violation
    assert found is not None
    assert found.values[time] > 1
    assert "t = " in found.words()


PROPERTIES = [
    ("symmetric",),
    ("antisymmetric",),
    ("psd",),
    ("orthogonal",),
    ("positive",),
    ("nonnegative",),
    ("integer",),
    ("symmetric", "positive"),
    ("symmetric", "integer"),
    ("psd", "positive"),
]


@pytest.mark.parametrize("properties", PROPERTIES, ids=" ".join)
@given(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_draws_have_the_declared_properties(properties: tuple[str, ...], seed: int, n: int, coarse: bool) -> None:
    W = parameter("W", "N N", **dict.fromkeys(properties, True))
    values = draw(flow(total(W[i, j] * y[j], j)), {"N": n}, random.Random(seed), coarse)
    assert respects(W, values[W])


CONTRADICTIONS: dict[str, Tensor] = {
    "semidefinite and orthogonal": parameter("W", "N N", psd=True, orthogonal=True),
    "antisymmetric and positive": parameter("W", "N N", antisymmetric=True, positive=True),
    "symmetric and orthogonal": parameter("W", "N N", symmetric=True, orthogonal=True),
    "orthogonal, whole and nonnegative": parameter("W", "N N", orthogonal=True, integer=True, nonnegative=True),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_counterexample_has_all_declared_properties_together(name: str) -> None:
    W = CONTRADICTIONS[name]
    found = search(flow(-total(W[i, j] * y[j] ** 3, j))).violation
    assert found is None or respects(W, found.values[W])


def test_only_the_unit_matrix_is_semidefinite_and_orthogonal_so_nothing_is_refuted() -> None:
    W = CONTRADICTIONS["semidefinite and orthogonal"]
    assert search(flow(-total(W[i, j] * y[j] ** 3, j))).violation is None


ASSUMPTIONS = [
    {"negative": True},
    {"nonpositive": True},
    {"positive": True},
    {"nonnegative": True},
    {"integer": True, "positive": True},
    {"even": True},
    {"prime": True},
    {"real": True, "nonzero": True},
]


@pytest.mark.parametrize("known", ASSUMPTIONS, ids=str)
def test_a_scalar_in_a_counterexample_is_what_it_was_assumed_to_be(known: dict[str, bool]) -> None:
    a = sp.Symbol("a", **known)
    found = search(flow((a**2 - 2) * y[i])).violation
    assert found is not None
    assert respects(a, found.values[a])


@pytest.mark.parametrize(
    ("properties", "value", "right"),
    [
        (("psd",), ((1, 2), (2, 1)), False),
        (("psd",), ((1, 1), (1, 1)), True),
        (("psd",), ((0, 1), (1, 0)), False),
        (("psd",), ((0, 0), (0, -1)), False),
        (("symmetric",), ((0, 1), (2, 0)), False),
        (("antisymmetric",), ((0, 1), (-1, 0)), True),
        (("antisymmetric",), ((1, 1), (-1, 0)), False),
        (("orthogonal",), ((Fraction(3, 5), Fraction(4, 5)), (Fraction(-4, 5), Fraction(3, 5))), True),
        (("orthogonal",), ((1, 1), (0, 1)), False),
        (("integer",), ((Fraction(1, 2), 0), (0, 0)), False),
        (("positive",), ((1, 0), (1, 1)), False),
    ],
)
def test_the_test_of_declared_properties_is_exact(properties: tuple[str, ...], value: Any, right: bool) -> None:
    exact = tuple(tuple(map(Fraction, row)) for row in value)
    assert respects(parameter("W", "N N", **dict.fromkeys(properties, True)), exact) is right


def test_tables_and_nested_tuples_are_the_same_numbers() -> None:
    value = tensor_values(parameter("W", "N K"), (2, 3), lambda: Fraction(1), random.Random(0))
    assert nested(flattened(value), (2, 3)) == value


def test_matrix_properties_over_more_axes_than_two_are_not_drawn() -> None:
    Q = parameter("Q", "N N N N", psd=True)
    result = search(flow(-total(Q[i, i, j, j] * y[j], j)))
    assert (result.violation, result.evaluations) == (None, 0)


def test_a_counterexample_is_one_by_sympy_as_well() -> None:
    W = parameter("W", "N N")
    energy = square - total(W[i, j] * y[i] * y[j], i, j) / 2
    found = search(flow(total(W[i, j] * y[j], j) - y[i], energy)).violation
    assert found is not None
    n = found.sizes["N"]
    explicit = components(energy, {"N": n})
    f = components(total(W[i, j] * y[j], j) - y[i], {"N": n})
    numbers = {t[at]: sp.Rational(v.numerator, v.denominator) for t in (W, y) for at, v in flattened(found.values[t]).items()}
    rate = sum(sp.diff(explicit, y[k]) * f[k] for k in range(n)).subs(numbers)
    assert rate > 0
    assert found.rise.contains(arb_of(rate))


def arb_of(x: sp.Rational) -> Any:
    from numeric.rigorous import ball

    return ball(x)
