"""What data sets share: where files are looked for, how pictures are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchmark.dataset import chosen_images, data_roots
from benchmark.errors import MissingData, UnsupportedImage
from benchmark.plugins import open_dataset


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "LA", "CMYK"])
def test_folder_refuses_what_would_lose_bits(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (8, 8)).save(tmp_path / "x.tif")
    with pytest.raises(UnsupportedImage, match="expected an 8-bit grey or RGB image"):
        open_dataset(f"folder:{tmp_path}").load("x.tif")


def test_broken_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"not a picture")
    with pytest.raises(MissingData, match=r"x\.png: cannot be read as an image"):
        open_dataset(f"folder:{tmp_path}").load("x.png")


def test_search_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("RDBENCH_DATA", "/from/environment")
    assert data_roots(Path("/from/flag"))[:2] == [Path("/from/flag"), Path("/from/environment")]
    assert str(data_roots()[-1]).startswith(str(tmp_path / "cache"))


def test_images_are_known_by_their_endings_wherever_they_lie() -> None:
    found, others = chosen_images(
        [
            "a.png",
            "b/c.d/e.JPG",
            "./f.tif",
            "g/./h.png",
            ".i.png",
            "j/.k/l.png",
            "m.png/n",
            "p.avif",
            "q/.png",
            "r",
        ]
    )
    assert found == ["a.png", "b/c.d/e.JPG", "./f.tif", "g/./h.png"]
    assert others == {"hidden": 3, "without an ending": 2, ".avif": 1}
