"""The basins on a plane: which steady state each start of a grid reaches, and the boundaries between, refined by bisection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from amsym.errors import InputError
from amsym.words import counted
from numeric.basins.boundary import Boundary, boundary
from numeric.basins.box_entropy import BoxEntropy, box_entropy
from numeric.basins.destinations import Destinations, Following
from numeric.basins.ends import AMBIGUOUS, DIVERGED, TIME_OVER, WORDS, Labels, certified, labelled
from numeric.basins.voronoi import Agreement, agreement
from numeric.components import Pick
from numeric.field import Array
from numeric.steady import SteadyStates, steady_states

if TYPE_CHECKING:
    from numeric.plot.plane import Plane

# Where in its cell a start lies. Off centre, so that no axis or diagonal of symmetry, which is a boundary as a rule, runs
# through a whole row of starts, all of them ambiguous.
PLACE = (0.53, 0.51)


@dataclass(frozen=True, repr=False)
class BasinMap:
    """The starts at x (m,) and y (n,) of a plane, rows along y, and where the flow leads each.

    labels: (n, m), k for the basin of steady state k; -1 ambiguous, -2 diverged, -3 out of time. steady: the certified `SteadyStates`
    that were reached, the largest basin first. limits: of x and of y. boundary: see `Boundary`.
    """

    plane: Plane
    limits: tuple[tuple[float, float], tuple[float, float]]
    x: Array
    y: Array
    labels: Labels
    steady: SteadyStates
    boundary: Boundary

    @property
    def states(self) -> Any:
        """The steady states, (m, n) or {name: (m, ...)}."""
        return self.steady.states

    @property
    def starts(self) -> Array:
        """All starts packed, (n m, width), in the order of `labels.ravel()`."""
        return rows_of(self.plane, np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2))

    def entropy(self, size: int = 5) -> BoxEntropy:
        """The basin entropy over boxes of `size` by `size` starts; see `box_entropy`."""
        return box_entropy(self.labels, size)

    def agreement(self, memories: Any, level: float = 0.95) -> Agreement:
        """How often a start goes to the steady state of its Voronoi cell; see `voronoi.agreement`. The grid counts as a sample."""
        starts = _structured(self.plane, self.starts, self.labels.shape)
        return agreement(self.plane.model, starts, self.labels, self.states, memories, level)

    def __repr__(self) -> str:
        n, m = self.labels.size, len(self.steady)
        names = [w.strip("$").replace("_{", "[").replace("}", "]") for w in self.plane.labels]
        shares = [f"{k}: {count / n:.3f}" for k, count in enumerate(self.steady.visits[:6])] + (["..."] if m > 6 else [])
        lost = [f"{WORDS[c]}: {np.mean(self.labels == c):.3f}" for c in (AMBIGUOUS, DIVERGED, TIME_OVER) if np.any(self.labels == c)]
        size = f"{len(self.x)} x {len(self.y)} starts"
        return "\n".join(
            [
                f"{counted(m, 'basin')} of {self.plane.model.system.name} on ({', '.join(names)}), {size}",
                f"  shares {', '.join([*shares, *lost])}",
                f"  {len(self.boundary.points)} boundary points, each right to {self.boundary.accuracy:.1e}",
            ]
        )

    __str__ = __repr__


def rows_of(plane: Plane, points: Array) -> Array:
    """Points (k, 2) of the plane as packed states (k, width), the other components where the plane holds them."""
    rows = np.tile(plane.held, (len(points), 1))
    rows[:, plane.picks] = points
    return rows


def _structured(plane: Plane, rows: Array, lead: tuple[int, ...]) -> Any:
    """Packed rows as an array where there is one state, else by name."""
    states: Any = plane.restore(rows, batch_shape=lead)
    return next(iter(states.values())) if len(states) == 1 else states


def basin_map(
    system: Any,
    params: Any,
    x: tuple[float, float] = (-3, 3),
    y: tuple[float, float] = (-3, 3),
    *,
    resolution: int = 100,
    accuracy: float = 1e-5,
    plane: Sequence[Pick] | None = None,
    at: Any = None,
    t: float = Following().t,
    rtol: float = Following().rtol,
    method: str = Following().method,
    progress: bool | None = None,
) -> BasinMap:
    """The basins of attraction on a rectangle of the plane of two components, and their boundaries.

    One start in each of `resolution` by `resolution` cells. Where neighbours end differently the edge between them is halved
    until a point of the boundary is known within `accuracy` times the longer side.

    `plane` chooses two components of a larger system, as in `plot.phase_portrait`, and `at` says where the others start. They only
    start there: the whole state moves from then on, whereas a portrait holds them for good.

    >>> import amsym as am
    >>> found = basin_map(am.zoo.hopfield(), {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}, resolution=10)
    >>> len(found.steady), bool(abs(found.boundary.points.sum(axis=1)).max() < 2 * found.boundary.accuracy)  # y_0 + y_1 = 0
    (2, True)

    Raises InputError for limits out of order, a plane that is none, and bad input to `steady_states`.
    """
    from numeric.plot.grid import checked  # matplotlib, which that package loads, is needed for planes alone
    from numeric.plot.plane import plane_of

    limits = checked("x", x), checked("y", y)
    if resolution < 2 or not accuracy > 0:
        raise InputError(f"resolution is {resolution}, accuracy {accuracy}; at least 2 and above 0 were expected: say 100 and 1e-5")
    view, following = plane_of(system, params, plane, at), Following(t, rtol, method)
    a, b = (low + (high - low) * (np.arange(resolution) + place) / resolution for (low, high), place in zip(limits, PLACE, strict=True))
    rows = rows_of(view, np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2))
    starts = _structured(view, rows, (resolution, resolution))
    found = certified(steady_states(view.model, None, starts, t=t, rtol=rtol, method=method, progress=progress))
    labels = labelled(found.origin, found.outcomes)
    phi = Destinations(view.model, rows.shape[1], following, found.regions)
    edges = boundary(lambda p: phi(rows_of(view, p)), a, b, labels, accuracy * max(high - low for low, high in limits))
    return BasinMap(view, limits, a, b, labels, found, edges)
