"""Hypersynapses: energies in the activations of layers, low where the activations agree. [modern_methods] section 3.3."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.exact import formula, shown
from amsym.layer import Layer
from amsym.notation import Index, Tensor, free_indices, fresh_indices, parameter, total


class Synapse:
    """An energy in the activation tensors `layer.g` of one or more layers."""

    def __init__(self, energy: sp.Expr, name: str) -> None:
        self.energy, self.name = energy, name

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """The activation tensors that the energy is written in."""
        found = [t for t in self.energy.atoms(Tensor) if t.kind == "activation"]
        return tuple(sorted(found, key=lambda t: t.name))

    def __repr__(self) -> str:
        return f"Synapse {self.name}: E = {self.energy}"


def dense(v: Layer, h: Layer, weights: str | Tensor = "W", *, name: str | None = None) -> Synapse:
    """-Σ g_v[i] W[i, a] g_h[a]: every neuron of one layer with every neuron of the other.

    A weight given by name is over all axes of v, then of h. A parameter over fewer axes leaves the others
    shared: tokens "T D" and "T K" with weights over "D K" are coupled token by token.

    >>> from amsym import lagrangians
    >>> v, h = Layer("v", "N", lagrangians.identity()), Layer("h", "K", lagrangians.softmax())
    >>> dense(v, h, weights="xi").energy
    -(Σ_ij xi[i, j]*g_h[j]*g_v[i])
    """
    _check("dense()", (v, h), weights)
    if v is h:
        raise ModelError(f"dense() couples two layers, got '{v.name}' twice; self_({v.name}, ...) couples a layer with itself")
    weights = parameter(weights, " ".join(v.axes + h.axes)) if isinstance(weights, str) else weights
    at_v, at_h, at_w = _tied(v, h, weights)
    body = v.g[at_v] * weights[at_w] * h.g[at_h]
    return Synapse(-total(body, *dict.fromkeys((*at_v, *at_h))), name or f"{v.name}-{h.name}")


def self_(v: Layer, weights: str | Tensor = "W", *, symmetric: bool = True, name: str | None = None) -> Synapse:
    """-½ Σ g[i] W[i, j] g[j]: a layer with itself.

    Only the symmetric part of W enters eq. (3.2), whatever W is declared to be.
    """
    _check("self_()", (v,), weights)
    weights = parameter(weights, " ".join(v.axes * 2), symmetric=symmetric) if isinstance(weights, str) else weights
    if weights.axes != v.axes * 2 and weights.axes != v.axes[-1:] * 2:
        raise ModelError(f"self_(): the weights of layer '{v.name}' are over '{' '.join(v.axes * 2)}', got {weights.description}")
    left = v.indices()
    acted = len(weights.axes) // 2
    right = left[: len(left) - acted] + fresh_indices(v.axes[len(left) - acted :], left)
    body = v.g[left] * weights[left[-acted:] + right[-acted:]] * v.g[right]
    return Synapse(-total(body, *dict.fromkeys((*left, *right))) / 2, name or f"{v.name}-{v.name}")


# `am.synapses.self(v, ...)` reads as the papers say; the underscore is for code that imports names.
self = self_


def bias(v: Layer, weights: str | Tensor = "b", *, name: str | None = None) -> Synapse:
    """-Σ b[i] g[i]: an input current into every neuron."""
    _check("bias()", (v,), weights)
    weights = parameter(weights, " ".join(v.axes)) if isinstance(weights, str) else weights
    if weights.axes != v.axes:
        raise ModelError(f"bias(): layer '{v.name}' is over '{' '.join(v.axes)}', got {weights.description}; declare it over the same axes")
    where = v.indices()
    return Synapse(-total(weights[where] * v.g[where], *where), name or f"bias of {v.name}")


def expression(energy: Any, *, name: str = "expression") -> Synapse:
    """Any energy in the activations, such as -Σ C[i] g[i]³."""
    energy = formula(energy, f"the energy of synapse '{name}'")
    if free_indices(energy):
        raise ModelError(
            f"synapse '{name}': the energy has free indices {sorted(map(str, free_indices(energy)))}; sum over them with total(...)"
        )
    states = sorted(t.name for t in energy.atoms(Tensor) if t.kind == "state")
    if states:
        raise ModelError(f"synapse '{name}' uses the state '{states[0]}'; a synapse is written in activations: layer.g[i], not layer.x[i]")
    found = Synapse(energy, name)
    if not found.activations:
        raise ModelError(f"synapse '{name}' holds no activation; write it in layer.g[i] of the layers that it couples")
    return found


def _check(where: str, layers: tuple[Any, ...], weights: Any) -> None:
    """Layers are layers, and weights a name or a parameter: numbers come later."""
    for layer in layers:
        if not isinstance(layer, Layer):
            raise ModelError(
                f"{where} couples layers, got {shown(layer)}: make one, v = am.Layer('v', 'N', am.lagrangians.tanh()), and give v"
            )
    if not isinstance(weights, str) and getattr(weights, "kind", "") != "parameter":
        raise ModelError(
            f"{where}: weights are a name or a parameter with axes, got {shown(weights)}: write weights='W' here, "
            "and give numbers when you run it, params={'W': array}"
        )


def _tied(v: Layer, h: Layer, weights: Tensor) -> tuple[tuple[Index, ...], tuple[Index, ...], tuple[Index, ...]]:
    """Indices for v, h and the weights: the weights' axes are v's, then h's; axes that they leave out are shared."""
    at_v = v.indices()
    at_h = fresh_indices(h.axes, at_v)
    for split in range(len(weights.axes) + 1):
        left, right = weights.axes[:split], weights.axes[split:]
        rest_v, rest_h = _without(v.axes, left), _without(h.axes, right)
        if rest_v is None or rest_h is None or sorted(rest_v) != sorted(rest_h):
            continue
        shared = {axis: next(i for i in at_v if i.axis == axis) for axis in rest_v}
        at_h = tuple(shared.get(i.axis, i) if i.axis in rest_h else i for i in at_h)
        picked_v = tuple(i for i in at_v if i.axis not in rest_v)
        picked_h = tuple(i for i in at_h if i.axis not in rest_h)
        return at_v, at_h, picked_v + picked_h
    raise ModelError(
        f"dense(): the weights {weights.description} fit neither '{' '.join(v.axes + h.axes)}' (layers '{v.name}' and '{h.name}') "
        "nor a part of it with the other axes shared"
    )


def _without(axes: tuple[str, ...], taken: tuple[str, ...]) -> list[str] | None:
    rest = list(axes)
    for axis in taken:
        if axis not in rest:
            return None
        rest.remove(axis)
    return rest
