"""The repository stays light enough to be cloned for a try."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def sizes() -> dict[str, int]:
    """Bytes of every tracked file, by its path."""
    if not shutil.which("git"):
        pytest.skip("git is not installed, so which files are tracked is not known")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in done.stdout.split("\0") if (ROOT / name).is_file()]
    if not names:
        pytest.skip(f"no git checkout: {done.stderr.strip() or 'nothing here is tracked'}")
    return {name: (ROOT / name).stat().st_size for name in names}


def told(sizes: dict[str, int]) -> str:
    largest = sorted(sizes, key=lambda name: -sizes[name])[:10]
    return f"{sum(sizes.values()) / MEGABYTE:.1f} MB; largest: " + ", ".join(
        f"{name} {sizes[name] / MEGABYTE:.2f}" for name in largest
    )


def test_all_files_together(sizes: dict[str, int]) -> None:
    assert sum(sizes.values()) < 40 * MEGABYTE, told(sizes)


def test_weights_together(sizes: dict[str, int]) -> None:
    weights = {name: size for name, size in sizes.items() if name.startswith("codecs/weights/")}
    assert weights
    assert sum(weights.values()) < 25 * MEGABYTE, told(weights)


def test_no_file_is_large(sizes: dict[str, int]) -> None:
    assert max(sizes.values()) <= 8 * MEGABYTE, told(sizes)


def test_the_committed_page_opens_at_once(sizes: dict[str, int]) -> None:
    assert sizes["reports/baseline/index.html"] <= 2 * MEGABYTE


def test_the_baselines_keep_one_figure(sizes: dict[str, int]) -> None:
    """The others are drawn from the records by ``report``."""
    kept = {".csv", ".json", ".md", ".toml"}
    figures = [name for name in sizes if name.startswith("results/") and Path(name).suffix not in kept]
    assert figures == ["results/baseline/kodak/rd_psnr_rgb.svg"]


def test_the_committed_report_has_each_figure_once(sizes: dict[str, int]) -> None:
    names = [Path(name) for name in sizes if name.startswith("reports/baseline/")]
    figures = [name.stem for name in names if name.suffix in {".svg", ".png", ".pdf", ".webp"}]
    assert figures
    assert len(figures) == len(set(figures))
