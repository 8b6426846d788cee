"""Limits on effort, counted in this thread's own processor time, so that a busy machine changes no verdict.

Normal forms beyond a `time_limit` stop with `OutOfTime`, which provers report as undecided; a search stops once its `Budget` is spent;
a `hard_limit` stops work that asks for neither, such as a factorisation inside SymPy.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import thread_time

from amsym.errors import AmsymError

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class Budget:
    """So many seconds of work for one search, from its making on.

    >>> Budget(60.0).spent
    False
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self._start = seconds, thread_time()

    @property
    def used(self) -> float:
        """Seconds since it was made."""
        return thread_time() - self._start

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.used > self.seconds


class OutOfTime(AmsymError):
    """A normal form was not finished in the time allowed."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Allow so many seconds for the normal forms asked for inside; an outer, shorter limit stays in force.

    >>> with time_limit(1.0):
    ...     check()
    """
    token = _deadline.set(min(_deadline.get(), thread_time() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


# Seconds after which a hard limit strikes again.
AGAIN = 0.25


@contextmanager
def hard_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in whatever runs after so many seconds; only in the main thread of systems that have interval timers.

    Code that catches OutOfTime and goes on, or a callback that swallows it, meets it again shortly.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(*_: object) -> None:
    raise OutOfTime("the work took longer than allowed")


def remaining() -> float:
    """Seconds that the limits in force leave; infinite where there are none.

    >>> with time_limit(60.0):
    ...     50 < remaining() < 61
    True
    """
    return _deadline.get() - thread_time()


def check() -> None:
    """Raise OutOfTime when the limit has passed."""
    if thread_time() > _deadline.get():
        raise OutOfTime("the normal form of an expression took longer than allowed")
