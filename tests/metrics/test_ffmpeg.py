"""Metrics of ffmpeg, against what its own commands say of the same pictures as files."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.backends import ffmpeg as backend
from benchmark.colour.channels import to_channels
from benchmark.errors import MissingBackend, ProgramError
from benchmark.metric import Metric
from benchmark.metrics import ffmpeg as family
from benchmark.metrics.ffmpeg import FfmpegMetrics
from benchmark.system.program import run_program
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import Pixels
from tests.needs import needs

needs("imageio_ffmpeg", extra="vmaf")

ALL = FfmpegMetrics.metrics
LARGE = photo(224, 240)
SPOILT = jpeg_at(LARGE, 30)


def measure(reference: Pixels, distorted: Pixels, metrics: tuple[Metric, ...] = ALL) -> dict[str, float]:
    height, width = reference.shape[:2]
    wanted = [metric for metric in metrics if not metric.undefined(height, width, 1 if reference.ndim == 2 else 3)]
    prepared = FfmpegMetrics().prepare(to_channels(reference[np.newaxis]), wanted)
    found = FfmpegMetrics().compare(prepared, to_channels(distorted[np.newaxis]))
    assert list(found) == [metric.column for metric in wanted]
    return {column: float(values[0]) for column, values in found.items()}


def told_by(folder: Path, graph: str) -> str:
    """What a user's command writes into ``log``, of the files ``distorted.png`` and ``reference.png``."""
    words = [backend.program(), "-loglevel", "error", "-i", "distorted.png", "-i", "reference.png", "-lavfi", graph]
    run_program([*words, "-f", "null", "-"], folder=folder, memory=16384)
    return (folder / "log").read_text("utf-8")


@pytest.mark.slow
def test_values_are_those_of_the_commands_of_ffmpeg(tmp_path: Path) -> None:
    Image.fromarray(LARGE).save(tmp_path / "reference.png")
    Image.fromarray(SPOILT).save(tmp_path / "distorted.png")
    models = r"version=vmaf_v0.6.1|version=vmaf_v0.6.1neg\:name=vmaf_neg"
    features = "name=psnr_hvs|name=ciede|name=cambi"
    log = told_by(tmp_path, f"libvmaf=log_fmt=json:log_path=log:model='{models}':feature='{features}'")
    theirs = json.loads(log)["frames"][0]["metrics"]
    told = told_by(tmp_path, "[0]format=yuv444p[a];[1]format=yuv444p[b];[b][a]xpsnr=stats_file=log")
    match = re.search(r"XPSNR y: (\S+)", told)
    assert match is not None
    assert measure(LARGE, SPOILT) == {
        "vmaf_y": theirs["vmaf"],
        "vmaf_neg_y": theirs["vmaf_neg"],
        "psnr_hvs": theirs["psnr_hvs"],
        "psnr_hvs_y": theirs["psnr_hvs_y"],
        "ciede2000": theirs["ciede2000"],
        "cambi_y": theirs["cambi"],
        "xpsnr_y": float(match[1]),
    }


@pytest.mark.slow
def test_one_call_gives_what_a_call_for_each_gives() -> None:
    together = measure(LARGE, SPOILT)
    assert all(measure(LARGE, SPOILT, (metric,)) == {metric.column: together[metric.column]} for metric in ALL)


@pytest.mark.slow
def test_equal_pictures() -> None:
    found = measure(LARGE, LARGE)
    best = [column for column, value in found.items() if value == math.inf]
    assert best == ["psnr_hvs", "psnr_hvs_y", "ciede2000", "xpsnr_y"]
    assert 95 < found["vmaf_neg_y"] <= found["vmaf_y"] < 100
    assert found["cambi_y"] == measure(SPOILT, LARGE, ALL)["cambi_y"], "it looks at the decoded picture alone"


@pytest.mark.slow
def test_the_weights_of_xpsnr_are_those_of_the_original() -> None:
    """Squared errors are the same either way round."""
    flat = np.full_like(LARGE, 128)
    busy = flat.copy()
    busy[:, ::2, :] += np.random.default_rng(1).integers(0, 100, busy[:, ::2].shape, np.uint8)
    (xpsnr,) = (metric for metric in ALL if metric.name == "xpsnr")
    forwards = measure(busy, flat, (xpsnr,))["xpsnr_y"]
    assert forwards > measure(flat, busy, (xpsnr,))["xpsnr_y"] + 3, "errors count less where the original is busy"


@pytest.mark.slow
def test_grey_pictures_have_what_needs_no_chroma() -> None:
    grey, spoilt = LARGE[..., 0], SPOILT[..., 0]
    found = measure(grey, spoilt)
    assert list(found) == ["vmaf_y", "vmaf_neg_y", "psnr_hvs_y", "ciede2000", "cambi_y", "xpsnr_y"]
    colour = measure(np.stack([grey] * 3, axis=2), np.stack([spoilt] * 3, axis=2))
    assert {column: colour[column] for column in found} == pytest.approx(found, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.column)
def test_the_smallest_sizes_have_values(metric: Metric) -> None:
    least = metric.smallest
    for height, width in ((least, least), (least, least + 3)):
        value = measure(photo(height, width), jpeg_at(photo(height, width), 30), (metric,))[metric.column]
        assert math.isfinite(value)
    assert metric.undefined(least - 1, 400, 3) == f"{metric.name} is undefined below {least} pixels a side"


@pytest.mark.slow
def test_images_of_a_batch_have_a_value_each() -> None:
    pictures, others = (
        np.stack([LARGE[:40, :40], LARGE[40:80, 60:100]]),
        np.stack([SPOILT[:40, :40], SPOILT[40:80, 60:100]]),
    )
    prepared = FfmpegMetrics().prepare(to_channels(pictures), ALL[:1])
    values = FfmpegMetrics().compare(prepared, to_channels(others))["vmaf_y"]
    assert list(values) == [measure(*pair, ALL[:1])["vmaf_y"] for pair in zip(pictures, others, strict=True)]


def test_the_version_is_that_of_ffmpeg() -> None:
    assert re.fullmatch(r"ffmpeg \S+, imageio-ffmpeg [\d.]+", FfmpegMetrics.version())


def test_an_ffmpeg_without_the_filters_is_told() -> None:
    with pytest.raises(MissingBackend, match=r"has no filter of_tomorrow: .* pip install --upgrade 'rdbench\[vmaf\]'"):
        backend.filters_version("libvmaf", "of_tomorrow")


def test_a_picture_that_a_filter_refuses_is_told() -> None:
    with pytest.raises(ProgramError, match=r"ffmpeg\S* ended with status"):
        backend.filter_frames([np.zeros((8, 8), np.uint8)], "[0:v]crop=99:99[out]", ["out"])


@pytest.mark.parametrize(
    "log", ["", "{", '{"frames": []}', '{"frames": [{"metrics": 3}]}', '{"frames": [{"metrics": {}}]}']
)
def test_a_log_that_makes_no_sense_is_told(monkeypatch: pytest.MonkeyPatch, log: str) -> None:
    monkeypatch.setattr(family, "filter_frames", lambda *_: (log, ""))
    with pytest.raises(ProgramError, match=r"ffmpeg: expected values of vmaf_y, .*xpsnr_y, got"):
        measure(LARGE, SPOILT)


def test_it_is_left_to_those_who_ask() -> None:
    assert not any(metric.by_default for metric in ALL)
    assert {metric.name for metric in ALL if "jpeg-ai" in metric.groups} == {"vmaf", "psnr_hvs"}
