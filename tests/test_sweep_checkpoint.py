"""Laws of checkpoints: a sweep that was stopped anywhere and goes on gives what it would have given, and a file is whole or old."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_functions import GRID, logged, retrieve

from numeric.sweep import CheckpointWarning, Sweep, SweepError, SweepInterrupted, checkpoint, sweep

WHOLE = sweep(retrieve, GRID, seed=3, progress=False)


class Breaking:
    """`retrieve`, which counts its calls and raises an error at one of them."""

    __qualname__ = retrieve.__qualname__

    def __init__(self, at: int = -1, error: type[BaseException] = ValueError) -> None:
        self.calls, self.at, self.error = 0, at, error

    def __call__(self, n: int, beta: float, rng: np.random.Generator) -> dict[str, Any]:
        self.calls += 1
        if self.calls == self.at + 1:
            raise self.error("broken")
        return retrieve(n, beta, rng)


@given(st.integers(0, 11), st.sampled_from([1, 3]), st.sampled_from([ValueError, KeyboardInterrupt]))
def test_a_sweep_that_stops_anywhere_goes_on_to_the_same_result(
    tmp_path_factory: pytest.TempPathFactory, at: int, workers: int, error: type[BaseException]
) -> None:
    path = tmp_path_factory.mktemp("sweep") / "s.npz"
    with pytest.raises((SweepError, SweepInterrupted), match=r"\((after .* and so does .*: the same call|before any)") as caught:
        sweep(Breaking(at, error), GRID, seed=3, checkpoint=path, workers=workers)
    stopped: Any = caught.value
    assert path.exists() == stopped.partial.done.any()
    assert not path.exists() or Sweep.load(path) == stopped.partial
    again = Breaking()
    assert sweep(again, GRID, seed=3, checkpoint=path) == WHOLE
    assert again.calls == 12 - stopped.partial.done.sum()
    assert at <= stopped.partial.done.sum() if workers == 1 else True


def test_a_finished_sweep_is_read_and_not_computed(tmp_path: Path) -> None:
    sweep(retrieve, GRID, seed=3, checkpoint=tmp_path / "s.npz")
    second = Breaking()
    assert sweep(second, GRID, seed=3, checkpoint=str(tmp_path / "s.npz")) == WHOLE
    assert second.calls == 0


def test_what_a_killed_writer_left_is_taken_away(tmp_path: Path) -> None:
    sweep(retrieve, GRID, seed=3, checkpoint=tmp_path / "s[1].npz")
    for name in ("s[1].npz.123.part", "s1.npz.123.part"):
        (tmp_path / name).write_bytes(b"half a file")
    sweep(retrieve, GRID, seed=3, checkpoint=tmp_path / "s[1].npz")
    assert {file.name for file in tmp_path.iterdir()} == {"s[1].npz", "s1.npz.123.part"}


def test_failed_points_are_tried_again(tmp_path: Path) -> None:
    options: dict[str, Any] = {"seed": 3, "checkpoint": tmp_path / "s.npz", "errors": "keep"}
    first = sweep(Breaking(4), GRID, **options)
    assert len(first.failures) == 1
    again = Breaking()
    assert sweep(again, GRID, **options) == WHOLE
    assert again.calls == 1


def test_a_killed_sweep_computes_only_what_is_missing(tmp_path: Path) -> None:
    log, path = tmp_path / "log", tmp_path / "s.npz"
    code = (
        "import sys; from functools import partial; from sweep_functions import logged; from numeric.sweep import checkpoint, sweep\n"
        "checkpoint.PAUSE = checkpoint.SHARE = 0\n"
        "sweep(partial(logged, log=sys.argv[1], pause=0.02), {'k': range(200)}, seed=5, checkpoint=sys.argv[2])"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
    process = subprocess.Popen([sys.executable, "-c", code, str(log), str(path)], env=env)
    while process.poll() is None and not (path.exists() and log.read_text().count("\n") > 8):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = log.read_text().split()
    saved = Sweep.load(path).done.sum()
    assert len(before) - 2 <= saved < 200
    resumed = sweep(partial(logged, log=str(log)), {"k": range(200)}, seed=5, checkpoint=path)
    assert log.read_text().split()[len(before) :] == [str(k) for k in range(saved, 200)]
    assert resumed == sweep(partial(logged, log=os.devnull), {"k": range(200)}, seed=5)
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize(("cost", "writes"), [(0.0, [4, 8, 12, 16, 20]), (0.1, [4, 11, 18, 20])])
def test_a_write_comes_a_second_after_the_last_or_twenty_times_its_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cost: float, writes: list[int]
) -> None:
    clock, seen = [0.0], []

    def slow(path: Path, record: Any) -> None:
        clock[0] += cost
        seen.append(len(record.places))

    def point(k: int) -> int:
        clock[0] += 0.3
        return k

    monkeypatch.setattr(checkpoint, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(checkpoint, "write", slow)
    sweep(point, {"k": range(20)}, checkpoint=tmp_path / "s.npz")
    assert seen == writes


# other sweeps, damaged files


def test_the_checkpoint_of_another_sweep_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    sweep(retrieve, GRID, seed=3, checkpoint=path)
    kept = path.read_bytes()
    for function, grid, seed, message in (
        (retrieve, GRID, 4, "seed 3; seed 4 was expected: name another file, or delete it"),
        (retrieve, GRID | {"n": [2, 3, 4]}, 3, r"axes \{\"n\": \[2, 3, 5\]"),
        (retrieve, GRID | {"beta": [0.5, 1, 2.0, 4.0]}, 3, "axes"),
        (retrieve, [{"n": 2, "beta": 1.0}], 3, r"axes .*; axes \{\"point\": \["),
        (lambda n, beta: n, GRID, 3, "function retrieve; function .*<lambda> was expected"),
    ):
        with pytest.raises(ValueError, match="the checkpoint of a sweep with " + message):
            sweep(function, grid, seed=seed, checkpoint=path)  # type: ignore[arg-type]
    assert path.read_bytes() == kept


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "text", "array"])
def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.npz"
    sweep(retrieve, GRID, seed=3, checkpoint=path)
    kept = path.read_bytes()
    middle = kept.index(WHOLE["mean"].tobytes())
    np.save(tmp_path / "array.npy", np.zeros(3))
    array = (tmp_path / "array.npy").read_bytes()
    changed = kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1 :]
    path.write_bytes({"cut": kept[:-40], "empty": b"", "changed": changed, "text": b"beta,value\n", "array": array}[damage])
    with pytest.raises(ValueError, match=r"s\.npz is damaged or no file of a sweep \(.*\); restore a copy, or delete it"):
        sweep(retrieve, GRID, seed=3, checkpoint=path)
    np.savez(path, W=np.zeros(3))
    with pytest.raises(ValueError, match="no file of a sweep"):
        Sweep.load(path)


def test_places_where_no_file_can_be_are_told_before_anything_is_computed(tmp_path: Path) -> None:
    never = Breaking()
    for path, message in (
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "s.npz", "lies in a folder that does not exist; .*: make the folder"),
    ):
        with pytest.raises(ValueError, match=message):
            sweep(never, GRID, checkpoint=path)
    with pytest.raises(ValueError, match="axis 'g' holds ufunc, which no file keeps"):
        sweep(lambda g: 1.0, {"g": [np.tanh]}, checkpoint=tmp_path / "s.npz")
    with pytest.raises(ValueError, match="does not exist; the file of a sweep was expected"):
        Sweep.load(tmp_path / "none.npz")
    assert never.calls == 0


def test_a_link_is_followed_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "link.npz").symlink_to(tmp_path / "target.npz")
    sweep(retrieve, GRID, seed=3, checkpoint=tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert Sweep.load(tmp_path / "target.npz") == WHOLE


# a full disk


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond `room` bytes: the system itself refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def broken(name: str) -> Iterator[None]:
    """This call of the system says that the disk is full."""

    def fails(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, fails)
        yield


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_a_full_disk_is_a_warning_and_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    path = tmp_path / "s.npz"
    with pytest.raises(SweepError):
        sweep(Breaking(4), GRID, seed=3, checkpoint=path)
    kept = path.read_bytes()
    monkeypatch.setattr(checkpoint, "PAUSE", 0)  # tries at every point, warns once
    told = r"could not be written \(.*\); what it held before is intact, .*: make room"
    trouble = full_disk(1000) if where == "write" else broken(where)
    with trouble, pytest.warns(CheckpointWarning, match=told) as warned:
        s = sweep(retrieve, GRID, seed=3, checkpoint=path)
    assert s == WHOLE
    assert len(warned) == 1
    assert path.read_bytes() == kept
    assert [file.name for file in tmp_path.iterdir()] == ["s.npz"]


def test_a_sweep_that_stops_with_a_full_disk_hands_over_what_it_has(tmp_path: Path) -> None:
    with full_disk(100), pytest.warns(CheckpointWarning), pytest.raises(SweepError, match="partial holds them alone, save it") as caught:
        sweep(Breaking(4), GRID, seed=3, checkpoint=tmp_path / "s.npz")
    assert caught.value.partial.done.sum() == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("error::numeric.sweep.CheckpointWarning")
def test_a_warning_made_an_error_loses_nothing(tmp_path: Path) -> None:
    with full_disk(100), pytest.raises(SweepError, match="stopped by CheckpointWarning") as caught:
        sweep(retrieve, GRID, seed=3, checkpoint=tmp_path / "s.npz")
    assert caught.value.partial == WHOLE
    with full_disk(100), pytest.raises(SweepError, match=r"ValueError: broken .*partial holds them alone") as caught:
        sweep(Breaking(4), GRID, seed=3, checkpoint=tmp_path / "s.npz")
    assert caught.value.partial.done.sum() == 4
