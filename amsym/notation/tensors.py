"""A tensor y over axes is named once and used by component: y[i], W[i, j].

States, parameters, activations and abstract Lagrangians are all tensors; they differ in `kind`.
A declared symmetry is applied at once: with W symmetric, W[j, i] is W[i, j].
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from operator import add, mul, sub, truediv
from typing import Any, SupportsIndex

import sympy as sp
from sympy.combinatorics import Permutation

from amsym.errors import NotationError
from amsym.notation.axes import Index, axis_names

PROPERTIES = ("antisymmetric", "integer", "nonnegative", "orthogonal", "positive", "psd", "symmetric")
_IMPLIED = {"psd": "symmetric", "positive": "nonnegative"}
_SQUARE = ("symmetric", "antisymmetric", "psd", "orthogonal")


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": add,
    "subtract": sub,
    "multiply": mul,
    "divide": truediv,
    "true_divide": truediv,
    "power": pow,
}


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **_: Any) -> Any:
    """NumPy numbers take part in arithmetic; NumPy's functions and arrays do not know formulas, so say what does."""
    numbers = [x if isinstance(x, sp.Basic) else x.item() for x in inputs if isinstance(x, sp.Basic) or getattr(x, "ndim", 1) == 0]
    if ufunc.__name__ in _ARITHMETIC and len(numbers) == len(inputs) == 2:
        return _ARITHMETIC[ufunc.__name__](*(sp.sympify(x) for x in numbers))
    name = {"maximum": "Max", "minimum": "Min", "absolute": "Abs", "arctan": "atan"}.get(ufunc.__name__, ufunc.__name__)
    remedy = f"write sp.{name}(...) from SymPy" if hasattr(sp, name) else "declare arrays as parameters and sum with am.total"
    raise NotationError(f"numpy.{ufunc.__name__} was applied to the formula {self}; {remedy}")


class Tensor(sp.Atom):
    """A named array over axes; index it to get a component.

    `values`: the values that a discrete state may take, such as (-1, 1); empty for a real one.
    `of`: for the abstract Lagrangian of a state, its gradient and so on, the state's tensor.
    """

    __slots__ = ("axes", "kind", "name", "of", "order", "properties", "values")
    name: str
    axes: tuple[str, ...]
    kind: str
    properties: tuple[str, ...]
    values: tuple[int, ...]
    of: Tensor | None
    order: int

    def __new__(
        cls,
        name: str,
        axes: str | tuple[str, ...] = (),
        kind: str = "parameter",
        properties: tuple[str, ...] = (),
        values: tuple[int, ...] = (),
        of: Tensor | None = None,
        order: int = 0,
    ) -> Tensor:
        obj = sp.Basic.__new__(cls)
        obj.name, obj.axes, obj.kind = name, axis_names(axes), kind
        obj.properties, obj.values, obj.of, obj.order = tuple(sorted(properties)), tuple(values), of, order
        return obj

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.name, self.axes, self.kind, self.properties, self.values, self.of, self.order)

    def _hashable_content(self) -> tuple[Any, ...]:
        values = tuple(str(v) for v in self.values)
        of = self.of._hashable_content() if self.of is not None else ()
        return (self.name, self.axes, self.kind, self.properties, values, of, self.order)

    def __getitem__(self, item: Any) -> Any:
        return component(self, item if isinstance(item, tuple) else (item,))

    def has_property(self, name: str) -> bool:
        """Whether the property was declared or follows from one that was."""
        return name in self.properties

    def with_properties(self, *names: str) -> Tensor:
        """The same tensor with further properties declared."""
        known = {*self.properties, *names}
        properties = checked_properties(self.name, self.axes, known) if self.kind == "parameter" else tuple(sorted(known))
        return Tensor(self.name, self.axes, self.kind, properties, self.values, self.of, self.order)

    @property
    def description(self) -> str:
        """The tensor in words, for messages: state 'y' over axes 'N'."""
        over = f" over axes '{' '.join(self.axes)}'" if self.axes else ""
        return f"{self.kind} '{self.name}'{over}"

    def _sympystr(self, printer: Any) -> str:
        return self.name

    def _latex(self, printer: Any) -> str:
        return str(printer._print(sp.Symbol(self.name)))

    def _refuse(self, *_: Any) -> Any:
        example = ", ".join("ijklmnpq"[: len(self.axes)])
        raise NotationError(f"{self.description} needs its indices in a formula: write {self.name}[{example}]")

    # Without these, Python would iterate over y[0], y[1], ... for ever.
    __iter__ = None
    _iterable = False
    _diff_wrt = False
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = _refuse
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __abs__ = __matmul__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = as_coefficient = _refuse


