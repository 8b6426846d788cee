"""Stability of steady states with dead neurons: projectors, the reduced Jacobian and its spectrum, states from energy minima."""

from numeric.stability.recover import recover_state
from numeric.stability.result import Stability
from numeric.stability.study import stability

__all__ = ["Stability", "recover_state", "stability"]
