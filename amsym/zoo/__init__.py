"""Ready-made models of the papers, each written as its paper writes it."""

from amsym.zoo.dead_neurons import hopfield, residual_energy
from amsym.zoo.hierarchical import hierarchical
from amsym.zoo.spins import spins
from amsym.zoo.tokens import attention
from amsym.zoo.two_layers import softmax_memory

MODELS = {f.__name__: f for f in (hopfield, residual_energy, softmax_memory, hierarchical, attention, spins)}

__all__ = ["MODELS", "attention", "hierarchical", "hopfield", "residual_energy", "softmax_memory", "spins"]
