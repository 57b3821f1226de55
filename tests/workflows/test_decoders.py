"""The spread of decoders over the rows of a run."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pictures

from benchmark.plugins import codec_class
from benchmark.run.runner import run_study
from benchmark.run.study import resolve
from benchmark.workflows.decoders import Spread, write_spread
from tests.conftest import photo
from tests.needs import needs
from tests.serial import Serial

needs("av", extra="hevc")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of JPEG on a picture in colour and one in grey, decoded by two libraries beside its own."""
    folder = tmp_path_factory.mktemp("decoders")
    (folder / "pictures").mkdir()
    Pictures.fromarray(photo(24, 40)).save(folder / "pictures" / "colour.png")
    Pictures.fromarray(photo(24, 40, 1)).save(folder / "pictures" / "grey.png")
    study, _ = resolve(
        codecs={"jpeg": {"quality": [30, 60]}},
        decoders=["jpeg:pillow,ffmpeg"],
        dataset=f"folder:{folder / 'pictures'}",
        metrics=["psnr"],
    )
    run_study(study, out=folder / "out", data_root=None, jobs=1, command="run", keep=True, engine=Serial())
    return folder / "out"


def changed(run: Path, to: Path, codec: str, **cells: str) -> list[Spread]:
    """The spreads where the rows of a codec have other cells; its first row alone, where a cell is a status."""
    shutil.copytree(run, to)
    rows = pd.read_csv(to / "records.csv", dtype=str, keep_default_na=False)
    where = rows["codec"].str.fullmatch(codec)
    if "status" in cells:
        where &= where.cumsum() == 1
    for name, cell in cells.items():
        rows.loc[where, name] = cell
    rows.to_csv(to / "records.csv", index=False)
    return list(write_spread(to, engine=Serial()))


def test_equal_pixels_and_others(run: Path) -> None:
    same, other = write_spread(run, engine=Serial())
    assert (same.codec, same.decoder, same.rows, same.failed) == ("jpeg", "pillow", 4, 0)
    assert (same.psnr_difference, same.differing_pixels, same.largest_difference) == (0, 0, 0)
    assert math.isnan(same.seconds_ratio), "these times are none to be published"
    shares, most = [], 0
    for image in (photo(24, 40), photo(24, 40, 1)):
        for quality in (30, 60):
            stream = codec_class("jpeg").from_settings({"quality": quality}).encode(image)
            own, theirs = (codec_class(name).decode(stream).astype(int) for name in ("jpeg", "jpeg@ffmpeg"))
            apart = np.abs(own - theirs).reshape(24, 40, -1).max(axis=-1)
            shares.append(100 * np.count_nonzero(apart) / apart.size)
            most = max(most, apart.max())
    assert (other.decoder, other.rows, other.failed, other.largest_difference) == ("ffmpeg", 4, 0, most)
    assert other.differing_pixels == pytest.approx(np.mean(shares))
    rows = pd.read_csv(run / "records.csv").set_index("codec")
    psnr = rows["psnr_rgb"].fillna(rows["psnr_y"])
    apart = psnr["jpeg@ffmpeg"].to_numpy() - psnr["jpeg"].to_numpy()
    assert (other.psnr_difference, other.psnr_least, other.psnr_most) == pytest.approx(
        (apart.mean(), apart.min(), apart.max())
    )
    table = pd.read_csv(run / "decoders.csv")
    assert table["decoder"].tolist() == ["pillow", "ffmpeg"]
    assert table["differing_pixels"].tolist() == pytest.approx([0, other.differing_pixels])


def test_rows_that_failed_are_counted_and_not_compared(run: Path, tmp_path: Path) -> None:
    same, other = changed(run, tmp_path / "out", "jpeg@pillow", status="failed", reason="no grey")
    assert (same.rows, same.failed, same.reason) == (3, 1, "no grey")
    assert (other.rows, other.failed) == (4, 0)
    same, other = changed(run, tmp_path / "own", "jpeg", status="failed", reason="no grey")
    assert (same.rows, same.failed, other.rows, other.failed) == (3, 0, 3, 0)


def test_times_are_those_measured_to_be_published(run: Path, tmp_path: Path) -> None:
    clean = {"jobs": "1", "repeats": "5", "flags": ""}
    both = changed(run, tmp_path / "a", "jpeg.*", decode_s="0.5", **clean)
    assert [spread.seconds_ratio for spread in both] == [pytest.approx(1)] * 2
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    twice = changed(tmp_path / "a", tmp_path / "c", "jpeg@ffmpeg", decode_s="1.5")
    assert [spread.seconds_ratio for spread in twice] == pytest.approx([1, 3])
    one = changed(tmp_path / "a", tmp_path / "d", "jpeg", repeats="3")
    assert all(math.isnan(spread.seconds_ratio) for spread in one)


def test_without_streams_only_equal_pixels_are_known(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "streams")
    same, other = write_spread(tmp_path / "out", engine=Serial())
    assert (same.differing_pixels, same.largest_difference) == (0, 0)
    assert math.isnan(other.differing_pixels)
    assert other.largest_difference is None
