"""What the falsifier says: judgements by balls, suspects, formulas of the user, time, and what a search without a find is worth."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from energy_verdict import energy_verdict
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

import amsym as am
from amsym.errors import InputError, ModelError
from amsym.notation import indices, mask, parameter, state, total
from amsym.notation.effort import time_limit
from amsym.system import System, time
from amsym.verdict import Status
from proofs.falsifier.evidence import at_most
from proofs.falsifier.inequality import formula_inequality, rate_inequality
from proofs.falsifier.judged import Suspect, judged
from proofs.falsify import Falsifier, Violation, falsify, search
from proofs.probes import rate_probe
from proofs.question import Question

i, j = indices("i j", "N")
y, b = state("y", "N"), parameter("b", "N")
square = total(y[i] ** 2, i) / 2
still = System(flow={y[i]: -y[i]})


def flow(f: Any, energy: Any = square) -> System:
    return System(flow={y[i]: f}, energy=energy)


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

# SciPy has Airy's function, balls here have it not. It falls, so this energy rises.
unknown = total(sp.airyai(y[i] ** 2), i)
unproved = flow(-y[i], unknown)


def test_what_floats_see_and_balls_cannot_settle_is_undecided_with_margin_and_point() -> None:
    verdict = energy_verdict(unproved, domain={"y": (np.full(1, -3.0), np.full(1, 3.0))})
    assert verdict.status is Status.UNDECIDED
    assert verdict.certificate["margin"] > 0.1
    assert verdict.certificate["values"]["y"]
    assert "suspected, not confirmed" in verdict.reason
    found = falsify(unproved, unknown, "<=", 0, seconds=0.3)
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


BAD: list[tuple[Any, Any, type[Exception], str]] = [
    (total(y[i], i), "!=", InputError, "one of <=, >=, <, >"),
    (y[i], "<=", InputError, "free indices"),
    (state("z", "N")[i], "<=", InputError, "free indices"),
    (total(state("z", "N")[i], i), "<=", ModelError, "has no equation"),
    (total(y[i], i), {"y": (-1, 1)}, InputError, "one of <=, >=, <, >"),
    ("energy", "<=", InputError, "the text 'energy'"),
]


@pytest.mark.parametrize(("formula", "relation", "error", "words"), BAD)
def test_formulas_and_relations_that_make_no_sense_are_told(formula: Any, relation: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        falsify(still, formula, relation)


def test_a_name_is_no_bound_and_no_model_and_a_text_of_a_number_is_that_number() -> None:
    with pytest.raises(InputError, match="the text 'big'"):
        falsify(still, total(y[i], i), "<=", "big")
    with pytest.raises(ModelError, match="takes a System, a Memory"):
        falsify("hopfield", total(y[i], i))  # type: ignore[arg-type]
    found = falsify(still, total(y[i] ** 2, i), "<=", "1/2")
    assert isinstance(found, Violation)
    assert str(found) == repr(found) == found.words()


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
    assert certificate["worst"] == 0
    values = {y: tuple(Fraction(x) for x in certificate["worst at"]["values"]["y"])}
    worst, _ = rate_probe(cubic)(certificate["worst at"]["sizes"], values)
    assert float(worst) == certificate["worst"]


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
