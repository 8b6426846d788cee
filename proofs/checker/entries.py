"""Verdicts in, verdicts on verdicts out: CONFIRMED, REFUSED or NOT CHECKED, each with the words why.

CONFIRMED    what the certificate says was computed again here, and it carries the status that the verdict claims
REFUSED      it is false, does not show what it should, or is of a kind that can not carry the status
NOT CHECKED  evidence of a search, an undecided claim, a kind or a text that is not read, or a computation that found no end
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from proofs.checker.balls import Undetermined
from proofs.checker.domains import Refused
from proofs.checker.kinds import Evidence, check_certificate
from proofs.checker.points import is_read
from proofs.checker.reader import Unreadable


class Outcome(enum.StrEnum):
    """What the checker found."""

    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    NOT_CHECKED = "NOT CHECKED"


@dataclass(frozen=True)
class Checked:
    """A verdict's name, its status, the outcome, and why."""

    name: str
    status: str
    outcome: Outcome
    words: str


class BadFile(Exception):
    """Not JSON, or no verdicts in it."""


STATUSES = ("PROVED", "CERTIFIED", "SUPPORTED", "REFUTED", "VACUOUS", "UNDECIDED")
_SEARCHES = ("statistical", "samples", "attempts", "floating point")
_AGAINST = ("exact counterexample", "counterexample in a box", "two steady states", "no steady state", "interval cover", "exact matrix")
# Which kinds may carry a status; another known kind is refused.
CARRIES: dict[str, tuple[str, ...]] = {
    "PROVED": ("symbolic steps", "exact matrix"),
    "CERTIFIED": (
        "symbolic steps",
        "interval cover",
        "pattern cover",
        "exact matrix",
        "contraction",
        "definite matrix",
        "invertible matrix",
        "rank of exact samples",
        "inertia",
    ),
    "REFUTED": _AGAINST,
    "VACUOUS": ("symbolic steps", "empty hypothesis", "exact matrix", "interval cover"),
    "SUPPORTED": _SEARCHES,
}
# What the certificate of a refuted property has to say, by parts of its inequality or its kind.
_DENIES: dict[str, tuple[str, ...]] = {
    "energy never increases": ("dE/dt > 0", "update minus E before > 0", "energy rate"),
    "energy bounded below": ("E → -∞",),
    "energy coercive": ("E → ",),
    "smooth": (" along ", " is not defined"),
    "Lagrangians convex": ("Λ(", "L(("),
    "energy flat along dead directions": ("|E(",),
    "steady states are critical points": ("f = 0 exactly", "∂E/∂"),
    "critical points are steady states": ("∇E = 0 exactly", "/dt ≠ 0"),
    "steady state unique": ("two steady states", "no steady state", "interval cover"),
}


# The field whose zeros a claim is about, and the inequality that a claim is: left side, relations, and the largest right side.
_FOUND = {"every steady state in the box was found": "flow", "every critical point in the box was found": "gradient"}
_BOUNDS = {
    "energy never increases": ("energy rate", ("<=", "≤", "<"), 0.0),
    "energy bounded below": ("energy", (">=", "≥", ">"), float("inf")),
}


def check_verdict(v: Mapping[str, Any], name: str = "") -> Checked:
    """Whether a verdict's certificate stands up to being computed again.

    >>> print(check_verdict({"claim": "n > 0", "status": "PROVED", "certificate": {"kind": "statistical", "draws": 9}}).outcome)
    REFUSED
    """
    claim, status = str(v.get("claim", v.get("id", ""))), str(v.get("status"))
    certificate = v.get("certificate") or {}

    def found(outcome: Outcome, words: str) -> Checked:
        return Checked(name or claim, status, outcome, words)

    if status not in STATUSES:
        return found(Outcome.REFUSED, f"{status!r} is no status")
    if status == "UNDECIDED":
        return found(Outcome.NOT_CHECKED, "nothing is claimed")
    try:
        _carried(claim, status, certificate)
        return found(Outcome.CONFIRMED, check_certificate(certificate, claim))
    except Refused as error:
        return found(Outcome.REFUSED, str(error))
    except (Undetermined, Unreadable, Evidence) as error:
        return found(Outcome.NOT_CHECKED, str(error))
    except RecursionError:
        return found(Outcome.NOT_CHECKED, "a formula or a tree is nested too deep")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, OverflowError) as error:
        return found(Outcome.REFUSED, f"the certificate is not complete or not well formed ({type(error).__name__}: {error})")


