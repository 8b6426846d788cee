"""Lowered expressions have the values of the formulas, random ones too, and stable forms are right far beyond overflow."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memories import W, a, b, beta, h, i, j, k, v, xi, y
from strategies_index import TENSORS, Point, opened, points, sized, value

from amsym.notation import Component, Index, free_indices, indices, mask, parameter, state, total
from amsym.notation.functions import Li2
from numeric.contract import contract
from numeric.graph import Graph
from numeric.lower import Lowering
from numeric.program import BoundProgram, Program

Array = np.ndarray[Any, Any]


def compiled(expr: Any, sizes: dict[str, int], zeros: tuple[str, ...], careful: bool) -> Program:
    where = tuple(sorted(free_indices(sp.sympify(expr)), key=lambda w: (w.name, w.axis)))
    low = Lowering(sizes, zeros, shifts=careful)
    return Program(low.graph, [("value", low.value(expr), where)], low.watched)


def evaluated(
    expr: Any, sizes: dict[str, int], numbers: dict[str, Any], dtype: Any = np.float64, zeros: tuple[str, ...] = (), careful: bool = False
) -> Array:
    """The compiled value over the free indices by name; states come with a batch axis of one row, which is taken off."""
    program = compiled(expr, sizes, zeros, careful)
    named = {c.tensor.name: c.tensor for c in sp.sympify(expr).atoms(Component)}
    fixed = {n: np.asarray(x, float) for n, x in numbers.items() if n not in program.states}
    states = {n: np.asarray(numbers[n], dtype)[None] for n in program.states if n in named}
    out = {"value": np.empty((1, *program.outputs["value"]), dtype)}
    BoundProgram(program, fixed, lambda: compiled(expr, sizes, zeros, True)).run(states, 0.0, out, 1, np.dtype(dtype))
    return out["value"][0]


def source(expr: Any, sizes: dict[str, int]) -> str:
    low = Lowering(sizes)
    return Program(low.graph, [("value", low.value(expr), tuple(sorted(free_indices(expr), key=str)))]).source


# Any expression


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(opened, points)
def test_lowered_expressions_have_the_value_of_the_formula(expr: Any, point: Point) -> None:
    sizes = sized((3, 2))
    numbers: dict[str, Any] = {"beta": float(point.scalar("beta", True)), "gain": float(point.scalar("gain"))}
    for t in TENSORS:
        shape = tuple(sizes[axis] for axis in t.axes)
        numbers[t.name] = np.array([float(point.entry(t, at)) for at in np.ndindex(*shape)]).reshape(shape)
    found = evaluated(expr, sizes, numbers)
    free = sorted(free_indices(sp.sympify(expr)), key=lambda w: (w.name, w.axis))
    for at in np.ndindex(*found.shape):
        expected = float(mpmath.re(value(expr, point, sizes, dict(zip(free, at, strict=True)))))
        assert found[at] == pytest.approx(expected, rel=1e-9, abs=1e-9)


LETTERS = {name: Index(name, name.upper()) for name in "abcde"}
EXTENTS = {"A": 2, "B": 3, "C": 4, "D": 5, "E": 2}


@st.composite
def contractions(draw: Any) -> tuple[list[tuple[str, bool]], str]:
    """Factors by their letters in order, each with whether it varies, and the letters that are kept."""
    factors = draw(st.lists(st.tuples(st.permutations("abcde"), st.integers(0, 4), st.booleans()), min_size=1, max_size=4))
    kept = [("".join(letters[:n]), varies) for letters, n, varies in factors]
    used = sorted({c for letters, _ in kept for c in letters})
    out = draw(st.permutations(used))
    return kept, "".join(out[: draw(st.integers(0, len(out)))])


@settings(max_examples=150)
@given(contractions())
def test_contractions_of_any_axes_equal_einsum(case: tuple[list[tuple[str, bool]], str]) -> None:
    factors, out = case
    rng, graph = np.random.default_rng(0), Graph(EXTENTS)
    states, params, values, operands = {}, {}, [], []
    for n, (letters, varies) in enumerate(factors):
        array = rng.normal(size=(*((3,) if varies else ()), *(EXTENTS[c.upper()] for c in letters)))
        (states if varies else params)[f"f{n}"] = array
        values.append(graph.leaf("state" if varies else "parameter", f"f{n}", [LETTERS[c] for c in letters], varies))
        operands.append((("z" if varies else "") + letters, array))
    found = contract(graph, values, [i for c, i in LETTERS.items() if c not in out])
    program = Program(graph, [("value", found, tuple(LETTERS[c] for c in out))])
    result = np.full((3, *program.outputs["value"]), np.nan)
    BoundProgram(program, params).run(states, 0.0, {"value": result}, 3, np.dtype(float))
    batch = "z" if any(varies for _, varies in factors) else ""
    expected = np.einsum(",".join(t for t, _ in operands) + "->" + batch + out, *(array for _, array in operands))
    np.testing.assert_allclose(result, np.broadcast_to(expected, result.shape), rtol=1e-10, atol=1e-10)


# What is shared and what is never made


def test_one_node_serves_all_letters_and_orders() -> None:
    low = Lowering({"N": 3, "K": 4}, symmetric=["W"])
    assert low.value(sp.tanh(y[i])).node is low.value(sp.tanh(y[j])).node
    assert low.value(total(W[i, j] * y[j], j)).node is low.value(total(W[i, k] * y[k], k)).node
    assert low.value(total(W[j, k] * y[j], j)).node is low.value(total(W[i, j] * y[j], j)).node
    assert low.value(y[i] * b[i]).node is low.value(b[j] * y[j]).node


def test_parameters_that_are_not_symmetric_are_not_read_either_way() -> None:
    P = parameter("P", "N N")
    low = Lowering({"N": 3})
    assert low.value(total(P[i, j] * y[j], j)).node is not low.value(total(P[j, i] * y[j], j)).node


def test_a_softmax_and_the_energy_share_one_exponential() -> None:
    z = total(sp.exp(beta * h[a]), a)
    text = source(sp.log(z) + total(xi[i, a] * sp.exp(beta * h[a]), a) / z + sp.exp(beta * h[a]) / z, {"N": 3, "K": 4})
    assert text.count("np.exp(") == 1
    assert text.count("np.maximum.reduce(") == 1


def test_squared_distances_are_a_matrix_product_and_norms() -> None:
    text = source(total((v[i] - xi[i, a]) ** 2, i), {"N": 50, "K": 40})
    assert "np.matmul(in_v" in text
    assert "2000" not in text  # no array with an entry for each i and a


def test_sums_over_brackets_make_no_larger_arrays() -> None:
    text = source(total(h[a] * (v[i] - xi[i, a]), a), {"N": 50, "K": 40})
    assert "2000" not in text


def test_what_does_not_vary_is_computed_once() -> None:
    tau = parameter("tau", "N", positive=True)
    kernel = source(total(W[i, j] * b[j], j) / tau[i] * y[i], {"N": 3}).split("def run")[1]
    assert "matmul" not in kernel
    assert kernel.count("np.multiply(") == 1


def test_three_factors_are_contracted_in_the_cheap_order() -> None:
    text = source(total(xi[i, a] * y[i] * h[a], i, a), {"N": 60, "K": 70})
    assert "4200" not in text
    assert text.count("np.matmul(") == 1


def test_graphs_know_powers() -> None:
    graph = Graph({"N": 3})
    low = Lowering({"N": 3})
    assert graph.power(graph.const(2.0), 0.0).node.data == 1.0
    for n in (2, 3, 5, 0.5, 1.5, -2, -0.5, 2.25, 40):
        expr = sp.Pow(1 + y[i] ** 2, sp.nsimplify(n))
        found = evaluated(expr, {"N": 2}, {"y": [0.3, -1.2]})
        np.testing.assert_allclose(found, (1 + np.array([0.09, 1.44])) ** n, rtol=1e-12)
    assert low.value(sp.sqrt(y[i])).node.op == "sqrt"


# Stable forms, against mpmath

MODERATE_AND_HUGE = [-1e3, -90.0, -20.0, -1.0, -1e-3, 0.0, 0.5, 1.0, 20.0, 90.0, 1e3]
x0 = sp.Symbol("x", real=True)
ELEMENTWISE: dict[str, Any] = {
    "log cosh": lambda u: sp.log(sp.cosh(u)),
    "log 2 cosh": lambda u: sp.log(2 * sp.cosh(u)) / 2,
    "softplus": lambda u: sp.log(1 + sp.exp(u)),
    "softplus mirrored": lambda u: sp.log(1 + sp.exp(-u)),
    "softplus weighted": lambda u: sp.log(3 + 2 * sp.exp(u)),
    "sigmoid": lambda u: 1 / (1 + sp.exp(-u)),
    "sigmoid otherwise": lambda u: sp.exp(u) / (1 + sp.exp(u)),
    "slope of sigmoid": lambda u: sp.exp(-u) / (1 + sp.exp(-u)) ** 2,
    "silu": lambda u: u / (1 + sp.exp(-u)),
    "sinh/cosh": lambda u: sp.sinh(u) / sp.cosh(u),
    "sech²": lambda u: sp.cosh(u) ** -2,
    "sech": lambda u: sp.sech(u),
    "tanh": lambda u: sp.tanh(u),
    "exp difference": lambda u: sp.exp(u) / (sp.exp(u) + sp.exp(-u)),
    "log I0": lambda u: sp.log(sp.besseli(0, u)),
    "I1/I0": lambda u: sp.besseli(1, u) / sp.besseli(0, u),
    "dilogarithm": lambda u: Li2(-sp.exp(u)),
    "dilogarithm scaled": lambda u: Li2(-3 * sp.exp(u)),
    "erf": lambda u: sp.erf(u),
    "atan": lambda u: sp.atan(u),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", list(ELEMENTWISE))
def test_functions_are_right_at_moderate_and_huge_arguments(name: str, dtype: Any) -> None:
    points_at = np.array(MODERATE_AND_HUGE, dtype)
    found = evaluated(ELEMENTWISE[name](y[i]), {"N": len(points_at)}, {"y": points_at}, dtype)
    formula = ELEMENTWISE[name](x0).replace(Li2, lambda z: sp.polylog(2, z))
    exact = sp.lambdify(x0, formula, "mpmath")
    with mpmath.workdps(30):
        expected = np.array([float(mpmath.re(exact(mpmath.mpf(float(u))))) for u in points_at])
    assert np.all(np.isfinite(found))
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(found, expected, rtol=2000 * eps if "log" not in name else 20 * eps, atol=8 * eps)


w = parameter("w", "K", nonnegative=True)
Z = total(sp.exp(h[a]), a)
ZW = total(w[a] * sp.exp(h[a]), a)
c = indices("c", "K")[0]
SUMS: dict[str, Any] = {
    "logsumexp": sp.log(Z),
    "weighted": sp.log(ZW),
    "scaled": sp.log(total(sp.exp(beta * h[a]), a)) / beta,
    "ghost": sp.log(1 + Z),
    "ghost activation": sp.exp(h[a]) / (1 + Z),
    "softmax": sp.exp(h[a]) / Z,
    "weighted softmax": w[a] * sp.exp(h[a]) / ZW,
    "softmax squared": sp.exp(2 * h[a]) / Z**2,
    "root of softmax": sp.exp(h[a] / 2) / sp.sqrt(Z),
    "mean": total(h[a] * sp.exp(h[a]), a) / Z,
    "covariance": total(h[a] ** 2 * sp.exp(h[a]), a) / Z - total(h[a] * sp.exp(h[a]), a) ** 2 / Z**2,
    "masked": sp.log(total(mask(sp.Ne(a, c)) * sp.exp(h[a]), a)),
    "masked softmax": mask(sp.Ne(a, c)) * sp.exp(h[a]) / total(mask(sp.Ne(a, c)) * sp.exp(h[a]), a),
    "log of a sum of hyperbolic cosines": sp.log(total(sp.cosh(h[a]), a)),
    "two kinds": sp.log(total(sp.exp(h[a]) + sp.exp(-h[a]), a)),
    "two sums": sp.log(Z + total(sp.exp(-2 * h[a]), a)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("careful", [True, False])
@pytest.mark.parametrize("size", [1.0, 30.0, 1e3])
@pytest.mark.parametrize("name", list(SUMS))
def test_sums_of_exponentials_are_right_at_moderate_and_huge_arguments(name: str, size: float, careful: bool, dtype: Any) -> None:
    numbers = {"h": np.array([1.0, -0.5, 0.75, 0.25]) * size, "w": np.array([0.0, 2.0, 0.5, 1.0]), "beta": 4.0}
    found, eps = evaluated(SUMS[name], {"K": 4}, numbers, dtype, ("w",), careful), float(np.finfo(dtype).eps)
    with mpmath.workdps(40):
        for at in np.ndindex(*found.shape):
            place = dict(zip(sorted(free_indices(SUMS[name]), key=str), at, strict=True))
            expected = float(value(SUMS[name], Numbers(numbers), {"K": 4}, place))
            cancelled = size**2 if name == "covariance" else size if name == "mean" else 1.0
            assert abs(found[at] - expected) <= 4 * eps * max(size, 1.0) * abs(expected) + 4 * eps * cancelled


class Numbers(Point):
    """Given numbers instead of random ones."""

    def __init__(self, numbers: dict[str, Any]) -> None:
        self.numbers = numbers

    def scalar(self, name: str, positive: bool = False) -> Any:
        return mpmath.mpf(float(self.numbers[name]))

    def entry(self, tensor: Any, where: tuple[int, ...]) -> Any:
        return mpmath.mpf(float(self.numbers[tensor.name][where]))


def test_sums_without_a_shift_give_up_where_they_are_tiny_or_huge() -> None:
    hasty = compiled(sp.log(Z), {"K": 2}, (), careful=False)
    assert hasty.hasty
    assert "maximum" not in hasty.source
    careful = compiled(sp.log(Z), {"K": 2}, (), careful=True)
    assert not careful.hasty
    made = []
    bound = BoundProgram(hasty, {}, lambda: made.append(1) or careful)
    out = np.empty(1)
    for h_at, used in ((1.0, 0), (800.0, 1), (-800.0, 1)):
        bound.run({"h": np.full((1, 2), h_at)}, 0.0, {"value": out}, 1, np.dtype(float))
        np.testing.assert_allclose(out, h_at + np.log(2), rtol=1e-15)
        assert len(made) == used


def test_the_log_of_an_empty_sum_is_minus_infinity_and_its_slope_is_not_a_number() -> None:
    empty = total(mask(sp.Ne(a, c)) * sp.exp(h[a]), a)
    assert evaluated(sp.log(empty), {"K": 1}, {"h": [3.0]}) == -np.inf
    slope = total(mask(sp.Ne(a, c)) * xi[i, a] * sp.exp(h[a]), a) / empty
    assert np.isnan(evaluated(slope, {"K": 1, "N": 1}, {"h": [3.0], "xi": [[1.0]]})).all()


def test_what_is_masked_out_neither_overflows_nor_hides_the_rest() -> None:
    expr = sp.log(total(mask(sp.Ne(a, c)) * sp.exp(h[a]), a))
    found = evaluated(expr, {"K": 3}, {"h": [5000.0, 1.0, 2.0]})
    np.testing.assert_allclose(found, [np.logaddexp(1, 2), 5000.0, 5000.0], rtol=1e-15)


def test_a_mask_that_depends_on_the_state_removes_terms() -> None:
    expr = sp.log(total(mask(h[a] < 2) * sp.exp(1000 * h[a]), a))
    np.testing.assert_allclose(evaluated(expr, {"K": 3}, {"h": [3.0, 1.0, 0.5]}), 1000.0)


def test_root_of_a_squared_distance_of_nearly_nothing_is_a_number() -> None:
    far = np.array([[1e4 + 0.1, 3.3], [77.7, 1e5]])
    expr = sp.sqrt(total((v[i] - xi[i, a]) ** 2, i))
    found = evaluated(expr, {"N": 2, "K": 2}, {"v": far[:, 0], "xi": far})
    assert np.all(np.isfinite(found))
    assert found[0] < 1e-2


def test_indices_count_as_numbers() -> None:
    found = evaluated(total((j + 1) * y[j], j) + i, {"N": 3}, {"y": [1.0, 1.0, 1.0]})
    np.testing.assert_array_equal(found, [6.0, 7.0, 8.0])


def test_diagonals_of_states_and_parameters() -> None:
    s, P = state("s", "N N"), parameter("P", "N N")
    numbers = {"s": np.arange(4.0).reshape(2, 2), "P": np.arange(4.0).reshape(2, 2) + 1}
    np.testing.assert_array_equal(evaluated(s[i, i] * P[i, i], {"N": 2}, numbers), [0.0, 12.0])
    np.testing.assert_array_equal(evaluated(total(s[i, j] * s[j, i], i, j), {"N": 2}, numbers), 0 + 2 * 2 + 9)
    assert isinstance(i, Index)
