"""Parameter sweeps: `sweep` calls a function at every point of a grid, `Sweep` holds the results as labelled arrays.

One idea a file: `grid` (the points), `seeds`, `task` (one point), `workers` (who computes it), `blas` (their threads),
`rows` (answers as they come), `checkpoint` and `files` (to the disk and back), `result` and `table`, `run` (all together).
"""

from numeric.sweep.errors import CheckpointWarning, SweepError, SweepInterrupted
from numeric.sweep.result import Sweep
from numeric.sweep.run import sweep
from numeric.sweep.task import Failure

__all__ = ["CheckpointWarning", "Failure", "Sweep", "SweepError", "SweepInterrupted", "sweep"]
