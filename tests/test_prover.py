"""The prover: planted faults are never proved, right systems are, for hand-written and declared activations."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from strategies_systems import CONVEX, POTENTIALS, Explicit, descent, largest_rise, one_layer, systems, tau, two_layers

import amsym as am
from amsym.notation import derivative, indices, mask, parameter, size, state, total
from amsym.prover import curvature, energy_never_increases
from amsym.prover.links import critical_are_steady, steady_are_critical
from amsym.prover.lyapunov import lyapunov_arguments
from amsym.prover.regularity import conditions, is_continuous
from amsym.prover.smoothness import smooth
from amsym.system import System, time
from amsym.verdict import Status
from proofs.falsify import search

i, j, k = indices("i j k", "N")
y, z = state("y", "N"), state("z", "N")
u, w = state("u"), state("w")
power = parameter("k", integer=True, positive=True)
n = size("N")
a = parameter("a")
V, W = parameter("V", "N N"), parameter("W", "N N", symmetric=True)
P, A, Q = parameter("P", "N N", psd=True), parameter("A", "N N", antisymmetric=True), parameter("Q", "N N", orthogonal=True)
square = total(y[i] ** 2, i) / 2
ones = (sp.S.One,) * 4


def proved(system: System) -> bool:
    return lyapunov_arguments(system) is not None


def flow(f: Any, energy: Any = square) -> System:
    return System(flow={y[i]: f}, energy=energy)


def gradient_flow(energy: Any, *components: Any) -> System:
    return System(flow={c: -derivative(energy, c) for c in components or (y[i],)}, energy=energy)


def residual(at: Any) -> Any:
    return total(V[at, k] * sp.tanh(y[k]), k) - y[at]


RIGHT: dict[str, Any] = {
    "nothing moves": lambda: flow(sp.S.Zero, total(y[i] ** 3, i)),
    "no energy at all": lambda: flow(y[i], sp.S.Zero),
    "energy unbounded below": lambda: gradient_flow(total(y[i] ** 3, i)),
    "a single number": lambda: System(flow={u: -u}, energy=u**2),
    "a rotation": lambda: flow(total(A[i, j] * y[j], j)),
    "a rotation with a leak": lambda: flow(total(A[i, j] * y[j], j) - y[i]),
    "a semidefinite matrix": lambda: flow(-total(P[i, j] * y[j], j)),
    "an orthogonal matrix and its transpose": lambda: flow(-total(Q[i, j] * Q[k, j] * y[k], j, k)),
    "a slope that touches zero": lambda: flow(-(1 + sp.sin(y[i])) * y[i]),
    "sizes from one on": lambda: flow(-(n - 1) * y[i]),
    "a state that the energy ignores": lambda: System(flow={y[i]: -y[i], z[i]: z[i] ** 3 + y[i]}, energy=square),
    "two states with cross terms": lambda: gradient_flow(total(y[i] ** 2 * z[i] ** 2 + V[i, j] * y[i] * z[j], i, j), y[i], z[i]),
    "a mask over pairs": lambda: gradient_flow(total(mask(i < j) * (y[i] - y[j]) ** 2, i, j)),
    "energy that fades in time": lambda: flow(-y[i], (1 - sp.tanh(time)) * square),
    "a rate that depends on time": lambda: flow(-(1 + time**2) * y[i]),
    "time constants of each neuron": lambda: one_layer("tanh", "symmetric", ones, ones, scale=tau[i]),
    "decimals": lambda: flow(-0.3 * y[i], 0.1 * square),
    "eq. (9) with its transpose": lambda: flow(
        residual(i) - total(V[j, i] * (1 - sp.tanh(y[i]) ** 2) * residual(j), j), total(residual(i) ** 2, i) / 2
    ),
    "descent on a norm": lambda: flow(-sp.sign(y[i]), total(sp.Abs(y[i]), i)),
    "any convex Lagrangian": lambda: abstract("L", "L"),
    **{f"one layer, {name}": (lambda name=name: one_layer(name, "symmetric", ones, ones)) for name in sorted(CONVEX)},
    **{
        f"one layer by hand, {name}": (lambda name=name: one_layer(name, "symmetric", ones, ones, declared=False))
        for name in ("tanh", "relu", "softmax")
    },
    "two layers": lambda: two_layers("identity", "softmax", ones, ones),
    "two layers of other kinds": lambda: two_layers("sigmoid", "relu", ones, ones),
}


def abstract(first: str, second: str, convex: bool = True) -> System:
    L, M = am.Lagrangian.abstract(first, convex=convex), am.Lagrangian.abstract(second, convex=convex)
    energy = total(y[i] * L.activation(y[i]), i) - M.of(y) - total(W[i, j] * L.activation(y[i]) * L.activation(y[j]), i, j) / 2
    return System(flow={y[i]: total(W[i, j] * L.activation(y[j]), j) - y[i]}, energy=energy)


def captured() -> System:
    """A hidden layer whose Lagrangian secretly holds the visible state."""
    v = am.Layer("v", "N", am.lagrangians.tanh())
    h = am.Layer("h", "N", am.Lagrangian(lambda x: sp.log(sp.cosh(x)) * (1 + total(v.x[k] ** 2, k))))
    return am.Memory([v, h], [am.synapses.dense(v, h)]).system


def tweaked(**changes: Any) -> System:
    """The network of one tanh layer with one coefficient of the energy or the flow changed."""
    e, f = list(ones), list(ones)
    for name, value in changes.items():
        (e if name[0] == "e" else f)[int(name[1])] = sp.sympify(value)
    return one_layer("tanh", "symmetric", e, f)


WRONG: dict[str, Any] = {
    "a sign": lambda: tweaked(f0=-1),
    "half a coupling": lambda: tweaked(e3="1/2"),
    "a dropped bias": lambda: tweaked(e2=0),
    "a doubled leak": lambda: tweaked(f1=2),
    "the Lagrangian left out": lambda: tweaked(e1=0),
    "plain weights": lambda: one_layer("tanh", "", ones, ones),
    "antisymmetric weights": lambda: one_layer("tanh", "antisymmetric", ones, ones),
    "one time constant a neuron with softmax": lambda: one_layer("softmax", "symmetric", ones, ones, scale=tau[i]),
    "a time constant of unknown sign": lambda: one_layer("tanh", "symmetric", ones, ones, scale=a),
    **{
        f"the activation of {name}": (lambda name=name: one_layer(name, "symmetric", ones, ones))
        for name in sorted(set(POTENTIALS) - CONVEX)
    },
    "an inverse temperature applied twice": lambda: flow(
        total(W[i, j] * sp.tanh(4 * y[j]), j) - y[i], am.zoo.hopfield(am.lagrangians.tanh(2)).energy.subs(parameter("b", "N")[i], 0)
    ),
    "eq. (9) as printed": lambda: flow(
        residual(i) - total(V[i, j] * (1 - sp.tanh(y[j]) ** 2) * residual(j), j), total(residual(i) ** 2, i) / 2
    ),
    "a coefficient below all floats": lambda: flow(-sp.tanh(y[i]) / 10**400, total(y[i], i)),
    "a dip between close roots": lambda: flow(-sp.expand((y[i] - 1) * (y[i] - 1 - sp.Rational(1, 10**40))), total(y[i], i)),
    "a sign that turns far out": lambda: flow(-y[i] * (10**8 - y[i] ** 2)),
    "an orthogonal matrix alone": lambda: flow(-total(Q[i, j] * y[j], j)),
    "a semidefinite matrix behind a cube": lambda: flow(-total(P[i, j] * y[j] ** 3, j)),
    "half of the pairs": lambda: flow(-total(mask(i < j) * (y[i] - y[j]), j), total(mask(i < j) * (y[i] - y[j]) ** 2, i, j) / 2),
    "ascent of one of two states": lambda: System(
        flow={y[i]: -2 * y[i] * z[i] ** 2, z[i]: 2 * z[i] * y[i] ** 2}, energy=total(y[i] ** 2 * z[i] ** 2, i)
    ),
    "size one": lambda: flow(-(n - 2) * y[i]),
    "energy that grows in time": lambda: flow(-y[i], (1 + sp.tanh(time)) * square),
    "energy that steps up in time": lambda: flow(-y[i], mask(time > 1) * square),
    "energy with the sign of time": lambda: flow(-y[i], sp.sign(time) * square + 1),
    "a rate that turns in time": lambda: flow((time - 1) * y[i]),
    "an arc cotangent, which jumps at 0": lambda: gradient_flow(-total(sp.acot(y[i]), i)),
    "an angle, which jumps": lambda: gradient_flow(total(sp.atan2(y[i], -1), i)),
    "a stair": lambda: flow(sp.S.One, total(sp.floor(y[i]), i)),
    "a step": lambda: flow(sp.S.One, total(mask(y[i] > 0), i)),
    "a tangent, which has poles": lambda: gradient_flow(total(sp.tan(y[i]), i)),
    "a gamma function": lambda: gradient_flow(total(sp.gamma(y[i]), i)),
    "a pole that the flow runs across": lambda: flow(sp.S.One, total(1 / y[i], i)),
    "a pole that the descent runs across": lambda: gradient_flow(total(1 / y[i], i)),
    "sliding where a norm vanishes": lambda: System(
        flow={y[i]: -y[i] / sp.sqrt(total(y[j] ** 2, j)), w: sp.S.One}, energy=sp.sqrt(total(y[i] ** 2, i)) + w
    ),
    "a power that may be 0, against its bracket": lambda: System(
        flow={u: sp.Max(0, u) ** (power - 1) - mask(u > 0) * sp.Max(0, u) ** (power - 1)}, energy=u
    ),
    "a pole that a removable one hides": lambda: System(flow={u: sp.S.One, w: sp.sin(u) / u}, energy=1 / u),
    "an angle of an inverse, which jumps": lambda: System(flow={u: sp.S.One, w: sp.sin(u) / u}, energy=sp.atan(1 / u)),
    "a pole beside a state at rest": lambda: System(flow={u: 1 + u**2, w: -w / u**2}, energy=1 / u + w**2),
    "a border that the flow runs across": lambda: flow(-y[i], total(sp.log(y[i]), i)),
    "a border of another neuron's kind": lambda: System(flow={u: 1 / w**2, w: -w / (1 + w**2)}, energy=1 / u + w**2),
    "a case that is missing": lambda: flow(-y[i], total(sp.Piecewise((y[i] ** 2, y[i] > 0)), i)),
    "a size that may be one in a denominator": lambda: flow(-y[i] / (n - 1)),
    "sliding along a jump, with a metric that jumps": lambda: System(flow={u: -sp.sign(u), w: sp.sign(u) ** 2}, energy=sp.Abs(u) + w),
    "an unnamed activation": lambda: flow(-sp.Function("g", real=True)(y[i])),
    "two different Lagrangians": lambda: abstract("L", "M"),
    "a Lagrangian that need not be convex": lambda: abstract("L", "L", convex=False),
    "a Lagrangian that holds another state": captured,
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_system_is_proved(name: str) -> None:
    system = RIGHT[name]()
    verdict = energy_never_increases(system)
    assert verdict.status is Status.PROVED, verdict.reason
    assert verdict.certificate["steps"]


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_fault_is_never_proved(name: str) -> None:
    assert not proved(WRONG[name]())


@pytest.mark.parametrize(
    "name", ["a sign", "plain weights", "eq. (9) as printed", "one time constant a neuron with softmax", "a dropped bias"]
)
def test_the_independent_reading_sees_the_energy_rise_where_a_fault_was_planted(name: str) -> None:
    """The negative control of `largest_rise`."""
    assert largest_rise(WRONG[name](), draws=80) > 1e-6


@pytest.mark.parametrize("name", [n for n in RIGHT if not any(word in n for word in ("Lagrangian", "time", "ignores", "pairs", "single"))])
def test_the_independent_reading_sees_no_rise_in_a_right_system(name: str) -> None:
    assert largest_rise(RIGHT[name](), draws=8) < 1e-9


@settings(max_examples=12)
@given(systems())
def test_no_random_system_is_proved_whose_energy_is_seen_to_rise(system: System) -> None:
    if proved(system):
        assert largest_rise(system) < 1e-9


@pytest.mark.slow
@settings(max_examples=300)
@given(systems())
def test_no_random_system_is_proved_or_refuted_against_the_numbers(system: System) -> None:
    if proved(system):
        assert largest_rise(system) < 1e-9
        return
    violation = search(system).violation
    if violation is not None:
        assert Explicit(system, {axis: violation.sizes[axis] for axis in system.axes}).number(violation.values) > 0


@settings(max_examples=12)
@given(systems())
def test_a_counterexample_is_one_by_components_as_well(system: System) -> None:
    violation = search(system, seconds=0.3).violation
    if violation is not None:
        assert Explicit(system, {axis: violation.sizes[axis] for axis in system.axes}).number(violation.values) > 0


def test_the_missing_assumption_is_named() -> None:
    verdict = energy_never_increases(one_layer("tanh", "", ones, ones))
    assert verdict.certificate["missing"] == "W symmetric"


def test_small_sizes_that_are_left_out_are_said() -> None:
    verdict = energy_never_increases(am.zoo.attention().system)
    assert verdict.certificate["domain"]["sizes"]["T"] == "≥ 2"
    assert "T ≥ 2" in verdict.reason


def test_kinks_are_part_of_the_claim() -> None:
    verdict = energy_never_increases(one_layer("relu", "symmetric", ones, ones))
    assert "almost every t" in verdict.reason
    assert not proved(flow(-mask(y[i] > 0) * y[i] - y[i], total(mask(y[i] > 1) * y[i], i)))


# Gradient flows of energies that are not defined everywhere, but high at their border, or norms.
WALLED: dict[str, Any] = {
    "a logarithm": lambda: gradient_flow(-total(sp.log(1 - y[i] ** 2), i)),
    "an inverse square": lambda: gradient_flow(total(1 / y[i] ** 2, i) + total(y[i] ** 2, i)),
    "the support of a density": lambda: gradient_flow(-sp.log(total(sp.Max(0, 1 - y[i] ** 2), i))),
    "a norm at zero": lambda: gradient_flow(sp.sqrt(total(y[i] ** 2, i))),
    "ε that may be zero": lambda: gradient_flow(sp.sqrt(total(y[i] ** 2, i) + parameter("eps", nonnegative=True))),
}


@pytest.mark.parametrize("name", WALLED)
def test_where_no_solution_leaves_the_energy_s_domain_the_proof_says_where_it_holds(name: str) -> None:
    verdict = energy_never_increases(WALLED[name]())
    assert verdict.status is Status.PROVED
    assert verdict.reason.startswith("where the formulas are defined")
    assert verdict.certificate["domain"]["states"]


def test_a_smooth_system_is_called_smooth_and_one_with_a_kink_is_not() -> None:
    assert smooth(one_layer("tanh", "symmetric", ones, ones)) is not None
    for system in (one_layer("relu", "symmetric", ones, ones), WALLED["a norm at zero"](), WRONG["an arc cotangent, which jumps at 0"]()):
        assert smooth(system) is None


def test_dead_neurons_have_critical_points_that_are_not_steady() -> None:
    """∇E = -Λ f: f = 0 gives ∇E = 0, and not the other way round where Λ is singular."""
    memory = two_layers("identity", "softmax", ones, ones)
    assert steady_are_critical(memory) is not None
    assert critical_are_steady(memory) is None


def test_continuity_is_read_off_the_normal_form() -> None:
    assert is_continuous(mask(y[i] > 0) * y[i], (y,))
    assert not is_continuous(mask(y[i] > 0) * (y[i] + 1), (y,))


NOT_EVERYWHERE = (sp.tan, sp.gamma, sp.acot, sp.asin, sp.acosh, sp.loggamma, sp.coth, sp.LambertW, sp.log, sp.sqrt)


@pytest.mark.parametrize("f", NOT_EVERYWHERE, ids=lambda f: f.__name__)
def test_a_function_that_is_not_finite_everywhere_asks_for_a_condition(f: Any) -> None:
    assert conditions(f(y[i]))


@pytest.mark.parametrize("f", [sp.tanh, sp.exp, sp.erf, sp.atan, sp.cosh, sp.sin, sp.sech], ids=lambda f: f.__name__)
def test_a_function_that_is_smooth_everywhere_asks_for_none(f: Any) -> None:
    assert not conditions(f(y[i]))
    assert not conditions(sp.log(1 + f(y[i]) ** 2), sp.sqrt(1 + sp.exp(f(y[i]))))


def test_the_descent_family_is_proved_exactly_where_its_slope_is_nonnegative() -> None:
    for slope, right in (
        ("one", True),
        ("beta", True),
        ("state", True),
        ("sine", True),
        ("saturated", True),
        ("odd", False),
        ("shifted", False),
    ):
        assert proved(descent("tanh", "", slope, sp.S.One)) is right, slope
    for kind, right in (("psd", True), ("symmetric", False), ("", False)):
        assert proved(descent("tanh", kind, "matrix", sp.S.One)) is right, kind


AMPLIFICATIONS = {
    "a positive gain a neuron": lambda x: am.parameter("alpha", "N", positive=True)[x.where],
    "1 + x²": lambda x: 1 + x**2,
    "x²": lambda x: x**2,
    "exp": sp.exp,
    "tanh²": lambda x: sp.tanh(x) ** 2,
    "sigmoid": lambda x: 1 / (1 + sp.exp(-x)),
}


@pytest.mark.parametrize("name", AMPLIFICATIONS)
def test_amplification_in_front_of_the_gradient_keeps_the_energy_falling(name: str) -> None:
    i, j = am.indices("i j", "N")
    x, b, W = am.state("x", "N"), am.parameter("b", "N"), am.parameter("W", "N N", symmetric=True)
    energy = am.zoo.hopfield("tanh").energy.xreplace({am.state("y", "N"): x})
    field = b[i] - x[i] + am.total(W[i, j] * sp.tanh(x[j]), j)
    gain = AMPLIFICATIONS[name](x[i])
    assert energy_never_increases(am.System(flow={x[i]: gain * field}, energy=energy)).holds
    assert energy_never_increases(am.System(flow={x[i]: -gain * field}, energy=energy)).holds is None


def test_an_unnamed_function_is_named_in_the_verdict() -> None:
    u, f = am.state("u"), sp.Function("f")
    verdict = energy_never_increases(am.System(flow={u: -(f(u) ** 2) * u}, energy=u**2 / 2))
    assert verdict.reason.startswith("for every smooth real f")


def test_a_clipped_activation_has_a_convex_lagrangian() -> None:
    x = am.state("x", "N")
    for clip in (lambda v: sp.Max(0, sp.Min(1, v)), lambda v: sp.Max(-1, sp.Min(1, v))):
        assert curvature(am.Lagrangian.from_activation(clip).of(x), x) == "convex"
    assert curvature(-am.Lagrangian.from_activation(lambda v: sp.Max(0, sp.Min(1, v))).of(x), x) == "concave"
