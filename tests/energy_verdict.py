"""The verdict on "energy never increases", where a test asks nothing else."""

from __future__ import annotations

from typing import Any

from amsym.verdict import Verdict
from proofs.verify import verify

KEY = "energy never increases"


def energy_verdict(model: Any, **given: Any) -> Verdict:
    """What verify says, without the other properties."""
    return verify(model, only=KEY, **given)[KEY]
