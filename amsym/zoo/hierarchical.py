"""Layers in a chain, each coupled to the next by symmetric feedforward and feedback weights. Source: dead_neurons Example 1."""

from __future__ import annotations

from itertools import pairwise

from amsym.errors import ModelError
from amsym.lagrangian import Lagrangian
from amsym.lagrangians import known
from amsym.layer import Layer
from amsym.memory import Memory
from amsym.synapses import bias, dense


def hierarchical(layers: int = 3, activation: str | Lagrangian = "tanh") -> Memory:
    """A chain of layers y1, y2, ... over axes N1, N2, ... with weights W12, W23, ... and biases b1, b2, ...

    >>> hierarchical(2)
    hierarchical (tanh) with 2 layers and 3 synapses
      Layer y1 over N1: tanh, tau = 1
      Layer y2 over N2: tanh, tau = 1
      Synapse y1-y2: E = -(Σ_ij W12[i, j]*g_y1[i]*g_y2[j])
      Synapse bias of y1: E = -(Σ_i b1[i]*g_y1[i])
      Synapse bias of y2: E = -(Σ_i b2[i]*g_y2[i])
    """
    if layers < 2:
        raise ModelError(f"hierarchical() needs 2 or more layers, got {layers}: give a larger number")
    lagrangian = known(activation)
    chain = [Layer(f"y{n}", f"N{n}", lagrangian) for n in range(1, layers + 1)]
    links = [dense(a, b, weights=f"W{n}{n + 1}") for n, (a, b) in enumerate(pairwise(chain), start=1)]
    return Memory(chain, [*links, *(bias(y, f"b{n}") for n, y in enumerate(chain, start=1))], name=f"hierarchical ({lagrangian.name})")
