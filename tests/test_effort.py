"""Limits on effort count this thread's own work, so that a busy machine changes no verdict."""

from __future__ import annotations

import signal
import time

import pytest
import sympy as sp

from amsym.dead import profile
from amsym.notation.effort import Budget, OutOfTime, check, hard_limit, time_limit


def work(seconds: float) -> None:
    start = time.thread_time()
    while time.thread_time() - start < seconds:
        pass


def work_and_check() -> None:
    work(0.03)
    check()


def test_waiting_costs_nothing() -> None:
    budget = Budget(0.02)
    with time_limit(0.02):
        time.sleep(0.05)
        check()
    assert not budget.spent


def test_working_does() -> None:
    budget = Budget(0.02)
    with time_limit(0.02), pytest.raises(OutOfTime):
        work_and_check()
    assert budget.spent


def test_the_shorter_of_two_limits_holds() -> None:
    with time_limit(0.02), pytest.raises(OutOfTime), time_limit(60.0):
        work_and_check()


def test_a_limit_ends_with_its_block() -> None:
    with time_limit(0.0):
        pass
    work(0.01)
    check()


def test_work_that_asks_for_no_limit_is_stopped() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(OutOfTime), hard_limit(0.02):
        work(5.0)
    assert signal.getsignal(signal.SIGVTALRM) is before


def test_a_kept_hard_limit_leaves_nothing_behind() -> None:
    with hard_limit(0.05):
        pass
    work(0.1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the first signal may meet a callback that swallows it
def test_verify_ends_though_a_normal_form_would_not() -> None:
    """A rational piece between two kinks: its slope took minutes to expand."""
    x = sp.Symbol("x", real=True)
    with pytest.raises(OutOfTime), hard_limit(0.5):
        profile(sp.Min(1, sp.Max(0, x)) / (1 + x**2), x)
