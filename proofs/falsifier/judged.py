"""What balls say of an inequality at one exact point: violated, denied, or left open; a float alone is never a refutation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from amsym.render.numbers import value_in_words
from numeric.rigorous import Undetermined
from proofs.draws import Values, plain
from proofs.falsifier.inequality import Inequality
from proofs.probes import OnKink, finite
from proofs.shrinking import Violation


@dataclass(frozen=True)
class Judged:
    """A point, the violation if it is one, the value where balls tell its sign; else why they do not ('' on a kink), and its bound."""

    values: Values
    violation: Violation | None = None
    value: float | None = None
    reason: str = ""
    most: float = float("inf")


def judged(claim: Inequality, sizes: Mapping[str, int], values: Values) -> Judged:
    """Evaluate a claim at an exact point."""
    try:
        value, what = finite(*claim.probe(sizes, values))
    except OnKink:
        return Judged(values)
    except (Undetermined, ZeroDivisionError) as error:
        return Judged(values, reason=str(error))
    if claim.violated(value):
        return Judged(values, Violation(dict(sizes), values, value, what, claim.strict), float(value))
    if claim.open(value):
        return Judged(values, reason=f"{what} lies in {value.str(5)}", most=float(value.upper()))
    return Judged(values, value=float(value))


@dataclass(frozen=True)
class Suspect:
    """A violation that floats see and balls leave open: its sizes, exact values, the score in floats, and why balls do not settle it."""

    sizes: dict[str, int]
    values: Values
    score: float
    reason: str

    def certificate(self) -> dict[str, Any]:
        """The point as plain data."""
        values = {str(k.name): plain(v) for k, v in self.values.items()}
        return {"kind": "attempts", "margin": self.score, "sizes": self.sizes, "values": values, "not confirmed because": self.reason}

    def words(self) -> str:
        """The point in one line."""
        places = ", ".join(f"{k.name} = {value_in_words(v)}" for k, v in self.values.items())
        return f"suspected, not confirmed: a violation by {self.score:.3g} in floating point at {places}; {self.reason}"

    __str__ = __repr__ = words


__all__ = ["Judged", "Suspect", "judged"]
