"""Codecs that estimate their rate: their rows, figures and tables are told from those of real bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.results import read_results
from benchmark.backends.foreign.link import end_links
from benchmark.errors import BitstreamError, ProgramError, UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.backends.foreign.examples import STEPS, declare, made
from tests.conftest import Run, photo

ESTIMATE = """
import numpy as np


class Steps:
    def __init__(self, step=8):
        self.step = step

    def estimate_bits(self, image):
        symbols = image // self.step
        _, counts = np.unique(symbols, return_counts=True)
        return -(counts * np.log2(counts / symbols.size)).sum(), symbols * np.uint8(self.step)
"""
BOTH = STEPS + ESTIMATE.partition("self.step = step\n")[2]


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    end_links()


@pytest.mark.parametrize("channels", [1, 3])
def test_bits_and_the_image_come_from_the_class(tmp_path: Path, channels: int) -> None:
    codec = made(declare(tmp_path, {"rate": "estimate"}, ESTIMATE), step=16)
    image = photo(20, 30, channels)
    data = codec.encode(image)
    assert np.array_equal(codec.decode(data), image // 16 * 16)
    _, counts = np.unique(image // 16, return_counts=True)
    expected = -(counts * np.log2(counts / image.size)).sum()
    assert codec.account(data).estimated_bits == pytest.approx(expected)
    assert codec.overhead(data) == 0
    with pytest.raises(BitstreamError, match="not an estimate of steps-estimate"):
        codec.decode(data[:-1])


def test_a_codec_of_both_shows_the_gap(tmp_path: Path) -> None:
    codec = made(declare(tmp_path, code=BOTH), step=16)
    images = np.stack([photo(20, 30, 1, seed=seed) for seed in range(2)])
    streams = codec.encode_batch(images)
    _, counts = np.unique(images[1] // 16, return_counts=True)
    expected = -(counts * np.log2(counts / images[1].size)).sum()
    assert codec.account(streams[1]).estimated_bits == pytest.approx(expected)
    assert codec.account(streams[1][:-1]) is None, "a stream of nothing that was encoded last"
    assert made(declare(tmp_path)).account(streams[0]) is None, "a class that estimates nothing"


def test_a_class_that_estimates_nothing_is_told(tmp_path: Path) -> None:
    codec = made(declare(tmp_path, {"rate": "estimate"}))
    with pytest.raises(ProgramError, match="class Steps needs a method 'estimate_bits'"):
        codec.encode(photo(8, 8))


@pytest.mark.slow
def test_rows_are_kept_apart_from_real_bytes(rdbench: Run, tmp_path: Path, serial: None) -> None:
    (tmp_path / "images").mkdir()
    Pictures.fromarray(photo(64, 96)).save(tmp_path / "images" / "a.png")
    knob = {"name": "step", "low": 1, "high": 64, "default": 8, "increasing": False, "grid": [4, 8, 16, 32]}
    declare(tmp_path, {"rate": "estimate", "knob": knob}, ESTIMATE)
    codecs = ("--codecs", "jpeg,./steps.toml", "--set", "jpeg.quality=20,50,80,95")
    rdbench("run", *codecs, "--dataset", "folder:images", "--metrics", "psnr", "--out", "out")
    metrics = all_metrics()
    results = read_results([tmp_path / "out"], metrics)
    rows = results.records[results.records["codec"] == "steps-estimate"]
    assert set(rows["kind"]) == {"estimate"}
    assert set(rows["status"]) == {"ok"}
    assert rows["bpp"].between(0.1, 24).all()
    assert rows["bpp"].equals(rows["estimated_bpp"])
    assert rows[["bytes", "overhead_bytes", "encode_s", "decode_s"]].isna().all(axis=None)
    assert set(results.records[results.records["codec"] == "jpeg"]["kind"].fillna("")) == {""}
    points = results.summary[results.summary["codec"] == "steps-estimate"]
    assert points["bytes_total"].isna().all()
    assert points["bpp_pooled"].tolist() == pytest.approx(points["bpp_mean"].tolist())
    psnr = find_metric(metrics, "psnr_rgb")
    assert set(bd_table(results, "jpeg", psnr)["series"]) == {"jpeg", "steps-estimate"}
    with pytest.raises(
        UsageError, match=r"its rates are estimates, and no bytes; .* name it 'estimate:steps-estimate'"
    ):
        bd_table(results, "steps-estimate", psnr)
    assert set(bd_table(results, "estimate:steps-estimate", psnr)["anchor"]) == {"steps-estimate"}
    figure = (tmp_path / "out" / "rd_psnr_rgb.svg").read_text(encoding="utf-8")
    hollow = set(re.findall("fill: #ffffff; stroke: (#[0-9a-f]{6})", figure)) - {"#ffffff"}
    assert len(hollow) == 1, "the points of one of the two codecs"


@pytest.mark.slow
def test_a_rate_is_matched_by_the_estimate(rdbench: Run, tmp_path: Path, serial: None, undrawn: None) -> None:
    (tmp_path / "images").mkdir()
    Pictures.fromarray(photo(32, 48)).save(tmp_path / "images" / "a.png")
    declare(tmp_path, {"rate": "estimate"}, ESTIMATE)
    words = ("--match", "bpp=6", "--dataset", "folder:images", "--metrics", "psnr", "--out", "out")
    rdbench("run", "--codecs", "./steps.toml", *words)
    (row,) = read_results([tmp_path / "out"], all_metrics()).records.to_dict("records")
    assert 2 < row["bpp"] <= 6
