"""The symbolic prover: claims about a System reduced to identities that canonicalise to zero and to named lemmas."""

from amsym.prover.convexity import curvature
from amsym.prover.legendre import legendre_identity
from amsym.prover.lyapunov import energy_never_increases, energy_rate
from amsym.prover.signs import is_nonnegative, is_positive

__all__ = ["curvature", "energy_never_increases", "energy_rate", "is_nonnegative", "is_positive", "legendre_identity"]
