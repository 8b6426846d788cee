"""Tokens that attend to one another: energy attention over layer-normalised tokens. Source: modern_methods eq. (3.13) to (3.16)."""

from __future__ import annotations

import sympy as sp

from amsym import lagrangians, synapses
from amsym.layer import Layer
from amsym.memory import Memory
from amsym.notation import Index, index, indices, mask, parameter, total


def attention() -> Memory:
    """E = -β⁻¹ Σ_h Σ_C log Σ_{B≠C} exp(β K_B·Q_C), keys and queries linear in the normalised tokens.

    >>> attention().synapses[0].name
    'attention'
    """
    x = Layer(
        "x",
        "T D",
        lagrangians.layernorm(parameter("gamma", positive=True), parameter("delta", "D"), parameter("epsilon", positive=True)),
        over="D",
    )
    B, C = indices("B C", "T")
    h, a, j = index("h", "H"), index("a", "Y"), index("j", "D")
    WK, WQ = parameter("WK", "Y H D"), parameter("WQ", "Y H D")
    beta = parameter("beta", positive=True)

    def projected(W: object, at: Index) -> sp.Expr:
        return total(W[a, h, j] * x.g[at, j], j)  # type: ignore[index]

    similarity = total(projected(WK, B) * projected(WQ, C), a)
    energy = -total(sp.log(total(mask(sp.Ne(B, C)) * sp.exp(beta * similarity), B)), h, C) / beta
    return Memory([x], [synapses.expression(energy, name="attention")], name="energy attention")
