"""Parameters from a file: JSON, {"W": [[0, 1], [1, 0]], "beta": 2}, or NumPy's .npz."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from amsym.errors import InputError


def read_parameters(path: str | Path) -> dict[str, Any]:
    """Numbers by name; which of them a model needs is for `compile(...).bind` to say.

    Raises InputError for a file that is missing or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"the parameter file {path} does not exist; a JSON or .npz file was expected: check its name")
    try:
        found = dict(np.load(path, allow_pickle=False)) if path.suffix == ".npz" else json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as {'npz' if path.suffix == '.npz' else 'JSON'}: {error}; mend it") from error
    if not isinstance(found, dict):
        raise InputError(f'{path} holds {type(found).__name__}; numbers by name were expected: {{"W": [[0, 1], [1, 0]], "beta": 2}}')
    return found
