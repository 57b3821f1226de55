"""The link to a worker: how it begins, and how it ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmark.backends.foreign.link import Link, WorkerError, end_links
from benchmark.backends.foreign.worker import PROTOCOL
from benchmark.errors import ProgramError
from benchmark.system.guarded import SPARED
from benchmark.system.load import SERVANTS, processor_seconds
from tests.backends.foreign.examples import STEPS, methods


def opened(tmp_path: Path, code: str, timeout: float = 60) -> Link:
    (tmp_path / "model.py").write_text(code)
    link = Link(sys.executable, name="model", timeout=timeout)
    place = [str(tmp_path / "model.py"), "Steps"]
    link.ask(
        {"ask": "open", "protocol": PROTOCOL, "codec": place, "memory": 4096, "pixels": "numpy", "needs": ["encode"]}
    )
    return link


def test_images_go_and_come(tmp_path: Path) -> None:
    link = opened(tmp_path, STEPS)
    images = np.arange(2 * 5 * 7 * 3, dtype=np.uint8).reshape(2, 5, 7, 3)
    told, body = link.ask({"ask": "encode", "settings": {"step": 1}, "shape": link.put(images)})
    streams = [body[: told["lengths"][0]], body[told["lengths"][0] :]]
    told, body = link.ask({"ask": "decode", "settings": {"step": 1}}, streams)
    assert body == b""
    assert np.array_equal(link.take(told["shape"]), images)
    with pytest.raises(ProgramError, match="which are not there"):
        link.take([99, 1000, 1000])
    with pytest.raises(WorkerError, match="unknown request 'dance'"):
        link.ask({"ask": "dance", "settings": {}})
    link.end()
    assert not link.alive


def test_streams_that_a_pipe_does_not_hold_at_once(tmp_path: Path) -> None:
    """The worker prints meanwhile more than its pipe holds, and answers with as much."""
    code = methods("pass", "print('x' * 300_000); return np.frombuffer(data, np.uint8)[None]")
    link = opened(tmp_path, code)
    stream = bytes(range(256)) * 20_000
    told, _ = link.ask({"ask": "decode", "settings": {}}, [stream])
    assert link.take(told["shape"]).tobytes() == stream
    link.end()


def test_a_worker_that_is_late_is_ended_with_its_link(tmp_path: Path) -> None:
    link = opened(tmp_path, methods("time.sleep(600)"), timeout=10)
    shape = link.put(np.zeros((1, 4, 4), np.uint8))
    with pytest.raises(ProgramError, match="model: it took longer than 10 s"):
        link.ask({"ask": "encode", "settings": {}, "shape": shape})
    assert not link.alive
    assert not SERVANTS


def test_the_time_of_a_worker_counts_as_ours_and_its_end_is_complete(tmp_path: Path) -> None:
    work = "start = time.process_time()\n        while time.process_time() < start + 0.5: pass\n        return b''"
    link = opened(tmp_path, methods(work))
    (worker,) = SERVANTS
    assert len(SPARED) == 1
    shape = link.put(np.zeros((1, 4, 4), np.uint8))
    before, own = processor_seconds(), time.process_time()
    link.ask({"ask": "encode", "settings": {}, "shape": shape})
    if sys.platform == "linux":
        assert processor_seconds() - before >= 0.5 + (time.process_time() - own) / 2
    end_links()
    assert not link.alive
    assert not SPARED
    assert not SERVANTS
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