class Component(sp.Expr):
    """The component y[i]: an atom of index expressions."""

    __array_ufunc__ = array_ufunc
    _diff_wrt = True
    is_symbol = True
    is_real = True
    is_commutative = True

    def __new__(cls, tensor: Tensor, *where: sp.Expr) -> Component:
        if not isinstance(tensor, Tensor):
            raise NotationError(f"a component is one of a tensor made by state() or parameter(), got {tensor} in place of the tensor")
        return component(tensor, where) if tensor.axes else sp.Expr.__new__(cls, tensor)

    @property
    def tensor(self) -> Tensor:
        """The tensor that this is a component of."""
        return self.args[0]  # type: ignore[return-value]

    @property
    def where(self) -> tuple[Index, ...]:
        """The indices, in the order of the tensor's axes."""
        return self.args[1:]  # type: ignore[return-value]

    @property
    def name(self) -> str:
        """The component in words: y[i]."""
        return str(self)

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return {self.args[0], *self.args[1:]}

    def sort_key(self, order: Any = None) -> Any:
        """Parameters before states, both after scalars and before functions: beta*W[i, j]*y[i]*tanh(y[j])."""
        place = (str(self.tensor.kind != "parameter"), str(self))
        return (2, 1, "Component"), (len(place), place), sp.S.One.sort_key(), sp.S.One

    def _eval_is_positive(self) -> bool | None:
        return True if self.tensor.has_property("positive") else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.tensor.has_property("nonnegative") else None

    def _eval_is_integer(self) -> bool | None:
        return True if self.tensor.has_property("integer") else None

    def _eval_derivative(self, wrt: sp.Expr) -> sp.Expr:
        from amsym.notation.calculus import derivative_for_sympy

        return derivative_for_sympy(self, wrt)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.tensor.name}[{', '.join(printer._print(i) for i in self.where)}]" if self.where else self.tensor.name

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        from amsym.notation.printing import latex_component

        return latex_component(self, printer, exp)

    def _mathml_presentation(self, printer: Any) -> Any:
        from amsym.notation.printing import mathml_component

        return mathml_component(self, printer)

    def _pretty(self, printer: Any) -> Any:
        return printer._print(sp.Symbol(str(self)))


class Entry(sp.Symbol):
    """One explicit number of a tensor, W_0_1: what `components` writes and `W[0, 1]` gives."""

    __slots__ = ("position", "tensor")
    tensor: Tensor
    position: tuple[int, ...]

    def __new__(cls, tensor: Tensor, position: tuple[int, ...]) -> Entry:
        known = {name: True for name in ("positive", "nonnegative", "integer") if name in tensor.properties}
        name = "_".join((tensor.name, *map(str, position)))
        obj = sp.Symbol.__xnew__(cls, name, real=True, **known)
        obj.tensor, obj.position = tensor, position
        return obj

    def __getnewargs_ex__(self) -> tuple[Any, ...]:
        return (self.tensor, self.position), {}

    @property
    def where(self) -> tuple[sp.Integer, ...]:
        """The position as a component has it."""
        return tuple(map(sp.Integer, self.position))

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, *self.tensor._hashable_content(), self.position)


