"""What certified basins rest on: hulls that hold every value, a definite matrix for every member of a family, boxes that share faces."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from basin_checks import dense_memory, double_well
from flint import arb, arb_mat, fmpq
from hypothesis import example, given, settings
from hypothesis import strategies as st

import amsym as am
from numeric.rigorous import Undetermined
from numeric.stability.point import point
from numeric.steady.polish import polish
from proofs.basins.ball import attraction_ball, reach_of
from proofs.basins.definite import is_proved, rate
from proofs.basins.descent import descent
from proofs.basins.family import Family, Jacobians
from proofs.basins.leaves import Leaves
from proofs.basins.terrain import Terrain
from proofs.basins.trap import trap
from proofs.basins.tree import Tree
from proofs.basins.wide import WideEvaluator
from proofs.question import question

x = am.state("x", "N")
i = am.index("i", "N")
FORMULAS = {
    "tanh": (sp.tanh(x[i]), mpmath.tanh),
    "slope": (1 - sp.tanh(x[i]) ** 2, lambda v: mpmath.sech(v) ** 2),
    "cube": (x[i] ** 3 - x[i], lambda v: v**3 - v),
    "square": (x[i] ** 2, lambda v: v**2),
    "inverse": (1 / (1 + x[i] ** 2), lambda v: 1 / (1 + v**2)),
    "log cosh": (sp.log(sp.cosh(x[i])), lambda v: mpmath.log(mpmath.cosh(v))),
    "exp": (sp.exp(-x[i]), lambda v: mpmath.exp(-v)),
    "relu": (sp.Max(0, x[i]), lambda v: max(mpmath.mpf(0), v)),
    "erf": (sp.erf(x[i]), mpmath.erf),
    "root": (sp.sqrt(1 + x[i] ** 2) ** 3, lambda v: mpmath.sqrt(1 + v**2) ** 3),
}
ends = st.floats(-30, 30, allow_subnormal=True)


@pytest.mark.parametrize("name", FORMULAS)
@given(a=ends, b=ends, share=st.floats(0, 1))
@example(a=-5.0, b=4.0, share=0.5)
@example(a=0.0, b=22.0, share=0.0)
def test_a_ball_over_a_wide_box_holds_the_value_at_each_point(name: str, a: float, b: float, share: float) -> None:
    formula, f = FORMULAS[name]
    low, high = min(a, b), max(a, b)
    at = min(max(low + share * (high - low), low), high)
    value = WideEvaluator({"N": 1}, {}, {x: {(0,): arb(low).union(arb(high))}})(formula, {i: 0})
    with mpmath.workdps(40):
        exact = f(mpmath.mpf(at))
        near = arb(fmpq(*Fraction(str(exact)).as_integer_ratio()))
    assert value.overlaps(near + arb(0, 1e-30 * (1 + abs(float(exact)))))


def test_a_monotone_function_of_a_wide_ball_is_as_sharp_as_its_image() -> None:
    value = WideEvaluator({"N": 1}, {}, {x: {(0,): arb(0, 5)}})(sp.tanh(x[i]), {i: 0})
    assert float(value.rad()) < 1.001 * np.tanh(5)


def test_a_bracket_that_may_change_is_its_hull_only_where_that_is_allowed() -> None:
    box = {x: {(0,): arb(0, 1)}}
    assert WideEvaluator({"N": 1}, {}, box, loose=True)(am.mask(x[i] > 0), {i: 0}).contains(arb(0.5, 0.5))
    with pytest.raises(Undetermined):
        WideEvaluator({"N": 1}, {}, box)(am.mask(x[i] > 0), {i: 0})


def of(system: Any, params: Any, state: Any) -> Terrain:
    """The terrain around a state."""
    return Terrain(point(system, params, state))


TERRAINS = {
    "double well": of(double_well(), {}, [1.0, 1.0]),
    "tanh": of(am.zoo.hopfield("tanh"), {"W": [[2.0, 0.3], [0.3, 1.5]], "b": [0.0, 0.1]}, [2.2, 1.8]),
    "relu": of(am.zoo.hopfield("relu"), {"W": [[0.5, 0.2], [0.2, 3.0]], "b": [1.0, -1.0]}, [2.0, -0.6]),
    "dense memory": of(dense_memory(), {"xi": [[1.0, 0.0], [-0.5, 0.8]], "beta": 2.0}, [0.9, 0.1]),
}


def outside(family: Family, J: Any) -> float:
    """How far a matrix is from J₀ + Σ δ_k u_k v_kᵀ with |δ_k| <= ρ_k, in the largest entry, for u_k v_kᵀ that fill columns."""
    from scipy.optimize import linprog

    middle, U = (np.array([[float(v.mid()) for v in row] for row in M.tolist()]).reshape(M.nrows(), -1) for M in (family.middle, family.U))
    A = np.einsum("ik,jk->ijk", U, family.V).reshape(J.size, -1)
    target, one = (J - middle).ravel(), np.ones((J.size, 1))
    bounds = [(-r, r) for r in family.radius] + [(0, None)]
    found = linprog(
        np.eye(1, A.shape[1] + 1, A.shape[1])[0], np.block([[A, -one], [-A, -one]]), np.concatenate([target, -target]), bounds=bounds
    )
    return float(found.fun)


@pytest.mark.parametrize("name", TERRAINS)
@pytest.mark.parametrize("shells", [1, 8])
def test_the_family_holds_the_mean_jacobian_to_each_corner(name: str, shells: int) -> None:
    terrain, rng = TERRAINS[name], np.random.default_rng(0)
    center, reach = terrain.at.y, np.array([0.7, 1.1])
    family = Jacobians(terrain).mean(center, reach, shells)
    t = (np.arange(400) + 0.5) / 400
    for way in (np.array([1, -1]), np.array([-1, -1]), *rng.uniform(-1, 1, (4, 2))):
        points = center + t[:, None] * way * reach
        J = terrain.at.bound.packed_jacobian(points).mean(axis=0)
        assert outside(family, J) < 1e-2
    thin = Family(family.middle, family.U, family.V, family.radius * 0)
    assert outside(thin, terrain.at.bound.packed_jacobian(center + t[:, None] * np.array([-1, -1]) * reach).mean(axis=0)) > 1e-2


def test_the_mean_of_many_boxes_is_narrower_than_the_hull() -> None:
    found = [Jacobians(TERRAINS["double well"]).mean(np.ones(2), np.full(2, 0.5), k).radius.sum() for k in (1, 4, 16)]
    assert found[0] > found[1] > found[2]


@given(st.integers(0, 2**31))
def test_what_is_proved_of_a_family_holds_of_each_member(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, k = 3, 4
    J, U, V = -2 * np.eye(n) + 0.5 * rng.normal(size=(n, n)), rng.normal(size=(n, k)), np.eye(n)[:, rng.integers(0, n, k)]
    rho, root = 0.3 * rng.random(k), np.eye(n) + 0.2 * rng.normal(size=(n, n))
    P = root @ root.T
    P = (P + P.T) / 2
    family = Family(arb_mat(J.tolist()), arb_mat(U.tolist()), V, rho)
    found = rate(P, family)
    members = [J + (U * (rho * d)) @ V.T for d in rng.choice((-1.0, 1.0), (16, k))]
    reached = min(
        -np.linalg.eigvalsh(np.linalg.solve(np.linalg.cholesky(P), np.linalg.solve(np.linalg.cholesky(P), P @ M + M.T @ P).T))[-1] / 2
        for M in members
    )
    assert found.m <= reached + 1e-9
    assert is_proved(P, family, found.m - 1e-6, found.t)
    assert not is_proved(P, family, reached + 1e-6, found.t)


@given(st.integers(0, 2**31))
def test_a_ball_lies_in_its_box_and_touches_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    root, r = np.eye(3) + 0.4 * rng.normal(size=(3, 3)), float(rng.uniform(0.1, 3))
    P = root @ root.T
    P = (P + P.T) / 2
    reach = reach_of(P, r)
    assert reach is not None
    inverse = np.linalg.inv(P)
    for j in range(3):
        farthest = inverse[:, j] * r / np.sqrt(inverse[j, j])
        assert farthest[j] <= reach[j] * (1 + 1e-9)
        assert farthest[j] == pytest.approx(reach[j])
    assert reach_of(-P, r) is None


def test_a_leaf_shows_only_what_is_so() -> None:
    terrain = TERRAINS["double well"]
    ball = attraction_ball(terrain, np.ones(2), np.full(2, 0.25))
    assert ball is not None
    leaves = Leaves(terrain, ball, descent(terrain.asked), -0.3)
    a = np.array
    assert leaves.is_above(a([-0.1, 0.9]), a([0.1, 1.1]))
    assert not leaves.is_above(a([-0.1, 0.9]), a([0.9, 1.1]))
    assert leaves.is_quiet(a([0.2, 0.2]), a([0.6, 1.6]))
    assert not leaves.is_quiet(a([-0.1, 0.5]), a([0.1, 1.5]))
    assert leaves.is_quiet(a([0.9, 0.9]), a([1.1, 1.1]))
    assert not leaves.is_quiet(a([0.7, 0.9]), a([1.3, 1.1]))
    assert leaves.is_entered(a([1.2, 0.0]), a([1.5, 1.0]), 0, 1)
    assert not leaves.is_entered(a([0.2, 0.8]), a([0.6, 1.2]), 0, 1)


@cache
def ball_of(name: str) -> Any:
    """A ball around the steady state next to the terrain's."""
    terrain = TERRAINS[name]
    return attraction_ball(terrain, polish(terrain.at.bound, terrain.at.y).y, np.full(2, 0.3))


