"""What went wrong, what was expected, what came, and what to do: every error that amsym raises on purpose."""

from __future__ import annotations


class AmsymError(ValueError):
    """The parent of amsym's own errors; a ValueError, so callers may treat it as one."""


class NotationError(AmsymError):
    """An index expression that does not mean anything: a wrong axis, a missing index, an unknown name."""


class ModelError(AmsymError):
    """A System, Layer, synapse or Memory whose parts do not fit together."""


class InputError(AmsymError):
    """Numbers that do not fit the model: a shape, a missing parameter, a broken assumption, NaN."""
