"""Whether an audit sees the threads that an encoder works on: python -m pytest tests/perf/test_threads.py -n 0"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image as Pictures

from tests.conftest import Run, photo
from tests.workflows.test_audit import liars

__all__ = ["liars"]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are seen on Linux alone")
def test_threads_at_work_are_counted(rdbench_process: Run, liars: str, tmp_path: Path) -> None:
    Pictures.fromarray(photo(48, 64)).save(tmp_path / "in.png")
    rdbench_process("audit", "--image", "in.png", "--codecs", "busy", "--out", "a.json", PYTHONPATH=liars)
    (busy,) = json.loads((tmp_path / "a.json").read_text())
    assert busy["threads"] >= 2
