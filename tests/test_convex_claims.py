"""The verdict `Lagrangians convex`: the catalogue, wrong signs, planted faults; every counterexample is checked by components."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians as lib
from amsym.lagrangian import Lagrangian
from amsym.notation import components, index, mask, parameter, state, total
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.properties.convex import decide
from proofs.question import question

i = index("i", "N")
x = state("x", "N")
r, n = parameter("r"), parameter("n", nonnegative=True)
beta = parameter("beta", positive=True)
R, L = sp.Rational, Lagrangian
Max = sp.Max


def judged(lagrangian: Lagrangian, params: Any = None, x: Any = x) -> Verdict:
    system = System(flow={x[i]: -x[i]}, energy=total(x[i] ** 2, i), activations={x: lagrangian})
    verdict = decide(question(system, params))
    assert verdict is not None
    return verdict


NOT_CONVEX_ROWS = ("silu", "gelu", "gaussian")


@pytest.mark.parametrize("name", sorted(set(lib.CATALOGUE) - set(NOT_CONVEX_ROWS)))
def test_the_convex_rows_of_the_catalogue_are_proved(name: str) -> None:
    assert judged(lib.CATALOGUE[name]()).status is Status.PROVED


PROVED: dict[str, Callable[[], Lagrangian]] = {
    "leaky relu with any slope from 0 on": lambda: lib.leaky_relu(n),
    "leaky relu steeper on the left": lambda: lib.leaky_relu(3),
    "tanh": lambda: lib.tanh(beta),
    "softmax": lambda: lib.softmax(beta),
    "rectified exponential": lambda: lib.rectified_exponential(beta),
    "exponential": lambda: lib.exponential(beta),
    "high rectified power": lambda: lib.repu(7),
    "layernorm with a bias": lambda: lib.layernorm(beta, parameter("d", "N"), n),
    "rms norm": lambda: lib.rms_norm(beta, 0, n),
    "spherical": lambda: lib.spherical(n, r, n),
    "silu and just enough": lambda: L(lambda u: lib.silu().formula(u) + u**2 / 20),
    "abstract": lambda: L.abstract("Q"),
    "huber": lambda: L(lambda u: sp.Piecewise((u**2 / 2, sp.Abs(u) <= 1), (sp.Abs(u) - R(1, 2), True))),
    "softplus squared": lambda: L(lambda u: sp.log(1 + sp.exp(u)) ** 2),
    "sharp well that just stays convex": lambda: L(lambda u: u**2 + sp.exp(-(u**2))),
    "quadratic and cosine": lambda: L(lambda u: u**2 / 2 + sp.cos(u)),
    "a norm": lambda: L.joint(lambda x, i: sp.sqrt(total(x[i] ** 2, i))),
    "largest entry and a square": lambda: L(lambda u: Max(u, 0, -u) + u**2),
}
REFUTED: dict[str, Callable[[], Lagrangian]] = {
    "floor": lambda: L(sp.floor),
    **{name: lib.CATALOGUE[name] for name in NOT_CONVEX_ROWS},
    "tanh without a sign": lambda: lib.tanh(r),
    "sigmoid with a negative β": lambda: lib.sigmoid(-2),
    "softmax without a sign": lambda: lib.softmax(r),
    "softmax with a negative β, convex at N = 1": lambda: lib.softmax(-1),
    "layernorm with a negative gain, convex at N = 1": lambda: lib.layernorm(-1),
    "spherical without a sign": lambda: lib.spherical(r),
    "rms norm with a negative gain": lambda: lib.rms_norm(-1),
    "leaky relu with any slope": lambda: lib.leaky_relu(r),
    "leaky relu falling on the left": lambda: lib.leaky_relu(-R(1, 100)),
    "exponential without a sign": lambda: lib.exponential(r),
    "silu and almost enough": lambda: L(lambda u: lib.silu().formula(u) + u**2 * R(9, 200)),
    "well a little too sharp": lambda: L(lambda u: u**2 + R(101, 100) * sp.exp(-(u**2))),
    "narrow window": lambda: L(lambda u: u**2 + R(1, 10**4) * sp.exp(-(20000 * (u - R(5, 2)) ** 2))),
    "curvature lost far out": lambda: L(lambda u: u**2 / 2 - u**4 / 10**9),
    "kink down": lambda: L(lambda u: u**2 - sp.Abs(u)),
    "kink down, small": lambda: L(lambda u: u**2 - sp.Abs(u) / 50),
    "jump down at a point": lambda: L(lambda u: u**2 + mask(sp.Eq(u, 0))),
    "jump": lambda: L(lambda u: sp.Piecewise((u**2, u > 0), (u**2 + 1, True))),
    "step": lambda: L(lambda u: mask(u > 0)),
    "broken line": lambda: L(lambda u: Max(0, u) - 2 * Max(0, u - 1)),
    "cube": lambda: L(lambda u: u**3),
    "positive cube less a square": lambda: L(lambda u: Max(0, u) ** 3 - u**2 / 10),
    "log": lambda: L(lambda u: sp.log(1 + u**2)),
    "x softplus": lambda: L(lambda u: u * sp.log(1 + sp.exp(u))),
    "hyperboloid": lambda: L.joint(lambda x, i: sp.sqrt(total(x[i] ** 2, i) + 1) - total(x[i] ** 2, i) / 100),
    "product of two neurons": lambda: L.joint(lambda x, i: total(x[i], i) ** 2 - total(x[i] ** 2, i) / 2),
    "minus log-sum-exp": lambda: L.joint(lambda x, i: -sp.log(total(sp.exp(x[i]), i))),
    "log-sum-exp less a square": lambda: L.joint(lambda x, i: sp.log(total(sp.exp(x[i]), i)) - total(x[i] ** 2, i) / 1000),
    "weights without a sign": lambda: L(lambda u: parameter("a", "N")[u.where] * u**2),
    "slope on the edge": lambda: L(lambda u: (n - R(1, 8)) * u**2),
    "convex up to three neurons": lambda: L.joint(lambda x, i: total(x[i] ** 2, i) - total(x[i], i) ** 2 / 3),
    "convex up to six neurons": lambda: L.joint(lambda x, i: total(x[i] ** 2, i) - total(x[i], i) ** 2 / R(13, 2)),
    "convex but for a very small β": lambda: L(lambda u: (beta - R(1, 1000)) * u**2),
    "convex but for a very large β": lambda: L.joint(lambda x, i: total(x[i] ** 2, i) * (1000 - beta)),
    "a parameter that is called x": lambda: L(lambda u: (sp.Symbol("x", real=True) - 1) ** 2 * u**2 - u**2),
    "in time": lambda: L(lambda u: (3 - am.time) * u**2),
    "cosine too strong": lambda: L(lambda u: u**2 / 2 + R(11, 10) * sp.cos(u)),
}
OPEN: dict[str, Callable[[], Lagrangian]] = {
    "abstract, not declared": lambda: L.abstract("Q", convex=False),
    "named only": lambda: L(lambda u: sp.Function("F", real=True)(u)),
    "convex where it is defined": lambda: L(lambda u: -sp.log(u)),
    "unknown function": lambda: L(lambda u: u**2 + sp.loggamma(1 + u**2) / 10**6),
}


@pytest.mark.parametrize("name", PROVED)
def test_a_convex_lagrangian_is_proved(name: str) -> None:
    verdict = judged(PROVED[name]())
    assert verdict.status is Status.PROVED, verdict
    assert verdict.certificate["Lagrangians"][0]["steps"]


@pytest.mark.parametrize("name", REFUTED)
def test_a_lagrangian_that_is_not_convex_is_refuted_by_a_chord_or_a_curvature(name: str) -> None:
    if name == "a parameter that is called x":
        assert judged(REFUTED[name](), x=state("y", "N")).status is Status.REFUTED
        return
    verdict = judged(REFUTED[name]())
    assert verdict.status is Status.REFUTED, verdict
    assert violates(REFUTED[name](), verdict.certificate)


def violates(lagrangian: Lagrangian, certificate: Any) -> bool:
    """The counterexample again, by explicit components and finite steps."""
    sizes, values = certificate["sizes"], {k: numbers(v) for k, v in certificate["values"].items()}
    explicit = components(lagrangian.of(x), sizes)
    rule = {s: values[s.name] for s in explicit.free_symbols if s.name in values}
    rule |= {p[k]: values[p.name][k] for p in [t for t in lagrangian.of(x).atoms(am.notation.Tensor) if t != x] for k in range(sizes["N"])}

    def at(point: list[Any]) -> Any:
        here = {x[k]: point[k] for k in range(len(point))}
        return sp.N(explicit.xreplace({**rule, **here}).doit(), 120)

    a, v = values["x"], values["v"]
    if not certificate["inequality"].startswith("L("):
        a, v = [p - q / 10**12 for p, q in zip(a, v, strict=True)], [p + q / 10**12 for p, q in zip(a, v, strict=True)]
    middle = [(p + q) / 2 for p, q in zip(a, v, strict=True)]
    return bool(at(middle) > (at(a) + at(v)) / 2)


def numbers(value: Any) -> Any:
    return [numbers(v) for v in value] if isinstance(value, list) else R(value)


@pytest.mark.parametrize("name", OPEN)
def test_what_cannot_be_settled_is_left_open(name: str) -> None:
    assert judged(OPEN[name]()).status in (Status.UNDECIDED, Status.SUPPORTED)


def test_given_numbers_decide_what_the_symbols_leave_open() -> None:
    """L in a system whose parameters are given is judged for these numbers."""
    system = System(flow={x[i]: -r * x[i]}, energy=total(x[i] ** 2, i), activations={x: lib.leaky_relu(r)})
    for value, status in ((0.5, Status.PROVED), (0.0, Status.PROVED), (-0.5, Status.REFUTED)):
        verdict = decide(question(system, {"r": value}))
        assert verdict is not None
        assert verdict.status is status


def test_one_bad_lagrangian_among_good_ones_refutes_the_claim_and_is_named() -> None:
    y, j = state("y", "K"), index("j", "K")
    system = System(flow={x[i]: -x[i], y[j]: -y[j]}, activations={x: lib.tanh(), y: lib.silu()})
    verdict = decide(question(system))
    assert verdict is not None
    assert verdict.status is Status.REFUTED
    assert "silu of y" in verdict.reason
    assert [f["status"] for f in verdict.certificate["Lagrangians"]] == ["PROVED", "REFUTED"]


def test_nothing_is_said_where_no_lagrangian_is_declared() -> None:
    assert decide(question(System(flow={x[i]: -x[i]}))) is None


def test_what_is_proved_lies_below_its_chords() -> None:
    rng = random.Random(0)
    for name in ("silu and just enough", "huber", "leaky relu steeper on the left", "quadratic and cosine"):
        explicit = components(PROVED[name]().of(x), {"N": 1})
        for _ in range(12):
            a, b = (R(rng.randint(-60, 60), 8) for _ in range(2))
            low, high, middle = (sp.N(explicit.xreplace({x[0]: p}).doit(), 30) for p in (a, b, (a + b) / 2))
            assert middle <= (low + high) / 2 + sp.Float("1e-20")


@pytest.mark.parametrize("lagrangian", [lib.repu(parameter("m")), lib.layernorm(1, 0, parameter("eps"))])
def test_nothing_is_refuted_outside_the_parameters_domain(lagrangian: Lagrangian) -> None:
    """m = -1 or ε = -1 would do, but there the Lagrangian is not defined."""
    assert judged(lagrangian).status is not Status.REFUTED
