"""The builder of the entropy-binned patch sets: what it draws, and that it is whole or not there."""

from __future__ import annotations

import csv
import hashlib
import io
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
from benchmark.workflows import patches
from benchmark.workflows.patch_sets import ORDERS, is_test, members, shannon_bits
from benchmark.workflows.patches import build
from tests.conftest import ROOT, Run, photo
from tests.workflows.examples import digests, manifest_of, stored

SIDE = 16


_Patches = npt.NDArray[np.uint8]


def all_patches(source: Path) -> list[_Patches]:
    """Every patch, in plain loops."""
    found = []
    for index in range(3):
        pixels = np.asarray(Image.open(source / "below" / f"{index}.png"))
        for top in range(0, pixels.shape[0] - SIDE + 1, SIDE):
            for left in range(0, pixels.shape[1] - SIDE + 1, SIDE):
                found.append(pixels[top : top + SIDE, left : left + SIDE])  # noqa: PERF401
    return found


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
    assert "transparency" in reasons["photos/transparent.png"]
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


@pytest.mark.slow
def test_sets_by_shannon_entropy(source: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "bd", side=SIDE, seed=1, order="shannon", jobs=1)
    entropies = shannon_bits(np.stack(all_patches(source)))
    limits = manifest_of(tmp_path / "bd")["thresholds"]
    assert limits == pytest.approx(np.sort(entropies)[[len(entropies) * fifth // 5 for fifth in (1, 2, 3, 4)]])
    for split in ("train", "test"):
        assert shannon_bits(stored(tmp_path / "bd", "bd2", split)[0]).min() >= limits[3]
    assert manifest_of(tmp_path / "bd")["order_definition"] == ORDERS["shannon"].definition


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.usefixtures("serial", "undrawn")
@pytest.mark.slow
def test_patch_sets_from_the_shell(source: Path, rdbench: Run, tmp_path: Path) -> None:
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
