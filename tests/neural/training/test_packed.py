"""Training images in one file that is easily carried."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmark.dataset import read_image
from benchmark.errors import UsageError
from benchmark.neural.training.packed import PackedImages, pack
from benchmark.plugins import open_dataset
from tests.conftest import Run, photo


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index, ending in enumerate(("jpg", "png", "jpg", "png")):
        PIL.Image.fromarray(photo(70, 90, 3, index)).save(folder / f"{index}.{ending}")
    PIL.Image.fromarray(photo(50, 40, 1)).save(folder / "4.png")
    return folder


def test_pixels_come_back_and_jpeg_files_stay_as_they_are(photos: Path, tmp_path: Path) -> None:
    source = open_dataset(f"folder:{photos}")
    assert pack(source, "photos", tmp_path / "t.npz", count=None, max_bytes=10**6) == (5, 5)
    packed = PackedImages(tmp_path / "t.npz")
    assert (packed.name, packed.label) == ("photos", "photos")
    for batch, path in zip(packed.images(), sorted(photos.iterdir()), strict=True):
        assert np.array_equal(batch, read_image(path)[np.newaxis])
    assert (photos / "0.jpg").read_bytes() in (tmp_path / "t.npz").read_bytes()


def test_as_many_as_asked_for_and_as_fit(photos: Path, tmp_path: Path) -> None:
    source = open_dataset(f"folder:{photos}")
    assert pack(source, "photos", tmp_path / "t.npz", count=3, max_bytes=10**6) == (3, 5)
    assert PackedImages(tmp_path / "t.npz").label == "photos (3 of 5)"
    most = 20_000
    packed, _ = pack(source, "photos", tmp_path / "t.npz", count=None, max_bytes=most)
    assert 0 < packed < 5
    assert (tmp_path / "t.npz").stat().st_size <= most
    with pytest.raises(UsageError, match="no image of photos fits"):
        pack(source, "photos", tmp_path / "t.npz", count=None, max_bytes=5000)
    with pytest.raises(UsageError, match="expected a file that 'pack' wrote"):
        PackedImages(photos / "0.jpg")


@pytest.mark.slow
def test_patches_of_a_training_split_are_packed(data_root: Path, tmp_path: Path) -> None:
    mnist = open_dataset("mnist", data_root)
    assert pack(mnist, "mnist", tmp_path / "t.npz", count=5, max_bytes=10**6) == (5, 60_000)
    seen = {image.tobytes() for batch in mnist.training_images() for image in batch}
    assert all(batch[0].tobytes() in seen for batch in PackedImages(tmp_path / "t.npz").images())


@pytest.mark.neural
@pytest.mark.slow
def test_a_packed_file_is_trained_on(rdbench: Run, photos: Path, tmp_path: Path) -> None:
    (photos / "4.png").unlink()
    assert "4 of 4 images" in rdbench("pack", "--dataset", "photos", "--out", "t.npz", "--max-size", "1MB").stdout
    words = ["train", "binary-ae", "--packed", "t.npz", "--out", "w"]
    for option in ("model=2", "crop=16", "batch_size=2", "steps=2", "epochs=1", "limit=12"):
        words += ["--option", option]
    rdbench(*words)
    assert json.loads((tmp_path / "w" / "card.json").read_text(encoding="utf-8"))["data"] == "folder:photos"
    for wrong, complaint in ((["--max-size", "much"], "whole megabytes"), (["--out", "t.zip"], "ends in .npz")):
        done = rdbench("pack", "--dataset", "photos", "--out", "t.npz", *wrong, check=False)
        assert done.returncode == 2
        assert complaint in done.stderr
    done = rdbench("train", "binary-ae", check=False)
    assert done.returncode == 2
    assert "one of --dataset and --packed" in done.stderr
