"""Fixtures that tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.dataset import DATA_VARIABLE
from benchmark.plugins import codec_class

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The user's data folder; tests that need it are skipped where there is none."""
    root = os.environ.get(DATA_VARIABLE)
    if not root:
        pytest.skip(f"{DATA_VARIABLE} is not set: no data folder with kodak/, mnist/ and the rest")
    return Path(root).resolve()


@pytest.fixture(scope="session")
def kodak(data_root: Path) -> Path:
    if not (data_root / "kodak" / "kodim24.png").exists():
        pytest.skip(f"no kodak/ in {data_root}")
    return data_root / "kodak"


@pytest.fixture
def rdbench(tmp_path: Path) -> Run:
    """Runs the command line as a user does, in an empty folder."""

    def run(*words: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "benchmark", *words], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "COLUMNS": "160", "PYTHONPATH": str(ROOT), **environment},
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


def photo(height: int, width: int, channels: int = 3, seed: int = 7) -> npt.NDArray[np.uint8]:
    """A picture with smooth areas, edges and texture, of any size; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = []
    for phase in range(channels):
        plane = 120 + 60 * np.sin(x / 31 + phase) + 40 * np.cos(y / 17 - phase)
        plane += np.where((x // 16 + y // 24) % 5 == phase, 45, 0)
        planes.append(plane + rng.normal(0, 4, (height, width)))
    stacked = np.clip(np.rint(np.stack(planes, axis=-1)), 0, 255).astype(np.uint8)
    return stacked[..., 0] if channels == 1 else stacked


def jpeg_at(image: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.uint8]:
    """An image after a trip through JPEG."""
    codec = codec_class("jpeg").from_settings({"quality": quality})
    return codec.decode(codec.encode(image))
