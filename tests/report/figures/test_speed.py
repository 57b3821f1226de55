"""The plane of time and rate."""

from __future__ import annotations

import pandas as pd

from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.speed import SpeedChart, speed_charts
from tests.report.figures.charts import NAMES, boxes, drawn

LOOKS = looks_of(list(NAMES), list(NAMES))
POINTS = pd.DataFrame(
    {
        "series": ["a", "b", "c", "x", "jpeg"],
        "codec": ["a", "b", "c", "x", "jpeg"],
        "rate": [0.0, -30.0, -10.0, -90.0, 5.0],
        "encode_s_per_mp": [1.0, float("nan"), float("nan"), float("nan"), float("nan")],
        "decode_s_per_mp": [0.01, 0.1, 0.2, 0.0, 30.0],
        "usual_images": True,
    }
)


def charts(points: pd.DataFrame = POINTS, **how: object) -> list[SpeedChart]:
    return speed_charts(points, "BD-rate (%)", "set", NAMES, LOOKS, **how)  # type: ignore[arg-type]


def test_marks_are_named_and_the_front_is_drawn() -> None:
    (chart,) = charts()  # one encoder was timed: no plane of it
    assert [(mark.name, mark.front) for mark in chart.marks] == [
        ("A", True),
        ("B", True),
        ("C", False),
        ("JPEG", False),
    ]
    axes, texts = drawn(chart)
    assert {"A", "B", "C", "JPEG", "decode time (s per megapixel)"} <= set(texts)
    assert (
        "set; not timed: X; grey: the front, with none both quicker and better" in texts
    )  # took no time: there is no such place on a logarithmic axis
    assert axes.lines[0].get_xdata().tolist() == [0.01, 0.1]
    assert chart.table()["front"].tolist() == [True, True, False, False]


def test_codecs_of_other_images_are_on_no_front() -> None:
    (chart,) = charts(POINTS.assign(usual_images=[True, False, True, True, True]))
    assert {mark.name for mark in chart.marks if mark.front} == {"A", "C"}


def test_presets_of_a_codec_are_joined_and_points_of_a_series() -> None:
    (chart,) = charts(POINTS.assign(codec=["a", "b", "a", "x", "jpeg"]))
    assert [[mark.name for mark in marks] for marks in chart.joined()] == [["A", "C"], ["B"], ["JPEG"]]
    (chart,) = charts(POINTS.assign(series=["a", "b", "a", "x", "jpeg"], codec="one"))
    assert [[mark.name for mark in marks] for marks in chart.joined()] == [["A", "A"], ["B"], ["JPEG"]]
    assert [mark.name for mark in chart.named()] == ["A", "B", "JPEG"]
    assert chart.named()[0].seconds == 0.01


def test_names_do_not_lie_on_each_other() -> None:
    count = 14
    names = {f"codec{number}": f"codec number {number}" for number in range(count)}
    points = pd.DataFrame(
        {
            "series": list(names),
            "codec": list(names),
            "rate": [-30.0 - number % 3 for number in range(count)],
            "encode_s_per_mp": [0.1 * 1.5**number for number in range(count)],
            "decode_s_per_mp": float("nan"),
            "usual_images": True,
        }
    )
    (chart,) = speed_charts(points, "BD-rate (%)", "set", names, looks_of(list(names), list(names)))
    axes, _ = drawn(chart, 7.16)
    found = boxes(axes, axes.texts)
    assert not [
        (one, other)
        for place, one in enumerate(axes.texts)
        for number, other in enumerate(axes.texts[:place])
        if found[place].shrunk(0.9, 0.9).overlaps(found[number].shrunk(0.9, 0.9))
    ]


def test_points_that_are_left_out_are_told() -> None:
    (chart,) = charts(outside=3)
    assert (
        "set; not timed: X; 3 points outside not shown; grey: the front, with none both quicker and better"
        in drawn(chart)[1]
    )
    assert charts(sides=["encode"]) == []