def _carried(claim: str, status: str, c: Mapping[str, Any]) -> None:
    """Whether this kind of certificate can carry this status of this claim."""
    kind = c.get("kind")
    known = {k for kinds in CARRIES.values() for k in kinds}
    if kind in known and kind not in CARRIES[status]:
        raise Refused(f"a verdict {status} can not rest on a certificate of the kind {kind!r}")
    if status == "REFUTED" and claim in _DENIES and kind in known and is_read(c.get("inequality", {})):
        said = f"{kind} {c.get('inequality', '')}"
        if not any(words in said for words in _DENIES[claim]):
            raise Refused(f"the certificate does not speak against the claim {claim!r}")
    if status == "REFUTED" and kind == "exact matrix" and not str(c.get("property")).startswith(("not ", "indefinite", "negative")):
        raise Refused("a refuted claim about a matrix needs a vector against it")
    if status in ("PROVED", "CERTIFIED") and kind == "exact matrix" and str(c.get("property")).startswith("not "):
        raise Refused("a vector or a point against a claim does not show it")
    if status == "REFUTED" and kind == "interval cover" and "zeros of" not in c:
        raise Refused("a refuted claim needs a counterexample, and a cover shows that something holds")
    if kind == "pattern cover" and claim not in ("", "every steady state is listed"):
        raise Refused("a pattern cover shows that every steady state is listed, and nothing else")
    if kind == "interval cover":
        _cover_fits(claim, status, c)


def _cover_fits(claim: str, status: str, c: Mapping[str, Any]) -> None:
    inner = [z for z in c.get("zeros", ()) if not z.get("outside")]
    if claim == "steady state unique" and "zeros of" in c and ("tree" in c or "unique" not in c):
        whole = "tree" in c and not c.get("undecided")
        if not (len(inner) >= 2 if status == "REFUTED" else whole and len(inner) == 1):
            raise Refused(f"{len(inner)} zeros do not make the claim {status}")
    if claim in ("steady state is stable", "steady state is unstable") and [z["index"] == 0 for z in inner] != [claim.endswith(" stable")]:
        raise Refused("the index does not make the claim true")
    if status == "CERTIFIED" and c.get("undecided"):
        raise Refused("a certified cover leaves nothing open")
    if claim in _FOUND and (c.get("zeros of") != _FOUND[claim] or not {"tree", "domain"} <= set(c)):
        raise Refused("the certificate does not cover a domain for these zeros")
    if claim in _BOUNDS and "computed" not in c:
        left, relations, most = _BOUNDS[claim]
        for i in (part.get("inequality") or {} for part in c.get("parts", [c])):
            if i.get("left") != left or i.get("relation") not in relations or float(str(i.get("right")).split("/")[0]) > most:
                raise Refused(f"the inequality is not {left} {relations[0]} {'0' if most == 0 else 'a number'}")


def read_entries(text: str) -> list[tuple[str, Mapping[str, Any]]]:
    """(name, verdict) for everything in the text of a file; raises BadFile.

    A list of reports, a report, a list of verdicts or claims, or one verdict.
    """
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadFile(f"this is no JSON: {error}") from error
    found = list(_entries(data, ""))
    if not found and data not in ([], {}):
        raise BadFile(
            'there are no verdicts in it; expected what `amsym verify MODEL --json` prints, or {"claim", "status", "certificate"}'
        )
    return found


def _entries(data: Any, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(data, list):
        for item in data:
            yield from _entries(item, prefix)
    elif isinstance(data, Mapping) and isinstance(data.get("verdicts"), Mapping):
        for key, v in data["verdicts"].items():
            if isinstance(v, Mapping):
                yield f"{data.get('name', '')}: {key}", {"claim": key, **v}
    elif isinstance(data, Mapping) and "status" in data:
        yield prefix + str(data.get("id", data.get("claim", ""))), data


def check_text(text: str) -> list[Checked]:
    """Every verdict in the text of a file, checked; raises BadFile."""
    return [check_verdict(v, name) for name, v in read_entries(text)]


__all__ = ["BadFile", "Checked", "Outcome", "check_text", "check_verdict", "read_entries"]
