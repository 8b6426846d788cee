"""Flows whose basins are known in closed form."""

from __future__ import annotations

import numpy as np
import sympy as sp

import amsym as am

i, j, a = am.index("i", "N"), am.index("j", "N"), am.index("a", "K")
y = am.state("y", "N")

# Steady states {-1, 0, 1}^N; the basin of a corner is its orthant.
wells = am.System(flow={y[i]: y[i] - y[i] ** 3}, energy=am.total(y[i] ** 4 / 4 - y[i] ** 2 / 2, i))

# |y_i| < 1 for all i flows to 0, every other start diverges.
trap = am.System(flow={y[i]: y[i] ** 3 - y[i]})

# dr/dt = r³ - r, dφ/dt = 1: the boundary r = 1 is a cycle.
p, q = am.state("p"), am.state("q")
cycle = am.System(flow={p: p * (p**2 + q**2 - 1) - q, q: q * (p**2 + q**2 - 1) + p})

# [modern_methods] eq. (5.22): E = -1/β log Σ_a exp(-β |y - ξ_a|²), dy/dt = -∇E.
xi, beta = am.parameter("xi", "K N"), am.parameter("beta", positive=True)
_E = -sp.log(am.total(sp.exp(-beta * am.total((y[i] - xi[a, i]) ** 2, i)), a)) / beta
clustering = am.System(flow={y[j]: -am.derivative(_E, y[j])}, energy=_E)
CENTRES = np.array([[0.25, 0.3], [0.55, 0.35], [0.7, 0.85]])
