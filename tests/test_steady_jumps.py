"""Laws of steady states of flows that jump: no ball reaches over a jump, whatever the Jacobian says on its two sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from numeric.steady import unbroken

i, j = am.indices("i j", "N")
y, W = am.state("y", "N"), am.parameter("W", "N N")
JUMPS = {
    "sign": sp.sign(y[i]) / 2 - y[i],
    "bracket": am.mask(y[i] > 0) - sp.Rational(1, 2) - y[i],
    "bracket of a product": y[i] * am.mask(y[i] > 1) * sp.Rational(1, 2) + sp.sign(y[i] - 1) - y[i],
    "floor": sp.floor(y[i] + sp.Rational(1, 2)) / 2 - y[i] + sp.sign(y[i]) / 5,
}


def integrated(model: Any, y: np.ndarray, t: float = 40.0, h: float = 1e-3) -> np.ndarray:
    """Ends of Euler's method: its short steps cross a jump as the flow does."""
    for _ in range(int(t / h)):
        y = y + h * model.packed_flow(y)
    return y


@pytest.mark.parametrize("name", JUMPS)
def test_starts_on_both_sides_of_a_jump_land_where_the_flow_leads_them(name: str) -> None:
    model = am.compile(am.System(flow={y[i]: JUMPS[name]})).bind({})
    starts = np.linspace(-2.93, 2.97, 60)[:, None]
    found = am.steady_states(model, None, starts)
    sure = found.ended(am.Arrival.CONVERGED)
    assert sure.mean() > 0.3
    assert np.abs(found.states[found.origin] - integrated(model, starts))[sure].max() < 1e-6


def test_a_ball_beside_a_jump_ends_before_it() -> None:
    model = am.compile(am.System(flow={y[i]: am.total(W[i, j] * am.mask(y[j] > 0), j) - y[i]})).bind({"W": [[0.25, 0.5], [0.5, 1.0]]})
    found = am.steady_states(model, None, [[1.0, 1.0], [-1.0, -1.0]])
    for center, ball in zip(found.states, found.regions, strict=True):
        assert ball is None or ball.radius * ball.metric.reach.max() < np.abs(center).min()
    assert found.regions[found.origin[0]] is not None


@pytest.mark.parametrize("activation", ["relu", "hard_tanh", "leaky_relu", "tanh"])
def test_continuous_flows_are_known_to_be_so(activation: str) -> None:
    model = am.compile(am.zoo.hopfield(activation)).bind({"W": [[0.5]], "b": [0.3]})
    drift = object()
    assert unbroken.unbroken(drift, model, 1) is drift  # type: ignore[comparison-overlap, arg-type]
