"""Laws of inequalities on boxes: never contradicted by sampling, tight ones told apart, violations exact, leaves that cover the box."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError, ModelError
from amsym.verdict import Status, Verdict
from numeric.enclosure.tree import leaf_boxes
from proofs.checker.entries import Outcome, check_verdict
from proofs.inequalities import contracts_on_box, convex_on_box, holds_on_box
from proofs.inequalities.branching import Region, cover
from proofs.inequalities.forms import Rough
from proofs.inequalities.over_box import OverBox
from proofs.inequalities.sure import Sure

i, j = am.indices("i j", "N")
y = am.state("y", "N")
W = am.parameter("W", "N N")
PLAIN = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2)
TWO = {"y": ([-2.0, -2.0], [2.0, 2.0])}


def asked(g: Any, relation: str = "<=", right: Any = 0, domain: Any = None, **more: Any) -> Verdict:
    """The verdict on a formula in y over two components."""
    return holds_on_box(PLAIN, g, relation, domain or TWO, right=right, **more)


def sampled(g: Any, points: Any) -> Any:
    """A scalar formula at points, (rows, 2), by NumPy code of SymPy's own."""
    explicit = am.components(g, {"N": 2})
    names = [y[0], y[1]]
    letters = sp.symbols("u v")
    f = sp.lambdify(letters, explicit.xreplace(dict(zip(names, letters, strict=True))), "numpy")
    return f(points[:, 0], points[:, 1]) + np.zeros(len(points))


def exactly(g: Any, v: Verdict) -> Any:
    """A scalar formula at the state of a counterexample, by mpmath at 50 digits."""
    state = [sp.Rational(x) for x in v.certificate["values"]["y"]]
    explicit = am.components(g, {"N": 2}).xreplace({y[0]: state[0], y[1]: state[1]})
    return sp.N(explicit, 50)


def leaves(v: Verdict) -> list[tuple[Any, Any, Any]]:
    """The leaves of a certificate's tree, as boxes."""
    low, high = (np.array([float(Fraction(x)) for x in side]) for side in v.certificate["domain"]["y"])
    return list(leaf_boxes(v.certificate["tree"], low, high))


SHAPES: list[Callable[[Any], Any]] = [sp.tanh, sp.sin, sp.cos, sp.exp, lambda x: x**2, lambda x: x**3, lambda x: sp.log(sp.cosh(x)), sp.Abs]
GRID = np.stack(np.meshgrid(np.linspace(-2, 2, 161), np.linspace(-2, 2, 161)), -1).reshape(-1, 2)


@st.composite
def formulas(draw: Any) -> Any:
    """Σ_i a f(y_i) + b (Σ_i y_i) (Σ_i g(y_i)) + c, small coefficients."""
    f, g = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(SHAPES))
    a, b, c = (draw(st.integers(-3, 3)) for _ in range(3))
    return a * am.total(f(y[i]), i) + b * am.total(y[i], i) * am.total(g(y[i] - sp.Rational(1, 3)), i) + c


@settings(max_examples=6)
@given(formulas())
def test_bounds_above_the_largest_sample_hold_and_bounds_below_it_are_refuted_exactly(g: Any) -> None:
    top = float(np.max(sampled(g, GRID)))
    above, below = Fraction(top).limit_denominator(1000) + 2, Fraction(top).limit_denominator(1000) - Fraction(1, 100)
    shown = asked(g, "<=", above)
    assert shown.holds or float(np.max(sampled(g, GRID))) > above
    refuted = asked(g, "<=", below)
    assert refuted.status is Status.REFUTED
    assert exactly(g, refuted) > below


