"""Verdicts: six statuses, no rounding of undecided to false, JSON there and back, a fixed order in reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsym.errors import AmsymError
from amsym.verdict import HOLDS, KEYS, Report, Status, Undecided, Verdict

texts = st.text(max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
verdicts = st.builds(Verdict, texts, st.sampled_from(Status), st.dictionaries(texts, plain, max_size=3), texts, texts)


def test_there_are_six_statuses_and_no_seventh() -> None:
    assert [str(s) for s in Status] == ["PROVED", "CERTIFIED", "SUPPORTED", "REFUTED", "VACUOUS", "UNDECIDED"]


@pytest.mark.parametrize("status", Status)
def test_a_verdict_is_a_truth_value_only_where_it_is_decided(status: Status) -> None:
    v = Verdict("claim", status, {}, "why")
    assert v.holds is HOLDS.get(status)
    if v.holds is None:
        with pytest.raises(Undecided, match="'claim' is"):
            bool(v)
    else:
        assert bool(v) is v.holds


@given(verdicts)
def test_a_verdict_comes_back_from_json_equal(v: Verdict) -> None:
    assert Verdict.from_json(v.to_json()) == v
    assert hash(Verdict.from_json(v.to_json())) == hash(v)


@given(st.dictionaries(st.sampled_from(KEYS) | texts, verdicts, max_size=4))
def test_a_report_comes_back_from_json_equal_and_in_the_same_order(found: dict[str, Verdict]) -> None:
    report = Report(found, name="model", seconds={"energy never increases": 0.5})
    again = Report.from_json(report.to_json())
    assert again == report
    assert list(again) == list(report)
    assert again.seconds == report.seconds


def test_a_report_is_in_the_order_of_the_contract() -> None:
    v = Verdict("c", Status.PROVED)
    report = Report({"other": v, **dict.fromkeys(reversed(KEYS), v)})
    assert list(report) == [*KEYS, "other"]


def test_reports_that_differ_in_one_verdict_are_not_equal() -> None:
    proved, refuted = Verdict("c", Status.PROVED), Verdict("c", Status.REFUTED)
    assert Report({"a": proved}) != Report({"a": refuted})
    assert Report({"a": proved}) != Report({"a": proved}, name="other")
    assert Report({"a": proved}) != {"a": proved}


def test_a_printed_report_has_its_reasons_below_wrapped_and_shows_times() -> None:
    long = " ".join(f"word{n}" for n in range(60)) + " " + "x" * 300
    report = Report({"smooth": Verdict("", Status.PROVED, {}, long), "symmetries": Verdict("", Status.REFUTED)}, seconds={"smooth": 12.5})
    name, blank, first, *reason, last = str(report).splitlines()
    assert (name, blank, first, last) == ("System", "", "smooth      PROVED     12.50 s", "symmetries  REFUTED")
    assert all(len(line) <= 100 and line.startswith("    ") for line in reason)
    assert "".join(line.strip() for line in reason).replace(" ", "") == long.replace(" ", "")


def test_times_are_right_aligned_and_left_out_where_none_were_taken() -> None:
    verdicts = {"smooth": Verdict("", Status.PROVED, {}, "a"), "symmetries": Verdict("", Status.PROVED, {}, "b")}
    assert str(Report(verdicts)).splitlines()[2] == "smooth      PROVED"
    slow = str(Report(verdicts, seconds={"smooth": 0.004, "symmetries": 12.5})).splitlines()
    assert slow[2:] == ["smooth      PROVED      0.00 s", "    a", "symmetries  PROVED     12.50 s", "    b"]
    assert str(Report({}, name="net")).strip() == "net"


def test_a_verdict_that_is_missing_from_a_report_is_told_with_what_is_there() -> None:
    with pytest.raises(KeyError, match="it has smooth"):
        Report({"smooth": Verdict("smooth", Status.PROVED)})["symmetries"]


@pytest.mark.parametrize(("text", "words"), [('{"claim": "c"}', "needs the fields"), ('{"claim": "c", "status": "TRUE"}', "one of PROVED")])
def test_text_that_is_no_verdict_is_refused(text: str, words: str) -> None:
    with pytest.raises(AmsymError, match=words):
        Verdict.from_json(text)


def test_a_verdict_cannot_be_changed() -> None:
    v = Verdict("c", Status.UNDECIDED)
    with pytest.raises(AttributeError):
        v.status = Status.PROVED  # type: ignore[misc]
