"""Interval covers are computed again: true ones are confirmed, and every planted tampering is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from certificates_made import RELU, TANH, changed, cover_of_energy, cover_of_hessian, cover_of_zeros, verdict, without, zeros_of
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.checker.balls import precision
from proofs.checker.boxes import Field, apart, ball, inside, met
from proofs.checker.entries import Outcome, check_verdict
from proofs.checker.model import Model

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED


def outcome(certificate: dict[str, Any], status: str = "CERTIFIED", claim: str = "") -> Outcome:
    return check_verdict(verdict(certificate, status, claim)).outcome


@pytest.fixture(scope="module")
def zeros() -> dict[str, Any]:
    return cover_of_zeros(3, 3, 3.0)


@settings(max_examples=6)
@given(n=st.integers(1, 4), seed=st.integers(0, 50), radius=st.sampled_from([0.8, 1.5, 3.0]))
def test_all_zeros_of_random_networks_are_confirmed(n: int, seed: int, radius: float) -> None:
    assert outcome(cover_of_zeros(n, seed, radius)) is CONFIRMED


def test_a_zero_that_is_left_out_is_found(zeros: dict[str, Any]) -> None:
    assert len(zeros["zeros"]) == 3
    last = len(zeros["zeros"]) - 1

    def emptied(tree: Any) -> Any:
        return [tree[0], tree[1], emptied(tree[2]), emptied(tree[3])] if isinstance(tree, list) else "." if tree == last else tree

    assert outcome({**without(zeros, "zeros", last), "tree": emptied(zeros["tree"])}) is REFUSED
    assert outcome(without(zeros, "zeros", last)) is REFUSED


def test_a_leaf_that_names_another_zero_is_refused(zeros: dict[str, Any]) -> None:
    def turned(tree: Any) -> Any:
        return [tree[0], tree[1], turned(tree[2]), turned(tree[3])] if isinstance(tree, list) else (tree + 1) % 3

    assert outcome({**zeros, "tree": turned(zeros["tree"])}) is REFUSED
    assert outcome({**zeros, "tree": 0}) is REFUSED


@pytest.mark.parametrize("where", [(0,), (1,), (2,)])
def test_a_zero_that_is_moved_is_refused(zeros: dict[str, Any], where: tuple[int]) -> None:
    for shift in (1e-6, -1e-3, 1.0):
        assert outcome(changed(zeros, "zeros", *where, "middle", "y", 0, to=lambda x, s=shift: x + s)) is REFUSED


def test_a_wrong_index_is_refused(zeros: dict[str, Any]) -> None:
    for k in range(3):
        assert outcome(changed(zeros, "zeros", k, "index", to=lambda x: x + 1)) is REFUSED


def test_a_changed_number_or_sign_is_refused(zeros: dict[str, Any]) -> None:
    assert outcome(changed(zeros, "values", "b", 0, to=lambda x: x + 1e-6)) is REFUSED
    assert outcome(changed(zeros, "values", "W", 0, 0, to=lambda x: x + 1e-6)) is REFUSED
    assert outcome(changed(zeros, "model", "flow", "y[i]", to=lambda f: f.replace("b[i] - y[i]", "-b[i] - y[i]"))) is REFUSED
    assert outcome(changed(zeros, "model", "flow", "y[i]", to=lambda f: f.replace("tanh", "sinh"))) is REFUSED


def test_numbers_that_break_a_declaration_confirm_nothing(zeros: dict[str, Any]) -> None:
    assert outcome(changed(zeros, "values", "W", 0, 1, to=lambda x: x + 1e-6)) is not CONFIRMED


def test_a_domain_that_leaves_a_zero_out_or_a_listed_zero_twice_is_refused(zeros: dict[str, Any]) -> None:
    assert outcome(changed(zeros, "domain", "y", to=[-0.1, 0.1])) is REFUSED
    twice = {**zeros, "zeros": [*zeros["zeros"], zeros["zeros"][0]]}
    assert outcome(twice) is REFUSED


def test_leaves_left_open_are_not_certified(zeros: dict[str, Any]) -> None:
    assert outcome({**zeros, "tree": "?"}) is REFUSED
    assert outcome({**zeros, "tree": "?", "undecided": [{"y": [-5, 5]}]}) is REFUSED


@pytest.mark.parametrize("tree", [[0, 0.0, "."], [9, 0.0, ".", "."], ["y", 0.0, ".", "."], [0, "x", ".", "."], None, {}, True, "all"])
def test_a_tree_that_is_none_confirms_nothing(zeros: dict[str, Any], tree: Any) -> None:
    assert outcome({**zeros, "tree": tree}) is not CONFIRMED


def test_unique_means_one_zero_and_refuted_two(zeros: dict[str, Any]) -> None:
    one, claim = cover_of_zeros(2, 1, 0.8), "steady state unique"
    assert outcome(one, "CERTIFIED", claim) is CONFIRMED
    assert outcome(zeros, "CERTIFIED", claim) is REFUSED
    assert outcome(without(zeros, "tree"), "REFUTED", claim) is CONFIRMED
    assert outcome(one, "REFUTED", claim) is REFUSED
    assert outcome(without(one, "tree"), "CERTIFIED", claim) is REFUSED


def test_zeros_of_the_gradient_and_their_morse_index() -> None:
    model = {"states": {"y": ["N"]}, "flow": {"y[i]": "y[i] - y[i]**3"}, "energy": "Σ[i:N] (y[i]**4/4 - y[i]**2/2)"}
    places = [(-1.0, 0), (0.0, 1), (1.0, 0)]
    listed = [{"middle": {"y": [x]}, "radius": {"y": [1e-6]}, "index": k} for x, k in places]
    c = {"kind": "interval cover", "model": model, "sizes": {"N": 1}, "values": {}, "domain": {"y": [-2, 2]}, "zeros of": "gradient"}
    good = {**c, "zeros": listed, "tree": [0, -0.5, 0, [0, 0.5, 1, 2]]}
    assert outcome(good) is CONFIRMED
    assert outcome(changed(good, "zeros", 1, "index", to=0)) is REFUSED
    assert outcome(changed(good, "model", "energy", to=lambda E: E.replace("/4", "/5"))) is REFUSED


def test_exact_points_are_zeros_of_kinked_flows() -> None:
    c = {"kind": "two steady states", "model": RELU, "sizes": {"N": 1}, "values": {"W": [["1"]], "b": ["0"]}}
    good = {**c, "steady states": [{"point": {"y": ["0"]}}, {"point": {"y": ["1"]}}]}
    assert outcome(good, "REFUTED", "steady state unique") is CONFIRMED
    assert outcome(changed(good, "steady states", 1, "point", "y", 0, to="-1"), "REFUTED") is REFUSED
    assert outcome(changed(good, "steady states", 1, "point", "y", 0, to="0"), "REFUTED") is REFUSED
    assert outcome(changed(good, "values", "W", 0, 0, to="1000001/1000000"), "REFUTED") is REFUSED


def test_inequalities_on_a_box() -> None:
    good = cover_of_energy()
    assert outcome(good) is CONFIRMED
    assert outcome(cover_of_energy("124/1000")) is CONFIRMED  # the least value is 1/8, at y = (1, 1/2)
    touching = changed(cover_of_energy("1/4"), "domain", "y", 1, 0, to=0.5)
    assert outcome(touching) is CONFIRMED  # at the corner (1/2, 1/2) both sides are equal
    assert outcome(changed(touching, "inequality", "relation", to=">")) is not CONFIRMED
    assert outcome(cover_of_energy("126/1000")) is REFUSED
    assert outcome(changed(good, "inequality", "relation", to="<=")) is REFUSED
    assert outcome(changed(good, "model", "energy", to=lambda E: "-" + E)) is REFUSED
    assert outcome(changed(good, "tree", to=[0, 0.5, "?", "."])) is REFUSED
    assert outcome(changed(good, "domain", "y", to=[[2, -1], [-2, 0.5]])) is REFUSED


def test_parts_are_checked_one_by_one() -> None:
    c = cover_of_energy()
    whole = {k: v for k, v in c.items() if k not in ("inequality", "tree")}
    one, other = ({"inequality": {"left": left, "relation": "<=", "right": 4}, "tree": "."} for left in ("y[0]**2", "y[1]**2 + y[0]"))
    assert outcome({**whole, "parts": [one, other]}) is CONFIRMED
    assert outcome({**whole, "parts": [one, changed(other, "inequality", "right", to="29/10")]}) is REFUSED
    assert outcome({**whole, "parts": [one, {**without(other, "tree"), "squares": {}}]}) is not CONFIRMED
    assert outcome({**whole, "parts": []}) is not CONFIRMED


def test_squares_have_a_sign_where_they_touch_zero() -> None:
    c = cover_of_energy("0")
    c = {**c, "domain": {"y": [-2, 2]}, "tree": "."}
    assert outcome(c) is CONFIRMED
    statement = {"left": "energy rate", "relation": "<=", "right": 0}
    rate = changed({**c, "inequality": statement}, "model", "energy", to="Σ[i:N] y[i]**4")
    assert outcome(rate) is CONFIRMED
    assert outcome(changed(rate, "inequality", "relation", to="<")) is not CONFIRMED
    assert outcome(changed(rate, "inequality", "relation", to=">=")) is REFUSED
    assert outcome(changed(rate, "model", "energy", to="Σ[i:N] y[i]**3")) is REFUSED
    assert outcome(changed(c, "model", "energy", to="y[0]**2 - y[1]**2")) is REFUSED


def test_descent_on_a_box() -> None:
    statement = {"left": "energy rate", "relation": "<=", "right": 0}
    c = {"kind": "interval cover", "model": TANH, "sizes": {"N": 1}, "values": {"W": [[0.5]], "b": [1.0]}, "domain": {"y": [2, 3]}}
    good = {**c, "inequality": statement, "tree": "."}
    assert outcome(good, "CERTIFIED", "energy never increases") is CONFIRMED
    assert outcome(changed(good, "inequality", "right", to=1), "CERTIFIED", "energy never increases") is REFUSED
    assert outcome(changed(good, "model", "energy", to=lambda E: f"-({E})"), "CERTIFIED", "energy never increases") is REFUSED
    assert outcome(changed(good, "inequality", "left", to="energy"), "CERTIFIED", "energy never increases") is REFUSED


def test_definite_matrices_on_a_box() -> None:
    good = cover_of_hessian()
    assert outcome(good) is CONFIRMED
    assert outcome(changed(good, "property", to="negative definite")) is REFUSED
    assert outcome(changed(good, "model", "energy", to=lambda E: E.replace("y[0]*y[1]/2", "2*y[0]*y[1]"))) is REFUSED
    assert outcome({**good, "matrix": "jacobian"}) is REFUSED
    assert outcome({**good, "matrix": "jacobian", "property": "negative definite"}) is CONFIRMED


def test_a_function_that_jumps_has_no_first_order_form() -> None:
    # Its slope is 1 all over the box, and -1/4 at 0; yet it jumps from -1/4 to 1/4 there and vanishes nowhere.
    model = {"states": {"y": ["N"]}, "flow": {"y[i]": "y[i] + [y[i] > 0]/2 - 1/4"}}
    c = {"kind": "interval cover", "model": model, "sizes": {"N": 1}, "values": {}, "domain": {"y": [-1, 1]}, "zeros of": "flow"}
    assert outcome({**c, "zeros": [{"middle": {"y": [0.0]}, "radius": {"y": [0.5]}}], "tree": 0}) is REFUSED
    smooth = changed(c, "model", "flow", "y[i]", to="y[i] - 1/4")
    assert outcome({**smooth, "zeros": [{"middle": {"y": [0.0]}, "radius": {"y": [0.5]}}], "tree": 0}) is CONFIRMED


@given(st.floats(-5, 5), st.floats(0, 2), st.floats(0, 1))
def test_first_order_forms_enclose(low: float, width: float, share: float) -> None:
    model = Model({"states": {"y": ["N"]}}, {"N": 1}, {})
    f = Field(model.graph, model.components, [model.node("Max(0, y[0])*tanh(y[0]) - cosh(y[0]/3)**-1 + y[0]**2")], model.unknowns)
    a, b = fmpq(*low.as_integer_ratio()), fmpq(*(low + width).as_integer_ratio())
    x = a + (b - a) * fmpq(*share.as_integer_ratio())
    with precision(128):
        (wide,), (true,) = f.first_order(((a, b),)), f.at([x])
        assert arb(wide).overlaps(arb(true))
        assert f.over(((a, b),))[0].overlaps(arb(true))


def test_boxes_meet_and_part_as_sets() -> None:
    a, b = ((fmpq(0), fmpq(1)),), ((fmpq(1), fmpq(2)),)
    assert not apart(a, b)
    assert apart(a, ((fmpq(3, 2), None),))
    assert inside(a, ((None, fmpq(1)),))
    assert not inside(((None, fmpq(1)),), a)
    with precision(64):
        assert met(a, [ball(fmpq(2), fmpq(3))]) is None
        ((low, high),) = met(((None, None),), [ball(fmpq(2), fmpq(3))]) or ((None, None),)
        assert fmpq(2) - fmpq(1, 10**8) < low <= 2
        assert fmpq(3) + fmpq(1, 10**8) > high >= 3
        assert ball(None, fmpq(1)).contains(arb(-(10**9)))


def mirrored() -> dict[str, Any]:
    """Two neurons of one kind, dy/dt = 2 (tanh y_0 + tanh y_1) - y: turned over and exchanged, three zeros on the diagonal."""
    W = np.array([[2.0, 2.0], [2.0, 2.0]])
    points = sorted(zeros_of(W, np.zeros(2)), key=lambda y: float(y[0]))
    listed: list[dict[str, Any]] = [{"middle": {"y": y.tolist()}, "radius": {"y": [1e-9, 1e-9]}} for y in points]
    listed[1]["middle"] = {"y": [0.0, 0.0]}
    return {
        "kind": "interval cover",
        "model": TANH,
        "sizes": {"N": 2},
        "values": {"W": W.tolist(), "b": [0, 0]},
        "domain": {"y": [-5, 5]},
        "zeros of": "flow",
        "zeros": [{**listed[0], "middle": {"y": [-x for x in listed[2]["middle"]["y"]]}}, listed[1], listed[2]],
        "mirrors": [
            {"what": "y turned over", "places": [0, 1], "signs": [-1, -1]},
            {"what": "exchanged", "places": [1, 0], "signs": [1, 1]},
        ],
        "tree": [0, 0.0, "m0", [0, 2.0, 1, [1, 2.0, ".", 2]]],
    }


def test_what_a_mirror_covers_needs_no_leaf_of_its_own() -> None:
    good = mirrored()
    assert outcome(good) is CONFIRMED
    assert outcome({**good, "tree": [0, 1.0, "m0", good["tree"][3]]}) is REFUSED  # up to 1 is more than the mirror's side
    assert outcome({**good, "tree": [0, 2.0, [1, 2.0, 1, "."], [1, 2.0, ".", 2]]}) is REFUSED
    assert outcome({**good, "tree": [0, 0.0, "m2", good["tree"][3]]}) is REFUSED
    assert outcome({**good, "tree": [0, 0.0, "m1", good["tree"][3]]}) is REFUSED  # y_0 ≤ y_1 does not hold all over y_0 ≤ 0
    assert outcome(changed(good, "mirrors", 0, "signs", to=[-1, 1])) is REFUSED
    assert outcome(changed(good, "values", "b", to=[0.001, 0.001])) is REFUSED
    assert outcome(changed(good, "domain", "y", to=[-6, 5])) is REFUSED
    assert outcome({**good, "zeros": good["zeros"][1:], "tree": [0, 0.0, "m0", [0, 2.0, 0, [1, 2.0, ".", 1]]]}) is REFUSED


def test_a_zero_that_is_its_own_image_need_not_lie_in_the_middle_of_its_box() -> None:
    good = mirrored()
    assert outcome(changed(good, "zeros", 1, "middle", to={"y": [1e-12, -1e-13]})) is CONFIRMED
    only = {**good, "zeros": good["zeros"][:2]}
    assert outcome(only) is REFUSED


def test_a_mirror_by_exchange() -> None:
    good = mirrored()
    tree = [0, 2.5, [1, 2.5, [0, -2.5, [1, -2.5, 0, "."], [1, -2.5, ".", 1]], "m1"], [1, 2.5, ".", 2]]
    assert outcome({**good, "tree": tree}) is CONFIRMED
    tree[3][2] = "m1"  # where y_0 ≥ 5/2 ≥ y_1
    assert outcome({**good, "tree": tree}) is REFUSED


def test_a_mirror_is_one_of_the_field_and_not_of_its_zeros_alone() -> None:
    listed = [{"middle": {"y": [x]}, "radius": {"y": [1e-6]}} for x in (-1.0, 0.0, 1.0)]
    c = {"kind": "interval cover", "sizes": {"N": 1}, "values": {}, "domain": {"y": [-1.5, 1.5]}, "zeros of": "flow", "zeros": listed}
    c |= {"mirrors": [{"what": "y turned over", "places": [0], "signs": [-1]}], "tree": [0, -0.25, "m0", [0, 0.5, 1, 2]]}
    odd, even = ({"states": {"y": ["N"]}, "flow": {"y[i]": f"(y[i] - y[i]**3)*{factor}"}} for factor in ("(2 + y[i]**2)", "(2 + y[i])"))
    assert outcome({**c, "model": odd}) is CONFIRMED
    assert outcome({**c, "model": even}) is REFUSED


@pytest.mark.parametrize("far", ["300*[y[i] < -100]", "6*Max(0, -y[i] - 100)", "10**(-80)*exp(-2*y[i])"])
def test_a_mirror_of_the_field_near_0_alone_is_none(far: str) -> None:
    """Each of these fields is -y near 0 and has another zero at y < -90, which the mirror would hide."""
    zero = {"middle": {"y": [0]}, "radius": {"y": ["1/1000"]}}
    c = {"kind": "interval cover", "sizes": {"N": 1}, "values": {}, "domain": {"y": [[-400], [400]]}, "zeros of": "flow", "zeros": [zero]}
    c |= {"mirrors": [{"places": [0], "signs": [-1]}], "tree": [0, 0, "m0", 0]}
    assert outcome({**c, "model": {"states": {"y": ["N"]}, "flow": {"y[i]": f"-y[i] - {far}"}}}) is not CONFIRMED
    assert outcome({**c, "model": {"states": {"y": ["N"]}, "flow": {"y[i]": "-y[i] - sinh(y[i])"}}}) is CONFIRMED


def test_a_zero_in_the_domain_is_not_said_to_lie_outside(zeros: dict[str, Any]) -> None:
    unique = {**zeros, "zeros": [{**z, "outside": True} if k else z for k, z in enumerate(zeros["zeros"])]}
    assert len(zeros["zeros"]) > 1
    assert outcome(unique, claim="steady state unique") is REFUSED


def test_what_was_found_needs_a_domain_that_is_covered(zeros: dict[str, Any]) -> None:
    claim = "every steady state in the box was found"
    assert outcome(zeros, claim=claim) is CONFIRMED
    assert outcome(without(zeros, "tree"), claim=claim) is REFUSED
    assert outcome({**without(zeros, "tree"), "zeros": []}, claim=claim) is REFUSED
    assert outcome(zeros, claim="every critical point in the box was found") is REFUSED


def rate_cover(energy: str, **more: Any) -> dict[str, Any]:
    """dE/dt <= 0 for dy/dt = -y on [1/2, 2]."""
    model = {"states": {"y": ["N"]}, "flow": {"y[i]": "-y[i]"}, "energy": energy}
    c: dict[str, Any] = {"kind": "interval cover", "model": model, "sizes": {"N": 1}, "values": {}, "domain": {"y": [["1/2"], [2]]}}
    return {**c, "inequality": {"left": "energy rate", "relation": "<=", "right": "0"}, "tree": ".", **more}


@pytest.mark.parametrize("step", ["[y[i] > 1]", "sign(y[i] - 1)"])
def test_an_energy_that_climbs_by_a_jump_does_not_fall(step: str) -> None:
    assert outcome(rate_cover("Σ_i y[i]**2"), claim="energy never increases") is CONFIRMED
    assert outcome(rate_cover(f"-Σ_i {step}"), claim="energy never increases") is not CONFIRMED
    assert outcome(rate_cover(f"Σ_i y[i]**2*(2 + {step.replace('1', '5')})")) is CONFIRMED  # beyond the domain


@pytest.mark.parametrize("switch", ["sign(log(y[i] - 1))", "[log(y[i] - 1) > 0]"])
def test_a_switch_of_what_has_no_value_has_none(switch: str) -> None:
    at_most = {"left": "energy", "relation": "<=", "right": "5"}
    assert outcome(rate_cover(f"Σ_i {switch}", inequality=at_most)) is not CONFIRMED


def test_a_claim_of_the_energy_rests_on_an_inequality_of_it() -> None:
    at_most = {"left": "energy", "relation": "<=", "right": "5"}
    parts = [{"inequality": at_most, "tree": "."}]
    about_energy = without(without(rate_cover("Σ_i y[i]**2", parts=parts), "inequality"), "tree")
    assert outcome(about_energy) is CONFIRMED
    assert outcome(about_energy, claim="energy never increases") is REFUSED
    hessian = {"matrix": "hessian of energy", "property": "positive semidefinite"}
    assert outcome({**without(rate_cover("Σ_i y[i]**2"), "inequality"), **hessian}, claim="energy never increases") is REFUSED
    assert outcome(rate_cover("Σ_i y[i]**2", inequality=at_most), claim="energy bounded below") is REFUSED
    assert (
        outcome(rate_cover("Σ_i y[i]**2", inequality={**at_most, "relation": ">=", "right": 0}), claim="energy bounded below") is CONFIRMED
    )


def test_slopes_do_not_tell_of_an_energy_that_jumps_where_it_is_least() -> None:
    zero = {"middle": {"y": [0]}, "radius": {"y": ["1/1000"]}, "index": 0}
    c = without(rate_cover("Σ_i y[i]**2", tree=0, zeros=[zero], domain={"y": [-1, 2]}), "inequality") | {"zeros of": "gradient"}
    assert outcome(c) is CONFIRMED
    assert outcome(changed(c, "model", "energy", to="Σ_i y[i]**2 + 5*[y[i] > 0]")) is not CONFIRMED
