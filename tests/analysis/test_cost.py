"""Time–rate–distortion: speeds summed up over images, complexity, coverage, and Pareto fronts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.cost import COLUMNS, TITLES, cost_table, pareto, point_costs, rate_time
from benchmark.analysis.records import read_records
from benchmark.analysis.results import Results, read_results
from benchmark.analysis.table import summarise
from benchmark.errors import UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.summaries import timed_results
from tests.conftest import ROOT, empty_cells

METRICS = all_metrics()
PSNR = find_metric(METRICS, "psnr_rgb")


def row(codec: str, image: str, quality: int, bpp: float, **more: Any) -> dict[str, Any]:
    whole = empty_cells() | {
        "dataset": "d",
        "codec": codec,
        "version": "1",
        "knob": "quality",
        "settings": f'{{"quality":{quality}}}',
        "image": image,
        "image_sha256": image,
        "images": 1,
        "width": 1000,
        "height": 1000,
        "bpp": bpp,
        "status": "ok",
        "psnr_rgb": 25 + 2 * quality,
        "encode_s": 2.0,
        "decode_s": 1.0,
        "threads": 1,
        "jobs": 1,
        "repeats": 5,
    }
    return whole | more


def write(folder: Path, *rows: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / "records.csv", index=False)
    return folder


def results(tmp_path: Path, rows: list[dict[str, Any]]) -> Results:
    path = tmp_path / "records.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return read_results([path], METRICS)


def by_series(frame: pd.DataFrame) -> Any:
    """A table looked up by series; pandas' types say too little of cells."""
    return frame.set_index("series")


def test_speeds_are_pixels_over_seconds(tmp_path: Path) -> None:
    found = cost_table(
        results(
            tmp_path,
            [
                row("a", "small", 1, 0.5, decode_s=0.5),
                row("a", "large", 1, 0.7, height=3000, decode_s=7.5),
                row("a", "small", 2, 1.0),
                row("a", "large", 2, 1.2, height=3000),
            ],
        )
    )
    assert list(found) == list(COLUMNS)
    [line] = found.to_dict("records")
    assert (line["points"], line["images"], line["threads"], line["flags"]) == (2, 2, 1, "")
    assert line["bpp"] == pytest.approx(0.85)
    assert line["decode_mps"] == pytest.approx(8 / 10)
    assert line["decode_s_per_mp"] == pytest.approx(10 / 8)
    assert line["encode_mps"] == pytest.approx(1)
    assert math.isnan(line["decode_kmac_per_pixel"])
    assert set(TITLES) == set(COLUMNS)


def test_the_point_nearest_a_rate(tmp_path: Path) -> None:
    source = results(tmp_path, [row("a", "i", 1, 0.25, decode_s=4.0), row("a", "i", 2, 1.0, decode_s=0.5)])
    near, far = cost_table(source, 0.9).iloc[0], cost_table(source, 0.4).iloc[0]
    assert (near["points"], near["bpp"], near["decode_mps"], near["flags"]) == (1, 1.0, 2.0, "")
    assert (far["bpp"], far["decode_mps"]) == (0.25, 0.25)
    assert far["flags"] == "its nearest point has 0.25 bpp, not 0.4"
    with pytest.raises(UsageError, match="above 0"):
        cost_table(source, 0)


def test_complexity_of_images_by_their_pixels_unless_a_row_lacks_it(tmp_path: Path) -> None:
    learned = {"parameters": 500, "encode_kmac_per_pixel": 10}
    found = by_series(
        cost_table(
            results(
                tmp_path,
                [
                    row("a", "small", 1, 0.5, **learned, decode_kmac_per_pixel=20),
                    row("a", "large", 1, 0.5, height=3000, **learned, decode_kmac_per_pixel=40),
                    row("b", "small", 1, 0.5, parameters=7, encode_kmac_per_pixel="", decode_kmac_per_pixel=1),
                    row("b", "large", 1, 0.5, parameters=7, encode_kmac_per_pixel=5, decode_kmac_per_pixel=1),
                ],
            )
        )
    )
    assert found.loc["a", ["parameters", "encode_kmac_per_pixel", "decode_kmac_per_pixel"]].tolist() == [500, 10, 35]
    assert np.isnan(found.loc["b", "encode_kmac_per_pixel"])
    assert found.loc["b", "decode_kmac_per_pixel"] == 1


