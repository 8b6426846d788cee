"""Symbolic steps are tried at random points: true identities are confirmed, a changed coefficient or sign is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from certificates_made import changed, verdict, without

from amsym import zoo
from proofs.checker.entries import Outcome, check_verdict
from proofs.checker.steps import known
from proofs.verify import PROPERTIES, verify

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED
MODELS = {
    "tanh": lambda: zoo.hopfield("tanh"),
    "relu": lambda: zoo.hopfield("relu"),
    "residual": zoo.residual_energy,
    "memory": zoo.softmax_memory,
    "spins": zoo.spins,
}
DESCENT = "energy never increases"


@pytest.fixture(scope="module")
def proved() -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for name, make in MODELS.items():
        for key, v in verify(make()).items():
            if v.certificate.get("kind") == "symbolic steps":
                found[name, key] = json.loads(v.to_json())
    return found


def outcome(v: dict[str, Any]) -> Outcome:
    return check_verdict(v).outcome


def test_what_verify_proves_is_confirmed(proved: dict[Any, Any]) -> None:
    assert len(proved) > 30
    assert {key for _, key in proved} <= set(PROPERTIES)
    for name, v in proved.items():
        got = check_verdict(v)
        assert got.outcome is CONFIRMED, (name, got.words)


def identities(v: dict[str, Any]) -> list[int]:
    return [n for n, s in enumerate(v["certificate"]["steps"]) if "identity" in s]


def numbers_changed(text: str) -> list[str]:
    """The text with a sign or a coefficient changed, in several ways."""
    found = [
        text.replace(a, b, 1)
        for a, b in (("tanh(", "2*tanh("), (" + ", " - "), ("**2", "**3"), ("Max(0, ", "Max(1, "), ("h = (1/2)", "h = (1/3)"))
    ]
    return [t for t in found if t != text]


def test_every_changed_identity_is_refused(proved: dict[Any, Any]) -> None:
    count = 0
    for name, v in proved.items():
        for n in identities(v):
            text = v["certificate"]["steps"][n]["identity"]
            if "fixed activations" in text or "S and" in text or " - E = 0" in text or "v·∇E" in text:
                continue
            for other in numbers_changed(text):
                if other.startswith(("E after", "E = <")):
                    continue
                got = check_verdict(changed(v, "certificate", "steps", n, "identity", to=other))
                assert got.outcome is not CONFIRMED, (name, other)
                count += got.outcome is REFUSED
    assert count > 15


@pytest.mark.parametrize("name", ["tanh", "relu", "residual", "memory", "spins"])
def test_a_changed_energy_or_flow_is_refused(proved: dict[Any, Any], name: str) -> None:
    v = proved[name, DESCENT]
    kind = "update" if name == "spins" else "flow"
    left = next(iter(v["certificate"]["model"][kind]))
    for path, change in (
        (("energy",), lambda t: f"-({t})"),
        (("energy",), lambda t: f"({t})*1000001/1000000"),
        ((kind, left), lambda t: t.replace("Σ", "2*Σ", 1) if name != "spins" else t.replace("s[j]", "(-s[j])")),
    ):
        assert outcome(changed(v, "certificate", "model", *path, to=change)) is REFUSED


def test_a_flow_turned_round_is_refused(proved: dict[Any, Any]) -> None:
    v = proved["tanh", DESCENT]
    assert outcome(changed(v, "certificate", "model", "flow", "y[i]", to=lambda f: f"-({f})")) is REFUSED


def test_a_lost_symmetry_is_refused(proved: dict[Any, Any]) -> None:
    v = proved["tanh", DESCENT]
    assert outcome(changed(v, "certificate", "model", "parameters", "W", "properties", to=[])) is REFUSED


def test_symmetries_and_legendre_energies_are_tried(proved: dict[Any, Any]) -> None:
    v = proved["memory", "symmetries"]
    n = identities(v)[0]
    step = ("certificate", "steps", n, "identity")
    assert outcome(changed(v, *step, to=lambda t: t.replace("= c", "= c*h[i]"))) is REFUSED
    bounded = proved["memory", "energy bounded below"]
    n = identities(bounded)[0]
    assert outcome(changed(bounded, "certificate", "steps", n, "potential", to=lambda t: f"2*({t})")) is REFUSED
    assert outcome(changed(bounded, "certificate", "steps", n, "identity", to=lambda t: t.replace("S = -(", "S = (", 1))) is REFUSED
    flip = proved["spins", "symmetries"]
    assert outcome(changed(flip, "certificate", "model", "energy", to=lambda E: f"{E} + Σ[i:N] s[i]")) is REFUSED


def test_dead_directions_are_tried(proved: dict[Any, Any]) -> None:
    dead = proved["relu", "dead directions"]
    n = identities(dead)[0]
    assert outcome(changed(dead, "certificate", "steps", n, "identity", to=lambda t: t.replace("≤ 0", "≤ 1"))) is REFUSED
    assert outcome(changed(dead, "certificate", "steps", n, "activation", "y[i]", to="Max(0, y[i]) + y[i]/1000000")) is REFUSED
    null = proved["memory", "dead directions"]
    n = identities(null)[0]
    assert outcome(changed(null, "certificate", "steps", n, "identity", to="Σ Λ v = 0 for v = h[i]")) is REFUSED
    flat = proved["relu", "energy flat along dead directions"]
    assert outcome(changed(flat, "certificate", "model", "energy", to=lambda E: f"{E} + Σ[i:N] y[i]**2")) is REFUSED


def test_proofs_need_a_step_for_each_state(proved: dict[Any, Any]) -> None:
    v = proved["memory", DESCENT]
    kept = [s for s in v["certificate"]["steps"] if "∂E/∂v" not in s.get("identity", "")]
    assert outcome(changed(v, "certificate", "steps", to=kept)) is REFUSED
    assert outcome(changed(v, "certificate", "steps", to=[])) is REFUSED


def test_an_identity_turned_round_needs_an_invertible_factor(proved: dict[Any, Any]) -> None:
    claim = "critical points are steady states"
    v = proved["tanh", claim]
    kept = [s for s in v["certificate"]["steps"] if "identity" in s]
    assert outcome(changed(v, "certificate", "steps", to=kept)) is REFUSED
    assert outcome({**changed(v, "certificate", "steps", to=kept), "claim": "steady states are critical points"}) is CONFIRMED


def test_unknown_lemmas_and_lemmas_alone_confirm_nothing(proved: dict[Any, Any]) -> None:
    assert known("a square times a nonnegative factor is nonnegative")
    assert not known("everything is nonnegative")
    model = proved["tanh", DESCENT]["certificate"]["model"]
    steps = [{"lemma": "everything that is claimed holds", "hypothesis": ""}]
    assert outcome(verdict({"kind": "symbolic steps", "model": model, "steps": steps}, "PROVED", DESCENT)) is not CONFIRMED
    more = [*proved["tanh", DESCENT]["certificate"]["steps"], steps[0]]
    assert outcome(changed(proved["tanh", DESCENT], "certificate", "steps", to=more)) is NOT_CHECKED
    steps = [{"lemma": "Cauchy and Schwarz", "hypothesis": ""}]
    assert outcome(verdict({"kind": "symbolic steps", "model": model, "steps": steps}, "PROVED", "something else")) is NOT_CHECKED


def test_false_hypotheses_are_refused(proved: dict[Any, Any]) -> None:
    v = proved["tanh", DESCENT]
    assert outcome(changed(v, "certificate", "steps", 1, "hypothesis", to="tanh(y[i])**2 - 1 ≥ 0 for every state and parameter")) is REFUSED
    convex = proved["memory", "Lagrangians convex"]
    assert outcome(changed(convex, "certificate", "model", "Lagrangians", "h", to=lambda L: f"-({L})")) is REFUSED
    smooth = proved["tanh", "smooth"]
    assert outcome(changed(smooth, "certificate", "model", "energy", to=lambda E: f"{E} + Σ[i:N] Max(0, y[i])")) is not CONFIRMED
    bounded = proved["tanh", "energy bounded below"]
    assert outcome(changed(bounded, "certificate", "model", "energy", to=lambda E: f"{E} - Σ[i:N] y[i]**2")) is REFUSED
    coercive = proved["residual", "energy coercive"]
    assert outcome(changed(coercive, "certificate", "model", "energy", to="Σ[i:N] tanh(y[i])")) is REFUSED
    finite = proved["spins", "energy bounded below"]
    real = changed(without(finite, "certificate", "model", "values"), "certificate", "model", "energy", to="Σ[i:N] s[i]**2")
    assert outcome(real) is REFUSED


def test_what_is_not_read_is_not_confirmed(proved: dict[Any, Any]) -> None:
    v = proved["tanh", DESCENT]
    for text in ("∂E/∂y[i] + 1.05070…*y[i] = 0", "it is clear that E falls", "∂E/∂y[i] ≤ 0", "∂E/∂y[i]"):
        assert outcome(changed(v, "certificate", "steps", 0, "identity", to=text)) is not CONFIRMED


def test_true_steps_that_do_not_speak_of_the_claim_are_refused(proved: dict[Any, Any]) -> None:
    v = proved["tanh", DESCENT]
    for claim in ("smooth", "energy coercive", "Lagrangians convex", "steady state unique"):
        assert outcome({**v, "claim": claim}) is REFUSED


def test_a_rate_with_the_wrong_sign_is_refused() -> None:
    model = {"states": {"y": ["N"]}, "flow": {"y[i]": "y[i]"}, "energy": "(Σ[i:N] y[i]**2)/2"}
    steps = [
        {"identity": "dE/dt = Σ_i y[i]**2"},
        {"lemma": "interval bounds through the expression", "hypothesis": "dE/dt ≤ 0 term by term"},
    ]
    assert outcome(verdict({"kind": "symbolic steps", "model": model, "steps": steps}, "PROVED", DESCENT)) is REFUSED
    fine = {**model, "flow": {"y[i]": "-y[i]"}}
    steps[0] = {"identity": "dE/dt = -(Σ_i y[i]**2)"}
    assert outcome(verdict({"kind": "symbolic steps", "model": fine, "steps": steps}, "PROVED", DESCENT)) is CONFIRMED
