"""Random index expressions, and an interpreter that gives their values without any of amsym's own rules.

`value(expr, point, sizes, at)` sums and multiplies as the formula reads, in mpmath with 30 digits. It shares no code
with `components`, `derivative` and `canonical`, so each of them can be held against it.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import mpmath
import sympy as sp
from hypothesis import strategies as st

from amsym.notation import Delta, Entry, Index, Mask, Size, Total, derivative, free_indices, indices, mask, parameter, state, total
from amsym.notation.tensors import Component
from amsym.notation.terms import MULTIPLY_OUT

DIGITS = 30
CLOSE = mpmath.mpf(10) ** -18

i, j, k, l, m = ON_N = indices("i j k l m", "N")  # noqa: E741
a, b, c, d = ON_K = indices("a b c d", "K")

y, z = state("y", "N"), state("z", "K")
x = state("x", "N K")
W = parameter("W", "N N", symmetric=True)
A = parameter("A", "N N", antisymmetric=True)
P = parameter("P", "N N")
R = parameter("R", "N K")
T = parameter("T", "N N N", symmetric=True)
p = parameter("p", "K", positive=True)
beta = parameter("beta", positive=True)
gain = parameter("gain")

TENSORS = (y, z, x, W, A, P, R, T, p)
SIZES = st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (2, 3)])


# --- values -----------------------------------------------------------------------------------------------------------


class Point:
    """A random rational for every scalar and every entry of every tensor, obeying the declared symmetries."""

    def __init__(self, seed):
        self.seed = seed

    def scalar(self, name, positive=False):
        draw = random.Random(f"{self.seed} {name}")
        number = Fraction(draw.randint(11, 997), 331) * (1 if positive or draw.random() < 0.5 else -1)
        return mpmath.mpf(number.numerator) / number.denominator

    def entry(self, tensor, where):
        sign = 1
        if {"symmetric", "antisymmetric"} & set(tensor.properties):
            if "antisymmetric" in tensor.properties:
                swaps = sum(p > q for n, p in enumerate(where) for q in where[n + 1 :])
                sign = 0 if len(set(where)) < len(where) else (-1) ** swaps
            where = tuple(sorted(where))
        return sign * self.scalar(f"{tensor.name}{where}", "positive" in tensor.properties)


FUNCTIONS = {
    sp.exp: mpmath.exp,
    sp.log: mpmath.log,
    sp.tanh: mpmath.tanh,
    sp.sinh: mpmath.sinh,
    sp.cosh: mpmath.cosh,
    sp.Abs: abs,
    sp.sign: mpmath.sign,
    sp.Max: max,
    sp.Min: min,
    sp.sin: mpmath.sin,
    sp.DiracDelta: lambda u, order=0: mpmath.mpf(0) if u else mpmath.inf,
    sp.Heaviside: lambda u, at_zero: mpmath.mpf(u > 0) if u else at_zero,
}
COMPARISONS = {
    sp.Eq: lambda u, v: u == v,
    sp.Ne: lambda u, v: u != v,
    sp.Gt: lambda u, v: u > v,
    sp.Ge: lambda u, v: u >= v,
    sp.Lt: lambda u, v: u < v,
    sp.Le: lambda u, v: u <= v,
    sp.And: lambda *us: all(us),
    sp.Or: lambda *us: any(us),
    sp.Not: lambda u: not u,
    sp.ITE: lambda u, v, w: v if u else w,
}


def value(expr, point, sizes, at=None):
    """The number that the expression has, with its free indices at the given places."""
    with mpmath.workdps(DIGITS):
        return _value(sp.sympify(expr), point, sizes, at or {})


def _value(e, point, sizes, at):
    if isinstance(e, Index):
        return mpmath.mpf(at[e])
    if isinstance(e, Size):
        return mpmath.mpf(sizes[e.name])
    if isinstance(e, Entry):
        return point.entry(e.tensor, e.position)
    if isinstance(e, Component):
        return point.entry(e.tensor, tuple(at[w] if isinstance(w, Index) else int(w) for w in e.where))
    if isinstance(e, sp.Symbol):
        return point.scalar(e.name, e.is_positive)
    if isinstance(e, Total):
        places = product(*(range(sizes[w.axis]) for w in e.bound))
        return mpmath.fsum(_value(e.body, point, sizes, {**at, **dict(zip(e.bound, place, strict=True))}) for place in places)
    if isinstance(e, sp.Piecewise):
        return next(_value(u, point, sizes, at) for u, condition in e.args if _value(condition, point, sizes, at))
    if e is sp.true or e is sp.false:
        return bool(e)
    if not e.args:
        return mpmath.mpf(e.p) / e.q if e.is_Rational else mpmath.mpf(str(e.evalf(DIGITS)))
    args = [_value(u, point, sizes, at) for u in e.args]
    if isinstance(e, Delta):
        return mpmath.mpf(args[0] == args[1])
    if isinstance(e, Mask):
        return mpmath.mpf(args[0])
    if isinstance(e, sp.Add):
        return mpmath.fsum(args)
    if isinstance(e, sp.Mul):
        return mpmath.fprod(args)
    if isinstance(e, sp.Pow):
        return mpmath.power(*args)
    return {**FUNCTIONS, **COMPARISONS}[e.func](*args)


def places(free, sizes):
    """Every place that the free indices can take."""
    free = sorted(free, key=lambda w: (w.name, w.axis))
    return [dict(zip(free, at, strict=True)) for at in product(*(range(sizes[w.axis]) for w in free))]


def close(u, v):
    """Equal up to rounding in 30 digits."""
    return abs(u - v) <= CLOSE * (1 + abs(u) + abs(v))


def same_value(left, right, point, sizes):
    """Whether two expressions agree at every place of their free indices."""
    free = free_indices(sp.sympify(left)) | free_indices(sp.sympify(right))
    return all(close(value(left, point, sizes, at), value(right, point, sizes, at)) for at in places(free, sizes))


def sized(pair):
    """{"N": 3, "K": 2} from (3, 2)."""
    return dict(zip(("N", "K"), pair, strict=True))


# --- expressions ------------------------------------------------------------------------------------------------------


@st.composite
def component(draw, scope, using=()):
    """A component whose indices are in scope and that has one of `using` where it can, or a scalar where none fits."""
    able = [t for t in TENSORS if all(any(w.axis == axis for w in scope) for axis in t.axes)]
    able = [t for t in able if {w.axis for w in using} & set(t.axes)] or able
    if not able:
        return draw(st.sampled_from([beta, gain]))
    tensor = draw(st.sampled_from(able))
    where = [draw(st.sampled_from([w for w in scope if w.axis == axis])) for axis in tensor.axes]
    wanted = [(n, w) for n, axis in enumerate(tensor.axes) for w in using if w.axis == axis]
    if wanted:
        n, w = draw(st.sampled_from(wanted))
        where[n] = w
    return tensor[tuple(where)]


@st.composite
def bracket(draw, scope):
    """A delta or a mask of two indices over one axis, or of a component."""
    axes = {w.axis for w in scope}
    able = [axis for axis in sorted(axes) if sum(w.axis == axis for w in scope) > 1]
    if not able:
        u = draw(component(scope))
        return mask(u > 0) if u.free_symbols & set(scope) else sp.S.One
    axis = draw(st.sampled_from(able))
    here = [w for w in scope if w.axis == axis]
    s, t = draw(st.sampled_from([(s, t) for s in here for t in here if s != t]))
    return draw(st.sampled_from([Delta(s, t), mask(sp.Ne(s, t)), mask(sp.Eq(s, t)), mask(s < t), mask(sp.Not(sp.Eq(s, t)) & (s <= t))]))


SMOOTH = (
    sp.tanh,
    lambda u: sp.exp(sp.tanh(u)),
    lambda u: sp.log(1 + sp.exp(u)),
    lambda u: sp.log(sp.cosh(u)),
    lambda u: sp.sqrt(1 + u**2),
    lambda u: u**2,
    lambda u: u**3,
    lambda u: 1 / (2 + u**2),
)
KINKED = (
    sp.Abs,
    lambda u: sp.Max(0, u),
    lambda u: sp.Piecewise((u**2, u > 0), (0, True)),
    lambda u: sp.Min(u, 1),
)


@st.composite
def applied(draw, scope, depth, kinks):
    """A function of a smaller expression; a kink only where one component decides it."""
    if kinks and draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(KINKED))(draw(component(scope)))
    return draw(st.sampled_from(SMOOTH))(draw(expression(scope, depth - 1, kinks)))


@st.composite
def summed(draw, scope, depth, kinks):
    """A total over one or two indices, each used at least once; a letter that is free outside may be bound here."""
    bound = tuple(draw(st.lists(st.sampled_from([*ON_N, *ON_K]), min_size=1, max_size=2, unique=True)))
    inside = (*(w for w in scope if w not in bound), *bound)
    links = [draw(component(inside, bound)) for _ in bound]
    if draw(st.booleans()):
        links = [draw(st.sampled_from(SMOOTH))(draw(st.sampled_from([beta, 1])) * sp.Mul(*links))]
    return total(sp.Mul(*links) * draw(expression(inside, depth - 1, kinks)), *bound)


@st.composite
def expression(draw, scope=(), depth=3, kinks=True):
    """An index expression whose free indices are among `scope`."""
    if depth <= 0:
        return draw(component(scope, scope[-2:]))
    inner = expression(scope, depth - 1, kinks)
    kind = draw(st.sampled_from(["leaf", "sum", "sum", "sum", "sum", "product", "plus", "plus", "applied", "applied", "bracket", "scaled"]))
    if kind == "leaf":
        return draw(component(scope, scope[-1:]))
    if kind == "sum":
        return draw(summed(scope, depth, kinks))
    if kind == "product":
        return draw(inner) * draw(inner)
    if kind == "plus":
        return draw(inner) + draw(inner)
    if kind == "applied":
        return draw(applied(scope, depth, kinks))
    if kind == "bracket":
        return draw(bracket(scope)) * draw(inner)
    return draw(st.sampled_from([beta, gain, sp.Rational(-1, 2), sp.Integer(3), 1 / Size("N"), -beta])) * draw(inner)


closed = expression(())
opened = st.sampled_from([(), (i,), (i, j), (i, a)]).flatmap(expression)
points = st.integers(0, 10**6).map(Point)


def multiplies_out(*exprs):
    """Whether no sum stands to a power that the canonical form leaves alone."""
    return all(abs(e.exp) <= MULTIPLY_OUT for expr in exprs for e in expr.atoms(sp.Pow) if e.exp.is_Integer)


# --- the same thing, written otherwise --------------------------------------------------------------------------------


def disguised(expr, seed):
    """The same expression with other bound letters, sums split or nested, products multiplied out, sides swapped."""
    return _disguised(expr, random.Random(seed), 0)


def _disguised(e, draw, depth):
    if not e.args or isinstance(e, (Component, Delta, sp.core.relational.Relational)):
        return e
    if isinstance(e, Total):
        letters = [Index(f"{draw.choice('efghijklmnopq')}{depth}{n}", w.axis) for n, w in enumerate(e.bound)]
        body = _disguised(e.body.xreplace(dict(zip(e.bound, letters, strict=True))), draw, depth + 1)
        draw.shuffle(letters)
        if isinstance(body, sp.Add) and draw.random() < 0.5:
            return sp.Add(*(total(t, *letters) for t in body.args))
        outer = draw.randint(0, len(letters))
        return total(total(body, *letters[outer:]), *letters[:outer])
    args = [_disguised(u, draw, depth) for u in e.args]
    sums = [u for u in args if isinstance(u, sp.Add)]
    if isinstance(e, sp.Mul) and sums and draw.random() < 0.5:
        args.remove(sums[0])
        return sp.Add(*(sp.Mul(*args, t) for t in sums[0].args))
    return e.func(*args)


# --- derivatives by explicit entries ----------------------------------------------------------------------------------


def explicit_slope(explicit, v, at):
    """∂/∂v of an explicit formula at a place, symmetrised: dE = Σ G dW over dW of the declared symmetry."""
    if not isinstance(v, Component):
        return sp.diff(explicit, v)
    where = tuple(at[w] if isinstance(w, Index) else int(w) for w in v.where)
    entry = v.tensor[where]
    if entry == 0:
        return sp.S.Zero
    sign, symbol = entry.as_coeff_Mul()
    shared = {q for q in product(*(range(max(where) + 1) for _ in where)) if sorted(q) == sorted(where)}
    tied = {"symmetric", "antisymmetric"} & set(v.tensor.properties)
    return sign * sp.diff(explicit, symbol) / (len(shared) if tied else 1)


def derivative_agrees(expr, wrt, point, sizes, explicit_of):
    """Whether the index derivative equals SymPy's, entry by entry."""
    got = derivative(expr, *wrt)
    free = free_indices(expr).union(*(free_indices(v) for v in wrt))
    for at in places(free, sizes):
        explicit = explicit_of(expr, at, sizes)
        for v in wrt:
            explicit = explicit_slope(explicit, v, at)
        if not close(value(got, point, sizes, at), value(explicit, point, sizes)):
            return False
    return free_indices(got) <= free
