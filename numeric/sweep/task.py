"""One point: call the function where the worker is, and bring back arrays, or in words why there are none."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.sweep.blas import blas_threads
from numeric.sweep.grid import KEPT, words
from numeric.sweep.seeds import generator

Array = NDArray[Any]
SINGLE = "value"  # the name of an output that is no dict
KINDS = "biufc"  # truth values, integers, real and complex numbers


@dataclass(frozen=True)
class Failure:
    """A point that has no result: its arguments, its error in a line, and the traceback as text."""

    point: dict[str, Any]
    error: str
    traceback: str = field(repr=False)
    exception: Exception | None = field(default=None, compare=False, repr=False)
    """The exception itself, where it was raised in this process."""

    def __getstate__(self) -> dict[str, Any]:
        """Without the exception: not every exception can be pickled, and one that cannot breaks a pool of processes."""
        return self.__dict__ | {"exception": None}

    def __str__(self) -> str:
        """The point and its error."""
        return f"{words(self.point)}: {self.error}"


class Answer(NamedTuple):
    """What came of the point at `place`: outputs by name, or a failure."""

    place: int
    outputs: dict[str, Array]
    failure: Failure | None = None


@dataclass(frozen=True)
class Task:
    """What a worker does at a point (place, arguments); it travels to other processes if the function can be pickled."""

    function: Callable[..., Any]
    seed: int | None
    threads: int | None

    def __call__(self, item: tuple[int, dict[str, Any]]) -> Answer:
        """The point's answer; an exception of the function becomes a failure."""
        place, point = item
        random = {} if self.seed is None else {KEPT: generator(self.seed, place)}
        try:
            with blas_threads(self.threads):
                return Answer(place, outputs_of(self.function(**point, **random)))
        except Exception as error:
            return failed(place, point, error)


def failed(place: int, point: dict[str, Any], error: Exception) -> Answer:
    """The answer of a point that raised `error`."""
    trace = "".join(traceback.format_exception(error))
    return Answer(place, {}, Failure(point, f"{type(error).__name__}: {error}", trace, error))


def forget_frames(error: BaseException | None) -> None:
    """Take the tracebacks from an exception and those that led to it: their frames would keep the point's arrays alive."""
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def outputs_of(result: Any) -> dict[str, Array]:
    """A number, an array or a dict of these as arrays by name, copies that no later call can change.

    >>> outputs_of(0.5), outputs_of({"m": [1, 2]})
    ({'value': array(0.5)}, {'m': array([1, 2])})

    Raises InputError for anything else.
    """
    if not isinstance(result, Mapping):
        return {SINGLE: _array("it", result)}
    if not result or not all(isinstance(name, str) for name in result):
        raise InputError(f"the function returned a dict with the keys {list(result)}; names of outputs were expected: {{'energy': -1.0}}")
    return {name: _array(f"'{name}'", value) for name, value in result.items()}


def _array(what: str, value: Any) -> Array:
    try:
        array = np.array(value)
    except ValueError as error:
        raise InputError(f"the function returned a ragged sequence ({what}); a number or a rectangular array was expected") from error
    if array.dtype.kind not in KINDS:
        raise InputError(
            f"the function returned {type(value).__name__} ({what}); a number, an array or a dict of these was expected: "
            "return the numbers that you want to keep"
        )
    return array


def wants_generator(function: Callable[..., Any], names: tuple[str, ...]) -> bool:
    """Whether the function has an argument `rng`.

    Raises InputError where it cannot be called with the grid's names.
    """
    if not callable(function):
        raise InputError(f"the function is {type(function).__name__}; something that can be called was expected")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C do not tell
        return False
    wanted = KEPT in signature.parameters
    try:
        signature.bind(**dict.fromkeys((*names, KEPT) if wanted else names))
    except TypeError as error:
        call = f"{name_of(function)}{signature} does not take what the grid gives, {', '.join(names) or 'no arguments'}"
        raise InputError(f"{call}: {error}; name the axes as its arguments") from error
    return wanted


def name_of(function: Callable[..., Any]) -> str:
    """The name by which a checkpoint knows the function.

    >>> name_of(functools.partial(np.linspace, 0))
    'linspace'
    """
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__qualname__", type(function).__qualname__)
