"""Functions that activations integrate to and that SymPy's own versions cannot hold on index expressions."""

from __future__ import annotations

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
