"""A formula's terms, and those that are a sum Σ_i φ(y_i) of one function over all entries of a state: its sites."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.notation import Index, Total, rename
from amsym.notation.tensors import Entry
from amsym.prover.degrees import Scope
from amsym.prover.growth import moving_atoms

# Factors of sums are multiplied out into at most so many terms.
PIECES = 200


def addends(e: sp.Expr, scope: Scope, whole: bool = False) -> list[sp.Expr]:
    """The terms of a formula, products and sums of sums multiplied out, powers left whole."""
    if isinstance(e, sp.Add):
        return [t for a in e.args for t in addends(a, scope, whole)]
    if isinstance(e, Total):
        return [Total(a, *e.bound) for a in addends(e.body, scope, whole)] if isinstance(e.body, (sp.Add, sp.Mul)) else [e]
    if isinstance(e, sp.Mul) and not (whole and all(len(moving_atoms(f, scope)) <= 1 for f in e.args)):
        for n, f in enumerate(e.args):
            parts = addends(f, scope, whole) if isinstance(f, (sp.Add, Total)) and moving_atoms(f, scope) else []
            if len(parts) > 1 or (parts and parts[0] != f):
                others = sp.Mul(*e.args[:n], *e.args[n + 1 :])
                found = [t for p in parts for t in addends(others * p, scope, whole)]
                return found if len(found) <= PIECES else [e]
    return [e]


def site_of(a: sp.Expr, scope: Scope, outer: frozenset[Index]) -> tuple[Any, sp.Expr] | None:
    """((the component, further sums), φ) for a term c Σ φ(y_i) over all entries of y; None for any other."""
    atoms = moving_atoms(a, scope)
    if len(atoms) != 1:
        return None
    (c,) = atoms
    if c.tensor.kind != "state" or c.tensor in scope.bounded:
        return None
    if isinstance(c, Entry):
        return None if a.has(Total) else ((c, ()), a)
    sums = [f for f in sp.Mul.make_args(a) if isinstance(f, Total) and f.has(c.tensor)]
    body, bound = (sums[0].body, sums[0].bound) if len(sums) == 1 else (sp.S.One, ())
    factor = sp.Mul(*(f for f in sp.Mul.make_args(a) if f not in sums))
    where = c.where
    covered = len(set(where)) == len(where) and set(where) <= {*bound, *outer}
    if len(sums) > 1 or not covered or any(t.has(c.tensor) for t in body.atoms(Total)) or (sums and factor.has(c.tensor)):
        return None
    names = {i: Index(f"site{n}", i.axis) for n, i in enumerate(where) if i in bound}
    at = rename(c, names)
    extra = tuple(sorted((i for i in bound if i not in where), key=str))
    return (at, extra), rename(factor * body, names) if body != 1 else rename(factor, names)
