"""A training of the tiny network, and the tables that it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.neural.training.train import train
from tests.conftest import photo
from tests.tiny import TinyRecipe


def run(folder: Path, options: dict[str, str] | None = None, **keywords: Any) -> dict[str, Any]:
    """Trains the tiny network on a photograph of sixteen blocks; returns its card."""
    images = [photo(128, 128, 3, 1)[np.newaxis]]
    card = train(
        TinyRecipe(options or {}),
        images,
        data="photo",
        out=folder,
        seed=1,
        precision="float32",
        command="test",
        **keywords,
    )
    found: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
    return found


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "training" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
