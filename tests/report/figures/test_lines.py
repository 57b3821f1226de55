"""The curves of a figure: which ones, what they are called, and what is shown of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.curve import Curve
from benchmark.analysis.results import read_results
from benchmark.errors import UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.lines import Line, lines_of, table_of, view_of
from tests.analysis.summaries import summary_of

PSNR = find_metric(all_metrics(), "psnr")
VTM, HM = Curve([0.1, 0.5, 9.0], [30, 36, 50], "VTM"), Curve([0.1, 0.5], [29, 35], "HM 16.22")


@pytest.fixture
def points(tmp_path: Path) -> pd.DataFrame:
    summary_of(tmp_path)
    return read_results([tmp_path], all_metrics()).points(PSNR)


def labels(lines: list[Line]) -> list[str]:
    return [line.label for line in lines]


def test_curves_are_chosen_and_named(points: pd.DataFrame) -> None:
    assert labels(lines_of(points, PSNR, [VTM, HM])) == ["JPEG", "WebP", "VTM", "HM 16.22"]
    lines = lines_of(points, PSNR, [VTM, HM], codecs=["webp"], names={"webp": "Ours", "HM 16.22": "HM"}, refs=["hm"])
    assert labels(lines) == ["Ours", "HM"]
    assert [line.is_published for line in lines] == [False, True]
    assert lines[0].rates == pytest.approx([0.21, 0.61, 1.01])
    assert lines[0].values == pytest.approx([27.25, 29.75, 32.25])


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"codecs": ["wepb"]}, "codecs: the results have no 'wepb'; they have jpeg, webp; did you mean webp"),
        ({"refs": ["HEVC"]}, "refs: no published curve begins with 'HEVC'; there are VTM, HM 16.22"),
        ({"names": {"vtm": "VTM"}}, "names: no series 'vtm'; there are jpeg, webp, VTM"),
    ],
)
def test_what_is_not_there_is_told(points: pd.DataFrame, how: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        lines_of(points, PSNR, [VTM, HM], **how)  # type: ignore[arg-type]


def test_published_curves_have_the_colour_of_their_codec_and_differ(points: pd.DataFrame) -> None:
    twice = Curve([0.1, 0.5], [29, 35], "VTM, low delay")
    _, _, first, second = lines_of(points, PSNR, [VTM, twice])
    assert first.look.colour == second.look.colour
    assert first.look.marker != second.look.marker
    assert first.look.dash != "-"


def test_the_view_is_that_of_rates_that_people_compare(points: pd.DataFrame) -> None:
    lines = lines_of(points, PSNR, [VTM])
    view = view_of(lines)
    assert view.rates[0] == 0 and view.rates[1] == pytest.approx(1.01 * 1.04)
    assert view.values[1] < 40, "a point at 9 bits per pixel does not squeeze the others"
    assert not view.shows(np.array([9.0]), np.array([50.0])).any()
    assert view_of(lines, xlim=(0, 10)).values[1] > 50
    assert view_of(lines, log_rate=True).rates[0] > 0
    dear = [Line("dear", lines[0].look, np.array([4.0, 8.0]), np.array([40.0, 50.0]), (np.array([]), np.array([])))]
    assert view_of(dear).rates == pytest.approx((0, 8.32)), "where there are no such rates, all are shown"


def test_a_table_has_all_points(points: pd.DataFrame) -> None:
    table = table_of(lines_of(points, PSNR, [VTM]), PSNR)
    assert list(table.columns) == ["series", "published", "bpp", "psnr_rgb"]
    assert len(table) == 9
    assert table.loc[table["published"], "bpp"].tolist() == [0.1, 0.5, 9.0]


def test_points_without_a_value_are_left_out(points: pd.DataFrame) -> None:
    points.loc[points["series"] == "webp", "quality"] = np.inf
    assert labels(lines_of(points, PSNR)) == ["JPEG"]


def test_the_curve_between_points_is_in_the_view(points: pd.DataFrame) -> None:
    """A point beyond the usual rates draws its curve above the last point that is shown."""
    steep = Curve([0.2, 0.4, 1.0, 2.4], [28, 33, 40, 60], "VTM")
    lines = lines_of(points, PSNR, [steep], codecs=["jpeg"], refs=["VTM"])
    view = view_of(lines, xlim=(0, 2))
    (path,) = (line.path for line in lines if line.is_published)
    inside = path[0] <= 2
    assert path[1][inside].max() > 45
    assert view.shows(path[0][inside], path[1][inside]).all()
