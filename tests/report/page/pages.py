"""A report with everything that a page can show."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.plugins import all_metrics
from benchmark.report.build import collect
from benchmark.report.content import Report
from benchmark.report.figures.picture import DecodedCrop, Picture
from benchmark.report.tables.table import Table
from tests.conftest import empty_cells, jpeg_at, photo

IMAGES = ("one", "two", "three")
SIDE = 64


def rows_of_a_run() -> list[dict[str, Any]]:
    """Rows of two data sets and three codecs, one of them with failures and a text that must not become markup."""
    rows: list[dict[str, Any]] = []
    empty: dict[str, Any] = empty_cells()
    for dataset in ("set", "other"):
        for place, codec in enumerate(("jpeg", "webp", "avif")):
            for quality in (10, 30, 50, 70, 90):
                for index, image in enumerate(IMAGES):
                    rate = quality / 40 * (1 + index / 10) * 0.8**place
                    settings = json.dumps({"effort": 4, "quality": quality}, separators=(",", ":"))
                    rows.append(
                        empty
                        | {
                            "dataset": dataset,
                            "codec": codec,
                            "version": "1",
                            "knob": "quality",
                            "settings": settings,
                            "image": image,
                            "image_sha256": image,
                            "images": 1,
                            "status": "ok",
                            "threads": 1,
                            "bpp": rate,
                            "psnr_rgb": 24 + quality / 6 + index,
                            "psnr_y": 25 + quality / 6 + index,
                            "mse_rgb": 100 - quality,
                            "mse_y": 90 - quality,
                            "ssim_rgb": 0.7 + quality / 400,
                            "ms_ssim_rgb": 1 - 0.2 / quality,
                            "encode_s": 0.1,
                            "decode_s": 0.1,
                        }
                    )
    rows.append(
        rows[-1]
        | {
            "codec": "avif",
            "settings": '{"effort":4,"quality":95}',
            "status": "failed",
            "bpp": "",
            "psnr_rgb": "",
            "reason": "RuntimeError: </script><b>no</b>",
        }
    )
    return rows


MANIFEST = {
    "run": {"command": "python -m benchmark run --codecs jpeg,webp,avif", "jobs": 2},
    "codecs": {"jpeg": "Pillow 1"},
    "metrics": {"psnr": "10·log10(255² / MSE)"},
    "averaging": "arithmetic mean",
    "environment": {"python": "3.11.7", "cores": 2},
    "packages": {"numpy": "2"},
}


def pictures() -> list[Picture]:
    """Two pictures at two rates each, as three codecs decode them; one of these does not reach the higher rate."""
    original = photo(SIDE, SIDE)
    whole = photo(3 * SIDE, 2 * SIDE)
    found = []
    for image in IMAGES[:2]:
        for target, better in ((0.5, 0), (1.0, 10)):
            decoded = [
                DecodedCrop(
                    codec, f'{{"quality":{quality}}}', target, {"psnr_rgb": 30.25}, jpeg_at(original, quality + better)
                )
                for codec, quality in (("jpeg", 20), ("webp", 40), ("avif", 60))
                if (codec, target) != ("avif", 1.0)
            ]
            left_out = {"avif": "its rates here are 0.10 to 0.70 bpp"} if target == 1 else {}
            size, small = whole.shape[:2], whole[::2, ::2]
            found.append(Picture("set", image, target, 16, 32, original, decoded, left_out, (size[0], size[1]), small))
    return found


def made_report(folder: Path) -> Report:
    """The report of a run whose files are written to a folder."""
    pd.DataFrame(rows_of_a_run()).to_csv(folder / "records.csv", index=False)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    made = collect([folder], all_metrics(), title="Three <codecs>")
    table = Table(
        "bd",
        "BD-rate on set; PSNR over RGB.",
        pd.DataFrame({"codec": ["b", "a", "c"], "rate": [-3.25, 10.5, np.nan], "n": [2, 10, 1]}),
        {"codec": "Codec", "rate": "BD-rate (%)"},
        {"rate": ".1f", "n": ".0f"},
        {"rate": "low"},
    )
    bd = made.bd.assign(
        ci_low=made.bd["image_mean"] - 2,
        ci_high=made.bd["image_mean"] + 2,
        p_value=0.0004,
        flags="a first remark; a second remark",
    )
    return dataclasses.replace(
        made,
        bd=bd,
        tables=[table],
        notes=["Something is missing."],
        command="python -m benchmark report run",
        pictures=pictures(),
        references={"psnr_rgb": [Curve([0.3, 0.9], [27.0, 33.0], "published", "set")]},
    )
