"""f = r (W g(y) - y + b) is one-to-one on a box where det(I - W diag(s)) has one sign at all corners s of the box of slopes of g.

    f(a) - f(b) = r (W diag(s) - I) (a - b)    with s_j = (g_j(a_j) - g_j(b_j))/(a_j - b_j), a mean of g_j' on the box

Column j of I - W diag(s) is affine in s_j and holds no other slope, so its determinant is affine in each slope, and what has one
sign at the 2ⁿ corners has it between them. For slopes that vary independently the test is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from amsym.notation.effort import OutOfTime, check, remaining, time_limit
from amsym.prover.network import Network, network
from numeric.ball_functions import Undetermined
from proofs.inequalities.boxed import Boxed
from proofs.inequalities.matrix_forms import Balls, flow_rows, slopes_of
from proofs.question import Question
from proofs.zeros.contraction import network_matrix

# The most slopes, 2ⁿ corners; pieces in which each component is cut to bound its slope; bits.
LARGEST, PIECES, BITS = 12, 16, 128
SECONDS = 2.0
LEMMA = "a polynomial that is affine in each variable and has one sign at all corners of a box has it on the box"


@dataclass(frozen=True)
class Sloped:
    """A network on a box: W and the rates r in balls, and doubles around the slopes of g there."""

    W: Balls
    rates: list[arb]
    low: list[float]
    high: list[float]


def sloped(problem: Boxed) -> Sloped | None:
    """The system as r (W g - y + b) with g on each entry alone, and its slopes on the domain; None where it is none."""
    try:
        with time_limit(min(SECONDS, remaining() / 3)):
            net = network(problem.system)
    except OutOfTime:
        return None
    if net is None or not net.additive:
        return None
    before, ctx.prec = ctx.prec, BITS
    try:
        W = network_matrix(net, problem.system, Question(problem.system, dict(problem.fixed), problem.sizes)).W
        rates = _rates(problem, net)
        slopes = _slopes(problem, W, rates)
    except (Undetermined, ZeroDivisionError):
        return None
    finally:
        ctx.prec = before
    if slopes is None:
        return None
    low, high = ([float(np.nextafter(float(e), away)) for e in ends] for ends, away in _ends(slopes))
    return Sloped(W, rates, low, high)


def _ends(slopes: list[arb]) -> tuple[tuple[list[arb], float], tuple[list[arb], float]]:
    return ([s.lower() for s in slopes], -np.inf), ([s.upper() for s in slopes], np.inf)


def by_corners(problem: Boxed) -> tuple[dict[str, Any], str] | None:
    """The certificate and words of f being one-to-one on the domain; None where it is no such network or a corner fails."""
    found = sloped(problem) if problem.width <= LARGEST else None
    if found is None:
        return None
    before, ctx.prec = ctx.prec, BITS
    try:
        least = _least_determinant(found)
    finally:
        ctx.prec = before
    return None if least is None else _shown(problem, found, least)


def _shown(problem: Boxed, found: Sloped, least: arb) -> tuple[dict[str, Any], str]:
    corners = 2 ** len(found.low)
    data = {
        "how": "determinants at corners of slopes",
        **problem.data(),
        "slopes": [list(ends) for ends in zip(found.low, found.high, strict=True)],
        "corners": corners,
        "determinant nearest to 0": str(least.str(8)),
        "lemma": LEMMA,
    }
    sign = ">" if least > 0 else "<"
    words = f"det(I - W diag(s)) {sign} 0 at all {corners} corners of the slopes of g there, so f is one-to-one"
    return data, words


def _slopes(problem: Boxed, W: Balls, rates: list[arb]) -> list[arb] | None:
    """g_j' over the domain of y_j, read off the Jacobian r_i (W_ij s_j - δ_ij) in the row with the largest W_ij."""
    n = problem.width
    found: list[arb] = [arb(0)] * n
    parts = [_jacobian(problem, k) for k in range(PIECES)]
    for j in range(n):
        i = max(range(n), key=lambda row: float(abs(W[row][j]).lower()))
        if not abs(W[i][j]) > 0:
            continue
        pieces = [(J[i][j] / rates[i] + int(i == j)) / W[i][j] for J in parts]
        if not all(p.is_finite() for p in pieces):
            return None
        hull = pieces[0]
        for p in pieces[1:]:
            hull = hull.union(p)
        found[j] = hull
    return found


def _jacobian(problem: Boxed, k: int) -> Balls:
    """∂f/∂y where every component runs over the k-th piece of its interval; a column knows only its own component."""
    width = (problem.high - problem.low) / PIECES
    low = problem.low + k * width
    high = problem.high if k == PIECES - 1 else np.nextafter(problem.low + (k + 1) * width, np.inf)
    return slopes_of(problem, problem.over(np.maximum(low, problem.low), np.minimum(high, problem.high)), flow_rows(problem))


def _rates(problem: Boxed, net: Network) -> list[arb]:
    flow = problem.system.flow
    assert flow is not None
    here = problem.exactly_at((problem.low + problem.high) / 2)
    where = {c.tensor: c.where for c in flow}
    return [here(net.rates[s], dict(zip(where[s], p, strict=True))) for s, p in problem.places]


def _least_determinant(found: Sloped) -> arb | None:
    """The determinant nearest to 0 at the corners, or None as soon as two may differ in sign."""
    n, least = len(found.low), None
    ends = [tuple(map(arb, pair)) for pair in zip(found.low, found.high, strict=True)]
    for corner in product((0, 1), repeat=n):
        check()
        s = [ends[j][side] for j, side in enumerate(corner)]
        d = arb_mat([[int(i == j) - found.W[i][j] * s[j] for j in range(n)] for i in range(n)]).det()
        if d.contains(0) or (least is not None and (d > 0) != (least > 0)):
            return None
        least = d if least is None or abs(float(d)) < abs(float(least)) else least
    return least
