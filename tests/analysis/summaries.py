"""Records of two codecs, and their summary."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmark.analysis.records import read_records
from benchmark.analysis.results import Results, read_results
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


def timed_results(folder: Path) -> Results:
    """Results of two codecs at five qualities, as if timed to be published; their records are written to a folder."""
    timing = {"jobs": 1, "repeats": 5, "width": 100, "height": 100, "decode_s": 0.25}
    table = [
        row | {"bpp": float(str(row["bpp"])) * share, "encode_s": seconds}
        for codec, share, seconds in (("jpeg", 1.0, 0.1), ("webp", 0.8, 0.5))
        for quality in (10, 20, 30, 40, 50)
        for row in rows(codec, quality, **timing)
    ]
    pd.DataFrame(table).to_csv(folder / "records.csv", index=False)
    return read_results([folder], all_metrics())
