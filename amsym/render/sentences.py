"""Identities and matrices of a proof in words: ∂E/∂y[i] + tau*(f) = 0, M = I, M = 2 times the Hessian of P."""

from __future__ import annotations

import sympy as sp

from amsym.indexing import at, letters, relettered, said, second
from amsym.notation import Component, Tensor, total
from amsym.render.symbols import Slope
from amsym.render.words import added, product, words
from amsym.system import System

ENERGY = sp.Symbol("E", real=True)


def diagonal(system: System, m: sp.Expr) -> str:
    """diag(m) in words: I, 2 I, 0 where m is a number."""
    if m == 0:
        return "0"
    return product(m, "I") if m.is_number else f"diag({said(system, m)})"


def scaled(system: System, scale: sp.Expr, name: str) -> str:
    """A matrix by its name with a factor: P, tau P, 2 times the Hessian of P."""
    if scale == 1:
        return name
    scale = relettered(system, scale)
    if not name.startswith("the "):
        return product(scale, name, letters(system))
    return f"-1 times {name}" if scale == -1 else product(scale, name, letters(system), " times ")


def before(system: System, scale: sp.Expr, what: str, sign: str = "*") -> str:
    """The same in a sum: + what, - what, + 2*what."""
    return added(relettered(system, scale), what, letters(system), sign)


def slope_of(system: System, c: Component) -> str:
    """∂E/∂y[i]."""
    return f"∂E/∂{said(system, c)}"


def rate_of(system: System, c: Component) -> str:
    """dy[i]/dt."""
    return f"d{said(system, c)}/dt"


def multiple(system: System, c: Component, m: sp.Expr, *, flow: bool) -> str:
    """dy[i]/dt = 2 y[i], or ∂E/∂y[i] = 2 y[i]."""
    name = rate_of(system, c) if flow else slope_of(system, c)
    return f"{name} = {product(relettered(system, m), said(system, c), letters(system))}"


def factor_identity(system: System, c: Component, m: sp.Expr, metric: bool) -> str:
    """∂E/∂y + m f = 0, with f spelled out; or f + m ∂E/∂y = 0."""
    if m == 0:
        return f"{slope_of(system, c) if metric else 'f'} = 0"
    if metric:
        return f"{slope_of(system, c)} {before(system, m, f'({said(system, system.equations[c])})')} = 0"
    return f"f {before(system, m, slope_of(system, c))} = 0"


def hessian_identity(system: System, c: Component, scale: sp.Expr, name: str) -> str:
    """∂E/∂y + c Σ Λ f = 0."""
    return f"{slope_of(system, c)} {before(system, scale, 'Σ Λ f', ' ')} = 0 with Λ = {name}"


def matrix_identity(system: System, c: Component, P: Tensor, scale: sp.Expr, *, metric: bool, turned: bool = False) -> str:
    """∂E/∂y_i + c Σ_j P_ij f_j = 0, or f_i + c Σ_j P_ij ∂E/∂y_j = 0; with P_ji when turned."""
    here = at(system, c.tensor)
    also = c.tensor[second(system, c.tensor, here.where)]
    f = Tensor("f", c.tensor.axes)
    left, right = (Slope(ENERGY, here), f[also.where]) if metric else (f[here.where], Slope(ENERGY, also))
    weight = P[also.where + here.where] if turned else P[here.where + also.where]
    image = words(total(weight * right, *also.where))
    return f"{words(left)} {before(system, scale, image if scale in (1, -1) else f'({image})')} = 0"


__all__ = ["before", "diagonal", "factor_identity", "hessian_identity", "matrix_identity", "scaled", "slope_of"]
