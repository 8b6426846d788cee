"""One limit on the threads of BLAS a process: the first that asks sets it, the last that leaves restores it.

BLAS keeps its number of threads for the whole process. If each of several workers saved and restored it for itself, the
first to leave would lift the limit of those still at work, and the last would restore the limit and not what was before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = Lock()
_inside = 0
_held: list[Any] = []  # the limiter while someone is inside


@contextmanager
def blas_threads(count: int | None) -> Iterator[None]:
    """Inside, BLAS runs on `count` threads unless someone else set a limit before; None asks for nothing.

    >>> from threadpoolctl import threadpool_info
    >>> with blas_threads(1):
    ...     {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}
    {1}
    """
    if count is None:
        yield
        return
    _enter(count)
    try:
        yield
    finally:
        _leave()


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """The libraries loaded: a search of 0.8 ms, made again once more modules are imported, as these may have brought another."""
    return ThreadpoolController()


def _enter(count: int) -> None:
    global _inside
    with _lock:
        if not _inside:
            _held.append(_libraries(len(sys.modules)).limit(limits=count, user_api="blas"))
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if not _inside:
            _held.pop().restore_original_limits()
