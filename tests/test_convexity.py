"""Convexity: what a rule shows convex is convex along random chords, and lookalikes are not shown."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sympy as sp

from amsym import lagrangians
from amsym.lagrangian import Lagrangian
from amsym.notation import components, indices, mask, parameter, state, total
from amsym.prover.convexity import Steps, curvature, is_convex

i, j = indices("i j", "N")
x = state("x", "N")
W, P = parameter("W", "N N"), parameter("P", "N N", psd=True)
a, beta = parameter("a"), parameter("beta", positive=True)
c = parameter("c", "N")

CONVEX: dict[str, sp.Expr] = {
    "log-sum-exp": sp.log(total(sp.exp(x[i]), i)),
    "log-sum-exp of affine": sp.log(total(sp.exp(total(W[i, j] * x[j], j) + c[i]), i)),
    "log cosh": total(sp.log(sp.cosh(beta * x[i])), i) / beta,
    "norm": sp.sqrt(total(x[i] ** 2, i) + 1),
    "even power": total((x[i] - c[i]) ** 4, i),
    "relu cubed": total(sp.Max(0, x[i]) ** 3, i),
    "maximum": total(sp.Max(x[i], c[i], 0), i),
    "quadratic form": total(P[i, j] * x[i] * x[j], i, j),
    "quadratic form of affine": total(P[i, j] * (x[i] - c[i]) * (x[j] - c[j]), i, j),
    "softplus": total(sp.log(1 + sp.exp(x[i])), i),
    "one affine": total(sp.exp(x[i]) - x[i], i),
}
NOT_CONVEX: dict[str, sp.Expr] = {
    "form with a scaled side": total(P[i, j] * (c[j] * x[i] + x[i]) * (c[j] * x[j] + x[j]), i, j),
    "form of a plain matrix": total(W[i, j] * x[i] * x[j], i, j),
    "floor": total(sp.floor(x[i]), i),
    "sign": total(sp.sign(x[i]), i),
    "step": total(mask(x[i] > 0), i),
    "step up of a square": total(mask(x[i] > 0) * (x[i] ** 2 + 1), i),
    "broken line": total(sp.Max(0, x[i]) - 2 * sp.Max(0, x[i] - 1), i),
    "minus log-sum-exp": -sp.log(total(sp.exp(x[i]), i)),
    "unsigned scale": a * total(x[i] ** 2, i),
    "sine": total(sp.sin(x[i]), i),
    "root of a difference": sp.sqrt(1 + total(x[i] ** 2 * c[i], i)),
    "logarithm": -total(sp.log(x[i]), i),
    "inverse square": total(1 / x[i] ** 2, i),
    "product": total(x[i], i) * total(x[i] ** 2, i),
    "cube": total(x[i] ** 3, i),
}


def value(e: sp.Expr, numbers: dict[Any, Any]) -> float:
    return float(sp.N(e.subs(numbers).doit(), 30))


@pytest.mark.parametrize("name", CONVEX)
@pytest.mark.parametrize("n", [1, 2])
def test_what_is_shown_convex_lies_below_its_chords(name: str, n: int) -> None:
    assert is_convex(CONVEX[name], x)
    explicit, rng = components(CONVEX[name], {"N": n}), random.Random(0)
    others = sorted(explicit.free_symbols - {x[k] for k in range(n)}, key=str)
    for _ in range(5):
        fixed = {s: sp.Rational(rng.randint(1, 9), 4) for s in others}
        fixed |= {P[0, 0]: 2, P[0, 1]: -1, P[1, 1]: 1}
        ends = [{x[k]: sp.Rational(rng.randint(-20, 20), 8) for k in range(n)} for _ in range(2)]
        middle = {s: (ends[0][s] + ends[1][s]) / 2 for s in ends[0]}
        low, high, mid = (value(explicit, {**fixed, **at}) for at in (*ends, middle))
        assert mid <= (low + high) / 2 + 1e-12


@pytest.mark.parametrize("name", NOT_CONVEX)
def test_a_lookalike_is_not_shown_convex(name: str) -> None:
    assert not is_convex(NOT_CONVEX[name], x)


@pytest.mark.parametrize("name", CONVEX)
def test_the_negative_of_a_convex_function_is_concave(name: str) -> None:
    assert curvature(-CONVEX[name], x) == "concave"


# Shown convex on the whole line, or refuted, by the verdict on Lagrangians; no rule of composition covers them.
NOT_BY_RULES = {"silu", "gelu", "gaussian", "sparsemax", "entmax15"}


@pytest.mark.parametrize("name", sorted(set(lagrangians.CATALOGUE) - NOT_BY_RULES))
def test_the_rules_show_every_other_lagrangian_of_the_catalogue_convex_at_its_defaults(name: str) -> None:
    assert is_convex(lagrangians.CATALOGUE[name]().of(x), x)


def test_silu_is_not_convex_and_softplus_is() -> None:
    silu = Lagrangian.from_activation(lambda u: u / (1 + sp.exp(-u)), name="silu")
    assert not is_convex(silu.of(x), x)
    softplus = Lagrangian.from_activation(lambda u: sp.log(1 + sp.exp(u)), name="softplus")
    assert is_convex(softplus.of(x), x)


def test_a_scale_without_a_declared_sign_leaves_convexity_open() -> None:
    assert not is_convex(lagrangians.tanh(a).of(x), x)
    assert is_convex(lagrangians.tanh(beta).of(x), x)
    assert not is_convex(lagrangians.leaky_relu(a).of(x), x)
    assert not is_convex(lagrangians.leaky_relu(-1).of(x), x)


def test_a_kinked_function_of_one_neuron_is_settled_piece_by_piece() -> None:
    huber = sp.Piecewise((x[i] ** 2 / 2, sp.Abs(x[i]) <= 1), (sp.Abs(x[i]) - sp.Rational(1, 2), True))
    assert is_convex(total(huber, i), x)
    assert is_convex(total(sp.exp(beta * sp.Max(0, x[i])) / beta - sp.Max(0, x[i]), i), x)
    assert not is_convex(total(x[i] ** 2 - sp.Abs(x[i]), i), x)
    assert not is_convex(total(x[i] ** 2 + mask(sp.Eq(x[i], 0)), i), x)


def test_a_rule_that_was_tried_in_vain_leaves_no_step() -> None:
    steps = Steps()
    assert is_convex(total(x[i] * sp.atan(x[i]) - sp.log(x[i] ** 2 + 1) / 2, i), x, steps)
    assert steps.lines == ["a function of one affine quantity with second derivative ≥ 0 is convex"]


def test_the_lemmas_that_were_used_are_named_once() -> None:
    steps = Steps()
    assert is_convex(CONVEX["log-sum-exp"] + CONVEX["log-sum-exp of affine"], x, steps)
    assert len(steps.lines) == len(set(steps.lines)) > 0
