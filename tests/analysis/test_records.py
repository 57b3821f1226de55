"""Records as a table, however they are read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmark.analysis.records import read_records
from benchmark.record.reading import TORN
from tests.analysis.examples import many

METRICS = ["psnr_rgb"]


def test_both_ways_to_read_give_one_table(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    pd.concat(many()).assign(mine=3, remark=["x", ""] * 48, peak_memory_mib=1).to_csv(path, index=False)
    quick = read_records(path, METRICS)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # which is left to the reader of rows
    pd.testing.assert_frame_equal(quick, read_records(path, METRICS))
    assert quick["mine"].tolist() == [3] * 96
    assert quick["remark"].tolist() == ["x", ""] * 48
    assert "peak_memory_mib" not in quick
    assert quick["jobs"].isna().all()
    assert set(quick["reason"]) == {""}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_leave_a_row_out_that_is_not_whole(tmp_path: Path, end: str) -> None:
    path = tmp_path / "records.csv"
    pd.concat(many()).to_csv(path, index=False, lineterminator=end)
    path.write_bytes(path.read_bytes()[:-10])
    notes: list[str] = []
    assert len(read_records(path, METRICS, notes)) == 95
    assert notes == [f"{path}, line 97: left out: {TORN}"]
