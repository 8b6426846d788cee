"""Inequalities for every state of a box at given parameters: g ≤ c, convexity, contraction; each with a cover or an exact violation."""

from proofs.inequalities.matrices_on_box import convex_on_box
from proofs.inequalities.on_box import holds_on_box
from proofs.inequalities.one_steady_state import contracts_on_box

__all__ = ["contracts_on_box", "convex_on_box", "holds_on_box"]
