"""Records of two codecs, and their summary."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmark.analysis.records import read_records
from benchmark.analysis.table import summarise
from benchmark.plugins import all_metrics
from tests.conftest import empty_cells


def rows(codec: str, quality: int, **more: object) -> list[dict[str, object]]:
    settings = str(more.pop("settings", f'{{"quality":{quality}}}'))
    base = empty_cells() | {
        "dataset": "set",
        "codec": codec,
        "version": "1",
        "knob": "quality",
        "settings": settings,
        "images": 1,
        "status": "ok",
        "threads": 1,
    }
    return [
        base
        | {
            "image": str(image),
            "bpp": quality / 50 + image / 100,
            "psnr_rgb": 25 + quality / 8 + image,
            "mse_rgb": 100.0 - quality + image,
            "encode_s": 0.5,
        }
        | more
        for image in range(3)
    ]


def summary_of(folder: Path) -> pd.DataFrame:
    """The summary of two codecs at three qualities, whose records are written to a folder."""
    table = [row for codec in ("jpeg", "webp") for quality in (10, 30, 50) for row in rows(codec, quality)]
    pd.DataFrame(table).to_csv(folder / "records.csv", index=False)
    return summarise(read_records(folder / "records.csv"), all_metrics())
