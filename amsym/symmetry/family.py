"""A family of symmetries: v(y) = A y + c, linear in a free tensor θ, for every size; v·∇E = 0 for all θ at once.

A family with θ antisymmetric over an axis is the rotations over it; one with a constant θ is a shift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from amsym.notation import Index, Tensor, fresh_indices, tidy
from amsym.symmetry.templates import Array, Key, Kind, Piece, Template, at, keys


@dataclass(frozen=True)
class Family:
    """Templates with rational weights. `theta`: the free tensor (a scalar symbol where it has no axes)."""

    kind: Kind
    parts: tuple[tuple[Fraction, Template], ...]
    theta: Any
    words: str = ""
    steps: tuple[dict[str, Any], ...] = field(default=(), compare=False)

    @property
    def is_shift(self) -> bool:
        """Whether v does not depend on the state."""
        return all(t.source is None for _, t in self.parts)

    @property
    def states(self) -> tuple[Tensor, ...]:
        """The states that the family moves."""
        return tuple(dict.fromkeys(t.target for _, t in self.parts))

    @property
    def formulas(self) -> dict[Any, sp.Expr]:
        """{y[i]: v_i} in index notation, for the states that move."""
        result = {}
        for s in self.states:
            where = fresh_indices(s.axes)
            v = self.formula(s, where)
            if v != 0:
                result[at(s, where)] = v
        return result

    def formula(self, state: Tensor, where: tuple[Index, ...]) -> sp.Expr:
        """v of one state at the given indices."""
        parts = (_rational(w) * t.formula(self.theta, where) for w, t in self.parts if t.target == state)
        return tidy(sp.Add(*parts))

    def array(self, states: tuple[Tensor, ...], sizes: Mapping[str, int]) -> Array:
        """All states in one vector: (entries of θ, n, n + 1), each entry's matrix A with the column c behind it."""
        lengths = [int(np.prod([sizes[a] for a in s.axes], dtype=int)) for s in states]
        first = dict(zip(states, np.concatenate([[0], np.cumsum(lengths)[:-1]]), strict=True))
        n = sum(lengths)
        size = int(np.prod([sizes[a] for a in self.kind.axes], dtype=int))
        result = np.zeros((size, n, n + 1))
        for weight, t in self.parts:
            block = np.moveaxis(t.array(sizes), 2, 0) * float(weight)
            row, column = int(first[t.target]), n if t.source is None else int(first[t.source])
            result[:, row : row + block.shape[1], column : column + block.shape[2]] += block
        if isinstance(self.theta, Tensor) and self.theta.has_property("antisymmetric"):
            # The parts were halved: entry (k, l) of θ stands for (l, k) as well, with the other sign.
            side = sizes[self.kind.axes[0]]
            square = result.reshape(side, side, n, n + 1)
            result = (square - square.transpose(1, 0, 2, 3)).reshape(size, n, n + 1)
        return result

    def __str__(self) -> str:
        return f"{self.words}: {self.lines}" if self.words else self.lines

    @property
    def lines(self) -> str:
        """The field as formulas, δh[i] = c."""
        return ", ".join(f"δ{c} = {v}" for c, v in self.formulas.items())


def _rational(w: Fraction) -> sp.Rational:
    return sp.Rational(w.numerator, w.denominator)


def family(kind: Kind, parts: tuple[tuple[Fraction, Template], ...], taken: frozenset[str]) -> Family:
    """The family with a name for θ that the model does not use, antisymmetric where the parts say so, and its words."""
    halved = _antisymmetric_half(kind, parts)
    if halved is not None:
        found = Family(kind, halved, Tensor(_free(("Omega", "Phi"), taken), kind.axes, properties=("antisymmetric",)))
    elif kind.axes:
        found = Family(
            kind, parts, Tensor(_free(("c", "Theta"), taken) if len(kind.axes) == 1 else _free(("Theta", "Phi"), taken), kind.axes)
        )
    else:
        found = Family(kind, parts, sp.Symbol(_free(("c", "theta"), taken), real=True))
    return Family(kind, found.parts, found.theta, describe(found))


def _free(names: tuple[str, ...], taken: frozenset[str]) -> str:
    numbered = (*names, *(f"{names[0]}{n}" for n in range(1, 1000)))
    return next(name for name in numbered if name not in taken)


def _transposed(t: Template) -> Template:
    """The template with θ's two slots exchanged over each axis that has two."""
    turn = str.maketrans("kl", "lk")

    def turned(key: Key, p: Piece) -> Piece:
        return Piece(p.sign, tuple(x.translate(turn) for x in p.links), p.means) if t.kind.count(key) == 2 else p

    return _normal(Template(t.kind, t.target, t.source, tuple((key, tuple(turned(key, p) for p in f)) for key, f in t.factors)))


