"""Laws of `sweep`: a point's result depends on the point alone, and a sweep that stops hands over what it has."""

from __future__ import annotations

import gc
import io
import pickle
import signal
import threading
import time
import weakref
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rich.console import Console
from sweep_functions import GRID, retrieve

from numeric import progress
from numeric.sweep import Sweep, SweepError, SweepInterrupted, sweep
from numeric.sweep.rows import joined, stacked

SERIAL = sweep(retrieve, GRID, seed=3, progress=False)
DTYPES = [np.dtype(code) for code in ("?", "i1", "i2", "u2", "i8", "u8", "f2", "f4", "f8", "c8", "c16")]


def square(k: int) -> float:
    return 1.0 / k if k != 3 else 1.0 / 0


# values


def test_every_point_has_the_functions_result_at_its_place() -> None:
    seeds = np.random.SeedSequence(3).spawn(12)
    for place, (i, j) in enumerate(np.ndindex(3, 4)):
        expected = retrieve(GRID["n"][i], GRID["beta"][j], np.random.default_rng(seeds[place]))
        for name in ("mean", "first", "positive"):
            np.testing.assert_array_equal(SERIAL[name][i, j], expected[name])
    assert SERIAL["positive"].dtype == np.int64
    assert SERIAL["first"].shape == (3, 4, 2)
    assert SERIAL.complete


def test_the_seed_matters_and_repeats() -> None:
    assert sweep(retrieve, GRID, seed=3) == SERIAL
    assert sweep(retrieve, GRID, seed=4) != SERIAL


def test_a_function_without_rng_is_given_none() -> None:
    assert sweep(lambda **point: len(point), {"a": [1], "b": [2]})["value"].tolist() == [[2]]


def test_a_sweep_without_axes_is_one_call() -> None:
    assert sweep(lambda: 3.5, {})["value"] == 3.5


def test_a_buffer_that_the_function_fills_again_is_copied() -> None:
    buffer = np.zeros(2)

    def fill(k: int) -> Any:
        buffer[:] = k
        return buffer

    assert sweep(fill, {"k": [1, 2]})["value"].tolist() == [[1, 1], [2, 2]]


def test_the_dtype_of_an_output_depends_on_no_order() -> None:
    for a, b, c in product(DTYPES, repeat=3):
        assert joined(joined(a, b), c) == joined(a, joined(b, c)), "NumPy's own promotion fails for int16, uint16, float32"
        assert joined(a, b) == joined(b, a)
    assert stacked(np.zeros((), dtype) for dtype in ("i2", "u2", "f4")).dtype == np.float64


@given(st.sampled_from(DTYPES), arrays.arrays(np.int16, 3))
def test_joined_dtypes_keep_small_numbers(dtype: np.dtype[Any], values: Any) -> None:
    np.testing.assert_array_equal(values.astype(joined(np.dtype(np.int16), dtype)).real, values)


# errors


def test_a_failing_point_ends_the_sweep_with_its_name_and_the_results_before_it() -> None:
    with pytest.raises(SweepError, match=r"k=3: ZeroDivisionError: float division by zero \(after 2 of 4 points") as caught:
        sweep(square, {"k": [1, 2, 3, 4]})
    assert caught.value.point == {"k": 3}
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    np.testing.assert_array_equal(caught.value.partial["value"], [1, 0.5, np.nan, np.nan])
    assert caught.value.partial.done.tolist() == [True, True, False, False]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.partial, again.point, str(again)) == (caught.value.partial, {"k": 3}, str(caught.value))


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_are_kept_when_asked_for(workers: int) -> None:
    s = sweep(square, {"k": [1, 2, 3, 4]}, errors="keep", workers=workers)
    np.testing.assert_array_equal(s["value"], [1, 0.5, np.nan, 0.25])
    (failure,) = s.failures
    assert failure.point == {"k": 3}
    assert isinstance(failure.exception, ZeroDivisionError)
    assert "in square" in failure.traceback
    assert "1 failed" in repr(s)


