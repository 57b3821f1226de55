"""Tables and curves of a file of rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from benchmark.plugins import all_metrics
from benchmark.workflows.tables import write_tables
from tests.conftest import Run, photo


@pytest.mark.usefixtures("serial", "undrawn")
def test_tables_are_those_of_the_rows_and_written_again_where_they_are_gone(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.fromarray(photo(64, 64)).save(tmp_path / "pictures" / "a.png")
    words = ("--codecs", "jpeg", "--dataset", "folder:pictures", "--metrics", "psnr", "--match", "bpp=2,4")
    rdbench("run", *words, "--out", "out")
    folder = tmp_path / "out"
    before = {path: path.read_bytes() for path in folder.iterdir() if path.stem in ("summary", "matched")}
    for path in before:
        path.unlink()
    (folder / "rd_psnr_rgb.svg").write_text("<svg/>")
    written = write_tables(folder / "records.csv", all_metrics(), figures=False)
    assert {path: path.read_bytes() for path in written} == before
    assert not list(folder.glob("rd_*"))
    assert list(pd.read_csv(folder / "summary.csv")["codec"]) == ["jpeg", "jpeg"]
