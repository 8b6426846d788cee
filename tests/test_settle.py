"""Laws of iterations within a region: no iterate leaves it, all end at its steady state, Anderson's in fewer evaluations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from numeric.steady.settle import METHODS, settle

i, j = am.indices("i j", "N")
y, W = am.state("y", "N"), am.parameter("W", "N N")
network = am.System(flow={y[i]: am.total(W[i, j] * sp.tanh(y[j]), j) - y[i]})


def model_and_ball(n: int, seed: int, radius: float = 1.4) -> tuple[Any, am.steady_states]:
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, n))
    M = M + M.T
    model = am.compile(network).bind({"W": M * radius / np.abs(np.linalg.eigvalsh(M)).max()})
    return model, am.steady_states(model, None, rng.normal(size=(3, n))).regions[0]


class Spy:
    """A field that remembers where it was asked."""

    def __init__(self, model: Any) -> None:
        self.model, self.seen = model, []

    def packed_flow(self, y: Any) -> Any:
        self.seen.append(y[0].copy())
        return self.model.packed_flow(y)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_no_iterate_leaves_the_region_and_all_arrive(method: str, seed: int) -> None:
    model, ball = model_and_ball(12, seed)
    u = np.random.default_rng(seed).normal(size=12)
    start = ball.center + 0.99 * ball.radius * u / ball.metric.length(u[None])[0]
    spy = Spy(model)
    done = settle(spy, start, ball, method=method)
    assert done.converged
    assert np.all(ball.holds(np.array(spy.seen)))
    np.testing.assert_allclose(done.y, ball.center, atol=1e-10)


def test_anderson_needs_fewer_evaluations_where_the_steady_state_is_slow() -> None:
    model, ball = model_and_ball(20, 1, radius=1.15)
    plain, mixed = (settle(model, ball.center + 0.3 * ball.radius / np.sqrt(20), ball, method=m).evaluations for m in METHODS)
    assert mixed < plain / 2


def test_a_step_that_is_too_long_is_halved() -> None:
    model, ball = model_and_ball(6, 2)
    assert settle(model, ball.center + 0.5 * ball.radius / np.sqrt(6), ball, method="fixed point", h=30.0).converged


def test_a_state_outside_and_an_unknown_method_are_refused() -> None:
    model, ball = model_and_ball(6, 2)
    with pytest.raises(am.InputError, match="from the steady state; at most"):
        settle(model, ball.center + 10 * ball.radius, ball)
    with pytest.raises(am.InputError, match="method is 'newton'"):
        settle(model, ball.center, ball, method="newton")
