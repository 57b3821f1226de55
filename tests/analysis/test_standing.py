"""One rule of rank: ties, the anchor's place, and what is said of the best."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from benchmark.analysis.standing import findings, headline, signed, with_ranks
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics

PSNR = find_metric(all_metrics(), "psnr_rgb")


def table_of(means: dict[str, float], curves: dict[str, float] | None = None, image: str = "") -> pd.DataFrame:
    """Rows of mean curves of a data set, against ``jpeg``."""
    rows: list[dict[str, Any]] = [
        {
            "dataset": "d",
            "series": name,
            "image": image,
            "anchor": "jpeg",
            "image_mean": mean,
            "ci_low": mean - 1,
            "ci_high": mean + 1,
            "bd_rate": (curves or means)[name],
            "curve_ci_low": -50.0,
            "curve_ci_high": 50.0,
            "flags": "" if not math.isnan(mean) else "refused: far away; more",
        }
        for name, mean in means.items()
    ]
    return pd.DataFrame(rows)


def test_the_mean_over_images_ranks_and_values_that_print_alike_share_a_rank() -> None:
    means = {"jpeg": 0.0, "c": -20.04, "b": -19.96, "a": 30.0, "x": math.nan}
    table = with_ranks(table_of(means, {"jpeg": 0, "c": -1, "b": -2, "a": -90, "x": -95}))
    assert list(table["series"]) == ["c", "b", "jpeg", "a", "x"]
    assert list(table["rank"].fillna(0)) == [1, 1, 3, 4, 0]
    assert set(table["ranked_by"]) == {"image_mean"}
    first, second, *others = findings(table, PSNR)
    assert first == "On d, c and b need least rate at equal PSNR, RGB: −20.0 % against jpeg."
    assert second == "2 of 3 codecs need less rate than jpeg; for all of them the whole interval is below zero."
    assert others == ["Not ranked: x (far away)."]


def test_without_images_the_mean_curve_ranks() -> None:
    means = dict.fromkeys(("jpeg", "a", "b"), math.nan)
    table = with_ranks(table_of(means, {"jpeg": 0.0, "a": 3.0, "b": -4.0}))
    assert list(table["series"]) == ["b", "jpeg", "a"]
    assert list(headline(table)["headline"]) == [-4, 0, 3]
    assert findings(table, PSNR)[0].startswith("On d, b needs least rate at equal PSNR, RGB: −4.0 % (95 % interval")


@pytest.mark.parametrize("worse", [72.2, 0.04, -0.04])
def test_that_no_codec_beats_the_anchor_is_said(worse: float) -> None:
    table = with_ranks(table_of({"a": worse, "jpeg": 0.0}))
    assert set(table.loc[table["rank"] == 1, "series"]) >= {"jpeg"}
    said = findings(table, PSNR)
    expected = f"On d, no codec needs less rate than jpeg at equal PSNR, RGB: the next is a, {signed(worse)} %."
    assert said == [expected]


def test_images_stay_behind_their_series() -> None:
    whole, single = table_of({"jpeg": 0.0, "a": -5.0}), table_of({"jpeg": 0.0, "a": -7.0}, image="i")
    mixed = pd.concat([whole[:1], single[:1], whole[1:], single[1:]], ignore_index=True)
    table = with_ranks(mixed)
    assert list(zip(table["series"], table["image"], strict=True)) == [
        ("a", ""),
        ("a", "i"),
        ("jpeg", ""),
        ("jpeg", "i"),
    ]
    assert table.loc[table["image"] == "i", "rank"].isna().all()


def test_figures_have_their_sign() -> None:
    assert [signed(value) for value in (-0.04, 0.0, 1.25, -3.06)] == ["0.0", "0.0", "+1.2", "−3.1"]


def test_a_series_without_images_stands_apart_with_its_mean_curve() -> None:
    table = with_ranks(table_of({"jpeg": 0.0, "a": -5.0, "p": math.nan}, {"jpeg": 0.0, "a": -4.0, "p": -60.0}))
    table["flags"] = ""
    assert list(table["series"]) == ["a", "jpeg", "p"]
    assert findings(table, PSNR)[-1] == "Not ranked: p (no records of images, so there is the mean curve alone)."
