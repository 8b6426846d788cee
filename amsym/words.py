"""1 start, 2 starts: nouns beside their number."""

from __future__ import annotations


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """The number and the noun, in the plural unless there is one of it.

    >>> counted(1, "start"), counted(0, "start"), counted(2, "trajectory", "trajectories")
    ('1 start', '0 starts', '2 trajectories')
    """
    return f"{n} {noun if n == 1 else plural or noun + 's'}"
