"""w = S z + q with S + Sᵀ ≻ 0 has at most one solution z, w ≥ 0, z·w = 0; so a node where that holds has one candidate and no more.

S is what is left of the problem for the undecided kinks once those fixed at w = 0 are eliminated, the Schur complement. Of two
solutions, (z - z')·(w - w') = -z·w' - z'·w ≤ 0 over all kinks, and decided kinks add nothing to it. S ≻ 0 is shown in balls, the
candidate is solved for in exact rationals.
Source: Cottle, Pang and Stone, The Linear Complementarity Problem, 1992, Theorem 3.1.6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb_mat, ctx, fmpq, fmpq_mat
from numpy.typing import NDArray

from proofs.patterns.complementarity import Complementarity
from proofs.patterns.dictionaries import Flags, Floats
from proofs.patterns.forms import ZERO

BITS = 256
# Rounds of exchanging all that is negative, then one at a time, before the search for the candidate is given up.
ROUNDS = 40

Kinks = NDArray[np.intp]


@dataclass(frozen=True)
class Candidate:
    """pattern: which ramps are on at the only candidate, where those on their kink may be either.

    remains: the pattern that it belongs to; None where it contradicts what is decided, so that no steady state is left.
    """

    pattern: tuple[bool, ...]
    remains: tuple[bool, ...] | None


def only_candidate(problem: Complementarity, zero: Flags) -> Candidate | None:
    """The one candidate of a node, by its variables that are fixed at 0; None where there may be more."""
    K = problem.kinks
    if K == 0 or problem.basic[:K] != tuple(range(K)) or problem.free != tuple(range(K, 2 * K)):
        return None
    on, off = np.flatnonzero(zero[:K]), np.flatnonzero(zero[K : 2 * K])
    open_ = np.setdiff1d(np.arange(K), np.concatenate([on, off]))
    start = problem.start[:K]
    reduced = _reduced(start, on, open_)
    if reduced is None or len(open_) == 0 or not _looks_positive(reduced[0]):
        return None
    active = _solution(*reduced)
    if active is None:
        return None
    pattern = np.zeros(K, bool)
    pattern[on], pattern[open_] = True, active
    return _confirmed(problem, pattern, on, off, open_)


def _reduced(table: Floats, on: Kinks, rest: Kinks) -> tuple[Floats, Floats] | None:
    """S and q of w_rest = S z_rest + q."""
    try:
        inner = np.linalg.solve(table[np.ix_(on, on)], table[on][:, [*rest, table.shape[1] - 1]])
    except np.linalg.LinAlgError:
        return None
    whole = table[rest][:, [*rest, table.shape[1] - 1]] - table[np.ix_(rest, on)] @ inner
    return whole[:, :-1], whole[:, -1]


def _looks_positive(S: Floats) -> bool:
    if not np.isfinite(S).all():
        return False
    try:
        np.linalg.cholesky(S + S.T)
    except np.linalg.LinAlgError:
        return False
    return True


def _solution(S: Floats, q: Floats) -> Flags | None:
    """Which z are on, by exchanging all that is negative and, where that goes in circles, the last of it (Murty's rule)."""
    on = np.zeros(len(q), bool)
    least = len(q) + 1
    for round_ in range(ROUNDS + 4 * len(q)):
        z = np.zeros(len(q))
        try:
            z[on] = np.linalg.solve(S[np.ix_(on, on)], -q[on])
        except np.linalg.LinAlgError:
            return None
        wrong = np.where(on, z < 0, S @ z + q < 0)
        if not wrong.any():
            return on
        if wrong.sum() < least:
            least = int(wrong.sum())
        elif round_ > ROUNDS // 4:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        on = on ^ wrong
    return None


def _confirmed(problem: Complementarity, pattern: Flags, on: Kinks, off: Kinks, open_: Kinks) -> Candidate | None:
    """The candidate, where S + Sᵀ ≻ 0 for certain and its z and w are ≥ 0 exactly for the undecided kinks."""
    if not is_positive(problem, on.tolist(), open_.tolist()):
        return None
    solved = _exactly(problem, np.flatnonzero(pattern).tolist())
    if solved is None or any(solved[0][k] < 0 or solved[1][k] < 0 for k in open_):
        return None
    z, w = solved
    fits = all(z[k] > 0 for k in on) and all(w[k] >= 0 for k in off)
    return Candidate(tuple(pattern.tolist()), tuple(bool(x > 0) for x in z) if fits else None)


def _exactly(problem: Complementarity, on: list[int]) -> tuple[list[fmpq], list[fmpq]] | None:
    """z and w of a whole pattern."""
    z = [ZERO] * problem.kinks
    if on:
        inner = fmpq_mat([[problem.table[i, j] for j in on] for i in on])
        try:
            found = inner.solve(fmpq_mat([[-problem.constants[i]] for i in on]))
        except ZeroDivisionError:
            return None
        for n, k in enumerate(on):
            z[k] = found[n, 0]
    w = [problem.constants[i] + sum((problem.table[i, j] * z[j] for j in on), ZERO) for i in range(problem.kinks)]
    return z, w


def is_positive(problem: Complementarity, on: list[int], rest: list[int]) -> bool:
    """Whether S + Sᵀ is positive definite for certain: L⁻¹ (S + Sᵀ) L⁻ᵀ is diagonally dominant for a matrix L of doubles."""
    before, ctx.prec = ctx.prec, BITS
    try:
        S = _block(problem, rest, rest)
        if on:
            S = S - _block(problem, rest, on) * _block(problem, on, on).solve(_block(problem, on, rest))
        middle = np.array([[float(x.mid()) for x in row] for row in (S + S.transpose()).tolist()])
        inverse = np.linalg.inv(np.linalg.cholesky(middle))
        T = arb_mat([[float(x) for x in row] for row in inverse])
        return _is_dominant(T * (S + S.transpose()) * T.transpose())
    except (ZeroDivisionError, np.linalg.LinAlgError, ValueError):
        return False
    finally:
        ctx.prec = before


def _block(problem: Complementarity, rows: list[int], columns: list[int]) -> arb_mat:
    return arb_mat(fmpq_mat([[problem.table[i, j] for j in columns] for i in rows]))


def _is_dominant(G: arb_mat) -> bool:
    """Whether every diagonal entry exceeds the others of its row together, for certain."""
    return all(bool(row[k] > sum((abs(x) for j, x in enumerate(row) if j != k), 0)) for k, row in enumerate(G.tolist()))


__all__ = ["Candidate", "is_positive", "only_candidate"]
