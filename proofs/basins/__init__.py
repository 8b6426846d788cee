"""Sets around a steady state that are proved to lie in its basin of attraction: balls, and sublevel sets of the energy."""

from proofs.basins.find import certified_basin
from proofs.basins.result import CertifiedBasin

__all__ = ["CertifiedBasin", "certified_basin"]
