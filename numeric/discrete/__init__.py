"""Discrete time: s ← f(s), in any order of components and blocks; one step is one sweep, a turn for every block."""

from numeric.discrete.orders import Order, read_order
from numeric.discrete.sweeps import simulate_updates

__all__ = ["Order", "read_order", "simulate_updates"]
