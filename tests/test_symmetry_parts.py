"""The parts of the search for symmetries: templates as formulas and as arrays, null spaces, and ranks that are certified."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym.notation import components, fresh_indices
from amsym.prover.symmetry import permutable, proved_family, proved_flip, proved_swap
from amsym.symmetry import family, kinds, templates
from numeric.certified_rank import certified_full_rank, certified_gradient_rank
from numeric.symmetries import independent_columns, null_space, rational_basis
from proofs.symmetry.clock import Clock
from proofs.symmetry.fits import spanned
from proofs.symmetry.points import Points, entries, sizes_to_try
from proofs.symmetry.samples import sampled

i, j = am.indices("i j", "N")
y, u, x = am.state("y", "N"), am.state("u", "N"), am.state("x", "N K")
STATES = (y, x)
SIZES = {"N": 2, "K": 3}


def _every(stage: int) -> list[Any]:
    return [t for kind in kinds(STATES) for t in templates(STATES, kind, stage)]


@pytest.mark.parametrize("n", range(0, len(_every(2)), 37))
def test_a_template_is_the_same_as_formula_and_as_array(n: int) -> None:
    template = _every(2)[n]
    f = family(template.kind, ((Fraction(3, 2), template),), frozenset())
    array = f.array(STATES, SIZES)
    rng = np.random.default_rng(n)
    theta = rng.integers(-3, 4, size=[SIZES[a] for a in template.kind.axes])
    values = {s: rng.integers(-3, 4, size=[SIZES[a] for a in s.axes]) for s in STATES}
    point = np.concatenate([*(values[s].ravel() for s in STATES), [1]])
    numeric = np.tensordot(theta.ravel(), array, axes=1) @ point
    numbers = {s[place]: int(v) for s, a in values.items() for place, v in np.ndenumerate(a)}
    if template.kind.axes:
        numbers |= {f.theta[place]: int(v) for place, v in np.ndenumerate(theta)}
    else:
        numbers[f.theta] = int(theta)
    symbolic: list[float] = []
    for s in STATES:
        where = fresh_indices(s.axes)
        parts = components(f.formula(s, where), SIZES, order=where)
        entries_ = np.array(parts.tolist(), dtype=object).ravel()
        symbolic += [float(sp.sympify(e).xreplace(numbers)) for e in entries_]
    assert np.allclose(numeric, symbolic)


def test_a_false_family_has_no_proof() -> None:
    kind = kinds((y,))[0]
    (shift,) = templates((y,), kind, 0, translations=True)
    f = family(kind, ((Fraction(1), shift),), frozenset())
    log_sum = sp.log(am.total(sp.exp(y[i]), i))
    assert proved_family(am.System(flow={y[i]: -y[i]}, energy=log_sum), f) is None
    assert proved_family(am.System(flow={y[i]: -y[i]}, energy=log_sum - am.total(y[i], i) / i.size), f)


def test_odd_terms_and_unlike_states_are_no_discrete_symmetry() -> None:
    odd = am.System(flow={y[i]: -y[i], u[i]: -u[i]}, energy=am.total(y[i] ** 2 + y[i] ** 3 + u[i] ** 2, i))
    assert not proved_flip(odd, (y,))
    assert proved_flip(odd, (u,))
    assert not proved_swap(odd, y, u)
    assert permutable(odd, "N")


def test_a_parameter_over_the_axis_or_an_order_of_places_forbids_permutations() -> None:
    b = am.parameter("b", "N")
    for energy in (am.total(b[i] * y[i] ** 2, i), am.total(am.mask(i > j) * y[i] * y[j] ** 2, i, j), am.total(y[i] ** 2 / (1 + i), i)):
        assert not permutable(am.System(flow={y[i]: -y[i]}, energy=energy), "N")


def test_too_little_known_is_not_certified_as_everything() -> None:
    system = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) ** 2)
    samples = sampled(system, {"N": 3}, {}, Clock(60.0))
    assert samples is not None
    assert len(null_space(samples.matrix)) == 3
    assert not certified_full_rank(samples, np.zeros((0, 12)))
    rotations = np.array([np.hstack([a - a.T, np.zeros((3, 1))]).ravel() for a in (np.eye(3)[[0]].T @ np.eye(3)[[1]], *_others())])
    assert certified_full_rank(samples, rotations)
    assert not certified_full_rank(samples, rotations[:2])
    assert certified_gradient_rank(samples, np.zeros((0, 3)))


def _others() -> list[Any]:
    e = np.eye(3)
    return [e[[0]].T @ e[[2]], e[[1]].T @ e[[2]]]


def test_a_direction_that_is_almost_flat_does_not_hide_from_the_rank() -> None:
    energy = am.total(y[i], i) ** 4 + am.total(am.parameter("b", "N")[i] * y[i] ** 2, i) / 10**12
    samples = sampled(am.System(flow={y[i]: -y[i]}, energy=energy), {"N": 2}, {}, Clock(60.0))
    assert samples is not None
    assert certified_full_rank(samples, np.zeros((0, 6)))


def test_rational_bases_are_reduced_and_refuse_what_is_irrational() -> None:
    rotation = np.array([[np.sqrt(2), 1.0], [0.0, 0.0]])[:1]
    assert rational_basis(rotation, 60) is None
    mixed = np.array([[1.0, 1.0, 0.0], [1.0, -1.0, 0.0]]) / 3
    assert rational_basis(mixed) == [[0, 1, 0], [1, 0, 0]]
    assert independent_columns(np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])) == [0, 2]


def test_sizes_are_small_and_draws_respect_what_is_declared() -> None:
    import random

    from proofs.draws import respects

    P = am.parameter("P", "N N", psd=True)
    system = am.System(flow={y[i]: -y[i]}, energy=am.total(P[i, j] * y[i] * y[j], i, j))
    for sizes in sizes_to_try(system, {}):
        assert entries(system, sizes) <= 12
        assert all(respects(k, v) for k, v in Points(system, sizes, {}, random.Random(1)).draw().items())


def test_shifts_span_their_products_with_affine_functions() -> None:
    kind = kinds((y,))[0]
    (shift,) = templates((y,), kind, 0, translations=True)
    f = family(kind, ((Fraction(1), shift),), frozenset())
    system = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i], i))
    assert np.linalg.matrix_rank(spanned(system, [f], {"N": 3})) == 4
