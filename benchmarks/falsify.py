"""The share of planted faults that the falsifier finds, and the seconds that it needs, against exact draws alone; prints JSON.

    python benchmarks/falsify.py

The gallery is that of the tests (`tests/planted_*.py`): each model is wrong in a small region of states or parameters only, and each search
has SECONDS. "draws" are small exact numbers at random, the first stage of the search, until they run out. Seconds are of the thread's own
processor time, with the shrinking. "digits" is the longest number of a counterexample, numerator and denominator together.
Right lookalikes are searched as well: "refuted wrongly" must be 0.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import thread_time
from typing import Any

from _networks import one_thread

from proofs.draws import flattened
from proofs.falsifier.inequality import rate_inequality
from proofs.falsify import Falsifier, Search
from proofs.question import Question, question

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
SECONDS = 10.0


def measured(asked: Question, climbs: bool) -> tuple[Search, float]:
    """A search and its seconds, the building of its formulas included."""
    start = thread_time()
    claim = rate_inequality(asked.system)
    claim = claim if climbs else replace(claim, formula=None)
    found = Falsifier(claim, asked.fixed or {}, asked.sizes, asked.domain or {}).run(SECONDS)
    return found, thread_time() - start


def digits(asked: Question, found: Search) -> int:
    """The longest number that was not given."""
    assert found.violation is not None
    free = [x for k, v in found.violation.values.items() if k not in (asked.fixed or {}) for x in flattened(v).values()]
    return max(len(str(abs(x.numerator))) + len(str(x.denominator)) for x in free)


def compared(case: Callable[[], Any]) -> dict[str, Any]:
    """One fault, by draws alone and by the whole search."""
    asked = question(*case())
    alone, drawn = measured(asked, climbs=False)
    whole, seconds = measured(asked, climbs=True)
    return {
        "draws": round(drawn, 3) if alone.violation else None,
        "seconds": round(seconds, 3) if whole.violation else None,
        "digits": digits(asked, whole) if whole.violation else None,
    }


def summary(each: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Shares, the median and the longest time of those found."""
    seconds = [row["seconds"] for row in each.values() if row["seconds"] is not None]
    return {
        "faults": len(each),
        "found by draws": sum(row["draws"] is not None for row in each.values()),
        "found": len(seconds),
        "median seconds": round(statistics.median(seconds), 3),
        "longest seconds": max(seconds),
    }


if __name__ == "__main__":
    import planted_mistakes
    import planted_regions

    with one_thread():
        faults = {name: compared(case) for name, case in {**planted_regions.FAULTS, **planted_mistakes.FAULTS}.items()}
        wrong = [measured(question(*case()), climbs=True)[0].violation for case in planted_regions.RIGHT.values()]
    print(
        json.dumps({**summary(faults), "right": len(wrong), "refuted wrongly": sum(v is not None for v in wrong), "each": faults}, indent=1)
    )
