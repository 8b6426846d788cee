"""Laws of edge tracking: it ends on the saddle of the boundary, and says so when there is none to end on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plane_flows import CENTRES, clustering, cycle, trap, wells

import amsym as am
from amsym.errors import InputError
from numeric.basins import EdgeOutcome, edge_state
from numeric.basins.edge import _outcome
from numeric.basins.ends import DIVERGED

side = st.floats(0.2, 1.8)


@settings(max_examples=2)
@given(side, side, side, side)
def test_between_two_wells_lies_the_saddle_on_their_common_side(a, b, c, d):
    found = edge_state(wells, {}, [a, b], [-c, d])
    np.testing.assert_allclose(found.state, [0, 1], atol=1e-9)
    assert found.outcome is EdgeOutcome.SADDLE
    assert (found.index, found.stability.kind) == (1, "unstable")
    assert sorted(found.leads_to) == sorted(found.labels)
    assert found.residual < 1e-12
    np.testing.assert_allclose(found.states[list(found.labels)], [[1, 1], [-1, 1]], atol=1e-9)


def test_the_track_stays_on_the_boundary_which_the_flow_itself_would_leave():
    track = edge_state(wells, {}, [0.7, 0.02], [-0.3, 0.02]).track
    assert np.abs(track[:, 0]).max() < 1e-5
    assert track[0, 1] == pytest.approx(0.02)
    assert (np.diff(track[:, 1]) > 0).all()


def test_on_a_symmetric_segment_it_ends_at_a_degenerate_state_and_says_so():
    found = edge_state(wells, {}, [1.0, 1.0], [-1.0, -1.0])
    assert (found.outcome, found.index) == (EdgeOutcome.DEGENERATE, 2)


@pytest.mark.slow
def test_the_border_of_what_stays_bounded_has_an_edge_state_too():
    found = edge_state(trap, {}, [0.1, 0.2], [3.0, 0.1])
    np.testing.assert_allclose(found.state, [1, 0], atol=1e-9)
    assert (found.outcome, found.labels[1]) == (EdgeOutcome.SADDLE, DIVERGED)
    assert "diverged" in repr(found)


@pytest.mark.slow
def test_a_cycle_on_the_boundary_is_followed_and_never_called_a_saddle():
    found = edge_state(cycle, {}, {"p": 0.1, "q": 0.0}, {"p": 2.0, "q": 0.3}, rounds=6)
    assert (found.outcome, found.index, found.stability) == (EdgeOutcome.NOT_SETTLED, -1, None)
    np.testing.assert_allclose(np.linalg.norm(found.track, axis=1), 1, atol=1e-4)
    assert found.time > 2
    assert set(found.state) == {"p", "q"}


def test_between_two_memories_it_is_the_pass_of_least_energy():
    params = {"xi": CENTRES, "beta": 30.0}
    found = edge_state(clustering, params, [0.3, 0.31], [0.5, 0.34])
    np.testing.assert_allclose(found.state, (CENTRES[0] + CENTRES[1]) / 2, atol=0.02)
    energy = am.compile(clustering).bind(params).energy
    assert energy(found.state) > energy(found.states).max()


@pytest.mark.slow
def test_it_finds_the_saddle_of_a_network_in_many_dimensions():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(24, 24))
    A += A.T
    params = {"W": 1.8 * A / np.abs(np.linalg.eigvalsh(A)).max(), "b": np.zeros(24)}
    starts = rng.normal(size=(20, 24))
    ends = am.steady_states(am.zoo.hopfield(), params, starts)
    a, b = (starts[np.flatnonzero(ends.origin == k)[0]] for k in (0, 1))
    found = edge_state(am.zoo.hopfield(), params, a, b)
    assert (found.outcome, found.index) == (EdgeOutcome.SADDLE, 1)


def test_a_saddle_whose_sides_lead_elsewhere_is_unconfirmed():
    judged = am.stability(wells, {}, [0.0, 1.0])
    assert _outcome(judged, (0, 1), (0, 1)) is EdgeOutcome.SADDLE
    for sides in ((0, 0), (2, 3), (0, -1)):
        assert _outcome(judged, sides, (0, 1)) is EdgeOutcome.UNCONFIRMED


@pytest.mark.parametrize(
    ("system", "a", "b", "words"),
    [
        (wells, [1.0, 1.0], [0.5, 0.5], "a and b both end in steady state 0; different basins were expected"),
        (wells, [0.0, 1.0], [0.5, 0.5], r"the end of a is not known \(ambiguous\)"),
        (wells, [1.0, 1.0], np.ones((2, 2)), "a and b hold 1 and 2 states"),
        (trap, [3.0, 0.0], [0.0, 0.1], "a diverges; .*exchange a and b"),
        (trap, [3.0, 0.0], [0.0, 9.0], "both end in diverged"),
    ],
)
def test_ends_that_have_no_boundary_between_them_are_refused(system, a, b, words):
    with pytest.raises(InputError, match=words):
        edge_state(system, {}, a, b)
