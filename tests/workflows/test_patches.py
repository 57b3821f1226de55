"""The builder of the entropy-binned patch sets: what it ranks by, what it draws, and that it is whole or not there."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from benchmark.errors import MissingData, UsageError
from benchmark.workflows import patches, shards
from benchmark.workflows.patch_sets import ORDERS, cut, is_test, members, png_bytes, shannon_bits
from benchmark.workflows.patches import build
from tests.conftest import ROOT, Run, photo

SIDE = 16
_Patches = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures that give patches, and five that give none: a copy, and what cannot be used."""
    folder = tmp_path_factory.mktemp("here") / "photos"
    (folder / "below").mkdir(parents=True)
    for index, (height, width) in enumerate([(330, 203), (64, 300), (161, 320)]):
        picture = photo(height, width, 3, index)
        picture[:SIDE] = picture[0, 0]  # flat, so that many patches are equal and tie
        Image.fromarray(picture).save(folder / "below" / f"{index}.png")
    shutil.copy(folder / "below" / "1.png", folder / "twin.png")
    Image.fromarray(photo(64, 64, 1)).save(folder / "grey.png")
    Image.fromarray(photo(15, 64)).save(folder / "low.png")
    Image.new("RGBA", (64, 64)).save(folder / "transparent.png")
    (folder / "torn.png").write_bytes((folder / "twin.png").read_bytes()[:4000])
    return folder


@pytest.fixture(scope="module")
def built(source: Path) -> Path:
    out = source.parent / "bd"
    build([source], out, side=SIDE, seed=1, order="png", jobs=1)
    return out


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def all_patches(source: Path) -> list[_Patches]:
    """Every patch, in plain loops."""
    found = []
    for index in range(3):
        pixels = np.asarray(Image.open(source / "below" / f"{index}.png"))
        for top in range(0, pixels.shape[0] - SIDE + 1, SIDE):
            for left in range(0, pixels.shape[1] - SIDE + 1, SIDE):
                found.append(pixels[top : top + SIDE, left : left + SIDE])  # noqa: PERF401
    return found


def stored(folder: Path, name: str, split: str) -> tuple[_Patches, list[int]]:
    shards = manifest_of(folder)["sets"][name][split]["shards"]
    index = np.load(folder / name / f"{split}-index.npy")
    return np.concatenate([np.load(folder / file) for file in shards]), index.tolist()


