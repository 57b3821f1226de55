"""The data sets of CLIC."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from benchmark.plugins import dataset_class
from tests.conftest import photo
from tests.datasets.examples import fetched


def test_fetch_of_an_archive(server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, address = server
    cls = dataset_class("clic2020-professional-valid")
    with zipfile.ZipFile(folder / "valid.zip", "w") as archive:
        for index in range(3):
            Image.fromarray(photo(8, 8, 3, index)).save(tmp_path / "x.png")
            archive.write(tmp_path / "x.png", f"valid/{index}.png")
            archive.writestr(f"__MACOSX/valid/._{index}.png", b"junk")
    digest = hashlib.sha256((folder / "valid.zip").read_bytes()).hexdigest()
    monkeypatch.setattr(cls, "address", f"{address}valid.zip")
    monkeypatch.setattr(cls, "digest", digest)
    dataset = fetched(cls, tmp_path / "got")
    assert list(dataset.items()) == ["0", "1", "2"]
    assert (dataset.count(), dataset.expected) == (3, 41)
    monkeypatch.setattr(cls, "digest", "0" * 64)
    with pytest.raises(ValueError, match="hash"):
        cls.fetch(tmp_path / "other")