@settings(max_examples=6)
@given(formulas(), st.integers(0, 2**31))
def test_enclosing_forms_hold_every_sample_of_their_boxes(g: Any, seed: int) -> None:
    from proofs.inequalities.boxed import boxed
    from proofs.question import question

    problem = boxed(question(PLAIN, {}, TWO))
    rng = np.random.default_rng(seed)
    low = rng.uniform(-2, 1.5, size=(20, 2))
    high = low + rng.uniform(0, 0.5, size=(20, 2))
    upper, _ = Rough(problem, g, {}).upper(low, high)
    # A box that is below 0 by its natural enclosure keeps that bound, which is one too.
    for t in rng.uniform(size=(30, 20, 2)):
        values = sampled(g, low + t * (high - low))
        assert np.all(values <= upper + 1e-12 * (1 + np.abs(values)))


def test_an_inequality_violated_by_a_billionth_is_told_from_one_that_holds_by_it() -> None:
    gap = Fraction(1, 10**9)
    g = am.total(y[i] ** 4 - y[i] ** 2, i)  # its least value is -1/2, at irrational points
    assert asked(g, ">=", -Fraction(1, 2) - gap).holds
    bad = asked(g, ">=", -Fraction(1, 2) + gap)
    assert bad.status is Status.REFUTED
    assert exactly(g, bad) < -Fraction(1, 2) + gap


@given(formulas(), st.integers(0, 2**31))
def test_what_balls_show_on_a_box_is_not_beaten_by_a_sample_of_it(g: Any, seed: int) -> None:
    """The bound lies a little below the largest sample, so no form may reach it."""
    from proofs.inequalities.boxed import boxed
    from proofs.question import question

    rng = np.random.default_rng(seed)
    low = rng.uniform(-2, 1, size=2)
    high = low + rng.uniform(0.01, 1) * rng.uniform(0.2, 1, size=2)
    corners = [low + np.array(t) * (high - low) for t in ((0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5))]
    values = sampled(g, np.array([*corners, *(low + t * (high - low) for t in rng.uniform(size=(200, 2)))]))
    top, spread = float(np.max(values)), float(np.ptp(values))
    c = sp.Rational(Fraction(top - 0.05 * spread - 1e-9 * (1 + abs(top))))
    problem = boxed(question(PLAIN, {}, TWO))
    assert not Sure(problem, g - c, {}, False).holds(low, high)


def test_products_of_components_count_in_taylors_form() -> None:
    """2 y_0 y_1 is flat at the middle of [-1/2, 1/2]² and has a Hessian without a diagonal."""
    from proofs.inequalities.boxed import boxed
    from proofs.question import question

    low, high = np.full(2, -0.5), np.full(2, 0.5)
    problem = boxed(question(PLAIN, {}, {"y": (low, high)}))
    g = am.total(y[i], i) ** 2 - am.total(y[i] ** 2, i)
    assert not Sure(problem, g - sp.Rational(2, 5), {}, False).holds(low, high)
    assert Sure(problem, g - sp.Rational(3, 5), {}, False).holds(low, high)


u = am.total(y[i], i) - sp.Rational(1, 3)


@pytest.mark.parametrize(
    ("e", "signs"),
    [
        (u**2, {1}),
        (-(u**2), {-1}),
        (u * (sp.Rational(1, 3) - am.total(y[i], i)), {-1}),
        (sp.exp(u) * u * (sp.Rational(1, 3) - am.total(y[i], i)) * sp.tanh(am.total(y[i], i) - 5), {1}),
        (u, set()),
        (u**3, set()),
        (u**2 * u, set()),
        (sp.Abs(u) + am.total(y[i] ** 4, i), {1}),
        (u**2 - 1, set()),
        (sp.Max(u, 0) * am.mask(sp.Gt(am.total(y[i], i), 0)), {1}),
        (sp.log(am.total(y[i], i)) ** 2, set()),
        (am.total(y[i] ** 2, i) - am.total(y[i] ** 2, i) / 2 - am.total(sp.exp(y[i]), i), set()),
    ],
)
def test_signs_by_structure_are_those_of_every_sample(e: Any, signs: set[int]) -> None:
    from proofs.inequalities.over_box import interval
    from proofs.inequalities.signs import has_sign

    over = OverBox({"N": 2}, {}, {y: {(0,): interval(-1.0, 1.5), (1,): interval(-1.0, 1.25)}})
    assert {s for s in (1, -1) if has_sign(over, e, {}, s)} == signs


