"""Records of a run, and comparisons of them with themselves after a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.regression.compare import Comparison, Gate, compare
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.regression.tolerance import judged_columns, parse_tolerances
from benchmark.plugins import all_metrics, metric_definitions
from benchmark.record.columns import write_pairs
from tests.conftest import empty_cells

METRICS = all_metrics()


Change = Callable[[pd.DataFrame], object]


def records(images: int = 8, qualities: tuple[int, ...] = (10, 30, 50, 70, 90), dataset: str = "kodak") -> pd.DataFrame:
    """Two codecs on some images, with the columns of a run and plausible figures."""
    return _records(images, qualities, dataset).copy()


@cache
def _records(images: int, qualities: tuple[int, ...], dataset: str) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    empty = empty_cells()
    definitions = write_pairs(metric_definitions(["mse", "psnr", "ssim", "ms_ssim"]))
    rows = []
    for codec, gain in (("fine", 1.0), ("coarse", 0.0)):
        for quality in qualities:
            for image in range(images):
                size = int(3000 * 1.03**quality * (1 + image / 10))
                psnr = 25 + quality / 8 + gain - image / 7
                mse = 255**2 / 10 ** (psnr / 10)
                seconds = 0.01 * (1 + quality / 50) * float(np.exp(rng.normal(0, 0.05)))
                rows.append(
                    empty
                    | {
                        "key": f"{codec}{quality}{image}",
                        "dataset": dataset,
                        "image": f"image{image}",
                        "image_sha256": f"{image:064d}",
                        "images": 1,
                        "width": 768,
                        "height": 512,
                        "channels": 3,
                        "codec": codec,
                        "version": f"lib{codec} 1.0, Pillow 13.0",
                        "knob": "quality",
                        "settings": json.dumps({"effort": 4, "quality": quality}),
                        "bytes": size,
                        "overhead_bytes": 20,
                        "bpp": 8 * size / 768 / 512,
                        "payload_bpp": 8 * (size - 20) / 768 / 512,
                        "mse_rgb": mse,
                        "mse_y": mse * 0.9,
                        "psnr_rgb": psnr,
                        "psnr_y": psnr + 0.4,
                        "ssim_rgb": 0.5 + quality / 200,
                        "ssim_y": 0.5 + quality / 190,
                        "ms_ssim_rgb": 0.7 + quality / 310,
                        "ms_ssim_y": 0.7 + quality / 305,
                        "encode_s": seconds,
                        "decode_s": seconds / 3,
                        "repeats": 1,
                        "threads": 1,
                        "stream_sha256": f"s{codec}{quality}{image}",
                        "pixels_sha256": f"p{codec}{quality}{image}",
                        "status": "ok",
                        "metric_definitions": definitions,
                    }
                )
    return pd.DataFrame(rows)


def pick(frame: pd.DataFrame, image: str, codec: str, quality: int) -> Any:
    settings = json.dumps({"effort": 4, "quality": quality})
    return (frame["image"] == image) & (frame["codec"] == codec) & (frame["settings"] == settings)


def compared(
    folder: Path,
    change: Change = lambda frame: None,
    before: Change = lambda frame: None,
    tolerance: str = "",
    gate: Gate = "rows",
    frame: pd.DataFrame | None = None,
    **options: Any,
) -> Comparison:
    """Compares records with themselves after a change to the current ones, and maybe one to the baseline."""
    runs = []
    for name, alter in (("baseline.csv", before), ("current.csv", change)):
        rows = records() if frame is None else frame.copy()
        altered = alter(rows)
        (altered if isinstance(altered, pd.DataFrame) else rows).to_csv(folder / name, index=False)
        runs.append(read_run(folder / name))
    judged = judged_columns(METRICS, parse_tolerances([tolerance], METRICS))
    return compare(runs[0], runs[1], judged, gate=gate, **options)
