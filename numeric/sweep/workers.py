"""How the points are shared out, in SciPy's convention: `workers` is a number of threads, or a map of the caller's.

A map that is the method of a `concurrent.futures.Executor` has a `submit` beside it, and answers are taken from that as
they come. Its `map` gives them in the order of the points: one slow point would keep back all that came after it, and an
interrupt would lose them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from amsym.errors import InputError
from numeric.sweep.task import Answer, Task, failed

Item = tuple[int, dict[str, Any]]
Workers = int | Callable[..., Iterable[Any]]
AHEAD = 4096  # points handed over at a time: bounds the memory of a long sweep, and keeps 1000 workers busy
PULSE = 1.0  # seconds between two looks at the clock while no answer comes


class Mapped:
    """The answers of any map, in its own order; every point must come back once."""

    def __init__(self, task: Task, items: list[Item], mapping: Callable[..., Iterable[Any]] = map) -> None:
        """Nothing is computed before the first answer is asked for."""
        self.task, self.items, self.mapping = task, items, mapping

    def __iter__(self) -> Iterator[Answer | None]:
        """The answers in any order; None now and then while none comes.

        Raises InputError where the map gives back something else, or too little.
        """
        missing = {place for place, _ in self.items}
        for answer in self.mapping(self.task, self.items):
            if not isinstance(answer, Answer) or answer.place not in missing:
                raise InputError(f"workers gave back {type(answer).__name__} for no point; a map calls the function at each point once")
            missing.remove(answer.place)
            yield answer
        if missing:
            count = len(self.items)
            raise InputError(f"workers gave back {count - len(missing)} answers for {count} points; a map gives one for each")

    def ready(self) -> list[Answer]:
        """The answers that are there and were not taken: what an interrupt would lose."""
        return []

    def close(self) -> None:
        """Drop the points not begun; those under way are not waited for."""


class Submitted(Mapped):
    """The answers of an executor's `submit` as they come, AHEAD points at a time."""

    def __init__(self, task: Task, items: list[Item], executor: Executor) -> None:
        """Nothing is computed before the first answer is asked for."""
        super().__init__(task, items)
        self.executor = executor
        self.pending: dict[Future[Answer], Item] = {}

    def __iter__(self) -> Iterator[Answer | None]:
        """The answers in any order; None now and then while none comes."""
        waiting, done = iter(self.items), SimpleQueue[Future[Answer]]()
        while True:
            for item in islice(waiting, AHEAD - len(self.pending)):
                future = self.executor.submit(self.task, item)
                self.pending[future] = item
                future.add_done_callback(done.put)
            if not self.pending:
                return
            try:
                future = done.get(timeout=PULSE)
            except Empty:
                yield None
            else:
                yield _settled(future, self.pending[future])
                del self.pending[future]  # only now: an interrupt before the answer is entered finds it in `ready`

    def ready(self) -> list[Answer]:
        """The answers that are there and were not taken: what an interrupt would lose."""
        done = [future for future in self.pending if future.done() and not future.cancelled()]
        return [future.result() for future in done if future.exception() is None]

    def close(self) -> None:
        """Drop the points not begun; those under way are not waited for."""
        for future in self.pending:
            future.cancel()


class Threads(Submitted):
    """The answers of so many threads of this process."""

    def __init__(self, task: Task, items: list[Item], count: int) -> None:
        """Nothing is computed before the first answer is asked for."""
        super().__init__(task, items, ThreadPoolExecutor(count, thread_name_prefix="sweep"))

    def close(self) -> None:
        """Drop the points not begun; those under way are not waited for."""
        self.executor.shutdown(wait=False, cancel_futures=True)


def answers(task: Task, items: list[Item], workers: Workers) -> Mapped:
    """The answers at all points, by the workers that the user wants.

    Raises InputError for workers that are neither a number nor a map.
    """
    if isinstance(workers, (Executor, bool)) or not (isinstance(workers, int) or callable(workers)):
        raise InputError(f"workers is {workers!r}; a number of threads, -1 for all cores, or a map such as executor.map was expected")
    if isinstance(workers, int):
        count = min(_count(workers), len(items))
        return Threads(task, items, count) if count > 1 else Mapped(task, items)
    owner = getattr(workers, "__self__", None)
    if isinstance(owner, Executor) and getattr(workers, "__name__", "") == "map":
        return Submitted(task, items, owner)
    return Mapped(task, items, workers)


def _count(workers: int) -> int:
    if workers == -1:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 1:
        raise InputError(f"workers is {workers}; a number of threads from 1 on, or -1 for all cores, was expected")
    return workers


def _settled(future: Future[Answer], item: Item) -> Answer:
    """The answer of a future; what went wrong on its way, a lost worker or a result that cannot travel, is the point's failure."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        raise
    except Exception as error:
        return failed(*item, error)
