"""f = -R ∇E with R + Rᵀ ⪰ 0 found in pieces: right ones are proved, wrong signs and wrong shapes never."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy as sp
from energy_verdict import energy_verdict

import amsym as am
from amsym.notation import Component, derivative, indices, parameter, state, total
from amsym.prover.lyapunov import energy_never_increases
from amsym.system import System
from amsym.verdict import Status

i, j, k, m = indices("i j k m", "N")
x, v, p = state("x", "N"), state("v", "N"), state("p", "N")
W, J = parameter("W", "N N", symmetric=True), parameter("J", "N N", antisymmetric=True)
R, u = parameter("R", "N N", psd=True), parameter("u", "N")
gamma = parameter("gamma", positive=True)
E = total(x[i] ** 4, i) / 4 + total(W[i, j] * x[i] * x[j], i, j) / 2
kinetic = total(sp.log(sp.cosh(v[i])), i)


def dE(at: am.notation.Index) -> sp.Expr:
    return derivative(E, Component(x, at))


def one(flow: Callable[[am.notation.Index], sp.Expr]) -> System:
    return System(flow={x[i]: flow(i)}, energy=E)


def two(fx: sp.Expr, fv: sp.Expr) -> System:
    return System(flow={x[i]: fx, v[i]: fv}, energy=E + kinetic)


square = total(x[m] ** 2, m)
RIGHT = {
    "a rotation added to a gradient": one(lambda i: -dE(i) + total(J[i, j] * dE(j), j)),
    "a semidefinite matrix and a rotation": one(lambda i: -total(R[i, j] * dE(j), j) + 3 * total(J[i, j] * dE(j), j)),
    "a slope a neuron and a rotation": one(lambda i: -dE(i) / (1 + x[i] ** 2) + total(J[i, j] * dE(j), j)),
    "a gradient projected on the sphere": one(lambda i: -square * dE(i) + x[i] * total(x[j] * dE(j), j)),
    "a gradient projected off a vector": one(lambda i: -total(u[m] ** 2, m) * dE(i) + u[i] * total(u[j] * dE(j), j)),
    "damped oscillators with any kinetic energy": two(sp.tanh(v[i]), -dE(i) - gamma * sp.tanh(v[i])),
    "coupling through a matrix and its transpose": two(
        total(R[i, j] * sp.tanh(v[j]), j), -total(R[i, j] * dE(j), j) - gamma * sp.tanh(v[i])
    ),
}
WRONG = {
    "an added rotation that is not antisymmetric": one(lambda i: -dE(i) + total(W[i, j] * dE(j), j)),
    "a projection with the wrong sign": one(lambda i: -square * dE(i) + 2 * x[i] * total(x[j] * dE(j), j)),
    "damping with the wrong sign": two(sp.tanh(v[i]), -dE(i) + gamma * sp.tanh(v[i])),
    "a coupling that is not transposed with its sign": two(total(R[i, j] * sp.tanh(v[j]), j), total(R[i, j] * dE(j), j)),
    "a projection without its length": one(lambda i: -dE(i) + x[i] * total(x[j] * dE(j), j)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_flow_of_pieces_with_semidefinite_symmetric_part_is_proved(name: str) -> None:
    verdict = energy_never_increases(RIGHT[name])
    assert verdict.status is Status.PROVED, verdict.reason


@pytest.mark.parametrize("name", WRONG)
def test_a_piece_with_the_wrong_sign_is_refuted(name: str) -> None:
    assert energy_verdict(WRONG[name]).status is Status.REFUTED


def test_a_proof_in_pieces_names_them() -> None:
    assert "R = I - J" in energy_never_increases(RIGHT["a rotation added to a gradient"]).reason
