"""What is measured of a codec on an image."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pictures

from benchmark.plugins import metric_families
from benchmark.run.task import Task, run_task
from tests.conftest import FindCodecs, Run, photo
from tests.run.examples import Planes, records


@pytest.mark.slow
@pytest.mark.usefixtures("serial")
def test_small_images_leave_ms_ssim_empty_with_the_reason(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    Pictures.fromarray(photo(40, 50)).save(tmp_path / "small" / "a.png")
    rdbench("run", "--codecs", "webp", "--dataset", "folder:small", "--metrics", "ssim,ms_ssim", "--out", "out")
    rows = records(tmp_path / "out")
    assert set(rows["status"]) == {"ok"}
    assert set(rows["ms_ssim_rgb"]) == {""}
    assert "161" in rows["reason"][0]
    assert not (tmp_path / "out" / "rd_ms_ssim_rgb.png").exists()
    assert (tmp_path / "out" / "rd_ssim_rgb.png").exists()


@pytest.mark.usefixtures("serial", "undrawn")
@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([30.0], ""),
        (np.array([np.nan]), r"expected a number for each image in psnr_rgb, got [nan]"),
        (["much"], r"expected a number for each image in psnr_rgb, got ['much']"),
        (None, r"expected a number for each image in psnr_rgb, got None"),
    ],
)
def test_what_is_no_number_fails_the_row(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: object, said: str
) -> None:
    """A row that no later command could read back is never written."""
    (tmp_path / "small").mkdir()
    Pictures.fromarray(photo(16, 16)).save(tmp_path / "small" / "a.png")
    family = metric_families()["psnr"]
    monkeypatch.setattr(family, "compare", lambda self, prepared, distorted: {"psnr_rgb": found, "psnr_y": [30.0]})
    words = ("run", "--codecs", "png", "--set", "png.level=1", "--dataset", "folder:small", "--metrics", "psnr")
    for _ in range(2):
        done = rdbench(*words, "--out", "out", check=False)
        assert done.returncode == bool(said), done.stderr
        (row,) = records(tmp_path / "out").to_dict("records")
        assert row["status"] == ("failed" if said else "ok")
        assert said in row["reason"]


@pytest.mark.usefixtures("serial", "undrawn")
@pytest.mark.slow
def test_mnist_rows_are_batches(rdbench: Run, data_root: Path, tmp_path: Path) -> None:
    sets = ("--set", "webp.quality=5", "--set", "webp.method=6")
    rdbench("run", "--codecs", "webp", *sets, "--dataset", "mnist", "--out", "out")
    rows = records(tmp_path / "out")
    assert len(rows) == 10
    assert set(rows["images"]) == {1000}
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert summary["images"][0] == 10_000
    assert summary["bpp_mean"][0] == pytest.approx(rows["bpp"].mean())
    assert summary["psnr_rgb_pooled"][0] == pytest.approx(10 * np.log10(255**2 / rows["mse_rgb"].mean()))
    # Known for WebP q5, method 6, on the first digits, files with headers: 1.30 bpp and 27.6 dB of the pooled error.
    assert rows["bpp"][0] == pytest.approx(1.30, abs=0.01)
    assert 10 * np.log10(255**2 / rows["mse_rgb"][0]) == pytest.approx(27.6, abs=0.1)


@pytest.mark.usefixtures("serial", "undrawn")
@pytest.mark.slow
def test_decoded_images_are_compared_with_the_reference(rdbench: Run, data_root: Path, tmp_path: Path) -> None:
    words = ("run", "--codecs", "png", "--metrics", "mse", "--dataset")
    rdbench(*words, "fashion-mnist:noisy,fashion-mnist", "--out", "out")
    noisy, clean = (records(tmp_path / "out" / name) for name in ("fashion-mnist-noisy", "fashion-mnist"))
    assert not (tmp_path / "out" / "records.csv").exists()
    assert noisy["mse_rgb"].mean() / 255**2 == pytest.approx(0.0527, abs=0.00005)
    assert (clean["mse_rgb"] == 0).all()
    assert (noisy["pixels_sha256"] == noisy["image_sha256"]).all()
    assert not set(noisy["image_sha256"]) & set(clean["image_sha256"])


def test_progressive_operating_points_are_encoded_once(three_pictures: Path, find_codecs: FindCodecs) -> None:
    find_codecs(lambda name: Planes)
    spec = f"folder:{three_pictures}"
    sweep = [{"planes": planes, "level": level} for level in (1, 9) for planes in (2, 7, 5)]
    task = Task(spec, None, "0.png", spec, "planes", sweep, ("psnr",), 1, 1)
    Planes.encoded.clear()
    rows = run_task(task)
    assert Planes.encoded == [7, 7] * 2, "for each level once, after the warm-up"
    assert [row.status for row in rows] == ["ok"] * 6
    for level in range(2):
        group = rows[3 * level : 3 * level + 3]
        assert len({row.encode_s for row in group}) == 1
        assert len({row.decode_s for row in group}) == 3
        assert group[0].metrics["psnr_rgb"] < group[2].metrics["psnr_rgb"] < group[1].metrics["psnr_rgb"]
    for settings, row in zip(sweep, rows, strict=True):
        alone = run_task(dataclasses.replace(task, settings=[settings]))[0]
        for column in ("key", "settings", "stream_sha256", "pixels_sha256", "bpp", "nominal_bpp", "psnr_rgb"):
            assert row.cells()[column] == alone.cells()[column]
        assert row.nominal_bpp == settings["planes"] * 3
    # What is missing alone counts when a run goes on.
    Planes.encoded.clear()
    left = dataclasses.replace(task, done=frozenset({rows[1].key, *(row.key for row in rows[3:])}))
    assert [json.loads(row.settings)["planes"] for row in run_task(left)] == [2, 5]
    assert Planes.encoded == [5], "warm before"
