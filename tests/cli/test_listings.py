"""What is listed, and what it says of what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.dataset import DATA_VARIABLE
from tests.conftest import Run


def test_the_list_of_codecs_says_what_trades_rate_for_quality(rdbench: Run) -> None:
    listed = {line.split()[0]: line for line in rdbench("list", "codecs").stdout.splitlines() if line.strip()}
    assert "quality 1–100" in listed["jpeg"]
    assert "lossless" in listed["png"]
    assert "fixed rate" in listed["binary-ae"], "its code has one size, and loses"


def test_the_list_of_data_sets_says_how_to_build_patches(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    lines = rdbench("list", "datasets", "--data-root", str(tmp_path)).stdout.splitlines()
    patch_lines = [line for line in lines if line.strip().startswith("bd")]
    assert len(patch_lines) == 6
    assert all("missing: python -m benchmark data build-bd" in line for line in patch_lines)
