"""A comparison as a page."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmark.analysis.regression.compare import Comparison
from benchmark.report.difference import MOST_SHOWN, Shot, as_page, worst_rows

Compared = Callable[..., Comparison]


def lower(amount: float, *codecs: str) -> Callable[[pd.DataFrame], None]:
    def change(frame: pd.DataFrame) -> None:
        mine = frame["codec"].isin(codecs)
        frame.loc[mine, "psnr_rgb"] -= amount * (1 + frame.loc[mine, "image"].str[-1].astype(int))

    return change


def test_the_worst_rows_are_of_several_operating_points(against: Compared) -> None:
    rows = worst_rows(against(lower(0.05, "fine")))
    assert len(rows) == MOST_SHOWN
    assert {row[1] for row in rows} == {"image7"}  # where most was lost
    assert len({row[3] for row in rows}) == MOST_SHOWN
    one = against(lambda frame: frame.drop(frame.index[1:]).pipe(lower_first))
    assert len(worst_rows(one)) == 1
    assert worst_rows(against()) == []


def lower_first(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(psnr_rgb=frame["psnr_rgb"] - 1)


def test_tables_first_then_pictures_or_why_there_are_none(against: Compared) -> None:
    comparison = against(lower(0.05, "fine"))
    first, second = worst_rows(comparison, 2)
    crop = np.full((8, 8, 3), 7, np.uint8)
    shots = [
        Shot(first, {"original": crop, "current": crop}, 16, 8, ["baseline: no <picture>"]),
        Shot(second, {}, 0, 0, []),
    ]
    page = as_page(comparison, shots, "python -m benchmark compare a b")
    assert "<h1>Worse: 80 rows compared, 40 worse</h1>" in page
    places = [page.index(text) for text in ("Worse: 40 values", "<table>", "The rows that lost most", "likely cause")]
    assert places == sorted(places)
    assert page.count("data:image/webp") == 2 and page.count("not at hand") == 1
    assert "baseline: no &lt;picture&gt;" in page and "crop at 16,8" in page
    assert "psnr_rgb" in page and "−0.4, allowed 0.01" in page
    assert 'class="number">psnr' not in page and page.count("−0.4<") >= 1  # figures are aligned, names are not


def test_of_each_row_the_columns_that_lost_most(against: Compared) -> None:
    def change(frame: pd.DataFrame) -> None:
        for name in ("psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y", "ms_ssim_rgb"):
            frame[name] -= 0.1

    comparison = against(change)
    (key,) = worst_rows(comparison, 1)
    assert "and 2 more columns" in as_page(comparison, [Shot(key, {}, 0, 0, ["no pictures"])])


def test_runs_that_cannot_be_compared_say_why(against: Compared) -> None:
    page = as_page(against(lambda frame: frame.assign(dataset="<other>")))
    assert "<h1>Not comparable</h1>" in page and "no row is in both" in page and "<other>" not in page


def test_runs_that_are_alike(against: Compared) -> None:
    page = as_page(against())
    assert "<h1>Same: 80 rows compared, all alike</h1>" in page and "lost most" not in page
