"""Laws of proofs.matrices: exact factors and vectors, copositivity, definiteness over slopes, against mpmath and known matrices."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsym.errors import InputError
from amsym.verdict import Status, Verdict
from proofs.matrices import copositive, definite_over_slopes, product_parts, semidefinite
from proofs.matrices import copositive as copositive_module
from proofs.matrices.exact import exact_rows
from proofs.matrices.interval import is_definite_over

HORN = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]
# Hoffman and Pereira 1973: copositive, and no sum of a semidefinite and a nonnegative matrix.
HOFFMAN_PEREIRA = [
    [1, -1, 1, 0, 0, 1, -1],
    [-1, 1, -1, 1, 0, 0, 1],
    [1, -1, 1, -1, 1, 0, 0],
    [0, 1, -1, 1, -1, 1, 0],
    [0, 0, 1, -1, 1, -1, 1],
    [1, 0, 0, 1, -1, 1, -1],
    [-1, 1, 0, 0, 1, -1, 1],
]
small = st.integers(-4, 4).map(Fraction)


def symmetric(n: int, entries: Any = small) -> Any:
    """Symmetric matrices of drawn entries."""
    return st.lists(entries, min_size=n * (n + 1) // 2, max_size=n * (n + 1) // 2).map(lambda flat: _filled(n, flat))


def _filled(n: int, flat: list[Any]) -> list[list[Any]]:
    A = [[Fraction(0)] * n for _ in range(n)]
    places = [(i, j) for i in range(n) for j in range(i + 1)]
    for (i, j), x in zip(places, flat, strict=True):
        A[i][j] = A[j][i] = x
    return A


def form(A: Any, x: Any) -> Fraction:
    """xᵀ A x, by a loop of its own."""
    return sum((Fraction(str(A[i][j])) * x[i] * x[j] for i in range(len(A)) for j in range(len(A))), Fraction(0))


def vector(v: Verdict) -> list[Fraction]:
    """The vector of a refutation."""
    return [Fraction(x) for x in v.certificate["vector"]]


def factors_are_right(data: Any) -> bool:
    """Whether A[order][:, order] = L D Lᵀ exactly, with D ≥ 0."""
    A, L = ([[Fraction(x) for x in row] for row in data[key]] for key in ("matrix", "L"))
    D, order, n = [Fraction(d) for d in data["D"]], data["order"], len(A)
    product_ = [[sum(L[i][k] * D[k] * L[j][k] for k in range(n)) for j in range(n)] for i in range(n)]
    return min(D) >= 0 and all(product_[i][j] == A[order[i]][order[j]] for i in range(n) for j in range(n))


@given(st.integers(1, 5).flatmap(symmetric))
def test_every_symmetric_matrix_has_exact_factors_or_a_negative_vector_and_mpmath_agrees(A: Any) -> None:
    v = semidefinite(A)
    least = min(mpmath.eigsy(mpmath.matrix([[mpmath.mpf(int(x)) for x in row] for row in A]), eigvals_only=True))
    if v.status is Status.CERTIFIED:
        assert factors_are_right(v.certificate)
        assert least > -1e-10
    else:
        assert form(A, vector(v)) < 0 == (Fraction(v.certificate["value"]) - form(A, vector(v)))
        assert least < 1e-10


@given(st.integers(1, 4), st.integers(1, 3), st.data())
def test_gram_matrices_of_rational_vectors_are_semidefinite_of_their_rank(n: int, k: int, data: Any) -> None:
    rows = data.draw(st.lists(st.lists(st.fractions(-3, 3, max_denominator=7), min_size=k, max_size=k), min_size=n, max_size=n))
    G = [[sum(x * y for x, y in zip(a, b, strict=True)) for b in rows] for a in rows]
    v = semidefinite(G)
    assert v.holds
    assert factors_are_right(v.certificate)
    assert sum(Fraction(d) != 0 for d in v.certificate["D"]) == exact_rank(rows)


def exact_rank(rows: Any) -> int:
    """The rank of rational rows."""
    from flint import fmpq_mat

    return int(fmpq_mat(exact_rows(rows)).rank())


def test_an_eigenvalue_of_minus_1e_30_is_seen_and_one_of_plus_1e_30_is_not_mistaken() -> None:
    tiny = Fraction(1, 10**30)
    for sign, status in ((-1, Status.REFUTED), (1, Status.CERTIFIED)):
        A = [[1, 1, 0], [1, 1 + sign * tiny, 0], [0, 0, 1]]
        v = semidefinite(A)
        assert v.status is status
        assert status is Status.CERTIFIED or form(A, vector(v)) < 0


def test_a_singular_matrix_is_not_definite_and_the_null_vector_says_so() -> None:
    A = [[1, 2, 3], [2, 4, 6], [3, 6, 10]]
    assert semidefinite(A).holds
    v = semidefinite(A, strict=True)
    assert v.status is Status.REFUTED
    assert vector(v) == [2, -1, 0]
    assert semidefinite([[2, 1], [1, 2]], strict=True).holds


def test_negative_vectors_are_small() -> None:
    A = [[float(x) + 0.1 * random.Random(i).random() * (i == j) for j, x in enumerate(row)] for i, row in enumerate(HORN)]
    x = vector(semidefinite(A))
    assert max(abs(u) for u in x) <= 2
    assert form([[Fraction(a) for a in row] for row in A], x) < 0


@pytest.mark.parametrize("bad", [[[1, 2], [3, 4]], [[1, 2]], [], [[1, float("nan")], [float("nan"), 1]], 3, [[1], [1, 2]], [["a"]], "x"])
def test_what_is_no_symmetric_matrix_of_numbers_is_refused(bad: Any) -> None:
    for ask in (semidefinite, copositive):
        with pytest.raises(InputError):
            ask(bad)


# Copositive


def test_horn_and_hoffman_pereira_are_copositive_and_not_semidefinite() -> None:
    for A in (HORN, HOFFMAN_PEREIRA):
        assert copositive(A).holds
        assert copositive(A).certificate["witness"]["how"] == "principal submatrices"
        assert semidefinite(A).status is Status.REFUTED


@pytest.mark.parametrize("n", [1, 4, 9])
def test_horn_with_a_slightly_smaller_diagonal_is_not_copositive(n: int) -> None:
    A = [[Fraction(x) - (i == j) * Fraction(1, 10**n) for j, x in enumerate(row)] for i, row in enumerate(HORN)]
    v = copositive(A)
    assert v.status is Status.REFUTED
    assert min(vector(v)) >= 0 > form(A, vector(v))


@given(st.integers(1, 4).flatmap(symmetric))
def test_copositivity_agrees_with_a_dense_grid_on_the_simplex(A: Any) -> None:
    v = copositive(A)
    grid = [x for x in product(range(5), repeat=len(A)) if sum(x)]
    worst = min(form(A, x) for x in grid)
    if v.holds:
        assert worst >= 0
        witness = v.certificate["witness"]
        if witness["how"] != "principal submatrices":
            N = [[Fraction(x) for x in row] for row in witness["nonnegative"]]
            rest = [[a - b for a, b in zip(r, s, strict=True)] for r, s in zip(A, N, strict=True)]
            assert min(map(min, N)) >= 0
            assert factors_are_right({**witness, "matrix": rest})
    else:
        assert min(vector(v)) >= 0 > form(A, vector(v))


def test_the_quadratic_forms_of_graphs_know_the_clique_number() -> None:
    """Motzkin and Straus: t (I + A) - 1 1ᵀ is copositive from t = α on, the independence number; here 5-cycle and Petersen graph."""
    cycle = [[int((i - j) % 5 in (1, 4)) for j in range(5)] for i in range(5)]
    pairs = [(a, b) for a in range(5) for b in range(a)]
    petersen = [[int(not set(p) & set(q)) for q in pairs] for p in pairs]
    for adjacency, alpha in ((cycle, 2), (petersen, 4)):
        for t, holds in ((Fraction(alpha), True), (alpha - Fraction(1, 1000), False)):
            A = [[t * (x + (i == j)) - 1 for j, x in enumerate(row)] for i, row in enumerate(adjacency)]
            assert copositive(A).holds is holds


def test_a_criterion_that_leaves_out_the_largest_submatrix_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    module = importlib.import_module("proofs.matrices.copositive")
    assert copositive_module is module.copositive
    A = [[Fraction(9, 2) * (i == j) - 1 for j in range(5)] for i in range(5)]
    whole = module._violating
    monkeypatch.setattr(module, "_violating", lambda rows, n: whole(rows, n - 1))
    fooled = module.copositive(A)
    monkeypatch.undo()
    assert fooled.holds
    assert module.copositive(A).status is Status.REFUTED


def test_beyond_twelve_rows_only_what_is_shown_is_said() -> None:
    n = 13
    identity = [[int(i == j) for j in range(n)] for i in range(n)]
    assert copositive(identity).holds
    assert copositive([[-x for x in row] for row in identity]).status is Status.REFUTED
    horns = [[HORN[i % 5][j % 5] if i // 5 == j // 5 else 0 for j in range(15)] for i in range(15)]
    assert copositive(horns).status is Status.UNDECIDED


# Over boxes of slopes and of entries


@given(st.integers(1, 3), st.integers(0, 3), st.data())
def test_definiteness_over_slopes_agrees_with_all_corners_and_no_inner_point_contradicts_it(n: int, m: int, data: Any) -> None:
    A0 = data.draw(symmetric(n))
    A0 = [[x + 4 * (i == j) for j, x in enumerate(row)] for i, row in enumerate(A0)]
    parts = [data.draw(st.lists(st.lists(st.integers(-2, 2), min_size=n, max_size=n), min_size=n, max_size=n)) for _ in range(m)]
    v = definite_over_slopes(A0, parts, [0] * m, [1] * m)
    if v.holds:
        for s in product((0, Fraction(1, 3), 1), repeat=m):
            A = [[A0[i][j] + sum(x * P[i][j] for x, P in zip(s, parts, strict=True)) for j in range(n)] for i in range(n)]
            assert semidefinite([[(A[i][j] + A[j][i]) / 2 for j in range(n)] for i in range(n)], strict=True).holds
    else:
        s, x = [Fraction(u) for u in v.certificate["slopes"]], vector(v)
        A = [[A0[i][j] + sum(u * P[i][j] for u, P in zip(s, parts, strict=True)) for j in range(n)] for i in range(n)]
        assert any(x)
        assert form(A, x) <= 0
        assert all(0 <= u <= 1 for u in s)


def test_fourteen_slopes_are_settled_by_the_bound_or_refuted_at_a_corner() -> None:
    rng, n = random.Random(0), 14
    W = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i):
            W[i][j] = W[j][i] = rng.gauss(0, 1)
    columns = [[[W[i][k] * (j == k) for j in range(n)] for i in range(n)] for k in range(n)]
    top = float(max(abs(x) for x in mpmath.eigsy(mpmath.matrix(W), eigvals_only=True)))

    def asked(scale: float) -> Verdict:
        parts = [[[-x * scale / top for x in row] for row in P] for P in columns]
        return definite_over_slopes([[int(i == j) for j in range(n)] for i in range(n)], parts, [0.0] * n, [1.0] * n)

    assert asked(0.05).certificate["how"] == "bound"
    bad = asked(4.0)
    assert bad.status is Status.REFUTED
    assert set(bad.certificate["slopes"]) <= {"0", "1"}


def test_the_bound_for_many_slopes_is_tight_where_they_act_apart() -> None:
    n = 14
    parts = [[[-int(i == j == k) for j in range(n)] for i in range(n)] for k in range(n)]
    for a, status in ((Fraction(1001, 1000), Status.CERTIFIED), (Fraction(999, 1000), Status.REFUTED)):
        A0 = [[a * (i == j) for j in range(n)] for i in range(n)]
        assert definite_over_slopes(A0, parts, [0] * n, [1] * n).status is status


def test_a_product_with_slopes_is_the_sum_of_its_parts() -> None:
    L, R, s = [[1, 2], [3, 4], [0, 1]], [[1, 0, 2], [5, 1, 1]], [Fraction(1, 2), Fraction(3)]
    parts = product_parts(L, R)
    whole = [[sum(L[i][k] * s[k] * R[k][j] for k in range(2)) for j in range(3)] for i in range(3)]
    assert whole == [[sum(s[k] * Fraction(str(parts[k][i][j])) for k in range(2)) for j in range(3)] for i in range(3)]
    with pytest.raises(InputError, match="one for each slope"):
        product_parts(L, L)


@pytest.mark.parametrize(("low", "high"), [([1], [0]), ([0, 0], [1, 1]), ([], [])])
def test_slopes_that_do_not_fit_are_refused(low: Any, high: Any) -> None:
    with pytest.raises(InputError, match="expected"):
        definite_over_slopes([[1]], [[[1]]], low, high)


@given(symmetric(3), st.integers(0, 2), st.data())
def test_interval_matrices_that_are_called_definite_are_so_at_all_their_corners(C: Any, spread: int, data: Any) -> None:
    R = data.draw(symmetric(3, st.integers(0, spread).map(Fraction)))
    C = [[x + 5 * (i == j) for j, x in enumerate(row)] for i, row in enumerate(C)]
    low, high = ([[c + s * r for c, r in zip(a, b, strict=True)] for a, b in zip(C, R, strict=True)] for s in (-1, 1))
    shown = is_definite_over(exact_rows(low), exact_rows(high))
    places = [(i, j) for i in range(3) for j in range(i + 1)]
    corners = [_filled(3, [(low, high)[s][i][j] for s, (i, j) in zip(pick, places, strict=True)]) for pick in product((0, 1), repeat=6)]
    assert shown == all(semidefinite(A, strict=True).holds for A in corners)
