"""Is a polynomial a sum of squares? p = zᵀ G z with G = L D Lᵀ ⪰ 0 in rationals, or a functional that says no, or open.

Floating point proposes t for G = Q0 + Σ t_k N_k, which is p's Gram matrix whatever t; t is rounded and G factored exactly. Where
only singular G exist, their null space is rounded too and the problem made smaller (facial reduction). Where none exists, a linear
functional ℓ with ℓ(p) < 0 and ℓ(z zᵀ) ⪰ 0 shows it.
Sources: Peyrl and Parrilo, Computing sum of squares decompositions with rational coefficients, TCS 409, 2008; Reznick 1978.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from flint import fmpq

from amsym.errors import InputError
from amsym.notation.effort import check
from amsym.verdict import Status, Verdict
from proofs.matrices.centre import Centre, largest_least_eigenvalue
from proofs.matrices.exact import Rows, as_fmpq, exact_rows, plain_rows, rough
from proofs.matrices.factor import Factored, factored
from proofs.matrices.gram import Grams, Monomial, Polynomial, complement, grams, half_monomials, times

CLAIM = "polynomial is a sum of squares"
# The most monomials in the squares, and least eigenvalues that count as zero, relative to the largest coefficient.
WIDTH, ZERO = 45, 1e-6
ROUNDS = 4
POINTS = 3000


def sum_of_squares(polynomial: Any) -> Verdict:
    """CERTIFIED with rational squares, REFUTED by a point with p < 0 or a separating functional, else UNDECIDED.

    polynomial: a SymPy expression, a polynomial in its symbols with rational coefficients (floats count as binary fractions).

    >>> x, y = sp.symbols("x y")
    >>> print(sum_of_squares(x**2 - 2*x*y + 2*y**2).reason)
    p = 2*(-x/2 + y)**2 + x**2/2
    >>> str(sum_of_squares(x**4*y**2 + x**2*y**4 - 3*x**2*y**2 + 1).status)     # Motzkin: nonnegative, and no sum of squares
    'REFUTED'

    Raises InputError for what is no polynomial with rational coefficients.
    """
    p, symbols = _read(polynomial)
    if not p:
        p = {(0,) * len(symbols): fmpq(0)}
    point = _negative_point(p, len(symbols))
    if point is not None:
        return _refuted_by_point(p, symbols, point)
    monomials = half_monomials(p)
    if len(monomials) > WIDTH:
        return _open(f"{len(monomials)} monomials may stand in the squares, more than {WIDTH}")
    return _reduced(p, symbols, monomials)


def _read(polynomial: Any) -> tuple[Polynomial, list[sp.Symbol]]:
    expr = sp.sympify(polynomial)
    symbols = sorted(expr.free_symbols, key=str) or [sp.Symbol("x")]
    try:
        poly = sp.Poly(_without_floats(expr), *symbols)
        return {m: as_fmpq(c) for m, c in poly.terms() if c != 0}, symbols
    except (sp.PolynomialError, InputError) as error:
        raise InputError(f"{polynomial} is no polynomial with rational coefficients in {symbols}: one was expected") from error


def _without_floats(expr: sp.Expr) -> sp.Expr:
    return expr.xreplace({f: sp.Rational(*Fraction(float(f)).as_integer_ratio()) for f in expr.atoms(sp.Float)})


def value_at(p: Polynomial, x: tuple[Fraction, ...]) -> Fraction:
    """p at a rational point, exactly."""
    total = Fraction(0)
    for m, c in p.items():
        term = Fraction(int(c.p), int(c.q))
        for u, e in zip(x, m, strict=True):
            term *= u**e
        total += term
    return total


def _negative_point(p: Polynomial, n: int) -> tuple[Fraction, ...] | None:
    """A small point with p < 0: whole numbers and halves near 0, then powers of two far out."""
    grids: tuple[tuple[Fraction, ...], ...] = (
        tuple(Fraction(k) for k in (0, 1, -1)),
        tuple(Fraction(k, 2) for k in (0, 1, -1, 2, -2, 3, -3, 4, -4)),
        tuple(Fraction(s * 2**k) for k in (0, 3, 7, 12) for s in (1, -1)),
    )
    for grid in grids:
        for count, x in enumerate(product(grid, repeat=n)):
            check()
            if count > POINTS:
                break
            if value_at(p, x) < 0:
                return x
    return None


def _refuted_by_point(p: Polynomial, symbols: list[sp.Symbol], x: tuple[Fraction, ...]) -> Verdict:
    data = {**_data(p, symbols), "property": "not a sum of squares", "point": [str(u) for u in x], "value": str(value_at(p, x))}
    place = ", ".join(f"{s} = {u}" for s, u in zip(symbols, x, strict=True))
    return Verdict(CLAIM, Status.REFUTED, data, f"p = {value_at(p, x)} < 0 at {place}")


def _data(p: Polynomial, symbols: list[sp.Symbol]) -> dict[str, Any]:
    terms = [[list(m), str(c)] for m, c in sorted(p.items())]
    return {"kind": "exact matrix", "variables": [str(s) for s in symbols], "polynomial": terms}


def _reduced(p: Polynomial, symbols: list[sp.Symbol], monomials: list[Monomial]) -> Verdict:
    """Gram matrices on the whole space of monomials, then on smaller ones where only singular ones exist."""
    basis: Rows = [[fmpq(int(i == j)) for j in range(len(monomials))] for i in range(len(monomials))]
    for n in range(ROUNDS):
        every = grams(p, monomials, basis) if basis else None
        if every is None:
            break
        centre = _centre(every)
        found = _rounded(every, centre)
        if found is not None:
            return _certified(p, symbols, monomials, *found)
        scale = float(np.max(np.abs(centre.Q), initial=1.0))
        if centre.least < -ZERO * scale:
            return _separated(p, symbols, monomials, centre) if n == 0 else _open("no Gram matrix on the reduced space is semidefinite")
        kernel = _kernel(centre.Q)
        if not kernel:
            break
        inner = complement(kernel, len(basis))
        basis = [[sum((x * basis[k][j] for k, x in enumerate(row) if x), fmpq(0)) for j in range(len(monomials))] for row in inner]
    return _open("only singular Gram matrices may exist, and none was found in rationals")


def _open(words: str) -> Verdict:
    return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts"}, words)


def _centre(every: Grams) -> Centre:
    k = len(every.origin)
    directions = np.zeros((len(every.directions), k, k))
    for n, entries in enumerate(every.directions):
        for i, j, v in entries:
            directions[n, i, j] = directions[n, j, i] = float(v.p) / float(v.q)
    return largest_least_eigenvalue(rough(every.origin), directions)


def _rounded(every: Grams, centre: Centre) -> tuple[Rows, Factored] | None:
    """t rounded to small denominators, then finer ones, until the factors are exact."""
    for bits in (0, 1, 2, 4, 8, 14, 22, 30):
        check()
        t = [fmpq(round(x * 2**bits), 2**bits) for x in centre.t]
        Q = every.at(t)
        if factored(Q).negative is None:
            G = every.in_monomials(Q)
            return G, factored(G)
        if not centre.t.size:
            break
    return None


def _kernel(Q: Any) -> Rows:
    """The null space of a nearly singular matrix, its reduced echelon form rounded to small fractions."""
    values, V = np.linalg.eigh(Q)
    for cut in (1e-3, 1e-5):
        small = V[:, values < cut * max(1.0, values[-1])].T
        rows = _echelon(small)
        exact = [[Fraction(float(x)).limit_denominator(64) for x in row] for row in rows]
        if len(rows) and np.max(np.abs(rows - np.array([[float(x) for x in row] for row in exact]))) < 1e-2:
            return exact_rows(exact)
    return []


def _echelon(rows: Any) -> Any:
    a = np.array(rows, dtype=float)
    done = 0
    for c in range(a.shape[1] if a.size else 0):
        if done == len(a):
            break
        r = done + int(np.argmax(np.abs(a[done:, c])))
        if abs(a[r, c]) < 1e-2:
            continue
        a[[done, r]] = a[[r, done]]
        a[done] /= a[done, c]
        for other in range(len(a)):
            if other != done:
                a[other] -= a[other, c] * a[done]
        done += 1
    return a[:done]


def _certified(p: Polynomial, symbols: list[sp.Symbol], monomials: list[Monomial], G: Rows, found: Factored) -> Verdict:
    data = {
        **_data(p, symbols),
        "property": "sum of squares",
        "monomials": [list(m) for m in monomials],
        "gram": plain_rows(G),
        **found.data(),
    }
    squares = _squares(symbols, monomials, found)
    words = f"p = {squares}" if len(squares) <= 200 else f"p is a sum of {sum(d > 0 for d in found.D)} squares, in the certificate"
    return Verdict(CLAIM, Status.CERTIFIED, data, words)


def _squares(symbols: list[sp.Symbol], monomials: list[Monomial], found: Factored) -> str:
    z = [sp.Mul(*(s**e for s, e in zip(symbols, monomials[k], strict=True))) for k in found.order]
    parts = []
    for k, d in enumerate(found.D):
        if d > 0:
            root = sp.Add(*(_rational(found.L[i][k]) * z[i] for i in range(len(z))))
            parts.append(str(_rational(d) * root**2))
    return " + ".join(parts) or "0"


def _rational(x: fmpq) -> sp.Rational:
    return sp.Rational(int(x.p), int(x.q))


def _separated(p: Polynomial, symbols: list[sp.Symbol], monomials: list[Monomial], centre: Centre) -> Verdict:
    """ℓ from the dual matrix, averaged over the entries that stand for one monomial, and rounded."""
    classes: dict[Monomial, list[float]] = {}
    for i, a in enumerate(monomials):
        for j, b in enumerate(monomials):
            classes.setdefault(times(a, b), []).append(float(centre.dual[i, j]))
    for bits in (8, 16, 24, 32, 40):
        functional = {e: fmpq(round(np.mean(v) * 2**bits), 2**bits) for e, v in classes.items()}
        M = [[functional[times(a, b)] for b in monomials] for a in monomials]
        value = sum((c * functional.get(e, fmpq(0)) for e, c in p.items()), fmpq(0))
        shown = factored(M)
        if value < 0 and shown.negative is None and all(e in functional for e in p):
            data = {
                **_data(p, symbols),
                "property": "not a sum of squares",
                "monomials": [list(m) for m in monomials],
                "functional": [[list(e), str(x)] for e, x in sorted(functional.items())],
                "value": str(value),
                **shown.data(),
            }
            shown_value = f"{float(value.p) / float(value.q):.3g}"
            words = f"a linear functional is nonnegative on all squares of the monomials that may occur, and {shown_value} on p"
            return Verdict(CLAIM, Status.REFUTED, data, words)
    return _open("the least eigenvalue of every Gram matrix seems negative, and no rational functional was found that shows it")
