"""Climbs for a Lagrangian that is not convex: -vᵀ Λ(x) v / |v|² above 0, or L at the middle of a chord above the mean of its ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amsym.activated import opened
from amsym.notation import fresh_indices, total
from proofs.draws import Values
from proofs.falsifier.inequality import Inequality
from proofs.falsifier.search import Falsifier, Search
from proofs.one_variable.chords import Trial, chord_probe, curvature_form, curvature_probe


def curvature_inequality(t: Trial) -> Inequality:
    """-vᵀ Λ(x) v ≤ 0, compared with |v|²."""
    i = fresh_indices(t.x.axes)
    return Inequality(t.system, -curvature_form(t), curvature_probe(t), total(t.v[i] ** 2, *i))


def chord_inequality(t: Trial) -> Inequality:
    """L((x + v)/2) - (L(x) + L(v))/2 ≤ 0, compared with |x - v|²."""
    i = fresh_indices(t.x.axes)
    middle = opened(t.value, {t.x: lambda *where: (t.x[where] + t.v[where]) / 2})
    end = opened(t.value, {t.x: lambda *where: t.v[where]})
    return Inequality(t.system, middle - (t.value + end) / 2, chord_probe(t), total((t.x[i] - t.v[i]) ** 2, *i))


def climbed(t: Trial, fixed: Values, sizes: Mapping[str, int], domain: Mapping[Any, Any], seconds: float) -> Search:
    """A search without draws, for a curvature in half of the seconds and then for a chord; what it started from is added up.

    >>> from amsym import lagrangians
    >>> from amsym.notation import state
    >>> from proofs.one_variable.chords import trial
    >>> x = state("x", "N")
    >>> silu = lagrangians.silu()
    >>> climbed(trial(silu.of(x), x, silu), {}, {}, {}, 2.0).violation is not None
    True
    """
    both = {**domain, t.v.name: domain[t.x.name]} if t.x.name in domain else domain
    first = Falsifier(curvature_inequality(t), fixed, sizes, domain, drawn=False).run(seconds / 2)
    if first.violation is not None:
        return first
    second = Falsifier(chord_inequality(t), fixed, sizes, both, drawn=False).run(seconds / 2)
    second.starts += first.starts
    second.suspect = second.suspect or first.suspect
    return second


__all__ = ["chord_inequality", "climbed", "curvature_inequality"]
