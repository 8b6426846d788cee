"""verify: proofs, counterexamples and honest support on one model, with numbers given or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from energy_verdict import energy_verdict

import amsym as am
from amsym.errors import InputError, ModelError
from amsym.notation import indices, parameter, state, total
from amsym.verdict import KEYS, Report, Status, Undecided
from proofs.verify import verify

KEY = "energy never increases"
i, j = indices("i j", "N")
y = state("y", "N")
square = total(y[i] ** 2, i) / 2
cubic = am.System(flow={y[i]: y[i] ** 3 - y[i]}, energy=square)
rng = np.random.default_rng(0)
plain = rng.normal(size=(4, 4))
symmetric = plain + plain.T


def network(**declared: bool) -> am.System:
    W = parameter("W", "N N", **declared)
    energy = square - total(W[i, j] * y[i] * y[j], i, j) / 2
    return am.System(flow={y[i]: total(W[i, j] * y[j], j) - y[i]}, energy=energy)


def test_without_symmetric_the_verdict_changes_and_names_the_weights() -> None:
    assert energy_verdict(network(symmetric=True)).status is Status.PROVED
    verdict = energy_verdict(network())
    assert verdict.status is Status.REFUTED
    assert "W symmetric" in verdict.reason
    assert verdict.certificate["values"]["W"]


def test_numbers_that_are_exactly_symmetric_count_as_declared() -> None:
    assert energy_verdict(network(), params={"W": symmetric}).status is Status.PROVED


def test_numbers_that_are_symmetric_but_for_1e_9_do_not() -> None:
    W = symmetric.copy()
    W[0, 1] += 1e-9
    assert energy_verdict(network(), params={"W": W}).status is not Status.PROVED


def test_given_numbers_are_the_ones_in_the_counterexample() -> None:
    from fractions import Fraction

    verdict = energy_verdict(network(), params={"W": plain})
    assert verdict.status is Status.REFUTED
    assert [[float(Fraction(x)) for x in row] for row in verdict.certificate["values"]["W"]] == plain.tolist()
    assert verdict.certificate["sizes"] == {"N": 4}


@pytest.mark.parametrize(("beta", "status"), [(2.0, Status.PROVED), (-1.0, Status.REFUTED)])
def test_the_sign_of_a_given_scalar_counts_as_declared(beta: float, status: Status) -> None:
    a = parameter("a")
    system = am.System(flow={y[i]: -a * y[i]}, energy=square)
    assert energy_verdict(system, params={"a": beta}).status is status
    assert energy_verdict(system).status is Status.REFUTED


@pytest.mark.parametrize(
    "params",
    [{}, {"W": np.ones((2, 3))}, {"W": symmetric, "V": 1}, {"W": symmetric * np.nan}, {"W": "x"}],
    ids=["missing", "not square", "unknown", "nan", "text"],
)
def test_numbers_that_do_not_fit_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        verify(network(), params=params)


def test_numbers_against_a_declaration_are_refused() -> None:
    with pytest.raises(InputError, match="declared symmetric"):
        verify(network(symmetric=True), params={"W": plain})


def test_a_claim_that_is_false_only_outside_the_domain_is_not_refuted_inside() -> None:
    assert energy_verdict(cubic, domain={"y": (-1, 1)}).status is Status.SUPPORTED
    assert energy_verdict(cubic, domain={"y": (-2.0, 2.0)}).status is Status.REFUTED
    assert energy_verdict(cubic, domain={y: (0, np.inf)}).status is Status.REFUTED


def test_arrays_in_the_domain_bound_each_entry_and_fix_the_size() -> None:
    verdict = energy_verdict(cubic, domain={"y": (np.array([-1.0, -0.5, 1.5]), np.array([1.0, 0.5, 3.0]))})
    assert verdict.status is Status.REFUTED
    assert verdict.certificate["sizes"] == {"N": 3}
    assert sp.Rational(verdict.certificate["values"]["y"][2]) >= sp.Rational(3, 2)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ({"x": (0, 1)}, "no state"),
        ({"y": (1, 0)}, "low ≤ high"),
        ({"y": 3}, "pair"),
        ({"y": (0, float("nan"))}, "low ≤ high"),
        ({"y": ("a", "b")}, "pair"),
        ({"y": ([0, 0], [1, 1, 1])}, "pair"),
        ({"y": (np.zeros((2, 2)), np.ones((2, 2)))}, "shape"),
        ({"y": (np.zeros(0), np.ones(0))}, "size from 1 on"),
        ([("y", (0, 1))], "mapping"),
    ],
    ids=["name", "order", "number", "nan", "text", "ragged", "matrix", "empty", "list"],
)
def test_a_domain_that_makes_no_sense_is_refused(domain: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        verify(cubic, domain=domain)


def test_support_is_told_with_its_draws_and_its_bound_and_is_no_truth_value() -> None:
    verdict = energy_verdict(cubic, domain={"y": (-1, 1)})
    draws = verdict.certificate["draws"]
    assert verdict.certificate["95 % bound on the probability of a violation"] == pytest.approx(1 - 0.05 ** (1 / draws))
    with pytest.raises(Undecided):
        bool(verdict)


def test_draws_of_the_rate_are_no_support_for_an_energy_that_jumps() -> None:
    """E = floor(y) rises at every whole number, and dE/dt = 0 everywhere else."""
    stairs = am.System(flow={y[i]: sp.S.One}, energy=total(sp.floor(y[i]), i))
    assert energy_verdict(stairs).status is Status.UNDECIDED


def test_what_only_a_name_stands_for_is_neither_refuted_nor_supported() -> None:
    unnamed = am.System(flow={y[i]: -sp.Function("g", real=True)(y[i])}, energy=square)
    assert energy_verdict(unnamed).status is Status.UNDECIDED


def test_a_report_is_ordered_and_comes_back_from_json() -> None:
    report = verify(am.zoo.hopfield())
    assert list(report) == [key for key in KEYS if key in report]
    assert Report.from_json(report.to_json()) == report
    assert set(report.seconds) == set(report)


UNVERIFIABLE = [(3, "a System, a Memory or a Lagrangian"), (am.System(flow={y[i]: -y[i]}), "needs an energy")]


@pytest.mark.parametrize(("thing", "words"), UNVERIFIABLE)
def test_what_cannot_be_verified_is_told(thing: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        verify(thing)


def test_two_runs_give_the_same_report() -> None:
    assert verify(network()) == verify(network())


def test_a_memory_is_verified_as_its_system() -> None:
    memory = am.zoo.softmax_memory()
    assert energy_verdict(memory).status is energy_verdict(memory.system).status is Status.PROVED


@pytest.mark.slow
def test_long_formulas_end_undecided_or_better_and_not_never() -> None:
    xi, z, m = parameter("xi", "M N"), state("z", "M"), am.index("m", "M")
    energy = total((total(xi[m, i] * y[i], i) + z[m]) ** 6, m) * total(y[i] ** 2, i) ** 2
    system = am.System(flow={c: am.derivative(energy, c) for c in (y[i], z[m])}, energy=energy)
    assert energy_verdict(system).status in (Status.REFUTED, Status.UNDECIDED, Status.SUPPORTED)


def test_only_what_is_asked_for_is_decided_and_in_the_order_of_a_report() -> None:
    system = network(symmetric=True)
    assert list(verify(system, only="smooth")) == ["smooth"]
    assert list(verify(system, only=["symmetries", "smooth"])) == ["smooth", "symmetries"]
    with pytest.raises(am.InputError, match=r"no property 'smoth'; it has energy never increases, .*: name some"):
        verify(system, only="smoth")


def test_what_was_asked_for_by_name_is_answered_though_it_does_not_apply() -> None:
    report = verify(am.zoo.spins(), only=["energy coercive", "smooth", "dead directions", "symmetries"])
    assert [v.status for v in report.values()] == [Status.UNDECIDED] * 3 + [Status.PROVED]
    assert "no activation" in report["dead directions"].reason


def test_a_flow_that_is_wrong_near_its_steady_states_only_is_refuted() -> None:
    """E has β, the flow forgot it: f = 0 where ∇E is not."""
    k, m, n = am.index("k", "N"), *am.indices("m n", "M")
    X, beta = am.parameter("X", "N M"), am.parameter("beta", positive=True)

    def similar(m: Any) -> Any:
        return am.total(X[k, m] * y[k], k)

    E = am.total(y[k] ** 2, k) / 2 - sp.log(am.total(sp.exp(beta * similar(n)), n)) / beta
    weights = sp.exp(similar(m)) / am.total(sp.exp(similar(n)), n)
    system = am.System(flow={y[i]: am.total(X[i, m] * weights, m) - y[i]}, energy=E)
    for params in (None, {"X": np.random.default_rng(1).normal(size=(3, 5)), "beta": 3.0}):
        assert energy_verdict(system, params=params).status is Status.REFUTED
