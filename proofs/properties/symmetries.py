"""Which affine fields v(y) = A y + c and which discrete changes of the state leave the energy as it is?

PROVED: every symmetry listed first was shown by an identity, for every size, every parameter as declared (or, with params,
    for these numbers) and every state at which the energy is defined. Whether there are others is said after it.
CERTIFIED: none by an identity for every size, but at the stated sizes the list is complete: generators for given numbers
    were shown exactly there, and the rank of exact samples shows that there is no further affine one ("none" included).
SUPPORTED: nothing proved; samples at the stated sizes show none, or show some that have no proof but stand finite steps.
UNDECIDED: nothing proved, and no samples, or samples that exclude others as little as finite steps confirm them.
"""

from __future__ import annotations

from typing import Any

from amsym.symmetry import Complete, Family, Symmetries, complete_words, size_words
from amsym.verdict import Status, Verdict
from proofs.question import Question
from proofs.symmetry.found import of_question
from proofs.symmetry.search import SEED

CLAIM = "symmetries"


def decide(question: Question) -> Verdict | None:
    """The verdict on the symmetries of the energy: which were found, and whether these are all affine ones."""
    if question.system.energy is None:
        return None
    return verdict_of(of_question(question))


def verdict_of(found: Symmetries) -> Verdict:
    """The verdict that what was found amounts to."""
    proved = [*found.generators, *found.discrete]
    exact = [g for g in found.at_sizes if g.exact]
    certified = bool(found.complete) and any(c.certified for c in found.complete if not c.shifts_only)
    certificate = _certificate(found)
    reason = "; ".join([_listed(found), *_remarks(found)])
    if proved:
        return Verdict(CLAIM, Status.PROVED, {"kind": "symbolic steps", **certificate}, reason)
    if exact or (certified and not found.at_sizes):
        return Verdict(CLAIM, Status.CERTIFIED, {"kind": "rank of exact samples", **certificate}, reason)
    if found.at_sizes or found.unproved or any(c.numerical is not None and not c.open for c in found.complete):
        return Verdict(CLAIM, Status.SUPPORTED, {"kind": "samples", **certificate}, reason)
    return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts", **certificate}, reason)


def _listed(found: Symmetries) -> str:
    words = [_short(f) for f in found.generators] + [d.words for d in found.discrete]
    words += [f"{g} (at these sizes and numbers)" for g in found.at_sizes if g.exact]
    if words:
        return "; ".join(words)
    if found.unproved or found.at_sizes or _is_left_open(found):
        return "none proved"
    return "no sign flip and no permutation found" if any(s.values for s in found.states) else "none"


def _is_left_open(found: Symmetries) -> bool:
    """Whether there may be others for all that is known."""
    if any(c.certified for c in found.complete):
        return False
    return bool(found.open) or any(c.open or c.numerical is None or c.numerical > c.dimension for c in found.complete)


def _short(f: Family) -> str:
    return f.words if f.words and not f.words.endswith("proportion") else f.lines


def _remarks(found: Symmetries) -> list[str]:
    remarks = [f"fits all samples and finite steps, not proved: {_short(f)}" for f in found.unproved]
    remarks += [f"numerical only: {g}" for g in found.at_sizes if not g.exact]
    return [*remarks, *_completeness(found.complete), *found.open]


def _completeness(complete: tuple[Complete, ...]) -> list[str]:
    """One remark for all sizes at which the rank was certified, and one for each other."""
    sure = [c for c in complete if c.certified]
    words = [complete_words(sure[0])] if len(sure) == 1 else []
    if len(sure) > 1:
        where = " and at ".join(size_words(c.sizes) for c in sure)
        words = [f"no further affine generators at {where} (rank certified from exact samples)"]
    others = [c for c in complete if not c.certified]
    # Sizes at which too few samples came in time are worth a word only where there are no others.
    return words + [complete_words(c) for c in others if c.numerical is not None or not sure]


def _certificate(found: Symmetries) -> dict[str, Any]:
    steps = [{"symmetry": str(f), **step} for f in found.generators for step in f.steps]
    steps += [{"symmetry": d.words, **step} for d in found.discrete for step in d.steps]
    counts = [
        {
            "sizes": dict(c.sizes),
            "dimension": c.dimension,
            "found numerically": c.numerical,
            "not excluded": c.open,
            "rank certified": c.certified,
            "samples": c.samples,
            "counted": "shifts alone" if c.shifts_only else "all affine generators",
        }
        for c in found.complete
    ]
    here = [{"generator": str(g), "sizes": dict(g.sizes), "exact": g.exact} for g in found.at_sizes]
    return {"steps": steps, "complete": counts, "at sizes": here, "not proved": [str(f) for f in found.unproved], "seed": SEED}
