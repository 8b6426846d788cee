"""Symbolic steps: every identity is tried at random points, hypotheses of lemmas are sampled, and the claim itself is looked at.

Lemmas are known by their words; what is only trusted is counted in the result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from proofs.checker.balls import Undetermined, precision
from proofs.checker.covers import Refused
from proofs.checker.identities import test_identity
from proofs.checker.lemmas import claim_test, hypothesis_test, known
from proofs.checker.reader import Unreadable
from proofs.checker.trial import trials

BITS = 320


def check_steps(c: Mapping[str, Any], claim: str) -> str:
    """What was found of the steps; raises Refused, Undetermined or Unreadable."""
    steps = c["steps"]
    identities = [n for n, s in enumerate(steps) if "identity" in s]
    lemmas = [s for s in steps if "identity" not in s]
    unknown = next((s for s in lemmas if not known(s.get("lemma", ""))), None)
    if unknown is not None:
        raise Unreadable(f"the lemma {unknown.get('lemma')!r:.60} is not known")
    with precision(BITS):
        at = trials(c)
        for n in identities:
            for trial in at:
                test_identity(trial, steps[n], steps[:n], steps[n:])
        if claim in _ABOUT_STATES and "flow" in c["model"]:
            _speaks_of_every_state(c["model"]["states"], claim, [steps[n]["identity"] for n in identities], lemmas)
        tests = [t for t in (*map(hypothesis_test, lemmas), claim_test(claim, c)) if t is not None]
        for test in tests:
            for trial in at:
                test(trial)
    if not identities and not tests:
        raise Undetermined("the steps are lemmas alone, of which nothing can be computed again")
    points = _count(sum(len(t.points) for t in at), "random point")
    trusted = f"; {_count(len(lemmas), 'lemma')} trusted" if lemmas else ""
    said = [_count(len(identities), "identity")] * bool(identities) + [_count(len(tests), "inequality")] * bool(tests)
    return f"{' and '.join(said)} held at {points}{trusted}"


def _count(n: int, one: str) -> str:
    return f"{n} {one if n == 1 else one[:-1] + 'ies' if one.endswith('y') else one + 's'}"


_ABOUT_STATES = ("energy never increases", "steady states are critical points", "critical points are steady states")


def _speaks_of_every_state(states: Any, claim: str, identities: list[str], lemmas: list[Any]) -> None:
    """An identity for each state, and a lemma for each that is used against its direction."""
    if any(i.startswith(("dE/dt = ", "E + ", "E - ")) or i.endswith("where every state is 0") for i in identities):
        return
    for n in states:
        if not any(re.search(rf"∂E/∂(g_)?{n}\b|\bd{n}(\[[^\]]*\])?/dt|\bf_{n}\b", i) for i in identities):
            raise Refused(f"no identity speaks of the state {n}")
    if claim == "energy never increases" or any(" and " in i or " = -" in i for i in identities):
        return
    against = "∂E/∂" if claim.startswith("critical") else "f "
    turned = sum(i.startswith(against) and "fixed activations" not in i for i in identities)
    if turned > sum(s["lemma"].startswith("an invertible factor") for s in lemmas):
        raise Refused("an identity is used against its direction, and no lemma says that its factor is invertible")


__all__ = ["check_steps"]
