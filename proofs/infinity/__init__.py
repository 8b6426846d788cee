"""Energies far out: paths with series in r, confirmed in balls; definite forms of given numbers."""
