"""Pictures of any model for its report: phase portrait, energies along trajectories, spectrum; or in a line why there is none."""

from proofs.pictures.drawn import Drawn, pictures
from proofs.pictures.given import Numbers, numbers_for
from proofs.pictures.runs import Run, run_of

__all__ = ["Drawn", "Numbers", "Run", "numbers_for", "pictures", "run_of"]
