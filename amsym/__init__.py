"""amsym derives, verifies, runs and attacks energy-based associative memories, for symbolic sizes.

This is the contents page: everything that a user needs is `am.something`.
"""

from typing import TYPE_CHECKING

import sympy as _sp

from amsym import lagrangians, synapses, zoo
from amsym.derive import Derivation, derive
from amsym.errors import AmsymError, InputError, ModelError, NotationError
from amsym.lagrangian import Lagrangian
from amsym.layer import Layer
from amsym.memory import Memory
from amsym.notation import canonical, components, delta, derivative, index, indices, mask, parameter, size, state, total
from amsym.system import System, time
from amsym.verdict import Report, Status, Verdict

if TYPE_CHECKING:
    from numeric import plot
    from numeric.audit import EnergyAudit, energy_audit
    from numeric.basins import BasinMap, Basins, EdgeOutcome, EdgeState, Gaussian, Radius, basin_map, basins, edge_state, retrieval_radius
    from numeric.compile import compile
    from numeric.continuation.branch import Branch
    from numeric.continuation.follow import continue_steady_state
    from numeric.dead import dead_directions
    from numeric.events import Event
    from numeric.outcomes import Outcome, Simulation
    from numeric.simulate import simulate
    from numeric.stability import Stability, recover_state, stability
    from numeric.steady import Arrival, SteadyStates, steady_states
    from numeric.sweep import Sweep, SweepError, SweepInterrupted, sweep
    from proofs.basins import CertifiedBasin, certified_basin
    from proofs.enclosed.enclose import enclose_critical_points, enclose_steady_states
    from proofs.enclosed.result import EnclosedStates
    from proofs.falsify import falsify
    from proofs.inequalities import contracts_on_box, convex_on_box, holds_on_box
    from proofs.report import report
    from proofs.symmetry.found import symmetries
    from proofs.verify import verify

sign = _sp.sign

# The upper floors' entry points: loaded when first asked for, so that the symbolic floor stands alone.
_LAZY = {
    "compile": "numeric.compile",
    "simulate": "numeric.simulate",
    "Simulation": "numeric.outcomes",
    "Outcome": "numeric.outcomes",
    "Event": "numeric.events",
    **dict.fromkeys(("BasinMap", "Basins", "EdgeOutcome", "EdgeState", "Gaussian", "Radius"), "numeric.basins"),
    **dict.fromkeys(("basin_map", "basins", "edge_state", "retrieval_radius"), "numeric.basins"),
    "continue_steady_state": "numeric.continuation.follow",
    "Branch": "numeric.continuation.branch",
    "energy_audit": "numeric.audit",
    "EnergyAudit": "numeric.audit",
    "stability": "numeric.stability",
    "Stability": "numeric.stability",
    "recover_state": "numeric.stability",
    "steady_states": "numeric.steady",
    "SteadyStates": "numeric.steady",
    "Arrival": "numeric.steady",
    "sweep": "numeric.sweep",
    "Sweep": "numeric.sweep",
    "SweepError": "numeric.sweep",
    "SweepInterrupted": "numeric.sweep",
    "plot": "numeric.plot",
    "dead_directions": "numeric.dead",
    "enclose_steady_states": "proofs.enclosed.enclose",
    "enclose_critical_points": "proofs.enclosed.enclose",
    "EnclosedStates": "proofs.enclosed.result",
    **dict.fromkeys(("CertifiedBasin", "certified_basin"), "proofs.basins"),
    "falsify": "proofs.falsify",
    **dict.fromkeys(("contracts_on_box", "convex_on_box", "holds_on_box"), "proofs.inequalities"),
    "verify": "proofs.verify",
    "report": "proofs.report",
    "symmetries": "proofs.symmetry.found",
}

__version__ = "0.4.0"
__all__ = [
    "AmsymError",
    "Arrival",
    "BasinMap",
    "Basins",
    "Branch",
    "CertifiedBasin",
    "Derivation",
    "EdgeOutcome",
    "EdgeState",
    "EnclosedStates",
    "EnergyAudit",
    "Event",
    "Gaussian",
    "InputError",
    "Lagrangian",
    "Layer",
    "Memory",
    "ModelError",
    "NotationError",
    "Outcome",
    "Radius",
    "Report",
    "Simulation",
    "Stability",
    "Status",
    "SteadyStates",
    "Sweep",
    "SweepError",
    "SweepInterrupted",
    "System",
    "Verdict",
    "basin_map",
    "basins",
    "canonical",
    "certified_basin",
    "compile",
    "components",
    "continue_steady_state",
    "contracts_on_box",
    "convex_on_box",
    "dead_directions",
    "delta",
    "derivative",
    "derive",
    "edge_state",
    "enclose_critical_points",
    "enclose_steady_states",
    "energy_audit",
    "falsify",
    "holds_on_box",
    "index",
    "indices",
    "lagrangians",
    "mask",
    "parameter",
    "plot",
    "recover_state",
    "report",
    "retrieval_radius",
    "sign",
    "simulate",
    "size",
    "stability",
    "state",
    "steady_states",
    "sweep",
    "symmetries",
    "synapses",
    "time",
    "total",
    "verify",
    "zoo",
]


def __getattr__(name: str) -> object:
    from amsym.floors import entry_point

    if name not in _LAZY:
        raise AttributeError(f"module 'amsym' has no attribute {name!r}")
    return entry_point(name, _LAZY[name])


def __dir__() -> list[str]:
    return __all__
