"""Symmetries of an energy: families of affine fields for every size, and discrete ones."""

from amsym.symmetry.discrete import Discrete
from amsym.symmetry.family import Family, family
from amsym.symmetry.table import AtSize, Complete, Symmetries, complete_words, size_words
from amsym.symmetry.templates import Kind, Template, kinds, templates

__all__ = [
    "AtSize",
    "Complete",
    "Discrete",
    "Family",
    "Kind",
    "Symmetries",
    "Template",
    "complete_words",
    "family",
    "kinds",
    "size_words",
    "templates",
]