@pytest.mark.parametrize(
    "g",
    [
        am.total((y[i] - 1) ** 4 - 2 * (y[i] - 1) ** 2 + 1, i),
        am.total(sp.cosh(y[i] - sp.Rational(1, 4)) - 1, i),
        am.total(sp.exp(y[i]) - 1 - y[i], i),
        sp.exp(y[i]) - 1 - y[i],
        am.total(y[i] ** 2 * sp.exp(y[i]), i),
        am.total(sp.Abs(y[i]), i) * (2 - y[j]) * (2 + y[j]),
    ],
)
def test_inequalities_that_touch_0_hold_and_their_strict_forms_are_refuted(g: Any) -> None:
    assert asked(g, ">=").holds
    strict = asked(g, ">")
    assert strict.status is Status.REFUTED
    assert strict.certificate["value"] == "0"


def test_touching_at_irrational_points_stays_open_or_is_a_sum_of_squares_and_is_never_refuted() -> None:
    g = am.total((y[i] ** 2 - 2) ** 2 + y[i] ** 2 * sp.sin(y[i]) ** 2 - (2 * sp.sin(sp.sqrt(2)) ** 2), i) ** 2
    v = asked(g, ">=", seconds=0.3)
    assert v.status is not Status.REFUTED
    squares = asked(am.total(y[i] ** 4 - y[i] ** 2, i), ">=", "-1/2", seconds=0.1)
    assert squares.holds
    assert squares.certificate["squares"]["property"] == "sum of squares"


def test_borders_where_both_sides_are_equal_are_no_obstacle() -> None:
    assert asked(y[i], "<=", 2).holds
    assert asked(am.total(sp.Abs(y[i]), i), "<=", 4).holds
    assert asked(y[i], "<", 2).status is Status.REFUTED
    assert asked(am.total(y[i] ** 3, i), ">=", -16).holds


def test_leaves_cover_the_box_once_and_each_holds_at_its_samples() -> None:
    g = am.total(sp.sin(3 * y[i]), i) * am.total(sp.cos(y[i]), i) + am.total(y[i] ** 2, i)
    top = Fraction(float(np.max(sampled(g, GRID)))).limit_denominator(100) + Fraction(1, 20)
    v = asked(g, "<=", top)
    assert v.holds
    found = leaves(v)
    assert len(found) > 20
    volume = sum((Fraction(b[0]) - Fraction(a[0])) * (Fraction(b[1]) - Fraction(a[1])) for _, a, b in found)
    assert volume == 16
    assert {mark for mark, _, _ in found} == {"."}
    for _, a, b in found[:50]:
        explicit = am.components(g, {"N": 2})
        f = sp.lambdify([y[0], y[1]], explicit, "mpmath")
        with mp.workdps(30):
            corners = [(p, q) for p in (a[0], b[0]) for q in (a[1], b[1])]
            assert all(f(mp.mpf(float(p)), mp.mpf(float(q))) <= float(top) for p, q in corners)


def test_regions_around_touching_points_hold_the_leaves_that_name_them() -> None:
    v = asked(am.total((y[i] - 1) ** 4 - 2 * (y[i] - 1) ** 2 + 1, i), ">=")
    zeros = v.certificate["zeros"]
    assert {tuple(z["middle"]["y"]) for z in zeros} == {("0", "0"), ("0", "2"), ("2", "0"), ("2", "2")}
    for mark, a, b in leaves(v):
        if mark != ".":
            low, high = (np.array([float(Fraction(x)) for x in side]) for side in zeros[mark]["box"]["y"])
            assert np.all(low <= a)
            assert np.all(b <= high)


