"""What became of codecs from one run to the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.history import History, Release, history_of
from benchmark.analysis.results import plain_summary, read_results
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics
from tests.analysis.regression.examples import records

Change = Callable[[pd.DataFrame], Any]
METRICS = all_metrics()


def release(folder: Path, name: str, change: Change = lambda frame: None, day: str = "") -> Release:
    frame = records(images=5)
    altered = change(frame)
    path = folder / f"{name}.csv"
    (altered if isinstance(altered, pd.DataFrame) else frame).to_csv(path, index=False)
    return Release(name, read_results([path], METRICS), day)


def after(folder: Path, *changes: Change, anchor: str = "coarse", rate: float = 0.5) -> History:
    """The history of a run and of others after changes."""
    named = [release(folder, f"r{place}", change) for place, change in enumerate([lambda frame: None, *changes])]
    return history_of(named, anchor, "psnr", rate)


def fine(history: History, name: str, column: str) -> Any:
    table = history.table
    return table.loc[(table["series"] == "fine") & (table["release"] == name), column].iloc[0]


def of(codec: str, **cells: Any) -> Change:
    """Puts values into all rows of a codec; what can be called is given its column."""

    def change(frame: pd.DataFrame) -> None:
        mine = frame["codec"] == codec
        for name, value in cells.items():
            frame[name] = frame[name].astype(object)
            frame.loc[mine, name] = value(frame.loc[mine, name]) if callable(value) else value

    return change


def without(codec: str) -> Change:
    return lambda frame: frame[frame["codec"] != codec]


def test_runs_that_are_alike_have_no_change_point(tmp_path: Path) -> None:
    history = after(tmp_path, lambda frame: None)
    assert (history.table["changed"] == "").all() and len(history.table) == 4
    assert not history.notes
    # fine is 1 dB above coarse at equal bytes, 8 steps of quality: 1.03 to the power of 8 in bytes.
    assert fine(history, "r1", "bd_rate") == pytest.approx(100 * (1.03**-8 - 1), abs=0.01)
    base = history.table[history.table["series"] == "coarse"]
    assert base["rate"].iloc[0] == pytest.approx(0.5, rel=0.02)  # of the anchor, at the quality that it has there
    assert fine(history, "r0", "rate") / base["rate"].iloc[0] == pytest.approx(1.03**-8, rel=0.01)


@pytest.mark.parametrize(
    ("change", "changed", "said"),
    [
        (of("fine", version="libfine 2.0, Pillow 13.0"), "version", "libfine 1.0 → libfine 2.0"),
        (of("fine", weights="w2"), "weights", "nothing → weights w2"),
        (of("fine", bpp=lambda rates: rates * 1.02), "BD-rate, rate", "rate +2.00 %"),
        (of("fine", bpp=lambda rates: rates * 1.0005), "", ""),
        (of("fine", image_sha256="0" * 64), "images, BD-rate", "other images, 5 → 5"),
        (of("fine", metric_definitions="psnr:00000000"), "metric", "the figures do not compare"),
        (
            of("fine", settings=lambda texts: texts.str.replace('"effort": 4', '"effort": 7')),
            "settings",
            "settings effort=4 → effort=7",
        ),
    ],
    ids=["version", "weights", "rate", "within the tolerance", "images", "definition", "settings"],
)
def test_change_points(tmp_path: Path, change: Change, changed: str, said: str) -> None:
    history = after(tmp_path, change, change)
    told = fine(history, "r1", "changed")
    assert told == changed or (changed.startswith("images") and told.startswith("images"))
    assert said in fine(history, "r1", "change")
    assert fine(history, "r2", "changed") == ""  # told once
    assert (history.table.loc[history.table["series"] == "coarse", "changed"] == "").all()


def test_other_code_alone_is_a_change(tmp_path: Path) -> None:
    first, second = (of("fine", source=digit * 16) for digit in "12")
    history = after(tmp_path, first, first, second)
    assert [fine(history, f"r{place}", "changed") for place in (2, 3)] == ["", "code"]


def test_codecs_that_come_and_go(tmp_path: Path) -> None:
    history = after(tmp_path, without("fine"), without("fine"), lambda frame: None)
    assert [fine(history, f"r{place}", "changed") for place in range(4)] == ["", "gone", "", "came"]
    assert np.isnan(fine(history, "r1", "bd_rate"))
    late = history_of([release(tmp_path, "a", without("fine")), release(tmp_path, "b")], "coarse", "psnr", 0.5)
    assert fine(late, "b", "change") == "came"


def test_a_mean_over_images_is_not_compared_with_a_mean_curve(tmp_path: Path) -> None:
    def widen(frame: pd.DataFrame) -> None:  # the two averages differ
        frame.loc[(frame["codec"] == "fine") & (frame["image"] == "image0"), "bpp"] *= 1.5

    first = release(tmp_path, "a", widen)
    path = tmp_path / "summary.csv"
    plain_summary(first.results).to_csv(path, index=False)
    history = history_of([first, Release("b", read_results([path], METRICS))], "coarse", "psnr", 0.5)
    assert set(history.table.loc[history.table["release"] == "b", "changed"]) == {"", "average"}
    assert "no records of images" in fine(history, "b", "change")


def test_a_setting_that_is_new_starts_no_new_series(tmp_path: Path) -> None:
    more = of("fine", settings=lambda texts: texts.str.replace("{", '{"trellis": true, '))
    history = after(tmp_path, more)
    assert fine(history, "r1", "change") == "settings nothing → trellis=True"
    assert list(history.table["series"].unique()) == ["fine", "coarse"]


def test_a_run_without_the_anchor_has_rates_and_no_bd_rates(tmp_path: Path) -> None:
    history = after(tmp_path, without("coarse"))
    assert np.isnan(fine(history, "r1", "bd_rate")) and fine(history, "r1", "rate") > 0
    assert "r1: has no coarse, so there are no BD-rates of it" in history.notes
    with pytest.raises(UsageError, match="anchor 'jpeg' is no series of the results"):
        after(tmp_path, anchor="jpeg")


def test_a_rate_that_the_anchor_does_not_reach_leaves_rates_empty(tmp_path: Path) -> None:
    history = after(tmp_path, lambda frame: None, rate=90)
    assert history.qualities == {} and history.table["rate"].isna().all()
    assert history.table["bd_rate"].notna().all()


def test_times_are_those_measured_to_be_published(tmp_path: Path) -> None:
    history = after(tmp_path, lambda frame: frame.assign(jobs=1, repeats=5))
    assert np.isnan(fine(history, "r0", "encode_s"))
    assert 0.005 < fine(history, "r1", "encode_s") < 0.05


def test_what_there_is_to_know_of_runs(tmp_path: Path) -> None:
    alone = history_of([release(tmp_path, "a")], "coarse", "psnr", 0.5)
    assert alone.notes == ["one run alone: there is nothing to compare it with yet"]
    days = [release(tmp_path, "b", day="2026-05-02"), release(tmp_path, "a", day="2026-05-01")]
    (note,) = history_of(days, "coarse", "psnr", 0.5).notes
    assert note.startswith("a ran on 2026-05-01, before b (2026-05-02), which stands before it")
    apart = after(tmp_path, lambda frame: frame.assign(dataset="clic"))
    assert "r0: is of kodak alone, which no other run has" in apart.notes
    assert (apart.table["changed"] == "").all()
    unmeasured = after(tmp_path, lambda frame: frame.assign(psnr_rgb=np.nan))
    assert "r1: no value of psnr_rgb: nothing of it is shown" in unmeasured.notes
    with pytest.raises(UsageError, match="lpips"):
        history_of([release(tmp_path, "a")], "coarse", "lpips", 0.5)
