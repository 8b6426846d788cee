"""Index notation on top of SymPy: tensors over axes of symbolic size, sums over them, derivatives, a canonical form."""

from amsym.notation.axes import Index, Size, all_indices, free_indices, fresh_index, fresh_indices, index, indices, rename, size
from amsym.notation.calculus import depends_on, derivative, has_state
from amsym.notation.canonical import canonical, is_zero, lettered
from amsym.notation.declare import parameter, state
from amsym.notation.explicit import components
from amsym.notation.marks import Delta, Mask, delta, mask
from amsym.notation.sums import Total, total
from amsym.notation.tensors import Component, Entry, Tensor
from amsym.notation.tidy import letters_of, tidy

__all__ = [
    "Component",
    "Delta",
    "Entry",
    "Index",
    "Mask",
    "Size",
    "Tensor",
    "Total",
    "all_indices",
    "canonical",
    "components",
    "delta",
    "depends_on",
    "derivative",
    "free_indices",
    "fresh_index",
    "fresh_indices",
    "has_state",
    "index",
    "indices",
    "is_zero",
    "lettered",
    "letters_of",
    "mask",
    "parameter",
    "rename",
    "size",
    "state",
    "tidy",
    "total",
]
