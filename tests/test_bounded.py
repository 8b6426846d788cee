"""Energy bounded below: proofs, certificates for given numbers, and paths on which the energy falls."""

from __future__ import annotations

import random
from typing import Any

import memories
import models_shown
import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym import zoo
from amsym.lagrangians import CATALOGUE
from amsym.prover.boundedness import energy_bounded_below, energy_coercive
from amsym.verdict import Status, Verdict
from numeric.rigorous import Evaluator
from proofs.infinity.definite import definite
from proofs.infinity.escape import escape
from proofs.properties import bounded
from proofs.question import question

i, j = am.indices("i j", "N")
a = am.index("a", "K")
x, y, W, b = am.state("x", "N"), am.state("y", "N"), am.parameter("W", "N N", symmetric=True), am.parameter("b", "N")
xi, P, beta = am.parameter("xi", "N K"), am.parameter("P", "N N", psd=True), am.parameter("beta", positive=True)


def system(e: Any) -> am.System:
    moving = [s for s in (x, y) if e.has(s)] or [y]
    return am.System(flow={s[i]: -s[i] for s in moving}, energy=e)


def decided(model: Any, params: Any = None) -> Verdict:
    return bounded.decide(question(getattr(model, "system", model), params))


def each(f: Any) -> Any:
    return am.total(f, i)


PROVED = {
    "modern Hopfield": each(y[i] ** 2) / 2 - sp.log(am.total(sp.exp(beta * am.total(xi[i, a] * y[i], i)), a)) / beta,
    "quartic over quadratic": each(y[i] ** 4) - am.total(W[i, j] * y[i] * y[j], i, j),
    "cubic memory in a quartic well": each(y[i] ** 4) - am.total(am.total(xi[i, a] * y[i], i) ** 3, a),
    "|y| - √(1 + y²)": each(sp.Abs(y[i]) - sp.sqrt(1 + y[i] ** 2)),
    "y²/(1 + y²)": each(y[i] ** 2 / (1 + y[i] ** 2)),
    "(xy - 1)² + x²": each((x[i] * y[i] - 1) ** 2 + x[i] ** 2),
    "eʸ - y": each(sp.exp(y[i]) - y[i]),
    "softplus(y) - softplus(y - 1)": each(sp.log(1 + sp.exp(y[i])) - sp.log(1 + sp.exp(y[i] - 1))),
    "a declared P ⪰ 0": am.total(P[i, j] * y[i] * y[j], i, j),
    "a norm against tanh": sp.sqrt(1 + each(y[i] ** 2)) - each(b[i] * sp.tanh(y[i])),
    "a kinked well": each(sp.Max(0, y[i]) ** 2 + sp.Max(0, -y[i])) - each(b[i] * sp.log(1 + sp.exp(y[i]))),
    "y² + sin y": each(y[i] ** 2 / 10 + 5 * sp.sin(y[i])),
}
FALLS = {
    "-log(1 + y²)": each(-sp.log(1 + y[i] ** 2)),
    "x² y² - x": each(x[i] ** 2 * y[i] ** 2 - x[i]),
    "(x - y)² - log(1 + x²)": each((x[i] - y[i]) ** 2 - sp.log(1 + x[i] ** 2)),
    "along a curve only": each((y[i] - x[i] ** 2) ** 2 - x[i]),
    "from size 2 on": sp.sqrt(1 + each(y[i] ** 2)) - each(y[i]),
    "the cubic memory": -am.total(am.total(xi[i, a] * y[i], i) ** 3, a),
    "the quadratic memory": each(y[i] ** 2) / 2 - am.total(am.total(xi[i, a] * y[i], i) ** 2, a),
    "P ⪰ 0 with a field": am.total(P[i, j] * y[i] * y[j], i, j) - each(b[i] * y[i]),
    "a kink on one side": each(sp.Max(0, y[i]) ** 2 - sp.Max(0, -y[i])),
    "softplus(y) - softplus(2y)": each(sp.log(1 + sp.exp(y[i])) - sp.log(1 + sp.exp(2 * y[i]))),
    "to a pole": each(1 / y[i] + y[i] ** 2),
    "to a log's end": each(sp.log(y[i] ** 2) + y[i] ** 2),
}


@pytest.mark.parametrize("name", PROVED)
def test_what_rises_faster_than_it_falls_is_proved(name: str) -> None:
    assert decided(system(PROVED[name])).status is Status.PROVED


@pytest.mark.parametrize("name", FALLS)
def test_a_path_to_minus_infinity_is_found_and_its_numbers_fall(name: str) -> None:
    verdict = decided(system(FALLS[name]))
    assert verdict.status is Status.REFUTED
    assert verdict.certificate["value"] == "-∞"
    energies = [float(v) for v in verdict.certificate["energies"].values()]
    assert energies == sorted(energies, reverse=True)
    assert set(verdict.certificate["path"]) <= {"x", "y"}