def _normal(t: Template) -> Template:
    """The template with the order of its pieces and links settled, so that equal ones compare equal."""
    factors = ((key, tuple(sorted((Piece(p.sign, tuple(sorted(p.links)), p.means) for p in f), key=str))) for key, f in t.factors)
    return Template(t.kind, t.target, t.source, tuple(factors))


def _antisymmetric_half(kind: Kind, parts: tuple[tuple[Fraction, Template], ...]) -> tuple[tuple[Fraction, Template], ...] | None:
    """One of each pair θ, θᵀ where all come with opposite weights and θ is a matrix over one axis."""
    if len(kind.axes) != 2 or kind.axes[0] != kind.axes[1] or max(n for _, n in kind.slots) != 2:
        return None
    weights = {_normal(t): w for w, t in parts}
    if len(weights) != len(parts) or any(weights.get(_transposed(t)) != -w for t, w in weights.items()):
        return None
    kept: dict[Template, Fraction] = {}
    for w, t in parts:
        if _transposed(t) not in {_normal(k) for k in kept}:
            kept[t] = w
    return tuple((w, t) for t, w in kept.items())


def describe(f: Family) -> str:
    """The family in words where it has a usual name, else nothing: its formula says it all."""
    names = " and ".join(s.name for s in f.states)
    if f.is_shift:
        return _shift_words(f, names)
    own = all(t.source == t.target for _, t in f.parts)
    pairs = tuple(key for key, n in f.kind.slots if n == 2)
    singles = tuple(key for key, n in f.kind.slots if n == 1)
    if own and not f.kind.axes and all(_links(t) == {("ij",)} for _, t in f.parts):
        return f"scaling of {names}" if len({w for w, _ in f.parts}) == 1 else f"scaling of {names} at rates of their own"
    if not f.kind.axes and _is_turn(f):
        return f"rotation between {names}"
    if not pairs and singles and _is_turn(f):
        return f"rotation between {names}, one for each {_axes(singles)}"
    if own and pairs and _turns_pairs(f):
        one = f", one for each {_axes(singles)}" if singles else ""
        centred = any(p.means for _, t in f.parts for _, fs in t.factors for p in fs)
        return f"rotations of {names} over {_axes(pairs)}" + (" about the mean" if centred else "") + one
    return ""


def _shift_words(f: Family, names: str) -> str:
    slots = {key for key, n in f.kind.slots if n}
    if any(n > 1 for _, n in f.kind.slots):
        return ""
    centred = any(p.means for _, t in f.parts for _, fs in t.factors for p in fs)
    along = tuple(dict.fromkeys(key for s in f.states for key in keys(s) if key not in slots))
    ratio = "" if len({w for w, _ in f.parts}) == 1 else " in fixed proportion"
    if not slots:
        return f"shift of {names} by one constant{ratio}"
    if centred:
        return f"shift of {names} by any vector over {_axes(tuple(slots))} of mean zero{ratio}"
    if not along:
        return f"shift of {names} by anything{ratio}" + (" (it does not enter the energy)" if len(f.states) == 1 else "")
    return f"shift of {names} along {_axes(along)} by a constant, one for each {_axes(tuple(slots))}{ratio}"


def _axes(found: tuple[Any, ...]) -> str:
    return " ".join(key[0] for key in sorted(found))


def _links(t: Template) -> set[tuple[str, ...]]:
    return {p.links for _, fs in t.factors for p in fs} or {("ij",)}


def _is_turn(f: Family) -> bool:
    """Whether v_a = b and v_b = -a for two states."""
    by = {(t.target, t.source): (w, t) for w, t in f.parts}
    if len(f.parts) != 2 or len(f.states) != 2 or len(by) != 2:
        return False
    (a, b) = f.states
    if (a, b) not in by or (b, a) not in by:
        return False
    linked = all("ij" in x for _, t in f.parts for _, fs in t.factors for p in fs for x in (p.links,))
    return by[a, b][0] == -by[b, a][0] and linked


def _turns_pairs(f: Family) -> bool:
    """Whether θ enters only as θ - θᵀ."""
    if isinstance(f.theta, Tensor) and "antisymmetric" in f.theta.properties:
        return len({w for w, _ in f.parts}) == 1
    weights = {_normal(t): w for w, t in f.parts}
    return all(weights.get(_transposed(t)) == -w for t, w in weights.items()) and len({abs(w) for w in weights.values()}) == 1
