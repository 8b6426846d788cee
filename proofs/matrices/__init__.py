"""Exact answers about rational matrices: semidefinite, copositive, definite for all slopes of a box, sums of squares."""

from proofs.matrices.copositive import copositive
from proofs.matrices.over_slopes import definite_over_slopes, product_parts
from proofs.matrices.semidefinite import semidefinite
from proofs.matrices.sums_of_squares import sum_of_squares

__all__ = ["copositive", "definite_over_slopes", "product_parts", "semidefinite", "sum_of_squares"]
