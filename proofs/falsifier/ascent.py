"""Implicit filtering: climb along difference quotients over a stencil ±h, and shrink h where neither the line nor the stencil is higher.

It needs values only, so kinks, jumps and noise do not stop it, and a batch of starts climbs at once.
Source: Kelley, Implicit Filtering (2011), chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from proofs.falsifier.compiled import Function
from proofs.falsifier.coordinates import Coordinates

Array = NDArray[np.float64]
# Directions of a stencil at most, its first size, steps along the line as multiples of it.
MOST, FIRST, LINE = 48, 0.25, (0.25, 1.0, 4.0, 16.0)
# The share of the rows that go on after so many steps.
HALVING, SHARE, FEWEST = 6, 0.35, 12
# Multiples of the Newton step towards a zero, and the stencil for its slope.
NEWTON, FINE, TINY = (2.0, 1.0, 0.5, 0.25, 0.0625), 1e-5, 1e-13


def climb(f: Function, rows: Array, at: Coordinates, steps: int, noise: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """After each step the rows still climbing and their values; the lowest fall out on the way.

    >>> at = Coordinates(("x",), ((1,),), np.array([-9.0]), np.array([9.0]))
    >>> *_, (x, height) = climb(lambda x: -np.abs(x[:, 0] - 3), np.zeros((2, 1)), at, 60, np.random.default_rng(0))
    >>> bool(abs(x[0, 0] - 3) < 1e-6)
    True
    """
    x, h = at.projected(rows), np.full(len(rows), FIRST)
    best = f(x)
    for n in range(steps):
        x, best, h = _stepped(f, x, best, h, at, noise)
        if n % HALVING == HALVING - 1 and len(x) > FEWEST:
            top = np.argsort(-best, kind="stable")[: max(FEWEST, int(SHARE * len(x)))]
            x, best, h = x[top], best[top], h[top]
        yield x, best


@np.errstate(all="ignore")
def _stepped(f: Function, x: Array, best: Array, h: Array, at: Coordinates, noise: np.random.Generator) -> tuple[Array, Array, Array]:
    slope, around, heights = _stencil(f, x, h, at, noise)
    length = np.linalg.norm(slope, axis=1, keepdims=True)
    along = h[:, None] * _units(x, at) * slope / np.where(length > 0, length, 1)
    line = at.projected((x[:, None] + np.array(LINE)[:, None] * along[:, None]).reshape(-1, at.width))
    points = np.concatenate([around, line.reshape(len(x), -1, at.width)], axis=1)
    values = np.concatenate([heights, f(line).reshape(len(x), -1)], axis=1)
    pick = values.argmax(axis=1)
    rows = np.arange(len(x))
    higher = values[rows, pick] > best
    x = np.where(higher[:, None], points[rows, pick], x)
    far = pick >= values.shape[1] - 2
    return x, np.where(higher, values[rows, pick], best), np.where(higher, np.where(far, np.minimum(2 * h, 1), h), h / 3)


@np.errstate(all="ignore")
def approach(u: Function, rows: Array, at: Coordinates, steps: int, noise: np.random.Generator) -> tuple[Array, Array]:
    """Rows moved towards u = 0 by Newton's step of least length, x - u ∇u/|∇u|², and the slopes there.

    >>> at = Coordinates(("x",), ((1,),), np.array([-9.0]), np.array([9.0]))
    >>> x, _ = approach(lambda x: x[:, 0]**2 - 2, np.ones((1, 1)), at, 9, np.random.default_rng(0))
    >>> float(x[0, 0].round(9))
    1.414213562
    """
    x = at.projected(rows)
    here, slope = u(x), np.zeros_like(x)
    for _ in range(steps):
        slope, _, _ = _stencil(u, x, np.full(len(x), FINE), at, noise)
        slope /= FINE
        square = np.sum(slope**2, axis=1, keepdims=True)
        step = -np.where(np.isfinite(here), here, 0)[:, None] * slope / np.where(square > 0, square, 1) * _units(x, at)
        points = at.projected((x[:, None] + np.array(NEWTON)[:, None] * step[:, None]).reshape(-1, at.width))
        values = u(points).reshape(len(x), -1)
        pick = np.abs(values).argmin(axis=1)
        rows_ = np.arange(len(x))
        nearer = np.abs(values[rows_, pick]) < np.abs(here)
        x = np.where(nearer[:, None], points.reshape(len(x), -1, at.width)[rows_, pick], x)
        here = np.where(nearer, values[rows_, pick], here)
    return x, slope


@np.errstate(all="ignore")
def newton(field: Function, rows: Array, at: Coordinates, states: int, steps: int) -> Array:
    """Rows whose first numbers, the states, were moved towards a zero of a field by damped Gauss-Newton steps.

    field: rows (batch, n) to (batch, n), of which the first `states` numbers count.

    >>> at = Coordinates(("x", "a"), ((1,), (1,)), np.full(2, -9.0), np.full(2, 9.0))
    >>> newton(lambda x: x**3 - x[:, 1:], np.array([[1.0, 8.0]]), at, 1, 12).round(6)
    array([[2., 8.]])
    """
    x = at.projected(rows)
    f = field(x)[:, :states]
    for _ in range(steps):
        J = _jacobian(field, x, at, states)
        JT = J.swapaxes(1, 2)
        shift = TINY * (np.trace(JT @ J, axis1=1, axis2=2) + TINY)
        step = -np.linalg.solve(JT @ J + shift[:, None, None] * np.eye(states), JT @ f[..., None])[..., 0]
        trials = np.repeat(x[:, None], len(NEWTON), axis=1)
        trials[..., :states] += np.array(NEWTON)[:, None] * step[:, None]
        trials = at.projected(trials.reshape(-1, at.width))
        values = field(trials)[:, :states].reshape(len(x), len(NEWTON), states)
        pick = np.square(values).sum(axis=2).argmin(axis=1)
        each = np.arange(len(x))
        nearer = np.square(values[each, pick]).sum(axis=1) < np.square(f).sum(axis=1)
        x = np.where(nearer[:, None], trials.reshape(len(x), -1, at.width)[each, pick], x)
        f = np.where(nearer[:, None], values[each, pick], f)
    return x


def _jacobian(field: Function, x: Array, at: Coordinates, states: int) -> Array:
    """∂f_i/∂y_j (batch, states, states) by central differences."""
    h = FINE * np.maximum(np.abs(x[:, :states]), 1)
    points = np.repeat(x[:, None], 2 * states, axis=1)
    every = np.arange(states)
    points[:, every, every] += h
    points[:, states + every, every] -= h
    f = field(points.reshape(-1, at.width))[:, :states].reshape(len(x), 2, states, states)
    return np.nan_to_num(((f[:, 0] - f[:, 1]) / (2 * h)[..., None]).swapaxes(1, 2))


@np.errstate(all="ignore")
def _stencil(f: Function, x: Array, h: Array, at: Coordinates, noise: np.random.Generator) -> tuple[Array, Array, Array]:
    """Half the differences of f over ±h in units, spread on all numbers; the points (batch, 2m, n) and their values."""
    m = min(at.width, MOST)
    d = np.eye(at.width) if m == at.width else noise.normal(size=(m, at.width)) / np.sqrt(m)
    both = np.concatenate([d, -d])
    points = at.projected((x[:, None] + h[:, None, None] * (_units(x, at)[:, None] * both)).reshape(-1, at.width))
    values = f(points).reshape(len(x), -1)
    up, down = values[:, :m], values[:, m:]
    known = np.isfinite(up) & np.isfinite(down)
    change = np.where(known, up, 0) - np.where(known, down, 0)
    return change / 2 @ d, points.reshape(len(x), -1, at.width), values


def _units(x: Array, at: Coordinates) -> Array:
    """The step of each number that counts as one: its own size, from 1 on where it may be 0, within the bounds."""
    size = np.abs(x)
    return np.asarray(np.minimum(np.where((at.low > 0) | (at.high < 0), size, np.maximum(size, 1)), (at.high - at.low) / 2))


__all__ = ["approach", "climb", "newton"]
