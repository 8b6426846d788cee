"""f = -R ∇E, or ∇E = -R f, with R = c P or a + c P for a given matrix P: dE/dt ≤ 0 where the symmetric part of R is semidefinite.

The symbolic identity decides; for the mixture, a and c are first read off compiled values in floating point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from amsym.indexing import said
from amsym.notation import Component, Tensor, fresh_indices, is_zero, total
from amsym.prover.factor import common_factor
from amsym.prover.patterns import gradient
from amsym.prover.signs import is_nonnegative
from amsym.render.sentences import matrix_identity, slope_of
from amsym.system import System
from numeric.compile import compile as compile_model
from proofs.matrices import semidefinite
from proofs.matrices.exact import as_fmpq, exact_rows, plain_rows, symmetric_part
from proofs.question import Question

MATRIX = "vᵀ P v ≥ 0 where the symmetric part of P is positive semidefinite"
# States at which a and c are fitted, the residual that is none, and the largest denominator of a and c.
STATES, RESIDUAL, DENOMINATOR = 8, 1e-9, 1000


@dataclass
class Shown:
    """An argument for one state: its words, steps, and the certificates of what was computed."""

    words: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    computed: list[dict[str, Any]] = field(default_factory=list)


def given_matrix(question: Question, c: Component) -> Shown | None:
    """The argument for one state with a given matrix, of which nothing needs to be declared; None where none fits."""
    system = question.system
    left, f = gradient(system, c.tensor), system.equations[c]
    for P, weight, image, turned in _images(system, c):
        for metric, a, b in ((False, f, left), (True, left, f)):
            scale = common_factor(a, image(weight, b), c.where)
            shown = _semidefinite_part(question, P, scale) if scale is not None else None
            if scale is not None and shown is not None:
                return _scaled(system, c, P, scale, metric, turned, shown)
    return _mixture(question, c)


def _images(system: System, c: Component) -> Iterator[tuple[Tensor, sp.Expr, Any, bool]]:
    """Each square matrix P over the state's axis, P_ij and P_ji, and the map b_i to Σ_j P_ij b_j."""
    if len(c.where) != 1:
        return
    other = fresh_indices(c.tensor.axes, c.where)
    names = dict(zip(c.where, other, strict=True))

    def image(weight: sp.Expr, b: sp.Expr) -> sp.Expr:
        return total(weight * b.xreplace(names), *other)

    for P in system.parameters:
        if P.axes == c.tensor.axes * 2:
            weights = dict.fromkeys((P[c.where + other], P[other + c.where]))
            yield from ((P, weight, image, n == 1) for n, weight in enumerate(weights))


def _exact_part(question: Question, P: Tensor, a: Fraction, scale: Fraction) -> dict[str, Any] | None:
    """The certificate of the symmetric part of a + scale P, where it is semidefinite."""
    rows = exact_rows((question.fixed or {})[P], P.name)
    mixed = [[as_fmpq(scale) * x + (as_fmpq(a) if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(rows)]
    v = semidefinite(plain_rows(symmetric_part(mixed)))
    return dict(v.certificate) if v.holds else None


def _semidefinite_part(question: Question, P: Tensor, scale: sp.Expr) -> dict[str, Any] | None:
    """The same for ±P, where the scale is a number or a scalar of this sign."""
    sign = next((s for s in (1, -1) if is_nonnegative(s * scale)), None)
    return None if sign is None or scale.has(Component) else _exact_part(question, P, Fraction(0), Fraction(sign))


def _scaled(system: System, c: Component, P: Tensor, scale: sp.Expr, metric: bool, turned: bool, shown: dict[str, Any]) -> Shown:
    identity = {"identity": matrix_identity(system, c, P, scale, metric=metric, turned=turned)}
    name = P.name if scale == 1 else f"({said(system, scale)}) {P.name}"
    lemma = {"lemma": MATRIX, "hypothesis": f"exact factors of the symmetric part of {'' if is_nonnegative(scale) else '-'}{P.name}"}
    left = f"∇E = -{name} f" if metric else f"f = -{name} ∇E"
    return Shown(f"{left} with the symmetric part of {name} positive semidefinite, by exact factors", [identity, lemma], [shown])


def _mixture(question: Question, c: Component) -> Shown | None:
    """f = -(a + k P) ∇E."""
    system = question.system
    left, f = gradient(system, c.tensor), system.equations[c]
    values = None
    for P, weight, image, turned in _images(system, c):
        values = _values(question, c) if values is None else values
        fitted = _fitted(values, np.array((question.fixed or {})[P], dtype=object).astype(float), turned)
        if fitted is None:
            continue
        a, k = (sp.Rational(x.numerator, x.denominator) for x in fitted)
        shown = _exact_part(question, P, *fitted) if is_zero(f + a * left + k * image(weight, left)) else None
        if shown is not None:
            name = f"{a} I {'+' if k > 0 else '-'} {'' if abs(k) == 1 else f'{abs(k)} '}{P.name}"
            steps = [{"identity": f"f + R ∇E = 0 with R = {name}, ∇E = {slope_of(system, c)}"}]
            lemma = {"lemma": MATRIX, "hypothesis": f"exact factors of the symmetric part of {name}"}
            words = f"f = -R ∇E with the symmetric part of R = {name} positive semidefinite, by exact factors"
            return Shown(words, [*steps, lemma], [shown])
    return None


def _values(question: Question, c: Component) -> tuple[Any, Any]:
    """f and ∇E of one state at random states, (states, n), in floating point."""
    system = question.system
    params = {
        k.name: np.array(v, dtype=object).astype(float) if isinstance(v, tuple) else float(v) for k, v in (question.fixed or {}).items()
    }
    rng = np.random.default_rng(0)
    state = {s.name: rng.normal(size=(STATES, *(question.sizes[a] for a in s.axes))) for s in system.states}
    model = compile_model(system).bind(params, sizes={a: n for a, n in question.sizes.items() if a in system.axes})
    return model.flow(state)[c.tensor.name], model.gradient(state)[c.tensor.name]


def _fitted(values: tuple[Any, Any], P: Any, turned: bool) -> tuple[Fraction, Fraction] | None:
    """Small fractions a, k with f = -a ∇E - k P ∇E at all states but for rounding; None where there are none."""
    f, g = values
    columns = np.stack([-g.ravel(), -(g @ (P if turned else P.T)).ravel()], axis=1)
    if not (np.isfinite(columns).all() and np.isfinite(f).all()):
        return None
    found, *_ = np.linalg.lstsq(columns, f.ravel(), rcond=None)
    a, k = (Fraction(float(x)).limit_denominator(DENOMINATOR) for x in found)
    off = np.max(np.abs(columns @ np.array([float(a), float(k)]) - f.ravel()))
    return (a, k) if k != 0 and off <= RESIDUAL * (1 + np.max(np.abs(f))) else None
