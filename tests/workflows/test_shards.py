"""Shards of patches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.workflows import shards
from benchmark.workflows.patches import build
from tests.workflows.examples import digests, manifest_of, stored

SIDE = 16


@pytest.mark.slow
def test_the_number_of_workers_changes_no_byte(source: Path, built: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "bd", side=SIDE, seed=1, order="png", jobs=2)
    assert digests(tmp_path / "bd") == digests(built)


@pytest.mark.slow
def test_no_shard_is_larger_than_promised(source: Path, built: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(shards, "SHARD", 7)
    build([source], tmp_path / "bd", side=SIDE, seed=1, order="png", jobs=1)
    sizes = [len(np.load(path)) for path in (tmp_path / "bd").rglob("*.npy") if not path.stem.endswith("index")]
    assert max(sizes) == 7
    for name in manifest_of(built)["sets"]:
        for split in ("train", "test"):
            pixels, index = stored(tmp_path / "bd", name, split)
            one, same = stored(built, name, split)
            assert index == same
            assert np.array_equal(pixels, one)
