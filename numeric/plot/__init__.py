"""Pictures: `phase_portrait`, `landscape`, `energy_along`, `spectrum`, `basins`, `hypergraph` and `continuation_diagram`, each drawn on
an Axes and handing it back.

Nothing here shows a window or changes matplotlib's settings; pass `ax=` to place a picture in a figure of your own, and
`layout="constrained"` to `plt.subplots`, as legends stand below the axes. `ax.figure.savefig(path)` writes one.
"""

from numeric.plot.basins import basins
from numeric.plot.continuation import continuation_diagram
from numeric.plot.flat import FlatCells, flat_cells
from numeric.plot.hypergraph import hypergraph
from numeric.plot.landscape import landscape
from numeric.plot.plane import Plane, plane_of
from numeric.plot.portrait import phase_portrait
from numeric.plot.spectrum import Eigenvalues, eigenvalues, spectrum
from numeric.plot.steady import SteadyPoints, steady_points
from numeric.plot.trajectories import energy_along

__all__ = [
    "Eigenvalues",
    "FlatCells",
    "Plane",
    "SteadyPoints",
    "basins",
    "continuation_diagram",
    "eigenvalues",
    "energy_along",
    "flat_cells",
    "hypergraph",
    "landscape",
    "phase_portrait",
    "plane_of",
    "spectrum",
    "steady_points",
]
