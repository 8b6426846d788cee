"""∂/∂y_k of index expressions: Σ_i f(y_i) has the derivative f'(y_k), for every N.

One rule a kind of node. At a kink the derivative is the one from the dead side: max(0, x)' = [x > 0],
so 0 at x = 0; |x|' = sign(x), so 0 at x = 0. Both lie in Clarke's subdifferential, which is what the
chain rule along trajectories needs (see `amsym.prover.lemmas`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef, ArgumentIndexError

from amsym.errors import NotationError
from amsym.notation.axes import Index, free_indices
from amsym.notation.marks import Delta, Mask
from amsym.notation.sums import Total
from amsym.notation.tensors import Component, Entry, Tensor, block_orders


def derivative(expr: Any, *wrt: sp.Expr) -> Any:
    """The derivative of an index expression by components (or scalars), one after the other.

    Indices mean what they say: ∂f_i/∂y_i with the same i is the diagonal; take a new index for the matrix.
    By a symmetric parameter it is the symmetrised gradient G with dE = Σ G_ij dW_ij for symmetric dW.

    >>> from amsym.notation.axes import indices
    >>> from amsym.notation.declare import parameter, state
    >>> from amsym.notation.sums import total
    >>> i, j, k = indices("i j k", "N")
    >>> y, W = state("y", "N"), parameter("W", "N N", symmetric=True)
    >>> derivative(total(W[i, j]*y[i]*y[j], i, j)/2, y[k])
    Σ_i W[i, k]*y[i]

    Raises NotationError for what cannot be differentiated by: an index, a size, a whole state.
    """
    expr = sp.sympify(expr)
    for v in wrt:
        _check_wrt(v)
        expr = _merged(_d(expr, v))
    return expr


def derivative_for_sympy(expr: sp.Expr, wrt: sp.Expr) -> sp.Expr:
    """What `sp.diff` meets inside amsym's nodes: the same rules, so it is right or raises."""
    _check_wrt(wrt)
    return _d(expr, wrt)


def depends_on(expr: sp.Basic, tensor_or_symbol: sp.Basic) -> bool:
    """Whether the expression holds the tensor, its abstract functions, or the scalar symbol."""
    return tensor_or_symbol in _sources(expr)


def has_state(expr: sp.Basic) -> bool:
    """Whether the expression holds a state, whichever it is."""
    return any(t.kind == "state" for t in expr.atoms(Tensor))


@lru_cache(maxsize=200_000)
def _sources(expr: sp.Basic) -> frozenset[sp.Basic]:
    if isinstance(expr, Tensor):
        return frozenset((expr,)) | (_sources(expr.of) if expr.of is not None else frozenset())
    if isinstance(expr, Entry):
        return frozenset((expr,)) | _sources(expr.tensor)
    if not expr.args:
        return frozenset((expr,)) if isinstance(expr, sp.Symbol) else frozenset()
    return frozenset().union(*(_sources(a) for a in expr.args))


def _check_wrt(v: Any) -> None:
    if isinstance(v, Entry):
        raise NotationError(
            f"derivative by the explicit entry {v}: differentiate the explicit formula that components() gives, or use an index"
        )
    if isinstance(v, Component) or (isinstance(v, sp.Symbol) and not isinstance(v, Index) and not v.is_integer):
        return
    remedy = f"write {v.name}[i] with a free index" if isinstance(v, Tensor) else "take a component such as y[i] or a real scalar"
    raise NotationError(f"cannot differentiate by {v}: {remedy}")


@lru_cache(maxsize=50_000)
def _d(expr: sp.Expr, v: sp.Expr) -> sp.Expr:
    source = v.tensor if isinstance(v, Component) else v
    if not depends_on(expr, source):
        return sp.S.Zero
    for kind, rule in _RULES:
        if isinstance(expr, kind):
            return rule(expr, v)
    return _d_opaque(expr, v)


