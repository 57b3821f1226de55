"""Codecs through the runs."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.history import HistoryChart, history_chart
from tests.report.figures.charts import NAMES, boxes, drawn, outside

LOOKS = looks_of(list(NAMES), list(NAMES))


def chart(values: dict[str, list[float]], changed: dict[tuple[str, int], str], **look: bool) -> HistoryChart | None:
    rows = [
        {"series": series, "release": f"run-{place}", "bd_rate": value, "changed": changed.get((series, place), "")}
        for series, own in values.items()
        for place, value in enumerate(own)
    ]
    return history_chart(pd.DataFrame(rows), "bd_rate", "BD-rate (%)", "set", NAMES, LOOKS, **look)


def test_lines_with_rings_where_something_changed() -> None:
    shown = chart(
        {"a": [-5, -7, -7], "b": [-3, np.nan, -3], "c": [np.nan] * 3}, {("a", 1): "version", ("b", 1): "gone"}
    )
    assert shown is not None
    axes, texts = drawn(shown)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["run-0", "run-1", "run-2"]
    assert [text.get_text() for text in axes.texts] == ["A", "B"]  # c has no value at all
    assert "set; rings: something changed" in texts
    rings = [line.get_xdata().tolist() for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert rings == [[1], []]  # none where there is no value
    logarithmic = chart({"a": [0.1, 0.2]}, {}, log=True)
    assert logarithmic is not None and drawn(logarithmic)[0].get_yscale() == "log"
    table = shown.table()
    assert table.loc[table["changed"] == "version", ["series", "release"]].to_numpy().tolist() == [["A", "run-1"]]


def test_names_stay_in_the_figure_and_apart() -> None:
    shown = chart({series: [0.12, 0.25 + place / 1000] for place, series in enumerate(NAMES)}, {})
    assert shown is not None
    axes, _ = drawn(shown)
    assert outside(axes) == []
    labels = boxes(axes, axes.texts)
    assert all(not one.overlaps(other) for one, other in itertools.combinations(labels, 2))


def test_where_no_run_has_a_value_there_is_none() -> None:
    assert chart({"a": [np.nan, np.nan]}, {}) is None