@pytest.mark.parametrize("name", ["double well", "tanh"])
@given(seed=st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_leaves_agree_with_draws(name: str, seed: int) -> None:
    terrain, rng = TERRAINS[name], np.random.default_rng(seed)
    E = terrain.at.bound.packed_energy
    ball = ball_of(name)
    low = rng.uniform(-2, 2, 2)
    high = low + rng.uniform(0.05, 0.8, 2)
    points = rng.uniform(low, high, (64, 2))
    level = float(np.quantile(E(points), rng.choice((0.0, 0.3)))) - rng.exponential(0.02)
    leaves = Leaves(terrain, ball, descent(terrain.asked), level)
    if leaves.is_above(low, high):
        assert E(points).min() > level
    seen = leaves.seen(low[None], high[None])
    assert not seen.above[0] or E(points).min() > level
    assert not seen.below[0] or E(points).max() <= level
    if leaves.is_quiet(low, high):
        f = terrain.at.bound.packed_flow(points)
        far = np.einsum("zi,ij,zj->z", points - ball.center, ball.P, points - ball.center) > ball.radius**2
        assert np.all(np.abs(f[far]).max(axis=1) > 0)


def test_a_tree_of_boxes_tiles_its_root() -> None:
    tree, rng = Tree(np.zeros(3), np.array([1.0, 2.0, 0.5])), np.random.default_rng(0)
    leaves = np.array([0])
    for _ in range(6):
        chosen = rng.random(len(leaves)) < 0.7
        leaves = np.concatenate([leaves[~chosen], tree.split(leaves[chosen])])
    volume = np.prod(tree.high[leaves] - tree.low[leaves], axis=1)
    assert volume.sum() == pytest.approx(1.0)
    assert len(tree.holding(np.array([0.3, 0.7, 0.1]), leaves)) == 1
    for row in leaves[:4]:
        meet = leaves[tree.touching(np.array([row]), leaves)]
        slow = [r for r in leaves if np.all(tree.low[r] <= tree.high[row]) and np.all(tree.low[row] <= tree.high[r])]
        assert sorted(meet) == sorted(slow)


def test_the_flow_enters_a_trap_through_every_face() -> None:
    terrain = TERRAINS["tanh"]
    low, high = trap(terrain, terrain.at.y, np.full(2, -6.0), np.full(2, 6.0))
    assert np.all(low > -6)
    assert np.all(high < 6)
    assert np.all(low < terrain.at.y)
    assert np.all(terrain.at.y < high)
    rng = np.random.default_rng(0)
    for k in range(2):
        points = rng.uniform(low, high, (50, 2))
        points[:, k] = high[k]
        assert np.all(terrain.at.bound.packed_flow(points)[:, k] < 0)
        points[:, k] = low[k]
        assert np.all(terrain.at.bound.packed_flow(points)[:, k] > 0)


def test_energy_stands_still_only_at_steady_states_where_no_neuron_is_dead() -> None:
    assert [descent(question(am.zoo.hopfield(g))).strict for g in ("tanh", "sigmoid", "relu")] == [True, True, False]  # type: ignore[union-attr]
    assert not descent(question(am.zoo.hopfield(am.lagrangians.repu(3)))).strict  # type: ignore[union-attr]
    assert descent(question(am.zoo.hopfield("tanh", symmetric=False))) is None
    assert descent(question(double_well())).strict  # type: ignore[union-attr]
