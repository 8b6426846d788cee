"""Search in floating point for a violated inequality g(states, parameters) ≤ 0; what it finds is for exact arithmetic to decide."""
