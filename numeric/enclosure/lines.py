"""g(u) ∈ α u + [h_low, h_high] for every u in [a, b]: the line through the ends, and how far the function may lie from it.

On a convex piece g lies below its chord, whose ends bound h = g - α u from above, and above every tangent; on a concave one the
other way round. Which tangent is taken only matters for how tight the bound is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numeric.enclosure.bends import Bend
from numeric.intervals.boxes import Box
from numeric.intervals.rules import add, multiply, rule, subtract

Array = Any
Function = Callable[[Box], Box]


def line(f: Function, bend: Bend, x: Box) -> tuple[Array, Box]:
    """α and the interval of f(u) - α u over x; α = 0 and the function's own range where x leaves its domain.

    >>> from numeric.intervals.rules import rule
    >>> from numeric.enclosure.bends import square_bend
    >>> alpha, h = line(lambda u: rule("multiply")(u, u), square_bend(), Box.of(np.array([0.0]), np.array([2.0])))
    >>> alpha, h.low.round(6), h.high.round(6)
    (array([2.]), array([-1.]), array([0.]))
    """
    with np.errstate(all="ignore"):
        start, end = Box.point(x.low), Box.point(x.high)
        fa, fb, inner = f(start), f(end), Box.point(x.middle)
        alpha = _chord(x, fa, fb, bend, inner)
        ends = _height(fa, alpha, start), _height(fb, alpha, end)
        found = _hull(*ends)
        for a, b, convex in bend.pieces():
            found = _with_piece(found, f, bend, alpha, x, (a, b, convex))
        good = np.isfinite(found.low) & np.isfinite(found.high) & (x.low > bend.least) & np.isfinite(alpha)
        if not good.all():
            whole = f(x)
            alpha = np.where(good, alpha, 0.0)
            found = Box.of(np.where(good, found.low, whole.low), np.where(good, found.high, whole.high), x)
    return alpha, found


def corner(u: Box, at: Array, below: float, above: float) -> tuple[Array, Box]:
    """The same for a convex function with slope `below` left of a corner where it is 0, and `above` right of it.

    >>> alpha, h = corner(Box.of(np.array([-1.0]), np.array([1.0])), np.array(0.0), 0.0, 1.0)
    >>> alpha.item(), bool(-1e-9 < h.low.item() <= 0), h.high.round(6).item()
    (0.5, True, 0.5)
    """
    left, right = subtract(Box.point(u.low), Box.point(at)), subtract(Box.point(u.high), Box.point(at))
    values = [rule("maximum")(multiply(Box.point(below), d), multiply(Box.point(above), d)) for d in (left, right)]
    inside = (u.low < at) & (u.high > at)
    slanted = (values[1].middle - values[0].middle) / np.where(inside, u.high - u.low, 1.0)
    alpha = np.clip(np.where(inside, slanted, np.where(u.low >= at, above, below)), below, above)
    found = _hull(*(subtract(v, multiply(Box.point(alpha), d)) for v, d in zip(values, (left, right), strict=True)))
    lowest = np.where(inside, np.minimum(found.low, 0.0), found.low)
    return alpha, subtract(Box.of(lowest, found.high, u), multiply(Box.point(alpha), Box.point(at)))


def _chord(x: Box, fa: Box, fb: Box, bend: Bend, inner: Box) -> Array:
    """The slope from end to end; that of the tangent where the ends are too near to tell."""
    width = x.high - x.low
    steep = bend.slope(inner).middle
    near = width <= 1e-7 * (1 + np.abs(inner.low))
    return np.where(near, steep, (fb.middle - fa.middle) / np.where(width > 0, width, 1.0))


def _height(value: Box, alpha: Array, at: Box) -> Box:
    return subtract(value, multiply(Box.point(alpha), at))


def _hull(*boxes: Box) -> Box:
    return Box.of(np.minimum.reduce([b.low for b in boxes]), np.maximum.reduce([b.high for b in boxes]))


def _with_piece(found: Box, f: Function, bend: Bend, alpha: Array, x: Box, piece: tuple[float, float, bool]) -> Box:
    """The hull of what was found and h on this piece, where x meets it."""
    a, b, convex = piece
    low, high = np.clip(x.low, a, b), np.clip(x.high, a, b)
    meets = (x.low < b) & (x.high > a)
    if not meets.any():
        return found
    at = Box.point(_tangent_point(bend, alpha, low, high, a))
    base = _height(f(at), alpha, at)
    tilt = subtract(bend.slope(at), Box.point(alpha))
    reach = Box.of(low - at.low, high - at.low)
    reach = Box.of(np.nextafter(reach.low, -np.inf), np.nextafter(reach.high, np.inf))
    bound = add(base, multiply(tilt, reach))
    ends = [_height(f(Box.point(e)), alpha, Box.point(e)) for e, inside in ((low, a), (high, b)) if np.isfinite(inside)]
    here = _hull(found, *ends) if ends else found
    low_, high_ = (np.minimum(here.low, bound.low), here.high) if convex else (here.low, np.maximum(here.high, bound.high))
    return Box.of(np.where(meets, low_, found.low), np.where(meets, high_, found.high))


def _tangent_point(bend: Bend, alpha: Array, low: Array, high: Array, a: float) -> Array:
    middle = low / 2 + high / 2
    if bend.at_slope is None:
        return middle
    guess = bend.at_slope(alpha)
    guess = np.where(high <= 0, -guess, guess) if bend.turns else guess
    return np.where(np.isfinite(guess), np.clip(guess, low, high), middle)
