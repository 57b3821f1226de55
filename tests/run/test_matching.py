"""The search for a knob."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from benchmark.dataset import read_image
from benchmark.errors import Unreachable
from benchmark.plugins import codec_class
from benchmark.run.matching import find_knob, knob_values
from tests.conftest import Run


class Curve:
    """A function that remembers where it was asked."""

    def __init__(self, values: dict[float, float]) -> None:
        self.values = values
        self.asked: list[float] = []

    def __call__(self, knob: float) -> float:
        self.asked.append(knob)
        return self.values[knob]


@pytest.mark.parametrize("shape", [lambda k: k / 10, lambda k: math.exp(k / 20), lambda k: k**3, lambda k: k // 7])
def test_the_search_finds_what_trying_all_would(shape: object) -> None:
    knobs = range(1, 101)
    values = {float(knob): float(shape(knob)) for knob in knobs}  # type: ignore[operator]
    most = 0
    for limit in {*values.values(), *(value + 0.01 for value in values.values())}:
        curve = Curve(values)
        found = find_knob(curve, knobs, limit)
        assert found.value == max(value for value in values.values() if value <= limit)
        assert values[found.knob] == found.value
        assert len(curve.asked) == len(set(curve.asked)) == found.encodes
        most = max(most, found.encodes)
    assert most <= 16


def test_the_best_visited_is_returned_though_it_is_not_the_last() -> None:
    # A rate that dips: the neighbours that enclose the limit are not those that come closest to it.
    curve = Curve({1: 1, 2: 2, 3: 3, 4: 9.9, 5: 4, 6: 5, 7: 11, 8: 12, 9: 13})
    found = find_knob(curve, range(1, 10), 10)
    assert found.value == max(curve.values[knob] for knob in curve.asked if curve.values[knob] <= 10)
    dipping = Curve({1: 1, 2: 9, 3: 8, 4: 20})
    assert find_knob(dipping, range(1, 5), 10).knob == 2
    assert dipping.asked[-1] != 2


def test_infinite_values_do_not_lead_astray() -> None:
    curve = Curve({knob: 20.0 + knob if knob < 90 else math.inf for knob in range(1, 101)})
    assert find_knob(curve, range(1, 101), 60.5).knob == 40


def test_a_limit_above_all_is_met_by_the_end_and_one_below_all_is_unreachable() -> None:
    curve = Curve({knob: 5.0 + knob for knob in range(1, 101)})
    assert find_knob(curve, range(1, 101), 1000).knob == 100
    with pytest.raises(Unreachable, match="nearest: 6 at 1"):
        find_knob(curve, range(1, 101), 5)


@pytest.mark.parametrize("shape", [lambda k: k / 10, lambda k: math.exp(k / 20), lambda k: k**3, lambda k: k // 7])
def test_the_nearest_may_lie_above(shape: object) -> None:
    values = {float(knob): float(shape(knob)) for knob in range(1, 101)}  # type: ignore[operator]
    for limit in {*values.values(), *(value + 0.01 for value in values.values()), -5.0, 1e9}:
        curve = Curve(values)
        found = find_knob(curve, range(1, 101), limit, sense="~")
        assert abs(found.value - limit) == min(abs(value - limit) for value in values.values())
        assert len(curve.asked) == found.encodes <= 16


@pytest.mark.parametrize("shape", [lambda k: k / 10, lambda k: math.exp(k / 20), lambda k: k**3, lambda k: k // 7])
def test_the_cheapest_that_is_as_good(shape: object) -> None:
    values = {float(knob): float(shape(knob)) for knob in range(1, 101)}  # type: ignore[operator]
    for limit in {*values.values(), *(value + 0.01 for value in list(values.values())[:-1]), -5.0}:
        if limit > max(values.values()):
            continue
        curve = Curve(values)
        found = find_knob(curve, range(1, 101), limit, sense=">=")
        assert found.knob == min(knob for knob, value in values.items() if value >= limit)
        assert len(curve.asked) == found.encodes <= 16
    with pytest.raises(Unreachable, match="nearest: "):
        find_knob(Curve(values), range(1, 101), 1e9, sense=">=")


def test_lossless_is_as_good_as_any() -> None:
    curve = Curve({knob: 20.0 + knob if knob < 90 else math.inf for knob in range(1, 101)})
    assert find_knob(curve, range(1, 101), 500, sense=">=").knob == 90


def test_knobs_rise_with_the_rate() -> None:
    jpeg, jpeg2000 = codec_class("jpeg"), codec_class("jpeg2000")
    assert list(knob_values(jpeg)) == list(range(1, 101))
    assert list(knob_values(jpeg, reverse=True)) == list(range(100, 0, -1))
    values = knob_values(jpeg2000)
    assert (len(values), values[0], values[1], values[-1]) == (2001, 10.0, 10.025, 60.0)


@pytest.mark.slow
def test_kodak_at_two_bits_a_pixel(rdbench: Run, kodak: Path, tmp_path: Path) -> None:
    # Ramos (2019) has 36.77 dB, at a mean quality of 85.91, with libjpeg's fixed Huffman tables.
    rdbench(
        "run",
        "--codecs",
        "jpeg",
        "--set",
        "jpeg.optimize=false",
        "--dataset",
        f"folder:{kodak}",
        "--match",
        "bpp=2",
        "--metrics",
        "psnr",
        "--out",
        "out",
    )
    rows = pd.read_csv(tmp_path / "out" / "records.csv")
    assert len(rows) == 24
    assert rows["psnr_rgb"].mean() == pytest.approx(36.77, abs=0.05)
    assert rows["knob_value"].mean() == pytest.approx(85.9, abs=1)
    assert (rows["bpp"] <= 2).all()
    assert rows["encodes"].mean() <= 8
    for _, row in rows[rows["bpp"] < 1.98].iterrows():
        next_up = codec_class("jpeg").from_settings({"quality": int(row["knob_value"]) + 1, "optimize": False})
        size = len(next_up.encode(read_image(kodak / str(row["image"]))))
        assert 8 * size / (row["width"] * row["height"]) > 2, "the next quality would have fitted"
