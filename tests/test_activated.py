"""Activations kept as symbols: closing a formula and opening it again gives the formula back."""

from __future__ import annotations

import pytest
import sympy as sp

import amsym as am
from amsym.activated import candidates, closed, opened
from amsym.notation import Tensor, is_zero, rename
from amsym.prover import energy_never_increases

T, D = am.index("t", "T"), am.index("d", "D")
x, W, delta = am.state("x", "T D"), am.parameter("W", "D D", symmetric=True), am.parameter("delta", "D")
eps = am.parameter("eps", positive=True)


def normalised(t, d):
    """Layer norm of token t at place d, written by hand; the letters inside are its own."""
    k, m, n = (am.index(name, "D") for name in "kmn")
    mean = am.total(x[t, k], k) / am.size("D")
    spread = am.total((x[t, m] - am.total(x[t, n], n) / am.size("D")) ** 2, m) / am.size("D")
    return (x[t, d] - mean) / sp.sqrt(spread + eps) + delta[d]


def tokens():
    i, j = am.indices("i j", "D")
    B, C = am.indices("B C", "T")
    energy = -am.total(W[i, j] * normalised(B, i) * normalised(C, j), B, C, i, j) / 2
    flow = am.total(W[D, j] * normalised(C, j), C, j)
    return am.System(flow={x[T, D]: flow}, energy=energy)


def test_closing_and_opening_gives_the_formula_back():
    system = tokens()
    g = Tensor("g_x", x.axes, "activation")
    for formula in system.formulas:
        short = closed(formula, g, x, normalised)
        assert short.has(g)
        assert not short.has(eps)
        assert is_zero(opened(short, {g: normalised}) - formula)


def test_a_hand_written_activation_is_found_among_the_pieces():
    found = [rename(piece, dict(zip(where, (T, D), strict=True))) for where, piece in candidates(x, tokens().formulas)]
    assert any(is_zero(piece - normalised(T, D)) for piece in found)


def test_tokens_coupled_through_hand_written_normalisation_descend():
    assert energy_never_increases(tokens()).holds


@pytest.mark.slow
def test_with_the_other_sign_nothing_is_proved():
    system = tokens()
    climbing = am.System(flow={c: -f for c, f in system.flow.items()}, energy=system.energy)
    assert energy_never_increases(climbing).holds is None
