"""Outcomes whose value is a sentence: `Outcome.STEADY` at the prompt, the sentence under `.value`."""

from __future__ import annotations

import enum


class Sentence(enum.Enum):
    """A name for what happened, and a sentence that says it; an array of a hundred of them prints the names.

    >>> class End(Sentence):
    ...     OVER = "the time was over"
    >>> End.OVER, End.OVER.value
    (End.OVER, 'the time was over')
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"
