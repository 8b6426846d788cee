"""D²g of a layer's activation g = ∇L over a ball, from a bound of D³L: far below what the operations of its formula add up to.

|D³L[u, u, v]| <= b width(v) D²L[u, u]    gives    |D²g[u, v]_i| <= b width(u) e^{b width(δ)} √Λ_ii |v|_Λ    at z = y + δ,
|D³L[u, u, v]| <= c |u|² |v| / h²         gives    |D²g[u, v]_i| <= c |u| |v| / (h - |δ|)²                  in each fibre.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from numeric.field import Array
from numeric.steady.drift import gram_norm, spectral_norm
from numeric.steady.jets import Jet
from numeric.steady.layers import Layer
from numeric.steady.metric import Metric


class LayerJet(NamedTuple):
    """At y, for a norm: g(y) (k,), Dg along the columns of T⁻¹ (n, k), and the bounds of D²g at radius r, entries and whole."""

    value: Array
    tangents: Array
    bends: Callable[[float], tuple[Array, float]]

    def within(self, r: float, shape: tuple[int, ...]) -> Jet:
        """The bounds over the ball of radius r: |Dg(z)| <= |Dg(y)| + r |D²g|."""
        second, bend = self.bends(r)
        first = np.linalg.norm(self.tangents, axis=0) + r * second
        return Jet.of(first.reshape(shape), second.reshape(shape), spectral_norm(self.tangents) + r * bend, bend)


def layer_jet(layer: Layer, y: Array, metric: Metric) -> LayerJet:
    """Of one joint layer whose third derivative is bounded."""
    Λ = layer.hessian(y)
    back = metric.undo(np.eye(y.size))[layer.place]
    bends = _relative(layer, y, metric, Λ, back) if layer.relative else _absolute(layer, y, metric, back)
    return LayerJet(layer.activation.packed_flow(y[None])[0, layer.place], (Λ @ back).T, bends)


def _relative(layer: Layer, y: Array, metric: Metric, Λ: Array, back: Array) -> Callable[[float], tuple[Array, float]]:
    M, growth = layer.majorant(y, metric)
    roots, along = np.sqrt(np.maximum(np.diag(M), 0.0)), gram_norm(back.T @ M @ back)
    whole, b = gram_norm(M), layer.steepness(y, metric)

    def bends(r: float) -> tuple[Array, float]:
        factor = b * (1 + growth(r)) * along
        return factor * roots, float(factor * whole)

    return bends


def _absolute(layer: Layer, y: Array, metric: Metric, back: Array) -> Callable[[float], tuple[Array, float]]:
    c, h, far = layer.heights(y, metric)
    reach = metric.back_norm(layer.place)

    def bends(r: float) -> tuple[Array, float]:
        left = np.maximum(h - r * far, 0.0)
        with np.errstate(divide="ignore"):
            steep = c / left**2
        return steep * far * far, float(steep.max() * far * reach)

    return bends
