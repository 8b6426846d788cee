"""A checkpoint: the points done so far, written at a point's end unless that was done a moment ago, and again at the end.

A write takes at most a twentieth of the time: the next comes no sooner than 20 times as long as the last one took, nor
before a second. So a kill costs the points under way and about a second's answers.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from amsym.errors import InputError
from numeric.sweep.errors import CheckpointWarning
from numeric.sweep.files import Record, read, remove_parts, write

PAUSE = 1.0  # seconds between two writes, at least
SHARE = 20  # times the last write's duration


class Checkpoint:
    """Writes the record that `record()` gives to `path`, when it is due; without a path it does nothing."""

    def __init__(self, path: Path | None, record: Callable[[], Record]) -> None:
        """Nothing is written yet."""
        self.path, self._record = path, record
        self._unsaved = self._warned = False
        self._due = time.monotonic() + PAUSE

    def changed(self) -> None:
        """There is an answer that the file does not hold."""
        self._unsaved = True

    def write_if_due(self) -> None:
        """Write if something is new and the last write is long enough ago."""
        if self._unsaved and time.monotonic() >= self._due:
            self.write()

    def write(self) -> bool:
        """Write what is new; whether the file now holds everything. A full disk is a warning, the first time."""
        if self.path is None or not self._unsaved:
            return self.path is not None
        began = time.monotonic()
        try:
            write(self.path, self._record())
            self._unsaved = False
        except OSError as error:
            self._warn(error)
        finally:
            self._due = time.monotonic() + max(PAUSE, SHARE * (time.monotonic() - began))
        return not self._unsaved

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            what = f"the checkpoint {self.path} could not be written ({error}); what it held before is intact"
            warnings.warn(f"{what}, and the sweep goes on and tries again: make room, or save the result elsewhere", CheckpointWarning, 2)


def resumed(path: Path, identity: Mapping[str, Any]) -> Record | None:
    """What is done already of the sweep that `identity` names, None where there is no file yet.

    Raises InputError for a folder that is missing, a damaged file, and the checkpoint of another sweep.
    """
    if path.is_dir() or not path.resolve().parent.is_dir():
        what = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
        raise InputError(f"the checkpoint {path} {what}; a file in an existing folder was expected: make the folder, or name a file in it")
    if not path.exists():
        return None
    remove_parts(path)
    record = read(path)
    for name in ("function", "seed", "axes"):
        if record.identity[name] != identity[name]:
            held, mine = (f"{name} {_short(which[name])}" for which in (record.identity, identity))
            remedy = "name another file, or delete it to start anew"
            raise InputError(f"{path} is the checkpoint of a sweep with {held}; {mine} was expected: {remedy}")
    return record


def _short(value: Any, most: int = 200) -> str:
    text = str(value)
    return text if len(text) <= most else f"{text[:most]}..."
