"""Basins of attraction: their shares, their boundaries, the saddles on them, and how far a memory may be corrupted."""

from numeric.basins.boundary import Boundary
from numeric.basins.box_entropy import BoxEntropy, box_entropy
from numeric.basins.edge import EdgeOutcome, EdgeState, edge_state
from numeric.basins.plane_map import BasinMap, basin_map
from numeric.basins.radius import Radius, retrieval_radius
from numeric.basins.sampling import Gaussian
from numeric.basins.shares import Basins, Share, basins
from numeric.basins.voronoi import Agreement
from numeric.basins.wilson import wilson

__all__ = [
    "Agreement",
    "BasinMap",
    "Basins",
    "Boundary",
    "BoxEntropy",
    "EdgeOutcome",
    "EdgeState",
    "Gaussian",
    "Radius",
    "Share",
    "basin_map",
    "basins",
    "box_entropy",
    "edge_state",
    "retrieval_radius",
    "wilson",
]
