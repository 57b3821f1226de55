"""Sets of weights that are damaged: a clear line where they are asked for, and in nobody's way elsewhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from benchmark.neural.weights import WEIGHTS_VARIABLE
from tests.conftest import ROOT, Run, photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]

CODECS = {"vae": "rd", "rnn": "small", "learned-wavelet": "photographs"}


def _file(pattern: str, content: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.write_bytes(content)

    return damage


def _card(**entries: object) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps({**card, **entries}))

    return damage


def _no_files(folder: Path) -> None:
    for path in folder.glob("*.npz"):
        path.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "no JSON": _file("card.json", b"{"),
    "deep": _file("card.json", b"[" * 100_000),
    "zeros": _file("card.json", bytes(100)),
    "wrong types": _card(points=5),
    "another folder": _card(points=[{"quality": 5, "stem": "../x", "steps": 20}]),
    "no files": _no_files,
    "empty files": _file("*.npz", b""),
    "cut files": _file("*.npz", b"PK\x03\x04 and no more"),
}
ARCHITECTURES: dict[str, Callable[[Path], None]] = {
    "sizes in words": _card(tiling="x", kinds=5, width="wide", levels="all"),
    "too large": _card(tiling=[], kinds={}, width=10**12, levels=10**12),
}
"""Damages of what only the codecs with networks read."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Image.fromarray(photo(32, 32)).save(tmp_path / "a.png")
    Image.fromarray(photo(28, 28, 1)).save(tmp_path / "grey.png")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "weights"))
    for codec, name in CODECS.items():
        shutil.copytree(ROOT / "codecs" / "weights" / codec / name, tmp_path / "weights" / codec / "mine")
    return tmp_path


@pytest.mark.parametrize(
    ("codec", "damage"),
    [
        pytest.param(codec, damage, id=f"{codec}: {name}")
        for codec in CODECS
        for name, damage in (DAMAGES if codec == "learned-wavelet" else DAMAGES | ARCHITECTURES).items()
    ],
)
def test_each_is_a_line(codec: str, damage: Callable[[Path], None], folder: Path, rdbench: Run) -> None:
    damage(folder / "weights" / codec / "mine")
    image = "grey.png" if codec == "vae" else "a.png"
    done = rdbench("encode", "--codec", codec, "--set", "weights=mine", image, "out.bin", check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(done.stderr) < 500 + len(str(folder))
    assert f"{codec}/mine" in done.stderr


@pytest.mark.usefixtures("serial", "undrawn")
def test_they_are_in_nobodys_way(folder: Path, rdbench: Run) -> None:
    rdbench("encode", "--codec", "vae", "grey.png", "grey.vae")
    DAMAGES["deep"](folder / "weights" / "vae" / "mine")
    rdbench("decode", "grey.vae", "again.png")
    rdbench("list", "codecs")
    said = " ".join(rdbench("list", "codecs", "vae").stdout.split())
    assert "weights: elbo, rd" in said
    assert "weights mine cannot be used: " in said
    rdbench("info")
    (folder / "grey").mkdir()
    shutil.copy(folder / "grey.png", folder / "grey" / "b.png")
    words = ("--set", "vae.weights=mine,rd", "--set", "vae.quality=5", "--dataset", "folder:grey", "--metrics", "psnr")
    done = rdbench("run", "--codecs", "png,vae", *words, "--out", "out", check=False)
    assert done.returncode == 1
    rows = pd.read_csv(folder / "out" / "records.csv")
    assert list(rows["status"]) == ["ok", "failed", "ok"]
    assert "is not a model card" in rows["reason"][1]