def component(tensor: Tensor, where: tuple[Any, ...]) -> sp.Expr:
    """Check the indices against the axes, apply the declared symmetry, and make the component."""
    where = tuple(sp.Integer(w) if isinstance(w, SupportsIndex) else w for w in where)
    _check_where(tensor, where)
    sign: int = 1
    if {"symmetric", "antisymmetric"} & set(tensor.properties) and len(where) > 1:
        where, parity = _sorted_blocks(tensor, where)
        if tensor.has_property("antisymmetric"):
            if len(set(where)) < len(where):
                return sp.S.Zero
            sign = parity
    if where and all(w.is_Integer for w in where):
        return sign * Entry(tensor, tuple(int(w) for w in where))
    return sign * sp.Expr.__new__(Component, tensor, *where)


def blocks(tensor: Tensor) -> tuple[tuple[int, ...], ...]:
    """The groups of positions that a declared symmetry exchanges: single axes, or the axes of a state each."""
    width = len(tensor.of.axes) if tensor.of is not None else 1
    return tuple(tuple(range(k, k + width)) for k in range(0, len(tensor.axes), width))


def block_orders(tensor: Tensor) -> list[tuple[tuple[int, ...], int]]:
    """Every order of the positions that the symmetry allows, each with its sign."""
    groups = blocks(tensor)
    orders = []
    for order in permutations(range(len(groups))):
        sign = Permutation(list(order)).signature() if tensor.has_property("antisymmetric") else 1
        orders.append((tuple(p for g in order for p in groups[g]), int(sign)))
    return orders


def _sorted_blocks(tensor: Tensor, where: tuple[Any, ...]) -> tuple[tuple[Any, ...], int]:
    groups = blocks(tensor)
    order = sorted(range(len(groups)), key=lambda g: [_index_key(where[p]) for p in groups[g]])
    sign = Permutation(order).signature()
    return tuple(where[p] for g in order for p in groups[g]), int(sign)


def _index_key(w: sp.Expr) -> tuple[Any, ...]:
    return (0, int(w), "") if w.is_Integer else (1, 0, str(w))


def _check_where(tensor: Tensor, where: tuple[Any, ...]) -> None:
    if len(where) != len(tensor.axes):
        raise NotationError(f"{tensor.description} takes {len(tensor.axes)} indices, got {len(where)}: {_show(tensor, where)}")
    for w, axis in zip(where, tensor.axes, strict=True):
        if isinstance(w, Index):
            if w.axis != axis:
                raise NotationError(
                    f"{_show(tensor, where)}: index '{w}' runs over axis '{w.axis}', but this place of {tensor.description} "
                    f"is axis '{axis}'; use an index over '{axis}': index('{w}', '{axis}')"
                )
        elif not (isinstance(w, sp.Integer) and w.is_nonnegative):
            raise NotationError(f"{_show(tensor, where)}: expected an index over axis '{axis}' or a number 0, 1, 2 ..., got {w!r}")


def _show(tensor: Tensor, where: tuple[Any, ...]) -> str:
    return f"{tensor.name}[{', '.join(map(str, where))}]"


def checked_properties(name: str, axes: tuple[str, ...], declared: set[str]) -> tuple[str, ...]:
    """The declared properties in order; raises NotationError for one that is unknown or does not fit the axes."""
    unknown = declared - set(PROPERTIES)
    if unknown:
        raise NotationError(f"parameter '{name}': unknown property {sorted(unknown)[0]!r}; known are {', '.join(PROPERTIES)}")
    for prop in sorted(declared & set(_SQUARE)):
        if len(axes) < 2 or len(set(axes)) != 1:
            raise NotationError(f"parameter '{name}' is declared {prop}, which needs equal axes such as 'N N', got '{' '.join(axes)}'")
    if {"symmetric", "antisymmetric"} <= declared or {"psd", "antisymmetric"} <= declared:
        raise NotationError(f"parameter '{name}' is declared both symmetric and antisymmetric: only zero is; declare one")
    return tuple(sorted(declared | {_IMPLIED[p] for p in declared if p in _IMPLIED}))