def test_where_every_point_fails_there_is_no_output() -> None:
    s = sweep(square, {"k": [3]}, errors="keep")
    with pytest.raises(ValueError, match="no output 'value'; its outputs are none, as no point has a result"):
        s["value"]


def test_kept_failures_keep_no_arrays_alive() -> None:
    seen = []

    class Big:
        pass

    def fails(k: int) -> None:
        big = Big()
        seen.append(weakref.ref(big))
        try:
            raise ValueError(k)
        except ValueError as error:
            raise KeyError(k) from error

    s = sweep(fails, {"k": [1]}, errors="keep")
    gc.collect()
    assert len(s.failures) == 1
    assert seen[0]() is None


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda k: np.ones(k), r"value of shape \(2,\) at k=2, but value of shape \(1,\) at k=1; the same .*: pad them"),
        (lambda k: {"ab"[k - 1]: 1.0}, r"b of shape \(\) at k=2, but a of shape \(\) at k=1"),
        (lambda k: None, "k=1: InputError: the function returned NoneType .it.; a number, an array or a dict"),
        (lambda k: {"a": "x"}, "returned str .'a'."),
        (lambda k: [[1], [2, 3]], "a ragged sequence"),
        (lambda k: {}, r"a dict with the keys \[\]; names of outputs were expected"),
    ],
)
def test_results_that_make_no_array_are_told_with_their_point(function: Any, message: str) -> None:
    with pytest.raises(SweepError, match=message):
        sweep(function, {"k": [1, 2]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": None}, "seed is None; a whole number from 0 on"),
        ({"seed": -1}, "seed is -1"),
        ({"errors": "ignore"}, 'errors is \'ignore\'; "raise" or "keep" was expected'),
        ({"workers": 0}, "workers is 0; a number of threads from 1 on"),
        ({"workers": True}, "workers is True; a number of threads"),
        ({"workers": "all"}, "workers is 'all'"),
        ({"threads_per_worker": 0}, "threads_per_worker is 0; a whole number from 1 on"),
        ({"function": lambda j: j}, r"<lambda>\(j\) does not take what the grid gives, k: missing a required argument: 'j'"),
        ({"function": 3}, "the function is int"),
    ],
)
def test_bad_input_is_named_with_its_remedy(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sweep(**{"function": square, "grid": {"k": [1]}, **options})


# interrupts


@pytest.fixture
def ctrl_c() -> Any:
    """A function that does to the main thread what Ctrl-C does; Python's own handler answers."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()  # an interrupt within a callback of the collector would be lost
    yield lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    gc.enable()
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_loses_no_answer_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bar(progress.Progress):
        def update(self, fraction: float) -> None:
            time.sleep(0.2)  # one answer reached the sweep; the other 99 wait for it meanwhile
            raise KeyboardInterrupt

    monkeypatch.setattr("numeric.sweep.run.Progress", Bar)
    with pytest.raises(SweepInterrupted, match="after 100 of 100 points") as caught:
        sweep(lambda k: k, {"k": range(100)}, workers=4)
    np.testing.assert_array_equal(caught.value.partial["value"], range(100))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_hands_over_the_points_done(ctrl_c: Any, workers: int) -> None:
    def stops(k: int) -> int:
        if k >= 5:
            time.sleep(0.1)  # the others are done by then, and the main thread waits
        if k == 5:
            ctrl_c()
        return k

    with pytest.raises(SweepInterrupted, match=r"interrupted .after [5-9] of 1000 points; \.partial holds them") as caught:
        sweep(stops, {"k": range(1000)}, workers=workers)
    partial = caught.value.partial
    assert isinstance(partial, Sweep)
    np.testing.assert_array_equal(partial["value"][:5], range(5))
    assert not partial.complete


# progress


def test_a_bar_is_drawn_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.StringIO()
    monkeypatch.setattr(progress, "Console", lambda stderr: Console(file=drawn, force_terminal=True))
    sweep(square, {"k": [1, 2]}, progress=False)
    assert drawn.getvalue() == ""
    sweep(square, {"k": [1, 2]}, progress=True)
    assert "sweep" in drawn.getvalue()
