"""Reach the upper floors, `numeric` and `proofs`, and say so clearly when another module has taken one of these names."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any


def entry_point(name: str, module: str) -> Any:
    """The object `name` of an upper floor's module; the module itself where it is called like that."""
    found = load(module)
    return found if module.endswith(f".{name}") and not hasattr(found, name) else getattr(found, name)


def load(module: str) -> ModuleType:
    """Import a module of an upper floor.

    Raises ImportError naming the file in the way when another package of that name comes first on the path.
    """
    floor = module.split(".")[0]
    package = importlib.import_module(floor)
    expected = Path(__file__).resolve().parent.parent / floor
    places = [Path(p).resolve() for p in getattr(package, "__path__", [])]
    if expected.is_dir() and expected not in places:
        taken = getattr(package, "__file__", None) or ", ".join(map(str, places))
        raise ImportError(
            f"amsym needs its own package '{floor}', but Python found another one of that name at {taken}; "
            "rename or remove that file, or start Python from another folder"
        )
    return importlib.import_module(module)
