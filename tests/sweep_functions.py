"""Functions to sweep, in a module that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
GRID = {"n": [2, 3, 5], "beta": [0.5, 1.0, 2.0, 4.0]}


def retrieve(n: int, beta: float, rng: np.random.Generator) -> dict[str, Any]:
    """A random network's mean activation and the first of its activations: depends on every bit of its generator."""
    W = rng.normal(size=(n, n)) / np.sqrt(n)
    g = np.tanh(beta * W @ rng.normal(size=n))
    return {"mean": g.mean(), "first": g[:2], "positive": int((g > 0).sum())}


def logged(k: int, rng: np.random.Generator, log: str, pause: float = 0.0) -> float:
    """A random number; tells the log which point is computed."""
    time.sleep(pause)
    with open(log, "a") as file:
        file.write(f"{k}\n")
    return float(rng.normal())


def killing(k: int, victim: int, killed: str) -> int:
    """The square of k; at `victim` the first worker that comes dies, all at once."""
    time.sleep(0.05)
    if k == victim and not Path(killed).exists():
        Path(killed).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return k * k


def deadly(k: int) -> int:
    """Kills the worker that comes to 3, whichever it is."""
    if k == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return k


class Odd(Exception):
    """An exception that can be pickled but not unpickled."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


def odd(k: int) -> int:
    """Fails at 2 in a way that breaks a pool which pickles the exception."""
    if k == 2:
        raise Odd("two", "odd")
    return k
