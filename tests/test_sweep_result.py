"""Laws of `Sweep`: it saves and loads as it was, parts of it are parts of its arrays, and it prints what it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from numeric.sweep import Failure, Sweep, sweep

dtypes = st.sampled_from([np.bool_, np.int8, np.uint64, np.float32, np.float64, np.complex128])
labels = st.one_of(st.integers(), st.floats(allow_nan=False), st.text(max_size=4), st.none())


@st.composite
def sweeps(draw: Any) -> Sweep:
    """Any sweep: a few axes, outputs of any dtype and odd names, some points missing."""
    names = draw(st.lists(st.text(min_size=1, max_size=3), max_size=3, unique=True))
    axes = {name: tuple(draw(st.lists(labels, min_size=1, max_size=3, unique_by=repr))) for name in names}
    shape = tuple(map(len, axes.values()))
    done = draw(arrays.arrays(bool, shape)) if draw(st.booleans()) else np.ones(shape, dtype=bool)
    values = {}
    for name in draw(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=2, unique=True)):
        dtype = draw(dtypes) if done.all() else draw(st.sampled_from([np.float32, np.float64, np.complex128]))
        value = draw(arrays.arrays(dtype, shape + draw(arrays.array_shapes(min_dims=0, max_dims=2, max_side=2))))
        value[~done] = value[~done] if done.all() else np.nan
        values[name] = value
    failures = (Failure({"a": 1}, "ValueError: no", "Traceback ..."),) if draw(st.booleans()) else ()
    return Sweep(axes, values if done.any() else {}, done, failures, draw(st.text(max_size=3)), draw(st.integers(0)))


@given(sweeps())
def test_a_saved_sweep_loads_as_it_was(tmp_path_factory: pytest.TempPathFactory, s: Sweep) -> None:
    path = tmp_path_factory.getbasetemp() / "saved.npz"
    s.save(path)
    assert Sweep.load(path) == s


@pytest.mark.parametrize(
    "change",
    [
        {"axes": {"a": (1.0, 3.0)}},
        {"values": {"value": np.array([1.0, 3.0])}},
        {"values": {"value": np.array([1.0, 2.0], np.float32)}},
        {"values": {"other": np.array([1.0, 2.0])}},
        {"done": np.array([True, False])},
        {"failures": (Failure({"a": 1.0}, "no", ""),)},
        {"function": "other"},
        {"seed": 1},
        {"listed": True},
    ],
)
def test_sweeps_that_differ_anywhere_are_not_equal(change: dict[str, Any]) -> None:
    s = Sweep({"a": (1.0, 2.0)}, {"value": np.array([1.0, 2.0])}, np.ones(2, dtype=bool))
    assert s == replace(s)
    assert s != replace(s, **change)


def test_the_order_of_the_axes_is_part_of_a_sweep() -> None:
    one = np.zeros((1, 1))
    ab, ba = (Sweep({a: (1,), b: (1,)}, {"value": one}, one == 0) for a, b in ("ab", "ba"))
    assert ab != ba


def test_labels_may_be_arrays() -> None:
    s, again = (sweep(np.sum, {"a": [np.eye(2), np.ones((2, 2))]}) for _ in range(2))
    assert s == again != sweep(np.sum, {"a": [np.eye(2), np.eye(2)]})
    assert s.select(a=np.ones((2, 2)))["value"] == 4


def test_points_in_a_list_save_and_load(tmp_path: Path) -> None:
    s = sweep(lambda beta, rule: beta * len(rule), [{"beta": 1.0, "rule": "hebb"}, {"beta": 2.5, "rule": "storkey"}])
    s.save(tmp_path / "s.npz")
    assert Sweep.load(tmp_path / "s.npz") == s
    assert s["value"].tolist() == [4, 17.5]
    assert s.points == [{"beta": 1.0, "rule": "hebb"}, {"beta": 2.5, "rule": "storkey"}]
    assert s.select(rule="storkey")["value"].tolist() == [17.5]
    assert s.select(rule="storkey").points == s.points[1:]


# parts


def table() -> Sweep:
    def f(a: float, b: str) -> dict[str, Any]:
        return {"x": 10 * a + len(b), "y": [a, 2 * a]} if (a, b) != (0.2, "p") else {}

    return sweep(f, {"a": [0.1, 0.2, 0.1 * 3], "b": ["p", "qq"]}, errors="keep")


def test_a_part_is_the_part_of_the_arrays() -> None:
    s = table()
    np.testing.assert_array_equal(s.select(a=0.2)["x"], s["x"][1])
    np.testing.assert_array_equal(s.select(b="qq")["y"], s["y"][:, 1])
    np.testing.assert_array_equal(s.select(b="qq", a=0.2)["y"], s["y"][1, 1])
    assert s.select(b="qq").axes == {"a": s.axes["a"]}
    assert s.select(b="qq").complete
    assert len(s.select(a=0.2).failures) == len(s.select(b="p").failures) == 1
    assert s.select(a=0.1).failures == ()


def test_a_label_is_found_to_nine_digits() -> None:
    assert table().select(a=0.3) == table().select(a=0.1 * 3)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"a": 0.25}, r"axis 'a' has no value 0\.25; it has 0\.1, 0\.2, 0\.30*4: choose one"),
        ({"c": 1}, "the sweep has no axis 'c'; its axes are a, b"),
    ],
)
def test_a_part_that_is_not_there_is_told(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table().select(**chosen)
    with pytest.raises(ValueError, match="no output 'z'; its outputs are 'x', 'y'"):
        table()["z"]


# in print


def test_a_sweep_is_a_line_and_a_table() -> None:
    s = table()
    assert repr(s).endswith("f over a × b: 3 × 2 = 6 points; x, y (2,); 1 failed")
    assert str(s).splitlines()[1:] == [
        "a    b   x  y",
        "0.1  p   2  0.1 to 0.2",
        "0.1  qq  3  0.1 to 0.2",
        "0.2  p   —  —",
        "0.2  qq  4  0.2 to 0.4",
        "0.3  p   4  0.3 to 0.6",
        "0.3  qq  5  0.3 to 0.6",
    ]


def test_a_long_table_shows_its_ends() -> None:
    lines = str(sweep(lambda k: k, {"k": range(100)})).splitlines()
    assert lines[11:13] == ["9   9", "... 80 more points"]
    assert (lines[2], lines[-1], len(lines)) == ("0   0", "99  99", 23)
