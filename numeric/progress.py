"""A progress bar on stderr that keeps silent until the work has lasted two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import Progress as RichProgress
from rich.progress import TaskID

from amsym.errors import InputError

PATIENCE = 2.0  # seconds before a bar appears by itself
PAUSE = 0.1  # seconds between redraws


class Progress:
    """A context whose `update(fraction)` draws a bar: always if `shown` is True, never if False.

    With None it draws only once the work has lasted over PATIENCE seconds, and only if stderr is a terminal.
    """

    def __init__(self, title: str, shown: bool | None = None) -> None:
        """A bar named `title`; nothing is drawn yet. Raises InputError where `shown` is neither True, False nor None."""
        if shown not in (True, False, None):
            raise InputError(f"progress is {shown!r}; True, False or None was expected: say True for a bar, False for none")
        self._title = title
        self._patience = {True: 0.0, False: float("inf"), None: PATIENCE if sys.stderr.isatty() else float("inf")}[shown]
        self._started = self._drawn = time.monotonic()
        self._bar: RichProgress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Progress:
        """Start the clock."""
        self._started = time.monotonic()
        return self

    def update(self, fraction: float) -> None:
        """Show that `fraction`, in [0, 1], of the work is done."""
        now = time.monotonic()
        if now - self._started < self._patience or (self._bar and now - self._drawn < PAUSE):
            return
        if self._bar is None:
            self._bar = RichProgress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self._title, total=1.0)
            self._bar.start()
        self._drawn = now
        self._bar.update(self._task, completed=fraction)

    def part(self, done: int, share: int, total: int) -> Callable[[float], None]:
        """`update` for the fraction of a part: `share` of `total` pieces, after `done` others."""
        return lambda fraction: self.update((done + fraction * share) / max(total, 1))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
