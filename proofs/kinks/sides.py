"""f along a line on both sides of a kink: f(s₀ ± rᵇ) = Σ c_n^± r^n for small r > 0, every branch settled exactly.

If f is m times continuously differentiable, the Taylor coefficients up to r^{bm} agree: none where b does not divide n, and
c_{bm}^- = (-1)^m c_{bm}^+. The first that does not, by balls that do not meet, shows which derivative jumps or grows without
bound. Roots of what vanishes like r^k need b > 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

from amsym.notation import Mask
from amsym.prover.pieces import Unsettled, truth
from numeric.rigorous import Undetermined
from proofs.one_variable.segments import Enclosing
from proofs.zeros.points import is_zero_number

# The highest derivative that is compared, that of the order of vanishing of a branch, and of roots.
ORDERS, VANISHING, ROOTS = 12, 12, 4


class Undefined(Exception):
    """The formula has no value on one side."""


class _Root(Exception):
    """r must stand for a higher root of the distance."""


@dataclass(frozen=True)
class Jump:
    """The first derivative along the line that differs: its order, and the two one-sided values as balls (None: it grows without bound)."""

    order: int
    left: arb | None
    right: arb | None
    where: str = "on the left"

    def words(self) -> str:
        """The jump in words."""
        if self.left is None or self.right is None:
            return f"derivative {self.order} grows without bound"
        values = f"{self.left.str(8, radius=False)} {self.where}, {self.right.str(8, radius=False)} on the right"
        return f"{'value' if self.order == 0 else f'derivative {self.order}'}: {values}"

    def gap(self) -> str:
        """The size of the jump as text."""
        return "unbounded" if self.left is None or self.right is None else str((self.right - self.left).str(15))


def first_jump(f: sp.Expr, s: sp.Symbol) -> Jump | None:
    """The first jump of f or a derivative at s = 0; None where none is certain up to the highest order.

    >>> s = sp.Symbol("s", real=True)
    >>> first_jump(s**2 + sp.Max(0, s)**3, s).order, first_jump(sp.Abs(s)**2, s) is None, first_jump(sp.sqrt(sp.Abs(s)), s).order
    (3, True, 1)

    Raises Undefined or Unsettled where a side cannot be had.
    """
    for b in range(1, ROOTS + 1):
        try:
            right, left = _side(f, s, 1, b), _side(f, s, -1, b)
        except _Root:
            continue
        return _apart(f, s, right) or _compared(right, left, b)
    raise Unsettled(f)


def _apart(f: sp.Expr, s: sp.Symbol, right: sp.Expr) -> Jump | None:
    """A value at the point itself that is not the limit: max(0, s)' + max(0, -s)' at 0."""
    here, beside = _at_zero(_Branches(1)(f.xreplace({s: sp.S.Zero}))), _at_zero(right)
    return None if (here - beside).contains(0) else Jump(0, here, beside, "at the point")


_R = sp.Symbol("r", nonnegative=True)


def _compared(right: sp.Expr, left: sp.Expr, b: int) -> Jump | None:
    for n in range(ORDERS * b + 1):
        c, d = _at_zero(right), _at_zero(left)
        m = n // b
        if n % b:
            if not c.contains(0) or not d.contains(0):
                return Jump(m + 1, None, None)
        else:
            scale = arb(int(sp.factorial(m))) / arb(int(sp.factorial(n)))
            c, d = c * scale, d * scale * (-1) ** m
            if not (c - d).contains(0):
                return Jump(m, d, c)
        right, left = sp.diff(right, _R), sp.diff(left, _R)
    return None


def _at_zero(e: sp.Expr) -> arb:
    value = Enclosing(_R, arb(0), 256)(e)
    if not value.is_finite():
        raise Unsettled(e)
    return value


def _side(f: sp.Expr, s: sp.Symbol, side: int, b: int) -> sp.Expr:
    moved = f.xreplace({s: side * _R**b})
    if moved.has(sp.I):
        # SymPy has written the root of a negative number as an imaginary one.
        raise Undefined(f)
    try:
        return _Branches(b)(moved)
    except (Undetermined, ZeroDivisionError) as error:
        raise Unsettled(f) from error


class _Branches:
    """Settles every branch of a function of r for small r > 0."""

    def __init__(self, b: int) -> None:
        self.b = b

    def __call__(self, e: sp.Basic) -> Any:
        if not e.args:
            return e
        if isinstance(e, Mask):
            return sp.Integer(self.holds(e.condition))
        if isinstance(e, sp.Piecewise):
            return self._case(e)
        args = [self(a) for a in e.args]
        for kind, rule in _RULES:
            if isinstance(e, kind):
                return rule(self, e, args)
        return e.func(*args)

    def _case(self, e: sp.Piecewise) -> Any:
        for value, condition in e.args:
            if self.holds(condition):
                return self(value)
        raise Undefined(e)

    def holds(self, condition: Any) -> bool:
        """Whether a condition holds for all small r > 0."""
        return truth(condition, lambda u: sign_near(self(u)))

    def extreme(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        sense, best = (1 if isinstance(e, sp.Max) else -1), args[0]
        for a in args[1:]:
            best = a if sense * sign_near(a - best) > 0 else best
        return best

    def modulus(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        return sign_near(args[0]) * args[0]

    def sign(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        return sp.Integer(sign_near(args[0]))

    def step(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        side = sign_near(args[0])
        return args[1] if side == 0 else sp.Integer(side > 0)

    def whole(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        at = args[0].subs(_R, 0)
        if not at.is_Rational:
            raise Unsettled(e)
        down = sp.floor(at) if at != sp.floor(at) or sign_near(args[0] - at) >= 0 else at - 1
        up = sp.ceiling(at) if at != sp.ceiling(at) or sign_near(args[0] - at) <= 0 else at + 1
        return down if isinstance(e, sp.floor) else up

    def log(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        if sign_near(args[0]) <= 0 or _sign_at_zero(args[0]) == 0:
            raise Undefined(e)
        return sp.log(args[0])

    def power(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        base, p = args
        if not p.is_Rational or (p.is_Integer and p >= 0) or _sign_at_zero(base) > 0 or (p.is_Integer and _sign_at_zero(base) != 0):
            return base**p
        if p < 0 or sign_near(base) < 0:
            raise Undefined(e)
        if base == 0:
            return sp.S.Zero
        if not base.is_polynomial(_R):
            raise Unsettled(e)
        k = min(m[0] for m in sp.Poly(base, _R).monoms())
        if not (k * p).is_Integer:
            raise _Root
        return _R ** (k * p) * sp.expand(base / _R**k) ** p

    def unknown(self, e: Any, args: list[sp.Expr]) -> sp.Expr:
        raise Unsettled(e)


_RULES: tuple[tuple[Any, Any], ...] = (
    ((sp.Max, sp.Min), _Branches.extreme),
    (sp.Abs, _Branches.modulus),
    (sp.sign, _Branches.sign),
    (sp.Heaviside, _Branches.step),
    ((sp.floor, sp.ceiling), _Branches.whole),
    ((sp.frac, sp.Mod), _Branches.unknown),
    (sp.log, _Branches.log),
    (sp.exp, lambda self, e, args: sp.exp(args[0])),
    (sp.Pow, _Branches.power),
)


def sign_near(u: sp.Expr) -> int:
    """The sign of a smooth u for all small r > 0, by its first derivative that is not zero; 0 where u vanishes throughout."""
    u = sp.sympify(u)
    for _ in range(VANISHING):
        if u == 0 or not u.has(_R):
            return _sign_at_zero(u)
        sign = _sign_at_zero(u)
        if sign:
            return sign
        u = sp.diff(u, _R)
    raise Unsettled(u)


def _sign_at_zero(u: sp.Expr) -> int:
    u = sp.sympify(u)
    value = Enclosing(_R, arb(0), 256)(u)
    if value > 0 or value < 0:
        return 1 if value > 0 else -1
    if (value.is_exact() and value == 0) or is_zero_number(u.subs(_R, 0)):
        return 0
    raise Unsettled(u)


__all__ = ["Jump", "Undefined", "Unsettled", "first_jump", "sign_near"]
