"""Once g_i = e^{βx_i}/Σ_j e^{βx_j} has a line of its own, later lines write g_i: E = Σ_i (x_i - b_i) g_i - L - ½ Σ_ij W_ij g_i g_j."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.lagrangian import Lagrangian
from amsym.notation import Component, Tensor, Total, canonical, rename
from amsym.render.shortest import shortest
from amsym.render.text import text


@dataclass(frozen=True)
class Abbreviation:
    """A softmax: its weight e^{u(x_i)} at the component x_i, their sum, and the name g of the quotient."""

    at: Component
    weight: sp.Expr
    norm: Total
    name: Tensor


def softmax_of(lagrangian: Lagrangian, at: Component, name: Tensor) -> Abbreviation | None:
    """The abbreviation for an activation of the form e^{u(x_i)} / Σ_j e^{u(x_j)}, or None."""
    activation = lagrangian.activation(at)
    weight = next((f for f in sp.Mul.make_args(activation) if isinstance(f, sp.exp)), None)
    norm = next((1 / f for f in sp.Mul.make_args(activation) if isinstance(1 / f, Total)), None)
    if weight is None or norm is None or sp.cancel(activation * norm / weight) != 1:
        return None
    return Abbreviation(at, weight, norm, name)


def abbreviated(expr: Any, names: tuple[Abbreviation, ...], letters: dict[str, tuple[str, ...]]) -> Any:
    """The expression with softmax quotients written by name where that is shorter."""
    for known in names:
        short = shortest(_named(expr, known), letters)
        expr = short if len(text(short)) < len(text(expr)) else expr
    return expr


def _named(expr: sp.Expr, known: Abbreviation) -> sp.Expr:
    """With Z for the norm, e^{u(x_k)} is Z g_k; the powers of Z cancel, and Z is spelled out where one is left."""
    Z = sp.Dummy("Z", positive=True)
    core = canonical(known.norm)
    norms = {t: Z for t in expr.atoms(Total) if canonical(t) == core}
    result: sp.Expr = _weights(expr.xreplace(norms), known, Z).xreplace({Z: known.norm})
    return result


def _weights(expr: Any, known: Abbreviation, Z: sp.Dummy) -> Any:
    """e^{u(x_k)} as Z g_k for every k, bound or free."""
    if not isinstance(expr, sp.Expr) or not expr.args or isinstance(expr, Component):
        return expr
    if isinstance(expr, sp.exp):
        places = [c for c in expr.atoms(Component) if c.tensor == known.at.tensor]
        if len(places) == 1 and rename(known.weight, dict(zip(known.at.where, places[0].where, strict=True))) == expr:
            return Z * known.name[places[0].where]
    return expr.func(*(_weights(a, known, Z) for a in expr.args))
