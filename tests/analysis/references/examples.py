"""A file as CompressAI writes it, and definitions of metrics of others."""

from __future__ import annotations

import json
from pathlib import Path


def compressai(path: Path, points: tuple[tuple[float, float], ...], **more: object) -> Path:
    """A file as CompressAI writes it."""
    results = {"psnr-rgb": [quality for _, quality in points], "bpp": [rate for rate, _ in points], **more}
    path.write_text(json.dumps({"name": path.stem.upper(), "description": "made", "results": results}))
    return path
