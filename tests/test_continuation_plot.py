"""Diagrams of branches are tested by what they claim: which stretches are full, where special points stand, and the words."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from matplotlib.figure import Figure

import amsym as am
from amsym.errors import InputError
from numeric.continuation.follow import continue_steady_state
from numeric.plot import continuation_diagram

i, y, r, beta = am.index("i", "N"), am.state("y", "N"), am.parameter("r"), am.parameter("beta")


def axes():
    return Figure().add_subplot()


def branches():
    flow = am.System(flow={y[i]: r * y[i] + y[i] ** 3 - y[i] ** 5})
    trunk = continue_steady_state(flow, {"r": -1.0}, [0.0], "r", to=1.0)
    return [trunk, trunk.switch(trunk.points[0]), trunk.switch(trunk.points[0], -1)]


def drawn(ax, label):
    return [line.get_xydata() for line in ax.lines if line.get_label() == label]


def test_stretches_are_full_where_stable_and_dashed_where_not():
    ax = continuation_diagram(branches(), ax=axes())
    stable, unstable = drawn(ax, "stable"), drawn(ax, "unstable")
    np.testing.assert_allclose([s[[0, -1], 0] for s in stable], [(-1, 0), (-0.25, 1), (-0.25, 1)], atol=1e-9)
    np.testing.assert_allclose([s[[0, -1], 0] for s in unstable], [(0, 1), (0, -0.25), (0, -0.25)], atol=1e-9)
    lines = {line.get_label(): line.get_linestyle() for line in ax.lines}
    assert lines["stable"] == "-"
    assert lines["unstable"] != "-"


def test_special_points_are_marked_where_they_lie_and_named_once():
    ax = continuation_diagram(branches(), ax=axes())
    np.testing.assert_allclose(np.concatenate(drawn(ax, "fold")), [[-0.25, 0.5**0.5], [-0.25, -(0.5**0.5)]], atol=1e-8)
    np.testing.assert_allclose(drawn(ax, "subcritical pitchfork")[0], [[0, 0]], atol=1e-9)
    words = [t.get_text() for t in ax.get_legend().get_texts()]
    assert sorted(words) == ["fold", "stable", "subcritical pitchfork", "unstable"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$r$", "$y_{0}$")


def test_height_is_a_component_a_norm_or_a_function():
    pair = am.System(flow={y[i]: beta * sp.tanh(y[i]) - y[i] + 1})
    branch = continue_steady_state(pair, {"beta": 0.5}, [1.4, 1.4], "beta", to=0.9)

    def mean(states):
        return states.mean(axis=1)

    ends = {show: continuation_diagram(branch, show, ax=axes()).lines[0].get_ydata()[-1] for show in (None, 1, mean)}
    value = branch.states[-1, 0]
    np.testing.assert_allclose([ends[None], ends[1], ends[mean]], [2**0.5 * value, value, value])
    assert continuation_diagram(branch, mean, ax=axes()).get_ylabel() == "mean"
    assert continuation_diagram(branch, ax=axes()).get_xlabel() == r"$\beta$"


@pytest.mark.parametrize(("show", "message"), [(5, "is no component"), (lambda states: 1.0, "one number for each")])
def test_heights_that_are_none_are_refused(show, message):
    with pytest.raises(InputError, match=message):
        continuation_diagram(branches()[0], show, ax=axes())


def test_branches_in_two_parameters_do_not_share_axes():
    other = continue_steady_state(am.System(flow={y[i]: beta - y[i]}), {"beta": 0.0}, [0.0], "beta", to=1.0)
    with pytest.raises(InputError, match="branches in one parameter were expected"):
        continuation_diagram([branches()[0], other], ax=axes())
