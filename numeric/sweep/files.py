"""A sweep in one .npz file: a header in JSON, the places of the points done, a row each of every output; no pickle.

A file appears whole or not at all: it is written beside its place, forced to the disk, and moved there in one step.
"""

from __future__ import annotations

import glob
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError

Array = NDArray[Any]
FORMAT = "amsym sweep 1"


@dataclass(frozen=True)
class Record:
    """What a file holds: which sweep it is, the points that are done and the outputs there, the points that failed."""

    identity: dict[str, Any]
    """`function` (its name), `seed`, `listed` and `axes` (JSON text)."""
    places: NDArray[np.int64]
    columns: dict[str, Array]
    failures: tuple[dict[str, Any], ...] = ()


def write(path: Path, record: Record) -> None:
    """Put the record in the place of what is at `path`; whatever goes wrong, what was there stays.

    Raises OSError as the system does, for a full disk for instance.
    """
    target = path.resolve()  # through a link: the file that it points to is replaced, not the link
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    header = json.dumps({"format": FORMAT, **record.identity, "outputs": list(record.columns), "failures": record.failures})
    columns = {f"output{k}": column for k, column in enumerate(record.columns.values())}
    try:
        with open(part, "wb") as file:
            np.savez(file, header=np.frombuffer(header.encode(), np.uint8), places=record.places, **columns)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Force the new name to the disk too, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_parts(path: Path) -> None:
    """Take away what a writer that was killed has left beside `path`."""
    target = path.resolve()
    for part in target.parent.glob(f"{glob.escape(target.name)}.*.part"):
        with suppress(OSError):
            part.unlink()


def read(path: Path) -> Record:
    """The record at `path`.

    Raises InputError for a file that is missing, damaged, or none of a sweep.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; the file of a sweep was expected: check its name")
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(bytes(file["header"]))
            columns = {name: file[f"output{k}"] for k, name in enumerate(header["outputs"])}
            places = file["places"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} is damaged or no file of a sweep ({error}); restore a copy, or delete it to start anew") from error
    return _record(path, header, places, columns)


def _record(path: Path, header: Mapping[str, Any], places: Array, columns: dict[str, Array]) -> Record:
    if header.get("format") != FORMAT:
        raise InputError(f"{path} has the format {header.get('format')!r}; {FORMAT!r} was expected: read it with the version that wrote it")
    identity = {name: header[name] for name in ("function", "seed", "listed", "axes")}
    return Record(identity, places, columns, tuple(header["failures"]))