@pytest.mark.parametrize("name", [n for n in CATALOGUE if n not in ("sparsemax", "entmax15")])
def test_the_network_of_each_activation(name: str) -> None:
    """With a symbolic W: bounded exactly where the activation is bounded."""
    saturates = ["tanh", "sigmoid", "hard_tanh", "arctan", "erf", "gaussian", "softmax", "ghostmax", "layernorm", "rms_norm", "spherical"]
    if name in (*saturates, "identity", "relu", "leaky_relu", "softplus", "silu", "gelu", "exponential", "selu", "repu"):
        assert decided(zoo.hopfield(name)).status is (Status.PROVED if name in saturates else Status.REFUTED)


@pytest.mark.parametrize("model", [zoo.softmax_memory, zoo.hierarchical, zoo.residual_energy, zoo.spins, zoo.attention])
def test_the_zoo_is_bounded_below(model: Any) -> None:
    assert decided(model()).status is Status.PROVED


@pytest.mark.parametrize(
    ("weights", "bias", "expected"),
    [
        ([[0.5]], [1.0], Status.CERTIFIED),
        ([[2.0]], [0.0], Status.REFUTED),
        ([[1.0]], [1.0], Status.REFUTED),
        ([[1.0]], [-1.0], Status.CERTIFIED),
        ([[1.0, 0.0], [0.0, 1.0]], [-1.0, 1.0], Status.REFUTED),
        ([[0.5, 0.4], [0.4, 0.5]], [1.0, 1.0], Status.CERTIFIED),
        ([[0.5, 0.6], [0.6, 0.5]], [1.0, 1.0], Status.REFUTED),
        ([[0.5, -9.0], [-9.0, 0.5]], [1.0, 1.0], Status.CERTIFIED),
        ([[-5.0, -3.0], [-3.0, -4.0]], [1.0, 1.0], Status.CERTIFIED),
    ],
)
def test_relu_networks_with_numbers_are_decided_by_the_form_on_nonnegative_activations(weights: Any, bias: Any, expected: Status) -> None:
    assert decided(zoo.hopfield("relu"), {"W": weights, "b": bias}).status is expected


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "identity", "gelu", "silu", "softplus"])
def test_weak_couplings_are_certified_and_strong_ones_refuted(name: str) -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(5, 5))
    weights = (weights + weights.T) / 2
    weights /= np.abs(np.linalg.eigvalsh(weights)).max()
    bias = rng.normal(size=5)
    assert decided(zoo.hopfield(name), {"W": 0.9 * weights, "b": bias}).status is Status.CERTIFIED
    assert decided(zoo.hopfield(name), {"W": 5 * np.abs(weights), "b": bias}).status is Status.REFUTED


def test_a_negative_coupling_of_linear_neurons_is_not_left_out() -> None:
    """For relu the coupling -9 g₁ g₂ helps; for the identity, which takes both signs, it does not."""
    params = {"W": [[0.5, -9.0], [-9.0, 0.5]], "b": [1.0, 1.0]}
    assert definite(question(zoo.hopfield("identity"), params)) is None
    assert decided(zoo.hopfield("identity"), params).status is Status.REFUTED


def test_two_layers_of_which_one_is_linear() -> None:
    v, h = am.Layer("v", "N", am.lagrangians.identity()), am.Layer("h", "K", am.lagrangians.relu())
    memory = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")])
    assert decided(memory).status is Status.REFUTED
    assert decided(memory, {"xi": [[0.5, 0.2], [0.3, 0.1]]}).status is Status.CERTIFIED
    assert decided(memory, {"xi": [[0.9, 0.8], [0.3, 0.1]]}).status is Status.REFUTED


def test_a_joint_activation_is_bounded_also_where_it_is_written_by_hand() -> None:
    for model in (memories.single_softmax(), memories.two_layers(), models_shown.softmax(), models_shown.two_layers()):
        assert decided(model).status is Status.PROVED


def test_softmax_with_an_unbounded_synapse_is_not_proved() -> None:
    """-g² is bounded for softmax; -v² against ½v² is not, whatever the softmax does."""
    v, h = am.Layer("v", "N", am.lagrangians.identity()), am.Layer("h", "K", am.lagrangians.softmax())
    k, m = v.indices()[0], h.indices()[0]
    tame = am.synapses.expression(-5 * am.total(h.g[m] ** 4, m))
    wild = am.synapses.expression(-am.total(v.g[k] ** 2, k))
    assert decided(am.Memory([v, h], [tame])).status is Status.PROVED
    assert decided(am.Memory([v, h], [tame, wild])).status is Status.REFUTED


