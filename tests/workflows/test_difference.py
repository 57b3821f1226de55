"""Pictures of the rows that a run lost most on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image

from benchmark.analysis.regression.compare import compare
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.regression.tolerance import judged_columns
from benchmark.plugins import all_metrics, codec_class
from benchmark.record.streams import keep_streams
from benchmark.report.difference import Shot
from benchmark.workflows.difference import show_worst
from tests.conftest import Run
from tests.serial import Serial

METRICS = all_metrics()
MADE = ("bytes", "bpp", "payload_bpp", "mse_rgb", "psnr_rgb", "ms_ssim_rgb", "stream_sha256", "pixels_sha256")
"""Columns of what a codec made."""


@pytest.fixture
def runs(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A run, and one whose rows of JPEG at quality 30 on one picture are of quality 15."""
    monkeypatch.setattr("benchmark.workflows.difference.process_pool", Serial())
    for name in ("before", "after"):
        shutil.copytree(results, tmp_path / name)
    rows = pd.read_csv(tmp_path / "after" / "records.csv", dtype=str, keep_default_na=False)
    mine = (rows["codec"] == "jpeg") & (rows["image"] == "b.png")
    qualities = rows["settings"].str.extract(r'"quality":(\d+)')[0]
    worse = rows[mine & (qualities == "15")].iloc[0]
    place = rows.index[mine & (qualities == "30")][0]
    for name in MADE:
        rows.loc[place, name] = worse[name]
    rows.to_csv(tmp_path / "after" / "records.csv", index=False)
    return tmp_path / "before", tmp_path / "after"


def shown(before: Path, after: Path, root: Path | None = None) -> list[Shot]:
    baseline, current = (read_run(path, METRICS) for path in (before, after))
    return show_worst(compare(baseline, current, judged_columns(METRICS, {})), baseline, current, root)


def read(path: Path) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(path))


def test_pixels_that_a_codec_does_not_give_again_are_not_shown(runs: tuple[Path, Path]) -> None:
    (shot,) = shown(*runs)
    assert shot.key[1:3] == ("b.png", "jpeg")
    assert set(shot.crops) == {"original", "baseline"}
    assert shot.reasons == ["current: no picture: encoded again, the pixels are others than the row's"]


def test_kept_streams_are_decoded(runs: tuple[Path, Path], photos: Path) -> None:
    pixels = read(photos / "b.png")
    stream = codec_class("jpeg").from_settings({"quality": 15}).encode(pixels)
    keep_streams(runs[1], [[stream]])
    (shot,) = shown(*runs)
    assert set(shot.crops) == {"original", "baseline", "current"} and not shot.reasons
    original, before, after = (shot.crops[side].astype(int) for side in ("original", "baseline", "current"))
    assert original.shape == before.shape == after.shape == (112, 112, 3)
    assert ((after - original) ** 2).mean() > ((before - original) ** 2).mean() > 0
    assert (pixels[shot.top : shot.top + 112, shot.left : shot.left + 112] == original).all()


def test_without_the_original_kept_streams_are_shown_and_others_say_why(runs: tuple[Path, Path], photos: Path) -> None:
    stream = codec_class("jpeg").from_settings({"quality": 15}).encode(read(photos / "b.png"))
    keep_streams(runs[1], [[stream]])
    for path in runs:
        rows = pd.read_csv(path / "records.csv", dtype=str, keep_default_na=False)
        rows.assign(dataset="folder:gone").to_csv(path / "records.csv", index=False)
    (shot,) = shown(*runs)
    assert set(shot.crops) == {"current"}
    assert "baseline: no picture: its stream was not kept, and the original is not at hand" in shot.reasons
    assert any("gone" in reason for reason in shot.reasons)


def test_damaged_streams_and_unknown_codecs_say_why(runs: tuple[Path, Path], photos: Path) -> None:
    stream = codec_class("jpeg").from_settings({"quality": 15}).encode(read(photos / "b.png"))
    keep_streams(runs[1], [[stream]])
    (file,) = (path for path in (runs[1] / "streams").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:-8])
    (shot,) = shown(*runs)
    assert any(
        "its stream was kept, and cannot be decoded" in reason and "damaged" in reason for reason in shot.reasons
    )
    for path in runs:
        rows = pd.read_csv(path / "records.csv", dtype=str, keep_default_na=False)
        rows.assign(codec=rows["codec"].replace("jpeg", "none")).to_csv(path / "records.csv", index=False)
    (shot,) = shown(*runs)
    assert shot.crops == {}
    assert any("cannot be encoded again: unknown codec 'none'" in reason for reason in shot.reasons), shot.reasons


def test_a_page_with_pictures(rdbench: Run, runs: tuple[Path, Path], tmp_path: Path) -> None:
    done = rdbench("compare", "before", "after", "--out", "page.html", check=False)
    assert done.returncode == 1
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:image/webp") == 2 and "the pixels are others than the row" in page
    same = rdbench("compare", "before", "before", "--out", "same.html")
    assert same.returncode == 0 and "all alike" in (tmp_path / "same.html").read_text()
