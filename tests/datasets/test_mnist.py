"""The data sets mnist and fashion-mnist."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import DigestError, MissingData
from benchmark.plugins import dataset_class, open_dataset
from tests.datasets.examples import fetched


def test_training_never_sees_the_test_split(data_root: Path) -> None:
    mnist = open_dataset("mnist", data_root)
    seen = {image.tobytes() for batch in mnist.training_images() for image in batch}
    tested = {image.tobytes() for item in mnist.items() for image in mnist.load(item)}
    assert len(seen) == 60_000
    assert not seen & tested


@pytest.mark.slow
def test_noise_is_the_same_everywhere(data_root: Path) -> None:
    noisy, clean = open_dataset("fashion-mnist:noisy", data_root), open_dataset("fashion-mnist", data_root)
    assert noisy.label == "fashion-mnist:noisy"
    assert list(noisy.items()) == list(clean.items())
    source = noisy.load("test-00000-00999")
    assert hashlib.sha256(source.tobytes()).hexdigest() == (
        "8e2185b52a3f775c08ab05b511951e72c00e7628eac4ce5a97fe3a3552c871f9"
    )
    assert np.array_equal(noisy.load("test-00990-01009")[:10], source[990:]), "the noise of an image is its own"
    assert np.array_equal(noisy.reference("test-00000-00999"), clean.load("test-00000-00999"))
    assert np.array_equal(clean.reference("test-00000-00999"), clean.load("test-00000-00999"))
    errors = [np.mean((noisy.load(item).astype(float) - noisy.reference(item)) ** 2) / 255**2 for item in noisy.items()]
    assert np.mean(errors) == pytest.approx(0.0527, abs=0.00005)
    assert np.array_equal(next(noisy.training_images()), next(clean.training_images()))


def test_mnist_is_checked_and_found_compressed_or_not(data_root: Path, tmp_path: Path) -> None:
    data = gzip.decompress((data_root / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())
    (tmp_path / "mnist").mkdir()
    path = tmp_path / "mnist" / "t10k-images-idx3-ubyte"
    path.write_bytes(data)
    assert open_dataset("mnist", tmp_path).load("test-00000-00999").shape == (1000, 28, 28)
    path.write_bytes(data[:-1] + b"\x55")
    with pytest.raises(DigestError, match="expected SHA-256"):
        open_dataset("mnist", tmp_path).load("test-00000-00999")
    for item in ("test-0-10001", "train-00000-00999", "seven", "test-00999-00000"):
        with pytest.raises(MissingData):
            open_dataset("mnist", data_root).load(item)


def test_fashion_mnist_is_found_where_debian_puts_it(
    data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's package gzips the files anew: only their content counts."""
    name = "t10k-images-idx3-ubyte.gz"
    again = gzip.compress(gzip.decompress((data_root / "fashion-mnist" / name).read_bytes()), compresslevel=1)
    (tmp_path / "debian").mkdir()
    (tmp_path / "debian" / name).write_bytes(again)
    cls = dataset_class("fashion-mnist")
    assert str(vars(cls)["system_folder"]) == "/usr/share/datasets/fashion-mnist"
    monkeypatch.setattr(cls, "system_folder", tmp_path / "debian")
    monkeypatch.delenv("RDBENCH_DATA")
    assert open_dataset("fashion-mnist", tmp_path / "none").load("test-09000-09999").shape == (1000, 28, 28)


def test_fetch_of_mnist_checks_the_content(
    data_root: Path, server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = server
    cls = dataset_class("mnist")
    monkeypatch.setattr(cls, "address", address)
    for path in (data_root / "mnist").glob("*images*.gz"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert fetched(cls, tmp_path / "got").load("test-00000-00999").shape == (1000, 28, 28)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    with pytest.raises(DigestError, match="expected SHA-256"):
        cls.fetch(tmp_path / "other")