def test_a_declared_weight_is_respected_by_the_counterexample() -> None:
    w = am.parameter("w", "N", positive=True)
    assert decided(system(each(w[i] * y[i] ** 2) - each(b[i] * y[i]))).status is Status.PROVED
    u = am.parameter("u", "N", nonnegative=True)
    verdict = decided(system(each(u[i] * y[i] ** 2) - each(b[i] * y[i])))
    assert verdict.status is Status.REFUTED
    assert verdict.certificate["values"]["u"] == ["0"]


def test_time_is_held_fixed() -> None:
    t = am.time
    assert decided(system((1 + t**2) * each(y[i] ** 2))).reason.startswith("at each fixed t")
    assert decided(system((1 - t) * each(y[i] ** 2))).status is Status.REFUTED


def test_oscillations_and_names_are_left_open() -> None:
    assert decided(system(each(y[i] * sp.sin(y[i])))).status is Status.UNDECIDED
    assert decided(system(each(sp.Function("F")(y[i])))).status is Status.UNDECIDED
    assert decided(models_shown.abstract()).status is Status.UNDECIDED


def test_the_path_is_confirmed_on_the_energy_itself() -> None:
    found = escape(question(zoo.hopfield("relu")), falls=True).escape
    assert found is not None
    values = [Evaluator(found.sizes, found.path.point(found.values, r))(zoo.hopfield("relu").energy) for r in (10, 1000, 100000)]
    assert values[2] < values[1] < values[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_no_random_energy_is_both_proved_and_refuted(seed: int) -> None:
    rng = random.Random(seed)
    pool = [y[i], sp.Max(0, y[i]), sp.tanh(y[i]), sp.log(1 + sp.exp(y[i])), y[i] ** 2, sp.Abs(y[i]), sp.log(1 + y[i] ** 2), y[i] ** 3]
    pool += [sp.exp(-y[i]), sp.sqrt(1 + y[i] ** 2), y[i] / (1 + sp.exp(-y[i])), sp.atan(y[i]), sp.Max(0, y[i]) ** 2, y[i] ** 4]
    e = each(sum(rng.choice((-2, -1, 1, 2)) * rng.choice(pool) for _ in range(3)))
    e += rng.choice((0, 1)) * each(y[i] ** 2) + rng.choice((-1, 0, 1)) * am.total(
        W[i, j] * rng.choice(pool) * rng.choice(pool).xreplace({i: j}), i, j
    )
    if not e.has(y):
        return
    s = system(e)
    assert not (energy_bounded_below(s).status is Status.PROVED and escape(question(s), falls=True).escape)
    assert not (energy_coercive(s).status is Status.PROVED and escape(question(s), falls=False).escape)


RISING_ONLY = system(-each(y[i] ** 4))


@pytest.mark.parametrize(
    ("box", "status"),
    [((-5, 5), Status.PROVED), ((0, np.inf), Status.REFUTED), ((-np.inf, 3), Status.REFUTED)],
)
def test_the_domain_bounds_the_energy_or_has_a_ray_in_it(box: Any, status: Status) -> None:
    verdict = bounded.decide(question(RISING_ONLY, domain={"y": box}))
    assert verdict.status is status
    if status is Status.REFUTED:
        assert ("-r" in verdict.reason.split(" on ")[1]) == (box[0] == -np.inf)


def test_a_ray_outside_the_domain_refutes_nothing() -> None:
    cubic = system(each(y[i] ** 3))
    assert bounded.decide(question(cubic, domain={"y": (-np.inf, 3)})).status is Status.REFUTED
    assert bounded.decide(question(cubic, domain={"y": (0, np.inf)})).status is not Status.REFUTED


DENSITY = am.total(sp.Max(0, 1 - each((y[i] - xi[i, a]) ** 2) / 2), a)


def test_minus_the_logarithm_of_a_bounded_density_is_bounded_where_it_is_defined() -> None:
    verdict = decided(system(-sp.log(DENSITY)))
    assert verdict.status is Status.PROVED
    assert verdict.reason.startswith("where it is defined")


@pytest.mark.parametrize("e", [sp.log(DENSITY), -sp.log(each(y[i] ** 2)), -sp.log(DENSITY) * each(y[i]), each(1 / y[i])])
def test_a_logarithm_or_a_pole_that_falls_is_not_called_bounded(e: Any) -> None:
    assert energy_bounded_below(system(e)).status is Status.UNDECIDED


def test_minus_a_density_is_bounded_at_each_size() -> None:
    assert decided(system(-DENSITY)).status is Status.PROVED
    assert energy_bounded_below(system(-DENSITY * each(y[i] ** 2))).status is not Status.PROVED


@pytest.mark.parametrize("base", [sp.Max(0, y[i]), sp.Abs(y[i])])
def test_a_power_whose_sign_is_not_known_may_have_a_pole_in_the_box(base: Any) -> None:
    power = system(-each(base ** am.parameter("p")))
    assert bounded.decide(question(power, domain={"y": (-1, 1)})).status is not Status.PROVED
