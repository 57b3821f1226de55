"""Commands that get data sets, or make them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchmark.plugins import dataset_class
from tests.conftest import Run, photo


def test_a_download_that_fails_is_told(rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(folder: Path) -> Path:
        asked.append(folder)
        if len(asked) == 1:
            raise OSError("no route to host")
        return folder / "kodak"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(dataset_class("kodak"), "fetch", fetch)
    done = rdbench("data", "fetch", "kodak", check=False)
    assert (done.returncode, "kodak could not be downloaded: no route to host" in done.stderr) == (2, True)
    assert str(asked[0]).startswith(str(tmp_path / "cache")), "the cache, which is always searched"
    done = rdbench("data", "fetch", "kodak", "--out", "here")
    assert done.stdout == f"kodak is in {Path('here') / 'kodak'}\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--out", "a.npz", "--max-size", "4GB"], "MB such as 40MB, got '4GB'"),
        (["--out", "a.npz", "--max-size", "0MB"], "expected whole megabytes"),
        (["--out", "a.zip"], "a.zip: expected a name that ends in .npz"),
    ],
)
def test_requests_to_pack_that_make_no_sense(rdbench: Run, words: list[str], complaint: str) -> None:
    done = rdbench("pack", "--dataset", "sample", *words, check=False)
    assert (done.returncode, complaint in done.stderr) == (2, True)


def test_a_directory_is_packed(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for index in range(3):
        Image.fromarray(photo(16, 24, 3, index)).save(tmp_path / "photos" / f"{index}.png")
    done = rdbench("pack", "--dataset", "photos", "--count", "2", "--out", "p.npz")
    assert done.stdout == "p.npz: 2 of 3 images, 0.0 MB\n"
    assert (tmp_path / "p.npz").stat().st_size > 1000


def test_patches_have_at_least_8_pixels_a_side(rdbench: Run) -> None:
    done = rdbench("data", "build-bd", "--source", "x", "--out", "bd", "--patch", "4", check=False)
    assert (done.returncode, "8<=x<=1024" in done.stderr) == (2, True)
