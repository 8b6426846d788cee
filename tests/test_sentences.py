"""Identities and matrices in words: what they say is short, true to the formulas, and free of needless factors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp
from models_shown import ALL, system

import amsym as am
from amsym.notation import Index, Tensor, index, indices, parameter, state, total
from amsym.prover import energy_never_increases
from amsym.prover.links import critical_are_steady, steady_are_critical
from amsym.verdict import Verdict

i, j = indices("i j", "N")
x, y, v = state("x", "N"), state("y", "N"), state("v", "N")
P, J = parameter("P", "N N", psd=True), parameter("J", "N N", antisymmetric=True)
gamma = parameter("gamma", positive=True)
a = index("a", "K")


def _square(s: Tensor) -> Any:
    return total(s[i] ** 2, i) / 2


def _oscillator() -> am.System:
    """Position and velocity with friction."""
    return am.System(flow={x[i]: v[i], v[i]: -x[i] - gamma * v[i]}, energy=_square(x) + _square(v))


def _rotated() -> am.System:
    """Down the gradient, and across it."""
    W = parameter("W", "N N", symmetric=True)
    energy = total(x[i] ** 4, i) / 4 + total(W[i, j] * x[i] * x[j], i, j) / 2

    def slope(k: Index) -> Any:
        return am.derivative(energy, x[k])

    return am.System(flow={x[i]: total(J[i, j] * slope(j), j) - slope(i)}, energy=energy)


MODELS: dict[str, Callable[[], am.System]] = {
    **{name: (lambda name=name: system(name)) for name in ALL if system(name).flow is not None and name != "tokens"},
    "oscillator": _oscillator,
    "gradient": lambda: am.System(flow={y[i]: -y[i]}, energy=_square(y)),
    "ascent": lambda: am.System(flow={y[i]: y[i]}, energy=_square(y)),
    "twice": lambda: am.System(flow={y[i]: -2 * y[i]}, energy=_square(y)),
    "matrix": lambda: am.System(flow={y[i]: -total(P[i, j] * y[j], j)}, energy=_square(y)),
    "rotated": _rotated,
    "by sign": lambda: am.System(flow={x[i]: total(J[i, j] * x[j], j) - x[i]}, energy=_square(x)),
    "at rest": lambda: am.System(flow={y[i]: 0 * y[i]}, energy=_square(y)),
    "shared part": lambda: am.System(flow={y[i]: -sp.exp(y[i]) * y[i]}, energy=-_square(y)),
    "square of the flow": lambda: am.System(flow={y[i]: total(P[i, j] * y[j], j)}, energy=total(total(P[i, j] * y[j], j) ** 2, i) / 2),
}


def verdicts(model: am.System) -> list[Verdict]:
    found = [energy_never_increases(model), steady_are_critical(model), critical_are_steady(model)]
    return [v for v in found if v is not None]


def sentences(verdict: Verdict) -> list[str]:
    steps = [str(words) for step in verdict.certificate.get("steps", ()) for words in step.values()]
    return [verdict.reason, *steps]


@pytest.mark.parametrize("name", MODELS)
def test_no_sentence_has_a_needless_factor_or_a_made_up_index(name: str) -> None:
    for shown in (s for v in verdicts(MODELS[name]()) for s in sentences(v)):
        assert not re.search(r"\(-?1\)|diag\(-?\d+\)|\+ -|- -|\b_\d", shown), shown


READ = {
    ("gradient", 0): "dE/dt = -fᵀ M f ≤ 0 with M = I",
    ("gradient", 1): "∇E = -M f with M = I, so f = 0 gives ∇E = 0",
    ("ascent", 1): "∇E = -M f with M = -I, so f = 0 gives ∇E = 0",
    ("twice", 0): "dE/dt = -fᵀ M f ≤ 0 with M = (1/2) I",
    ("matrix", 0): "dE/dt = -∇Eᵀ R ∇E ≤ 0 with R = P",
    ("rotated", 0): "dE/dt = -∇Eᵀ R ∇E ≤ 0 with R = I - J",
    ("at rest", 0): "dE/dt = -∇Eᵀ R ∇E ≤ 0 with R = 0",
    ("by sign", 0): "every term of dE/dt is ≤ 0",
    ("two layers", 0): "dE/dt = -fᵀ M f ≤ 0 with v: M = diag(tau_v); h: M = tau_h times the Hessian of the Lagrangian softmax",
    ("oscillator", 2): "f_x = ∂E/∂v; f_v = -∂E/∂x - gamma ∂E/∂v, so ∇E = 0 gives f = 0",
}


@pytest.mark.parametrize(("name", "which"), READ)
def test_reasons_read_as_one_would_write_them(name: str, which: int) -> None:
    assert verdicts(MODELS[name]())[which].reason == READ[name, which]


def test_identities_are_written_with_the_gradient_and_the_flow() -> None:
    def identity(name: str) -> str:
        return next(step["identity"] for step in verdicts(MODELS[name]())[0].certificate["steps"] if "identity" in step)

    assert identity("gradient") == "∂E/∂y[i] + (-y[i]) = 0"
    assert identity("matrix") == "f[i] + Σ_j P[i, j]*(∂E/∂y[j]) = 0"
    assert identity("rotated") == "dx[i]/dt = -∂E/∂x[i] + Σ_j J[i, j]*(∂E/∂x[j])"


def test_letters_in_a_certificate_are_those_of_the_derivation() -> None:
    model = am.zoo.hierarchical().system
    (step,) = [s["identity"] for s in energy_never_increases(model).certificate["steps"] if "∂E/∂y2" in s.get("identity", "")]
    flow = am.derive(model)["flow", "y2"]
    assert str(flow.left) == "dy2[j]/dt"
    assert set(re.findall(r"\[(\w(?:, \w)*)\]", step)) == {"j", "i", "i, j", "j, k", "k"}
    assert {n.name for n in flow.right.atoms(Index)} == set("ijk")
