"""The parts of the falsifier: rows and rationals, climbs, zeros, judgements by balls, suspects, and what a search is worth."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from energy_verdict import energy_verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

import amsym as am
from amsym.errors import InputError, ModelError
from amsym.notation import indices, mask, parameter, state, total
from amsym.notation.effort import time_limit
from amsym.system import System, time
from amsym.verdict import Status
from proofs.draws import respects
from proofs.falsifier.ascent import climb, newton
from proofs.falsifier.compiled import function_of, moved
from proofs.falsifier.coordinates import Coordinates, coordinates
from proofs.falsifier.evidence import at_most
from proofs.falsifier.inequality import formula_inequality, rate_inequality
from proofs.falsifier.judged import Suspect, judged
from proofs.falsifier.landmarks import arguments, beside, near_zeros
from proofs.falsifier.starts import starts
from proofs.falsify import Falsifier, Violation, falsify, search
from proofs.probes import rate_probe
from proofs.question import Question
from proofs.shrinking import shrunk, smaller

i, j = indices("i j", "N")
y, b = state("y", "N"), parameter("b", "N")
square = total(y[i] ** 2, i) / 2
still = System(flow={y[i]: -y[i]})


def flow(f: Any, energy: Any = square) -> System:
    return System(flow={y[i]: f}, energy=energy)


# Rows

DECLARED = [(), ("symmetric",), ("antisymmetric",), ("psd",), ("orthogonal",), ("positive",), ("symmetric", "nonnegative")]


@pytest.mark.parametrize("properties", DECLARED, ids=lambda p: " ".join(p) or "none")
@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from([1, 7, 1000, 10**9]))
def test_a_row_read_as_rationals_has_what_is_declared_and_comes_near(properties: tuple[str, ...], seed: int, n: int, largest: int) -> None:
    V = parameter("V", "N N", **dict.fromkeys(properties, True))
    at = coordinates(flow(total(V[i, j] * y[j], j)), {"N": n}, {}, {})
    row = at.projected(np.random.default_rng(seed).normal(size=(1, at.width)))[0]
    values = at.exact(row, largest)
    # A positive number near 0 is rounded to 1 in place of 0, and only the search that keeps it decides whether that will do.
    assert respects(V, values[V])
    if largest == 10**9:
        assert np.allclose(at.row(values), row, atol=1e-6)
    assert respects(V, at.exact(row, None)[V])


@given(st.integers(0, 10**6))
def test_projecting_twice_is_projecting_once(seed: int) -> None:
    S, O = parameter("S", "N N", symmetric=True), parameter("O", "N N", orthogonal=True)  # noqa: E741
    at = coordinates(flow(total(S[i, j] * O[j, i] * y[j], j)), {"N": 3}, {}, {"y": (-1, 1)})
    once = at.projected(np.random.default_rng(seed).normal(size=(5, at.width)) * 3)
    assert np.allclose(at.projected(once), once)
    assert np.abs(at.parts(once)[y]).max() <= 1


def test_formulas_of_rows_agree_with_the_model_itself() -> None:
    system = am.zoo.softmax_memory().system
    at = coordinates(system, {"N": 2, "K": 3}, {}, {})
    rows = at.projected(np.random.default_rng(0).normal(size=(4, at.width)))
    energies, flows = function_of(system.energy, at, {"N": 2, "K": 3}, {})(rows), moved(system.flow, at, {"N": 2, "K": 3}, {})(rows)
    for n, row in enumerate(rows):
        parts = {getattr(k, "name", str(k)): v[0] for k, v in at.parts(row[None]).items()}
        states = {s.name: parts.pop(s.name) for s in system.states}
        bound = am.compile(system).bind(parts)
        assert np.isclose(bound.energy(states), energies[n])
        assert np.allclose(np.concatenate([bound.flow(states)[s.name] for s in system.states]), flows[n][:5])
        assert not flows[n][5:].any()


# Climbs and zeros


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_a_climb_never_goes_down_and_reaches_the_top_of_a_cone_with_a_kink(seed: int, n: int) -> None:
    noise = np.random.default_rng(seed)
    at, top = Coordinates(("x",), ((n,),), np.full(n, -9.0), np.full(n, 9.0)), noise.uniform(-5, 5, size=n)
    last = -np.inf
    for _, values in climb(lambda x: -np.abs(x - top).max(axis=1), noise.normal(size=(4, n)), at, 120, noise):
        assert values.max() >= last
        last = float(values.max())
    assert last > -1e-3


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_newton_finds_the_zero_of_a_linear_field_at_once(seed: int, n: int) -> None:
    noise = np.random.default_rng(seed)
    A, zero = noise.normal(size=(n, n)) + 4 * np.eye(n), noise.normal(size=n)
    at = Coordinates(("x",), ((n,),), np.full(n, -99.0), np.full(n, 99.0))
    found = newton(lambda x: (x - zero) @ A.T, noise.normal(size=(2, n)), at, n, 4)
    assert np.allclose(found, zero, atol=1e-6)


def test_rows_beside_a_landmark_lie_on_both_sides_of_it() -> None:
    system = flow(-y[i] * mask(y[i] ** 2 > 7))
    at = coordinates(system, {"N": 1}, {}, {})
    (u,) = arguments(system)
    (rows,) = beside([u], np.random.default_rng(0).normal(size=(30, 1)), at, {"N": 1}, {}, np.random.default_rng(0))
    gap = rows[:, 0] ** 2 - 7
    assert ((gap > 0) & (gap < 1e-3)).any()
    assert ((gap < 0) & (gap > -1e-3)).any()


def test_rows_near_zeros_of_a_field_are_near_at_all_distances() -> None:
    system = flow(total(y[j], j) - 3 + y[i] ** 3)
    at, sizes, noise = coordinates(system, {"N": 2}, {}, {}), {"N": 2}, np.random.default_rng(0)
    field = moved(system.equations, at, sizes, {})
    size = np.abs(field(near_zeros(field, noise.normal(size=(30, 2)), at, 2, noise))).max(axis=1)
    assert [bool(((size > low) & (size < 30 * low)).any()) for low in (1e-6, 1e-4, 1e-2)] == [True] * 3


def test_some_starts_lie_close_to_each_corner_of_the_domain() -> None:
    system, sizes, domain = flow(-y[i]), {"N": 3}, {"y": (-2, 5)}
    at = coordinates(system, sizes, {}, domain)
    rows = starts(system, sizes, {}, at, 384, random.Random(0), np.random.default_rng(0))
    for corner in product((-2.0, 5.0), repeat=3):
        assert np.abs(rows - corner).max(axis=1).min() < 0.1


# Judgements


def test_only_a_ball_above_zero_is_a_violation_and_zero_itself_breaks_a_strict_claim() -> None:
    at_zero = {y: (Fraction(0),)}
    for relation, broken in (("<=", False), (">=", False), ("<", True), (">", True)):
        point = judged(formula_inequality(still, total(y[i], i), relation), {"N": 1}, at_zero)
        assert (point.violation is not None) is broken
        assert point.value == 0
    found = judged(formula_inequality(still, total(y[i], i), "<"), {"N": 1}, at_zero).violation
    assert found is not None
    assert found.certificate()["inequality"].endswith("≥ 0")


def test_a_ball_around_zero_is_neither_a_violation_nor_a_denial() -> None:
    claim = formula_inequality(still, sp.cosh(total(y[i], i)) ** 2 - sp.sinh(total(y[i], i)) ** 2 - 1)
    point = judged(claim, {"N": 1}, {y: (Fraction(1, 3),)})
    assert (point.violation, point.value) == (None, None)
    assert "lies in" in point.reason
    assert point.most < 1e-60


def test_a_violation_far_below_all_floats_is_confirmed_or_left_open_but_never_wrong() -> None:
    tiny = sp.Rational(1, 10**300)
    found = falsify(still, total(tiny * y[i] ** 2, i), "<=", 0, seconds=1.0)
    assert isinstance(found, Violation)
    assert found.rise > 0
    assert falsify(still, total(-tiny * y[i] ** 2, i), "<=", 0, seconds=0.5) is None
    hidden = total(sp.cosh(y[i]) ** 2 - sp.sinh(y[i]) ** 2 - 1 + tiny, i)
    assert not isinstance(falsify(still, hidden, "<=", 0, seconds=0.5), Violation)
    assert not isinstance(falsify(still, hidden - 2 * tiny * i.size, ">=", 0, seconds=0.5), Violation)


@pytest.mark.parametrize(
    ("energy", "f"),
    [
        (total(y[i] - 2 * sp.Max(0, y[i]) + 2 * sp.Max(0, -y[i]), i), sp.S.One),
        (total(sp.Abs(y[i] - 1), i), -sp.sign(y[i] - 1)),
        (total(sp.Max(0, y[i] - 2), i), -mask(y[i] >= 2)),
    ],
)
def test_a_formal_derivative_at_a_kink_refutes_nothing_also_for_the_climb(energy: Any, f: Any) -> None:
    found = search(flow(f, energy), seconds=0.25)
    assert found.violation is None
    assert found.suspect is None
    assert found.starts > 0


# Suspects

unproved = flow(y[i], total(sp.loggamma(y[i] ** 2 + 2), i))


def test_what_floats_see_and_balls_cannot_settle_is_undecided_with_margin_and_point() -> None:
    verdict = energy_verdict(unproved, domain={"y": (np.full(1, -3.0), np.full(1, 3.0))})
    assert verdict.status is Status.UNDECIDED
    assert verdict.certificate["margin"] > 0.9
    assert verdict.certificate["values"]["y"]
    assert "suspected, not confirmed" in verdict.reason
    found = falsify(unproved, total(sp.loggamma(y[i] ** 2 + 2), i), "<=", 0, seconds=0.3)
    assert isinstance(found, Suspect)
    assert all(x.denominator <= 10 for x in found.values[y])


def test_rounding_of_floats_is_no_suspicion() -> None:
    """v = 0, ∇E and f of size 10⁻¹⁷ by rounding only: the ball around 0 is tighter than what floats see."""
    assert search(am.zoo.softmax_memory().system, seconds=0.7).suspect is None


# Formulas of the user


def test_a_formula_of_states_and_new_parameters_is_refuted_within_what_is_declared() -> None:
    c = parameter("c", "N", positive=True)
    found = falsify(still, total(c[i] * y[i] ** 2, i) - 3 * total(y[i], i), ">=", 0)
    assert isinstance(found, Violation)
    assert all(x > 0 for x in found.values[c])
    assert falsify(still, total(c[i] * y[i] ** 2, i), ">=", 0, seconds=0.3) is None
    assert isinstance(falsify(still, total(y[i] ** 2, i), "<", 100), Violation)


def test_given_numbers_sizes_and_the_domain_of_a_question_are_kept() -> None:
    system = System(flow={y[i]: b[i] - y[i]}, energy=square)
    asked = Question(system, {b: (Fraction(1), Fraction(2))}, {"N": 2}, {"y": (0, 3)})
    found = falsify(asked, total(b[i] * y[i], i), "<=", Fraction(89, 10))
    assert isinstance(found, Violation)
    assert found.values[b] == (1, 2)
    assert all(0 <= x <= 3 for x in found.values[y])
    assert falsify(asked, total(b[i] * y[i], i), "<=", 9, seconds=0.3) is None


def test_an_energy_below_a_bound_in_a_thin_valley_is_found() -> None:
    valley = square - 3 * sp.exp(-(10**8) * (total(y[i], i) - sp.Rational(1, 7)) ** 2)
    found = falsify(still, valley, ">=", -2)
    assert isinstance(found, Violation)
    assert sum(found.values[y]) == Fraction(1, 7)


def test_an_update_that_raises_the_energy_in_a_narrow_place_is_found() -> None:
    step = y[i] / 2 + 9 * sp.exp(-(10**6) * (total(y[j], j) - 7) ** 2)
    system = System(update={y[i]: step}, energy=square, order="synchronous")
    found = search(system, domain={"y": (6, 8)}).violation
    assert found is not None
    assert "synchronous" in found.what


BAD: list[tuple[Any, str, type[Exception], str]] = [
    (total(y[i], i), "!=", InputError, "one of <=, >=, <, >"),
    (y[i], "<=", InputError, "free indices"),
    (state("z", "N")[i], "<=", InputError, "free indices"),
    (total(state("z", "N")[i], i), "<=", ModelError, "has no equation"),
]


@pytest.mark.parametrize(("formula", "relation", "error", "words"), BAD)
def test_formulas_and_relations_that_make_no_sense_are_told(formula: Any, relation: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        falsify(still, formula, relation)


# Shrinking


def test_neurons_that_are_not_needed_are_left_out() -> None:
    system = flow(y[i] * mask(y[i] > 1) - y[i] * mask(y[i] < 1))
    probe = rate_probe(system)
    values = {y: (Fraction(7, 3), Fraction(1, 3), Fraction(22, 7))}
    rise, what = probe({"N": 3}, values)
    found = smaller(Violation({"N": 3}, values, rise, what), probe, set(), system, {}, set())
    assert found.sizes == {"N": 1}
    assert shrunk(found, probe, set(), system, {}).values[y] == (Fraction(2),)
    kept = smaller(Violation({"N": 3}, values, rise, what), probe, set(), system, {}, {"N"})
    assert kept.sizes == {"N": 3}


def test_an_antisymmetric_matrix_is_shrunk_as_one() -> None:
    A = parameter("A", "N N", antisymmetric=True)
    system = flow(-y[i], square)
    claim = formula_inequality(system, total(A[i, j] * y[i] * (1 + y[j]), i, j))
    values = {y: (Fraction(1), Fraction(3)), A: ((Fraction(0), Fraction(-9, 7)), (Fraction(9, 7), Fraction(0)))}
    rise, what = claim.probe({"N": 2}, values)
    found = shrunk(Violation({"N": 2}, values, rise, what), claim.probe, set(), claim.system, {})
    assert found.values[A] == ((0, -1), (1, 0))


# Time and evidence


def test_a_search_goes_on_where_it_stopped() -> None:
    falsifier = Falsifier(rate_inequality(flow(-y[i] * sp.tanh(4 * (y[i] - 30)) * -1)))
    first = falsifier.run(0.0)
    assert (first.evaluations, first.violation) == (0, None)
    assert falsifier.run(5.0).violation is not None


def test_a_search_ends_before_the_time_allowed_does() -> None:
    with time_limit(0.5):
        found = search(am.zoo.attention().system, seconds=60.0)
    assert found.violation is None


def test_support_names_seed_draws_starts_and_the_worst_point() -> None:
    cubic = flow(y[i] ** 3 - y[i])
    certificate = energy_verdict(cubic, domain={"y": (-1, 1)}).certificate
    assert certificate["kind"] == "statistical"
    assert certificate["seed"] > 0
    assert certificate["starts"] > 100
    assert certificate["95 % bound on the probability of a violation"] == pytest.approx(3 / certificate["draws"], rel=0.01)
    assert certificate["worst value"] == 0
    values = {y: tuple(Fraction(x) for x in certificate["worst at"]["values"]["y"])}
    worst, _ = rate_probe(cubic)(certificate["worst at"]["sizes"], values)
    assert float(worst) == certificate["worst value"]


@given(st.integers(1, 3000), st.floats(0.5, 0.999))
def test_the_bound_is_that_of_clopper_and_pearson(draws: int, level: float) -> None:
    assert at_most(draws, level) == pytest.approx(beta.ppf(level, 1, draws), rel=1e-9)


def test_the_bound_holds_as_often_as_it_says() -> None:
    """Where 1 draw in 50 violates, 95 % of searches of 149 draws or fewer see one or give a bound above 1/50."""
    rng, p, n = np.random.default_rng(0), 0.02, 200
    seen_none = (rng.random((4000, n)) >= p).all(axis=1)
    assert seen_none.mean() * (at_most(n) < p) <= 0.05 + 0.01


def test_time_is_moved_as_states_are() -> None:
    found = search(System(flow={y[i]: -y[i] * sp.tanh(40 - time)}, energy=square)).violation
    assert found is not None
    assert found.values[time] > 40
