"""Lagrangians: the activation is the gradient, the Hessian splits, the Legendre identity holds, integrals differentiate back."""

from __future__ import annotations

import inspect
import math
import re
from typing import Any

import numpy as np
import pytest
import sympy as sp

from amsym import lagrangians
from amsym.errors import ModelError
from amsym.lagrangian import Lagrangian
from amsym.notation import Component, components, delta, derivative, free_indices, index, indices, is_zero, parameter, state, total

i, j = indices("i j", "N")
x = state("x", "N")
beta = parameter("beta", positive=True)
catalogue = pytest.mark.parametrize("name", sorted(lagrangians.CATALOGUE))


def number(expr: sp.Expr, seed: int = 0) -> float:
    """One explicit formula at a random point off the kinks."""
    rng = np.random.default_rng(seed)
    names = sorted(expr.free_symbols, key=str)
    values = {s: sp.Rational(int(rng.integers(-20, 20)) * 2 + 1, 16) for s in names}
    return float(sp.N(expr.subs(values).doit(), 30))


@catalogue
def test_the_catalogue_says_over_what_an_entry_acts_what_its_parameters_mean_and_shows_one(name: str) -> None:
    make = lagrangians.CATALOGUE[name]
    words = (inspect.getdoc(make) or "").lower()
    assert ("any axes" in words) == (make().kind == "additive") != ("along one axis" in words)
    assert ">>>" in words
    assert all(re.search(rf"\b{p}(, \w+)*: ", words) for p in inspect.signature(make).parameters)


@catalogue
@pytest.mark.parametrize("n", [1, 3])
def test_the_activation_is_the_gradient_of_the_explicit_formula(name: str, n: int) -> None:
    L = lagrangians.CATALOGUE[name]()
    explicit = components(L.of(x), {"N": n})
    activation = components(L.activation(x[i]), {"N": n})
    for k in range(n):
        gap = sp.diff(explicit, x[k]) - activation[k]
        assert abs(number(gap.replace(sp.Heaviside, lambda u, *_: sp.Piecewise((1, u > 0), (0, True))))) < 1e-20


@catalogue
def test_diagonal_and_rest_add_up_to_the_hessian(name: str) -> None:
    L = lagrangians.CATALOGUE[name]()
    d, r = L.hessian_split(x[i], x[j])
    assert is_zero(delta(i, j) * d + r - L.hessian(x[i], x[j]))


@catalogue
def test_the_hessian_is_symmetric(name: str) -> None:
    L = lagrangians.CATALOGUE[name]()
    assert is_zero(L.hessian(x[i], x[j]) - L.hessian(x[j], x[i]))


@catalogue
def test_the_derivative_of_the_layer_energy_by_the_activation_is_the_state(name: str) -> None:
    """∂E/∂x_i = Σ_j Λ_ij x_j, which is ∂E/∂g = x by the chain rule."""
    L = lagrangians.CATALOGUE[name]()
    assert is_zero(derivative(L.energy(x), x[i]) - total(L.hessian(x[i], x[j]) * x[j], j))


def test_the_tanh_lagrangian_depends_on_its_inverse_temperature() -> None:
    """A peer returns 0 here; the value at x = 1, β = 1 is tanh 1 - log cosh 1 = 0.3277."""
    slope = derivative(lagrangians.tanh(beta).of(x), beta)
    assert float(components(slope, {"N": 1}).subs({x[0]: 1, beta: 1})) == pytest.approx(np.tanh(1) - np.log(np.cosh(1)), abs=1e-12)


def test_a_layernorm_over_tokens_keeps_its_shift_once_for_each_entry() -> None:
    """A peer's gradient of L differs from its activation by 1.5 when δ ≠ 0 and there are several tokens."""
    tokens, shift = state("x", "T D"), parameter("delta", "D")
    L = lagrangians.layernorm(1, shift, 1)
    t, d = index("t", "T"), index("d", "D")
    explicit = components(L.of(tokens, "D"), {"T": 2, "D": 2})
    activation = components(L.activation(tokens[t, d], "D"), {"T": 2, "D": 2}, order=(t, d))
    gaps = [sp.diff(explicit, tokens[a, b]) - activation[a, b] for a in range(2) for b in range(2)]
    assert all(abs(number(g)) < 1e-20 for g in gaps)