def test_coverage_is_flagged(tmp_path: Path) -> None:
    found = by_series(
        cost_table(
            results(
                tmp_path,
                [
                    row("a", "i", 1, 0.5),
                    row("a", "j", 1, 0.5),
                    row("a", "i", 2, 1.0),
                    row("a", "j", 2, 1.0, status="failed"),
                    row("b", "i", 1, 0.5),
                    row("b", "j", 1, 0.5, threads=2),
                    row("c", "i", 1, 0.5),
                    row("e", "i", 1, 0.5, status="failed"),
                ],
            )
        )
    )
    assert found.loc["a", "flags"] == "left out 1 point of other images or fewer"
    assert found.loc["a", "points"] == 1
    assert found.loc["b", "flags"] == "timed with 1 and 2 threads"
    assert found.loc["c", "flags"] == "not over the images of most series (1 of 2 in common)"
    assert (found.loc["e", "images"], found.loc["e", "flags"]) == (0, "no image succeeded")


def test_records_from_before_and_summaries(tmp_path: Path) -> None:
    frame = pd.DataFrame([row("a", "i", 1, 0.5)]).drop(
        columns=["parameters", "encode_kmac_per_pixel", "decode_kmac_per_pixel"]
    )
    frame.to_csv(tmp_path / "records.csv", index=False)
    old = cost_table(read_results([tmp_path / "records.csv"], METRICS)).iloc[0]
    assert old["decode_mps"] == 1 and math.isnan(old["parameters"])
    summarise(read_records(tmp_path / "records.csv"), METRICS).to_csv(tmp_path / "summary.csv", index=False)
    summary = cost_table(read_results([tmp_path / "summary.csv"], METRICS)).iloc[0]
    assert math.isnan(summary["decode_mps"])
    assert "no records" in summary["flags"]


def test_each_operating_point_has_its_rate_and_speed(tmp_path: Path) -> None:
    costs = point_costs(timed_results(tmp_path))
    jpeg = costs[costs["codec"] == "jpeg"]
    assert jpeg["bpp"].tolist() == pytest.approx([0.21, 0.41, 0.61, 0.81, 1.01])
    assert jpeg["encode_s_per_mp"].tolist() == pytest.approx([0.1 / 0.01] * 5)
    assert jpeg["decode_s_per_mp"].tolist() == pytest.approx([0.25 / 0.01] * 5)
    records = pd.read_csv(tmp_path / "records.csv", dtype=str, keep_default_na=False)
    records.assign(repeats="1").to_csv(tmp_path / "records.csv", index=False)
    assert point_costs(read_results([tmp_path], all_metrics()))["encode_s_per_mp"].isna().all()


def test_pareto() -> None:
    frame = pd.DataFrame({"a": [1, 2, 2, 3, 1, np.nan, 4], "b": [3, 2, 2, 1, 4, 0, 1]})
    assert pareto(frame, ["a", "b"]).tolist() == [True, True, True, True, False, False, False]
    assert pareto(frame, ["a"]).tolist() == [True, False, False, False, True, False, False]
    assert pareto(frame[:0], ["a", "b"]).tolist() == []


def test_the_front_leaves_out_what_cannot_be_compared(tmp_path: Path) -> None:
    rows = [
        row(codec, image, quality, factor * 2.0**quality, decode_s=seconds)
        for codec, factor, seconds, images in (
            ("a", 1.0, 1.0, "ij"),
            ("fast", 1.5, 0.5, "ij"),
            ("bad", 2.0, 2.0, "ij"),
            ("other", 0.1, 0.1, "i"),
        )
        for image in images
        for quality in range(1, 6)
    ]
    source = results(tmp_path, rows)
    found = by_series(rate_time(bd_table(source, "a", PSNR, every_image=True), cost_table(source)))
    assert list(found.index) == ["a", "fast", "bad", "other"]
    assert found["front"].tolist() == [True, True, False, False]
    assert found.loc["fast", "bd_rate"] == pytest.approx(50)
    assert found.loc["fast", "decode_s_per_mp"] == 0.5
    assert "not over the images" in found.loc["other", "flags"]


@pytest.mark.slow
def test_the_committed_baseline() -> None:
    """Every series has either times that were measured to be published, or a flag that says why not."""
    found = by_series(cost_table(read_results([ROOT / "results" / "baseline" / "kodak"], METRICS), 0.5))
    assert len(found) == 17
    assert (found["images"] == 24).all()
    told = found["flags"].str.contains("no times that were measured to be published")
    assert (found["decode_mps"].gt(0) != told).all()
