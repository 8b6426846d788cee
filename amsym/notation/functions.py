"""Functions that activations integrate to and that SymPy's own versions cannot hold on index expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp


class Li2(sp.Function):
    """The dilogarithm Li₂(z) = Σ z^k / k², with Li₂'(z) = -log(1 - z)/z.

    SymPy's polylog asks whether its argument is constant by differentiating by every symbol in it, which
    has no meaning for an index.

    >>> Li2(-1).evalf(8)
    -0.82246703
    """

    nargs = 1

    @classmethod
    def eval(cls, z: Any) -> Any:
        return sp.S.Zero if z == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        z = self.args[0]
        return -sp.log(1 - z) / z

    def _eval_evalf(self, prec: int) -> Any:
        return sp.polylog(2, self.args[0])._eval_evalf(prec)

    def _eval_is_real(self) -> bool | None:
        return True if (1 - self.args[0]).is_positive else None

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\operatorname{{Li}}_{{2}}{power}\left({printer._print(self.args[0])}\right)"


class Composed(sp.Function):
    """A function with a name of its own because its definition loses digits where it is written out; it has one argument."""

    nargs = 1
    # The same function written out.
    definition: Callable[[Any], sp.Expr]

    def _eval_evalf(self, prec: int) -> Any:
        return self.definition(self.args[0])._eval_evalf(prec)

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real


class LogCoshDual(Composed):
    """u tanh u - log cosh u, the Legendre energy of log cosh: from 0 at u = 0 to log 2.

    >>> LogCoshDual(1).evalf(8)
    0.32781333
    """

    @staticmethod
    def definition(u: Any) -> sp.Expr:
        """u tanh u - log cosh u."""
        return u * sp.tanh(u) - sp.log(sp.cosh(u))

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        u = self.args[0]
        return u * (1 - sp.tanh(u) ** 2)


class BinaryEntropy(Composed):
    """-p log p - (1-p) log(1-p) at p = 1/(1 + e^{-u}), which is log(1 + e^u) - u p.

    >>> BinaryEntropy(0).evalf(8)
    0.69314718
    """

    @staticmethod
    def definition(u: Any) -> sp.Expr:
        """log(1 + e^u) - u/(1 + e^{-u})."""
        return sp.log(1 + sp.exp(u)) - u / (1 + sp.exp(-u))

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        u = self.args[0]
        return -u * sp.exp(u) / (1 + sp.exp(u)) ** 2
