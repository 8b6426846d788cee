"""Laws of `Grid`: places and points are one to one, and an axis that cannot be read is named with its remedy."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numeric.sweep.grid import Grid

labels = st.one_of(st.integers(), st.floats(allow_nan=False), st.text(max_size=3))
axes = st.dictionaries(st.text(min_size=1, max_size=3), st.lists(labels, min_size=1, max_size=4, unique=True), max_size=3)


@given(axes)
def test_the_points_are_the_product_with_the_last_axis_fastest(grid: dict[str, list[Any]]) -> None:
    made = Grid.of(grid)
    expected = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    assert [made.point(place) for place in range(made.size)] == expected
    assert made.size == len(expected)


def test_a_list_of_points_is_taken_as_it_stands() -> None:
    points = [{"beta": 1.0, "n": 3}, {"beta": 1.0, "n": 3}, {"beta": 2.0, "n": 5}]
    grid = Grid.of(points)
    assert grid.shape == (3,)
    assert grid.names == ("beta", "n")
    assert [grid.point(k) for k in range(3)] == points


@pytest.mark.parametrize("values", [np.array([1.0, 2.0]), (np.float64(1), np.float64(2)), [1.0, 2.0]])
def test_numbers_are_pythons_own_wherever_they_come_from(values: Any) -> None:
    made = Grid.of({"a": values})
    assert made == Grid.of({"a": [1.0, 2.0]})
    assert {type(value) for value in made.axes["a"]} == {float}


def test_the_text_of_a_grid_tells_an_integer_from_a_float() -> None:
    assert Grid.of({"a": [1]}).json() != Grid.of({"a": [1.0]}).json()


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"a": []}, "axis 'a' is empty; at least one value was expected"),
        ({"a": 4.0}, r"axis 'a' is float; a sequence of values was expected: put them in a list"),
        ({"a": "hebb"}, "axis 'a' is str; a sequence"),
        ({"a": {1.0, 2.0}}, "axis 'a' is set; a sequence"),
        ({"a": np.ones((2, 3))}, r"axis 'a' has shape \(2, 3\); one dimension was expected"),
        ({"a": [1.0, np.nan]}, "axis 'a' holds nan at place 1"),
        ({"a": [1.0, 2.0, 1.0]}, "axis 'a' holds 1.0 twice, at places 0 and 2"),
        ({"rng": [1]}, "'rng' is the generator that a sweep makes itself: choose another"),
        ({3: [1]}, "the grid has the name 3; a string was expected"),
        ([], "the grid is an empty list"),
        ([{"a": 1}, {"b": 1}], "point 1 names b, point 0 a; the same names were expected in all"),
        ([{"a": 1}, {"a": np.nan}], "point 1 holds nan for 'a'"),
        (7, "the grid is int"),
        ([7], "the grid is list"),
    ],
)
def test_a_grid_that_cannot_be_read_is_named_with_its_remedy(grid: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Grid.of(grid)


def test_values_that_no_file_keeps_are_swept_but_not_written() -> None:
    grid = Grid.of({"g": [np.tanh, np.sin]})
    assert grid.point(1) == {"g": np.sin}
    with pytest.raises(ValueError, match="axis 'g' holds ufunc, which no file keeps"):
        grid.json()
