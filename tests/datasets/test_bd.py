"""The patch sets bd0 to bd4."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.errors import DigestError, MissingData, UsageError
from benchmark.plugins import open_dataset
from benchmark.workflows.patches import build
from tests.conftest import photo
from tests.serial import Serial


def patch_sets(root: Path, folder: str = "bd") -> Path:
    """Five sets of patches of 16×16 below a data folder."""
    (root / "photos").mkdir(parents=True)
    for index in range(2):
        Image.fromarray(photo(260, 256, 3, index)).save(root / "photos" / f"{index}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmark.workflows.patches.process_pool", Serial())
        build([root / "photos"], root / folder, side=16, seed=1, order="png", jobs=1)
    return root / folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patch_sets(tmp_path_factory.mktemp("built"))


@pytest.fixture
def bd(built: Path, tmp_path: Path) -> Path:
    """A copy of the patch sets, to be harmed, below a data folder of its own."""
    return Path(shutil.copytree(built, tmp_path / "bd"))


@pytest.mark.slow
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


@pytest.mark.slow
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
