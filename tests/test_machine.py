"""Arithmetic that is not rounded to nearest, or loses denormal numbers, is found out before anything is called proved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amsym as am
from amsym.errors import AmsymError
from numeric.intervals import enclose
from numeric.intervals.machine import faults, require_ieee


def _flushed(a: Any, b: Any) -> Any:
    c = np.multiply(a, b)
    return np.where(np.abs(c) < np.finfo(np.float64).tiny, 0.0, c)


def _upward(a: Any, b: Any) -> Any:
    c = np.add(a, b)
    return np.where(c - a < b, np.nextafter(c, np.inf), c)


def _toward_zero(a: Any, b: Any) -> Any:
    c = np.add(a, b)
    return np.where(np.abs(c - a) > np.abs(b), np.nextafter(c, 0), c)


def test_this_machine_rounds_as_it_should() -> None:
    assert faults() == []


@pytest.mark.parametrize("wrong", [{"multiply": _flushed}, {"add": _upward}, {"add": _toward_zero}])
def test_other_arithmetic_is_told_with_a_sum_or_product_that_shows_it(wrong: dict[str, Any]) -> None:
    assert faults(**wrong)
    with pytest.raises(AmsymError, match="IEEE 754"):
        require_ieee(**wrong)


def test_no_enclosure_is_made_where_arithmetic_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    model = am.compile(am.System(flow={y[i]: -y[i]})).bind(None)
    assert "proved" in enclose.Enclosure(model, 1).guarantee
    monkeypatch.setattr(enclose, "require_ieee", lambda: require_ieee(multiply=_flushed))
    with pytest.raises(AmsymError, match="denormal"):
        enclose.Enclosure(model, 1)
