"""Layers whose activation is the gradient of a joint Lagrangian: their Hessians Λ, and how far Λ moves while the state moves.

    -g(r) M ⪯ Λ(z) - Λ(y) ⪯ g(r) M    for every z within |T (z - y)| <= r

follows from a bound of the third derivative (`amsym.facts.Third`), for on the way from y to z, with δ = z - y,

    |D³L[u, u, v]| <= b width(v) D²L[u, u]     gives    M = Λ(y), g = e^{b width(δ)} - 1,
    |D³L[u, u, v]| <= c |u|² |v| / h²          gives    M = c/h(y)², g = |δ| / (1 - |δ|/h(y)), as h falls by |δ| at most.

So a softmax far from a tie, whose Λ is all but 0, may move far before its Λ counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.activated import closed, opened
from amsym.lagrangian import Lagrangian
from amsym.notation import Component, Index, Tensor
from amsym.system import System
from numeric.aside import aside
from numeric.bound import Bound
from numeric.directional import component, own_slope
from numeric.field import Array
from numeric.steady.columns import columns_of
from numeric.steady.metric import Metric

ROUNDING = 1e-12  # of Λ, in units of b or c/h²: e^x is right to |x| ulps, and arguments up to 1000 leave this

Growth = Callable[[float], float]


class Majorant(NamedTuple):
    """M (k, k) and g."""

    matrix: Array
    growth: Growth


@dataclass(frozen=True)
class Layer:
    """One state of a bound model with its Lagrangian, for packed states."""

    state: Tensor
    symbol: Tensor
    lagrangian: Lagrangian
    place: slice
    fibres: NDArray[np.intp]
    """The components that the Lagrangian joins, (fibres, d), counted within the state."""
    activation: Bound
    third: Bound | None
    """b, or c, as an energy, and h as a flow."""

    @property
    def relative(self) -> bool:
        """Whether Λ moves in proportion to itself."""
        return self.lagrangian.third_rate is not None

    def hessian(self, y: Array) -> Array:
        """Λ at one packed state (n,), (k, k)."""
        name = self.state.name
        return np.asarray(self.activation.packed_blocks(y[None], [(name, name)])[name, name][0])

    def majorant(self, y: Array, metric: Metric) -> Majorant:
        """M and g of a joint layer for balls around y in this norm."""
        if self.relative:
            steep, c = self.steepness(y, metric), self._constant(y)
            slack = ROUNDING * abs(c) * np.eye(self.fibres.size)
            return Majorant(np.sign(c) * self.hessian(y) + slack, lambda r: _expm1(steep * r))
        c, h, far = self.heights(y, metric)
        return Majorant(np.diag(c / h**2 * (1 + ROUNDING)), lambda r: _hyperbola(r * far, float(h.min())))

    def steepness(self, y: Array, metric: Metric) -> float:
        """|b| times the largest width of |T δ| <= 1, of a layer whose Λ moves in proportion to itself."""
        return abs(self._constant(y)) * _widest(self._joined(metric))

    def heights(self, y: Array, metric: Metric) -> tuple[float, Array, float]:
        """|c|, h at every component (k,), and the largest |δ| of a fibre for |T δ| <= 1, of another layer."""
        assert self.third is not None
        far = float(np.sqrt(np.linalg.eigvalsh(self._joined(metric))[:, -1].max()))
        return abs(self._constant(y)), self.third.packed_flow(y[None])[0, self.place], far

    def _constant(self, y: Array) -> float:
        """b or c."""
        assert self.third is not None
        return float(self.third.packed_energy(y[None])[0])

    def _joined(self, metric: Metric) -> Array:
        """T⁻¹ T⁻ᵀ within each fibre, (fibres, d, d)."""
        gram = metric.gram(self.place)
        return np.asarray(gram[self.fibres[:, :, None], self.fibres[:, None, :]])


def layers(model: Bound, width: int) -> list[Layer]:
    """The layers of a bound model whose Lagrangians are known, the additive ones too."""
    symbols = _symbols(model.system)
    return [_layer(model, width, s, L, symbols[s]) for s, L in model.system.activations.items() if L.kind != "abstract"]


def symbolic_flow(system: System, kept: Collection[Tensor] | None = None) -> Mapping[Component, sp.Expr]:
    """The flow with the activations of joint layers as symbols, or of these states."""
    assert system.flow is not None
    joint = {s for s, L in system.activations.items() if L.kind == "joint"} if kept is None else set(kept)
    if system.activated is not None:
        form = system.activated
        others = {g: u for g, u in form.formulas.items() if form.states[g] not in joint}
        return {c: opened(f, others) for c, f in form.flow.items()}
    flow = dict(system.flow)
    for s in joint:
        flow = {c: closed(f, _symbols(system)[s], s, _formula(system.activations[s], s)) for c, f in flow.items()}
    return flow


def opened_model(model: Bound, width: int, joint: Sequence[Layer]) -> Bound:
    """The flow in which activations of these layers are states of their own, after the model's: f(x, g) and dg/dt = 0."""
    if not joint:
        return model
    flow = symbolic_flow(model.system, {layer.state for layer in joint})
    own = {layer.symbol: Tensor(f"value of {layer.symbol.name}", layer.symbol.axes, "state") for layer in joint}
    moved = {c: f.xreplace(own) for c, f in flow.items()}
    still = {component(g, columns_of(model.system, layer.state)): sp.S.Zero for layer in joint for g in [own[layer.symbol]]}
    return aside(model, {**moved, **still}, width=width)


