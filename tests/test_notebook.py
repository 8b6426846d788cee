"""What a notebook shows of a Lagrangian and of a Simulation: a small table of formulas, one line of outcomes and energies."""

from __future__ import annotations

from typing import Any
from xml.dom.minidom import parseString

import numpy as np
import pytest

import amsym as am
from amsym.lagrangians import CATALOGUE
from numeric.outcomes import Outcome, Simulation


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_lagrangian_shows_its_formulas_and_its_facts(name: str) -> None:
    html = CATALOGUE[name]()._repr_html_()
    assert html is not None
    cells = [cell.firstChild.data for cell in parseString(html).getElementsByTagName("td") if cell.firstChild.nodeType == cell.TEXT_NODE]
    assert {"L", "activation g", "slopes of g", "values of g"} <= set(cells)
    assert html.count("<math") >= 4


def test_the_conjugate_stands_with_its_domain_and_a_parameter_with_its_condition() -> None:
    html = am.lagrangians.tanh(am.parameter("beta", positive=True))._repr_html_()
    assert html is not None
    assert "for |p| &lt; 1" in html
    assert "β = beta, nonzero" in html


def test_an_abstract_lagrangian_is_shown_by_name_and_one_without_its_axis_as_text() -> None:
    assert "abstract" in str(am.Lagrangian.abstract()._repr_html_())
    assert am.lagrangians.layernorm(1, am.parameter("delta", "D"))._repr_html_() is None
    assert am.lagrangians.layernorm(1, am.parameter("delta", "D")).along("D")._repr_html_() is not None


S, D = Outcome.STEADY, Outcome.DIVERGED
LINES = {
    "one trajectory": (np.float64(-1.5), S, "1 trajectory: 1 STEADY; energy at the end -1.5"),
    "a batch": (np.array([-1.0, -2, np.inf]), np.array([S, S, D]), "3 trajectories: 2 STEADY, 1 DIVERGED; energy at the end -2 to -1"),
    "one at times": (np.array([1.0, 0.5, np.nan]), D, "1 trajectory: 1 DIVERGED; energy 1 → 0.5"),
    "a batch at times": (np.array([[1.0, 0], [2, 0]]), np.array([S, S]), "2 trajectories: 2 STEADY; energy 1 to 2 → 0"),
    "steps of their own": ([np.array([3.0, 1]), np.array([3.0, 2, 1])], np.array([S, S]), "2 trajectories: 2 STEADY; energy 3 → 1"),
    "no energy": (None, S, "1 trajectory: 1 STEADY"),
    "nothing finite": (np.array([np.inf]), np.array([D]), "1 trajectory: 1 DIVERGED"),
    "nobody": (np.zeros(0), np.zeros(0, dtype=object), "0 trajectories"),
}


@pytest.mark.parametrize("case", LINES)
def test_a_simulation_shows_its_outcomes_and_energies_in_one_line(case: str) -> None:
    energies, outcomes, line = LINES[case]
    empty: Any = np.zeros(0)
    assert Simulation(empty, empty, energies, empty, outcomes, {})._repr_html_() == f"<div>{line}</div>"


def test_a_simulation_that_was_run_shows_the_same_line() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    decay = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2)
    shown = am.simulate(decay, {}, [[1.0, 0.0], [2.0, 0.0]], save="steps")._repr_html_()
    assert shown.startswith("<div>2 trajectories: 2 STEADY; energy 0.5 to 2 → ")


def test_symmetries_and_cones_are_shown_as_they_print() -> None:
    assert "<pre>Symmetries of the energy" in am.symmetries(am.zoo.hopfield("softmax"))._repr_html_()
    assert "dead neurons" in am.dead_directions(am.zoo.hopfield("relu"), [-1.0, 1.0])._repr_html_()


def test_a_simulation_prints_as_one_line() -> None:
    result = am.simulate(am.zoo.hopfield("tanh"), {"W": np.zeros((2, 2)), "b": np.zeros(2)}, np.ones((3, 2)), t=50.0)
    assert str(result).startswith("3 trajectories: 3 STEADY; energy")
    assert "\n" not in repr(result)
