"""Laws of the automatic choice: rows that are handed over keep their count of steps, and a flow without derivatives stays explicit."""

from __future__ import annotations

import numpy as np
import sympy as sp
from stiff_systems import i, j, memory, y

from amsym.notation import parameter, total
from amsym.system import System
from numeric.outcomes import Outcome
from numeric.simulate import simulate


def test_attempts_are_counted_through_all_methods() -> None:
    field = memory(1e-4)
    start = np.random.default_rng(0).normal(size=(3, field.layout(10)["h"].stop))
    start_by_name = {"v": start[:, :4], "h": start[:, 4:]}
    whole = simulate(field, None, start_by_name, t=100.0, steady=None, rtol=1e-9)
    assert len(whole.statistics["methods"]) == 2
    cut = simulate(field, None, start_by_name, t=100.0, steady=None, rtol=1e-9, max_steps=120)
    assert len(cut.statistics["methods"]) == 2
    assert np.all(cut.statistics["accepted"] + cut.statistics["rejected"] == 120)
    assert np.all(cut.ended(Outcome.TIME_OVER))


def test_a_flow_without_a_known_derivative_goes_on_explicitly() -> None:
    """SymPy knows no derivative of the remainder; after the attempts that pass before anybody looks, nothing may fail."""
    W = parameter("W", "N N")
    system = System(flow={y[i]: 1000 * (total(W[i, j] * sp.Mod(y[j], 1), j) - y[i])})
    run = simulate(system, {"W": 0.3 * np.eye(2)}, np.array([0.4, 0.7]), t=1.0, steady=None)
    assert run.statistics["methods"] == ["order 5"]
    assert run.statistics["accepted"] > 200
    assert run.outcomes is Outcome.TIME_OVER
    np.testing.assert_allclose(run.end, 0, atol=1e-7)
