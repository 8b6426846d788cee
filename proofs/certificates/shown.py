"""What the checker found, in lines: one for each verdict, why where it was not confirmed, and the counts."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from proofs.checker.entries import Checked, Outcome

HEAD = 13


def checked_text(found: Sequence[Checked], width: int = 80, *, every: bool = False) -> str:
    """Lines of at most `width` columns; `every`: also what was computed again for those that were confirmed.

    >>> print(checked_text([Checked("n: smooth", "PROVED", Outcome.REFUSED, "the formulas hold a kink")]))
    REFUSED      n: smooth (PROVED)
                 the formulas hold a kink
    <BLANKLINE>
    1 verdict: 0 confirmed, 1 refused, 0 not checked
    """
    lines = [line for c in found for line in _lines(c, width, every)]
    counts = Counter(c.outcome for c in found)
    said = ", ".join(f"{counts[o]} {o.lower()}" for o in Outcome)
    total = f"{len(found)} verdict{'' if len(found) == 1 else 's'}: {said}"
    return "\n".join([*lines, "", total] if lines else [total])


def _lines(c: Checked, width: int, every: bool) -> list[str]:
    head = textwrap.wrap(f"{c.name} ({c.status})", width, initial_indent=f"{c.outcome:<{HEAD}}", subsequent_indent=" " * (HEAD + 2))
    if c.outcome is Outcome.CONFIRMED and not every:
        return head
    below = " " * HEAD
    return head + textwrap.wrap(c.words, width, initial_indent=below, subsequent_indent=below)


__all__ = ["checked_text"]
