"""What a derivation writes on the left: ẏ_i, ∂E/∂y_i, dE/dt, ℝ^N. Signs to be printed, never computed with."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.precedence import PRECEDENCE


class Sign(sp.Expr):
    """A real quantity that stands for itself."""

    is_commutative = True
    is_real = True

    def __new__(cls, *args: Any) -> Any:
        return sp.Expr.__new__(cls, *map(sp.sympify, args))


class Rate(Sign):
    """ẏ_i, the velocity of a component: a factor in sums.

    >>> from amsym.notation import index, state
    >>> Rate(state("y", "N")[index("i", "N")])
    ẏ[i]
    """

    def _sympystr(self, printer: Any) -> str:
        of = printer._print(self.args[0])
        name, bracket, rest = of.partition("[")
        return (f"{name}\u0307" if name != "y" else "ẏ") + bracket + rest


class TimeDerivative(Sign):
    """dE/dt as a fraction."""

    def _sympystr(self, printer: Any) -> str:
        return f"d{printer._print(self.args[0])}/dt"


class Slope(Sign):
    """∂E/∂y_i, and ∂²E/∂y_i∂y_j; its powers stand in brackets.

    >>> from amsym.notation import index, state
    >>> Slope(sp.Symbol("E"), state("y", "N")[index("i", "N")])
    ∂E/∂y[i]
    """

    precedence = PRECEDENCE["Mul"]

    @property
    def of(self) -> sp.Expr:
        """What is differentiated."""
        return self.args[0]  # type: ignore[return-value]

    @property
    def wrt(self) -> tuple[sp.Expr, ...]:
        """What by."""
        return self.args[1:]  # type: ignore[return-value]

    def _sympystr(self, printer: Any) -> str:
        power = "" if len(self.wrt) == 1 else "²"
        return f"∂{power}{printer._print(self.of)}/" + "".join(f"∂{printer._print(v)}" for v in self.wrt)


class Space(Sign):
    """Where a state or parameter lives: ℝ^(N×K), or {-1, 1}^N for one with listed values."""

    def __new__(cls, sizes: tuple[sp.Expr, ...] = (), values: tuple[int, ...] = ()) -> Any:
        return sp.Expr.__new__(cls, sp.Tuple(*sizes), sp.Tuple(*values))

    @property
    def sizes(self) -> tuple[sp.Expr, ...]:
        """The sizes of the axes."""
        return tuple(self.args[0])  # type: ignore[arg-type]

    @property
    def values(self) -> tuple[sp.Expr, ...]:
        """The allowed values, none for all reals."""
        return tuple(self.args[1])  # type: ignore[arg-type]

    def _sympystr(self, printer: Any) -> str:
        base = "{" + ", ".join(map(str, self.values)) + "}" if self.values else "ℝ"
        names = "×".join(map(str, self.sizes))
        return base if not names else f"{base}^{names}" if len(self.sizes) == 1 else f"{base}^({names})"
