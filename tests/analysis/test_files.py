"""Which files are records, and which are summaries."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.analysis.files import read_table
from benchmark.errors import RecordsError


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ("image,status,codec", "records would have bpp, too"),
        ("codec,settings,images,psnr_rgb_mean", "a summary would have bpp_mean, too"),
        ("x,y", "by its columns$"),
    ],
)
def test_a_column_that_is_missing_is_named(tmp_path: Path, columns: str, says: str) -> None:
    (tmp_path / "x.csv").write_text(f"{columns}\n" + ",".join("1" * len(columns.split(","))) + "\n")
    with pytest.raises(RecordsError, match=says):
        read_table(tmp_path / "x.csv", [], [])