def test_a_plain_reference_gives_the_same_sets(source: Path, built: Path) -> None:
    expected = all_patches(source)
    sizes = []
    for patch in expected:
        buffer = io.BytesIO()
        Image.fromarray(patch).save(buffer, "PNG", compress_level=6)
        sizes.append(len(buffer.getvalue()))
    count = len(expected)
    ranking = sorted(range(count), key=lambda place: (sizes[place], place))
    manifest = manifest_of(built)
    assert manifest["patches"] == count == 20 * 12 + 4 * 18 + 10 * 20
    assert manifest["thresholds"] == [sizes[ranking[count * fifth // 5]] for fifth in (1, 2, 3, 4)]
    bands = {
        "bd0": set(ranking[: count // 5]),
        "bd1": set(ranking[count * 2 // 5 : count * 3 // 5]),
        "bd2": set(ranking[count * 4 // 5 :]),
    }
    held: dict[str, list[int]] = {}
    for name in manifest["sets"]:
        held[name] = []
        for split in ("train", "test"):
            pixels, index = stored(built, name, split)
            assert pixels.shape == (len(index), SIDE, SIDE, 3)
            assert manifest["sets"][name][split]["patches"] == len(index)
            for patch, place in zip(pixels, index, strict=True):
                assert np.array_equal(patch, expected[place])
                assert is_test(patch, 1) == (split == "test")
            held[name] += index
        assert len(set(held[name])) == len(held[name])
    for name, band in bands.items():
        assert set(held[name]) == band
    assert len(held["bd3"]) == len(held["bd4"]) == count // 5
    assert set(held["bd4"]) <= set(ranking[count // 2 :])
    assert min(ranking.index(place) for place in held["bd3"]) < count // 5


def test_nothing_tested_is_trained_on(built: Path) -> None:
    seen: dict[str, set[bytes]] = {"train": set(), "test": set()}
    for name in manifest_of(built)["sets"]:
        for split, pixels in seen.items():
            pixels |= {patch.tobytes() for patch in stored(built, name, split)[0]}
    assert seen["test"]
    assert not seen["train"] & seen["test"]


def test_one_patch_in_ten_is_for_tests() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (20_000, 4, 4, 3), dtype=np.uint8)
    first, second = ([is_test(patch, seed) for patch in noise] for seed in (1, 2))
    assert 0.09 < np.mean(first) < 0.11
    assert 0.09 < np.mean(second) < 0.11
    assert first != second


def test_random_sets_depend_on_the_seed_and_bands_do_not() -> None:
    values = np.random.default_rng(0).integers(0, 50, 1003).astype(float)
    one, limits = members(values, 1)
    other, same_limits = members(values, 2)
    assert limits == same_limits
    for name in ("bd0", "bd1", "bd2"):
        assert np.array_equal(one[name], other[name])
    for name in ("bd3", "bd4"):
        assert len(one[name]) == len(np.unique(one[name])) == 200
        assert not np.array_equal(one[name], other[name])
    assert values[one["bd4"]].min() >= np.median(values)


def test_the_number_of_workers_changes_no_byte(source: Path, built: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "bd", side=SIDE, seed=1, order="png", jobs=2)
    assert digests(tmp_path / "bd") == digests(built)


def test_the_manifest_tells_all_there_is(source: Path, built: Path) -> None:
    manifest = manifest_of(built)
    found = digests(built)
    assert manifest["files"] == {name: digest for name, digest in found.items() if name.endswith((".npy", ".csv"))}
    assert [entry["name"] for entry in manifest["sources"]] == [f"photos/below/{index}.png" for index in range(3)]
    for entry in manifest["sources"]:
        assert entry["sha256"] == hashlib.sha256((source.parent / entry["name"]).read_bytes()).hexdigest()
    reasons = {entry["name"]: entry["reason"] for entry in manifest["skipped"]}
    assert reasons.keys() == {f"photos/{name}.png" for name in ("grey", "low", "torn", "transparent", "twin")}
    assert reasons["photos/twin.png"] == "the same file as photos/below/1.png"
    assert "grey" in reasons["photos/grey.png"]
    assert "64×15" in reasons["photos/low.png"]
    assert "mode RGBA" in reasons["photos/transparent.png"]
    assert str(source.parent) not in (built / "manifest.json").read_text(encoding="utf-8")
    assert {"pillow", "zlib", "numpy"} == manifest["versions"].keys()


def test_histograms_count_every_patch(built: Path) -> None:
    with (built / "histogram.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    manifest = manifest_of(built)
    assert sum(int(row["all"]) for row in rows) == manifest["patches"]
    for name, splits in manifest["sets"].items():
        assert sum(int(row[name]) for row in rows) == sum(splits[split]["patches"] for split in splits)
    for ending in ("png", "svg", "pdf"):
        assert (built / f"histogram.{ending}").stat().st_size > 1000


def test_no_shard_is_larger_than_promised(source: Path, built: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(shards, "SHARD", 7)
    build([source], tmp_path / "bd", side=SIDE, seed=1, order="png", jobs=1)
    sizes = [len(np.load(path)) for path in (tmp_path / "bd").rglob("*.npy") if not path.stem.endswith("index")]
    assert max(sizes) == 7
    for name in manifest_of(built)["sets"]:
        for split in ("train", "test"):
            pixels, index = stored(tmp_path / "bd", name, split)
            one, same = stored(built, name, split)
            assert index == same
            assert np.array_equal(pixels, one)


@pytest.mark.parametrize("kind", ["flat", "photo", "noise"])
def test_the_measure_is_the_length_of_a_png_file(kind: str, tmp_path: Path) -> None:
    pixels = {
        "flat": np.full((32, 32, 3), 7, np.uint8),
        "photo": photo(32, 32),
        "noise": np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8),
    }[kind]
    path = tmp_path / "patch.png"
    Image.fromarray(pixels).save(path, compress_level=6)
    assert png_bytes(pixels[np.newaxis]).tolist() == [path.stat().st_size]
    assert np.array_equal(np.asarray(Image.open(path)), pixels)


def test_shannon_entropy_of_known_patches() -> None:
    two = np.zeros((4, 4, 3), np.uint8)
    two[:2] = 200
    every = np.arange(768, dtype=np.uint16).astype(np.uint8).reshape(16, 16, 3)
    assert shannon_bits(np.stack([two, two * 0])).tolist() == pytest.approx([1.0, 0.0])
    assert shannon_bits(every[np.newaxis]).tolist() == pytest.approx([8.0])


def test_sets_by_shannon_entropy(source: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "bd", side=SIDE, seed=1, order="shannon", jobs=1)
    entropies = shannon_bits(np.stack(all_patches(source)))
    limits = manifest_of(tmp_path / "bd")["thresholds"]
    assert limits == pytest.approx(np.sort(entropies)[[len(entropies) * fifth // 5 for fifth in (1, 2, 3, 4)]])
    for split in ("train", "test"):
        assert shannon_bits(stored(tmp_path / "bd", "bd2", split)[0]).min() >= limits[3]
    assert manifest_of(tmp_path / "bd")["order_definition"] == ORDERS["shannon"].definition


def test_patches_are_cut_without_gaps() -> None:
    image = photo(50, 70)
    grid = cut(image, 16)
    assert grid.shape == (3, 4, 16, 16, 3)
    assert np.array_equal(grid[1, 2], image[16:32, 32:48])


def test_bad_requests(source: Path, built: Path, tmp_path: Path) -> None:
    before = digests(built)

    def attempt(*sources: Path, out: Path = tmp_path / "bd", side: int = SIDE) -> None:
        build(list(sources), out, side=side, seed=1, order="png", jobs=1)

    with pytest.raises(UsageError, match=r"exists already; remove it, or give another --out"):
        attempt(source, out=built)
    assert digests(built) == before
    with pytest.raises(MissingData, match="is not a directory"):
        attempt(tmp_path / "none")
    with pytest.raises(MissingData, match="no image below"):
        attempt(tmp_path)
    with pytest.raises(UsageError, match="two sources are named 'photos'"):
        attempt(source, source)
    with pytest.raises(UsageError, match=r"no image gives a patch of 512×512: .*smaller than a patch: 203×330"):
        attempt(source, side=512)
    (source.parent / "two" / "photos").mkdir(parents=True)
    for name in ("below/0.png", "below/2.png", "grey.png"):
        shutil.copy(source / name, source.parent / "two" / "photos")
    with pytest.raises(UsageError, match=r"25 patches of 64×64 are too few: .*:test.* would be empty.*grey.png: grey"):
        attempt(source.parent / "two" / "photos", side=64)
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_changes_meanwhile_is_told(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(source, tmp_path / "photos")
    draw = members

    def change(*words: Any) -> Any:
        Image.fromarray(photo(330, 203, 3, 99)).save(tmp_path / "photos" / "below" / "0.png")
        return draw(*words)

    monkeypatch.setattr(patches, "members", change)
    with pytest.raises(UsageError, match=r"photos/below/0\.png changed while the sets were built"):
        build([tmp_path / "photos"], tmp_path / "bd", side=SIDE, seed=1, order="png", jobs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_full_disk_is_told_before_anything_is_written(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(UsageError, match=r"the sets take 0\.0 GiB, and .* has 0\.0 GiB free"):
        build([source], tmp_path / "bd", side=SIDE, seed=1, order="png", jobs=1)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_build_leaves_nothing_that_looks_whole(source: Path, built: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "benchmark",
        "data",
        "build-bd",
        "--source",
        str(source),
        "--patch",
        str(SIDE),
        "--out",
        str(tmp_path / "bd"),
        "--jobs",
        "1",
    ]
    build_process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".bd.partial/*/*.npy")):
        assert time.monotonic() < deadline
        assert build_process.poll() is None, "it ended before it could be killed"
        time.sleep(0.001)
    os.killpg(build_process.pid, signal.SIGKILL)
    build_process.wait()
    assert [path.name for path in tmp_path.iterdir()] == [".bd.partial"]
    assert not (tmp_path / ".bd.partial" / "manifest.json").exists()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert digests(tmp_path / "bd") == digests(built)
    assert [path.name for path in tmp_path.iterdir()] == ["bd"]


def test_from_the_shell(source: Path, rdbench: Run, tmp_path: Path) -> None:
    words = ("data", "build-bd", "--source", str(source), "--out", "data/bd-tiny", "--patch", "16", "--jobs", "1")
    done = rdbench(*words)
    assert "512 patches of 3 images; 5 skipped" in done.stdout
    again = rdbench(*words, check=False)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert "Traceback" not in again.stderr
    rdbench(
        "run",
        "--codecs",
        "jpeg,webp",
        "--set",
        "jpeg.quality=75",
        "--set",
        "webp.quality=75",
        "--dataset",
        "bd2:tiny/train",
        "--data-root",
        "data",
        "--jobs",
        "1",
        "--out",
        "results",
    )
    rows = list(csv.DictReader((tmp_path / "results" / "records.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["status"] for row in rows] == ["ok", "ok"]
    assert {row["dataset"] for row in rows} == {"bd2:tiny/train"}
    assert all(float(row["payload_bpp"]) < float(row["bpp"]) for row in rows)
