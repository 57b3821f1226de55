"""Data sets: where they are found, what they say when they are not, and that they stream."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.dataset import DATA_VARIABLE, Dataset, data_roots
from benchmark.errors import DigestError, MissingData, UnsupportedImage, UsageError
from benchmark.plugins import dataset_class, dataset_classes, open_dataset
from benchmark.workflows.patches import build
from tests.conftest import Run, photo


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps a developer's own downloads out of the tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder served over HTTP on this machine."""
    folder = tmp_path / "www"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{listener.server_port}/"
    listener.shutdown()
    thread.join()
    listener.server_close()


def test_sample_works_offline() -> None:
    sample = open_dataset("sample")
    assert sample.count() == len(sample.items()) == 6
    assert sample.label == "sample"
    for item in sample.items():
        images = sample.load(item)
        assert images.dtype == np.uint8
        assert images.shape[0] == 1
        assert images.ndim in (3, 4)


def test_folder_is_recursive_ordered_and_strict(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    Image.fromarray(photo(9, 7)).save(tmp_path / "b" / "z.png")
    Image.fromarray(photo(9, 7, 1)).save(tmp_path / "a.PNG")
    (tmp_path / "notes.txt").write_text("no image")
    folder = open_dataset(f"folder:{tmp_path}")
    assert list(folder.items()) == ["a.PNG", "b/z.png"]
    assert folder.load("a.PNG").shape == (1, 9, 7)
    assert np.array_equal(folder.load("b/z.png")[0], photo(9, 7))


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "LA", "CMYK"])
def test_folder_refuses_what_would_lose_bits(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (8, 8)).save(tmp_path / "x.tif")
    with pytest.raises(UnsupportedImage, match="expected an 8-bit grey or RGB image"):
        open_dataset(f"folder:{tmp_path}").load("x.tif")


def test_broken_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"not a picture")
    with pytest.raises(MissingData, match=r"x\.png: cannot be read as an image"):
        open_dataset(f"folder:{tmp_path}").load("x.png")


def test_folder_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a path"):
        open_dataset("folder")
    with pytest.raises(MissingData, match="not a directory"):
        _ = open_dataset(f"folder:{tmp_path / 'none'}").items()
    with pytest.raises(MissingData, match="no image below"):
        _ = open_dataset(f"folder:{tmp_path}").items()


def test_unknown_names_list_the_known() -> None:
    with pytest.raises(UsageError, match=r"unknown data set 'kodac'; known: .*kodak"):
        open_dataset("kodac")
    with pytest.raises(UsageError, match="takes nothing after the colon"):
        open_dataset("kodak:train")
    with pytest.raises(UsageError, match="splits test and train"):
        open_dataset("mnist:valid")


@pytest.mark.parametrize("name", sorted(name for name, cls in dataset_classes().items() if cls.fetchable))
def test_missing_sets_say_where_they_looked_and_what_to_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RDBENCH_DATA", raising=False)
    cls = dataset_class(name)
    if hasattr(cls, "system_folder"):
        monkeypatch.setattr(cls, "system_folder", None)
    with pytest.raises(MissingData) as caught:
        _ = open_dataset(name, tmp_path / "here").items()
    text = str(caught.value)
    assert str(tmp_path / "here") in text
    assert str(tmp_path / "cache") in text
    assert f"python -m benchmark data fetch {name}" in text
    assert "RDBENCH_DATA" in text


def test_search_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RDBENCH_DATA", "/from/environment")
    assert data_roots(Path("/from/flag"))[:2] == [Path("/from/flag"), Path("/from/environment")]
    assert str(data_roots()[-1]).startswith(str(tmp_path / "cache"))


def test_an_incomplete_set_has_the_name_of_the_whole(tmp_path: Path) -> None:
    (tmp_path / "kodak").mkdir()
    for index in (3, 7):
        Image.fromarray(photo(16, 24)).save(tmp_path / "kodak" / f"kodim{index:02}.png")
    kodak = open_dataset("kodak", tmp_path)
    assert kodak.label == "kodak"
    assert (kodak.count(), kodak.expected) == (2, 24)
    assert list(kodak.items()) == ["kodim03", "kodim07"]


def test_shared_sets(data_root: Path) -> None:
    assert open_dataset("kodak", data_root).label == "kodak"
    assert open_dataset("kodak", data_root).load("kodim01").shape == (1, 512, 768, 3)
    assert open_dataset("clic2020-professional-valid", data_root).label == "clic2020-professional-valid"
    assert open_dataset("clic2025-validation", data_root).label == "clic2025-validation"
    cid22 = open_dataset("cid22-validation", data_root)
    assert (cid22.label, cid22.load(cid22.items()[0]).shape) == ("cid22-validation", (1, 512, 512, 3))
    for name in ("mnist", "fashion-mnist"):
        for split, count in (("test", 10_000), ("train", 60_000)):
            dataset = open_dataset(f"{name}:{split}", data_root)
            assert dataset.count() == count
            assert sum(len(dataset.load(item)) for item in dataset.items()) == count
        assert open_dataset(name, data_root).label == name
        assert next(open_dataset(name, data_root).training_images()).shape == (1000, 28, 28)


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


def fetched(cls: type[Dataset], destination: Path) -> Dataset:
    folder = cls.fetch(destination)
    assert folder.is_dir()
    return cls([destination])


