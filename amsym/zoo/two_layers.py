"""Feature neurons v and memory neurons h with weights ξ. Source: modern_methods eq. (3.1), (3.2); dead_neurons appendix A."""

from __future__ import annotations

from amsym import lagrangians, synapses
from amsym.layer import Layer
from amsym.memory import Memory
from amsym.notation import parameter


def softmax_memory() -> Memory:
    """Linear features, softmax memories: the modern Hopfield network with its hidden layer kept.

    >>> softmax_memory().system.flow[softmax_memory().layers[1].x[softmax_memory().layers[1].indices()]]
    (-h[i] + Σ_j xi[j, i]*v[j])/tau_h
    """
    beta = parameter("beta", positive=True)
    v = Layer("v", "N", lagrangians.identity(), tau="tau_v")
    h = Layer("h", "K", lagrangians.softmax(beta), tau="tau_h")
    return Memory([v, h], [synapses.dense(v, h, weights="xi")], name="softmax memory")