def time_constants(model: Bound, width: int) -> Array:
    """τ (n,) of τ dx/dt = F(g) - x where the flow says it so, with activations as symbols; 1 elsewhere."""
    slopes = {c: own_slope(f, c, c.tensor) for c, f in symbolic_flow(model.system).items()}
    flow = {c: sp.S.NegativeOne if d is None or not _constant(d) else d for c, d in slopes.items()}
    leak = -aside(model, flow, width=width).packed_flow(np.zeros((1, width)))[0]
    return np.asarray(1 / np.where(leak > 0, leak, 1.0))


def _constant(d: sp.Expr) -> bool:
    return all(c.tensor.kind == "parameter" for c in d.atoms(Component))


def _symbols(system: System) -> dict[Tensor, Tensor]:
    if system.activated is not None:
        return {s: g for g, s in system.activated.states.items()}
    return {s: Tensor(f"g_{s.name}", s.axes, "activation") for s in system.activations}


def _formula(L: Lagrangian, s: Tensor) -> Callable[..., sp.Expr]:
    def u(*where: Index) -> sp.Expr:
        return L.activation(s[where])

    return u


def _layer(model: Bound, width: int, s: Tensor, L: Lagrangian, symbol: Tensor) -> Layer:
    packing, _ = model.packing(width)
    at = component(s, columns_of(model.system, s))
    still = {component(o, columns_of(model.system, o)): sp.S.Zero for o in model.system.states}
    activation = aside(model, {**still, at: L.activation(at)}, width=width)
    where = np.arange(packing.size(s.name)).reshape(packing.shape(s.name))
    fibres = np.moveaxis(where, L.axis(s), -1) if L.kind == "joint" else where[..., None]
    return Layer(s, symbol, L, packing.part(s.name), fibres.reshape(-1, fibres.shape[-1]), activation, _third(model, width, at, L, still))


def _third(model: Bound, width: int, at: Component, L: Lagrangian, still: Mapping[Component, sp.Expr]) -> Bound | None:
    if L.third_rate is not None:
        return aside(model, still, L.third_rate, width=width)
    found = L.third_at(at) if L.kind == "joint" else None
    return None if found is None else aside(model, {**still, at: found[1]}, found[0], width=width)


def _widest(gram: Array) -> float:
    """The largest max(δ, 0) - min(δ, 0) over the components of a fibre, for |T δ| <= 1: |e_i - e_j| or |e_i| in the dual norm."""
    own = np.einsum("fii->fi", gram)
    return float(np.sqrt(max((own[:, :, None] + own[:, None, :] - 2 * gram).max(), own.max(), 0.0)))


def _expm1(x: float) -> float:
    return float(np.expm1(x)) if x < 700 else np.inf


def _hyperbola(far: float, h: float) -> float:
    return far / (1 - far / h) if far < h else np.inf
