"""A sweep that stopped hands over what it has: the exceptions carry the partial result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amsym.errors import AmsymError

if TYPE_CHECKING:
    from numeric.sweep.result import Sweep


class SweepError(AmsymError):
    """A point failed, or the workers did; `.point` is the point where one is to blame, `.partial` the Sweep so far."""

    def __init__(self, message: str, partial: Sweep | None = None, point: dict[str, Any] | None = None) -> None:
        """Defaults, so that the exception can be pickled."""
        super().__init__(message)
        self.partial, self.point = partial, point


class SweepInterrupted(KeyboardInterrupt):
    """Ctrl-C came in mid-sweep; `.partial` is the Sweep so far."""

    def __init__(self, message: str, partial: Sweep | None = None) -> None:
        """Defaults, so that the exception can be pickled."""
        super().__init__(message)
        self.partial = partial


class CheckpointWarning(UserWarning):
    """The checkpoint could not be written; the sweep goes on."""