def test_softmax_has_the_null_vector_one_and_layernorm_too() -> None:
    for L in (lagrangians.softmax(beta), lagrangians.layernorm(2, 0, 1)):
        assert is_zero(total(L.hessian(x[i], x[j]), j))


ROUND_TRIPS = {
    "tanh": sp.tanh,
    "tanh scaled": lambda u: sp.tanh(3 * u),
    "relu": lambda u: sp.Max(0, u),
    "hard tanh": lambda u: sp.Max(-1, sp.Min(1, u)),
    "sigmoid": lambda u: 1 / (1 + sp.exp(-u)),
    "softplus": lambda u: sp.log(1 + sp.exp(u)),
    "silu": lambda u: u / (1 + sp.exp(-u)),
    "erf": sp.erf,
    "arctan": sp.atan,
    "decimal slope": lambda u: 0.1 * u,
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_lagrangian_found_from_its_activation_differentiates_back_to_it(name: str) -> None:
    g = ROUND_TRIPS[name]
    L = Lagrangian.from_activation(g, name=name)
    u = sp.Symbol("u", real=True)
    scalar = components(L.of(x), {"N": 1}).subs(x[0], u)
    for point in (-2.3, -0.4, 0.6, 1.7):
        near = [
            complex(sp.N(scalar.subs(u, sp.Rational(str(point)) + h), 40)).real for h in (sp.Rational(-1, 10**6), sp.Rational(1, 10**6))
        ]
        assert (near[1] - near[0]) / 2e-6 == pytest.approx(float(g(sp.Float(point))), abs=1e-7)


def test_an_activation_without_a_closed_form_is_refused_with_the_remedy() -> None:
    with pytest.raises(ModelError, match="give the Lagrangian itself"):
        Lagrangian.from_activation(lambda u: sp.sin(sp.exp(u**2)))


def test_an_abstract_lagrangian_has_a_symmetric_hessian_that_is_semidefinite_if_convex() -> None:
    convex, other = Lagrangian.abstract(), Lagrangian.abstract(convex=False)
    assert convex.hessian(x[i], x[j]) == convex.hessian(x[j], x[i])
    assert convex.hessian(x[i], x[j]).tensor.has_property("psd")
    assert not other.hessian(x[i], x[j]).tensor.has_property("psd")


def test_two_abstract_lagrangians_of_one_state_stay_apart() -> None:
    assert Lagrangian.abstract("L").activation(x[i]) != Lagrangian.abstract("M").activation(x[i])


def test_over_several_axes_a_joint_lagrangian_acts_over_the_one_that_is_named() -> None:
    tokens, (t, d) = state("x", "T D"), (index("t", "T"), index("d", "D"))
    L = lagrangians.softmax()
    assert free_indices(L.activation(tokens[t, d], "D")) == {t, d}
    assert is_zero(total(L.activation(tokens[t, d], "D"), d) - 1)
    with pytest.raises(ModelError, match="over="):
        L.of(tokens)
    with pytest.raises(ModelError, match="over='Q'"):
        L.of(tokens, "Q")


def test_a_parameter_replaced_in_a_lagrangian_is_replaced_everywhere() -> None:
    plain, positive = parameter("b"), parameter("b", positive=True)
    assert lagrangians.tanh(plain).xreplace({plain: positive}).activation(x[i]) == lagrangians.tanh(positive).activation(x[i])


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Lagrangian(3), "made from a function"),
        (lambda: lagrangians.tanh(0), "nonzero"),
        (lambda: lagrangians.softmax(sp.I), "real"),
        (lambda: Lagrangian.joint(lambda x, i: x[i]).of(x), "free; sum over it"),
        (lambda: Lagrangian.joint(lambda x, i: sum(x)).of(x), "cannot be iterated"),
    ],
)
def test_a_wrong_lagrangian_is_told_at_once(build: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        build()


NO_FORMULA = {
    "a text": (lambda: Lagrangian(lambda u: "u**2").of(x), "is the text 'u\\*\\*2'; .* write it without quotes"),
    "nothing": (lambda: Lagrangian(lambda u: None).of(x), "is None; a formula was expected: return one"),
    "a condition": (lambda: Lagrangian(lambda u: u > 0).of(x), "is x\\[i\\] > 0; a formula was expected"),
    "the axis itself": (lambda: Lagrangian.joint(lambda u, k: u.x).of(x), "is the bare state 'x'"),
    "a text over an axis": (lambda: Lagrangian.joint(lambda u, k: "u").of(x), "is the text 'u'"),
    "a text for the activation": (
        lambda: Lagrangian(lambda u: u, activation=lambda u: "1").activation(x[i]),
        "activation of 'L' is the text",
    ),
    "two arguments": (lambda: Lagrangian(lambda u, k: u), "function of \\(u, k\\); \\(x\\) was expected: .*Lagrangian.joint"),
    "one argument over an axis": (lambda: Lagrangian.joint(lambda u: u), "function of \\(u\\); \\(x, i\\) was expected"),
    "an entry taken for an axis": (lambda: Lagrangian(lambda u: u[i]).of(x), "x is one entry; over a whole axis write Lagrangian.joint"),
    "Python's cosh": (lambda: Lagrangian(lambda u: math.log(math.cosh(u))).of(x), "SymPy's functions, sp.cosh for math.cosh"),
    "Python's cosh of an axis": (lambda: Lagrangian.joint(lambda u, k: math.cosh(u)).of(x), "sp.cosh for math.cosh"),
    "NumPy's cosh of an axis": (lambda: Lagrangian.joint(lambda u, k: np.cosh(u)).of(x), "sp.cosh for np.cosh"),
    "Python's if": (lambda: Lagrangian(lambda u: u if u > 0 else 0).of(x), "sp.Max\\(0, x\\), sp.Piecewise"),
    "a number for an activation": (lambda: Lagrangian.from_activation(3), "made from a function such as .*got 3"),
    "Python's activation": (lambda: Lagrangian.from_activation(math.tanh), "sp.cosh for math.cosh"),
    "NumPy's activation": (lambda: Lagrangian.from_activation(np.tanh), "sp.cosh for np.cosh"),
    "a text for a parameter": (lambda: lagrangians.repu("a"), "got 'a': .*am.parameter\\('a'\\)"),
    "a component for a parameter": (lambda: lagrangians.softmax(x[i]), "got x\\[i\\]: .*without axes"),
    "a state for a parameter": (lambda: lagrangians.tanh(total(x[i], i)), "scalar parameter, got Σ_i x"),
    "a complex symbol for a parameter": (lambda: lagrangians.tanh(sp.Symbol("q")), "may be complex: write am.parameter\\('q'\\)"),
    "an array for a parameter": (lambda: lagrangians.tanh(np.ones(2)), "got an object of type ndarray"),
    "a component for a shift": (lambda: lagrangians.layernorm(1, parameter("d", "N")[i]), "give the parameter itself, d"),
}


@pytest.mark.parametrize("case", NO_FORMULA)
def test_what_is_no_formula_is_refused_in_one_line_that_names_the_remedy(case: str) -> None:
    build, words = NO_FORMULA[case]
    with pytest.raises(ModelError, match=words) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_a_formula_of_real_parameters_is_a_parameter() -> None:
    for value in (2, 0.5, np.float64(0.5), beta, 1 / parameter("a"), total(parameter("c", "N")[i], i)):
        assert isinstance(lagrangians.tanh(value).of(x), sp.Expr)


def test_a_lagrangian_without_a_name_of_its_own_is_called_L() -> None:
    assert Lagrangian.from_activation(lambda u: sp.tanh(u)).name == "L"
    assert Lagrangian.from_activation(sp.tanh).name == "tanh"


def test_decimals_are_the_fractions_that_they_read_as() -> None:
    assert Lagrangian(lambda u: 0.1 * u**2).activation(x[i]) == x[i] / 5
    assert isinstance(x[i], Component)


def test_an_activation_that_is_not_the_derivative_is_refused() -> None:
    with pytest.raises(ModelError, match="the activation of 'w' is not the derivative of its L: at x = -7/5"):
        Lagrangian(lambda x: x**2 / 2, name="w", activation=lambda x: 2 * x)
    beta = parameter("beta", positive=True)
    Lagrangian(lambda x: sp.log(sp.cosh(beta * x)) / beta, activation=lambda x: sp.tanh(beta * x))
