"""A run that is killed again and again, and resumed until it is done, has the results of a calm one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.system import guard
from tests.perf.kills import KINDS, check_done, check_killed, has_more_rows_than, make_pictures, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not guard.AVAILABLE, reason="processes are guarded on Linux"),
]


def test_a_run_is_killed_in_each_way_and_resumed(tmp_path: Path) -> None:
    """``python -m tests.perf.kills`` does so at random moments, and more often."""
    make_pictures(tmp_path)
    assert run(tmp_path, "calm").status == 0
    most = 0
    for kind in KINDS:
        ended = run(tmp_path, "out", kind=kind, moment=has_more_rows_than(most))
        check_killed(ended, kind)
        assert ended.status != 0
        assert ended.rows > most
        most = ended.rows
    assert run(tmp_path, "out").status == 0
    check_done(tmp_path / "calm", tmp_path / "out")
