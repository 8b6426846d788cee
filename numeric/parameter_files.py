"""Parameters from a file, JSON as {"W": [[0, 1], [1, 0]], "beta": 2} or NumPy's .npz, and which of several models they are for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
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


def parameters_of_each(models: Mapping[str, Any], params: Mapping[Any, Any] | None) -> dict[str, dict[str, Any] | None]:
    """For each of several models the numbers of the parameters that it has, None where it has none of these.

    A single model gets all of them, and what is no mapping stays as it is: what does not fit is for `compile(...).bind` to say.

    >>> import amsym as am
    >>> parameters_of_each({"net": am.zoo.hopfield(), "attention": am.zoo.attention()}, {"beta": 2})
    {'net': None, 'attention': {'beta': 2}}

    Raises InputError for a name that fits no model.
    """
    if not isinstance(params, Mapping):
        return dict.fromkeys(models, params)
    given = {str(getattr(key, "name", key)): value for key, value in params.items()}
    if len(models) == 1:
        return dict.fromkeys(models, given)
    names = {name: _parameter_names(model) for name, model in models.items()}
    for lost in given.keys() - set().union(*names.values()):
        raise InputError(_fits_none(lost, names))
    return {name: {p: given[p] for p in given if p in own} or None for name, own in names.items()}


def _parameter_names(model: Any) -> list[str]:
    system = getattr(model, "system", model)
    return [p.name for p in (*system.parameters, *system.scalars)]


def _fits_none(lost: str, names: Mapping[str, list[str]]) -> str:
    near = get_close_matches(lost, {p for own in names.values() for p in own}, 1)
    have = "; ".join(f"{name} has {', '.join(own) or 'no parameters'}" for name, own in names.items())
    return f"parameter '{lost}' fits no model; {have}: {f'did you mean {near[0]!r}?' if near else 'leave it out'}"