def _d_component(expr: Component | Entry, v: sp.Expr) -> sp.Expr:
    tensor = expr.tensor
    if not isinstance(v, Component):
        return sp.S.Zero
    if tensor.of is not None and v.tensor == tensor.of:
        return gradient_tensor(tensor)[expr.where + v.where]
    if tensor != v.tensor:
        return sp.S.Zero
    if {"symmetric", "antisymmetric"} & set(tensor.properties):
        orders = block_orders(tensor)
        return sp.Add(*(s * _deltas(expr.where, tuple(v.where[p] for p in order)) for order, s in orders)) / len(orders)
    return _deltas(expr.where, v.where)


def _d_scalar(expr: sp.Symbol, v: sp.Expr) -> sp.Expr:
    return sp.S.One if expr == v else sp.S.Zero


def _deltas(left: tuple[Index, ...], right: tuple[Index, ...]) -> sp.Expr:
    return sp.Mul(*(Delta(a, b) for a, b in zip(left, right, strict=True)))


def gradient_tensor(tensor: Tensor) -> Tensor:
    """The gradient of an abstract Lagrangian or of its derivatives: L, g, Λ, Λ' ..., each symmetric in its places."""
    assert tensor.of is not None
    order = tensor.order + 1
    base = tensor.name if tensor.order == 0 else tensor.name.split("_", 1)[1]
    name = {1: "g", 2: "Λ"}.get(order, "Λ" + "p" * (order - 2)) + "_" + base
    known: tuple[str, ...] = () if order < 2 else ("symmetric",)
    convex = "psd" in tensor.properties
    known = ("psd", "symmetric") if convex and order == 2 else (("psd",) if convex and order < 2 else known)
    return Tensor(name, tensor.axes + tensor.of.axes, "activation", known, (), tensor.of, order)


def potential_tensor(tensor: Tensor) -> Tensor:
    """The abstract Lagrangian L that g, Λ, ... derive from."""
    name = tensor.name if tensor.order == 0 else tensor.name.split("_", 1)[1]
    convex = ("psd",) if "psd" in tensor.properties else ()
    return Tensor(name, (), "activation", convex, (), tensor.of, 0)


def _d_total(expr: Total, v: sp.Expr) -> sp.Expr:
    safe = expr.clear_of(free_indices(v))
    return Total(_d(safe.body, v), *safe.bound)


def _d_add(expr: sp.Add, v: sp.Expr) -> sp.Expr:
    return sp.Add(*(_d(a, v) for a in expr.args))


def _d_mul(expr: sp.Mul, v: sp.Expr) -> sp.Expr:
    parts = []
    for n, factor in enumerate(expr.args):
        slope = _d(factor, v)
        if slope != 0:
            parts.append(sp.Mul(*expr.args[:n], *expr.args[n + 1 :], slope))
    return sp.Add(*parts)


def _d_pow(expr: sp.Pow, v: sp.Expr) -> sp.Expr:
    base, exponent = expr.args
    inner, outer = _d(base, v), _d(exponent, v)
    result: sp.Expr = exponent * base ** (exponent - 1) * inner
    return result if outer == 0 else result + expr * sp.log(base) * outer


def _d_constant(expr: sp.Expr, v: sp.Expr) -> sp.Expr:
    return sp.S.Zero


def _d_abs(expr: sp.Abs, v: sp.Expr) -> sp.Expr:
    return sp.sign(expr.args[0]) * _d(expr.args[0], v)


def _d_max(expr: sp.Max, v: sp.Expr) -> sp.Expr:
    """max(a, b)' = b' + [a - b > 0] (a' - b'), with b the part that does not move."""
    args = sorted(expr.args, key=lambda a: (_d(a, v) == 0, sp.default_sort_key(a)))
    a, b = args[0], expr.func(*args[1:])
    return _d(b, v) + Mask(a - b > 0) * (_d(a, v) - _d(b, v))


def _d_min(expr: sp.Min, v: sp.Expr) -> sp.Expr:
    return -_d(sp.Max(*(-a for a in expr.args)), v)


