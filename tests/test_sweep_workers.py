"""Laws of workers: whoever computes the points, in whatever order, the result is the same, and BLAS is left as it was."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_functions import GRID, killing, odd, retrieve
from threadpoolctl import threadpool_info, threadpool_limits

from numeric.sweep import Sweep, SweepError, sweep, workers
from numeric.sweep.blas import blas_threads

SERIAL = sweep(retrieve, GRID, seed=3, progress=False)


def backwards(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    return [function(item) for item in reversed(list(items))]


@pytest.mark.parametrize("how", [1, 2, 5, -1, map, backwards])
def test_the_result_is_the_same_on_any_workers(how: Any) -> None:
    assert sweep(retrieve, GRID, seed=3, workers=how) == SERIAL


@pytest.mark.parametrize("name", ["map", "imap", "imap_unordered"])
def test_the_maps_of_a_pool_serve(name: str) -> None:
    with ThreadPool(3) as pool:
        assert sweep(retrieve, GRID, seed=3, workers=getattr(pool, name)) == SERIAL


@given(st.permutations(range(12)))
def test_the_order_in_which_answers_come_does_not_matter(order: list[int]) -> None:
    assert sweep(retrieve, GRID, seed=3, workers=lambda f, items: [f(items[k]) for k in order]) == SERIAL


class Inline(Executor):
    """Runs what is submitted at once, but hands over no more than it was asked for."""

    def __init__(self) -> None:
        self.waiting = self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_an_executor_is_given_a_bounded_number_of_points_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AHEAD", 4)
    executor = Inline()

    def taken(place: int, outputs: Any) -> Any:
        executor.waiting -= 1
        return add(place, outputs)

    from numeric.sweep import run

    rows = run.Rows(run.Grid.of({"k": range(20)}))
    add = rows.add
    monkeypatch.setattr(rows, "add", taken)
    monkeypatch.setattr(run, "Rows", lambda grid: rows)
    assert sweep(lambda k: k, {"k": range(20)}, workers=executor.map)["value"].tolist() == list(range(20))
    assert executor.most == 4


def test_answers_are_taken_as_they_come(tmp_path: Path) -> None:
    # The first point waits until the others are in the checkpoint: in the order of the points it would wait for ever.
    path = tmp_path / "s.npz"

    def first_last(k: int) -> int:
        ends = time.monotonic() + 30
        while k == 0 and time.monotonic() < ends and not (path.exists() and Sweep.load(path).done.sum() == 3):
            time.sleep(0.01)
        assert time.monotonic() < ends
        return k

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr("numeric.sweep.checkpoint.PAUSE", 0.0)
        patch.setattr(workers, "PULSE", 0.02)
        s = sweep(first_last, {"k": range(4)}, workers=pool.map, checkpoint=path)
    assert s["value"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda f, items: [f(items[0])], "workers gave back 1 answers for 12 points"),
        (lambda f, items: [f(items[0])] * 12, "workers gave back Answer for no point"),
        (lambda f, items: [7], "workers gave back int for no point"),
        (lambda f, items: 1 / 0, r"stopped by ZeroDivisionError: division by zero"),
    ],
)
def test_a_map_that_is_none_is_told(how: Any, message: str) -> None:
    with pytest.raises(SweepError, match=message):
        sweep(retrieve, GRID, workers=how)


def test_an_executor_is_no_map() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match=r"a map such as executor\.map was expected"):
        sweep(retrieve, GRID, workers=pool)  # type: ignore[arg-type]


def test_points_not_begun_are_dropped_when_the_sweep_stops() -> None:
    called = []

    def fails(k: int) -> int:
        called.append(k)
        time.sleep(0.002)
        return 1 // (k - 3)

    for how in (2, None):
        called.clear()
        with ThreadPoolExecutor(2) as pool, pytest.raises(SweepError, match="k=3: ZeroDivisionError"):
            sweep(fails, {"k": range(1000)}, workers=how or pool.map)
        assert len(called) < 100


# processes


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver")) as pool:
        yield pool


def test_processes_give_the_same(processes: ProcessPoolExecutor) -> None:
    assert sweep(retrieve, GRID, seed=3, workers=processes.map) == SERIAL
    assert sweep(retrieve, GRID, seed=3, workers=partial(processes.map, chunksize=5)) == SERIAL


def test_an_exception_that_cannot_travel_is_told_all_the_same(processes: ProcessPoolExecutor) -> None:
    with pytest.raises(SweepError, match="k=2: Odd: two: odd") as caught:
        sweep(odd, {"k": [1, 2]}, workers=processes.map)
    assert "in odd" in caught.value.__notes__[0]
    assert sweep(odd, {"k": [1, 2]}, workers=processes.map, errors="keep").failures[0].exception is None


def test_a_function_that_cannot_travel_is_told(processes: ProcessPoolExecutor) -> None:
    with pytest.raises(SweepError, match=r"k=\d: .*(pickle|lambda)"):
        sweep(lambda k: k, {"k": [1, 2]}, workers=processes.map)


def test_a_pool_that_loses_a_process_stops_the_sweep_which_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    squares = partial(killing, victim=9, killed=str(tmp_path / "killed"))
    options: dict[str, Any] = {"grid": {"k": range(12)}, "checkpoint": tmp_path / "s.npz"}
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("forkserver")) as pool:
        with pytest.raises(SweepError, match="stopped by BrokenProcessPool") as caught:
            sweep(squares, workers=pool.map, **options)
        assert isinstance(caught.value.__cause__, BrokenExecutor)
    assert caught.value.partial.done[:9].all()
    assert sweep(squares, **options)["value"].tolist() == [k * k for k in range(12)]


# threads of BLAS


def threads_of_blas() -> list[int]:
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]


@pytest.mark.parametrize("how", [1, 3, map])
@pytest.mark.parametrize("fails", [False, True])
def test_each_worker_has_one_thread_of_blas_and_the_caller_has_hers_again(how: Any, fails: bool) -> None:
    def look(k: int) -> int:
        time.sleep(0.002 * (k % 3))
        if fails and k == 7:
            raise ValueError("broken")
        return max(threads_of_blas())

    with threadpool_limits(2, user_api="blas"):
        before = threads_of_blas()
        s = sweep(look, {"k": range(10)}, workers=how, errors="keep")
        assert np.nanmax(s["value"]) == 1
        free = sweep(look, {"k": range(3)}, workers=how, threads_per_worker=None)
        assert free["value"].max() == max(before)
        assert threads_of_blas() == before


def test_the_last_to_leave_restores_what_the_first_found() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = threads_of_blas()
        first, second = blas_threads(1), blas_threads(1)
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert max(threads_of_blas()) == 1
        second.__exit__(None, None, None)
        assert threads_of_blas() == before
