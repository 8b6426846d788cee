"""The verdict `smooth`: classes C^k of kinks, points without value, kinks that cancel; every jump is measured again by finite steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians as lib
from amsym.notation import components, derivative, indices, mask, parameter, size, state, total
from amsym.prover.regularity import kinks
from amsym.prover.smoothness import differentiable
from amsym.prover.switches import switches_vanish
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.kinks.sides import Undefined, first_jump
from proofs.properties.smooth import decide
from proofs.question import question

i, j = indices("i j", "N")
y = state("y", "N")
W, b, r = parameter("W", "N N", symmetric=True), parameter("b", "N"), parameter("r")
square = total(y[i] ** 2, i) / 2
Max, R = sp.Max, sp.Rational
u = y[i]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not change what is found."""
    monkeypatch.setattr("proofs.properties.smooth.SECONDS", 30.0)
    monkeypatch.setattr("amsym.prover.smoothness.SECONDS", 20.0)


def flow(f: Any, energy: Any = square) -> System:
    return System(flow={y[i]: f}, energy=energy)


def descent(phi: sp.Expr) -> System:
    energy = total(phi, i)
    return System(flow={y[j]: -derivative(energy, y[j])}, energy=energy)


def judged(system: System, params: Any = None, domain: Any = None) -> Verdict:
    verdict = decide(question(system, params, domain))
    assert verdict is not None
    return verdict


# name: (system, class of the flow, class of the energy)
KINKED: dict[str, tuple[Callable[[], System], str, str]] = {
    "relu descent": (lambda: descent(Max(0, u) ** 2), "C^0", "C^1"),
    "rectified cube": (lambda: descent(Max(0, u) ** 3), "C^1", "C^2"),
    "modulus": (lambda: descent(sp.Abs(u)), "discontinuous", "C^0"),
    "cubed modulus": (lambda: descent(sp.Abs(u) ** 3), "C^1", "C^2"),
    "modulus in tanh": (lambda: descent(sp.tanh(sp.Abs(u))), "discontinuous", "C^0"),
    "signed square": (lambda: descent(u * sp.Abs(u)), "C^0", "C^1"),
    "kinks that cancel but for a point": (lambda: descent(Max(0, u) - Max(0, -u) + u**2), "discontinuous", "C^∞"),
    "relu network": (lambda: am.zoo.hopfield("relu"), "C^0", "C^0"),
    "leaky network": (lambda: am.zoo.hopfield("leaky_relu"), "C^0", "C^0"),
    "rectified cube network": (lambda: am.zoo.hopfield(lib.repu(4)), "C^2", "C^2"),
    "clipped network": (lambda: am.zoo.hopfield("hard_tanh"), "C^0", "C^0"),
    "rectified exponential network": (lambda: am.zoo.hopfield("rectified_exponential"), "C^0", "C^0"),
    "residual energy": (lambda: am.zoo.residual_energy("relu"), "discontinuous", "C^0"),
    "three layers": (lambda: am.zoo.hierarchical(3, "relu").system, "C^0", "C^0"),
    "floor": (lambda: flow(sp.floor(u) - u), "discontinuous", "C^∞"),
    "step": (lambda: flow(mask(u > 1) - u), "discontinuous", "C^∞"),
    "square of a sign": (lambda: flow(sp.sign(u) ** 2 - u), "discontinuous", "C^∞"),
    "two cases": (lambda: flow(sp.Piecewise((u**2, u > 0), (0, True))), "C^1", "C^∞"),
    "field of a neuron": (lambda: flow(Max(0, total(W[i, j] * y[j], j) + b[i]) - u), "C^0", "C^∞"),
    "threshold": (lambda: flow(Max(u, b[i]) - u), "C^0", "C^∞"),
    "kink in a kink": (lambda: flow(Max(0, sp.tanh(Max(0, u) - 1))), "C^0", "C^∞"),
    "scaled modulus": (lambda: flow(r * sp.Abs(u)), "C^0", "C^∞"),
    "in time": (lambda: flow(-u * Max(0, am.time - 1)), "C^0", "C^∞"),
    "exponential of a modulus": (lambda: flow(sp.exp(-sp.Abs(u))), "C^0", "C^∞"),
    "square root of a square": (lambda: flow(sp.sqrt((u**2 - 1) ** 2)), "C^0", "C^∞"),
    "switch that vanishes there": (lambda: flow(mask(u > 0) * (sp.exp(u) - 1) - u), "C^0", "C^∞"),
    "norm": (lambda: flow(-u, sp.sqrt(total(y[j] ** 2, j))), "C^∞", "not C^1"),
    "cubed norm": (lambda: flow(-u, total(y[j] ** 2, j) ** R(3, 2)), "C^∞", "not C^3"),
    "power 3/2": (lambda: flow(-u * sp.sqrt(sp.Abs(u))), "not C^2", "C^∞"),
    "root of a positive part": (lambda: flow(sp.sqrt(Max(0, u))), "not C^1", "C^∞"),
    "rectified power 9": (lambda: flow(Max(0, u) ** 9), "at least C^4, not C^9", "C^∞"),
}


