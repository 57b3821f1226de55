"""Patch sets that were built, as tests read them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_Patches = npt.NDArray[np.uint8]


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stored(folder: Path, name: str, split: str) -> tuple[_Patches, list[int]]:
    shards = manifest_of(folder)["sets"][name][split]["shards"]
    index = np.load(folder / name / f"{split}-index.npy")
    return np.concatenate([np.load(folder / file) for file in shards]), index.tolist()
