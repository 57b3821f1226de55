"""Orders by metrics: ranks among those that are ordered, ties, and ranks on single images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.orders import agreement, order_table
from benchmark.analysis.results import Results, read_results
from benchmark.plugins import all_metrics
from tests.conftest import empty_cells

IMAGES = 12
FACTORS = {"jpeg": 1.0, "good": 0.6, "same": 0.6, "bad": 1.5}
"""Rates over those of the anchor."""


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Four codecs on twelve images: ``same`` is by turns better and worse than ``good``."""
    rows = []
    for codec, factor in FACTORS.items():
        for image in range(IMAGES):
            wobble = 1 + 0.01 * (-1) ** image * (1 + image / 40) if codec == "same" else 1.0
            for place in range(4):
                common = empty_cells() | {
                    "dataset": "d",
                    "image": f"{image:02d}",
                    "codec": codec,
                    "version": "1",
                    "knob": "quality",
                    "settings": f'{{"quality":{place}}}',
                    "images": 1,
                    "status": "ok",
                    "threads": 1,
                }
                bpp = 0.25 * 2**place * (1 + image / 10) * factor * wobble
                rows.append(
                    {**common, "bpp": bpp, "psnr_rgb": 30.0 + 3 * place, "ssim_rgb": 0.8 + 0.04 * place + 0.02 * factor}
                )
    pd.DataFrame(rows).to_csv(tmp_path / "records.csv", index=False)
    return read_results([tmp_path / "records.csv"], all_metrics())


def test_ranks_ties_and_ranks_on_images(results: Results) -> None:
    metrics = [results.metric("psnr_rgb")]
    table = order_table(results, "jpeg", metrics, list(FACTORS)).set_index("series")
    assert set(table.index[:2]) == {"good", "same"} and list(table.index[2:]) == ["jpeg", "bad"]
    assert table["bd_rate"].to_dict()["bad"] == pytest.approx(50)
    assert list(table["tied"]) == [False, True, False, False]
    assert set(table["images"]) == {IMAGES}
    assert [table[name].to_dict()["good"] for name in ("rank_low", "rank_high")] == [1, 2]
    assert [table[name].to_dict()["bad"] for name in ("rank_low", "rank_high")] == [4, 4]


def test_ranks_are_among_those_that_are_ordered(results: Results) -> None:
    table = order_table(results, "jpeg", [results.metric("psnr_rgb")], ["bad", "good"])
    assert list(table["series"]) == ["good", "bad"] and list(table["rank"]) == [1, 2]
    assert list(table["rank_high"]) == [1, 2] and not table["tied"].any()


def test_orders_of_metrics_agree_or_not(results: Results) -> None:
    metrics = [results.metric("psnr_rgb"), results.metric("ssim_rgb")]
    table = order_table(results, "jpeg", metrics, ["jpeg", "good", "bad"])
    first, second = (table[table["metric"] == metric.column] for metric in metrics)
    assert agreement(first, first) == 1
    assert -1 <= agreement(first, second) <= 1
    assert agreement(first, first.assign(bd_rate=-first["bd_rate"])) == -1
    assert np.isnan(agreement(first, second[:0]))
