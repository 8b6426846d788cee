"""Points on kinks: one component of the state is moved onto the root of a kink function, and both sides are compared there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp

from amsym.notation import Tensor, components, free_indices
from amsym.prover.regularity import conditions
from amsym.system import System, time
from numeric.rigorous import Undetermined
from proofs.draws import Values, flattened, nested, plain
from proofs.kinks.sides import Jump, Undefined, Unsettled, first_jump
from proofs.probes import kink_functions
from proofs.question import Question
from proofs.settings import in_domain
from proofs.zeros.witness import in_words

# Formulas with more operations at a point are not looked at.
OPERATIONS = 4000


@dataclass
class Part:
    """The flow or the energy: its formulas, the class C^k shown, and the worst jump found."""

    name: str
    formulas: list[tuple[str, sp.Expr, tuple[Any, ...]]]
    shown: int | None = -1
    jump: Jump | None = None
    witness: dict[str, Any] = field(default_factory=dict)
    words: str = ""

    @property
    def settled(self) -> bool:
        """Whether the jump found is the first that there can be."""
        return self.shown is None or (self.jump is not None and self.jump.order == self.shown + 1)

    def degree(self) -> str:
        """C^∞, C^2, "at least C^1, not C^3", "discontinuous"."""
        if self.shown is None:
            return "C^∞"
        if self.jump is None:
            return f"at least C^{self.shown}" if self.shown >= 0 else "unknown"
        if self.jump.order == 0:
            return "discontinuous"
        return f"C^{self.shown}" if self.settled else f"{f'at least C^{self.shown}, ' if self.shown >= 0 else ''}not C^{self.jump.order}"


class Explicit:
    """Formulas and kink functions at given sizes as plain SymPy, made once for each choice of sizes."""

    def __init__(self, system: System, parts: list[Part]) -> None:
        self.system, self.parts = system, parts
        self.bends = (*(kink_functions(system) if system.energy is not None else ()), *self._bases())
        self._made: dict[Any, list[tuple[str, sp.Expr]]] = {}

    def kinks(self, sizes: dict[str, int]) -> list[sp.Expr]:
        """Every kink function at every place."""
        return [u for _, u in self._of("kinks", sizes, [("", u, tuple(sorted(free_indices(u), key=str))) for u in self.bends])]

    def _bases(self) -> set[sp.Expr]:
        """What stands under a root that may vanish."""
        roots = {p for f in self.system.formulas for p in f.atoms(sp.Pow) if p.exp.is_Rational and not p.exp.is_Integer and conditions(p)}
        return {p.base for p in roots}

    def formulas(self, part: Part, sizes: dict[str, int]) -> list[tuple[str, sp.Expr]]:
        """Every formula of a part at every place, with its name there."""
        return self._of(part.name, sizes, part.formulas)

    def _of(self, what: str, sizes: dict[str, int], formulas: list[tuple[str, sp.Expr, tuple[Any, ...]]]) -> list[tuple[str, sp.Expr]]:
        key = (what, tuple(sorted(sizes.items())))
        if key not in self._made:
            found: dict[sp.Expr, str] = {}
            for name, f, where in formulas:
                made = components(f, sizes, where)
                for place in product(*(range(sizes[i.axis]) for i in where)):
                    found.setdefault(made[place] if where else made, _placed(name, where, place))
            self._made[key] = [(name, f) for f, name in found.items()]
        return self._made[key]


def _placed(name: str, where: tuple[Any, ...], place: tuple[int, ...]) -> str:
    """dy[i]/dt at place 0 is dy[0]/dt."""
    return name.replace(f"[{', '.join(map(str, where))}]", f"[{', '.join(map(str, place))}]") if where else name


def on_kinks(explicit: Explicit, question: Question, parts: list[Part], sizes: dict[str, int], values: Values) -> None:
    """Move the point onto each kink along one component, and compare the sides there."""
    numbers = _numbers(values)
    entries = {e: (k, p) for e, (k, p) in numbers.items() if (isinstance(k, Tensor) and k.kind == "state") or k == time}
    exact = {e: sp.Rational(*_value(values, k, p).as_integer_ratio()) for e, (k, p) in numbers.items()}
    for u in explicit.kinks(sizes):
        for entry, (key, place) in entries.items():
            if not u.has(entry):
                continue
            root = _root(u.xreplace({e: x for e, x in exact.items() if e != entry}), entry, exact[entry])
            if root is None:
                continue
            moved = _moved(values, key, place, root, sizes)
            if in_domain(moved, question.domain) and (key != time or root > 0):
                _compare(explicit, parts, sizes, moved, {**exact, entry: sp.Rational(root.numerator, root.denominator)}, entry)


def _numbers(values: Values) -> dict[sp.Expr, tuple[Any, tuple[int, ...]]]:
    """The explicit symbols of all numbers, with the place where each stands."""
    found: dict[sp.Expr, tuple[Any, tuple[int, ...]]] = {}
    for key, value in values.items():
        for place in flattened(value):
            found[key[place] if isinstance(key, Tensor) else key] = (key, place)
    return found


def _value(values: Values, key: Any, place: tuple[int, ...]) -> Fraction:
    return Fraction(flattened(values[key])[place])


def _moved(values: Values, key: Any, place: tuple[int, ...], root: Fraction, sizes: Mapping[str, int]) -> Values:
    if not isinstance(key, Tensor):
        return {**values, key: root}
    return {**values, key: nested({**flattened(values[key]), place: root}, tuple(sizes[a] for a in key.axes))}


def _root(u: sp.Expr, entry: sp.Expr, now: sp.Expr) -> Fraction | None:
    """A rational zero of u in one component: of an affine u its root, else the present value where u vanishes there."""
    if not u.is_polynomial(entry):
        found = [r for r in (now, *map(sp.Integer, (0, 1, -1, 2, -2))) if u.xreplace({entry: r}) == 0]
    else:
        p = sp.Poly(u, entry)
        rational = p.degree() >= 1 and all(c.is_Rational for c in p.all_coeffs())
        found = list(p.ground_roots()) if rational else []
        found.sort(key=lambda r: (abs(r - now), r))
    return Fraction(int(found[0].p), int(found[0].q)) if found else None


def _compare(explicit: Explicit, parts: list[Part], sizes: dict[str, int], values: Values, exact: dict[Any, Any], entry: sp.Expr) -> None:
    s = sp.Symbol("s", real=True)
    line = {**exact, entry: exact[entry] + s}
    for part in parts:
        if part.settled:
            continue
        for name, f in explicit.formulas(part, sizes):
            if sp.count_ops(f) > OPERATIONS:
                continue
            try:
                jump = first_jump(f.xreplace(line), s)
            except (Undefined, Unsettled, Undetermined, ZeroDivisionError):
                continue
            if jump is not None and (part.jump is None or jump.order < part.jump.order):
                _note(part, jump, name, sizes, values, entry)


def _note(part: Part, jump: Jump, name: str, sizes: dict[str, int], values: Values, entry: sp.Expr) -> None:
    part.jump = jump
    part.witness = {
        "kind": "exact counterexample",
        "sizes": sizes,
        "values": {str(k.name): plain(v) for k, v in values.items()},
        "inequality": f"{name} along {entry}, {jump.words()}",
        "value": jump.gap(),
    }
    part.words = f"{name} along {entry} at {in_words(sizes, values)}, {jump.words()}"


__all__ = ["Explicit", "Part", "on_kinks"]
