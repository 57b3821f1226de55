"""Which images a report shows, and the rows that are compared on each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.defaults import RATE
from benchmark.workflows.choices import Choice, first_batches, image_choices


def records_of(images: int, points: int = 5, *, seed: int = 0, **more: Any) -> pd.DataFrame:
    """Rows of two series, image by image, with rates and qualities drawn at random."""
    rng = np.random.default_rng(seed)
    rows = [
        {"dataset": f"set{place % 2}", "image": f"i{place}", "series": series, "status": "ok", "images": 1.0}
        for place in range(images)
        for series in ("b", "a")
        for _ in range(points)
    ]
    rates = RATE * np.exp(rng.normal(0, 0.6, len(rows)))
    return pd.DataFrame(rows).assign(bpp=rates, psnr_rgb=rng.normal(32, 3, len(rows)), **more)


def by_hand(records: pd.DataFrame, rate: float | None) -> dict[tuple[str, str], tuple[float, float, list[int]]]:
    """Target, spread and nearest rows of each image, one image and one series after the other."""
    targets = RATE * 2.0 ** np.linspace(-1, 1, 81)
    targets = targets[np.argsort(np.abs(np.log(targets / RATE)), kind="stable")]
    found = {}
    for (dataset, image), rows in records.groupby(["dataset", "image"], sort=False):
        series = [part for _, part in rows.groupby("series", sort=False)]
        counts = [sum((np.abs(part["bpp"] / target - 1) <= 0.1).any() for part in series) for target in targets]
        target = rate or float(targets[int(np.argmax(counts))])
        nearest = [int(part.index[np.abs(np.log(part["bpp"] / target)).argmin()]) for part in series]
        close = [place for place in nearest if abs(records["bpp"][place] / target - 1) <= 0.1]
        values = records["psnr_rgb"][close]
        found[str(dataset), str(image)] = target, float(values.std(ddof=0)) if close else 0.0, nearest
    return found


@pytest.mark.parametrize("rate", [None, 0.4])
def test_all_images_together_give_what_each_alone_gives(rate: float | None) -> None:
    records = records_of(60)
    found = image_choices(records, "psnr_rgb", rate)
    expected = by_hand(records, rate)
    assert len(found) == 60
    keys = list(zip(found.datasets, found.images, strict=True))
    assert sorted(keys) == sorted(expected)
    for key, target, nearest in zip(keys, found.targets, found.nearest, strict=True):
        assert (target, list(nearest)) == (expected[key][0], expected[key][2])
    spreads = [expected[key][1] for key in keys]
    assert spreads == sorted(spreads, reverse=True)


def test_images_beyond_those_that_are_compared_at_once_are_alike() -> None:
    small = records_of(40)
    copies = [small.assign(image=small["image"] + f"-{place}") for place in range(170)]
    found = image_choices(pd.concat(copies, ignore_index=True), "psnr_rgb")
    assert len(found) * 10 > 1 << 16
    alone = image_choices(small, "psnr_rgb")
    targets = dict(zip(alone.images, alone.targets, strict=True))
    assert all(targets[name.split("-")[0]] == rate for name, rate in zip(found.images, found.targets, strict=True))


def test_the_first_images_of_each_data_set_are_shown() -> None:
    found = image_choices(records_of(20), "psnr_rgb")
    first = found.first(2)
    assert [choice.dataset for choice in first] == [first[0].dataset] * 2 + [first[2].dataset] * 2
    best = [image for dataset, image in zip(found.datasets, found.images, strict=True) if dataset == "set1"]
    assert [choice.image for choice in first if choice.dataset == "set1"] == best[:2]


def test_a_choice_has_the_rows_of_its_series() -> None:
    records = records_of(1, points=1).assign(bpp=[0.5, 0.56], settings=["x", "y"])
    choice = image_choices(records, "psnr_rgb", 0.5)[0]
    assert isinstance(choice, Choice)
    assert {series: row["settings"] for series, row in choice.rows.items()} == {"b": "x", "a": "y"}


def test_only_rows_of_one_image_with_rate_and_value_count() -> None:
    records = records_of(4, points=1)
    records.loc[records["image"] == "i0", "status"] = "failed"
    records.loc[records["image"] == "i1", "images"] = 1000.0
    records.loc[records["image"] == "i2", "psnr_rgb"] = np.nan
    assert list(image_choices(records, "psnr_rgb").images) == ["i3"]
    assert not len(image_choices(records, "no_such"))
    assert not len(image_choices(records.assign(status="failed"), "psnr_rgb"))
    infinite = image_choices(records_of(3).assign(psnr_rgb=np.inf), "psnr_rgb")
    assert len(infinite.first(2)) == 3


def test_of_batches_the_first_one_is_shown() -> None:
    records = records_of(4).assign(images=1000.0)
    found = first_batches(records, "psnr_rgb")
    assert [(choice.dataset, choice.image) for choice in found] == [("set0", "i0"), ("set1", "i1")]
    assert list(found[0].rows) == ["b", "a"]
    assert not len(image_choices(records, "psnr_rgb"))
    records.loc[records["image"] == "i2", "images"] = 1.0
    assert [choice.dataset for choice in first_batches(records, "psnr_rgb")] == ["set1"]
    assert first_batches(records, "no_such") == []
