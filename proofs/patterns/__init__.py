"""Steady states of piecewise affine flows, enumerated over the patterns of their kinks in exact rationals."""

from proofs.patterns.affine import is_piecewise_affine
from proofs.patterns.enumeration import enumerate_states
from proofs.patterns.result import Continuum, PatternState, PatternStates

__all__ = ["Continuum", "PatternState", "PatternStates", "enumerate_states", "is_piecewise_affine"]
