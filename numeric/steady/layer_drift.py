"""J = C + Σ A_m diag(s_m) + Σ_l A_l Λ_l: activations of one variable, and joint ones with Hessians Λ_l.

For ±ΔΛ ⪯ g M (`numeric.steady.layers`), |wᵀ ΔΛ x| <= g √(wᵀ M w · xᵀ M x) with w = Aᵀ Tᵀ v, x = T⁻¹ v, by Cauchy and Schwarz.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from amsym.notation import Component, derivative
from numeric.bound import Bound
from numeric.field import Array
from numeric.steady.column_drift import ColumnDrift
from numeric.steady.columns import Flow, columns, columns_of, matrix
from numeric.steady.drift import Shares, gram_norm
from numeric.steady.layer_metrics import LayerMetrics
from numeric.steady.layers import Layer, layers, symbolic_flow
from numeric.steady.metric import Metric


@dataclass(frozen=True)
class LayerDrift:
    """The drift of the columns, and of the joint layers with their weights A_l, (n, k)."""

    columns: ColumnDrift
    joint: tuple[tuple[Layer, Array], ...]
    norms: LayerMetrics

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        J = self.columns.jacobian(y)
        for layer, A in self.joint:
            J[:, layer.place] += A @ layer.hessian(y)
        return J

    def metrics(self, y: Array, J: Array) -> Iterable[Metric]:
        """Norms made of the Hessians."""
        return self.norms(y)

    def shares(self, y: Array, metric: Metric, groups: list[Array]) -> Shares:
        """See `Drift`."""
        known = self.columns.shares(y, metric, groups)
        parts = [(m.growth, _bounds(A, m.matrix, layer, metric, groups)) for layer, A in self.joint for m in [layer.majorant(y, metric)]]

        def D(r: float) -> Array:
            return np.asarray(known(r) + sum(growth(r) * bound for growth, bound in parts))

        return D


def _bounds(A: Array, M: Array, layer: Layer, metric: Metric, groups: list[Array]) -> Array:
    """√(|W_pᵀ M W_p| |X_qᵀ M X_q|), symmetric, (p, p)."""
    W = [A.T @ metric.adjoint(U) for U in groups]
    X = [metric.undo(U)[layer.place] for U in groups]
    w, x = (np.array([gram_norm(V.T @ (M @ V)) for V in side]) for side in (W, X))
    D = np.outer(w, x)
    return np.asarray((D + D.T) / 2)


def layer_drift(model: Bound, width: int) -> LayerDrift | None:
    """The form of the model's Jacobian; None where it has another form, or a joint layer whose Λ nothing bounds."""
    known = layers(model, width)
    joint = [layer for layer in known if layer.lagrangian.kind == "joint"]
    if not joint or any(layer.third is None for layer in joint):
        return None
    flow = symbolic_flow(model.system)
    form = columns(model, width, flow)
    weights = [_weights(model, width, flow, layer) for layer in joint]
    if form is None or any(A is None for A in weights):
        return None
    found = tuple((layer, A) for layer, A in zip(joint, weights, strict=True) if A is not None)
    return LayerDrift(ColumnDrift(form), found, LayerMetrics.of(model, width, known))


def _weights(model: Bound, width: int, flow: Flow, layer: Layer) -> Array | None:
    """A = ∂f/∂g at fixed states, (n, k); None where it depends on the state."""
    at = columns_of(model.system, layer.state)
    slopes = {(c.tensor, layer.state): derivative(f, layer.symbol[at]) for c, f in flow.items()}
    if any(c.tensor.kind != "parameter" for A in slopes.values() for c in sp.sympify(A).atoms(Component)):
        return None
    return matrix(model, slopes, width)[:, layer.place]
