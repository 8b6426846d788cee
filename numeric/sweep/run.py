"""sweep: y_k = f(point_k) for every point of a grid, the same on any number of workers, and nothing lost if it stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from amsym.errors import AmsymError, InputError
from numeric.progress import Progress
from numeric.sweep.blas import blas_threads
from numeric.sweep.checkpoint import Checkpoint, resumed
from numeric.sweep.errors import CheckpointWarning, SweepError, SweepInterrupted
from numeric.sweep.files import Record
from numeric.sweep.grid import Grid
from numeric.sweep.result import Sweep
from numeric.sweep.rows import Rows
from numeric.sweep.seeds import checked_seed
from numeric.sweep.task import Answer, Failure, Task, forget_frames, name_of, wants_generator
from numeric.sweep.workers import Item, Mapped, Workers, answers


def sweep(
    function: Callable[..., Any],
    grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]],
    *,
    workers: Workers = 1,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    errors: str = "raise",
    progress: bool | None = None,
    threads_per_worker: int | None = 1,
) -> Sweep:
    """Call `function(**point)` at every point of a grid and collect what it returns as labelled arrays.

    `grid` is {name: values}, whose product is taken with the last name fastest, or a list of points {name: value}. The
    function returns a number, an array or a dict of these, of one shape at all points. If it has an argument `rng` it is
    given a NumPy Generator, child k of `SeedSequence(seed)` at place k of the grid: a function of its arguments alone has
    identical results whatever the workers. (Not alone: a model that several points share, already bound, whose softmax
    overflows at one of them, may round otherwise at the next; let the function bind it.)

    `workers`, as in SciPy: 1 is this process, n threads, -1 as many as there are cores; or a map, such as the `map` of a
    `ProcessPoolExecutor` or of dask's `client.get_executor()`, for a function that can be pickled. Threads suit functions
    that spend their time in NumPy, processes those in Python. BLAS has `threads_per_worker` threads in each worker (None:
    as it was) and the caller's number afterwards. Of an Executor the answers are taken as they come, in whatever order;
    what the function holds travels with each point, so for large arrays let it load them, or pass
    `functools.partial(executor.map, chunksize=20)`, whose answers come in the order of the points. dask computes the points
    of a lost worker anew, three times at most by its own settings; a pool of processes that loses one stops the sweep.

    `checkpoint` is a file that holds the points done, written whole or not at all about every second; the same call again
    computes what is missing, with identical results. It knows a sweep by grid, seed and the function's name, not by its
    code or by what it holds. A file that cannot be written is a CheckpointWarning, and the sweep goes on.

    An exception of a point ends the sweep with a SweepError (`errors="raise"`), or goes to `.failures` with NaN for its
    result (`errors="keep"`; a resumed sweep tries the point again). Ctrl-C raises SweepInterrupted. Both have written the
    checkpoint and hold the points done in `.partial`; neither waits for points under way in threads or pools.

    >>> s = sweep(lambda load, rng: {"noise": rng.normal(), "load": load}, {"load": [0.1, 0.2]}, seed=1, progress=False)
    >>> s == sweep(lambda load, rng: {"noise": rng.normal(), "load": load}, {"load": [0.1, 0.2]}, seed=1, workers=2)
    True
    >>> s["load"]
    array([0.1, 0.2])

    Raises InputError for a grid, seed, workers or checkpoint that do not fit, and SweepError for results of differing shape.
    """
    if errors not in ("raise", "keep"):
        raise InputError(f'errors is {errors!r}; "raise" or "keep" was expected')
    points = Grid.of(grid)
    seed = checked_seed(seed)
    random = wants_generator(function, points.names)
    run = _Run(points, name_of(function), seed, None if checkpoint is None else Path(checkpoint), errors == "keep")
    task = Task(function, seed if random else None, _threads(threads_per_worker))
    found = answers(task, run.missing(), workers)
    with Progress("sweep", progress) as bar, blas_threads(task.threads if isinstance(workers, int) else None), closing(found):
        return run.drive(found, bar)


class _Run:
    """A sweep under way: which it is, the answers so far, and its checkpoint."""

    def __init__(self, grid: Grid, function: str, seed: int, path: Path | None, keep: bool) -> None:
        self.grid, self.function, self.seed, self.keep = grid, function, seed, keep
        self.rows = Rows(grid)
        self.failures: dict[int, Failure] = {}
        self.checkpoint = Checkpoint(path, self._record)
        self.identity: dict[str, Any] = {}
        if path is not None:
            self.identity = {"function": function, "seed": seed, "listed": grid.listed, "axes": grid.json()}
            self._resume(path)

    def missing(self) -> list[Item]:
        """The points that have no result yet."""
        return [(place, self.grid.point(place)) for place in range(self.grid.size) if place not in self.rows]

    def drive(self, found: Mapped, bar: Progress) -> Sweep:
        """Take every answer; whatever ends this early, the checkpoint is written and the exception holds what is done."""
        try:
            for answer in found:
                if answer is not None:
                    self._take(answer)
                self.checkpoint.write_if_due()
                bar.update((len(self.rows) + len(self.failures)) / self.grid.size)
            self.checkpoint.write()
            return self.result()
        except KeyboardInterrupt as stop:
            raise SweepInterrupted(self._ending("interrupted", found), self.result()) from stop
        except _PointFailed as stop:
            failure = stop.failure
            error = SweepError(self._ending(str(failure), found), self.result(), failure.point)
            if failure.exception is None:
                error.add_note(failure.traceback)
            raise error from failure.exception
        except Exception as stop:
            why = str(stop) if isinstance(stop, AmsymError) else f"stopped by {type(stop).__name__}: {stop}"
            raise SweepError(self._ending(why, found), self.result()) from stop

    def result(self) -> Sweep:
        """The sweep so far."""
        places, columns = self.rows.columns()
        failures = tuple(self.failures[place] for place in sorted(self.failures))
        return Sweep.of(self.grid, places, columns, failures=failures, function=self.function, seed=self.seed)

    def _take(self, answer: Answer) -> None:
        """Enter an answer, and stop at a failure unless these are kept."""
        if answer.failure is None:
            self.rows.add(answer.place, answer.outputs)
            self.checkpoint.changed()
        elif self.keep:
            forget_frames(answer.failure.exception)
            self.failures[answer.place] = answer.failure
        else:
            raise _PointFailed(answer.failure)

    def _resume(self, path: Path) -> None:
        """Take over the rows of a checkpoint."""
        record = resumed(path, self.identity)
        if record is not None:
            for k, place in enumerate(record.places.tolist()):
                self.rows.add(place, {name: column[k] for name, column in record.columns.items()})

    def _record(self) -> Record:
        places, columns = self.rows.columns()
        return Record(self.identity, places, columns)

    def _ending(self, why: str, found: Mapped) -> str:
        """What stopped the sweep, how far it came, and how to go on; before it says so it takes and writes all that is there."""
        for answer in found.ready():
            if answer.failure is None and answer.place not in self.rows:
                with suppress(InputError):  # of another shape: the first such is told already, or will be next time
                    self.rows.add(answer.place, answer.outputs)
                    self.checkpoint.changed()
        written, path = False, self.checkpoint.path
        with suppress(CheckpointWarning):  # where warnings are errors, this one must not take the place of the sweep's own
            written = self.checkpoint.write()
        if not self.rows:
            return f"{why} (before any of the {self.grid.size} points was done)"
        held = f"{why} (after {len(self.rows)} of {self.grid.size} points; .partial holds them"
        if written:
            return f"{held}, and so does {path}: the same call goes on from there)"
        return f"{held} alone, save it)" if path else f"{held}; a checkpoint= would keep them for the next time)"


class _PointFailed(Exception):
    """Carries a failure out of the loop."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure


def _threads(count: int | None) -> int | None:
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise InputError(f"threads_per_worker is {count!r}; a whole number from 1 on, or None for BLAS's own, was expected")
    return count
