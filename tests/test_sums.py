"""Laws of `total`: it adds up what it says, binds its indices, and no substitution of SymPy's captures them."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies_index import (
    SIZES,
    P,
    Point,
    R,
    W,
    a,
    b,
    beta,
    close,
    closed,
    expression,
    gain,
    i,
    j,
    k,
    opened,
    p,
    places,
    points,
    same_value,
    sized,
    value,
    x,
    y,
    z,
)

from amsym.errors import NotationError
from amsym.notation import Total, components, delta, free_indices, index, mask, size, state, total


@given(expression((i, a)), SIZES, points)
def test_a_total_adds_up_its_body(expr, pair, point):
    sizes = sized(pair)
    for at in places({a}, sizes):
        summed = sum(value(expr, point, sizes, {i: n, **at}) for n in range(sizes["N"]))
        assert abs(value(total(expr, i), point, sizes, at) - summed) <= 1e-12 * (1 + abs(summed))


@given(expression((i, a)), SIZES, points)
def test_the_order_and_the_grouping_of_sums_do_not_matter(expr, pair, point):
    sizes = sized(pair)
    assert same_value(total(expr, i, a), total(total(expr, i), a), point, sizes)
    assert same_value(total(expr, a, i), total(total(expr, a), i), point, sizes)


@given(expression((i,)), closed, SIZES, points)
def test_what_does_not_depend_on_the_index_stands_in_front(expr, front, pair, point):
    assert same_value(total(front * expr, i), front * total(expr, i), point, sized(pair))


def test_an_index_that_nothing_uses_gives_its_size():
    assert total(1, i) == size("N")
    assert total(beta, i, a) == beta * size("N") * size("K")
    assert total(z[a], i) == size("N") * z[a]
    assert total(0, i) == 0


def test_sums_of_sums_are_one_sum():
    nested = total(total(P[i, j], j), i)
    assert isinstance(nested, Total)
    assert len(nested.bound) == 2


def test_an_inner_sum_that_binds_the_same_letter_is_kept_apart():
    f = total(y[i] * total(y[i], i), i)
    assert components(f, {"N": 2}).expand() == ((y[0] + y[1]) ** 2).expand()
    g = total(total(P[i, j], i) * y[i], i)
    assert free_indices(g) == {j}
    assert components(g, {"N": 2})[0].expand() == ((P[0, 0] + P[1, 0]) * (y[0] + y[1])).expand()


@given(opened, st.sampled_from([{i: j}, {i: k}, {j: i}, {i: j, j: i}, {i: sp.Integer(0)}]), points)
def test_renaming_free_indices_captures_nothing(expr, names, point):
    sizes, renamed = {"N": 2, "K": 2}, expr.xreplace(names)
    assert free_indices(renamed) <= {names.get(w, w) for w in free_indices(expr)}
    for at in places({i, j, k, a}, sizes):
        moved = {**at, **{w: int(new) if new.is_number else at[new] for w, new in names.items()}}
        assert close(value(renamed, point, sizes, at), value(expr, point, sizes, moved))


@given(opened, points)
def test_subs_by_one_index_equals_xreplace(expr, point):
    assert same_value(expr.subs(i, j), expr.xreplace({i: j}), point, {"N": 2, "K": 2})


@given(expression((i,)), expression((i, j), depth=2), points)
def test_putting_a_formula_for_a_scalar_captures_nothing(expr, formula, point):
    sizes = {"N": 2, "K": 1}
    for put in (expr.subs(gain, formula), expr.xreplace({gain: formula})):
        for at in places({i, j}, sizes):

            class Shifted(type(point)):
                def scalar(self, name, positive=False, at=at):
                    return value(formula, point, sizes, at) if name == "gain" else point.scalar(name, positive)

            got, expected = value(put, point, sizes, at), value(expr, Shifted(point.seed), sizes, at)
            assert abs(got - expected) <= 1e-15 * (1 + abs(expected))


def test_substitution_renames_the_bound_index_before_it_would_capture():
    f = total(P[i, j] * y[j], j)
    for put in (f.subs(i, j), f.xreplace({i: j}), f.subs({i: j})):
        assert free_indices(put) == {j}
        assert components(put, {"N": 2})[0] == P[0, 0] * y[0] + P[0, 1] * y[1]
    assert components(total(gain * y[i], i).subs(gain, y[i]), {"N": 2})[0].expand() == (y[0] * (y[0] + y[1])).expand()
    assert components(total(gain + y[i] ** 2, i).xreplace({gain: y[i]}), {"N": 2})[0] == 2 * y[0] + y[0] ** 2 + y[1] ** 2


def test_a_bound_index_cannot_be_substituted():
    f = total(P[i, j] * y[j], j)
    assert f.subs(j, k) == f
    assert f.xreplace({j: k}) == f
    assert f.subs(j, 0) == f
    assert f.subs(y[j], 1) == f


def test_a_whole_sum_may_be_replaced():
    f = total(y[j], j)
    assert (1 + f).xreplace({f: gain}) == 1 + gain
    assert (1 + f).subs(f, gain) == 1 + gain
    assert total(y[i] * f, i).has(Total)


SYMPYS = [
    sp.expand,
    sp.simplify,
    sp.factor,
    sp.together,
    sp.cancel,
    sp.powsimp,
    sp.expand_log,
    sp.nsimplify,
    sp.signsimp,
    sp.collect_const,
    sp.factor_terms,
    lambda e: sp.collect(e, beta),
    lambda e: e.replace(sp.tanh, lambda u: sp.sinh(u) / sp.cosh(u)),
    lambda e: e.replace(lambda u: isinstance(u, sp.Pow), lambda u: u * 1),
    lambda e: e.doit(),
    lambda e: e.rewrite(sp.exp),
    lambda e: e.expand(log=False),
]


@given(expression((i,), depth=2, kinks=False), st.sampled_from(SYMPYS), points)
def test_sympys_own_functions_keep_the_value(expr, act, point):
    assert same_value(act(expr), expr, point, {"N": 2, "K": 2})


FORMULAS = {
    "energy": total((y[i] - gain) * sp.tanh(y[i]) - sp.log(sp.cosh(y[i])), i) - total(W[i, j] * sp.tanh(y[i]) * sp.tanh(y[j]), i, j) / 2,
    "softmax": sp.exp(beta * y[i]) / total(sp.exp(beta * y[j]), j),
    "masked": sp.log(total(mask(sp.Ne(i, j)) * sp.exp(beta * W[i, j]), j)) / beta,
    "norm": y[i] / sp.sqrt(total(y[j] ** 2, j) + 1) + y[i] * total(y[i], i),
    "two axes": total(R[i, a] * total(x[i, b] * p[b], b), a) + y[i] * delta(i, j),
}


@pytest.mark.parametrize("act", SYMPYS)
@pytest.mark.parametrize("name", FORMULAS)
def test_sympys_own_functions_keep_the_value_of_usual_formulas(name, act):
    assert same_value(act(FORMULAS[name]), FORMULAS[name], Point(5), {"N": 3, "K": 2})


@pytest.mark.parametrize("act", [sp.radsimp, lambda e: sp.posify(e)[0], lambda e: sp.powdenest(e, force=True)])
@pytest.mark.parametrize("name", FORMULAS)
def test_what_puts_dummies_for_all_letters_is_right_or_raises(name, act):
    try:
        got = act(FORMULAS[name])
    except NotationError:
        return
    assert same_value(got, FORMULAS[name], Point(6), {"N": 2, "K": 2})


def test_evalf_touches_numbers_only():
    f = (total(sp.Rational(1, 4) * sp.tanh(y[j] / 4) ** 2, j) / 4).evalf()
    assert free_indices(f) == set()
    assert components(f, {"N": 1}) == components(total(sp.tanh(y[j] / 4) ** 2, j), {"N": 1}).evalf() * sp.Float(1) / 16


def test_what_sympy_may_assume_of_a_sum():
    assert total(y[i] ** 2, i).is_nonnegative
    assert total(sp.exp(y[i]), i).is_positive
    assert total(-sp.exp(y[i]), i).is_negative
    assert total(y[i], i).is_real
    assert total(y[i], i).is_positive is None
    assert sp.sqrt(total(y[i], i) ** 2) == sp.Abs(total(y[i], i))
    assert sp.log(sp.exp(total(y[i], i))) == total(y[i], i)


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda: total(y[i], "i"), "total() sums over indices made by indices('i j', 'N'), got 'i'"),
        (lambda: total(y[i], beta), "total() sums over indices made by indices('i j', 'N'), got beta"),
        (lambda: total(y[i], size("N")), "total() sums over indices made by"),
        (lambda: total(y[i], (i, 0, 3)), "total() sums over indices made by"),
        (lambda: total(y[i] * y[j], i, j, j), "total() got the index 'j' twice: i, j, j; name each once"),
        (lambda: total(y[i], i, i), "total() got the index 'i' twice"),
        (lambda: total(y, i), "total() sums a formula such as W[i, j]*y[j], got y"),
        (lambda: total(y[i] > 0, i), "total() sums a formula such as W[i, j]*y[j], got y[i] > 0"),
        (lambda: total([y[i]], i), "total() sums a formula such as W[i, j]*y[j], got [y[i]]"),
    ],
)
def test_wrong_sums_are_refused_with_a_remedy(slip, words):
    with pytest.raises(NotationError) as caught:
        slip()
    assert words in str(caught.value)


def test_substituting_what_is_no_index_is_refused():
    with pytest.raises(NotationError, match="expected an index over axis 'N'"):
        total(P[i, j] * y[j], j).subs(i, beta)
    with pytest.raises(NotationError, match="runs over axis 'K'"):
        y[i].xreplace({i: index("q", "K")})


def test_a_sum_depends_on_its_size_so_sympy_cannot_take_its_derivative_by_the_size_to_be_zero():
    i, y = index("i", "N"), state("y", "N")
    with pytest.raises(NotationError, match="cannot differentiate"):
        sp.diff(total(y[i], i), size("N"))


@pytest.mark.parametrize("body", ["y[i]**2", lambda u: u**2, None, [1, 2]])
def test_only_formulas_are_summed(body: Any) -> None:
    with pytest.raises(NotationError, match="sums a formula such as"):
        total(body, i)
