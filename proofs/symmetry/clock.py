"""The time for one search: a budget of its own, cut short by the limit that it runs under."""

from __future__ import annotations

from amsym.notation.effort import Budget, OutOfTime, check


class Clock(Budget):
    """A budget that is spent as well once a `time_limit` around it has passed, so that a search ends with what it has.

    >>> from amsym.notation.effort import time_limit
    >>> with time_limit(-1.0):
    ...     Clock(60.0).spent
    True
    """

    @property
    def spent(self) -> bool:
        """Whether nothing is left, of the budget or of the limit around it."""
        try:
            check()
        except OutOfTime:
            return True
        return super().spent

    @property
    def left(self) -> float:
        """The seconds of the budget that are left."""
        return max(self.seconds - self.used, 0.0)

    def share(self, seconds: float) -> Clock:
        """So many seconds of what is left, for one stage."""
        return Clock(min(seconds, self.left))
