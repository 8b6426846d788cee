"""Proposition 1: the energy is flat along dead directions where it is, and exact pairs of states say where it is not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians
from amsym.lagrangian import Lagrangian
from amsym.notation import indices, parameter, state, total
from amsym.prover.joined import without_joined
from amsym.system import System
from amsym.verdict import Status, Verdict
from numeric.rigorous import Evaluator
from proofs.properties.flat import decide
from proofs.question import question
from tests import memories

i, j = indices("i j", "N")
y, W, b = state("y", "N"), parameter("W", "N N", symmetric=True), parameter("b", "N")


def verdict(model: Any, params: Any = None, domain: Any = None) -> Verdict:
    found = decide(question(getattr(model, "system", model), params, domain))
    assert found is not None
    return found


FLAT = {
    **{
        name: (lambda name=name: am.zoo.hopfield(name))
        for name in ("relu", "repu", "hard_tanh", "rectified_exponential", "softmax", "layernorm", "sparsemax")
    },
    "not symmetric": lambda: am.zoo.hopfield("relu", symmetric=False),
    "layernorm without epsilon": lambda: am.zoo.hopfield(lagrangians.layernorm(eps=0)),
    "radial": lambda: am.zoo.hopfield(lagrangians.rms_norm(eps=0)),
    "leaky with slope 0": lambda: am.zoo.hopfield(lagrangians.leaky_relu(0)),
    "constant activation": lambda: am.zoo.hopfield(Lagrangian(lambda x: 3 * x)),
    "softmax memory": am.zoo.softmax_memory,
    "attention": am.zoo.attention,
    "hierarchical relu": lambda: am.zoo.hierarchical(3, "relu"),
    "hierarchical softmax": lambda: am.zoo.hierarchical(3, "softmax"),
    **{f"hand-written {name}": memories.SYSTEMS[name] for name in ("relu", "softmax", "two_layers", "three_layers")},
}


@pytest.mark.parametrize("name", FLAT)
def test_the_energy_is_flat_along_dead_directions(name: str) -> None:
    found = verdict(FLAT[name]())
    assert found.status is Status.PROVED, found
    assert all(("identity" in s) or ("lemma" in s) for s in found.certificate["steps"])


def by_hand(extra: Any = 0, g: Any = lambda u: sp.Max(0, u), L: Any = lambda u: sp.Max(0, u) ** 2 / 2, name: str = "by hand") -> System:
    """The energy of eq. (2), with a term added."""
    energy = total((y[i] - b[i]) * g(y[i]) - L(y[i]), i) - total(W[i, j] * g(y[i]) * g(y[j]), i, j) / 2 + extra
    return System(flow={y[i]: total(W[i, j] * g(y[j]), j) - y[i] + b[i]}, energy=energy, name=name)


def clip(u: Any) -> Any:
    return sp.Max(-1, sp.Min(1, u))


def huber(u: Any) -> Any:
    return u**2 / 2 - sp.Max(0, u - 1) ** 2 / 2 - sp.Max(0, -u - 1) ** 2 / 2


PLANTED = {
    "a leak in the energy": lambda: by_hand(total(y[i] ** 2, i) / 2),
    "a bias on the state": lambda: by_hand(total(b[i] * y[i], i)),
    "a hardly visible leak": lambda: by_hand(total(y[i], i) / 10**12),
    "a Lagrangian of the whole line": lambda: by_hand(L=lambda u: u**2 / 2),
    "clipped with the wrong sign": lambda: by_hand(g=clip, L=lambda u: -huber(u)),
    "clipped without its Lagrangian": lambda: by_hand(g=clip, L=lambda u: sp.S.Zero),
    "clipped with a kink misplaced": lambda: by_hand(g=clip, L=lambda u: u**2 / 2 - sp.Max(0, u - 2) ** 2 / 2 - sp.Max(0, -u - 1) ** 2 / 2),
    **{f"residual {name}": (lambda name=name: am.zoo.residual_energy(name)) for name in ("relu", "hard_tanh", "softmax", "layernorm")},
}


SLOW = ("clipped with the wrong sign", "clipped with a kink misplaced", "residual hard_tanh")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in PLANTED])
def test_an_energy_that_is_not_flat_is_refuted_by_an_exact_pair(name: str) -> None:
    system = PLANTED[name]()
    found = verdict(system)
    assert found.status is Status.REFUTED, found
    data = found.certificate
    first = {t: read(data["values"][t.name]) for t in (*system.parameters, *system.states)}
    second = {**first, y: read(data["second state"]["y"])}
    energies = [Evaluator(data["sizes"], values)(system.energy) for values in (first, second)]
    assert abs(energies[1] - energies[0]) > 0
    activation = system.activations[y].activation(y[i]) if y in system.activations else clip(y[i]) if "clipped" in name else sp.Max(0, y[i])
    for n in range(data["sizes"]["N"]):
        gap = Evaluator(data["sizes"], first)(activation, {i: n}) - Evaluator(data["sizes"], second)(activation, {i: n})
        assert gap.contains(0)
        assert float(abs(gap)) < 1e-60


def read(value: Any) -> Any:
    return tuple(read(v) for v in value) if isinstance(value, list) else Fraction(value)


def test_a_wrong_lagrangian_that_vanishes_on_the_ray_leaves_the_energy_flat() -> None:
    assert verdict(by_hand(L=lambda u: -(sp.Max(0, u) ** 2))).status is Status.PROVED
    assert verdict(by_hand(L=lambda u: sp.S.Zero)).status is Status.PROVED


@pytest.mark.parametrize("name", ["tanh", "identity", "leaky_relu", "gaussian", "silu", "ghostmax", "rms_norm"])
def test_without_dead_directions_the_claim_is_vacuous(name: str) -> None:
    found = verdict(am.zoo.hopfield(name))
    assert found.status is Status.VACUOUS
    assert "there are no exact dead directions" in found.reason
    assert ("floating point only" in found.reason) == (name in ("tanh", "gaussian", "silu"))


def test_directions_that_may_exist_leave_the_claim_open() -> None:
    assert verdict(am.zoo.hopfield(lagrangians.leaky_relu(parameter("a")))).status is Status.UNDECIDED


def test_an_energy_that_jumps_on_the_ray_is_not_shown_flat() -> None:
    found = verdict(by_hand(total(am.mask(y[i] > -2), i)))
    assert found.status is Status.REFUTED


def test_a_jump_off_the_pairs_tried_is_not_shown_flat_either() -> None:
    found = verdict(by_hand(total(am.mask(y[i] > -500), i)))
    assert found.status is Status.SUPPORTED
    assert "may jump" in found.reason


def test_a_witness_keeps_to_the_domain() -> None:
    model = am.zoo.residual_energy("relu")
    pair = verdict(model, domain={"y": (-4, 5)}).certificate
    assert all(-4 <= Fraction(v) <= 5 for v in (*pair["values"]["y"], *pair["second state"]["y"]))
    assert verdict(model, domain={"y": (1, 5)}).status is Status.UNDECIDED


def test_given_parameters_are_those_of_the_witness() -> None:
    W2 = np.array([[0.0, 2.0], [2.0, 0.0]])
    found = verdict(am.zoo.residual_energy("relu"), {"W": W2, "b": np.zeros(2)})
    assert found.status is Status.REFUTED
    assert found.certificate["values"]["W"] == [["0", "2"], ["2", "0"]]


def test_coefficients_that_change_in_time_are_taken_at_a_fixed_time() -> None:
    found = verdict(by_hand(am.time * total(sp.Max(0, y[i]), i)))
    assert found.status is Status.PROVED
    assert "at any fixed time" in found.reason


def test_parts_that_meet_at_every_cut_do_not_jump() -> None:
    part = (sp.exp(sp.Max(0, y[i])) - 1) * am.mask(y[i] > 0)
    assert without_joined(part * W[i, j], (y,)) == sp.Max(0, y[i])
    assert without_joined(part * sp.tanh(y[j]), (y,)) == sp.Max(0, y[i]) * sp.tanh(y[j])
    for jump in (am.mask(y[i] > 0) * sp.exp(y[i]), part + am.mask(y[i] > 1), y[i] * am.mask(y[j] > 0)):
        assert without_joined(jump, (y,)).has(am.notation.Mask)


def test_a_term_of_the_mean_breaks_the_shift() -> None:
    model = am.zoo.hopfield("softmax")
    bent = System(flow=model.flow, energy=model.energy + total(y[i], i), activations=model.activations)
    assert verdict(bent).status is Status.REFUTED
