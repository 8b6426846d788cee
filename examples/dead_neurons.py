"""Figure 1 of "Associative memory and dead neurons" (Fanaskov and Oseledets), rebuilt from its equations.

    python examples/dead_neurons.py figure.png

Left, energy (2) of Krotov and Hopfield: it is constant along the ticks, so no stable state is an isolated minimum.
Right, energy (10) with the dynamics (9): nothing is flat, and E = 0 exactly at the steady states of (1). Each of them
is stable now, the one between the two memories included; the hollow ones are steady for (9) only, where R is singular.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from matplotlib.figure import Figure

import amsym as am

# Two neurons that inhibit each other: in each stable state one is alive and the other, for ReLU, dead.
PARAMETERS = {"W": np.array([[0.0, -3.0], [-3.0, 0.0]]), "b": np.array([1.0, 1.0])}

i, j, k, m = am.indices("i j k m", "N")
y = am.state("y", "N")
W = am.parameter("W", "N N", symmetric=True)
b = am.parameter("b", "N")


def relu_g(i):
    """The activation max(0, y_i)."""
    return sp.Max(0, y[i])


def softmax_g(i):
    """The activation e^{y_i} / Σ_j e^{y_j}."""
    return sp.exp(y[i]) / am.total(sp.exp(y[j]), j)


def r(g, i):
    """r = W g(y) - y + b, the right-hand side of eq. (1)."""
    return am.total(W[i, j] * g(j), j) - y[i] + b[i]


def Wr(g, i):
    """W r."""
    return am.total(W[i, k] * r(g, k), k)


def krotov_hopfield(name, g, L):
    """Eq. (1) and (2): dy/dt = r and E = (y - b)ᵀ g(y) - L(y) - ½ g(y)ᵀ W g(y)."""
    energy = am.total((y[i] - b[i]) * g(i), i) - L - am.total(W[i, j] * g(i) * g(j), i, j) / 2
    return am.System(name=name, flow={y[i]: r(g, i)}, energy=energy)


def amended(name, g, ΛWr):
    """Eq. (9) and (10) with S = I, R = (I - WΛ)ᵀ: dy/dt = r - ΛWr = -∇E and E = ½ rᵀ r."""
    return am.System(name=name, flow={y[i]: r(g, i) - ΛWr}, energy=am.total(r(g, k) ** 2, k) / 2)


relu = krotov_hopfield("ReLU, eq. (1), (2)", relu_g, L=am.total(relu_g(i) ** 2, i) / 2)
softmax = krotov_hopfield("softmax, eq. (1), (2)", softmax_g, L=sp.log(am.total(sp.exp(y[i]), i)))

# Λ is the Hessian of L: [y_i > 0] δ_ij for ReLU, p_i δ_ij - p_i p_j for softmax.
alive, p = am.mask(y[i] > 0), softmax_g
relu_amended = amended("ReLU, eq. (9), (10)", relu_g, ΛWr=alive * Wr(relu_g, i))
softmax_amended = amended("softmax, eq. (9), (10)", p, ΛWr=p(i) * (Wr(p, i) - am.total(p(m) * Wr(p, m), m)))

# Eq. (9) as it is printed has lost a transpose: with R = I - WΛ, so WΛr for ΛWr, the energy can rise.
printed = amended("ReLU, eq. (9) as printed", relu_g, ΛWr=am.total(W[i, k] * am.mask(y[k] > 0) * r(relu_g, k), k))


def figures() -> list[tuple[str, Figure]]:
    """Vector fields above, level sets of the energies below, each picture with its caption."""
    figure, axes = plt.subplots(2, 4, figsize=(11, 6), sharex=True, sharey=True, layout="constrained", subplot_kw={"box_aspect": 1})
    for (above, below), system in zip(axes.T, (relu, softmax, relu_amended, softmax_amended), strict=True):
        am.plot.phase_portrait(system, PARAMETERS, ax=above, levels=False, flat=False, legend=False)
        am.plot.landscape(system, PARAMETERS, ax=below, legend=False)
        above.set_title(system.name)
    for ax in axes.flat:
        ax.label_outer()
    figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return [("Dead neurons leave the energy of Krotov and Hopfield flat (left); energy (10) is flat nowhere (right).", figure)]


if __name__ == "__main__":
    ((caption, figure),) = figures()
    figure.savefig(sys.argv[1] if len(sys.argv) > 1 else "dead_neurons.png", dpi=200)
    print(caption)
