"""The numeric floor: compiled models, integrators, steady states, stability, enclosures, basins, sweeps and pictures."""
