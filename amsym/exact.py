"""What a user hands over as a formula: made exact, or refused with a word on how to write it.

Decimals become the fractions that they read as, 0.1 is 1/10: proofs are exact, and so are counterexamples.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.notation import Tensor

# What to do about a TypeError in a user's function, by a word that stands in it.
_REMEDIES = {
    "to float": "use SymPy's functions, sp.cosh for math.cosh",
    "real number": "use SymPy's functions, sp.cosh for math.cosh",
    "ufunc": "use SymPy's functions, sp.cosh for np.cosh",
    "truth value": "write cases as sp.Max(0, x), sp.Piecewise(...) or am.mask(x > 0)",
    "subscriptable": "x is one entry; over a whole axis write Lagrangian.joint(lambda x, i: ...)",
}
_FORMS = "write Lagrangian(lambda x: ...) entry by entry, Lagrangian.joint(lambda x, i: ...) over a whole axis"


def exact(expr: Any) -> Any:
    """The expression with every floating-point number as the shortest decimal that means it.

    >>> exact(0.1*sp.Symbol("x"))
    x/10
    """
    expr = sp.sympify(expr)
    return expr.xreplace({x: sp.Rational(repr(float(x))) for x in expr.atoms(sp.Float)})


def formula(value: Any, what: str) -> sp.Expr:
    """The value as an exact formula; `what` it is begins the message where it is none.

    >>> formula(0.5, "the energy")
    1/2
    >>> formula("x**2", "the energy")
    Traceback (most recent call last):
      ...
    amsym.errors.ModelError: the energy is the text 'x**2'; a formula was expected: write it without quotes

    Raises ModelError for a text, None, a bare tensor, a condition or an array.
    """
    try:
        found = sp.sympify(value, strict=True)
    except sp.SympifyError as error:
        raise ModelError(_no_formula(value, what)) from error
    if not isinstance(found, sp.Expr) or isinstance(found, sp.MatrixExpr):
        raise ModelError(_no_formula(value, what))
    return exact(found)


def _no_formula(value: Any, what: str) -> str:
    if isinstance(value, str):
        return f"{what} is the text {value!r}; a formula was expected: write it without quotes"
    if value is None:
        return f"{what} is None; a formula was expected: return one"
    if isinstance(value, Tensor):
        return f"{what} is the bare {value.description}; a formula was expected: write it with indices, {value.name}[i]"
    return f"{what} is {shown(value)}; a formula was expected: write one such as sp.log(sp.cosh(x))"


def shown(value: Any) -> str:
    """A text in quotes, a formula as it prints, of anything else its type: short enough for a message."""
    if isinstance(value, (str, int, float)):
        return repr(value)
    return str(value) if isinstance(value, sp.Basic) else f"an object of type {type(value).__name__}"


class Given:
    """A user's function of one entry x, or of an axis (x, i): its arguments are checked at once, its value whenever it is asked.

    >>> Given(lambda x: 0.5*x**2, "L")(sp.Symbol("u"))
    u**2/2

    Raises ModelError for what is no such function, and for one that gives no formula.
    """

    def __init__(self, function: Callable[..., Any], what: str, joint: bool = False) -> None:
        if not callable(function):
            raise ModelError(f"{what} is made from a function such as lambda x: sp.log(sp.cosh(x)), got {function!r}: write one")
        self.function, self.what, self.joint = function, what, joint
        self._check_arguments()

    def __call__(self, *at: Any) -> sp.Expr:
        """The formula at an entry, or at an axis and its index."""
        try:
            value = self.function(*at)
        except TypeError as error:
            other = "x stands for the whole axis, x[i] for an entry" if self.joint else "x is one entry, a symbol"
            remedy = next((words for key, words in _REMEDIES.items() if key in str(error)), other)
            raise ModelError(f"{self.what} gives no formula for a symbol ({error}); a formula was expected: {remedy}") from error
        return formula(value, self.what)

    def _check_arguments(self) -> None:
        try:
            signature = inspect.signature(self.function)
        except (ValueError, TypeError):  # some functions written in C do not tell theirs
            return
        try:
            signature.bind(*("x", "i")[: 1 + self.joint])
        except TypeError as error:
            expected = "(x, i)" if self.joint else "(x)"
            raise ModelError(f"{self.what} is a function of {signature}; {expected} was expected: {_FORMS}") from error


def given(function: Callable[..., Any], what: str, joint: bool = False) -> Given:
    """The function, checked; one that is already stays as it is."""
    return function if isinstance(function, Given) else Given(function, what, joint)