@pytest.mark.parametrize(("low", "high", "holds"), [((-1, -1), (1, 1), True), ((-1, 2), (1, 3), False), ((-1, -1), (1, 0.9), True)])
def test_places_that_know_the_same_share_a_tree_and_others_do_not(low: Any, high: Any, holds: bool) -> None:
    """cos y - y²/8 + sin 9 y/50 ≥ 2/5 holds on [-1, 1] and not up to 3."""
    g = sp.cos(y[i]) - y[i] ** 2 / 8 + sp.sin(9 * y[i]) / 50
    v = asked(g, ">=", "2/5", {"y": (low, high)})
    assert v.holds is holds
    if holds:
        parts = v.certificate["parts"]
        assert [p["inequality"]["left"].count(f"y[{k}]") for k, p in enumerate(parts)] == [3, 3]
        for k, part in enumerate(parts):
            boxes = list(leaf_boxes(part["tree"], np.array(low, float), np.array(high, float)))
            assert len(boxes) > 1
            assert all(a[1 - k] == low[1 - k] for _, a, _ in boxes)


# Jumps and kinks


def test_a_jump_is_not_crossed_by_the_mean_value_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """[y < 1/2] - 1/2 is flat on both sides of its jump, and negative at the upper end."""
    g = am.mask(sp.Lt(y[i], sp.Rational(1, 2))) - sp.Rational(1, 2)
    domain = {"y": ([0.0], [1.0])}
    assert asked(g, "<=", domain=domain).status is Status.REFUTED
    assert asked(g, "<=", "3/5", domain=domain).holds
    from proofs.inequalities.boxed import boxed
    from proofs.question import question

    problem = boxed(question(PLAIN, {}, domain))
    at = {i: 0}
    assert not Sure(problem, g, at, False).holds(problem.low, problem.high)
    monkeypatch.setattr(OverBox, "jumps", property(lambda self: False, lambda self, value: None), raising=False)
    assert Sure(problem, g, at, False).holds(problem.low, problem.high)


def test_a_value_at_a_kink_refutes_no_energy_rate() -> None:
    """At y = 0 the formal derivative of E = Σ max(0, y)² + |y| is one of several."""
    s = am.System(flow={y[i]: -sp.sign(y[i]) - y[i]}, energy=am.total(sp.Abs(y[i]), i))
    v = holds_on_box(s, "energy rate", "<=", {"y": ([-1.0], [1.0])}, right="-1/2", seconds=0.5)
    assert v.status is not Status.REFUTED


# What decides


def test_bounds_in_floating_point_alone_certify_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    g = am.total(sp.sin(y[i]), i)
    monkeypatch.setattr(Rough, "upper", lambda self, low, high: (np.full(len(low), -1.0), high - low))
    v = asked(g, "<=", 1, seconds=0.5)
    assert v.status is Status.UNDECIDED


def test_a_violation_in_floating_point_that_balls_do_not_confirm_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from proofs.inequalities.scalar import Scalar

    monkeypatch.setattr(Scalar, "worst", lambda self, points: np.ones(len(points)))
    assert asked(am.total(sp.sin(y[i]), i), "<=", 3).holds


def test_a_region_that_lies_elsewhere_closes_no_box() -> None:
    class Never:
        """An inequality that holds nowhere, with a region at one corner."""

        def upper(self, low: Any, high: Any) -> Any:
            return np.ones(len(low)), high - low

        def holds(self, low: Any, high: Any) -> bool:
            return False

        def worst(self, points: Any) -> Any:
            return -np.ones(len(points))

        def refutes(self, point: Any) -> Any:
            return None

        def region(self, point: Any) -> Region | None:
            return Region(np.zeros(2), np.full(2, 0.25), {}, "")

    found = cover(Never(), np.zeros(2), np.ones(2), seconds=0.3)
    assert not found.holds
    assert found.regions
    for mark, a, b in leaf_boxes(found.tree.data(), np.zeros(2), np.ones(2)):
        assert mark != 0 or (np.all(a >= 0) and np.all(b <= 0.25))
    assert all(np.any(b > 0.25) for _, b in found.left)


