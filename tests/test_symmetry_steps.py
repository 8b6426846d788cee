"""Generators that only look like symmetries, on flat pieces or beside jumps, are not told; finite steps catch each that is planted."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from time import thread_time
from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
import proofs.symmetry.found
from amsym.notation.effort import time_limit
from amsym.symmetry import Complete, complete_words, family, kinds, templates
from amsym.verdict import Status
from numeric.certified_rank import certified_full_rank
from numeric.symmetries import Sampler, Samples, open_fields
from proofs.probes import kink_functions
from proofs.properties.symmetries import verdict_of
from proofs.symmetry.clock import Clock
from proofs.symmetry.found import symmetries
from proofs.symmetry.points import Points, kink_scales
from proofs.symmetry.samples import explore, sampled
from proofs.symmetry.search import counted
from proofs.symmetry.steps import Steps, at_state, moved, rationalised

i, j = am.indices("i j", "N")
y, u = am.state("y", "N"), am.state("u", "N")
S, b = am.parameter("S", "N N", symmetric=True), am.parameter("b", "N")
SIZES = {"N": 3}


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found must not depend on how busy the machine is."""
    monkeypatch.setattr(proofs.symmetry.found, "ALL", 60.0)


def still(energy: Any, *components: Any) -> am.System:
    """A system with this energy; its flow does not matter here."""
    return am.System(flow={c: -c for c in components or (y[i],)}, energy=energy)


def soft(at: Any) -> am.Lagrangian:
    """The Lagrangian of a soft threshold: flat for |x| < at."""
    return am.Lagrangian(lambda x: sp.Max(0, x - at) ** 2 / 2 + sp.Max(0, -x - at) ** 2 / 2)


FLAT: dict[str, Callable[[], am.System]] = {
    "soft threshold": lambda: am.zoo.hopfield(soft(1)),
    "soft threshold far out": lambda: am.zoo.hopfield(soft(90)),
    "one side further out": lambda: am.zoo.hopfield(am.Lagrangian(lambda x: sp.Max(0, x - 5) ** 2 / 2 + sp.Max(0, -x - 70) ** 2 / 2)),
    "very far out": lambda: still(am.total(sp.Max(0, y[i] - 10**6) ** 2, i)),
    "very near": lambda: still(am.total(b[i] * sp.Max(0, 1 - 1000 * y[i]) ** 2, i)),
    "threshold of each neuron": lambda: still(am.total(sp.Max(0, y[i] - am.parameter("theta", "N", positive=True)[i]) ** 2, i)),
    "a ball with a dent": lambda: still(sp.Max(0, am.total(y[i] ** 2, i) - 100) ** 2 + am.total(b[i] * sp.Max(0, y[i] - 30) ** 2, i)),
}


@pytest.mark.parametrize("name", FLAT)
def test_no_generator_is_told_where_only_a_piece_is_flat(name: str) -> None:
    found = symmetries(FLAT[name]())
    assert not found.generators
    assert not found.unproved
    assert all(c.certified and c.dimension == 0 for c in found.complete), found
    assert not [words for words in found.open if "fits" in words]


JUMPS: dict[str, Callable[[], am.System]] = {
    "absolute values": lambda: am.zoo.hopfield(am.Lagrangian(lambda x: sp.Abs(x))),
    "brackets": lambda: still(am.total(b[i] * am.mask(y[i] > 0), i)),
}


@pytest.mark.parametrize("name", JUMPS)
def test_steps_of_the_energy_admit_what_keeps_the_signs_and_no_shift(name: str) -> None:
    found = symmetries(JUMPS[name]())
    assert not found.generators
    assert [f.lines for f in found.unproved] == ["δy[i] = c[i]*y[i]"]
    assert all(not c.certified and c.numerical == c.sizes["N"] and c.open for c in found.complete)
    text = verdict_of(found).reason
    assert "shift" not in text
    assert "others are not excluded" in text


