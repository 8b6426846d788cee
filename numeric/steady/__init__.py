"""Steady states: where the flow goes from given starts, with the regions that hold them and what they recall."""

from numeric.steady.arrivals import Arrival
from numeric.steady.region import Region
from numeric.steady.states import SteadyStates, steady_states

__all__ = ["Arrival", "Region", "SteadyStates", "steady_states"]
