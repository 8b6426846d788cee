"""Every enclosure holds the value that mpmath finds with 60 digits: at ends and inside, for denormal and huge numbers, at kinks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from containment import (
    DOMAINS,
    POWERS,
    REFERENCES,
    REFERENCES_OF_TWO,
    SLOW,
    cases,
    failures,
    power,
)

from numeric.intervals import cells as cells_module
from numeric.intervals.boxes import Box
from numeric.intervals.cells import Cells
from numeric.intervals.proved import PROVED, bounds
from numeric.intervals.rules import RULES, rule
from numeric.intervals.slopes import SLOPES, power_slopes
from numeric.intervals.tables import TABLES

# Of a million cases, so many go to an operation of which mpmath takes a millisecond, and the rest to the others.
FEW, MANY = 4000, 20_000
ALL = 1_000_000


def _one(name: str, count: int, seed: int = 0) -> list[tuple[Any, ...]]:
    tried = cases(np.random.default_rng([seed, *name.encode()]), count, *DOMAINS.get(name, ()))
    with np.errstate(all="ignore"):
        return failures(rule(name)(tried.box), REFERENCES[name], tried.inner)


def _two(name: str, count: int, seed: int = 0) -> list[tuple[Any, ...]]:
    rng = np.random.default_rng([seed, *name.encode()])
    x, y = cases(rng, count), cases(rng, count)
    same = rng.random(count) < 0.1  # ties
    y = type(y)(*(np.where(same, a, b) for a, b in zip(x, y, strict=True)))
    with np.errstate(all="ignore"):
        return failures(rule(name)(x.box, y.box), REFERENCES_OF_TWO[name], x.inner, y.inner)


def _powers(p: float, count: int, seed: int = 0) -> list[tuple[Any, ...]]:
    tried = cases(np.random.default_rng([seed, int(abs(p) * 8)]), count)
    with np.errstate(all="ignore"):
        return failures(rule("power")(tried.box, Box.point(np.full(1, p))), power(p), tried.inner)


@pytest.mark.parametrize("name", REFERENCES)
def test_no_value_of_one_number_leaves_its_enclosure(name: str) -> None:
    assert _one(name, 60 if name in SLOW else 250) == []


@pytest.mark.parametrize("name", REFERENCES_OF_TWO)
def test_no_value_of_two_numbers_leaves_its_enclosure(name: str) -> None:
    assert _two(name, 250) == []


@pytest.mark.parametrize("p", POWERS)
def test_no_power_leaves_its_enclosure(p: float) -> None:
    assert _powers(p, 200) == []


def test_no_square_leaves_its_enclosure() -> None:
    tried = cases(np.random.default_rng(5), 400)
    with np.errstate(all="ignore"):
        box = tried.box
        assert failures(rule("multiply")(box, box), lambda x: x * x, tried.inner) == []


@pytest.mark.parametrize(
    ("name", "places"),
    [("fermi_dirac", (1.3e154, 1.4e154, 1.8e154, 2e154)), ("log1p", (2**53 + 1, 1e16, 2**52 - 1, -1 + 2**-53)), ("exp", (709.78, 709.79))],
)
def test_no_value_leaves_its_enclosure_where_a_step_on_the_way_may_overflow_or_round(name: str, places: tuple[float, ...]) -> None:
    x = np.array([float(p) for p in places])
    assert failures(rule(name)(Box.point(x)), REFERENCES[name], x) == []


def test_every_proved_function_and_every_rule_of_numbers_is_tried() -> None:
    logic = {"bracket", "where", "masked", "logical_not", "logical_and", "logical_or", "logical_xor", "power"}
    assert set(REFERENCES) >= set(PROVED)
    assert set(REFERENCES) | set(REFERENCES_OF_TWO) | logic == set(RULES)


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCES)
def test_no_value_of_many_leaves_its_enclosure(name: str) -> None:
    assert _one(name, FEW if name in SLOW else MANY, seed=1) == []


@pytest.mark.slow
def test_no_value_in_a_million_leaves_its_enclosure() -> None:
    done = sum(FEW if name in SLOW else MANY for name in REFERENCES)
    each = (ALL - done) // (len(REFERENCES_OF_TWO) + len(POWERS)) + 1
    assert [wrong for name in REFERENCES_OF_TWO for wrong in _two(name, each, seed=1)] == []
    assert [wrong for p in POWERS for wrong in _powers(p, each, seed=1)] == []


# Planted faults


@pytest.mark.parametrize(
    ("name", "plain"), [("tanh", np.tanh), ("exp", np.exp), ("log", np.log), ("sin", np.sin), ("arctan", np.arctan), ("sqrt", np.sqrt)]
)
def test_rounded_values_without_a_margin_are_caught(name: str, plain: Any) -> None:
    tried = cases(np.random.default_rng(0), 400, *DOMAINS.get(name, (-700, 700)))
    with np.errstate(all="ignore"):
        values = plain(tried.inner)
    assert len(failures(Box(values, values, np.zeros(values.shape, dtype=bool)), REFERENCES[name], tried.inner)) > 40


@pytest.mark.parametrize("name", sorted(TABLES))
def test_cells_with_a_tenth_of_their_error_are_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).uniform(0.71, 1, 3000 if name not in SLOW else 300)
    table = TABLES[name]
    monkeypatch.setattr(cells_module, "SHARE", 0.0)
    s, d = Cells(table.series, table.first, table.last, table.terms, table.parity)(x)
    shrunk = Box(s - d / 10, s + d / 10, np.zeros(x.shape, dtype=bool))
    assert len(failures(shrunk, REFERENCES[name], x)) > 10


def test_ends_narrowed_by_what_they_were_widened_are_caught() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-9, 9, (2, 400))
    box = rule("add")(Box.point(x), Box.point(y))
    step = 2 * np.finfo(np.float64).eps * np.abs(x + y)
    narrowed = Box(box.low + 1.5 * step, box.high, box.jumps)
    assert len(failures(narrowed, REFERENCES_OF_TWO["add"], x, y)) > 40


# Sharpness, and the ends of the line


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"sin", "cos"}))
def test_bounds_are_a_few_units_in_the_last_place_apart_where_values_are_normal_numbers(name: str) -> None:
    x = np.random.default_rng(0).uniform(0, 1, 4000) ** 4 * {"special.erfc": 26}.get(name, 300)
    low, high = bounds(name, x)
    size = np.maximum(np.abs(low), np.abs(high))
    units = ((high - low) / np.spacing(size))[(size > 1e-290) & np.isfinite(high)]
    assert units.size > 2000
    assert np.median(units) <= 12
    assert units.max() <= 32


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("exp", 0, np.inf), ("tanh", -1, 1), ("arctan", -np.pi / 2, np.pi / 2), ("sech_squared", 0, 0), ("log_cosh", np.inf, np.inf)],
)
def test_infinite_arguments_have_the_limits(name: str, least: float, most: float) -> None:
    low, high = bounds(name, np.array([-np.inf, np.inf]))
    huge = float(np.finfo(np.float64).max)
    assert np.all(low <= np.clip([least, most], -huge, huge))
    assert np.all(high >= [least, most])
    if abs(least) < 9:
        assert high[0] - least <= 1e-15


@pytest.mark.parametrize("name", PROVED)
def test_no_number_and_numbers_out_of_the_domain_may_have_any_value(name: str) -> None:
    first, last = DOMAINS.get(name, (-np.inf, np.inf))
    beyond = [np.nextafter(first, -np.inf), first - 1, np.nextafter(last, np.inf), last + 1]
    x = np.array([np.nan, *(v for v in beyond if not first <= v <= last and np.isfinite(v))])
    low, high = bounds(name, x)
    assert np.all(np.isneginf(low) & np.isposinf(high))
    found = rule(name)(Box(np.array([-3.0]), np.array([3.0]), np.zeros(1, dtype=bool)))
    assert name not in DOMAINS or (found.low[0] == -np.inf and found.high[0] == np.inf)


# Slopes, by the derivatives of the same functions written out


x = sp.Symbol("x", real=True)
WRITTEN: dict[str, sp.Expr] = {
    "negative": -x,
    "reciprocal": 1 / x,
    "sech_squared": 1 / sp.cosh(x) ** 2,
    "log_cosh": sp.log(sp.cosh(x)),
    "log1p": sp.log(1 + x),
    "expm1": sp.exp(x),
    **{name: getattr(sp, name)(x) for name in ("exp", "log", "sqrt", "tanh", "sinh", "cosh", "sin", "cos")},
    **{"arctan": sp.atan(x), "arcsinh": sp.asinh(x), "special.erf": sp.erf(x), "special.erfc": sp.erfc(x)},
}


@pytest.mark.parametrize("name", SLOPES)
def test_no_slope_is_steeper_than_its_bound(name: str) -> None:
    tried = cases(np.random.default_rng(0), 300, *DOMAINS.get(name, ()))
    far = np.maximum(np.abs(tried.low), np.abs(tried.high))
    kept = (far < 50) & (np.abs(tried.inner) > 1e-90) & ((tried.low > 0) | (name not in DOMAINS))
    low, high, inner = (a[kept] for a in tried)
    box = Box(low, high, np.zeros(low.shape, dtype=bool))
    with np.errstate(all="ignore"):
        found = SLOPES[name](box, rule(name)(box))
    for order, bound in zip((1, 2), found, strict=True):
        f = sp.lambdify(x, sp.diff(WRITTEN[name], x, order), "mpmath")
        assert failures(Box(-bound, bound, box.jumps), f, inner) == []


@pytest.mark.parametrize("p", [-2.0, -0.5, 0.5, 1.0, 1.5, 2.0, 5.0])
def test_no_slope_of_a_power_is_steeper_than_its_bound(p: float) -> None:
    tried = cases(np.random.default_rng(0), 300, 0)
    kept = (tried.inner > 1e-90) & (tried.high < 1e90)
    low, high, inner = (a[kept] for a in tried)
    box = Box(low, high, np.zeros(low.shape, dtype=bool))
    with np.errstate(all="ignore"):
        found = power_slopes(box, p)
    for order, bound in zip((1, 2), found, strict=True):
        f = sp.lambdify(x, sp.diff(x ** sp.Rational(p), x, order), "mpmath")
        assert failures(Box(-bound, bound, box.jumps), f, inner) == []
