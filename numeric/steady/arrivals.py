"""How a start arrived at a steady state, or why it did not, in one of four sentences."""

from __future__ import annotations

from numeric.sentences import Sentence


class Arrival(Sentence):
    """What became of a start; the value is the sentence."""

    CONVERGED = "it entered a region around the steady state that no trajectory leaves"
    AMBIGUOUS = "it settled where no region holds it, or a tighter tolerance leads it to another steady state"
    DIVERGED = "the state became non-finite or larger than 1e12, or no step was small enough to go on"
    TIME_OVER = "the time, or the number of steps allowed, was over before it settled"
