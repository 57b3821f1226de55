"""Speed, as ratios to other work done in the same run. Not part of the default test command: see README.

python -m pytest tests/perf --benchmark-only
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from skimage.metrics import structural_similarity
from threadpoolctl import threadpool_limits

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.regression.compare import compare
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.regression.tolerance import judged_columns
from benchmark.analysis.results import read_results
from benchmark.colour.channels import to_channels
from benchmark.dataset import read_image
from benchmark.metric import MetricFamily
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.shared.batches import compare_batch, torch_device
from benchmark.metrics.ssim import StructuralSimilarity
from benchmark.plugins import all_metrics, codec_class
from benchmark.workflows.patch_sets import ORDERS, cut
from tests.conftest import ROOT, jpeg_at, photo
from tests.needs import needs


def best_of(call: Callable[[], object], times: int = 5) -> float:
    """Shortest of several runs, in seconds."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@pytest.mark.parametrize(("compiled", "promised"), [(False, 0.35), (True, 0.09)])
def test_all_metrics_against_scikit_image_ssim(
    benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch, compiled: bool, promised: float
) -> None:
    """All eight columns of a 768×512 RGB pair, the reference's half done, against scikit-image's SSIM alone."""
    if compiled:
        needs("numba", extra="numba")
    monkeypatch.setenv("RDBENCH_COMPILED", str(int(compiled)))
    reference = photo(512, 768)
    distorted = jpeg_at(reference, 50)
    families = [Psnr(), StructuralSimilarity()]
    channels = to_channels(reference[np.newaxis])
    prepared = [family.prepare(channels, family.metrics) for family in families]

    def ours() -> None:
        other = to_channels(distorted[np.newaxis])
        for family, half in zip(families, prepared, strict=True):
            family.compare(half, other)

    def theirs() -> None:
        structural_similarity(
            reference,
            distorted,
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        )

    with threadpool_limits(1):
        ratio = best_of(ours) / best_of(theirs)
        benchmark.extra_info["ratio_to_scikit_image_ssim"] = round(ratio, 3)
        benchmark(ours)
    print(f"\nall metrics take {ratio:.3f} × the time of scikit-image's SSIM (promised: at most {promised})")
    assert ratio <= promised


@pytest.mark.parametrize("count", [1, 16])
def test_metrics_in_batches(benchmark: BenchmarkFixture, count: int) -> None:
    """All columns of 768×512 RGB pairs by PyTorch, on a GPU where there is one; and by NumPy on one thread."""
    needs("torch", extra="torch")
    reference = np.stack([photo(512, 768)] * count)
    distorted = np.stack([jpeg_at(reference[0], 50)] * count)
    families: list[MetricFamily] = [Psnr(), StructuralSimilarity()]

    def by_numpy() -> None:
        channels, other = to_channels(reference[:1]), to_channels(distorted[:1])
        for family in families:
            family.compare(family.prepare(channels, family.metrics), other)

    with threadpool_limits(1):
        one = best_of(by_numpy)
    device = torch_device("auto")
    # The values are on the host at the end: nothing is still at work.
    benchmark.pedantic(compare_batch, (reference, distorted), rounds=3, warmup_rounds=1)
    assert benchmark.stats is not None
    each = benchmark.stats.stats.median / count
    benchmark.extra_info |= {"device": device, "pairs_a_second": round(1 / each, 1)}
    print(f"\n{count} pairs at once on {device}: {1 / each:.1f} pairs a second; NumPy on one thread: {1 / one:.1f}")


@pytest.mark.parametrize("direction", ["encode", "decode"])
def test_cvae_on_a_photograph(benchmark: BenchmarkFixture, direction: str) -> None:
    """A 768×512 RGB photograph through the CVAE; at most a second each way is promised."""
    needs("keras", extra="neural")
    codec = codec_class("cvae").from_settings({})
    image = photo(512, 768)
    stream = codec.encode(image)
    benchmark.pedantic(
        (lambda: codec.encode(image)) if direction == "encode" else (lambda: codec.decode(stream)),
        rounds=5,
        warmup_rounds=1,
    )
    assert benchmark.stats is not None
    assert benchmark.stats.stats.median <= 1.0


def test_start_up(benchmark: BenchmarkFixture) -> None:
    """``--help`` in at most half a second."""
    benchmark.pedantic(
        lambda: subprocess.run(
            [sys.executable, "-m", "benchmark", "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        ),
        rounds=5,
    )
    assert benchmark.stats is not None
    assert benchmark.stats.stats.median <= 0.5


def test_kodak_jpeg_sweep(benchmark: BenchmarkFixture, kodak: Path, tmp_path: Path) -> None:
    """JPEG at 19 qualities on 24 images, all columns, curves and table, from the shell.

    CompressAI's bench takes 83 s for PSNR and MS-SSIM over RGB alone on two such cores.
    """
    benchmark.pedantic(
        lambda: subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmark",
                "run",
                "--codecs",
                "jpeg",
                "--dataset",
                "kodak",
                "--data-root",
                str(kodak.parent),
                "--out",
                str(tmp_path / f"{time.monotonic_ns()}"),
            ],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ),
        rounds=2,
    )


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("order", ["png", "shannon"])
def test_ranking_of_patches(benchmark: BenchmarkFixture, kodak: Path, order: str) -> None:
    """Order values of all 32×32 patches of a photograph; at least 5,000 for each second of a core are promised."""
    patches = cut(read_image(kodak / "kodim05.png"), 32).reshape(-1, 32, 32, 3)
    benchmark.pedantic(lambda: ORDERS[order].measure(patches), rounds=10, warmup_rounds=1)
    assert benchmark.stats is not None
    rate = len(patches) / benchmark.stats.stats.min
    print(f"\n{rate:,.0f} patches a second of a core by {order} (promised: at least 5,000)")
    assert rate >= 5000


def test_comparing_the_kodak_baseline(benchmark: BenchmarkFixture) -> None:
    """All rows of 16 codecs with every figure moved, so that all BD-rates and tests are computed."""
    baseline = read_run(ROOT / "results" / "baseline" / "kodak")
    moved = baseline.records.copy()
    factors = np.random.default_rng(1).normal(1, 1e-3, len(moved))
    for column in ("bpp", "psnr_rgb", "ssim_rgb", "ms_ssim_rgb", "encode_s", "decode_s"):
        moved[column] *= factors
    current = dataclasses.replace(baseline, records=moved)
    benchmark.pedantic(lambda: compare(baseline, current, judged_columns(all_metrics(), {})), rounds=3, warmup_rounds=1)


def test_bd_table_of_the_kodak_baseline(benchmark: BenchmarkFixture) -> None:
    """15 codecs against JPEG, on 24 images and their mean."""
    results = read_results([ROOT / "results" / "baseline" / "kodak"], all_metrics())
    benchmark.pedantic(lambda: bd_table(results, "jpeg", results.metric("psnr_rgb")), rounds=3, warmup_rounds=1)
