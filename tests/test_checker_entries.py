"""Files of verdicts: what is read, which certificate may carry which status, and what the command says and returns."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from certificates_made import TANH, changed, cover_of_zeros, definite, squares, verdict, without
from hypothesis import assume, example, given
from hypothesis import strategies as st

from amsym import zoo
from amsym.cli import FINE, REFUTED, UNUSABLE, main
from amsym.verdict import Status, Verdict
from proofs.certificates import with_model
from proofs.certificates.shown import checked_text
from proofs.checker.entries import CARRIES, STATUSES, BadFile, Checked, Outcome, check_text, check_verdict, read_entries
from proofs.checker.kinds import READERS, wilson
from proofs.verify import verify

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED


@pytest.fixture(scope="module")
def reports() -> list[dict[str, Any]]:
    return [json.loads(verify(make()).to_json()) for make in (zoo.hopfield, zoo.spins)]


def test_what_verify_prints_is_read_in_every_wrapping(reports: list[dict[str, Any]]) -> None:
    count = sum(len(r["verdicts"]) for r in reports)
    one = reports[0]["verdicts"]["smooth"]
    assert len(read_entries(json.dumps(reports))) == count
    assert len(read_entries(json.dumps(reports[1]))) == len(reports[1]["verdicts"])
    assert read_entries(json.dumps(one)) == [("smooth", one)]
    assert len(read_entries(json.dumps([one, one]))) == 2
    claim = {**one, "id": "dead_neurons/eq-7", "paper": "dead_neurons", "number": "7", "statement": "...", "seconds": 0.1}
    assert read_entries(json.dumps([claim])) == [("dead_neurons/eq-7", claim)]
    assert read_entries("[]") == read_entries("{}") == []


@pytest.mark.parametrize("text", ["", "{", "3", '"PROVED"', '[{"certificate": {}}]', '{"a": 1}', "[" * 100_000])
def test_a_file_without_verdicts_is_bad(text: str) -> None:
    with pytest.raises(BadFile):
        read_entries(text)


def test_all_that_verify_claims_of_small_models_is_confirmed(reports: list[dict[str, Any]]) -> None:
    for c in check_text(json.dumps(reports)):
        assert c.outcome is CONFIRMED, c


def test_each_verdict_holds_its_model_once_and_undecided_ones_none() -> None:
    report = verify(zoo.hopfield("tanh"), {"W": [[0.5]], "b": [1.0]})
    for v in report.values():
        assert ("model" in v.certificate) is (v.status is not Status.UNDECIDED)
    assert report["energy never increases"].certificate["values"] == {"W": [["1/2"]], "b": ["1"]}
    once = report["smooth"]
    assert with_model(once, zoo.hopfield("relu")) == once
    open_one = Verdict("x", Status.UNDECIDED, {"kind": "attempts"})
    assert with_model(open_one, zoo.hopfield("tanh")) is open_one
    assert Verdict.from_json(once.to_json()) == once
    assert "compositions of smooth functions" in once._repr_html_()
    assert "<dt>model</dt>" not in once._repr_html_()


def test_a_swapped_status_is_refused(reports: list[dict[str, Any]]) -> None:
    for v in reports[0]["verdicts"].values():
        for status in set(STATUSES) - {v["status"], "UNDECIDED"}:
            got = check_verdict({**v, "status": status}).outcome
            shared = v["certificate"]["kind"] in CARRIES[status] and status != "REFUTED"
            assert got is REFUSED or (shared and got is not REFUSED), (v["claim"], status)


KINDS = st.sampled_from([*READERS, "attempts", "floating point", "inertia", "prose", None, 3])


@given(st.sampled_from(STATUSES), KINDS, st.booleans())
def test_no_empty_certificate_is_confirmed(status: str, kind: Any, modelled: bool) -> None:
    model = {"states": {"y": ["N"]}, "flow": {"y[i]": "y[i]**3 - y[i]"}, "energy": "Σ[i:N] y[i]**2"}
    c = {"kind": kind, **({"model": model, "sizes": {"N": 1}, "values": {}} if modelled else {})}
    assert check_verdict(verdict(c, status)).outcome is not CONFIRMED


LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.text("yNEΣ[]+*", max_size=4)
NAMES = st.sampled_from(["kind", "model", "tree", "zeros", "states", "y"])
RUBBISH = st.recursive(LEAVES, lambda x: st.lists(x, max_size=3) | st.dictionaries(NAMES, x, max_size=3), max_leaves=6)


@given(RUBBISH, st.integers(0, 5))
@example({"states": {}}, 0)
def test_no_rubbish_in_a_certificate_raises_or_is_confirmed(rubbish: Any, where: int) -> None:
    c: dict[str, Any] = cover_of_zeros(1, 1, 0.5)
    c[("model", "sizes", "values", "domain", "zeros", "tree")[where]] = rubbish
    # A domain without ends is none of it: the zero is the only one of the whole line.
    assume(where != 3 or not isinstance(rubbish, dict) or rubbish.get("y") != [None, None])
    if json.dumps(rubbish) != "0":
        assert check_verdict(verdict(c, "CERTIFIED")).outcome is not CONFIRMED


def test_evidence_is_never_confirmed_and_refused_where_it_does_not_fit() -> None:
    name, bound = "95 % bound on the probability of a violation", 1 - 0.05 ** (1 / 100)
    good = {"kind": "statistical", "draws": 100, "seed": 1, "worst value": -0.1, name: bound}
    assert check_verdict(verdict(good, "SUPPORTED")).outcome is NOT_CHECKED
    for bad in ({"draws": 1000}, {"draws": -1}, {"draws": 2.5}, {"successes": 101}, {name: bound / 2}):
        assert check_verdict(verdict({**good, **bad}, "SUPPORTED")).outcome is REFUSED
    for status in ("PROVED", "CERTIFIED", "REFUTED", "VACUOUS"):
        assert check_verdict(verdict(good, status)).outcome is REFUSED
    share = {"kind": "statistical", "draws": 50, "successes": 20, "interval": list(wilson(20, 50))}
    assert check_verdict(verdict(share, "SUPPORTED")).outcome is NOT_CHECKED
    assert check_verdict(verdict({**share, "successes": 21}, "SUPPORTED")).outcome is REFUSED
    assert check_verdict(verdict({**share, "interval": [0.2, 0.5]}, "SUPPORTED")).outcome is REFUSED


def test_undecided_verdicts_claim_nothing() -> None:
    assert check_verdict(verdict(definite(), "UNDECIDED")).outcome is NOT_CHECKED


def test_an_empty_hypothesis_needs_its_bounded_box() -> None:
    v = json.loads(verify(zoo.hopfield("tanh"), domain={"y": (-1, 1)}, only="energy coercive")["energy coercive"].to_json())
    assert (v["status"], check_verdict(v).outcome) == ("VACUOUS", CONFIRMED)
    for domain in ({"y": [-1, None]}, {}, {"z": [0, 1]}, None):
        other = copy.deepcopy(v)
        other["certificate"]["domain"] = domain
        assert check_verdict(other).outcome is not CONFIRMED


def test_a_rank_is_found_again() -> None:
    counted = {"sizes": {"N": 2}, "dimension": 0, "rank certified": True, "counted": "all affine generators"}
    good = {"kind": "rank of exact samples", "model": TANH, "steps": [], "complete": [counted], "at sizes": []}
    assert check_verdict(verdict(good, "CERTIFIED", "symmetries")).outcome is CONFIRMED
    turning = changed(good, "model", "energy", to="(Σ[i:N] y[i]**2)**2")  # every rotation of y leaves it as it is
    assert check_verdict(verdict(turning, "CERTIFIED", "symmetries")).outcome is NOT_CHECKED
    for key, value in (("dimension", 1), ("rank certified", False), ("counted", "shifts alone"), ("sizes", {"N": 40})):
        other = changed(good, "complete", 0, key, to=value)
        assert check_verdict(verdict(other, "CERTIFIED", "symmetries")).outcome is NOT_CHECKED


def test_contractions_are_bounded_over_all_states() -> None:
    good = {"kind": "contraction", "model": TANH, "sizes": {"N": 2}, "values": {"W": [["1/4", "1/2"], ["1/2", "1/4"]], "b": [1, 2]}}
    good["v"] = ["1", "1"]
    assert check_verdict(verdict(good, "CERTIFIED", "steady state unique")).outcome is CONFIRMED
    for path, value in ((("values", "W", 0, 0), "1/2"), (("v",), ["1", "3"]), (("v",), ["1", "-1"]), (("v",), ["1"])):
        assert check_verdict(verdict(changed(good, *path, to=value), "CERTIFIED")).outcome is REFUSED
    turned = changed(without(good, "v"), "values", "W", to=[["-9", "1/4"], ["1/4", "-9"]])
    assert check_verdict(verdict({**turned, "kind": "definite matrix"}, "CERTIFIED")).outcome is CONFIRMED
    assert check_verdict(verdict(changed(turned, "values", "W", 0, 0, to="9"), "CERTIFIED")).outcome is NOT_CHECKED


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_says_a_line_for_each_verdict_and_the_counts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reports: list[dict[str, Any]]
) -> None:
    file = tmp_path / "verdicts.json"
    file.write_text(json.dumps(reports), encoding="utf-8")
    code, out, err = said(capsys, "check-certificates", str(file))
    assert (code, err) == (FINE, "")
    assert out.splitlines()[0].startswith("CONFIRMED ")
    assert out.splitlines()[-1] == "14 verdicts: 14 confirmed, 0 refused, 0 not checked"
    assert max(map(len, out.splitlines())) <= 80
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(verdict(definite(), "REFUTED"))))
    code, out, _ = said(capsys, "check-certificates", "-")
    assert (code, out.splitlines()[0][:7]) == (REFUTED, "REFUSED")
    longer = said(capsys, "check-certificates", "--every", str(file))[1]
    assert "lemmas trusted" in " ".join(longer.split())
    assert max(map(len, longer.splitlines())) <= 80


def test_the_command_says_what_is_wrong_with_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    for content, words in ((b"{", "no JSON"), (b"{}x", "no JSON"), (b'{"a": 1}', "no verdicts"), (b"\xff\xfe\x00", "decode")):
        file.write_bytes(content)
        code, out, err = said(capsys, "check-certificates", str(file))
        assert (code, out) == (UNUSABLE, "")
        assert words in err
        assert "bad.json" in err
    code, _, err = said(capsys, "check-certificates", str(tmp_path / "none.json"))
    assert (code, "none.json does not exist" in err) == (UNUSABLE, True)
    file.write_text("[]")
    assert said(capsys, "check-certificates", str(file))[:2] == (FINE, "0 verdicts: 0 confirmed, 0 refused, 0 not checked\n")


def test_words_wrap_under_their_verdict() -> None:
    found = [Checked("a long name " * 9, "PROVED", REFUSED, "for a reason " * 12), Checked("b", "PROVED", CONFIRMED, "well")]
    text = checked_text(found, 60)
    assert max(map(len, text.splitlines())) <= 60
    assert "well" not in text
    assert "well" in checked_text(found, 60, every=True)
    assert text.endswith("2 verdicts: 1 confirmed, 1 refused, 0 not checked")


def test_every_kind_has_a_confirmed_example_somewhere_in_these_tests() -> None:
    assert check_verdict(verdict(squares(), "CERTIFIED")).outcome is CONFIRMED
    assert check_verdict(verdict(cover_of_zeros(1, 1, 0.5), "CERTIFIED")).outcome is CONFIRMED
