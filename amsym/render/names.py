"""tau_v is τ with the subscript v: how the names that users write are read.

The head and the subscripts of a name are translated letter by letter; indices follow the name's own subscripts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sympy.printing.conventions import split_super_sub
from sympy.printing.pretty.pretty_symbology import greek_unicode

from amsym.notation import Component, Index, Tensor

# The derivatives of an abstract Lagrangian: g = ∇L, Λ = ∇∇L, then Λ', Λ'', ...
_PRIMED = "Λp"


class Name(NamedTuple):
    """A name in its parts: head, superscripts, subscripts, indices."""

    head: str
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()

    @property
    def under(self) -> tuple[str, ...]:
        """All that stands below, groups in order: subscripts, then the indices as one group."""
        joined = joined_indices(self.indices)
        return (*self.below, joined) if joined else self.below


def letter(word: str) -> str:
    """A Greek letter for its English name, any other word as it is.

    >>> letter("beta"), letter("Gamma"), letter("y")
    ('β', 'Γ', 'y')
    """
    return "ε" if word in ("eps", "epsilon") else greek_unicode.get(word, word)


@lru_cache(maxsize=2_000)
def name_of(name: str) -> Name:
    """The parts of a plain name.

    >>> name_of("tau_v")
    Name(head='τ', above=(), below=('v',), indices=())
    """
    if not name.replace("_", "").isalnum() or name.startswith("_"):
        return Name(name)
    head, above, below = split_super_sub(name)
    return Name(letter(head), tuple(map(letter, above)), tuple(map(letter, below)))


def tensor_name(tensor: Tensor) -> Name:
    """The parts of a tensor's name; the gradient of an abstract Lagrangian is g, its Hessian Λ."""
    if tensor.of is None or tensor.order == 0:
        return name_of(tensor.name)
    head, _, rest = tensor.name.partition("_")
    primes = len(head) - 1 if head.startswith(_PRIMED) else 0
    below = name_of(rest.removeprefix("L").removeprefix("_"))
    return Name(head[:1] + "'" * primes, (), (below.head, *below.below) if below.head else ())


def component_name(component: Component) -> Name:
    """The parts of y[i].

    >>> from amsym.notation import index, state
    >>> component_name(state("y", "N")[index("i", "N")]).indices
    ('i',)
    """
    return tensor_name(component.tensor)._replace(indices=tuple(index_name(i) for i in component.where))


def index_name(i: Index) -> str:
    """An index in one piece: mu is μ, i1 stays i1."""
    return letter(str(i))


def joined_indices(names: tuple[str, ...]) -> str:
    """ij where all are single letters, else i1,j."""
    return ("" if all(len(n) == 1 for n in names) else ",").join(names)
