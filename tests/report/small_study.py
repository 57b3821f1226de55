"""Fixtures of a small study: photographs, results of two codecs on them, and their report.

The folders ``report`` and ``workflows`` import them in their ``conftest.py``; both find one and the same study.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.plugins import all_metrics
from benchmark.report.build import collect
from benchmark.report.content import Report
from benchmark.run.runner import run_study
from benchmark.run.study import resolve
from benchmark.system.pool import Pool
from tests.conftest import photo
from tests.serial import Serial

METRICS, SHOWN = all_metrics(), ["psnr", "ms_ssim"]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures: one flat but for noise, in a corner of which lie fine stripes, and two of texture."""
    folder = tmp_path_factory.getbasetemp() / "small-study" / "set_1%"
    if folder.exists():
        return folder
    folder.mkdir(parents=True)
    flat = np.full((320, 400, 3), 110, np.uint8)
    flat[200:, 280:] = photo(120, 120)
    flat[200:, 280:][:, ::2] //= 3
    for name, pixels in {"a_flat": flat, "b": photo(256, 256), "c": photo(224, 288, seed=3)}.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def results(photos: Path) -> Path:
    """The results of two codecs on them."""
    out = photos.parent / "results" / "small"
    study, _ = resolve(
        codecs={"jpeg": {"quality": [5, 15, 30, 50, 70, 90]}, "webp": {"quality": [2, 10, 30, 50, 70, 90]}},
        dataset=f"folder:{photos}",
        metrics=SHOWN,
    )
    if not out.exists():
        run_study(study, out=out, data_root=None, jobs=1, command="python -m benchmark run", engine=Serial())
        # As if times had been measured to be published: that takes a machine that does nothing else.
        records = pd.read_csv(out / "records.csv", dtype=str, keep_default_na=False)
        records.assign(jobs="1", repeats="5").to_csv(out / "records.csv", index=False)
    return out


@pytest.fixture(scope="session")
def report(results: Path) -> Report:
    return collect([results], METRICS, chosen=SHOWN)


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with Serial()(1) as workers:
        yield workers
