"""∂E/∂g = x for the Legendre energy E = <x, g> - L: by the chain rule the identity ∂E/∂x_i = Σ_j Λ_ij x_j.

Where Λ is singular the activations fill only its range, and the derivative by g is taken along that range.
Source: modern_methods eq. (3.4).
"""

from __future__ import annotations

from amsym.lagrangian import Lagrangian
from amsym.notation import Tensor, derivative, fresh_indices, is_zero, state, total
from amsym.prover.regularity import kinks
from amsym.verdict import Status, Verdict

CLAIM = "the energy's derivative by the activation is the state"


def legendre_identity(lagrangian: Lagrangian, x: Tensor | None = None, over: str | None = None) -> Verdict:
    """PROVED when ∂E/∂x - Λ x reduces to zero, as an identity in the state and for every size.

    >>> from amsym import lagrangians
    >>> print(legendre_identity(lagrangians.softmax()).status)
    PROVED
    """
    x = state("x", over or lagrangian.over or "N") if x is None else x
    where = fresh_indices(x.axes)
    other = fresh_indices(x.axes, where)
    energy, L = lagrangian.energy(x, over), lagrangian.of(x, over)
    residue = derivative(energy, x[where]) - total(lagrangian.hessian(x[where], x[other], over) * x[other], *other)
    if not is_zero(residue):
        return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts", "residue": str(residue)}, "∂E/∂x - Λ x was not reduced to zero")
    bends = kinks(L, (x,))
    words = "∂E/∂x_i = Σ_j Λ_ij x_j" + (f", away from {', '.join(bends)}" if bends else "")
    steps = [
        {"identity": f"∂E/∂{x[where]} - Σ Λ {x.name} = 0 with E = {energy}"},
        {"lemma": "chain rule ∂E/∂x = Λ ∂E/∂g", "hypothesis": "g = ∇L"},
    ]
    return Verdict(CLAIM, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, words)
