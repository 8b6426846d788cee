"""A limit on the time that normal forms may take: work beyond it stops with `OutOfTime`, which provers report as undecided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

from amsym.errors import AmsymError

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class OutOfTime(AmsymError):
    """A normal form was not finished in the time allowed."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Allow so many seconds for the normal forms asked for inside; an outer, shorter limit stays in force.

    >>> with time_limit(1.0):
    ...     check()
    """
    token = _deadline.set(min(_deadline.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def check() -> None:
    """Raise OutOfTime when the limit has passed."""
    if monotonic() > _deadline.get():
        raise OutOfTime("the normal form of an expression took longer than allowed")
