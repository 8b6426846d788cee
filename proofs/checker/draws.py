"""Random exact values of parameters and states that have what a model declares of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import product
from typing import Any

from flint import fmpq

from proofs.checker.model import Place, parity


def drawn(model: Mapping[str, Any], sizes: Mapping[str, int], rng: random.Random, spread: int = 8) -> dict[str, Any]:
    """Exact values of all parameters and states with the declared properties, as nested lists."""
    result: dict[str, Any] = {}
    for name, axes in {**{k: p["axes"] for k, p in model.get("parameters", {}).items()}, **model["states"]}.items():
        properties = model.get("parameters", {}).get(name, {}).get("properties", ()) if name not in model["states"] else ()
        allowed = model.get("values", {}).get(name)
        shape = tuple(sizes[a] for a in axes)
        flat = {p: fmpq(rng.choice(allowed)) if allowed else _number(rng, spread, properties) for p in product(*map(range, shape))}
        result[name] = _nested(_shaped(flat, shape, properties, rng), shape, ())
    return result


def _number(rng: random.Random, spread: int, properties: Any) -> fmpq:
    x = fmpq(rng.randint(-spread * 4, spread * 4), 1 if "integer" in properties else rng.choice((1, 2, 4, 7, 8)) * 4)
    if {"positive", "nonnegative"} & set(properties):
        x = abs(x)
    if {"negative", "nonpositive"} & set(properties):
        x = -abs(x)
    return x if x != 0 else fmpq(-1 if "negative" in properties else 1)


def _shaped(flat: dict[Place, fmpq], shape: tuple[int, ...], properties: Any, rng: random.Random) -> dict[Place, fmpq]:
    n = range(shape[0]) if shape else range(0)
    if "orthogonal" in properties:
        order = rng.sample(list(n), len(n))
        return {(i, j): fmpq(rng.choice((-1, 1)) if order[i] == j else 0) for i in n for j in n}
    if "psd" in properties:
        return {(i, j): sum((flat[i, k] * flat[j, k] for k in n), fmpq(0)) for i in n for j in n}
    if "antisymmetric" in properties:
        return {
            p: fmpq(0) if len(set(p)) < len(p) else parity(tuple(sorted(range(len(p)), key=lambda k: p[k]))) * flat[tuple(sorted(p))]
            for p in flat
        }
    return {p: flat[tuple(sorted(p))] for p in flat} if "symmetric" in properties else flat


def _nested(flat: Mapping[Place, Any], shape: tuple[int, ...], at: Place) -> Any:
    return flat[at] if len(at) == len(shape) else [_nested(flat, shape, (*at, n)) for n in range(shape[len(at)])]
