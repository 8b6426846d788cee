"""A Verdict says what was claimed, what was found, and on what evidence; there are six statuses and no seventh."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from amsym.errors import AmsymError


class Status(enum.StrEnum):
    """What a verdict found."""

    PROVED = "PROVED"  # an exact argument covers all that the claim allows
    CERTIFIED = "CERTIFIED"  # interval or exact rational computation covers a stated finite domain
    SUPPORTED = "SUPPORTED"  # a search found no counterexample: evidence, no proof
    REFUTED = "REFUTED"  # an explicit counterexample, confirmed exactly or by intervals
    VACUOUS = "VACUOUS"  # the hypotheses cannot hold
    UNDECIDED = "UNDECIDED"  # none of these: the reason says what was tried


# A reason has at least so many columns, however long the names are.

HOLDS = {Status.PROVED: True, Status.CERTIFIED: True, Status.REFUTED: False}


class Undecided(AmsymError):
    """A verdict that is neither true nor false was used as a truth value."""


@dataclass(frozen=True)
class Verdict:
    """A claim with its status, the certificate, the reason in words and the source.

    >>> v = Verdict("energy never increases", Status.PROVED, {"kind": "steps", "steps": []}, "identity and lemma")
    >>> v.holds, Verdict.from_json(v.to_json()) == v
    (True, True)
    """

    claim: str
    status: Status
    certificate: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    source: str = ""

    @property
    def holds(self) -> bool | None:
        """True when proved or certified, False when refuted, else None."""
        return HOLDS.get(self.status)

    def __post_init__(self) -> None:
        object.__setattr__(self, "certificate", _plain(self.certificate))

    def __bool__(self) -> bool:
        if self.holds is None:
            raise Undecided(f"'{self.claim}' is {self.status}, neither true nor false ({self.reason}); ask verdict.holds or verdict.status")
        return self.holds

    def __hash__(self) -> int:
        return hash((self.claim, self.status, self.reason))

    def to_json(self) -> str:
        """The verdict as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "claim": self.claim,
            "status": str(self.status),
            "certificate": dict(self.certificate),
            "reason": self.reason,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """Read a verdict back; raises AmsymError for text that is none."""
        return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """A verdict from plain data."""
        missing = {"claim", "status"} - set(data)
        if missing:
            raise AmsymError(f"a verdict needs the fields claim and status, got {sorted(data)}")
        if data["status"] not in Status.__members__:
            raise AmsymError(f"a verdict's status is one of {', '.join(Status)}, got {data['status']!r}")
        known = {key: data[key] for key in ("certificate", "reason", "source") if key in data}
        return cls(data["claim"], Status(data["status"]), **known)

    def _repr_html_(self) -> str:
        from amsym.render.verdict_rows import verdict_shown

        return verdict_shown(self)

    def __str__(self) -> str:
        return f"{self.claim}: {self.status}" + (f" ({self.reason})" if self.reason else "")


def _plain(data: Any) -> Any:
    """Dicts, lists and scalars, as JSON gives them back; a row handed over as a tuple is a list."""
    if isinstance(data, Mapping):
        return {key: _plain(value) for key, value in data.items()}
    return [_plain(value) for value in data] if isinstance(data, (list, tuple)) else data


# The order in which a Report shows its keys; a key appears once something decides it.
KEYS = (
    "energy never increases",
    "energy bounded below",
    "energy coercive",
    "smooth",
    "Lagrangians convex",
    "dead directions",
    "energy flat along dead directions",
    "symmetries",
    "steady states are critical points",
    "critical points are steady states",
    "steady state unique",
)


class Report(Mapping[str, Verdict]):
    """The verdicts on one model by the name of the property, in a fixed order."""

    def __init__(self, verdicts: Mapping[str, Verdict], *, name: str = "System", seconds: Mapping[str, float] | None = None) -> None:
        rank = {key: n for n, key in enumerate(KEYS)}
        ordered = sorted(verdicts.items(), key=lambda kv: rank.get(kv[0], len(rank)))
        self._verdicts = {key: replace(v, claim=key) if not v.claim else v for key, v in ordered}
        self.name, self.seconds = name, dict(seconds or {})

    def __getitem__(self, key: str) -> Verdict:
        if key not in self._verdicts:
            raise KeyError(f"the report has no verdict on {key!r}; it has {', '.join(self._verdicts) or 'none'}")
        return self._verdicts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._verdicts)

    def __len__(self) -> int:
        return len(self._verdicts)

    def to_json(self) -> str:
        """The report as JSON text."""
        data = {"name": self.name, "verdicts": {k: v.to_dict() for k, v in self.items()}, "seconds": self.seconds}
        return json.dumps(data, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read a report back."""
        data = json.loads(text)
        return cls({k: Verdict.from_dict(v) for k, v in data["verdicts"].items()}, name=data["name"], seconds=data.get("seconds"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Report) and (self.name, self._verdicts) == (other.name, other._verdicts)

    __hash__ = None  # type: ignore[assignment]

    def _repr_html_(self) -> str:
        from amsym.render.verdict_rows import verdicts_shown

        return verdicts_shown(self)

    def text(self, width: int = 100) -> str:
        """A line for each property with status and seconds, and its reason below, wrapped to the width."""
        from amsym.render.verdicts import verdicts_text

        return verdicts_text(self, width)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def took(seconds: float | None) -> str:
    """Seconds as a report shows them; nothing where they were not taken.

    >>> took(0.034)
    '0.03 s'
    """
    return "" if seconds is None else f"{seconds:.2f} s"
