"""A Memory is a hypergraph: layers are nodes, hypersynapses are edges, the total energy is their sum.

E = Σ_l [ <x_l, g_l> - L_l(x_l) ] + Σ_s E_s(g)          modern_methods eq. (3.1)
τ_l dx_l/dt = -∂E/∂g_l = -Σ_s ∂E_s/∂g_l - x_l            modern_methods eq. (3.2)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx as nx
import sympy as sp

from amsym.activated import Activated, opened
from amsym.errors import ModelError
from amsym.layer import Layer
from amsym.notation import Tensor, derivative, tidy, total
from amsym.synapses import Synapse
from amsym.system import System
from amsym.words import counted


class Memory:
    """Layers and the hypersynapses between them, checked when it is made.

    >>> from amsym import lagrangians, synapses
    >>> from amsym.notation import Index
    >>> v, h = Layer("v", "N", lagrangians.identity()), Layer("h", "K", lagrangians.softmax())
    >>> Memory([v, h], [synapses.dense(v, h, weights="xi")]).system.flow[h.x[h.indices()]]
    -h[i] + Σ_j xi[j, i]*v[j]

    Raises ModelError naming the layer, the axis and the remedy.
    """

    def __init__(self, layers: Iterable[Layer], synapses: Iterable[Synapse], *, name: str = "Memory") -> None:
        self.layers, self.synapses, self.name = _several(layers, "layers"), _several(synapses, "synapses"), name
        _check(self)

    @property
    def graph(self) -> nx.Graph:
        """The hypergraph as a bipartite graph of layers and synapses."""
        graph = nx.Graph(name=self.name)
        graph.add_nodes_from((layer.name, {"kind": "layer", "layer": layer}) for layer in self.layers)
        by_activation = {layer.g: layer.name for layer in self.layers}
        for n, s in enumerate(self.synapses):
            node = f"synapse {n}: {s.name}"
            graph.add_node(node, kind="synapse", synapse=s)
            graph.add_edges_from((node, by_activation[g]) for g in s.activations)
        return graph

    @property
    def synapse_energy(self) -> sp.Expr:
        """The energies of all synapses, in the activations."""
        return sp.Add(*(s.energy for s in self.synapses))

    @property
    def energy(self) -> sp.Expr:
        """The total energy in the states, eq. (3.1)."""
        return sp.Add(*(layer.energy for layer in self.layers), self.in_states(self.synapse_energy))

    @property
    def system(self) -> System:
        """The System with the flow of eq. (3.2) and the energy of eq. (3.1)."""
        symbolic = self._symbolic()
        flow = {c: symbolic.opened(f) for c, f in symbolic.flow.items()}
        activations = {layer.x: layer.lagrangian.along(layer.over) for layer in self.layers}
        return System(flow=flow, energy=self.energy, activations=activations, name=self.name, activated=symbolic)

    def _symbolic(self) -> Activated:
        """Eq. (3.1) and (3.2) with activations as symbols."""
        flow: dict[Any, sp.Expr] = {}
        energy = self.synapse_energy
        for layer in self.layers:
            where = layer.indices()
            current = tidy(-derivative(self.synapse_energy, layer.g[where]))
            flow[layer.x[where]] = (current - layer.x[where]) / layer.tau_at(where)
            energy += total(layer.x[where] * layer.g[where], *where) - layer.lagrangian.of(layer.x, layer.over)
        states = {layer.g: layer.x for layer in self.layers}
        return Activated(energy, flow, states, {layer.g: layer.activation for layer in self.layers})

    def in_states(self, expr: sp.Expr) -> sp.Expr:
        """The expression with every activation written as a function of its layer's state."""
        return opened(expr, {layer.g: layer.activation for layer in self.layers})

    def __repr__(self) -> str:
        lines = [f"{self.name} with {counted(len(self.layers), 'layer')} and {counted(len(self.synapses), 'synapse')}"]
        return "\n".join(lines + [f"  {part}" for part in (*self.layers, *self.synapses)])

    def _repr_html_(self) -> str:
        return self.system._repr_html_()


def _several(parts: Any, what: str) -> tuple[Any, ...]:
    if isinstance(parts, (Layer, Synapse)) or not isinstance(parts, Iterable):
        raise ModelError(f"{what} of a Memory come as a list, got {parts!r}; write Memory([v, h], [synapse])")
    return tuple(parts)


def _check(memory: Memory) -> None:
    if not memory.layers:
        raise ModelError("a Memory needs at least one layer; write Memory([Layer('v', 'N', am.lagrangians.tanh())], [...])")
    for what, parts, kind in (("layers", memory.layers, Layer), ("synapses", memory.synapses, Synapse)):
        for part in parts:
            if not isinstance(part, kind):
                raise ModelError(f"{what} of a Memory: expected a {kind.__name__}, got {part!r}")
    names = [layer.name for layer in memory.layers]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ModelError(f"two layers are called '{twice[0]}'; give each its own name")
    _check_synapses(memory)


def _check_synapses(memory: Memory) -> None:
    known = {layer.g: layer.name for layer in memory.layers}
    seen: dict[Any, Synapse] = {}
    for s in memory.synapses:
        for g in s.activations:
            if g not in known:
                missing = g.name.removeprefix("g_")
                raise ModelError(
                    f"synapse '{s.name}' uses the activation of layer '{missing}' over axes '{' '.join(g.axes)}', "
                    f"which is not among the layers {', '.join(known.values())}; add it to layers=[...]"
                )
        if s.energy in seen:
            raise ModelError(
                f"synapses '{seen[s.energy].name}' and '{s.name}' have the same energy {s.energy}; "
                "list the edge once, or name other weights"
            )
        seen[s.energy] = s
    _check_weights(memory)


def _check_weights(memory: Memory) -> None:
    """One name of a weight, one meaning."""
    found: dict[str, Tensor] = {}
    for s in memory.synapses:
        for w in sorted(s.energy.atoms(Tensor), key=str):
            known = found.setdefault(w.name, w)
            if known != w:
                raise ModelError(
                    f"the name '{w.name}' stands for two weights: {known.description} {known.properties} and "
                    f"{w.description} {w.properties}; "
                    f"give synapse '{s.name}' weights of another name"
                )
