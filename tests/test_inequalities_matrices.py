"""Laws of matrix inequalities on boxes: convexity, contraction, one steady state, and energies that descend for given numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError
from amsym.verdict import Status, Verdict
from amsym.zoo import hopfield
from proofs.inequalities.boxed import boxed
from proofs.inequalities.descent import descends
from proofs.inequalities.matrices_on_box import convex_on_box
from proofs.inequalities.one_steady_state import contracts_on_box, injective, one_on_box
from proofs.inequalities.slope_corners import by_corners
from proofs.question import question

i, j = am.indices("i j", "N")
y = am.state("y", "N")
W = am.parameter("W", "N N")
S = am.parameter("W", "N N", symmetric=True)


def weights(n: int, seed: int, radius: float) -> Any:
    """A symmetric matrix with this largest eigenvalue."""
    A = np.random.default_rng(seed).normal(size=(n, n))
    A = (A + A.T) / 2
    return radius * A / np.max(np.linalg.eigvalsh(A))


def tanh_params(n: int, seed: int, radius: float) -> dict[str, Any]:
    """Parameters of a tanh network."""
    return {"W": weights(n, seed, radius), "b": np.random.default_rng(seed + 1).normal(size=n) / 4}


def points(low: Any, high: Any, count: int = 400) -> Any:
    """Random points of a box."""
    return np.random.default_rng(0).uniform(low, high, size=(count, len(low)))


# Convexity


@settings(max_examples=6)
@given(st.integers(0, 10**6), st.floats(0.2, 1.5))
def test_convexity_agrees_with_eigenvalues_at_samples(seed: int, size: float) -> None:
    params, low, high = tanh_params(2, seed, 0.7), np.full(2, -size), np.full(2, size)
    s = hopfield("tanh")
    v = convex_on_box(s, "energy", {"y": (low, high)}, params, seconds=1.0)
    H = am.compile(s).bind(params).hessian(points(low, high))
    least = float(np.min(np.linalg.eigvalsh((H + H.transpose(0, 2, 1)) / 2)))
    if v.holds:
        assert least > -1e-12
    elif v.status is Status.REFUTED:
        at = np.array([float(Fraction(x)) for x in v.certificate["values"]["y"]])
        x = np.array([float(u) for u in v.certificate["vector"]])
        assert np.all((low <= at) & (at <= high))
        assert x @ am.compile(s).bind(params).hessian(at) @ x < 1e-12
    else:
        assert abs(least) < 0.05


def test_a_function_is_convex_just_as_far_as_its_curvature_reaches() -> None:
    """Σ y⁴ - y² has curvatures 12 y² - 2, so it is convex from 1/√6 on."""
    s = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 4 - y[i] ** 2, i))
    root = 6**-0.5
    assert convex_on_box(s, "energy", {"y": (np.full(3, root + 1e-5), np.full(3, 2.0))}).holds
    assert convex_on_box(s, "energy", {"y": (np.full(3, root - 1e-5), np.full(3, 2.0))}).status is Status.REFUTED


def test_a_bent_function_without_a_hessian_that_tells_is_left_open() -> None:
    s = am.System(flow={y[i]: -y[i]}, energy=-am.total(sp.Abs(y[i]), i))
    assert convex_on_box(s, "energy", {"y": ([-1.0], [1.0])}).status is Status.UNDECIDED
    log = am.System(flow={y[i]: -y[i]}, energy=-am.total(sp.log(y[i]), i))
    assert convex_on_box(log, "energy", {"y": ([1.0], [2.0])}).holds
    assert convex_on_box(log, "energy", {"y": ([-2.0], [-1.0])}).status is Status.UNDECIDED


# Contraction and one steady state


@settings(max_examples=5)
@given(st.integers(0, 10**6), st.floats(0.3, 3.0))
def test_contraction_is_never_contradicted_by_a_logarithmic_norm(seed: int, radius: float) -> None:
    params, low, high = tanh_params(2, seed, radius), np.full(2, -1.0), np.full(2, 1.0)
    v = contracts_on_box(hopfield("tanh"), {"y": (low, high)}, params, seconds=0.5)
    J = am.compile(hopfield("tanh")).bind(params).jacobian(points(low, high))
    norm = float(np.max(np.linalg.eigvalsh((J + J.transpose(0, 2, 1)) / 2)))
    if v.holds:
        P = np.array([[float(Fraction(x)) for x in row] for row in v.certificate["metric"]])
        assert np.max(np.linalg.eigvalsh(P @ J + J.transpose(0, 2, 1) @ P)) < 0
    else:
        assert norm > -0.05


def test_a_metric_helps_where_the_euclidean_norm_does_not() -> None:
    s = am.System(flow={y[i]: am.total(W[i, j] * y[j], j)}, energy=am.total(y[i] ** 2, i))
    params = {"W": [[-1.0, 10.0], [0.0, -2.0]]}
    domain = {"y": ([-1.0, -1.0], [1.0, 1.0])}
    assert contracts_on_box(s, domain, params).holds
    assert contracts_on_box(s, domain, params, metric=[[1, 0], [0, 1]]).status is Status.UNDECIDED
    assert contracts_on_box(s, domain, params, metric=[[1, 0], [0, 100]]).holds
    for bad in ([[1, 0], [0, -1]], [[1]], [[1, 2], [3, 4]]):
        with pytest.raises(InputError, match="expected"):
            contracts_on_box(s, domain, params, metric=bad)


def test_slopes_in_rationals_and_boxes_of_states_agree_on_contraction(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    module = importlib.import_module("proofs.inequalities.one_steady_state")
    domain, params = {"y": ([-2.0] * 3, [2.0] * 3)}, [tanh_params(3, seed, radius) for seed in (0, 1) for radius in (0.7, 1.6)]
    by_slopes = [module.contracts_on_box(hopfield("tanh"), domain, p) for p in params]
    monkeypatch.setattr(module, "sloped", lambda problem: None)
    by_boxes = [module.contracts_on_box(hopfield("tanh"), domain, p, seconds=0.5) for p in params]
    assert "corners" in by_slopes[0].certificate
    assert "tree" in by_boxes[0].certificate
    assert [v.holds for v in by_boxes] == [v.holds for v in by_slopes]


def steady_in(params: Any, low: Any, high: Any) -> int:
    """How many steady states many starts find in a box."""
    found = am.steady_states(hopfield("tanh"), params, points(low, high, 60))
    roots = {tuple(np.round(state, 6)) for state in np.asarray(found.states) if np.all((low <= state) & (state <= high))}
    return len(roots)


@settings(max_examples=5)
@given(st.integers(0, 10**6), st.floats(0.5, 3.0), st.floats(0.1, 1.5))
def test_one_steady_state_in_a_box_is_never_contradicted_by_many_starts(seed: int, radius: float, size: float) -> None:
    params, middle = tanh_params(2, seed, radius), np.random.default_rng(seed).normal(size=2)
    low, high = middle - size, middle + size
    v = one_on_box(question(hopfield("tanh"), params, {"y": (low, high)}))
    if v is not None:
        assert v.status is Status.CERTIFIED
        assert steady_in(params, low, high) <= 1
        zero = v.certificate["zeros"][0]["middle"]["y"]
        flow = am.compile(hopfield("tanh")).bind(params).flow(np.array([float(Fraction(x)) for x in zero]))
        assert np.max(np.abs(flow)) < 1e-8


def test_a_box_with_three_steady_states_is_not_one_to_one_and_with_one_of_them_it_is() -> None:
    params = {"W": [[2.0]], "b": [0.0]}
    wide, narrow = (boxed(question(hopfield("tanh"), params, {"y": ([a], [b])})) for a, b in ((-3, 3), (1, 3)))
    assert injective(wide) is None
    assert injective(narrow) is not None
    middle = boxed(question(hopfield("tanh"), params, {"y": ([-0.5], [0.5])}))
    found = by_corners(middle)
    assert found is not None
    assert "< 0" in found[1]


def test_corners_of_slopes_agree_with_determinants_between_them() -> None:
    params = tanh_params(4, 3, 2.0)
    state = np.asarray(am.steady_states(hopfield("tanh"), params, np.ones((1, 4))).states)[0]
    found = by_corners(boxed(question(hopfield("tanh"), params, {"y": (state - 0.3, state + 0.3)})))
    assert found is not None
    ends = np.array(found[0]["slopes"])
    slopes = 1 - np.tanh(points(state - 0.3, state + 0.3)) ** 2
    assert np.all((ends[:, 0] <= slopes) & (slopes <= ends[:, 1]))
    assert np.all(np.linalg.det(np.eye(4) - np.asarray(params["W"])[None] * slopes[:, None, :]) > 0)


# Descent


def rate(s: am.System, params: Any, low: Any, high: Any) -> float:
    """The largest dE/dt at samples of a box."""
    return float(np.max(am.compile(s).bind(params).energy_rate(points(low, high, 4000))))


def sine() -> am.System:
    """A network with g = sin, whose energy descends where cos y ≥ 0."""
    flow = am.total(S[i, j] * sp.sin(y[j]), j) - y[i]
    E = am.total(y[i] * sp.sin(y[i]) + sp.cos(y[i]), i) - am.total(S[i, j] * sp.sin(y[i]) * sp.sin(y[j]), i, j) / 2
    return am.System(flow={y[i]: flow}, energy=E)


def given_descent(s: am.System, params: Any, low: float, high: float, n: int) -> Verdict | None:
    """What is shown for these numbers on [low, high]^n."""
    return descends(question(s, params, {"y": (np.full(n, low), np.full(n, high))}))


@pytest.mark.parametrize("n", [1, 3, 6])
def test_an_activation_that_rises_on_the_domain_only_descends_there(n: int) -> None:
    params = {"W": weights(n, n, 2.0)}
    inside, outside = given_descent(sine(), params, -1.5, 1.5, n), given_descent(sine(), params, -2.0, 2.0, n)
    assert inside is not None
    assert inside.holds
    assert outside is not None
    assert outside.status is Status.REFUTED
    assert rate(sine(), params, np.full(n, -1.5), np.full(n, 1.5)) <= 0


@pytest.mark.slow
def test_silu_memories_descend_where_their_slope_is_positive() -> None:
    params = {"W": weights(3, 1, 2.0), "b": np.zeros(3)}
    v = given_descent(hopfield("silu"), params, -1.0, 3.0, 3)
    assert v is not None
    assert v.holds
    assert rate(hopfield("silu"), params, np.full(3, -1.0), np.full(3, 3.0)) <= 1e-12
    bad = given_descent(hopfield("silu"), params, -4.0, 3.0, 3)
    assert bad is not None
    assert bad.status is Status.REFUTED


def mixed() -> am.System:
    """f = -(1 - (1 + y²/50) W) ∇E of two wells that flatten out, with nine critical points for two neurons."""

    def slope(x: Any) -> Any:
        return (x**3 - x) * sp.exp(-(x**2) / 4)

    E = -2 * am.total((y[i] ** 2 + 3) * sp.exp(-(y[i] ** 2) / 4), i)
    return am.System(flow={y[i]: -slope(y[i]) + (1 + y[i] ** 2 / 50) * am.total(W[i, j] * slope(y[j]), j)}, energy=E)


@pytest.mark.slow
def test_branching_shows_descent_around_all_steady_states() -> None:
    v = given_descent(mixed(), {"W": [[0.3, 0.9], [-0.4, 0.1]]}, -1.5, 1.5, 2)
    assert v is not None
    assert v.holds
    zeros = {tuple(z["middle"]["y"]) for z in v.certificate["zeros"]}
    assert zeros == {(a, b) for a in ("-1", "0", "1") for b in ("-1", "0", "1")}


def test_descent_near_one_steady_state_needs_a_matrix_inequality_and_a_violation_refutes() -> None:
    domain = {"y": ([0.9, 0.9], [1.15, 1.15])}
    v = descends(question(mixed(), {"W": [[0.3, 0.9], [-0.4, 0.1]]}, domain))
    assert v is not None
    assert v.holds
    assert [z["middle"]["y"] for z in v.certificate["zeros"]] == [["1", "1"]]
    bad = descends(question(mixed(), {"W": [[0.3, 2.4], [0.0, 0.1]]}, domain))
    assert bad is not None
    assert bad.status is Status.REFUTED


def matrix_flow() -> am.System:
    """f = -R ∇E with a matrix of which nothing is declared."""
    R = am.parameter("R", "N N")
    return am.System(flow={y[i]: -am.total(R[i, j] * y[j] ** 3, j)}, energy=am.total(y[i] ** 4, i) / 4)


@given(st.lists(st.integers(-3, 3), min_size=4, max_size=4))
def test_given_matrices_count_by_their_symmetric_part(flat: list[int]) -> None:
    R = np.array(flat, dtype=float).reshape(2, 2)
    v = descends(question(matrix_flow(), {"R": R}))
    least = np.linalg.eigvalsh((R + R.T) / 2)[0]
    assert (v is not None and v.holds) == (least > -1e-12)


@given(st.lists(st.integers(-2, 2), min_size=4, max_size=4))
@example([1, 0, 0, 1])
@example([0, 0, 0, 0])
def test_mixtures_of_the_identity_and_a_given_matrix_count_too(flat: list[int]) -> None:
    """f = -(1 - W/2) ∇E."""
    s = am.System(flow={y[i]: -(y[i] ** 3) + am.total(W[i, j] * y[j] ** 3, j) / 2}, energy=am.total(y[i] ** 4, i) / 4)
    A = np.array(flat, dtype=float).reshape(2, 2)
    v = descends(question(s, {"W": A}))
    least = np.linalg.eigvalsh(np.eye(2) - (A + A.T) / 4)[0]
    assert (v is not None and v.holds) == (least > -1e-12)


def test_numbers_that_are_semidefinite_count_as_declared_so() -> None:
    A = np.array([[1.0, 2.0], [2.0, 4.0]])
    for R, has in ((A, True), (A - 1e-9 * np.eye(2), False), (np.eye(40), True), (-np.eye(3), False)):
        (found,) = question(matrix_flow(), {"R": R}).system.parameters
        assert found.has_property("psd") is has
    assert am.verify(matrix_flow(), {"R": A}, only="energy never increases")["energy never increases"].holds


def test_formulas_that_end_inside_the_box_descend_nowhere_for_certain() -> None:
    """E = Σ log y has a rate at y < 0, where it has no value."""
    s = am.System(flow={y[i]: -y[i]}, energy=am.total(sp.log(y[i]), i))
    assert descends(question(s, {}, {"y": ([-1.0], [2.0])})) is None
    assert descends(question(s, {}, {"y": ([-2.0], [-1.0])})) is None
    inside = descends(question(s, {}, {"y": ([1.0], [2.0])}))
    assert inside is not None
    assert inside.holds


# In verify


def test_verify_certifies_on_the_domain_what_is_open_for_all_states() -> None:
    params = {"W": weights(2, 5, 1.0)}
    box = {"y": (-1.5, 1.5)}
    assert am.verify(sine(), params, box, only="energy never increases")["energy never increases"].status is Status.CERTIFIED
    silu = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2, activations={y: am.lagrangians.silu()})
    convex = am.verify(silu, None, {"y": (-1, 1)}, only="Lagrangians convex")["Lagrangians convex"]
    assert convex.status is Status.CERTIFIED
    assert "on the domain" in convex.reason
    pole = am.System(flow={y[i]: -y[i]}, energy=am.total(1 / (y[i] - 3) - sp.log(2 + y[i]), i))
    bounded = am.verify(pole, {}, {"y": ([-1.0, -1.0], [2.0, 2.0])}, only="energy bounded below")["energy bounded below"]
    assert bounded.status is Status.CERTIFIED
    unique = am.verify(hopfield("tanh"), tanh_params(3, 2, 2.0) | {"b": np.full(3, 2.0)}, {"y": (1, 6)}, only="steady state unique")
    assert unique["steady state unique"].holds in (True, None)


def test_entries_without_bounds_are_split_on_and_no_warning() -> None:
    m, xi = am.index("m", "K"), am.parameter("xi", "K N")
    energy = -sp.log(am.total(sp.exp(-2 * am.total((y[i] - xi[m, i]) ** 2, i)), m)) / 4
    three = am.System(flow={y[i]: -am.derivative(energy, y[i])}, energy=energy)
    corners = {"xi": [[1.0, 0.0], [-0.5, 0.75], [-0.5, -0.75]]}
    assert injective(boxed(question(three, corners, {"y": (-2, 2)})), 0.2) is None
    assert convex_on_box(three, "energy", {"y": ([0.9, -0.1], [1.1, 0.1])}, corners).status is Status.CERTIFIED


def test_a_joint_lagrangian_is_convex_on_its_domain_by_a_matrix_inequality() -> None:
    bump = am.Lagrangian.joint(lambda x, k: am.total(x[k] ** 2, k) - am.total(x[k] ** 2, k) ** 2 / 8 + sp.cos(am.total(x[k], k)) / 4)
    s = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2, activations={y: bump})
    v = am.verify(s, None, {"y": ([-0.2, -0.2], [0.2, 0.2])}, only="Lagrangians convex")["Lagrangians convex"]
    assert v.status is Status.CERTIFIED
