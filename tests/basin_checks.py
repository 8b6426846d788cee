"""Models with known basins, and checks of a claimed basin that share nothing with the search: simulation, and draws on its boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

import amsym as am
from numeric.steady.polish import polish

Array = np.ndarray[Any, Any]


def double_well() -> am.System:
    """dy/dt = y - y³ in each component: the basin of (1, ..., 1) is the positive orthant, its saddles lie at distance 1."""
    i, y = am.index("i", "N"), am.state("y", "N")
    return am.System(flow={y[i]: y[i] - y[i] ** 3}, energy=am.total(y[i] ** 4 / 4 - y[i] ** 2 / 2, i), name="double well")


def dense_memory() -> am.System:
    """dv/dt = -∇E with E = |v|²/2 - log(Σ_k exp(β ξ_k·v))/β."""
    i, j, k = am.index("i", "N"), am.index("j", "N"), am.index("k", "K")
    v, xi, beta = am.state("v", "N"), am.parameter("xi", "K N"), am.parameter("beta", positive=True)
    E = am.total(v[i] ** 2, i) / 2 - sp.log(am.total(sp.exp(beta * am.total(xi[k, j] * v[j], j)), k)) / beta
    return am.System(flow={v[i]: -am.derivative(E, v[i])}, energy=E, name="dense memory")


def stuck_at(system: Any, params: Any, starts: Array, state: Array, t: float = 400.0) -> Array:
    """The starts (rows, n) whose trajectories do not end at the state, as a simulation tells."""
    end = np.asarray(am.simulate(system, params, starts, t=t, energy_check=False).end)
    return starts[np.abs(end - state).max(axis=1) > 1e-3 * (1 + np.abs(state).max())]


def drawn_in(box: tuple[Array, Array], contains: Callable[[Array], bool], rng: np.random.Generator, count: int) -> Array:
    """Draws from the box that the set has, those far from its middle preferred; at most `count`."""
    low, high = (np.asarray(end, dtype=float) for end in box)
    shares = rng.beta(0.5, 0.5, (40 * count, low.size))
    return np.array([y for y in low + shares * (high - low) if contains(y)][:count]).reshape(-1, low.size)


def pushed(state: Array, saddle: Array, factor: float, reach: float) -> Array:
    """The state moved towards the saddle by `factor` times the share of the way that a set reaches."""
    return state + factor * reach * (saddle - state)


def reach_towards(contains: Callable[[Array], bool], state: Array, saddle: Array) -> float:
    """The largest share of the way to the saddle, of 1000, at which the set has the state there."""
    shares = np.arange(1, 1001) / 1000
    inside = [contains(state + s * (saddle - state)) for s in shares]
    return float(shares[: inside.index(False)].max(initial=0.0)) if False in inside else 1.0


def leaves_of(tree: Any, low: Array, high: Array) -> Iterator[tuple[str, Array, Array]]:
    """The leaves of a certificate's tree with their boxes."""
    if isinstance(tree, str):
        yield tree, low, high
        return
    k, at, below, above = tree
    middle_high, middle_low = high.copy(), low.copy()
    middle_high[k] = middle_low[k] = at
    yield from leaves_of(below, low, middle_high)
    yield from leaves_of(above, middle_low, high)


def ball_faults_of(model: Any, certificate: Any, rng: np.random.Generator) -> list[str]:
    """What draws find wrong with a certificate's ball: on it the distance must fall at the rate that is claimed, less the slack."""
    ball = certificate["basin"]["ball"]
    center = np.array([float(sp.Rational(x)) for x in next(iter(ball["center"].values()))])
    P, r, m = np.array(ball["metric"], dtype=float), float(ball["radius"]), float(ball["rate"])
    ways = rng.normal(size=(400, len(center)))
    shares = np.concatenate([np.ones(200), rng.random(200)])
    d = ways * (r * shares / np.sqrt(np.einsum("zi,ij,zj->z", ways, P, ways)))[:, None]
    length = np.sqrt(np.einsum("zi,ij,zj->z", d, P, d))
    speed = np.einsum("zi,ij,zj->z", d, P, model.flow(center + d)) / length
    found = [] if np.all(speed <= -m * (length - float(ball["slack"])) + 1e-12) else ["the distance does not fall at the rate"]
    J = [model.jacobian(center + part * float(ball["core"]) / r) for part in d[:50]]
    if any(np.linalg.eigvalsh(P @ A + A.T @ P)[-1] >= 0 for A in J):
        found.append("J does not contract on the core")
    f = model.flow(center)
    if np.sqrt(f @ P @ f) > m * float(ball["slack"]) * (1 + 1e-9) + 1e-300 or not 2 * float(ball["slack"]) < float(ball["core"]) <= r:
        found.append("the slack does not hold f at the centre")
    return found


def faults_of(model: Any, certificate: Any, rng: np.random.Generator) -> list[str]:
    """What draws find wrong with a certificate's sublevel set: an empty list for a sound one."""
    basin, (low, high) = (
        certificate["basin"],
        (np.array([float(sp.Rational(x)) for x in end]) for end in next(iter(certificate["domain"].values()))),
    )
    level = basin["sublevel"]["level"]
    center = np.array([float(sp.Rational(x)) for x in next(iter(basin["ball"]["center"].values()))])
    leaves = list(leaves_of(basin["sublevel"]["tree"], low, high))
    found = []
    for name, a, b in leaves:
        corners = np.array(list(product(*zip(a, b, strict=True))))
        points = np.concatenate([corners, rng.uniform(a, b, (20, len(a)))])
        if name == "out" and model.energy(points).min() <= level:
            found.append("E <= c on a box that is out")
        if name == "in":
            P = np.array(basin["ball"]["metric"], dtype=float)
            zero = polish(model, (a + b) / 2)
            held = zero.converged and np.all(a <= zero.y) and np.all(zero.y <= b)
            if held and (zero.y - center) @ P @ (zero.y - center) > float(basin["ball"]["radius"]) ** 2:
                found.append("a steady state in a box that is in")
            for k, side in product(range(len(a)), (-1, 1)):
                end, border = (b[k], high[k]) if side > 0 else (a[k], low[k])
                on = points[points[:, k] == end]
                if end == border and len(on) and np.any((side * model.flow(on)[:, k] >= 0) & (model.energy(on) <= level)):
                    found.append("the flow leaves through a face")
    inside, others = ([(a, b) for name, a, b in leaves if name == kind] for kind in ("in", "other"))
    if any(np.all(a <= d) and np.all(c <= b) for a, b in inside for c, d in others):
        found.append("a box that is in touches one of which nothing is known")
    if not any(np.all(a <= center) and np.all(center <= b) for a, b in inside):
        found.append("no box that is in holds the state")
    return found
