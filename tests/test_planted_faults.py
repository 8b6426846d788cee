"""Faults in small regions of state or parameter space are found and shrunk to readable numbers; right lookalikes are never refuted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import planted_mistakes
import planted_regions
import pytest
import sympy as sp
from planted_regions import Case, Q, decay, i, j, square, y
from strategies_systems import Explicit

import amsym as am
from amsym.notation import total
from amsym.notation.tensors import Entry
from proofs.draws import fits, flattened
from proofs.falsifier.inequality import rate_inequality
from proofs.falsify import Falsifier, Search, Violation, search
from proofs.question import Question, question
from proofs.settings import in_domain

FAULTS = {**planted_regions.FAULTS, **planted_mistakes.FAULTS}
LONG = ("one place of many", "attention off by one percent")
SLOW = (
    *LONG,
    "kink moved",
    "beta squared",
    "antisymmetric part",
    "irregular ball",
    "wrong tau",
    "bias off by a thousandth",
    "skewed by epsilon",
    "missing factor",
)
# Digits of numerator and denominator together that a number of a counterexample may have.
DIGITS = 10


def asked(case: Case) -> Question:
    return question(*case)


def searched(q: Question, seconds: float = 6.0) -> Search:
    return search(q.system, q.fixed, q.sizes, q.domain, seconds)


def rate_by_sympy(q: Question, found: Violation) -> sp.Expr:
    """dE/dt by SymPy's own derivatives of the explicit formulas, to 60 digits."""
    explicit = Explicit(q.system, {axis: found.sizes[axis] for axis in q.system.axes})
    values = {key: flattened(value) for key, value in found.values.items()}
    numbers = {s: values[s.tensor][s.position] if isinstance(s, Entry) else values[s][()] for s in explicit.symbols}
    return sp.N(explicit.rate.subs({s: sp.Rational(x.numerator, x.denominator) for s, x in numbers.items()}), 60)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in FAULTS])
def test_a_planted_fault_is_found_and_shrunk_to_numbers_that_can_be_read(name: str) -> None:
    q = asked(FAULTS[name]())
    found = searched(q).violation
    assert found is not None
    assert found.rise > 0
    assert fits(q.system, found.values, q.fixed or {})
    assert in_domain(found.values, q.domain)
    free = [x for key, value in found.values.items() if key not in (q.fixed or {}) for x in flattened(value).values()]
    assert all(len(str(abs(x.numerator))) + len(str(x.denominator)) <= DIGITS for x in free)
    if name not in LONG:
        assert rate_by_sympy(q, found) > 0


@pytest.mark.slow
def test_most_of_the_faults_are_missed_by_exact_draws_alone() -> None:
    """The gallery is not easy: without the climb the draws find few."""
    missed = []
    for name in ("saturated only", "narrow ring", "tiny ball", "irregular ball", "large coupling", "antisymmetric part"):
        q = asked(FAULTS[name]())
        claim = replace(rate_inequality(q.system), formula=None)
        found = Falsifier(claim, q.fixed or {}, q.sizes, q.domain or {}).run(0.5)
        missed += [name] * (found.violation is None and found.starts == 0)
    assert len(missed) >= 5


@pytest.mark.parametrize("name", planted_regions.RIGHT)
def test_a_right_statement_is_never_refuted_nor_suspected(name: str) -> None:
    q = asked(planted_regions.RIGHT[name]())
    found = searched(q, 0.2)
    assert found.violation is None
    assert found.suspect is None
    assert found.starts > 0
    assert found.worst <= 0


def test_numbers_that_do_not_matter_are_set_to_zero_or_one_though_the_region_is_thin() -> None:
    """The flow's leak is off by a hundredth: X, h and y must follow one another to the steady state while one of them is made simple."""
    q = asked(FAULTS["missing factor"]())
    found = searched(q).violation
    assert found is not None
    assert found.sizes == {"N": 1, "M": 1}
    (X,) = (v for k, v in found.values.items() if k.name == "X")
    assert X[0][0].denominator == 1


def test_what_is_rounded_stays_in_the_domain() -> None:
    """Rounded to 5, the corner would lie outside."""
    end = Q(497, 100)
    system = decay(1 - 400 * sp.Max(0, total(y[j] - end, j) + Q(1, 100)))
    q = asked((system, None, {"y": (np.full(5, -5.0), np.full(5, 4.97))}))
    found = searched(q).violation
    assert found is not None
    assert in_domain(found.values, q.domain)
    assert min(found.values[y]) > Q(49, 10)


def test_what_is_rounded_keeps_what_is_declared() -> None:
    """Wrong for ε below 10⁻³, also for ε = 0, which is not positive."""
    eps = am.parameter("epsilon", positive=True)
    found = search(decay(eps - Q(1, 1000))).violation
    assert found is not None
    assert 0 < found.values[eps] < Q(1, 1000)


def test_a_fault_in_a_lagrangian_within_a_thousandth_is_a_curvature_below_zero() -> None:
    thin = am.Lagrangian.joint(lambda x, k: total(x[k] ** 2, k) / 2 + sp.exp(-(10**6) * (total(x[k], k) - Q(22, 7)) ** 2) / 10**5)
    system: Any = am.System(flow={y[i]: -y[i]}, energy=square, activations={y: thin})
    verdict = am.verify(system, only="Lagrangians convex")["Lagrangians convex"]
    assert verdict.status is am.Status.REFUTED
    assert "Λ(y)" in verdict.reason