def test_parameters_count_as_the_exact_numbers_that_they_are() -> None:
    s = am.System(flow={y[i]: -y[i]}, energy=am.total(W[i, j] * y[i] * y[j], i, j))
    domain = {"y": ([-1.0], [1.0])}
    third = Fraction(1, 3)
    assert holds_on_box(s, "energy", "<=", domain, {"W": [[1 / 3]]}, right=Fraction(1 / 3)).holds
    assert holds_on_box(s, "energy", "<=", domain, {"W": [[1 / 3]]}, right=third).holds is (Fraction(1 / 3) <= third)
    assert holds_on_box(s, "energy", "<=", domain, {"W": [[float(np.nextafter(1 / 3, 1))]]}, right=third).status is Status.REFUTED


def test_several_states_and_named_formulas_and_scalars() -> None:
    h, beta = am.state("h", "K"), am.parameter("beta", positive=True)
    a = am.index("a", "K")
    E = am.total(y[i] ** 2, i) / 2 + am.total(sp.log(sp.cosh(beta * h[a])), a)
    s = am.System(flow={y[i]: -y[i], h[a]: -sp.tanh(beta * h[a])}, energy=E)
    domain = {"y": ([-1.0, -1.0], [1.0, 1.0]), "h": (np.full(3, -1.0), np.full(3, 2.0))}
    assert holds_on_box(s, "energy rate", "<=", domain, {"beta": 2.0}).holds
    assert holds_on_box(s, beta * h[a] + y[i], "<=", domain, {"beta": 2.0}, right=5).holds
    bad = holds_on_box(s, beta * h[a] + y[i], "<", domain, {"beta": 2.0}, right=5)
    assert bad.status is Status.REFUTED
    assert "h[0]" in bad.certificate["inequality"]["left"]
    assert bad.certificate["inequality"]["relation"] == ">="
    assert Verdict.from_json(bad.to_json()) == bad


@pytest.mark.parametrize(
    ("formula", "relation", "domain", "params"),
    [
        ("energy", "=", TWO, None),
        ("flow", "<=", TWO, None),
        ("energy", "<=", {"y": (-1, np.inf)}, None),
        ("energy", "<=", {"y": (-1, 1)}, None),
        ("energy", "<=", {}, None),
        (W[i, j], "<=", TWO, None),
        (am.state("z", "N")[i], "<=", TWO, None),
        (y[0], "<=", TWO, None),
        (y[i] * sp.Symbol("q"), "<=", TWO, None),
        (am.total(y[i], i) <= 1, "<=", TWO, None),
        ("energy", TWO, None, None),
    ],
)
def test_what_does_not_fit_is_refused(formula: Any, relation: str, domain: Any, params: Any) -> None:
    with pytest.raises(InputError, match=r"expected|missing|has not|explicit entry"):
        holds_on_box(PLAIN, formula, relation, domain, params)


def test_a_memory_is_asked_as_its_system_and_other_things_are_named() -> None:
    v, h = am.Layer("v", "N", am.lagrangians.identity()), am.Layer("h", "K", am.lagrangians.softmax(1))
    memory, params = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")]), {"xi": [[1.0, 2.0]]}
    domain = {"v": (-1, 1), "h": (-1, 1)}
    for given_model in (memory, memory.system):
        assert holds_on_box(given_model, "energy", ">=", domain, params, right=-100).status is Status.CERTIFIED
        assert convex_on_box(given_model, "energy", domain, params).status is Status.REFUTED
        assert contracts_on_box(given_model, {"v": (0, 0), "h": (0, 0)}, params).status is Status.CERTIFIED
    for ask in (lambda: holds_on_box("hopfield", "energy", "<=", TWO), lambda: convex_on_box("hopfield", "energy", TWO)):
        with pytest.raises(ModelError, match="takes a System, a Memory"):
            ask()
    with pytest.raises(ModelError, match="takes a System, a Memory"):
        contracts_on_box("hopfield", TWO)


