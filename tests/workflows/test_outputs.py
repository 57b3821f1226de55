"""What a run writes beside its rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pictures

from tests.conftest import Run, photo
from tests.run.examples import records


@pytest.mark.usefixtures("serial")
def test_every_row_of_an_incomplete_set_says_so(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "kodak").mkdir(parents=True)
    Pictures.fromarray(photo(64, 64)).save(tmp_path / "data" / "kodak" / "kodim05.png")
    rdbench("run", "--codecs", "webp", "--dataset", "kodak", "--data-root", "data", "--metrics", "psnr", "--out", "out")
    rows = records(tmp_path / "out")
    assert (set(rows["dataset"]), set(rows["images_expected"].astype(int))) == ({"kodak"}, {24})
    assert "kodak (1 of 24)" in (tmp_path / "out" / "rd_psnr_rgb.svg").read_text()
