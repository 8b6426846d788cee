"""An inequality as it is asked, left ⋈ right with names resolved, and as a certificate holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.errors import InputError
from amsym.notation import Component, Index
from amsym.notation.tensors import Entry
from amsym.prover.lyapunov import energy_rate
from amsym.render.words import words
from amsym.system import System
from numeric.rigorous import rational
from proofs.inequalities.places import at_places

RELATIONS = {"<=": "≤", "<": "<", ">=": "≥", ">": ">"}
# The names under which a certificate knows the model's own formulas.
OWN = ("energy", "energy rate")


@dataclass(frozen=True)
class Inequality:
    """left ⋈ right at every place of the free indices of left."""

    left: sp.Expr
    relation: str
    right: Any = 0
    name: str = ""

    @property
    def strict(self) -> bool:
        """Whether equality violates it."""
        return self.relation in ("<", ">")

    @property
    def bounded(self) -> sp.Expr:
        """The g with g ≤ 0 (g < 0) for the inequality."""
        right = sp.Rational(*rational(self.right).as_integer_ratio())
        return self.left - right if self.relation in ("<=", "<") else right - self.left

    @property
    def text(self) -> str:
        """The left side as certificates hold it."""
        return self.name or str(self.left)

    def words(self) -> str:
        """The inequality, short."""
        left = {"energy rate": "dE/dt", "energy": "E"}.get(self.name) or words(self.left)
        return f"{left if len(left) <= 80 else 'the formula'} {RELATIONS[self.relation]} {self.right}"


def stated(system: System, formula: Any, relation: str, right: Any = 0) -> Inequality:
    """The inequality, its names resolved."""
    check_relation(relation)
    if not isinstance(formula, str):
        expr = sp.sympify(formula)
        _check_names(system, expr)
        expr = expr.xreplace({x: sp.Rational(x) for x in expr.atoms(sp.Float)})
        return Inequality(_own_tensors(system, expr), relation, right)
    if formula not in OWN or system.energy is None or (formula == "energy rate" and system.flow is None):
        raise InputError(f"{formula!r} is no formula of this system; an index expression, 'energy' or 'energy rate' was expected")
    return Inequality(energy_rate(system) if formula == "energy rate" else system.energy, relation, right, formula)


def check_relation(relation: Any) -> None:
    """Raises InputError for what is no relation."""
    if not isinstance(relation, str) or relation not in RELATIONS:
        expected = f"one of {', '.join(RELATIONS)} was expected"
        raise InputError(f"the relation is {relation!r}; {expected}: say holds_on_box(model, formula, '<=', domain, params)")


def _check_names(system: System, expr: Any) -> None:
    """Raises InputError for what no number of the system stands for."""
    names = {k.name for k in (*system.parameters, *system.scalars, *system.states)}
    if not isinstance(expr, sp.Expr):
        raise InputError(f"the formula is {expr!s:.60}; a number was expected: give its left side, and the rest as relation and right=")
    strange = [c.tensor.description for c in expr.atoms(Component) if c.tensor.name not in names]
    strange += [f"'{s}'" for s in expr.atoms(sp.Symbol) if type(s) is sp.Symbol and s.name not in names]
    if strange:
        raise InputError(f"the formula holds {strange[0]}, which the system has not: use its states and parameters")
    if entries := sorted(expr.atoms(Entry), key=str):
        raise InputError(f"the formula holds the explicit entry {entries[0]}; in index notation write y[i], with a mask to pick places")


def _own_tensors(system: System, expr: sp.Expr) -> sp.Expr:
    """Tensors and scalars of the same name become the system's own, which know what the numbers have."""
    mine = {k.name: k for k in (*system.parameters, *system.states, *system.scalars)}
    rule = {c: mine[c.tensor.name][c.where] if c.where else Component(mine[c.tensor.name]) for c in expr.atoms(Component)}
    rule |= {s: mine[s.name] for s in expr.free_symbols if getattr(s, "name", None) in mine and isinstance(mine[s.name], sp.Symbol)}
    return expr.xreplace({k: v for k, v in rule.items() if k != v})


def inequality_data(inequality: Inequality, at: Mapping[Index, int], relation: str = "") -> dict[str, Any]:
    """The statement at one choice of places, as a certificate holds it: y[i] at i = 0 is y[0]."""
    left = inequality.name or at_places(inequality.left, at)
    return {"left": left, "relation": relation or inequality.relation, "right": str(rational(inequality.right))}
