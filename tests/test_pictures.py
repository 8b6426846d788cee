"""The pictures of a page: which are drawn, with which numbers, and why one is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from models_shown import asymmetric

import amsym as am
from amsym import zoo
from numeric.plot.picks import component_names, picked
from proofs.pictures import pictures

i, y = am.index("i", "N"), am.state("y", "N")
TITLES = ("phase portrait", "energy along trajectories", "spectrum")


def drawn(model: Any, **given: Any) -> tuple[str, dict[str, Any]]:
    words, found = pictures(model, **given)
    return words, {one.title: one for one in found}


def test_a_flow_with_an_energy_has_all_three() -> None:
    words, found = drawn(zoo.hopfield("tanh"))
    assert all(found[title].figure is not None for title in TITLES)
    assert words.startswith("sample parameters: N = 8")


def test_given_numbers_are_drawn_and_named() -> None:
    words, found = drawn(zoo.hopfield("tanh"), params={"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]})
    assert "sample" not in words
    assert "plane of" not in found["phase portrait"].words


def test_a_counterexample_is_what_is_drawn_of_a_refuted_model_and_its_energy_rises() -> None:
    model = asymmetric()
    report = am.verify(model, only="energy never increases")
    words, found = drawn(model, report=report)
    assert "counterexample" in words
    assert "It rises along none" not in found["energy along trajectories"].words


def test_what_cannot_be_drawn_says_why() -> None:
    for model, title, why in (
        (zoo.spins(), "phase portrait", "this system has an update"),
        (zoo.spins(), "spectrum", "this system has an update"),
        (am.System(flow={y[i]: -y[i]}), "energy along trajectories", "the system has no energy"),
        (am.System(flow={y[i]: 1 + y[i] ** 2}, energy=am.total(y[i], i)), "spectrum", "no steady state was reached"),
    ):
        _, found = drawn(model)
        assert found[title].figure is None
        assert why in found[title].words


def test_components_are_named_as_captions_write_them() -> None:
    one, two = component_names(zoo.hopfield(), {"N": 4}), component_names(zoo.softmax_memory().system, {"N": 2, "K": 3})
    assert picked(("y[2]", "y[0]"), one) == picked((2, 0), one) == (2, 0)
    assert picked(("v[1]", "h[2]"), two) == picked((("v", 1), ("h", 2)), two)
    with pytest.raises(am.InputError, match="no component of the state"):
        picked(("y[0]", "y[9]"), one)


def test_a_chosen_plane_is_told_with_what_holds_the_rest() -> None:
    params = {"W": np.zeros((3, 3)), "b": np.ones(3)}
    _, found = drawn(zoo.hopfield("tanh"), params=params, plane=("y[0]", "y[2]"))
    assert "The plane of y[0] and y[2], with every other component held at" in found["phase portrait"].words
