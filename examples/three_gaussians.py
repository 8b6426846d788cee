"""How many minima has the log-sum-exp energy of three equal Gaussians on an equilateral triangle? One, four or three.

    python examples/three_gaussians.py

E = -log Σ_m exp(-β |x - ξ_m|²/2)/β with centres at distance 1 from their middle. While the Gaussians overlap there is one minimum, in
the middle. At β = 1.8304... three more are born beside it, each with a saddle; at β = 2 the three saddles meet in the middle, whose
curvature 1 - β/2 changes sign there, and three are left. Every count is certified for its β: one box for each critical point
and a proof that there is no other.
"""

import numpy as np
import sympy as sp

import amsym as am

d = am.index("d", "D")
m = am.index("m", "K")
x = am.state("x", "D")
xi = am.parameter("xi", "K D")
beta = am.parameter("beta", positive=True)

energy = -sp.log(am.total(sp.exp(-beta * am.total((x[d] - xi[m, d]) ** 2, d) / 2), m)) / beta
mixture = am.System(flow={x[d]: -am.derivative(energy, x[d])}, energy=energy, name="three Gaussians")

TRIANGLE = np.array([[np.cos(a), np.sin(a)] for a in 2 * np.pi * np.arange(3) / 3])
DOMAIN = {"x": (-1.5, 1.5)}


def critical_points(at: float) -> am.EnclosedStates:
    """All critical points in the box for this β."""
    return am.enclose_critical_points(mixture, {"xi": TRIANGLE, "beta": at}, DOMAIN)


def bracket(low: float, high: float, width: float) -> tuple[float, float]:
    """Two β at most `width` apart between which the certified number of minima changes."""
    least = critical_points(low).stable.sum()
    while high - low > width:
        middle = (low + high) / 2
        low, high = (middle, high) if critical_points(middle).stable.sum() == least else (low, middle)
    return low, high


def curvature_in_the_middle() -> sp.Expr:
    """The Hessian of E at x = 0, exactly, as a multiple of the identity."""
    corners = [(1, 0), (-sp.Rational(1, 2), sp.sqrt(3) / 2), (-sp.Rational(1, 2), -sp.sqrt(3) / 2)]
    explicit = am.components(energy, {"D": 2, "K": 3}).subs({xi[k, c]: corners[k][c] for k in range(3) for c in range(2)})
    hessian = sp.hessian(explicit, (x[0], x[1])).subs({x[0]: 0, x[1]: 0}).applyfunc(sp.simplify)
    assert hessian == hessian[0, 0] * sp.eye(2)
    return hessian[0, 0]


if __name__ == "__main__":
    print("beta   critical points   minima")
    for at in (1.0, 1.8, 1.84, 1.99, 2.01, 4.0):
        found = critical_points(at)
        print(f"{at:<6g} {len(found):<17d} {found.stable.sum()}   {found.complete.status}")
    low, high = bracket(1.8, 1.9, 1e-3)
    print(f"three more minima are born between {low:.5f} and {high:.5f}; at the middle E'' = {curvature_in_the_middle()}")