@pytest.mark.parametrize("energy", [am.total(b[i] * am.mask(y[i] > 50), i), am.total(y[i] ** 2, i) ** 2 + am.total(am.mask(y[i] > 100), i)])
def test_what_only_a_jump_breaks_is_neither_told_nor_excluded(energy: Any) -> None:
    found = symmetries(still(energy))
    assert not found.generators
    assert not found.unproved
    assert verdict_of(found).status is (Status.PROVED if found.discrete else Status.UNDECIDED)
    assert "further affine generators at N = 4 are not excluded" in verdict_of(found).reason


def test_rotations_of_a_jump_at_a_sphere_stand_finite_steps() -> None:
    found = symmetries(still(am.mask(am.total(y[i] ** 2, i) > 1)))
    assert [f.words for f in found.unproved] == ["rotations of y over N"]


COUPLING = np.array([[1.0, -1.0, 0.5], [-1.0, 1.0, -0.5], [0.5, -0.5, 0.25]])


@pytest.mark.parametrize("at", [1, 90])
def test_given_numbers_have_no_generators_on_flat_pieces_either(at: int) -> None:
    found = symmetries(am.zoo.hopfield(soft(at)), {"W": COUPLING, "b": np.array([1.0, 2.0, 0.5])})
    assert not found.at_sizes
    assert all(c.certified for c in found.complete)


def test_kinks_at_given_numbers_are_met() -> None:
    theta = am.parameter("theta", "N")
    found = symmetries(still(am.total(sp.Max(0, y[i] - theta[i]) ** 2, i)), {"theta": np.array([1e4, 2e5, 3.0])})
    assert not found.at_sizes
    assert all(c.certified for c in found.complete)


def test_generators_of_given_numbers_that_are_no_simple_rationals_are_still_counted() -> None:
    rows = np.array([[2, 1.3, 0.1], [1.3, 1.7, 0.2], [0.1, 0.2, 3]])
    found = symmetries(still(sp.Max(0, am.total(S[i, j] * y[i] * y[j], i, j) - 20) ** 2), {"S": rows})
    assert [c.numerical for c in found.complete] == [3]
    for g in found.at_sizes:
        assert np.allclose(rows @ g.field[:, :-1], -(rows @ g.field[:, :-1]).T, atol=1e-4)


def near(system: am.System, count: int = 18) -> Samples:
    """Samples on the usual scales only, as if the numbers in the kinks were not known."""
    sampler, samples = Sampler(system, kink_functions(system)), Samples(system.states, SIZES)
    points = Points(system, SIZES, {}, random.Random(1))
    for _ in range(count):
        sampler.add(samples, points.draw())
    return samples


def test_a_planted_generator_of_the_flat_piece_fits_all_samples_and_fails_finite_steps() -> None:
    system = still(am.total(b[i] * sp.Max(0, y[i] - 40) ** 2, i))
    samples = near(system)
    assert len(open_fields(samples.matrix)) == 12
    steps, kind = Steps(system, samples, Clock(60.0)), kinds((y,))[0]
    planted = [templates((y,), kind, 0, True)[0], templates((y,), kind, 0)[0]]
    for template in planted:
        assert not steps.keep_family(family(kind, ((Fraction(1), template),), frozenset()))
    left = counted(steps, np.zeros((0, 12)), np.zeros((0, 12)), open_fields(samples.matrix))
    assert (left.numerical, left.open) == (0, 12)


def test_exploring_leaves_the_flat_piece_and_then_the_rank_is_certified() -> None:
    system = still(am.total(b[i] * sp.Max(0, y[i] - 4000) ** 2, i))
    samples = near(system)
    explore(Sampler(system, kink_functions(system)), samples, Clock(60.0))
    assert not len(open_fields(samples.matrix))
    assert certified_full_rank(samples, np.zeros((0, 12)))


def test_what_is_there_stands_finite_steps() -> None:
    log_sum = still(sp.log(am.total(sp.exp(y[i]), i)) - am.total(y[i], i) / i.size)
    samples = near(log_sum)
    assert Steps(log_sum, samples, Clock(60.0)).keep_all(open_fields(samples.matrix))
    assert Steps(log_sum, samples, Clock(60.0)).keep_all(open_fields(samples.gradient_matrix))
    sphere = still(am.total(y[i] ** 2, i) ** 2)
    rotations = open_fields(near(sphere).matrix)
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0] @ rotations
    assert Steps(sphere, near(sphere), Clock(60.0)).keep_all(turned)
    assert not Steps(log_sum, samples, Clock(60.0)).keep_all(turned)
    assert not Steps(sphere, near(sphere), Clock(-1.0)).keep_all(turned)


