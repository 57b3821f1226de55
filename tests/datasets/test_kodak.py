"""The data set kodak."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchmark.plugins import dataset_class, open_dataset
from tests.conftest import photo
from tests.datasets.examples import fetched


def test_an_incomplete_set_has_the_name_of_the_whole(tmp_path: Path) -> None:
    (tmp_path / "kodak").mkdir()
    for index in (3, 7):
        Image.fromarray(photo(16, 24)).save(tmp_path / "kodak" / f"kodim{index:02}.png")
    kodak = open_dataset("kodak", tmp_path)
    assert kodak.label == "kodak"
    assert (kodak.count(), kodak.expected) == (2, 24)
    assert list(kodak.items()) == ["kodim03", "kodim07"]


def test_fetch_of_single_files(
    kodak: Path, server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = server
    cls = dataset_class("kodak")
    monkeypatch.setattr(cls, "address", address)
    for path in kodak.glob("kodim*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert fetched(cls, tmp_path / "got").label == "kodak"
    (folder / "kodim09.png").write_bytes(b"something else")
    with pytest.raises(ValueError, match="hash"):
        cls.fetch(tmp_path / "other")
