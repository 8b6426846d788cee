"""The cells of each elementary function: its power series in balls, the range that cells cover, and how many terms they need there."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from flint import arb, arb_series

from numeric.intervals.cells import Cells, Series


class Table(NamedTuple):
    """What `Cells` are made of; a number of terms that leaves a remainder below 2^-57 of f."""

    series: Series
    first: int
    last: int
    terms: int = 8
    parity: int = 0


def _tanh(x: arb_series) -> arb_series:
    return 1 - 2 / ((2 * x).exp() + 1)


def _sech_squared(x: arb_series) -> arb_series:
    q = (-2 * x).exp()
    return 4 * q / ((1 + q) * (1 + q))


def _antiderivative(slope: arb_series, start: arb) -> arb_series:
    """The series with this derivative and this first term, as long as the slope's and one longer."""
    return slope.integral() + start


def _log_cosh(x: arb_series) -> arb_series:
    return _antiderivative(_tanh(x), x[0].cosh().log())


def _log_cosh_dual(x: arb_series) -> arb_series:
    c = x[0]
    return _antiderivative(x * _sech_squared(x), c * c.tanh() - c.cosh().log())


def _binary_entropy(x: arb_series) -> arb_series:
    """With slope -x q/(1 + q)², q = e^-x."""
    q = (-x).exp()
    return _antiderivative(-x * q / ((1 + q) * (1 + q)), (1 + q[0]).log() + x[0] * q[0] / (1 + q[0]))


def _fermi_dirac(x: arb_series) -> arb_series:
    return _antiderivative((1 + x.exp()).log(), -(-x[0].exp()).polylog(2))


def _arcsinh(x: arb_series) -> arb_series:
    return _antiderivative((1 + x * x).rsqrt(), x[0].asinh())


TABLES = {
    "exp": Table(lambda x: x.exp(), -1, 1),
    "expm1": Table(lambda x: x.exp() - 1, -1, 1),
    "sinh": Table(lambda x: (x.exp() - (-x).exp()) / 2, -1, 1, parity=-1),
    "log": Table(lambda x: x.log(), 0, 2, 10),
    "log1p": Table(lambda x: (1 + x).log(), -1, 1, 10),
    "tanh": Table(_tanh, -20, 20, 10, parity=-1),
    "sech_squared": Table(_sech_squared, -20, 20, 11, parity=1),
    "log_cosh": Table(_log_cosh, -20, 20, 11, parity=1),
    "log_cosh_dual": Table(_log_cosh_dual, -24, 24, 12, parity=1),
    "binary_entropy": Table(_binary_entropy, -40, 40, 9, parity=1),
    "fermi_dirac": Table(_fermi_dirac, -40, 40),
    "arctan": Table(lambda x: x.atan(), -16, 16, parity=-1),
    "arcsinh": Table(_arcsinh, -16, 16, parity=-1),
    "sin": Table(lambda x: x.sin(), -512, 512, parity=-1),
    "cos": Table(lambda x: x.cos(), -512, 512, parity=1),
    "special.erf": Table(lambda x: x.erf(), -6, 6, parity=-1),
    "special.erfc": Table(lambda x: x.erfc(), -6, 27, 18),
}


@cache
def cells(name: str) -> Cells:
    """The cells of a function, made when it is first asked for."""
    table = TABLES[name]
    return Cells(table.series, table.first, table.last, table.terms, table.parity)
