"""Codecs of another environment for tests: a class in a file, and the TOML file that names it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from benchmark.plugins import codec_class

STEPS = '''
"""Pixels in steps, deflated."""

import zlib

import numpy as np


class Steps:
    def __init__(self, step=8):
        self.step = step

    def encode(self, image):
        quantised = image // self.step
        return np.array([*image.shape, 0][:3], "<u4").tobytes() + zlib.compress(quantised.tobytes())

    def decode(self, data):
        shape = [size for size in np.frombuffer(data[:12], "<u4") if size]
        return np.frombuffer(zlib.decompress(data[12:]), np.uint8).reshape(shape) * np.uint8(self.step)
'''


def declare(folder: Path, changes: Mapping[str, Any] | None = None, code: str = STEPS) -> Path:
    """A TOML file of a codec whose class lies beside it; a change to None takes a key out."""
    (folder / "steps_model.py").write_text(code, encoding="utf-8")
    document: dict[str, Any] = {
        "name": "steps",
        "python": sys.executable,
        "codec": "steps_model.py:Steps",
        "channels": [1, 3],
        "knob": {"name": "step", "low": 1, "high": 64, "default": 8, "increasing": False, "grid": [4, 16]},
        **(changes or {}),
    }
    path = folder / "steps.toml"
    path.write_text(tomli_w.dumps({key: value for key, value in document.items() if value is not None}))
    return path


def made(path: Path, **settings: Any) -> Any:
    return codec_class(str(path)).from_settings(settings)


def methods(encode: str, decode: str = "return np.zeros((4, 4), np.uint8)", top: str = "") -> str:
    """The code of a class with other methods."""
    return (
        f"import os, sys, time\nimport numpy as np\n{top}\n\nclass Steps:\n    def __init__(self, step=8):\n"
        f"        self.step = step\n    def encode(self, image):\n        {encode}\n"
        f"    def decode(self, data):\n        {decode}\n"
    )
