"""Curves, and records of codecs whose BD-rates are known."""

from __future__ import annotations

import math

import pandas as pd

from benchmark.analysis.curve import Curve
from tests.conftest import empty_cells


def curve(points: tuple[tuple[float, float], ...], label: str = "codec") -> Curve:
    return Curve([rate for rate, _ in points], [quality for _, quality in points], label)


def records(codec: str, rates: dict[str, list[float]], **changes: str) -> pd.DataFrame:
    """Rows of a codec whose PSNR rises 6 dB a doubling of the rate, for images at rates."""
    empty = empty_cells()
    rows = [
        empty
        | {
            "dataset": "set",
            "image": image,
            "image_sha256": image * 3,
            "images": 1,
            "codec": codec,
            "version": "1",
            "knob": "q",
            "settings": f'{{"q":{place}}}',
            "bpp": rate,
            "psnr_rgb": 36 + 6 * math.log2(rate),
            "ms_ssim_rgb": 1 - 0.1 / rate,
            "status": "ok",
            "threads": 1,
        }
        | changes
        for image, points in rates.items()
        for place, rate in enumerate(points)
    ]
    return pd.DataFrame(rows)


def many(spread: float = 0.1) -> list[pd.DataFrame]:
    """``plain`` on eight images of differing rates, and ``good``, which needs 60 to 67 % of it."""
    names = "abcdefgh"
    plain = records("plain", {name: [0.25, 0.5, 1.0, 2.0, 4.0, 8.0] for name in names})
    plain["bpp"] *= plain["image"].map({name: 1 + place / 4 for place, name in enumerate(names)})
    good = plain.assign(codec="good")
    good["bpp"] *= good["image"].map({name: 0.6 + spread * place / 10 for place, name in enumerate(names)})
    return [plain, good]
