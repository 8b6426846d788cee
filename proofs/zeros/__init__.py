"""Zeros of flows and gradients: exact points, Krawczyk boxes, pairs of steady states, contraction."""