@pytest.mark.parametrize(("right", "status"), [(-0.1, Status.CERTIFIED), (0.1, Status.REFUTED)])
def test_what_is_decided_on_a_box_is_computed_again_from_its_certificate_alone(right: float, status: Status) -> None:
    weighted = am.System(flow={y[i]: am.total(W[i, j] * y[j], j) - y[i]}, energy=am.total(y[i] ** 2, i) / 2)
    for formula in ("energy", 0.3 * y[i] ** 2):
        verdict = holds_on_box(weighted, formula, ">=", {"y": (-1, 1)}, {"W": [[0.1, 0.0], [0.2, 0.1]]}, right=right)
        assert verdict.status is status
        assert check_verdict(verdict.to_dict()).outcome is Outcome.CONFIRMED
    assert verdict.claim.startswith("0.3*y[i]**2 ≥")


def test_a_convex_energy_is_computed_again_from_its_certificate_alone() -> None:
    verdict = convex_on_box(PLAIN, "energy", TWO)
    assert (verdict.status, check_verdict(verdict.to_dict()).outcome) == (Status.CERTIFIED, Outcome.CONFIRMED)


def test_a_formula_that_is_not_defined_on_the_whole_box_stays_open() -> None:
    for g in (am.total(1 / y[i] ** 2, i), am.total(sp.log(y[i]), i), 1 / am.total(y[i], i)):
        assert asked(g, ">=", -100, seconds=0.1).holds is not True


@pytest.mark.parametrize("switch", [sp.sign, sp.Heaviside, lambda u: am.mask(sp.Gt(u, 0))])
def test_a_switch_of_what_is_not_defined_has_no_value(switch: Any) -> None:
    g = am.total(switch(sp.log(y[i])), i)
    assert asked(g, "<=", 5, seconds=0.1).status is Status.UNDECIDED
    assert asked(g, "<=", 5, {"y": ([0.5, 0.5], [2.0, 2.0])}).status is Status.CERTIFIED


def test_a_step_may_have_any_value_at_its_corner() -> None:
    assert asked(am.total(sp.Heaviside(y[i], 5), i), "<=", 2).status is Status.REFUTED


@pytest.mark.parametrize("step", [sp.sign, sp.Heaviside, sp.floor, lambda u: am.mask(sp.Gt(u, 0))])
def test_an_energy_that_rises_by_a_jump_has_no_certified_rate(step: Any) -> None:
    rising = am.System(flow={y[i]: -y[i]}, energy=-am.total(step(y[i] - 1), i))
    across = holds_on_box(rising, "energy rate", "<=", {"y": ([0.5], [2.0])})
    assert across.status is Status.UNDECIDED
    assert "jump" in across.reason
    assert holds_on_box(rising, "energy rate", "<=", {"y": ([-0.5], [0.5])}).status is Status.CERTIFIED or step is sp.floor


def test_an_energy_whose_pieces_meet_where_one_has_no_value_is_no_error() -> None:
    from proofs.inequalities import convex_on_box

    bent = am.System(flow={y[i]: -y[i]}, energy=am.total(sp.Abs(sp.Heaviside(y[i]) + 1 / y[i]), i))
    assert convex_on_box(bent, "energy", {"y": ([0.5], [2.5])}).status is Status.UNDECIDED


@given(st.floats(-3, 3), st.floats(0, 2), st.sampled_from([sp.tanh, sp.cosh, sp.exp, lambda x: x**2, lambda x: 1 / (1 + x**2), sp.erf]))
def test_balls_over_boxes_hold_every_value(middle: float, radius: float, f: Any) -> None:
    from proofs.inequalities.over_box import interval

    low, high = middle - radius, middle + radius
    over = OverBox({"N": 1}, {}, {y: {(0,): interval(low, high)}})
    value = over(f(y[i]), {i: 0})
    t = sp.Symbol("t")
    exact = sp.lambdify(t, f(t), "mpmath")
    with mp.workdps(40):
        for x in np.linspace(low, high, 7):
            at = exact(mp.mpf(float(x)))
            assert mp.mpf(str(value.lower().str(35, radius=False))) - abs(at) * mp.mpf(10) ** -30 <= at
            assert at <= mp.mpf(str(value.upper().str(35, radius=False))) + abs(at) * mp.mpf(10) ** -30
