"""What an enumeration is built of: kinks read from formulas, cells that divide the states, exact programmes and polyhedra."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

import amsym as am
from numeric.rigorous import Evaluator
from proofs.patterns.affine import AFFINE, LEVEL, degree
from proofs.patterns.flow import PiecewiseFlow, Row
from proofs.patterns.forms import Form, constant, double, exact, fraction, summed, variable
from proofs.patterns.from_question import piecewise_flow
from proofs.patterns.kinks import Kinks, NotPiecewiseAffine
from proofs.patterns.polyhedra import holds, polyhedron, solved, value
from proofs.patterns.simplex import maximum
from proofs.question import question

i = am.index("i", "N")
U, V = am.state("u", "N"), am.state("v", "N")
u, v = U[i], V[i]
halves = st.integers(-6, 6).map(lambda p: Fraction(p, 2))
numbers = halves.map(exact)


@st.composite
def formulas(draw: Any, depth: int = 2) -> sp.Expr:
    """Piecewise affine formulas in u and v with all that makes kinks and jumps."""
    if depth == 0:
        return draw(st.sampled_from([u, v, u - v, u + 1, sp.Integer(-1), 2 * v - u / 2]))
    a, b = draw(formulas(depth - 1)), draw(formulas(depth - 1))
    small = sp.Rational(draw(st.integers(-2, 2)), 2)
    made = {
        "sum": lambda: a + small * b,
        "max": lambda: sp.Max(a, b),
        "min": lambda: sp.Min(a, small, b),
        "abs": lambda: sp.Abs(a) - b,
        "sign": lambda: sp.sign(a) + b,
        "mask": lambda: am.mask(a > small) * b,
        "equal": lambda: am.mask(sp.Eq(a, small)) + am.mask(sp.Ne(b, 1)) * a,
        "piecewise": lambda: sp.Piecewise((a, v < small), (b, sp.Or(u >= 1, u - v > 2)), (small, True)),
        "clip": lambda: sp.Max(-1, sp.Min(1, a)),
        "joined": lambda: am.mask(sp.And(a > 0, sp.Not(b >= small))) + sp.Heaviside(b),
    }
    return made[draw(st.sampled_from(sorted(made)))]()


def read(f: sp.Expr) -> PiecewiseFlow:
    return piecewise_flow(question(am.System(flow={u: f - u, v: -v}), None, {"u": (np.array([-9.0]), np.array([9.0]))}))


def cells_of(flow: PiecewiseFlow, y: list[Any]) -> list[Any]:
    patterns = product(*(range(len(own)) for own in flow.intervals))
    return [c for c in map(flow.cell, patterns) if all(holds(r, y) for r in c.rows)]


@given(f=formulas(), a=halves, b=halves)
def test_every_state_lies_in_one_cell_and_the_flow_there_is_the_formula(f: sp.Expr, a: Fraction, b: Fraction) -> None:
    flow = read(f)
    assume(flow.patterns < 3000)
    y = [exact(a), exact(b)]
    cells = cells_of(flow, y)
    assert len(cells) == 1
    right = Evaluator({"N": 1}, {U: (a,), V: (b,)})(f - u, {i: 0})
    assert right.is_exact()
    assert right == arb(value(cells[0].flow[0], y))
    assert value(cells[0].flow[1], y) == -y[1]


@given(f=formulas())
def test_what_has_a_degree_is_read(f: sp.Expr) -> None:
    if degree(f) is not None:
        assert read(f).n == 2


@pytest.mark.parametrize(
    ("f", "found"),
    [
        (u, AFFINE),
        (am.mask(u > v) * sp.sign(v), LEVEL),
        (am.mask(u > v) * sp.Max(u, v) * 3, AFFINE),
        (u * v, None),
        (sp.Max(0, u) ** 2, None),
        (am.mask(u > 0) ** 2, LEVEL),
        (1 / u, None),
        (sp.exp(u), None),
        (am.mask(u * v > 0), None),
        (sp.Piecewise((u, sp.exp(v) > 1), (v, True)), None),
        (sp.pi * u, None),
    ],
)
def test_degrees(f: sp.Expr, found: int | None) -> None:
    assert degree(f) == found


def test_ramps_of_one_argument_share_their_cuts() -> None:
    flow = read(sp.Max(-1, sp.Min(1, u)) + sp.Abs(2 * u - 2) + sp.Max(0, -3 * u - 3) + sp.Piecewise((u, u > 0), (0, True)))
    assert flow.continuous
    assert flow.chain_words == ("u[0] at -1, 0, 1",)
    assert [flow.words(k) for k in flow.kinks] == ["max(0, u[0] - 1)", "max(0, u[0] + 1)", "max(0, u[0])"]


def test_what_cancels_leaves_no_kink() -> None:
    assert read(sp.Max(0, u) - sp.Max(0, -u) + 0 * v).kinks == ()
    assert read(sp.Max(u, v) + sp.Min(u, v)).kinks == ()


def test_a_condition_of_conditions_is_read() -> None:
    choice = read(sp.Piecewise((u, sp.ITE(v > 0, u > 1, u < -1)), (0, True)))
    for a, b in product((-2, -1, 0, 1, 2), repeat=2):
        cell = cells_of(choice, [exact(a), exact(b)])[0]
        assert value(cell.flow[0], [exact(a), exact(b)]) == (a if (a > 1 if b > 0 else a < -1) else 0) - a


def test_of_two_steps_at_one_cut_the_open_one_is_their_product() -> None:
    kinks = Kinks(1)
    above, from_zero, later = (kinks.step(variable(0) - constant(c), closed) for c, closed in ((0, False), (0, True), (1, True)))
    assert kinks.product(above, from_zero) == kinks.product(from_zero, above) == above
    assert kinks.product(above, later) == later
    with pytest.raises(NotPiecewiseAffine, match="both change"):
        kinks.product(variable(0), variable(0))


def test_jumps_at_a_cut_belong_to_the_side_that_the_bracket_says() -> None:
    for bracket, ends in ((u > 0, [(False, True), (False, False)]), (u >= 0, [(False, False), (True, False)])):
        own = read(am.mask(bracket)).intervals[0]
        assert [(k.with_low, k.with_high) for k in own] == ends
    assert len(read(sp.sign(u)).intervals[0]) == 3


@given(data=st.data(), m=st.integers(1, 5), n=st.integers(1, 4))
def test_programmes_reach_the_optimum_that_scipy_finds(data: Any, m: int, n: int) -> None:
    row = st.lists(numbers, min_size=n, max_size=n)
    M, c = data.draw(st.lists(row, min_size=m, max_size=m)), data.draw(row)
    M = [*M, *([fmpq(int(j == k)) for j in range(n)] for k in range(n))]  # v <= 10 makes it bounded
    r = [*data.draw(st.lists(numbers, min_size=m, max_size=m)), *([fmpq(10)] * n)]
    x = maximum(M, r, c)
    floats = [[double(a) for a in line] for line in M]
    other = linprog([-double(a) for a in c], A_ub=floats, b_ub=[double(a) for a in r])
    assert (x is None) == (other.status == 2)
    if x is not None:
        assert all(a >= 0 for a in x)
        assert all(sum(a * b for a, b in zip(line, x, strict=True)) <= b for line, b in zip(M, r, strict=True))
        assert abs(double(sum((a * b for a, b in zip(c, x, strict=True)), fmpq(0))) + other.fun) < 1e-6


def rows_of(data: Any, n: int) -> list[Row]:
    forms = st.tuples(numbers, st.lists(numbers, min_size=n, max_size=n), st.booleans())
    found = data.draw(st.lists(forms, min_size=1, max_size=6))
    return [Row(Form(c, {k: a for k, a in enumerate(slopes) if a != 0}), strict) for c, slopes, strict in found]


@given(data=st.data(), n=st.integers(1, 3))
def test_a_polyhedron_is_empty_or_has_an_inner_point_of_its_dimension(data: Any, n: int) -> None:
    rows = rows_of(data, n)
    flat = solved([], n)
    assert flat is not None
    found = polyhedron(flat, rows)
    if found is None:
        assert_empty(rows, n)
        return
    assert all(holds(r, found.point) for r in rows)
    for d in found.directions:  # a little way along the hull both ways stays inside
        for step in (fmpq(1, 10**9), fmpq(-1, 10**9)):
            assert all(holds(r, [x + step * a for x, a in zip(found.point, d, strict=True)]) for r in rows)
    for r in rows:  # and nothing of the set lies off the hull: the tight rows are tight on all of it
        along = [sum((a * d[k] for k, a in r.form.slopes.items()), fmpq(0)) for d in found.directions]
        if value(r.form, found.point) == 0:
            assert not any(along)
            assert largest(rows, r.form, n) < 1e-6


def largest(rows: list[Row], form: Form, n: int) -> float:
    """The maximum of a form over the closed set, up to 1e3."""
    A = [[-double(fmpq(r.form.slopes.get(k, 0))) for k in range(n)] for r in rows] + [
        [double(fmpq(form.slopes.get(k, 0))) for k in range(n)]
    ]
    b = [double(r.form.constant) for r in rows] + [1e3]
    result = linprog([-double(fmpq(form.slopes.get(k, 0))) for k in range(n)], A_ub=A, b_ub=b, bounds=[(None, None)] * n)
    assert result.status == 0
    return float(-result.fun) + double(form.constant)


def assert_empty(rows: list[Row], n: int) -> None:
    """Raising the least of the strict conditions above 0 fails."""
    A = [[-double(fmpq(r.form.slopes.get(k, 0))) for k in range(n)] + [float(r.strict)] for r in rows]
    b = [double(r.form.constant) for r in rows]
    result = linprog([0.0] * n + [-1.0], A_ub=A, b_ub=b, bounds=[(None, None)] * n + [(0, 1)])
    assert result.status == 2 or result.x[-1] < 1e-7


def test_linear_equations_without_a_solution_have_none() -> None:
    x = variable(0)
    assert solved([x, x - constant(1)], 1) is None
    one = solved([x - constant(1)], 2)
    assert one is not None
    assert (one.point, one.directions) == ((1, 0), ((0, 1),))


@given(a=st.lists(halves, min_size=3, max_size=3), b=st.lists(halves, min_size=3, max_size=3), x=halves)
def test_forms_add_and_scale_as_their_values_do(a: list[Fraction], b: list[Fraction], x: Fraction) -> None:
    f, g = (summed([constant(c[0]), variable(0).scaled(exact(c[1])), variable(1).scaled(exact(c[2]))]) for c in (a, b))
    y = [exact(x), exact(1 - x)]
    assert value(f + g.scaled(exact(x)), y) == value(f, y) + exact(x) * value(g, y)
    assert value(f - g, y) == value(f, y) - value(g, y)
    assert all(c != 0 for c in (f - g).slopes.values())
    assert fraction(exact(x)) == x