def _d_undefined(expr: AppliedUndef, v: sp.Expr) -> sp.Expr:
    """An unnamed activation g(y_i) has the derivative g'(y_i)."""
    if len(expr.args) != 1:
        raise NotationError(f"cannot differentiate {expr}: an unspecified function takes one argument, such as g(y[i])")
    prime = sp.Function(expr.func.__name__ + "'", real=True)
    return prime(expr.args[0]) * _d(expr.args[0], v)


def _d_function(expr: sp.Function, v: sp.Expr) -> sp.Expr:
    parts = []
    for n, arg in enumerate(expr.args, start=1):
        inner = _d(arg, v)
        if inner != 0:
            parts.append(_slope(expr, n) * inner)
    return sp.Add(*parts)


def _slope(expr: sp.Function, n: int) -> sp.Expr:
    if expr.func in _SLOPES:
        return _SLOPES[expr.func](expr.args[0])
    try:
        slope = expr.fdiff(n)
    except ArgumentIndexError:
        slope = None
    if slope is None or slope.has(sp.Derivative, sp.Subs):
        raise NotationError(f"cannot differentiate {expr.func.__name__}() in argument {n}: SymPy knows no derivative of it")
    return slope


def _d_opaque(expr: sp.Expr, v: sp.Expr) -> sp.Expr:
    """Anything else, a Piecewise say: the chain rule over the components and sums that it holds."""
    leaves = sorted(_leaves(expr), key=sp.default_sort_key)
    dummies = {leaf: sp.Dummy(real=True) for leaf in leaves}
    plain = expr.xreplace(dummies)
    back = {d: leaf for leaf, d in dummies.items()}
    slopes = ((_known_slope(plain, d, expr), _d(leaf, v)) for leaf, d in dummies.items())
    return sp.Add(*(slope.xreplace(back) * inner for slope, inner in slopes if inner != 0))


def _known_slope(plain: sp.Expr, d: sp.Dummy, expr: sp.Expr) -> sp.Expr:
    if isinstance(plain, sp.Piecewise):
        return sp.Piecewise(*((_d(value, d), condition) for value, condition in plain.args))
    slope = sp.diff(plain, d)
    if slope.has(sp.Derivative, sp.Subs, sp.DiracDelta):
        raise NotationError(f"cannot differentiate {expr}: its derivative is no function; give it as Max, Abs or Piecewise without jumps")
    return slope


def _leaves(expr: sp.Basic) -> set[sp.Expr]:
    if isinstance(expr, (Component, Total)) or (isinstance(expr, sp.Symbol) and not isinstance(expr, Index)):
        return {expr}
    return set().union(*(_leaves(a) for a in expr.args))


_RULES: tuple[tuple[Any, Callable[..., sp.Expr]], ...] = (
    ((Component, Entry), _d_component),
    (sp.Symbol, _d_scalar),
    (Total, _d_total),
    (sp.Add, _d_add),
    (sp.Mul, _d_mul),
    (sp.Pow, _d_pow),
    ((Mask, Delta, sp.sign, sp.Heaviside, sp.floor, sp.ceiling), _d_constant),
    (sp.Abs, _d_abs),
    (sp.Max, _d_max),
    (sp.Min, _d_min),
    (AppliedUndef, _d_undefined),
    (sp.Piecewise, _d_opaque),
    (sp.Function, _d_function),
)

# SymPy's own forms of these would be sinh/cosh towers.
_SLOPES: dict[Any, Callable[[sp.Expr], sp.Expr]] = {
    sp.tanh: lambda u: 1 - sp.tanh(u) ** 2,
}


def _merged(expr: sp.Expr) -> sp.Expr:
    """Make sums that differ in the names of their bound indices one, so that Σ_i x_i + Σ_j x_j is 2 Σ_i x_i."""
    from amsym.notation.tidy import merged

    return merged(expr)
