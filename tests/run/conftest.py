"""Pictures to run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import photo


@pytest.fixture(autouse=True)
def nothing_is_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test before it has warmed up in this process counts for no test."""
    monkeypatch.setattr("benchmark.run.timing.WARM", set())


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for index in range(2):
        Image.fromarray(photo(120, 160, 3, index)).save(tmp_path / "pictures" / f"{index}.png")
    return tmp_path / "pictures"