@pytest.mark.parametrize("name", KINKED)
def test_a_kink_is_refuted_with_the_class_of_flow_and_energy(name: str) -> None:
    make, of_flow, of_energy = KINKED[name]
    verdict = judged(make())
    assert verdict.status is Status.REFUTED, verdict
    assert (verdict.certificate["flow"], verdict.certificate["energy"]) == (of_flow, of_energy)


SMOOTH: dict[str, Callable[[], System]] = {
    "tanh": lambda: am.zoo.hopfield("tanh"),
    "softmax memory": lambda: am.zoo.softmax_memory().system,
    "three layers": lambda: am.zoo.hierarchical().system,
    "square of a modulus": lambda: descent(sp.Abs(u) ** 2),
    "positive and negative part": lambda: descent(u * Max(0, u) - u * Max(0, -u)),
    "parts that make a square": lambda: descent(u * Max(0, u) + Max(0, -u) ** 2),
    "leaky relu of slope 1": lambda: am.zoo.hopfield(lib.leaky_relu(1)),
    "two equal cases": lambda: flow(sp.Piecewise((u**2, u > 0), (u**2, True))),
    "sign times modulus": lambda: flow(-sp.sign(u) * sp.Abs(u)),
    "kink in a parameter": lambda: flow(-u * sp.Abs(b[i]) + Max(0, r)),
    "only named": lambda: flow(sp.Function("g", real=True)(u) - u),
    **{name: lambda name=name: am.zoo.hopfield(name) for name in ("gelu", "silu", "softplus", "layernorm", "spherical", "arctan")},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", SMOOTH)
def test_what_has_no_kink_in_its_normal_form_is_proved_smooth(name: str) -> None:
    assert judged(SMOOTH[name]()).status is Status.PROVED


UNDEFINED: dict[str, tuple[Callable[[], System], str]] = {
    "log-sum-relu outside the support": (lambda: flow(-u, -sp.log(total(Max(0, y[j]), j))), "logarithm"),
    "log": (lambda: flow(-u, total(sp.log(y[i]), i)), "logarithm"),
    "log of a square": (lambda: flow(-u, total(sp.log(y[i] ** 2), i)), "logarithm"),
    "x log x²": (lambda: flow(u * sp.log(u**2)), "logarithm"),
    "root": (lambda: flow(sp.sqrt(u)), "root"),
    "inverse": (lambda: flow(1 / u), "denominator"),
    "unit vector": (lambda: flow(-u / sp.sqrt(total(y[j] ** 2, j))), "root"),
    "sphere without ε": (lambda: am.zoo.hopfield(lib.spherical(1, 0, 0)), "root"),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_a_point_without_value_refutes_smoothness_and_is_told(name: str) -> None:
    make, what = UNDEFINED[name]
    verdict = judged(make())
    assert verdict.status is Status.REFUTED, verdict
    assert "is not defined" in verdict.reason
    assert what in verdict.reason


OPEN: dict[str, Callable[[], System]] = {
    "sin(y)/y": lambda: flow(sp.sin(u) / u),
    "smooth but not to be seen": lambda: flow(sp.Piecewise((sp.exp(-1 / u**2), sp.Ne(u, 0)), (0, True))),
    "even in a modulus": lambda: flow(sp.cosh(sp.Abs(u) + 0 * u) * 1 - sp.cosh(sp.Abs(u)) - u),
    "unknown function": lambda: flow(sp.loggamma(1 + u**2)),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_may_be_smooth_after_all_is_not_refuted(name: str) -> None:
    assert judged(OPEN[name]()).status in (Status.UNDECIDED, Status.PROVED)


def test_a_size_that_is_left_out_is_said_and_refutes_when_it_is_given() -> None:
    attention = am.zoo.attention().system
    assert "T ≥ 2" in judged(attention).reason
    others = flow(total(mask(sp.Ne(i, j)) * y[j], j) / (size("N") - 1) - u)
    verdict = judged(others)
    assert verdict.status is Status.PROVED
    assert verdict.certificate["domain"] == {"sizes": {"N": "≥ 2"}}
    alone = judged(others, domain={"y": ([-1.0], [1.0])})
    assert alone.status is Status.REFUTED
    assert "the denominator N - 1 is 0" in alone.reason


def test_the_domain_keeps_the_witness_away_from_kinks_outside() -> None:
    inside = judged(flow(Max(0, u) - u), domain={"y": (1, 2)})
    assert inside.status is Status.UNDECIDED
    assert judged(flow(Max(0, u) - u), domain={"y": (-1, 2)}).status is Status.REFUTED


def test_places_where_cases_change_are_told_as_equations() -> None:
    two_sided = mask(sp.And(u > -1, u < 1))
    cases = {
        sp.Piecewise((u, u <= 0), (2 * u, True)): ("y[i] = 0",),
        sp.Piecewise((0, sp.And(u > -1, u < 2)), (1, True)): ("y[i] = -1 or y[i] = 2",),
        two_sided: ("y[i] = -1 or y[i] = 1",),
    }
    assert {f: kinks(f, (y,)) for f in cases} == cases


def test_given_numbers_decide_whether_a_kink_is_real() -> None:
    system = flow(r * sp.Abs(u) - u)
    assert judged(system, {"r": 0.0}).status is not Status.REFUTED
    assert judged(system, {"r": 0.5}).status is Status.REFUTED


def test_nothing_is_said_about_updates() -> None:
    s = state("s", "N", (-1, 1))
    system = System(update={s[i]: sp.sign(total(W[i, j] * s[j], j))}, energy=-total(W[i, j] * s[i] * s[j], i, j) / 2)
    assert decide(question(system)) is None


@pytest.mark.parametrize("name", ["relu descent", "rectified cube", "relu network", "threshold", "in time", "kink in a kink"])
def test_the_jump_in_the_certificate_is_there_by_finite_differences(name: str) -> None:
    """On both sides of the point, differences of the order that is named differ by the value that is named."""
    system = KINKED[name][0]()
    data = judged(system).certificate
    order = int(data["inequality"].split("derivative ")[1].split(":")[0])
    place = data["inequality"].split(" along ")[1].split(",")[0]
    values = {s: R(v) for s, v in _entries(data["values"]).items()}
    f = components(next(iter(system.equations.values())), data["sizes"])
    f = f[(0,) * f.rank()] if hasattr(f, "rank") else f
    rule = {s: values[s.name] for s in f.free_symbols}
    moving = next(s for s in f.free_symbols if s.name == place)
    h = R(1, 10**8)

    def difference(side: int) -> Any:
        steps = (
            sp.binomial(order, k) * (-1) ** (order - k) * f.xreplace({**rule, moving: rule[moving] + side * k * h})
            for k in range(order + 1)
        )
        return sp.N(sum(steps, sp.S.Zero), 60) / (side * h) ** order

    assert abs(difference(1) - difference(-1) - sp.sympify(data["value"].strip("[]").split(" +/-")[0])) < 1e-4


def _entries(values: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        _flatten(name, value, found)
    return found


def _flatten(name: str, value: Any, found: dict[str, str]) -> None:
    if not isinstance(value, list):
        found[name] = value
        return
    for n, v in enumerate(value):
        _flatten(f"{name}_{n}", v, found)


s = sp.Symbol("s", real=True)


@pytest.mark.parametrize(
    ("f", "order"),
    [
        (sp.Abs(s), 1),
        (Max(0, s) ** 5, 5),
        (sp.sqrt(sp.Abs(s)), 1),
        (sp.Abs(s) ** R(5, 2), 3),
        (sp.cbrt(Max(0, s)) ** 2, 1),
        (sp.sign(s), 0),
        (sp.Heaviside(s), 0),
        (sp.floor(1 - s**2), 0),
        (Max(s, s**2), 1),
        (Max(s**2, s**3 + s**2), 3),
        (sp.sin(Max(0, sp.sin(s) ** 3)), 3),
        (sp.Abs(sp.sin(s)) * sp.Abs(s), None),
        (Max(s**4, 0), None),
        (sp.cosh(sp.Abs(s)), None),
        (Max(0, s) * Max(0, -s), None),
        (sp.sqrt(s**4 + s**6), None),
        (sp.floor(s**2), None),
        (sp.Max(0, s - 1), None),
    ],
    ids=str,
)
def test_the_first_derivative_that_jumps_is_found(f: sp.Expr, order: int | None) -> None:
    jump = first_jump(f, s)
    assert (jump.order if jump else None) == order


@pytest.mark.parametrize("f", [sp.log(s), sp.log(Max(0, s)), 1 / s, sp.sqrt(s), 1 / sp.Abs(s)], ids=str)
def test_a_side_without_value_is_told(f: sp.Expr) -> None:
    with pytest.raises(Undefined):
        first_jump(f, s)


def test_switches_that_change_nothing_are_told_from_those_that_do() -> None:
    for e in (mask(u > 0) * u, mask(u > b[i]) * (u - b[i]), sp.sign(u) * (sp.exp(u) - 1), total(mask(u > 0) * W[i, j] * sp.sinh(u), i)):
        assert switches_vanish(e, (y,))
    for e in (mask(u > 0), mask(u > 0) * sp.exp(u), mask(u >= 1) * u, mask(u > 0) + mask(-u > 0), sp.sign(u) ** 2, sp.floor(u) * u):
        assert not switches_vanish(e, (y,))
    assert not switches_vanish(mask(total(y[j], j) > 0) * u, (y,))
    assert not switches_vanish(mask(u > 0) * mask(y[j] > 0) * (u + y[j]), (y,))


def test_fractional_powers_have_the_class_of_their_last_continuous_derivative() -> None:
    y3, y5 = (sp.Max(0, y[i]) ** sp.Rational(n, 2) for n in (3, 5))
    assert [differentiable(f, flow(-y[i])) for f in (y3, y5)] == [1, 2]


def test_the_class_of_a_formula_is_read_off_its_derivatives() -> None:
    system = flow(-u)
    assert differentiable(total(Max(0, u) ** 3, i), system) == 2
    assert differentiable(total(Max(0, u), i), system) == 0
    assert differentiable(mask(u > 0), system) == -1
    assert differentiable(u**3, system) is None
    assert differentiable(sp.log(u), system) == -1
