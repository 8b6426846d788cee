"""Stability of steady states with dead neurons: projectors, the reduced Jacobian and its spectrum, states from energy minima."""

from numeric.stability.result import Stability
from numeric.stability.study import stability

__all__ = ["Stability", "stability"]
