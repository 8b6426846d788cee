"""A sweep on dask's workers gives what it gives here, though a worker is killed in its midst."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sweep_functions import GRID, deadly, killing, retrieve

from numeric.sweep import SweepError, sweep

distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")
SERIAL = sweep(retrieve, GRID, seed=3, progress=False)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two worker processes, which dask starts again when they die; a point may cost one of them, and not a second."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_dask_gives_the_same() -> None:
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=3, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert sweep(retrieve, GRID, seed=3, workers=client.get_executor().map) == SERIAL
        assert sweep(retrieve, GRID, seed=3, workers=partial(client.get_executor().map)) == SERIAL


@pytest.mark.slow
def test_processes_of_dask_give_the_same(client: Any) -> None:
    assert sweep(retrieve, GRID, seed=3, workers=client.get_executor().map) == SERIAL


@pytest.mark.slow
def test_nothing_is_lost_with_a_worker_that_is_killed(client: Any, tmp_path: Path) -> None:
    before = set(client.scheduler_info()["workers"])
    squares = partial(killing, victim=17, killed=str(tmp_path / "killed"))
    s = sweep(squares, {"k": range(40)}, workers=client.get_executor().map, checkpoint=tmp_path / "s.npz")
    assert (tmp_path / "killed").exists()
    client.wait_for_workers(2)
    assert set(client.scheduler_info()["workers"]) != before, "no worker was lost"
    assert s == sweep(squares, {"k": range(40)})


@pytest.mark.slow
def test_a_point_that_kills_every_worker_is_told_by_name(client: Any) -> None:
    s = sweep(deadly, {"k": range(6)}, workers=client.get_executor().map, errors="keep")
    assert s.done.tolist() == [True, True, True, False, True, True]
    (failure,) = s.failures
    assert failure.point == {"k": 3}
    assert failure.error.startswith("KilledWorker")


@pytest.mark.slow
def test_an_error_at_a_point_is_told_by_name(client: Any) -> None:
    with pytest.raises(SweepError, match="k=0: ZeroDivisionError: division by zero"):
        sweep(lambda k: 1 / k, {"k": [1, 0]}, workers=client.get_executor().map)
