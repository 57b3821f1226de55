"""What a training tells while it runs."""

from __future__ import annotations

import csv
from pathlib import Path

from benchmark.neural.training.checkpoint import State
from benchmark.neural.training.watch import write_log, write_points


def test_a_log_has_the_columns_of_all_its_rows(tmp_path: Path) -> None:
    state = State("cvae", {}, log=[{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25, "gain_db": 1}])
    write_log(tmp_path, state)
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"step": "1", "loss": "0.5", "gain_db": ""}, {"step": "2", "loss": "0.25", "gain_db": "1"}]


def test_points_are_written_and_drawn_whole(tmp_path: Path) -> None:
    points = [
        {"seconds": 60.0 * step, "level": level, "bpp": 0.1 * level, "psnr": 20.0 + step + level, "quality": step}
        for step in range(4)
        for level in (1, 2)
    ]
    write_points(tmp_path, State("rnn", {}, points=points))
    lines = (tmp_path / "points.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "seconds,level,bpp,psnr,quality"
    assert len(lines) == 9
    assert (tmp_path / "quality.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["points.csv", "quality.png"], "nothing half-written"