def test_the_flow_of_a_field_is_its_exponential() -> None:
    quarter = np.array([[0, -1, 0], [1, 0, 0]]) * np.pi / 2
    field, simple = rationalised(quarter)
    after = moved(field, [Fraction(3), Fraction(1), Fraction(1)], 1.0)
    assert not simple
    assert after is not None
    assert np.allclose([float(x) for x in after], [-1, 3])
    (grown,) = moved([[Fraction(1), Fraction(2)]], [Fraction(1), Fraction(1)], 1.0) or [Fraction(0)]
    assert float(grown) == pytest.approx(3 * np.e - 2)
    assert moved([[Fraction(1), Fraction(0)]], [Fraction(1), Fraction(1)], 50.0) is None


def test_a_state_is_put_in_the_place_of_a_samples() -> None:
    system = still(am.total(b[i] * (y[i] - u[i]) ** 2, i), y[i], u[i])
    samples = sampled(system, SIZES, {}, Clock(60.0))
    assert samples is not None
    values = at_state(samples, 0, [Fraction(n) for n in range(6)])
    assert (values[y], values[u]) == ((0, 1, 2), (3, 4, 5))
    assert values[b] == samples.points[0][b]


def test_kinks_give_the_scales_of_the_draws() -> None:
    assert kink_scales([y[i] - 100, sp.Rational(1, 7) - y[i]], {}) == [Fraction(1, 50), Fraction(2, 7), 14, 200]
    assert kink_scales([y[i] - b[i]], {b: (Fraction(30), Fraction(0))}) == [Fraction(1, 15), 60]
    assert kink_scales([], {}) == []


def test_counts_are_told_in_the_singular_and_the_plural() -> None:
    words = [complete_words(Complete({"N": 4}, 2, n, False, 26, open=k)) for n, k in ((3, 0), (4, 0), (3, 1), (2, 1), (2, 0))]
    assert words == [
        "1 further affine generator at N = 4, found numerically",
        "2 further affine generators at N = 4, found numerically",
        "1 further affine generator at N = 4, found numerically, and others are not excluded",
        "further affine generators at N = 4 are not excluded",
        "no further affine generators found at N = 4 (26 samples)",
    ]


def test_sizes_are_told_as_words() -> None:
    R = am.parameter("R", "N N", symmetric=True)
    found = symmetries(still(sp.sqrt(-1 - am.total(y[i] ** 2, i)) + am.total(R[i, j] * y[i] * y[j], i, j)))
    assert "at N = 4: only shifts" in found.open[0]
    assert "{" not in str(found)
    counts = verdict_of(symmetries(still(am.total(y[i] ** 2, i) ** 2))).certificate["complete"]
    assert {c["counted"] for c in counts} == {"all affine generators"}


def test_a_lagrangian_is_judged_in_its_network() -> None:
    found = symmetries(am.lagrangians.softmax())
    assert found.name == "hopfield (softmax)"
    assert "shift of y by one constant" in [f.words for f in found.generators]
    with pytest.raises(am.ModelError, match="or a Lagrangian"):
        symmetries("softmax")


@pytest.mark.parametrize(
    "make", [lambda: am.zoo.hierarchical(3), lambda: am.zoo.hierarchical(3, "relu"), lambda: am.zoo.hopfield("entmax15")]
)
def test_a_search_ends_soon_after_its_limit_with_what_it_has(make: Callable[[], am.System]) -> None:
    model = make()
    model = getattr(model, "system", model)
    start = thread_time()
    with time_limit(0.05):
        found = symmetries(model)
    # One sample, one fit and one rank may be under way; unhurried these take two to seven seconds.
    assert thread_time() - start < 1.0
    assert found.open or any(c.numerical is None for c in found.complete)
    assert verdict_of(found).status is Status.UNDECIDED
