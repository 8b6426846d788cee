"""The convex conjugate: L*(g(x)) = <x, g> - L at 50 digits, ∇L* inverts g, ∇²L* inverts the Hessian on its range."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp
from lagrangian_values import DIGITS, function

import amsym as am
from amsym.lagrangians import CATALOGUE
from amsym.notation import components, derivative, index, indices, is_zero, parameter, state, total

i, j, k = indices("i j k", "N")
x, p = state("x", "N"), state("p", "N")
WITH = sorted(n for n in CATALOGUE if CATALOGUE[n]().conjugate(p) is not None)
WITHOUT = {"smooth_leaky_relu", "silu", "gelu", "gaussian"}
# all entries in the interior: on the support, off the kinks, active
POINTS = [(0.3, 0.45, 0.2), (0.1, 0.6, 0.35)]
BETA = parameter("beta", positive=True)


def test_a_closed_form_is_known_for_all_but_four() -> None:
    assert set(WITH) == set(CATALOGUE) - WITHOUT


@pytest.mark.parametrize("at", POINTS)
@pytest.mark.parametrize("name", WITH)
def test_the_conjugate_at_the_activation_is_the_layer_energy(name: str, at: tuple[float, ...]) -> None:
    L = CATALOGUE[name]()
    g, dual, energy = (function(e, s, 3, o) for e, s, o in ((L.activation(x[i]), x, (i,)), (L.conjugate(p), p, ()), (L.energy(x), x, ())))
    with mp.workdps(DIGITS + 10):
        u = [mp.mpf(a) for a in at]
        assert abs(mp.re(dual(*g(*u))[0]) - mp.re(energy(*u)[0])) < mp.mpf(10) ** -DIGITS


@pytest.mark.parametrize("name", WITH)
def test_the_conjugate_is_the_largest_of_p_x_minus_l(name: str) -> None:
    """Fenchel-Young: L*(g(u)) ≥ <x, g(u)> - L(x) for every x."""
    L = CATALOGUE[name]()
    g, value = function(L.activation(x[i]), x, 3, (i,)), function(L.of(x), x, 3)
    dual = function(L.conjugate(p), p, 3)
    points = [(-0.5, 0.3, 1.5), (2, -1, 0.25), (0, 0, 0), (-3, -2, -4)]
    with mp.workdps(30):
        at = g(*map(mp.mpf, POINTS[0]))
        for u in points:
            least = sum(a * b for a, b in zip(at, u, strict=True)) - mp.re(value(*map(mp.mpf, u))[0])
            assert mp.re(dual(*at)[0]) >= least - mp.mpf(10) ** -25


@pytest.mark.parametrize("name", WITH)
def test_the_dual_hessian_inverts_the_hessian_on_its_range(name: str) -> None:
    """A peer's Hessian of the layer energy by the activation is 0; it is (∇²L)⁻¹ on the range: Λ H Λ = Λ."""
    L = CATALOGUE[name]()
    hessian, dual = function(L.hessian(x[i], x[j]), x, 3, (i, j)), function(L.dual_hessian(p[i], p[j]), p, 3, (i, j))
    g = function(L.activation(x[i]), x, 3, (i,))
    with mp.workdps(DIGITS + 15):
        u = [mp.mpf(a) for a in POINTS[1]]
        A, H = mp.matrix(3, 3), mp.matrix(3, 3)
        for n, (a, h) in enumerate(zip(hessian(*u), dual(*g(*u)), strict=True)):
            A[n // 3, n % 3], H[n // 3, n % 3] = a, mp.re(h)
        assert mp.mnorm(A * H * A - A) < mp.mpf(10) ** -(DIGITS - 5) * max(1, mp.mnorm(A))
        assert mp.mnorm(H) > 0


@pytest.mark.parametrize("L", [am.lagrangians.tanh(BETA), am.lagrangians.sigmoid(BETA)], ids=str)
def test_the_dual_slope_of_a_symbolic_temperature_is_one_over_the_slope(L: am.Lagrangian) -> None:
    slope = components(L.dual_hessian(p[i], p[i]), {"N": 1}, (i,))[0]
    name = L.name
    q = sp.Dummy("q", positive=True)
    expected = 1 / (BETA * (1 - q**2)) if name == "tanh" else 1 / (BETA * q * (1 - q))
    assert sp.simplify(slope.subs(p[0], q) - expected) == 0


@pytest.mark.parametrize("name", ["identity", "exponential", "sparsemax"])
def test_where_it_canonicalises_the_conjugate_identity_is_an_identity(name: str) -> None:
    L = CATALOGUE[name]()
    dual = L.conjugate(p)
    assert dual is not None
    assert dual.has(p)
    if name != "sparsemax":
        u = sp.Symbol("u", real=True)
        plain = components(dual, {"N": 1}).subs(p[0], components(L.activation(x[i]), {"N": 1}, (i,))[0].subs(x[0], u))
        assert sp.simplify(plain - components(L.energy(x), {"N": 1}).subs(x[0], u)) == 0


@pytest.mark.parametrize("name", sorted(n for n in CATALOGUE if CATALOGUE[n]().stable_energy(x) is not None))
def test_the_stable_layer_energy_is_the_layer_energy(name: str) -> None:
    L = CATALOGUE[name]()
    stable = L.stable_energy(x)
    assert stable is not None
    if name not in ("tanh", "sigmoid"):  # those hold functions with a name of their own
        plain, better = function(L.energy(x), x, 3), function(stable, x, 3)
        with mp.workdps(DIGITS + 10):
            for at in (*POINTS, (-0.7, 0.2, 1.6)):
                u = [mp.mpf(a) for a in at]
                assert abs(mp.re(plain(*u)[0]) - mp.re(better(*u)[0])) < mp.mpf(10) ** -DIGITS


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "arctan", "erf", "gelu", "smooth_leaky_relu", "softmax", "ghostmax", "layernorm"])
def test_the_gradient_of_the_stable_layer_energy_is_the_hessian_times_the_state(name: str) -> None:
    L = CATALOGUE[name]()
    stable = L.stable_energy(x)
    assert is_zero(derivative(stable, x[k]) - total(L.hessian(x[k], x[j]) * x[j], j))


def test_a_wrong_conjugate_is_caught_by_the_identity() -> None:
    L = am.lagrangians.softplus()
    wrong = total(p[i] * sp.log(sp.exp(p[i]) - 1), i)
    g, energy = function(L.activation(x[i]), x, 1, (i,)), function(L.energy(x), x, 1)
    with mp.workdps(DIGITS):
        u = mp.mpf("0.3")
        assert abs(function(wrong, p, 1)(*g(u))[0] - energy(u)[0]) > 1e-3


def test_domains_are_conditions_and_words() -> None:
    assert am.lagrangians.relu().conjugate_domain(p[i]) == (p[i] >= 0)
    assert am.lagrangians.relu().conjugate_words == "p ≥ 0"
    simplex = am.lagrangians.softmax().conjugate_domain(p[i])
    assert simplex.has(sp.Eq)
    assert am.lagrangians.gelu().conjugate_domain(p[i]) is None
    tokens, t, d = state("p", "T D"), index("t", "T"), index("d", "D")
    assert am.lagrangians.layernorm().conjugate_domain(tokens[t, d], "D").free_symbols
