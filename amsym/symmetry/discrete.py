"""Discrete symmetries of an energy: signs turned, states exchanged, places of an axis permuted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Discrete:
    """kind: "flip", "swap" or "permutation"; names: the states, or the axis; steps: the identity or lemma that shows it."""

    kind: str
    names: tuple[str, ...]
    words: str
    steps: tuple[Mapping[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.words
