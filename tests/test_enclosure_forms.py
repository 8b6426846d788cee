"""Affine forms hold what they stand for: a flow lies within c + A (y - m) + B ε ± e at every state of the box."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from enclosure_models import NETWORK, weights
from hypothesis import given
from hypothesis import strategies as st

import amsym as am
from numeric.enclosure.affine import AffineEnclosure, Linear
from numeric.enclosure.form import Form, add, contracted, multiply, summed

i, j = am.indices("i j", "N")
y, W = am.state("y", "N"), am.parameter("W", "N N")
FLOWS: dict[str, Any] = {
    "tanh": am.total(W[i, j] * sp.tanh(y[j]), j) - y[i],
    "relu": am.total(W[i, j] * sp.Max(0, y[j]), j) - y[i],
    "absolute": sp.Abs(y[i]) - sp.Min(1, y[i]),
    "product": am.total(W[i, j] * y[j] * y[i], j),
    "softmax": sp.exp(y[i]) / am.total(sp.exp(y[j]), j),
    "layernorm": y[i] / sp.sqrt(am.total(y[j] ** 2, j) + 1),
    "cubic": y[i] - y[i] ** 3 + am.total(y[j] ** 2, j) * y[i] / 3,
    "roots": sp.sqrt(1 + y[i] ** 2) + 1 / (2 + sp.cos(y[i])) + (y[i] ** 2 + 1) ** sp.Rational(5, 2),
    "erf": am.total(W[i, j] * sp.erf(y[j]), j) - sp.atan(y[i]) * sp.log(2 + sp.tanh(y[i])),
    "mask": am.total(W[i, j] * am.mask(sp.Ne(i, j)) * y[j] ** 2, j) - sp.sign(y[i]),
}


def _rest(f: Linear, low: np.ndarray, high: np.ndarray, states: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far a flow's values lie outside of its form, (rows, n); negative within."""
    n = low.shape[1]
    lines = f.center + np.einsum("zij,zj->zi", f.parts[:, :, :n], states - (low + high) / 2)
    allowed = np.einsum("zij,zj->zi", np.abs(f.parts[:, :, n:]), f.reach[:, n:]) + f.error
    return np.asarray(np.abs(values - lines) - allowed)


@pytest.mark.parametrize("name", FLOWS)
@given(st.integers(0, 2**32 - 1), st.floats(0, 2))
def test_a_flow_stays_within_its_form_and_its_hull(name: str, seed: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    params = {"W": rng.normal(size=(3, 3))} if "W" in str(FLOWS[name]) else {}
    bound = am.compile(am.System(flow={y[i]: FLOWS[name]})).bind(params, sizes={"N": 3})
    low = rng.normal(size=(6, 3))
    high = low + width * rng.random((6, 3))
    f = AffineEnclosure(bound, 3)(low, high)
    for _ in range(12):
        states = low + (high - low) * rng.choice([0.0, 0.5, 1.0, rng.random()], size=low.shape)
        values = bound.packed_flow(states)
        assert np.all(_rest(f, low, high, states, values) <= 1e-11)
        assert np.all((values >= f.hull.low - 1e-11) & (values <= f.hull.high + 1e-11))


def test_a_form_with_too_small_a_remainder_would_be_caught() -> None:
    bound = am.compile(NETWORK).bind({"W": weights(3, 3.0, 0), "b": np.zeros(3)})
    low, high = np.full((1, 3), -1.0), np.full((1, 3), 0.5)
    f = AffineEnclosure(bound, 3)(low, high)
    states = np.random.default_rng(0).uniform(low, high, (400, 3))
    wide = Linear(
        *(np.repeat(a, 400, axis=0) for a in (f.center, f.parts, f.error)),
        np.repeat(f.reach * [1, 1, 1, 0.3, 0.3, 0.3], 400, axis=0),
        f.origin,
        f.hull,
    )
    outside = _rest(wide, np.repeat(low, 400, 0), np.repeat(high, 400, 0), states, bound.packed_flow(states))
    assert np.any(outside > 1e-3)


def test_a_linear_flow_is_its_own_form() -> None:
    A = np.random.default_rng(1).normal(size=(4, 4))
    bound = am.compile(am.System(flow={y[i]: am.total(W[i, j] * y[j], j)})).bind({"W": A})
    f = AffineEnclosure(bound, 4)(-np.ones((1, 4)), np.ones((1, 4)))
    assert f.parts.shape[2] == 4
    assert np.allclose(f.parts[0], A)
    assert float(f.error.max()) < 1e-13


def test_distances_from_lines_shrink_with_the_square_of_the_width() -> None:
    bound = am.compile(NETWORK).bind({"W": weights(4, 3.0, 2), "b": np.zeros(4)})
    enclosure, middle = AffineEnclosure(bound, 4), np.array([[0.7, -0.4, 1.1, 0.3]])
    rests = []
    for r in (0.1, 0.01):
        f = enclosure(middle - r, middle + r)
        rests.append(float((np.abs(f.parts[:, :, 4:]) @ f.reach[0, 4:]).max()))
    assert rests[0] / rests[1] > 80


numbers = st.floats(-4, 4)


@given(st.lists(numbers, min_size=12, max_size=12), st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_sums_and_products_of_forms_hold_exact_values(coefficients: list[float], symbols: list[float]) -> None:
    """Two forms in two symbols; the third is free for what a product adds."""
    c = np.array(coefficients)
    forms, exact = zip(*(_drawn(c[k : k + 6], symbols) for k in (0, 6)), strict=True)
    found = {
        "add": (add(*forms), [p + q for p, q in zip(*exact, strict=True)]),
        "subtract": (add(*forms, -1.0), [p - q for p, q in zip(*exact, strict=True)]),
        "multiply": (multiply(*forms, slice(2, 4)), [p * q for p, q in zip(*exact, strict=True)]),
        "sum": (summed(forms[0], (1,)), [sum(exact[0])]),
        "dot": (contracted(*forms, _dot, 2, None), [sum(p * q for p, q in zip(*exact, strict=True))]),
    }
    for name, (form, values) in found.items():
        box = form.range
        for value, low, high in zip(values, np.ravel(box.low), np.ravel(box.high), strict=True):
            assert Fraction(float(low)) <= value <= Fraction(float(high)), name


def _drawn(c: np.ndarray, symbols: list[float]) -> tuple[Form, list[Fraction]]:
    """c_r + Σ_s D_rs ε_s as a form of two entries, and its exact values."""
    D = c[2:].reshape(2, 2)
    form = Form(c[None, :2], np.concatenate([D, np.zeros((2, 2))], axis=1)[None], np.zeros((1, 2)), np.array([[1.0, 1.0, 0.0, 0.0]]))
    values = [Fraction(c[r]) + sum((Fraction(D[r, s]) * Fraction(symbols[s]) for s in range(2)), Fraction(0)) for r in range(2)]
    return form, values


def _dot(a: np.ndarray, b: np.ndarray, p: int, q: int) -> np.ndarray:
    letters = f"Za{'K' if p else ''},Za{'K' if q else ''}->Z{'K' if p or q else ''}"
    return np.asarray(np.einsum(letters, a, b))