def test_fetch_of_single_files(
    kodak: Path, server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = server
    cls = dataset_class("kodak")
    monkeypatch.setattr(f"{cls.__module__}._ADDRESS", address)
    for path in kodak.glob("kodim*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert fetched(cls, tmp_path / "got").label == "kodak"
    (folder / "kodim09.png").write_bytes(b"something else")
    with pytest.raises(ValueError, match="hash"):
        cls.fetch(tmp_path / "other")


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


def patch_sets(root: Path, folder: str = "bd") -> Path:
    """Five sets of patches of 16×16 below a data folder."""
    (root / "photos").mkdir(parents=True)
    for index in range(2):
        Image.fromarray(photo(260, 256, 3, index)).save(root / "photos" / f"{index}.png")
    build([root / "photos"], root / folder, side=16, seed=1, order="png", jobs=1)
    return root / folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patch_sets(tmp_path_factory.mktemp("built"))


@pytest.fixture
def bd(built: Path, tmp_path: Path) -> Path:
    """A copy of the patch sets, to be harmed, below a data folder of its own."""
    return Path(shutil.copytree(built, tmp_path / "bd"))


def test_patch_sets_by_split_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.workflows.shards.SHARD", 30)
    monkeypatch.setattr("benchmark.dataset.BATCH", 50)
    folder = patch_sets(tmp_path, "bd-mine")
    sets = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["sets"]
    for name in ("bd0", "bd1", "bd2", "bd3", "bd4"):
        for argument, split in (("mine", "test"), ("mine/test", "test"), ("mine/train", "train")):
            dataset = open_dataset(f"{name}:{argument}", tmp_path)
            assert dataset.label == f"{name}:{'mine' if split == 'test' else argument}"
            assert dataset.count() == sets[name][split]["patches"]
            batches = [dataset.load(item) for item in dataset.items()]
            assert {len(batch) for batch in batches[:-1]} <= {50}
            shards = np.concatenate([np.load(folder / file) for file in sets[name][split]["shards"]])
            assert np.array_equal(np.concatenate(batches), shards)
        trained = np.concatenate(list(open_dataset(f"{name}:mine", tmp_path).training_images()))
        assert np.array_equal(trained, shards)
    assert len(open_dataset("bd2:mine/train", tmp_path).items()) == 2
    assert open_dataset("bd2:mine", tmp_path).items()[0].startswith("test-00000-000")


def test_the_union_of_patch_sets_has_each_patch_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.workflows.shards.SHARD", 30)
    folder = patch_sets(tmp_path)
    where: dict[int, bytes] = {}
    for name in ("bd0", "bd1", "bd2", "bd3", "bd4"):
        index = np.load(folder / name / "train-index.npy")
        dataset = open_dataset(f"{name}:train", tmp_path)
        pixels = np.concatenate([dataset.load(item) for item in dataset.items()])
        where |= {int(place): patch.tobytes() for place, patch in zip(index, pixels, strict=True)}
    union = open_dataset("bd-all:train", tmp_path)
    assert union.label == "bd-all:train"
    assert union.count() == len(where) > max(open_dataset(f"bd{n}:train", tmp_path).count() for n in range(5))
    patches = np.concatenate([union.load(item) for item in union.items()])
    assert [patch.tobytes() for patch in patches] == [where[place] for place in sorted(where)]


@pytest.mark.parametrize("argument", ["a/b", "a/b/test", "/train", "train/", "/"])
def test_patch_sets_refuse_other_arguments(argument: str) -> None:
    with pytest.raises(UsageError, match=r"'bd1' takes \[NAME/\]\[test\|train\] after the colon"):
        open_dataset(f"bd1:{argument}")


def test_missing_patch_sets_say_how_to_build_them(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"data build-bd --source PHOTOGRAPHS --out DIR/bd-none'") as caught:
        _ = open_dataset("bd-all:none/train", tmp_path).items()
    assert str(tmp_path / "bd-none") in str(caught.value)


def test_the_list_of_data_sets_says_how_to_build_patches(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    lines = rdbench("list", "datasets", "--data-root", str(tmp_path)).stdout.splitlines()
    patch_lines = [line for line in lines if line.strip().startswith("bd")]
    assert len(patch_lines) == 6
    assert all("missing: python -m benchmark data build-bd" in line for line in patch_lines)


@pytest.mark.parametrize("harm", ["no json", "no set", "no shard", "short", "long", "other shape", "other count"])
def test_harmed_patch_sets_are_named(bd: Path, tmp_path: Path, harm: str) -> None:
    manifest, shard = bd / "manifest.json", bd / "bd2" / "test-000.npy"
    pixels = np.load(shard)
    content = shard.read_bytes()
    if harm == "no json":
        manifest.write_text("{", encoding="utf-8")
    elif harm == "no set":
        manifest.write_text('{"patch": 16, "sets": {}}', encoding="utf-8")
    elif harm == "no shard":
        shard.unlink()
    elif harm == "short":
        shard.write_bytes(content[:-1])
    elif harm == "long":
        shard.write_bytes(content + b"x")
    elif harm == "other shape":
        np.save(shard, pixels[:, :8])
    else:
        np.save(shard, pixels[:-1])
    with pytest.raises(DigestError, match=r"not as 'data build-bd' writes it .* build it again"):
        _ = open_dataset("bd2", tmp_path).items()
    if manifest.read_text(encoding="utf-8").startswith("{\n"):
        assert open_dataset("bd0", tmp_path).count()
