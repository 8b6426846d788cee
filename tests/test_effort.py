"""Limits on effort count this thread's own work, so that a busy machine changes no verdict."""

from __future__ import annotations

import time

import pytest

from amsym.notation.effort import Budget, OutOfTime, check, time_limit


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
