"""scripts/gpu-train, proven on the CPU: three steps, then three more from the parts of the checkpoint."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT, photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def gpu_train(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "gpu-train"), "binary-ae", "--packed", "train.npz", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "OUT": str(folder / "out")}
    )


def test_two_runs_are_one_training(tmp_path: Path) -> None:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.fromarray(photo(96, 128)).save(file, "PNG")
    np.savez(
        tmp_path / "train.npz",
        name="photo",
        label="photo",
        sizes=np.array([file.tell()]),
        data=np.frombuffer(file.getvalue(), np.uint8),
    )
    options = ["model=2", "crop=16", "batch_size=2", "steps=3"]
    words = ["--backend", "tensorflow", "--device", "cpu", "--"] + [f"--option={option}" for option in options]
    for epochs in (1, 2):
        done = gpu_train(tmp_path, *words, f"--option=epochs={epochs}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "device: CPU" in done.stdout
        files = sorted((tmp_path / "out").iterdir())
        assert len(files) <= 8
        assert all(path.stat().st_size < 16_000_000 for path in files)
        with zipfile.ZipFile(tmp_path / "out" / "weights.zip") as exported:
            card = json.loads(exported.read("card.json"))
            assert card["points"][0]["training_steps"] == 3 * epochs
            assert {"network.weights.npz", "network.bits01.npz", "training/quality.png"} <= set(exported.namelist())
            points = list(csv.DictReader(io.StringIO(exported.read("training/points.csv").decode())))
            assert [point["step"] for point in points] == ["3", "6"][:epochs]

    listing = tmp_path / "out" / "parts.json"
    part = tmp_path / "out" / json.loads(listing.read_text(encoding="utf-8"))["parts"][0]
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    done = gpu_train(tmp_path, *words)
    assert done.returncode == 1
    assert "not those that parts.json tells of" in done.stderr
    part.unlink()
    assert "is missing" in gpu_train(tmp_path, *words).stderr
