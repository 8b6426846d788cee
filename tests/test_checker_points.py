"""Exact counterexamples are evaluated again: each form that verify writes is confirmed, and each tampering refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp
from certificates_made import DECAY, changed, verdict, without

import amsym as am
from amsym import zoo
from proofs.certificates import model_data
from proofs.checker.entries import Checked, Outcome, check_verdict
from proofs.verify import verify

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED


def found(model: Any, claim: str) -> dict[str, Any]:
    """A verdict as JSON gives it back."""
    return json.loads(verify(model, only=claim)[claim].to_json())  # type: ignore[no-any-return]


def outcome(v: dict[str, Any]) -> Outcome:
    return check_verdict(v).outcome


def growth() -> Any:
    i, y = am.index("i", "N"), am.state("y", "N")
    return am.System(flow={y[i]: y[i]}, energy=am.total(y[i] ** 2, i) / 2, name="growth")


def synchronous_spins() -> Any:
    i, j = am.indices("i j", "N")
    s, W = am.state("s", "N", values=(-1, 1)), am.parameter("W", "N N", symmetric=True)
    h = am.total(W[i, j] * s[j], j)
    return am.System(update={s[i]: am.sign(h)}, energy=-am.total(W[i, j] * s[i] * s[j], i, j) / 2, order="synchronous")


def logarithm() -> Any:
    i, y = am.index("i", "N"), am.state("y", "N")
    return am.System(flow={y[i]: -y[i]}, energy=am.total(sp.log(y[i]), i))


def bowl_over_dead_rays() -> Any:
    (i, j), y, W = am.indices("i j", "N"), am.state("y", "N"), am.parameter("W", "N N")
    return am.System(flow={y[i]: am.total(W[i, j] * sp.Max(0, y[j]), j) - y[i]}, energy=am.total(y[i] ** 2, i) / 2)


def silu_slope_at_zero() -> dict[str, Any]:
    """W = 0 and b = 0: the slope of silu, and with it ∇E, vanishes near y = -1.278, where dy/dt = -y does not."""
    return {
        "kind": "counterexample in a box",
        "model": model_data(zoo.hopfield("silu")),
        "sizes": {"N": 1},
        "values": {"W": [["0"]], "b": ["0"]},
        "middle": {"y": ["-5757692438385163/4503599627370496"]},
        "radius": {"y": ["3525753106969987/154742504910672534362390528"]},
        "zero": "Krawczyk: exactly one state of the box has ∇E = 0",
        "inequality": "dy[0]/dt ≠ 0 on the whole box",
        "value": "[1.2784645428 +/- 6.18e-11]",
    }


FORMS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "dE/dt": (growth, "energy never increases", "dE/dt > 0"),
    "an update": (synchronous_spins, "energy never increases", "E after a synchronous update"),
    "a path that falls": (lambda: zoo.hopfield("relu"), "energy bounded below", "E → -∞"),
    "a path that stays low": (lambda: zoo.hopfield("tanh"), "energy coercive", "E → log(2)"),
    "a kink": (lambda: zoo.hopfield("relu"), "smooth", "derivative 1"),
    "a curvature": (lambda: zoo.hopfield("silu"), "Lagrangians convex", "Λ(y)"),
    "two states of one activation": (bowl_over_dead_rays, "energy flat along dead directions", "|E("),
    "steady, not critical": (lambda: zoo.hopfield("relu"), "critical points are steady states", "∇E = 0 exactly"),
    "two steady states": (lambda: zoo.hopfield("tanh"), "steady state unique", ""),
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, dict[str, Any]]:
    made = {name: found(make(), claim) for name, (make, claim, _) in FORMS.items()}
    return {**made, "a box": verdict(silu_slope_at_zero(), "REFUTED", "critical points are steady states")}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_that_verify_writes_is_confirmed(verdicts: dict[str, Any], name: str) -> None:
    v = verdicts[name]
    assert v["status"] == "REFUTED"
    assert FORMS[name][2] in v["certificate"].get("inequality", "")
    got = check_verdict(v)
    assert got.outcome is CONFIRMED, got.words


def moved(v: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    return changed(v, "certificate", *path, to=to)


@pytest.mark.parametrize("name", FORMS)
def test_no_counterexample_carries_another_status_or_claim(verdicts: dict[str, Any], name: str) -> None:
    for status in ("PROVED", "CERTIFIED", "SUPPORTED", "VACUOUS", "true"):
        assert outcome({**verdicts[name], "status": status}) is REFUSED
    others = {claim for _, claim, _ in FORMS.values()} - {FORMS[name][1], "energy coercive"}
    for claim in others:
        assert outcome({**verdicts[name], "claim": claim}) is REFUSED


@pytest.mark.parametrize("name", FORMS)
def test_no_counterexample_stands_without_its_parts(verdicts: dict[str, Any], name: str) -> None:
    for key in ("model", "sizes", "values"):
        assert outcome(without(verdicts[name], "certificate", key)) is not CONFIRMED
    if "inequality" in verdicts[name]["certificate"]:
        assert outcome(moved(verdicts[name], "inequality", to="1 > 0")) is not CONFIRMED


def test_a_flipped_sign_in_a_formula_is_refused(verdicts: dict[str, Any]) -> None:
    for name in ("dE/dt", "an update", "a path that falls", "a path that stays low"):
        assert outcome(moved(verdicts[name], "model", "energy", to=lambda E: f"-({E})")) is REFUSED
    assert outcome(moved(verdicts["a curvature"], "model", "Lagrangians", "y", to=lambda L: f"-({L})")) is REFUSED


def test_a_moved_point_is_refused(verdicts: dict[str, Any]) -> None:
    assert outcome(moved(verdicts["dE/dt"], "values", "y", to=["0"])) is REFUSED
    assert outcome(moved(verdicts["a curvature"], "values", "y", to=["0"])) is REFUSED
    assert outcome(moved(verdicts["a kink"], "values", "y", to=["1/1000000"])) is REFUSED
    assert outcome(moved(verdicts["steady, not critical"], "values", "y", to=["1"])) is REFUSED
    assert outcome(moved(verdicts["a path that stays low"], "inequality", to="E → log(3) as r → ∞")) is REFUSED
    assert outcome(moved(verdicts["a path that stays low"], "path", to={"y": ["0*r"]})) is REFUSED
    states = verdicts["two states of one activation"]
    (state,) = states["certificate"]["second state"]
    assert outcome(moved(states, "second state", state, to=states["certificate"]["values"][state])) is REFUSED


def test_a_box_that_holds_no_zero_is_refused(verdicts: dict[str, Any]) -> None:
    v = verdicts["a box"]
    assert outcome(v) is CONFIRMED
    assert outcome(moved(v, "middle", "y", 0, to=lambda x: x + "1")) is REFUSED
    assert outcome(moved(v, "radius", "y", 0, to="4")) is REFUSED
    assert outcome(moved(v, "inequality", to="dy[1]/dt ≠ 0 on the whole box")) is not CONFIRMED


def test_an_update_in_another_order_is_refused(verdicts: dict[str, Any]) -> None:
    v = verdicts["an update"]
    assert outcome(moved(v, "model", "order", to="asynchronous")) is REFUSED
    assert outcome(moved(v, "values", "s", to=lambda s: ["1/2" for _ in s])) is REFUSED
    assert outcome(moved(v, "values", "W", to=lambda W: [["0" for _ in row] for row in W])) is REFUSED


def test_a_kink_is_no_place_for_a_formal_derivative() -> None:
    data = {"states": {"y": ["N"]}, "flow": {"y[i]": "1"}, "energy": "Σ[i:N] (y[i] + Max(0, -2*y[i]))"}
    c = {"kind": "exact counterexample", "model": data, "sizes": {"N": 1}, "values": {"y": ["0"]}, "inequality": "dE/dt > 0"}
    assert outcome(verdict(c, "REFUTED", "energy never increases")) is NOT_CHECKED
    assert outcome(verdict(changed(c, "values", "y", to=["1"]), "REFUTED", "energy never increases")) is CONFIRMED
    assert outcome(verdict(changed(c, "values", "y", to=["-1"]), "REFUTED", "energy never increases")) is REFUSED


def test_inequalities_as_data() -> None:
    c = {"kind": "exact counterexample", "model": DECAY, "sizes": {"N": 2}, "values": {"y": [1, "1/2"]}}
    for left, relation, right, true in (
        ("energy", ">", "1/2", True),
        ("energy", ">", "5/8", False),
        ("energy", ">=", "5/8", True),
        ("energy rate", "<", 0, True),
        ("y[0]*tanh(y[1])", "<=", "0.4", False),
        ({"of": "energy", "by": ["y[1]", "y[1]"]}, ">=", 1, True),
        ("flow y[1]", "<", "-1/2", False),
    ):
        got = check_verdict(verdict({**c, "inequality": {"left": left, "relation": relation, "right": right}}, "REFUTED"))
        assert (got.outcome is CONFIRMED) is true, (left, got)
        assert got.outcome is not (REFUSED if true else CONFIRMED)


def test_what_no_rule_reads_is_not_checked() -> None:
    assert outcome(found(logarithm(), "smooth")) is NOT_CHECKED
    c = {"kind": "exact counterexample", "model": DECAY, "sizes": {"N": 1}, "values": {"y": [1]}, "inequality": "xᵀ A x < 0"}
    assert outcome(verdict(c, "REFUTED", "Lagrangians convex")) is NOT_CHECKED
    assert outcome(verdict({**c, "kind": "hearsay"}, "REFUTED", "steady state unique")) is NOT_CHECKED


def test_nested_witnesses_are_read_as_well(verdicts: dict[str, Any]) -> None:
    v = copy.deepcopy(verdicts["a kink"])
    assert "energy witness" in v["certificate"]
    v["certificate"]["energy witness"]["values"]["y"] = ["1"]
    got: Checked = check_verdict(v)
    assert got.outcome is REFUSED
