"""How the points are shared out, in SciPy's convention: `workers` is a number of threads, or a map of the caller's.

A map that is the method of a `concurrent.futures.Executor` has a `submit` beside it, and answers are taken from that as
they come. Its `map` gives them in the order of the points: one slow point would keep back all that came after it, and an
interrupt would lose them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from amsym.errors import InputError
from numeric.sweep.task import Answer, Task, failed

Item = tuple[int, dict[str, Any]]
Workers = int | Callable[..., Iterable[Any]]
Answers = Generator[Answer | None, None, None]
AHEAD = 4096  # points handed over at a time: bounds the memory of a long sweep, and keeps 1000 workers busy
PULSE = 1.0  # seconds between two looks at the clock while no answer comes


def answers(task: Task, items: list[Item], workers: Workers) -> Answers:
    """The answers in any order; None now and then while none comes. Closing the iterator drops the points not yet begun.

    Raises InputError for workers that are neither a number nor a map.
    """
    if isinstance(workers, (Executor, bool)) or not (isinstance(workers, int) or callable(workers)):
        raise InputError(f"workers is {workers!r}; a number of threads, -1 for all cores, or a map such as executor.map was expected")
    if not isinstance(workers, int):
        owner = getattr(workers, "__self__", None)
        if isinstance(owner, Executor) and getattr(workers, "__name__", "") == "map":
            return _as_they_come(owner.submit, task, items)
        return _mapped(workers, task, items)
    threads = min(_count(workers), len(items))
    return _threaded(threads, task, items) if threads > 1 else _mapped(map, task, items)


def _count(workers: int) -> int:
    if workers == -1:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 1:
        raise InputError(f"workers is {workers}; a number of threads from 1 on, or -1 for all cores, was expected")
    return workers


def _threaded(count: int, task: Task, items: list[Item]) -> Answers:
    """By threads of this process; who closes the iterator does not wait for the points under way."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="sweep")
    try:
        yield from _as_they_come(pool.submit, task, items)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _as_they_come(submit: Callable[..., Future[Answer]], task: Task, items: list[Item]) -> Answers:
    """By the `submit` of an executor, AHEAD points at a time."""
    waiting, done = iter(items), SimpleQueue[Future[Answer]]()
    pending: dict[Future[Answer], Item] = {}
    try:
        while True:
            for item in islice(waiting, AHEAD - len(pending)):
                future = submit(task, item)
                pending[future] = item
                future.add_done_callback(done.put)
            if not pending:
                return
            try:
                future = done.get(timeout=PULSE)
            except Empty:
                yield None
            else:
                yield _settled(future, pending.pop(future))
    finally:
        for future in pending:
            future.cancel()


def _settled(future: Future[Answer], item: Item) -> Answer:
    """The answer of a future; what went wrong on its way, a lost worker or a result that cannot travel, is the point's failure."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        raise
    except Exception as error:
        return failed(*item, error)


def _mapped(mapping: Callable[..., Iterable[Any]], task: Task, items: list[Item]) -> Answers:
    """By any map, in its own order; every point must come back once."""
    missing = {place for place, _ in items}
    for answer in mapping(task, items):
        if not isinstance(answer, Answer) or answer.place not in missing:
            raise InputError(f"workers gave back {type(answer).__name__} for no point; a map calls the function at each point once")
        missing.remove(answer.place)
        yield answer
    if missing:
        raise InputError(f"workers gave back {len(items) - len(missing)} answers for {len(items)} points; a map gives one for each")
