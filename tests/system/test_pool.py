"""Processes that do work: what becomes of it, and of them."""

from __future__ import annotations

import os
import sys
import time

import pytest

from benchmark.errors import PluginError
from benchmark.system.pool import PoolBroken, WorkerDied, process_pool


@pytest.mark.slow
def test_processes_keep_to_their_limit_and_tell_how_they_end() -> None:
    with process_pool(1) as pool:
        slow, dying, failing = (
            pool.submit(time.sleep, 60, limit=0.5),
            pool.submit(os._exit, 7),
            pool.submit(int, "none"),
        )
        leaving = pool.submit(sys.exit, 0)
        with pytest.raises(TimeoutError):
            slow.result(30)
        with pytest.raises(WorkerDied, match="exit code 7") as died:
            dying.result(30)
        assert died.value.exit_code == 7
        with pytest.raises(ValueError, match="invalid literal"):
            failing.result(30)
        with pytest.raises(PluginError, match="raised SystemExit: 0"):
            leaving.result(30)
        assert list(pool.map(len, ["", "a", "ab"])) == [0, 1, 2]
    with pytest.raises(PoolBroken):
        pool.submit(len, "")
