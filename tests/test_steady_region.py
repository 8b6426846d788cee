"""Contraction balls: what is claimed of a ball holds for every state that is sampled in it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from numeric.bound import Bound
from numeric.field import Array
from numeric.intervals.enclose import Enclosure
from numeric.steady.column_drift import ColumnDrift
from numeric.steady.curvature import Curvature
from numeric.steady.curved_drift import CurvedDrift
from numeric.steady.drift import Drift, Shares
from numeric.steady.drifts import drift_of
from numeric.steady.layer_drift import LayerDrift
from numeric.steady.layer_jets import layer_jet
from numeric.steady.layers import layers
from numeric.steady.metric import Metric, identity_metric, lyapunov_metric
from numeric.steady.polish import polish
from numeric.steady.region import Region, region
from numeric.steady.tangents import tangents

i, j = am.indices("i j", "N")
a, c = am.indices("a c", "K")
y, W, b, xi = am.state("y", "N"), am.parameter("W", "N N"), am.parameter("b", "N"), am.parameter("xi", "N K")
L = am.lagrangians


def _network(g: Any) -> am.System:
    return am.System(flow={y[i]: am.total(W[i, j] * g(y[j]), j) - y[i] + b[i]})


def _memory(v: am.Lagrangian, h: am.Lagrangian) -> am.System:
    V, H = am.Layer("v", "N", v, tau=1), am.Layer("h", "K", h, tau=sp.Rational(1, 2))
    return am.Memory([V, H], [am.synapses.dense(V, H, weights="xi"), am.synapses.bias(V, "b")]).system


def _recall(x: Any) -> Any:
    return sp.exp(2 * am.total(xi[j, x] * y[j], j))


def _case(name: str, n: int, rng: np.random.Generator) -> tuple[am.System, dict[str, Any], Any]:
    weights, bias = rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n)
    one = {"W": weights, "b": 0.5 * bias}, rng.normal(size=n)
    two = {"xi": 0.7 * rng.normal(size=(n, 4)), "b": 0.5 * bias}, {"v": rng.normal(size=n), "h": np.zeros(4)}
    hand = {"xi": rng.normal(size=(n, 4)) / np.sqrt(n)}, rng.normal(size=n)
    heads = {"gamma": 1.0, "delta": 0.1 * bias, "epsilon": 0.1, "beta": 0.7, "WK": weights[:2, None], "WQ": weights[1:3, None]}
    cases: dict[str, Any] = {
        "tanh": (_network(sp.tanh), *one),
        "relu": (_network(lambda x: sp.Max(0, x)), {"W": 0.4 * weights, "b": 0.05 * bias}, one[1]),
        "symmetric": (_network(sp.tanh), {"W": weights + weights.T, "b": bias}, one[1]),
        "softmax": (_memory(L.identity(), L.softmax(2)), *two),
        "tanh, ghostmax": (_memory(L.tanh(), L.ghostmax()), *two),
        "layernorm, softmax": (_memory(L.layernorm(eps=sp.Rational(1, 10)), L.softmax(2)), *two),
        "rms_norm, tanh": (_memory(L.rms_norm(eps=sp.Rational(1, 10)), L.tanh()), *two),
        "spherical, softmax": (_memory(L.spherical(eps=sp.Rational(1, 10)), L.softmax(3)), *two),
        "cubes": (am.System(flow={y[i]: am.total(xi[i, a] * am.total(xi[j, a] * sp.tanh(y[j]), j) ** 3, a) - y[i]}), *hand),
        "softmax by hand": (am.System(flow={y[i]: am.total(xi[i, a] * _recall(a), a) / am.total(_recall(c), c) - y[i]}), *hand),
        "sparsemax": (_memory(L.identity(), L.sparsemax()), *two),
        "attention": (am.zoo.attention().system, heads, rng.normal(size=(3, n))),
    }
    return cases[name]


NAMES = {
    "tanh": ColumnDrift,
    "relu": ColumnDrift,
    "symmetric": ColumnDrift,
    "softmax": LayerDrift,
    "tanh, ghostmax": LayerDrift,
    "layernorm, softmax": LayerDrift,
    "rms_norm, tanh": LayerDrift,
    "spherical, softmax": LayerDrift,
    "cubes": CurvedDrift,
    "softmax by hand": CurvedDrift,
    "sparsemax": CurvedDrift,
    "attention": CurvedDrift,
}


SHOWN = [pytest.param(name, marks=pytest.mark.slow) if name == "attention" else name for name in NAMES]


@cache
def _steady(name: str, n: int, seed: int) -> tuple[Bound, Drift, Array]:
    """A bound model, its drift, and a steady state that its flow reaches."""
    system, params, start = _case(name, n, np.random.default_rng(seed))
    bound = am.compile(system).bind(params)
    first, _ = bound.pack(start)
    end, _ = bound.pack(am.simulate(bound, None, start, t=1e4, steady=1e-6).end)
    drift = drift_of(bound, first.shape[1])
    assert drift is not None
    return bound, drift, polish(bound, end[0]).y


def _inside(ball: Region, drift: Drift, rng: np.random.Generator, count: int) -> Array:
    """States of a ball: on its border and within, in all directions, along few components, and along the slow directions."""
    n = len(ball.center)
    slow = np.linalg.eigh(ball.metric.conjugate(drift.jacobian(ball.center)))[1][:, -2:]
    u = rng.normal(size=(count, n))
    u[::3] *= np.abs(u[::3]) >= np.sort(np.abs(u[::3]), axis=1)[:, -2:][:, :1]
    u[1::3] = rng.normal(size=(len(u[1::3]), slow.shape[1])) @ slow.T + 0.1 / np.sqrt(n) * u[1::3]
    u *= np.where(rng.random(count) < 0.7, 1.0, rng.random(count))[:, None] / np.linalg.norm(u, axis=1, keepdims=True)
    return np.asarray(ball.center + ball.radius * ball.metric.undo(u.T).T)


def _log_norms(bound: Bound, ball: Region, z: Array) -> Array:
    return np.array([np.linalg.eigvalsh(ball.metric.conjugate(J))[-1] for J in bound.packed_jacobian(z)])


class _Halved:
    """A drift that says half of what it should: the fault that the tests must catch."""

    def __init__(self, drift: Drift) -> None:
        self.jacobian, self.metrics, self._shares = drift.jacobian, drift.metrics, drift.shares

    def shares(self, y: Array, metric: Metric, groups: list[Array]) -> Shares:
        whole = self._shares(y, metric, groups)
        return lambda r: whole(r) / 2


@pytest.mark.parametrize("name", SHOWN)
def test_the_logarithmic_norm_is_below_the_rate_all_over_a_ball(name: str) -> None:
    found = 0
    for seed, n in ((0, 5), (1, 9)):
        bound, drift, zero = _steady(name, n, seed)
        assert type(drift) is NAMES[name]
        ball = region(zero, drift)
        found += ball is not None
        if ball is not None:
            z = _inside(ball, drift, np.random.default_rng(seed), 90)
            assert np.all(_log_norms(bound, ball, z) <= -ball.rate)
    assert found


@pytest.mark.parametrize("name", SHOWN)
def test_trajectories_from_the_border_of_a_ball_end_at_its_centre(name: str) -> None:
    bound, drift, zero = _steady(name, 5, 0)
    ball = region(zero, drift)
    assert ball is not None
    u = np.random.default_rng(3).normal(size=(8, zero.size))
    start = ball.center + ball.radius * ball.metric.undo(u.T / np.linalg.norm(u, axis=1)).T
    packing, _ = bound.packing(zero.size)
    ends = am.simulate(bound, None, packing.restore(start, (8,), True), t=1e4, rtol=1e-9, atol=1e-9, steady=1e-9).end
    assert np.allclose(bound.pack(ends)[0], zero, atol=1e-6 * (1 + np.abs(zero).max()))


ONE = {
    "tanh": (_network(sp.tanh), {"W": [[1.35]], "b": [-0.121]}, [0.6]),
    "cubes": (am.System(flow={y[i]: y[i] ** 2 * am.total(y[j], j) - y[i] + b[i]}), {"b": [0.375]}, [0.4]),
    "softmax": (_memory(L.identity(), L.softmax(2)), {"xi": [[1.0, -1.0]], "b": [0.3]}, {"v": [0.5], "h": [0.0, 0.0]}),
}


@pytest.mark.parametrize("name", ONE)
def test_a_drift_that_is_halved_is_caught(name: str) -> None:
    system, params, start = ONE[name]
    bound = am.compile(system).bind(params)
    zero = polish(bound, bound.pack(am.simulate(bound, None, start, t=1e4, steady=1e-8).end)[0][0]).y
    drift = drift_of(bound, zero.size)
    assert drift is not None
    rng, worst = np.random.default_rng(0), []
    for asked in (drift, _Halved(drift)):
        ball = region(zero, asked)
        assert ball is not None
        worst.append(float((_log_norms(bound, ball, _inside(ball, drift, rng, 300)) + ball.rate).max()))
    assert worst[0] <= 0 < worst[1]


@pytest.mark.parametrize(("w", "crosses"), [(0.5, True), (2.0, False)])
def test_a_ball_crosses_a_kink_only_if_both_sides_contract(w: float, crosses: bool) -> None:
    bound = am.compile(_network(lambda x: sp.Max(0, x))).bind({"W": [[w]], "b": [-0.125]})
    drift = drift_of(bound, 1)
    assert drift is not None
    ball = region(np.array([-0.125]), drift)
    assert ball is not None
    assert (ball.radius * ball.metric.reach[0] > 0.125) == crosses


def _least(M: Array, move: Array) -> float:
    return float(min(np.linalg.eigvalsh(M + sign * move)[0] for sign in (1, -1)))


JOINT = {
    "softmax": L.softmax(3),
    "softmax of a negative β": L.softmax(-2),
    "ghostmax": L.ghostmax(),
    "layernorm": L.layernorm(2, eps=sp.Rational(1, 4)),
    "rms_norm": L.rms_norm(eps=sp.Rational(1, 10)),
    "spherical": L.spherical(-1, eps=1),
}


@pytest.mark.parametrize("name", JOINT)
def test_the_hessian_of_a_joint_layer_stays_between_its_majorants(name: str) -> None:
    rng, tight = np.random.default_rng(0), 0.0
    layer = am.Layer("x", "T D", JOINT[name], over="D")
    bound = am.compile(am.System(flow={layer.x[layer.indices()]: -layer.x[layer.indices()]}, activations={layer.x: JOINT[name].along("D")}))
    model = bound.bind({}, sizes={"T": 2, "D": 3})
    model.pack(np.zeros((2, 3)))
    (known,) = layers(model, 6)
    for trial in range(60):
        y0, u, r = 1.5 * rng.normal(size=6), rng.normal(size=6), rng.uniform(0.01, 0.6)
        P = rng.normal(size=(6, 6)) if trial % 2 else np.diag(rng.uniform(0.5, 1, 6))
        metric = Metric(np.linalg.inv(P), P) if trial % 2 else Metric(1 / np.diag(P), np.diag(P))
        M, g = known.majorant(y0, metric)
        z = y0 + r * metric.undo(u[:, None])[:, 0] / np.linalg.norm(u)
        entries, whole = layer_jet(known, y0, metric).bends(r)
        turn = (known.hessian(z) - known.hessian(y0)) @ metric.undo(np.eye(6))
        assert np.all(np.linalg.norm(turn, axis=1) <= r * entries * (1 + 1e-9))
        assert np.linalg.norm(turn, 2) <= r * whole * (1 + 1e-9)
        move = known.hessian(z) - known.hessian(y0)
        if np.isfinite(g(r)):
            assert _least(g(r) * M, move) >= -1e-12
            tight = min(tight, _least(g(r) * M / 8, move))
    assert tight < -1e-9, "an eighth of the bound would not do"


@pytest.mark.parametrize(
    "name", ["tanh", "layernorm, softmax", "cubes", "softmax by hand", pytest.param("attention", marks=pytest.mark.slow)]
)
def test_the_curvature_bounds_how_fast_the_jacobian_turns(name: str) -> None:
    bound, _, zero = _steady(name, 5, 0)
    rng = np.random.default_rng(1)
    P = np.diag(rng.uniform(0.5, 1, zero.size)) + 0.1 * rng.normal(size=(zero.size, zero.size))
    for metric in (identity_metric(zero.size), Metric(np.linalg.inv(P), P)):
        r = 0.05
        K = min(Curvature(bound, zero.size, known).around(zero, metric)(r) for known in (layers(bound, zero.size), None))
        u = rng.normal(size=(2, 40, zero.size))
        u *= r * rng.random((2, 40, 1)) / np.linalg.norm(u, axis=2, keepdims=True)
        z, x = (zero + metric.undo(part.T).T for part in u)
        turns = bound.packed_jacobian(z) - bound.packed_jacobian(x)
        for turn, apart in zip(turns, np.linalg.norm(u[0] - u[1], axis=1), strict=True):
            back = np.diag(metric.back) if metric.diagonal else metric.back
            assert np.linalg.norm(np.linalg.inv(back) @ turn @ back, 2) <= K * apart


def test_the_width_of_a_ball_is_the_largest_spread_in_it() -> None:
    rng, x = np.random.default_rng(0), am.state("x", "N")
    k = am.index("k", "N")
    model = am.compile(am.System(flow={x[k]: -x[k]}, activations={x: L.softmax(2)})).bind({})
    (known,) = layers(model, 3)
    for P in (np.diag([1.0, 0.5, 0.2]), rng.normal(size=(3, 3))):
        u = rng.normal(size=(20000, 3))
        v = u / np.linalg.norm(u, axis=1, keepdims=True) @ P.T
        widths = np.maximum(v.max(axis=1), 0) - np.minimum(v.min(axis=1), 0)
        bound = known.steepness(np.zeros(3), Metric(np.linalg.inv(P), P)) / 2
        assert 0.98 * bound <= widths.max() <= bound * (1 + 1e-9)


SMOOTH = {
    "sums and differences": 2 * y[i] - am.total(sp.sin(y[j]) - y[i] * sp.cos(y[j]), j) - sp.exp(-y[i]),
    "quotients and roots": y[i] ** 3 / sp.sqrt(am.total(y[j] ** 2, j) + 1) - 1 / (2 + sp.cos(y[i])),
    "exponentials": sp.log(am.total(sp.exp(2 * y[j] * y[i]), j)) + sp.cosh(y[i]) - sp.log(sp.cosh(y[i])) + sp.erf(y[i]) * sp.atan(y[i]),
    "choices": sp.Max(y[i], -9) * sp.Abs(y[i] + 9) + sp.Max(-9, sp.tanh(y[i])) + sp.Min(y[i], 9),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_forward_derivatives_of_a_program_are_its_jacobian(name: str) -> None:
    bound, x = am.compile(am.System(flow={y[i]: SMOOTH[name]})).bind({}), np.random.default_rng(0).normal(size=4)
    values = Enclosure(bound, 4)
    with np.errstate(all="ignore"):
        found = tangents(values.order, {"y": np.eye(4)}, values.nodes(x[None], x[None]))
    assert np.allclose(found[values.outputs["y"]].T, bound.packed_jacobian(x[None])[0], rtol=1e-12, atol=1e-12)


HEADS, TOKENS = am.parameter("Q", "Y D"), am.state("x", "T D")
t, u, k, m = am.index("t", "T"), am.index("u", "T"), am.index("k", "D"), am.index("m", "Y")
MATCH = am.total(am.total(HEADS[m, k] * TOKENS[t, k], k) * am.total(HEADS[m, k] * TOKENS[u, k], k), m)
TENSORS = {
    **{name: ({y[i]: f}, {}, (4,)) for name, f in SMOOTH.items()},
    "matches of tokens": ({TOKENS[t, k]: am.total(sp.tanh(MATCH) * TOKENS[u, k], u)}, {"Q": (2, 3)}, (2, 3)),
    "tokens attend": ({TOKENS[t, k]: am.total(sp.exp(MATCH) * TOKENS[u, k], u) / am.total(sp.exp(MATCH), u)}, {"Q": (2, 3)}, (2, 3)),
    "weights": ({y[i]: am.total(W[i, j] * y[j] * sp.cos(y[i] - y[j]), j) ** 2 + am.total(W[j, j] * y[i], j)}, {"W": (4, 4)}, (4,)),
}


@pytest.mark.parametrize("name", TENSORS)
def test_every_node_of_a_program_stays_within_its_bounds(name: str) -> None:
    flow, params, shape = TENSORS[name]
    rng, r = np.random.default_rng(0), 0.1
    bound = am.compile(am.System(flow=flow)).bind({p: 0.7 * rng.normal(size=s) for p, s in params.items()})
    bound.pack(np.zeros(shape))
    x, n = rng.normal(size=int(np.prod(shape))), int(np.prod(shape))
    P = np.eye(n) + 0.2 * rng.normal(size=(n, n))
    curvature, metric = Curvature(bound, n), Metric(np.linalg.inv(P), P)
    walk, program, state = curvature.walks(x, metric)(r), curvature.program, bound.state_names[0]

    shifts = program.nodes(x[None], x[None])

    def at(z: Array) -> dict[Any, Array]:
        """The derivatives of all nodes; shifts of exponentials are held at those of the centre."""
        with np.errstate(all="ignore"):
            boxes = program.nodes(z[None], z[None], lambda node, box, _: shifts[node] if node.op == "peak" else box)
            return tangents(program.order, {state: P.T.reshape(n, *shape)}, boxes)

    center = at(x)
    for _ in range(20):
        v = rng.normal(size=n)
        z = x + r * P @ (v / np.linalg.norm(v))
        for node, D in at(z).items():
            if node in center:
                jet, turn = walk.jet(node), (D - center[node]) / r
                assert np.all(np.linalg.norm(D, axis=0) <= jet.first * (1 + 1e-9) + 1e-12)
                assert np.linalg.norm(D.reshape(n, -1), 2) <= jet.norm * (1 + 1e-9) + 1e-12
                assert np.all(np.linalg.norm(turn, axis=0) <= jet.second * (1 + 1e-9) + 1e-9)
                assert np.linalg.norm(turn.reshape(n, -1), 2) <= jet.bend * (1 + 1e-9) + 1e-9


def test_a_softmax_memory_has_wide_balls_around_its_patterns() -> None:
    rng = np.random.default_rng(1)
    X = np.sign(rng.normal(size=(20, 6)))
    starts = {"v": 3 * rng.normal(size=(50, 20)), "h": np.zeros((50, 6))}
    found = am.steady_states(am.zoo.softmax_memory(), {"xi": X, "beta": 2.0, "tau_v": 1.0, "tau_h": 0.5}, starts, patterns=X.T)
    assert {o.name for o in found.outcomes} == {"CONVERGED"}
    assert all(ball is not None and ball.radius > 0.5 for ball in found.regions)


@pytest.mark.parametrize("name", ["tanh, ghostmax", "layernorm, softmax", "softmax by hand"])
def test_every_start_lands_where_integrating_to_the_end_lands(name: str) -> None:
    system, params, start = _case(name, 8, np.random.default_rng(0))
    rng, bound = np.random.default_rng(1), am.compile(system).bind(params)
    starts = {k: 2 * rng.normal(size=(60, *np.shape(x))) for k, x in (start if isinstance(start, dict) else {"y": start}).items()}
    found = am.steady_states(bound, None, starts)
    ends = am.simulate(bound, None, starts, t=1e5, rtol=1e-10, atol=1e-10, steady=1e-8, method="order 8").end
    assert {o.name for o in found.outcomes} == {"CONVERGED"}
    assert np.allclose(bound.pack(found.states)[0][found.origin], bound.pack(ends)[0], atol=1e-5)


def test_lyapunovs_norm_contracts_exactly_where_the_matrix_is_stable() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        J = rng.normal(size=(7, 7))
        J -= (np.linalg.eigvals(J).real.max() + rng.choice([-0.3, 0.3])) * np.eye(7)
        metric, stable = lyapunov_metric(J), np.linalg.eigvals(J).real.max() < 0
        assert (metric is not None) == stable
        if metric is not None:
            assert np.linalg.eigvalsh(metric.conjugate(J))[-1] < 0


def test_a_ball_holds_what_its_norm_says_and_nothing_else() -> None:
    _, drift, zero = _steady("softmax", 5, 0)
    ball = region(zero, drift)
    assert ball is not None
    u = np.random.default_rng(0).normal(size=(50, zero.size))
    border = ball.metric.undo(u.T / np.linalg.norm(u, axis=1)).T * ball.radius
    assert np.all(ball.holds(zero + 0.999 * border))
    assert np.all(ball.near(zero + 0.999 * border))
    assert not np.any(ball.holds(zero + 1.001 * border))
    assert not np.any(replace(ball, radius=ball.radius / 2).holds(zero + 0.999 * border))
