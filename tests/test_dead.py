"""Dead directions of activations, exact and for every size, and the verdict on them; lookalikes are not dead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians
from amsym.dead import dead, profile
from amsym.lagrangian import Lagrangian
from amsym.notation import indices, mask, parameter, state, total
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.properties.dead import decide
from proofs.question import question
from tests import memories

x = sp.Symbol("x", real=True)
i, j = indices("i j", "N")
y, W, b = state("y", "N"), parameter("W", "N N", symmetric=True), parameter("b", "N")
beta, gamma = parameter("beta", positive=True), parameter("gamma", positive=True)
scale, shift = parameter("s", "N", positive=True), parameter("theta", "N")


def verdict(model: Any, params: Any = None) -> Verdict:
    found = decide(question(getattr(model, "system", model), params))
    assert found is not None
    return found


def of(L: Lagrangian, params: Any = None) -> Verdict:
    return verdict(am.zoo.hopfield(L), params)


def places(found: Verdict) -> list[str]:
    return [d["where"] for d in found.certificate["directions"]]


RAYS: dict[str, tuple[sp.Expr, list[str]]] = {
    "relu": (sp.Max(0, x), ["x ≤ 0"]),
    "relu by its modulus": ((x + sp.Abs(x)) / 2, ["x ≤ 0"]),
    "relu by a bracket": (x * mask(x > 0), ["x ≤ 0"]),
    "relu by cases": (sp.Piecewise((x, x > 0), (0, True)), ["x ≤ 0"]),
    "clipped": (sp.Max(-1, sp.Min(1, x)), ["x ≤ -1", "x ≥ 1"]),
    "squared": (sp.Max(0, x) ** 2, ["x ≤ 0"]),
    "shifted by a parameter": (sp.Max(0, x - beta), ["x ≤ beta"]),
    "rectified exponential": (sp.exp(beta * sp.Max(0, x)) - 1, ["x ≤ 0"]),
    "sign": (sp.sign(x), ["x < 0", "x > 0"]),
    "tent": (sp.Max(0, 1 - sp.Abs(x)), ["x ≤ -1", "x ≥ 1"]),
    "constant": (sp.Integer(3), ["every x", "every x"]),
    "flat far out only": (sp.Max(0, x) - sp.Max(0, x - 1), ["x ≤ 0", "x ≥ 1"]),
}
NO_RAYS: dict[str, sp.Expr] = {
    "tanh": sp.tanh(x),
    "sigmoid": 1 / (1 + sp.exp(-x)),
    "leaky": sp.Max(0, x) + x / 1000,
    "hardly leaky": sp.Max(0, x) + x / sp.Integer(10) ** 30,
    "soft threshold": sp.Max(0, x - beta) - sp.Max(0, -x - beta),
    "bounded plateau": sp.Max(0, x - 1) + sp.Min(0, x),
    "gaussian": sp.exp(-(x**2)),
    "silu": x / (1 + sp.exp(-x)),
    "sine": sp.sin(x),
    "bump and line": sp.Max(0, x) - x / 2,
}


@pytest.mark.parametrize("name", RAYS)
def test_rays_are_found_with_their_exact_ends(name: str) -> None:
    g, expected = RAYS[name]
    found = profile(g, x)
    assert [r.condition(x) for r in found.rays] == expected
    assert found.open == ()


@pytest.mark.parametrize("name", RAYS)
def test_the_function_is_its_value_all_along_a_ray(name: str) -> None:
    g, _ = RAYS[name]
    for ray in profile(g, x).rays:
        for distance in (*((0,) if ray.closed else ()), sp.Rational(1, 1000), 1, 17, 10**9):
            assert sp.simplify(g.subs(x, ray.point(distance)).doit() - ray.value).subs(beta, sp.Rational(3, 7)) == 0


@pytest.mark.parametrize("name", NO_RAYS)
def test_what_only_looks_dead_is_not(name: str) -> None:
    found = profile(NO_RAYS[name], x)
    assert found.rays == ()
    assert found.open == ()


def test_a_bounded_flat_piece_is_listed_apart() -> None:
    (piece,) = profile(NO_RAYS["soft threshold"], x).plateaus
    assert (piece.low, piece.high, piece.value) == (-beta, beta, 0)
    (piece,) = profile(NO_RAYS["bounded plateau"], x).plateaus
    assert (piece.low, piece.high) == (0, 1)


def test_what_has_a_flat_piece_is_not_said_to_be_constant_nowhere() -> None:
    soft = Lagrangian(lambda u: sp.Max(0, u - 1) ** 2 / 2 + sp.Max(0, -u - 1) ** 2 / 2)
    table = am_dead(soft)
    assert [row[2:4] for row in table.rows()] == [("exact", "on no ray"), ("flat piece", "-1 ≤ y[i] ≤ 1")]
    assert "nowhere" not in str(table)
    assert "a ray would need a piece that moves" in of(soft).certificate["steps"][0]["lemma"]


@pytest.mark.parametrize(
    "g", [sp.Max(0, x) + parameter("a") * x, parameter("a") * sp.tanh(x), sp.Function("g", real=True)(x), sp.Max(0, sp.sin(x) - 2 * x)]
)
def test_what_is_not_known_stays_open(g: sp.Expr) -> None:
    found = profile(g, x)
    assert found.open
    assert not found.strict


JOINT: dict[str, tuple[Lagrangian, list[str]]] = {
    "softmax": (lagrangians.softmax(beta), ["1"]),
    "softmax of scaled": (Lagrangian.joint(lambda u, k: sp.log(total(sp.exp(scale[k] * u[k]), k))), ["1/s[j]"]),
    "softmax of shifted": (Lagrangian.joint(lambda u, k: sp.log(total(sp.exp(u[k] + shift[k]), k))), ["1"]),
    "layernorm": (lagrangians.layernorm(gamma, b), ["1"]),
    "layernorm without epsilon": (lagrangians.layernorm(gamma, eps=0), ["1", "y[j]"]),
    "rms_norm without epsilon": (lagrangians.rms_norm(gamma, eps=0), ["y[j]"]),
    "spherical without epsilon": (lagrangians.spherical(eps=0), ["y[j]"]),
}
NEGATIVE = sp.Symbol("c", negative=True)
JOINT |= {
    "softmax of negative temperature": (lagrangians.softmax(NEGATIVE), ["1"]),
    "softmax at -2": (lagrangians.softmax(-2), ["1"]),
    "layernorm of negative gain": (lagrangians.layernorm(NEGATIVE, b), ["1"]),
    "layernorm of negative gain without epsilon": (lagrangians.layernorm(-1, eps=0), ["1", "y[j]"]),
}
INJECTIVE = {
    "rms_norm of negative gain": lagrangians.rms_norm(NEGATIVE),
    "spherical of negative gain": lagrangians.spherical(-1, 0, 1),
    "ghostmax": lagrangians.ghostmax(),
    "rms_norm": lagrangians.rms_norm(gamma),
    "spherical": lagrangians.spherical(gamma, b),
    "log-sum-exp of squares": Lagrangian.joint(lambda u, k: sp.log(total(sp.exp(u[k] ** 2), k))),
}


@pytest.mark.parametrize("name", JOINT)
def test_null_vectors_of_joint_activations_are_found_and_no_others_remain(name: str) -> None:
    L, expected = JOINT[name]
    found = of(L)
    assert found.status is Status.PROVED
    assert "no others" in found.reason
    assert [d["direction"] for d in found.certificate["directions"]] == expected


@pytest.mark.parametrize("name", INJECTIVE)
def test_a_positive_definite_hessian_leaves_no_dead_direction(name: str) -> None:
    found = of(INJECTIVE[name])
    assert found.status is Status.PROVED
    assert not places(found)
    assert "injective" in found.reason


@pytest.mark.parametrize("name", JOINT)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_nullity_is_that_of_the_hessian_in_numbers(name: str, n: int) -> None:
    if n == 1 and name.startswith("layernorm") and name.endswith("without epsilon"):
        pytest.skip("one feature has no spread to divide by")
    L, expected = JOINT[name]
    rng = np.random.default_rng(n)
    system = am.zoo.hopfield(L)
    params = {p.name: np.eye(n) if p.name == "W" else rng.random(n) + 0.5 for p in system.parameters}
    params |= {s.name: -1.5 if s.is_negative else 1.5 for s in system.scalars}
    at = rng.normal(size=n)
    (i0, j0), u = indices("i j", "N"), state("y", "N")
    slopes = am.components(L.hessian(u[i0], u[j0]), {"N": n}, order=(i0, j0))
    values = {u[k]: at[k] for k in range(n)} | {s: params[s.name] for s in system.scalars}
    values |= {p[k]: params[p.name][k] for p in (scale, shift, b) for k in range(n) if p.name in params}
    hessian = np.array([[float(e.subs(values)) for e in row] for row in slopes.tolist()])
    cone = am_dead(system, at, params)
    assert cone.count == min(n, len(expected)) == n - np.linalg.matrix_rank(hessian, tol=1e-9)
    assert np.allclose(hessian @ cone.vectors, 0)


def am_dead(*args: Any) -> Any:
    from numeric.dead import dead_directions

    return dead_directions(*args)


def test_a_dead_relu_is_told_and_so_is_that_nothing_else_is_dead() -> None:
    found = verdict(am.zoo.hopfield("relu"))
    assert found.status is Status.PROVED
    assert places(found) == ["y[i] ≤ 0"]
    assert "does not tell y[i] = -1 from -1000; no others" in found.reason


def test_saturation_is_told_as_one_of_floating_point() -> None:
    found = verdict(am.zoo.hopfield("tanh"))
    assert found.status is Status.PROVED
    assert not places(found)
    assert "in float64 rounded to one number for y[i] < -19.0615 and y[i] > 19.0615" in found.reason
    assert {d["value"] for d in found.certificate["float32"]} == {"1.0", "-1.0"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n == "entmax15" else n for n in sorted(lagrangians.CATALOGUE)])
def test_every_lagrangian_of_the_catalogue_is_decided(name: str) -> None:
    expected = {
        **{key: ["y[i] ≤ 0"] for key in ("relu", "repu", "rectified_exponential")},
        **{key: ["every y"] for key in ("softmax", "layernorm", "sparsemax", "entmax15")},
        "hard_tanh": ["y[i] ≤ -1", "y[i] ≥ 1"],
    }
    found = verdict(am.zoo.hopfield(name))
    assert found.status is Status.PROVED
    assert places(found) == expected.get(name, [])
    assert ("others are open" in found.reason) == (name in ("sparsemax", "entmax15"))


def test_a_slope_without_a_sign_is_open_and_numbers_settle_it() -> None:
    model = am.zoo.hopfield(lagrangians.leaky_relu(parameter("a")))
    assert verdict(model).status is Status.UNDECIDED
    rest = {"W": np.eye(2), "b": np.zeros(2)}
    assert places(verdict(model, {**rest, "a": 0.0})) == ["y[i] ≤ 0"]
    assert verdict(model, {**rest, "a": 0.25}).reason == "no exact ones: the activation is injective"


def test_a_rank_that_is_known_at_two_sizes_only_is_certified() -> None:
    found = of(Lagrangian.joint(lambda u, k: sp.log(total(sp.exp(u[k]), k)) + total(u[k] ** 2, k) / 1000))
    assert found.status is Status.CERTIFIED
    assert not places(found)
    assert [p["size"] for p in found.certificate["exact points"]["y"]] == [2, 3]
    assert "injective" not in found.reason


def test_a_gain_that_may_be_zero_leaves_the_rank_open() -> None:
    gain = parameter("gain")
    assert of(lagrangians.spherical(gain, 0, 1)).status is not Status.PROVED
    indefinite = Lagrangian.joint(lambda u, k: total(beta * u[k] ** 2, k) / 2 - gain * total(u[k], k) ** 2 / 2)
    assert of(indefinite).status is not Status.PROVED


def test_a_list_that_may_be_longer_says_so() -> None:
    found = of(Lagrangian.joint(lambda u, k: sp.sqrt(total(u[k], k) ** 2 + 1)))
    assert found.status is Status.PROVED
    assert "others are open" in found.reason


HAND_WRITTEN = {
    "relu": ["y[i] ≤ 0"],
    "tanh": [],
    "softmax": ["every y"],
    "two_layers": ["every h"],
    "three_layers": ["w[A] ≤ 0"],
    "attention": [],
}


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_activations_are_found_in_hand_written_systems(name: str) -> None:
    found = verdict(memories.SYSTEMS[name]())
    assert found.status is Status.PROVED
    assert places(found) == HAND_WRITTEN[name]


def flow(term: Any) -> System:
    return System(flow={y[i]: term - y[i]}, energy=total(y[i] ** 2, i))


def test_thresholds_of_each_neuron_are_ends_of_rays() -> None:
    assert places(verdict(flow(total(W[i, j] * sp.Max(0, y[j] - shift[j]), j)))) == ["y[i] ≤ theta[i]"]


def test_two_candidates_for_an_activation_are_not_chosen_from() -> None:
    M = parameter("M", "N N")
    assert decide(question(flow(total(W[i, j] * sp.Max(0, y[j]) + M[i, j] * sp.tanh(y[j]), j)))) is None


@pytest.mark.parametrize("name", ["distances", "softplus", "kinked"])
def test_nothing_is_said_where_no_activation_is_known(name: str) -> None:
    assert decide(question(memories.SYSTEMS[name]())) is None


def test_nothing_is_said_of_discrete_systems_and_named_lagrangians() -> None:
    assert decide(question(am.zoo.spins())) is None
    assert decide(question(am.zoo.hopfield(Lagrangian.abstract()))) is None


def test_tokens_are_dead_each_along_its_features() -> None:
    (found,) = dead(am.zoo.attention().system)
    assert found.lines() == ["x: null vector 1, one number added to all x along D"]
    assert found.complete


def test_a_factor_of_a_token_in_front_of_the_sum_belongs_to_its_activation() -> None:
    (B,), (d, e, f) = indices("B", "T"), indices("d e f", "D")
    tokens, V = state("x", "T D"), parameter("V", "D D")
    mean = total(tokens[B, e], e) / am.size("D")
    spread = sp.sqrt(total((tokens[B, e] - mean) ** 2, e) / am.size("D") + beta)
    term = total(V[f, d] * (tokens[B, d] - mean) / spread, d)
    (found,) = dead(System(flow={tokens[B, f]: term - tokens[B, f]}))
    assert found.formula is not None
    assert found.formula.has(sp.Pow)
    assert [v.vector for v in found.vectors] == [1]
    assert found.complete


def test_a_threshold_is_certain_only_where_the_tail_is_monotone() -> None:
    """tanh u + e^{-(u-100)²} rounds to 1 at 50 and is 2 at 100, between two points of the grid."""
    bump = am.System(
        flow={y[i]: am.total(W[i, j] * (sp.tanh(y[j]) + sp.exp(-((y[j] - 100) ** 2))), j) - y[i]}, energy=am.total(y[i] ** 2, i)
    )
    assert "(at the points of a grid)" in verdict(bump).reason
    assert "grid" not in verdict(am.zoo.hopfield("tanh")).reason
