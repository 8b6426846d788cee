"""An axis is a name, "N"; an index i runs over it, i = 0 .. N-1; its size N is a positive integer.

Sizes stay symbols for ever: nothing here, or anywhere in the symbolic floor, knows a number for N.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sympy as sp

from amsym.errors import NotationError

# Letters for bound indices when a name is needed that the user did not give.
_LETTERS = ("i", "j", "k", "l", "m", "n", "p", "q", "r", "s", "u", "v", "w")


class Size(sp.Symbol):
    """The size of an axis, a positive integer: the N of (1/N) Σ_i x_i."""

    __slots__ = ()

    def __new__(cls, name: str) -> Size:
        return sp.Symbol.__xnew__(cls, name, integer=True, positive=True)

    def __getnewargs_ex__(self) -> tuple[Any, ...]:
        return (self.name,), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, "size")


class Index(sp.Symbol):
    """An index over a named axis; two indices are equal when name and axis are."""

    __slots__ = ("axis",)
    axis: str

    def __new__(cls, name: str, axis: str) -> Index:
        obj = sp.Symbol.__xnew__(cls, name, integer=True, nonnegative=True)
        obj.axis = axis
        return obj

    def __getnewargs_ex__(self) -> tuple[Any, ...]:
        return (self.name, self.axis), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.axis)

    @property
    def size(self) -> Size:
        """The size of the axis that the index runs over."""
        return Size(self.axis)


def axis_names(axes: str | tuple[str, ...]) -> tuple[str, ...]:
    """Split "N K" into ("N", "K"), refusing what cannot be a name."""
    if not isinstance(axes, (str, tuple, list)):
        raise NotationError(f"axes are named in a text such as 'N' or 'N K', got {axes!r}")
    names = tuple(axes.split()) if isinstance(axes, str) else tuple(axes)
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            raise NotationError(f"an axis is a name such as 'N', got {name!r}; write several axes with spaces: 'N K'")
    return names


def indices(names: str, axis: str) -> tuple[Index, ...]:
    """Indices over one axis, always a tuple.

    >>> indices("i j", "N")
    (i, j)
    """
    (axis,) = _single(axis)
    if not isinstance(names, str):
        raise NotationError(f"indices are named in a text such as 'i j', got {names!r}")
    found = tuple(names.replace(",", " ").split())
    for name in found:
        if not name.isidentifier():
            raise NotationError(f"an index is a name such as 'i', got {name!r}")
    if not found:
        raise NotationError("indices() needs at least one name, got none; write indices('i j', 'N')")
    return tuple(Index(name, axis) for name in found)


def index(name: str, axis: str) -> Index:
    """One index over one axis.

    >>> index("i", "N").size
    N
    """
    found = indices(name, axis)
    if len(found) != 1:
        raise NotationError(f"index() makes one index, got the names {name!r}; indices({name!r}, {axis!r}) makes several")
    return found[0]


def size(axis: str) -> Size:
    """The size of an axis as a symbol, for means and loads.

    >>> 1 / size("N")
    1/N
    """
    (axis,) = _single(axis)
    return Size(axis)


def _single(axis: str) -> tuple[str]:
    names = axis_names(axis)
    if len(names) != 1:
        raise NotationError(f"expected one axis such as 'N', got {axis!r}")
    return (names[0],)


@lru_cache(maxsize=200_000)
def free_indices(expr: sp.Basic) -> frozenset[Index]:
    """The indices that no sum inside the expression binds."""
    if isinstance(expr, Index):
        return frozenset((expr,))
    bound = frozenset(getattr(expr, "bound", ()))
    return frozenset().union(*(free_indices(a) for a in expr.args)) - bound


@lru_cache(maxsize=50_000)
def all_indices(expr: sp.Basic) -> frozenset[Index]:
    """Every index in the expression, free or bound."""
    if isinstance(expr, Index):
        return frozenset((expr,))
    return frozenset().union(*(all_indices(a) for a in expr.args))


def fresh_index(axis: str, avoid: frozenset[Index] | set[Index], like: str | None = None) -> Index:
    """An index over the axis whose name none of `avoid` has."""
    taken = {i.name for i in avoid}
    letters = (*((like,) if like else ()), *_LETTERS)
    for name in letters:
        if name not in taken:
            return Index(name, axis)
    number = 1
    while f"i{number}" in taken:
        number += 1
    return Index(f"i{number}", axis)


def fresh_indices(axes: Iterable[str], avoid: Iterable[Index] = ()) -> tuple[Index, ...]:
    """An index for each axis, all different in name and from `avoid`.

    >>> fresh_indices(("N", "N"), avoid=indices("i", "N"))
    (j, k)
    """
    found: list[Index] = []
    taken = set(avoid)
    for axis in axes:
        found.append(fresh_index(axis, taken | set(found)))
    return tuple(found)


def rename(expr: sp.Basic, names: dict[Index, Index]) -> Any:
    """Replace free indices by others; sums keep clear of capture by themselves."""
    changed = frozenset((old, new) for old, new in names.items() if old != new)
    return _renamed(expr, changed) if changed else expr


# A normal form renames the same factors again and again; SymPy's Max asks for signs each time that it is made.
@lru_cache(maxsize=50_000)
def _renamed(expr: sp.Basic, names: frozenset[tuple[Index, Index]]) -> Any:
    return expr.xreplace(dict(names))
