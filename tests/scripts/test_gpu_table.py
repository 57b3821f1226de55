"""scripts/gpu-table, proven on the CPU: what it measures, and what it finds beside another device's pixels."""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.codec import Batch
from benchmark.dataset import Dataset
from benchmark.errors import UsageError
from benchmark.neural.backend import backend_name
from benchmark.neural.training.packed import pack
from scripts.gpu.table import Row, squares, timed, write_table
from tests.conftest import ROOT, photo

SIZES = ((96, 128, 3), (72, 80, 3), (64, 90, 1), (40, 200, 3))


class Pictures(Dataset):
    """Pictures of several sizes, of which three have 64 pixels a side."""

    name = "pictures"
    summary = "for tests"

    def items(self) -> list[str]:
        return ["all"]

    def load(self, item: str) -> Batch:
        raise NotImplementedError

    def count(self) -> int:
        return len(SIZES)

    def training_images(self) -> Any:
        return (photo(*size, place)[np.newaxis] for place, size in enumerate(SIZES))


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "images.npz"
    pack(Pictures(), "pictures", path, count=None, max_bytes=10**7)
    return path


def test_squares_are_cut_from_the_middle_of_what_is_large_enough(packed: Path) -> None:
    images = squares(packed, 64)
    assert images.shape == (3, 64, 64, 3)
    assert np.array_equal(images[0], photo(*SIZES[0], 0)[16:80, 32:96])
    assert np.array_equal(images[2], np.repeat(photo(*SIZES[2], 2)[:, 13:77, np.newaxis], 3, axis=2))
    for size, complaint in ((97, "no image has 97 pixels a side"), (0, "--size: expected")):
        with pytest.raises(UsageError, match=complaint):
            squares(packed, size)


def test_the_first_call_is_outside_the_clock() -> None:
    calls = itertools.count(1)
    result, found = timed(lambda: next(calls), 0)
    assert (result, next(calls)) == (1, 5)
    assert found.entropy is None


def test_a_table_has_what_was_not_measured_empty(tmp_path: Path) -> None:
    rows = [Row("a", "{}", "Alpha", 2, 10.04, 3.0, 0.254, None, 12.3), Row("b", "{}", "cpu", 1, note="x | y")]
    write_table(tmp_path, rows, ["c: its process ended with exit status -9"])
    lines = (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()
    assert lines[2] == "| a | Alpha | 2 | 10.0 | 25% | 3.0 |  | 12 |  |  |  |"
    assert lines[3].endswith("|  | x \\| y |")
    assert lines[-1] == "c: its process ended with exit status -9"


def gpu_table(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "scripts" / "gpu-table"), "--backend", backend_name()]
    command = [*script, "--packed", "images.npz", "--size=64", "--most=2", "--seconds=0", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))


def rows_of(folder: Path) -> list[Mapping[str, str]]:
    with (folder / "table.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.neural
@pytest.mark.usefixtures("packed")
def test_another_device_is_compared_with_the_cpu(tmp_path: Path) -> None:
    """The other device is the same one, beside pixels of which one is two levels off: that has to be found."""
    done = gpu_table(tmp_path, "--out", "there", "--device", "cpu", "--codecs", "conv-ae,png")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = rows_of(tmp_path / "there")
    # PNG has no batches, and does not tell what entropy coding takes.
    assert [(row["codec"], row["batch"]) for row in rows] == [
        ("conv-ae", "1"),
        ("conv-ae", "2"),
        ("png", "1"),
    ]
    for row in rows:
        assert (row["device"], row["peak_mib"], row["pixels"], row["note"]) == ("cpu", "", "", "")
        assert min(float(row[name]) for name in ("encode_per_s", "decode_per_s", "first_encode_s")) > 0
        assert (row["encode_entropy"] == "") == (row["codec"] == "png")
    assert all(0 < float(row["decode_entropy"]) < 1 for row in rows[:2])
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["pixels.npz", "table.csv", "table.md"]

    with np.load(tmp_path / "there" / "pixels.npz") as file:
        kept = dict(file)
    assert json.loads(str(kept["conv-ae about"]))["images"] == [3, 64, 64]  # it takes grey alone
    kept["png pixels"][0, 5, 5, 1] ^= 2
    np.savez(tmp_path / "other.npz", **kept)
    done = gpu_table(tmp_path, "--out", "here", "--codecs", "png", "--against", "other.npz", "--device=cpu")
    assert done.returncode == 1, done.stdout + done.stderr
    assert {(row["streams"], row["pixels"]) for row in rows_of(tmp_path / "here")} == {
        ("equal", "differ by up to 2 levels")
    }
    assert "differ by up to 2 levels" in done.stdout


@pytest.mark.slow
@pytest.mark.neural
@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--device", "gpu:99", "--codecs", "conv-ae"], "--device gpu:99: "),
        (["--device", "tpu"], "--device: expected auto, cpu, gpu or gpu:N, got 'tpu'"),
        (["--codecs", "nothing"], "nothing"),
        (["--against", "none.npz"], "none.npz: expected pixels.npz of another device"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, words: list[str], complaint: str) -> None:
    done = gpu_table(tmp_path, "--out", "out", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert complaint in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "table.csv").exists()
