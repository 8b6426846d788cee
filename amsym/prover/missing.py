"""Which assumption is missing: strengthen one declaration at a time and prove again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import sympy as sp

from amsym.notation import Tensor
from amsym.notation.calculus import gradient_tensor
from amsym.notation.effort import OutOfTime, check, time_limit
from amsym.system import System

# Pairs of assumptions are tried when no single one is enough; three together are not.
AT_ONCE = 2
# Seconds for the whole search; what is not found by then is not named.
SECONDS = 8.0


def missing_assumption(system: System) -> str | None:
    """The weakest further declaration that makes the claim provable, in words, or None."""
    from amsym.prover.lyapunov import lyapunov_arguments

    return first_missing(system, lambda s: lyapunov_arguments(s) is not None)


def first_missing(system: System, proves: Any) -> str | None:
    """The first declaration, or pair of them, with which `proves` holds, in words."""
    try:
        with time_limit(SECONDS):
            return _first(system, list(_options(system)), proves)
    except OutOfTime:
        return None


def _first(system: System, options: list[Any], proves: Any) -> str | None:
    for count in range(1, AT_ONCE + 1):
        for chosen in combinations(options, count):
            if len({target for target, _, _ in chosen}) < count:
                continue
            check()
            stronger = _stronger(system, chosen)
            if stronger is not None and proves(stronger):
                return " and ".join(words for _, _, words in chosen)
    return None


def _options(system: System) -> Iterator[tuple[Any, Any, str]]:
    """Each declaration that could be added: what it is about, its replacement, and the words for it."""
    for p in system.parameters:
        square = len(p.axes) == 2 and p.axes[0] == p.axes[1]
        if square and p.kind == "parameter" and not {"symmetric", "antisymmetric"} & set(p.properties):
            yield p, p.with_properties("symmetric"), f"{p.name} symmetric"
        if square and p.kind == "parameter" and "psd" not in p.properties and "antisymmetric" not in p.properties:
            yield p, p.with_properties("psd"), f"{p.name} positive semidefinite"
        if p.kind == "activation" and p.order == 0 and "psd" not in p.properties:
            yield p, p.with_properties("psd"), f"{p.name} convex"
        if p.kind == "parameter" and not {"nonnegative", "positive"} & set(p.properties) and not square:
            yield p, p.with_properties("nonnegative"), f"{p.name} ≥ 0"
    for s in system.scalars:
        if s.is_nonnegative is None or s.is_real is None:
            yield s, sp.Symbol(s.name, positive=True), f"{s.name} > 0"


def _stronger(system: System, chosen: Any) -> System | None:
    rule: dict[Any, Any] = {}
    for old, new, _ in chosen:
        rule[old] = new
        if isinstance(old, Tensor) and old.of is not None:
            rule.update(_derived(system, old, new))
    return system.substitute(rule)


def _derived(system: System, old: Tensor, new: Tensor) -> dict[Tensor, Tensor]:
    """The gradient and Hessian tensors of an abstract Lagrangian, declared along with it."""
    rule: dict[Tensor, Tensor] = {}
    for _ in range(3):
        old, new = gradient_tensor(old), gradient_tensor(new)
        rule[old] = new
    return rule
