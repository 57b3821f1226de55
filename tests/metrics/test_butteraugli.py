"""Butteraugli, against values of libjxl's program."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.metrics.butteraugli import Butteraugli
from benchmark.metrics.shared.golden import golden_values
from tests.conftest import photo
from tests.metrics.measured import check_golden, check_pictures, values_of

COLUMNS = ("butteraugli", "butteraugli_3norm")


@pytest.mark.slow
@pytest.mark.usefixtures("kodak")
@pytest.mark.parametrize("column", COLUMNS)
def test_values_are_those_of_the_program(column: str) -> None:
    """The audit compares all fifteen."""
    assert check_golden(Butteraugli(), column, 1e-5, "kodim20-jpeg-50") == 1
    assert sum(golden.column == column for golden in golden_values()) == 15


@pytest.mark.parametrize(
    ("height", "width", "largest", "norm"),
    [
        (8, 8, 1.6407501698, 1.480029),
        (9, 8, 1.5396718979, 1.414755),
        (15, 40, 2.8651444912, 2.426947),
        (16, 16, 2.2316770554, 2.076203),
        (31, 17, 2.374849081, 2.202002),
        (64, 49, 2.9772040844, 2.304043),
        (101, 120, 2.9657788277, 2.300099),
    ],
)
def test_small_and_odd_sizes_have_the_values_of_the_program(
    height: int, width: int, largest: float, norm: float
) -> None:
    """What butteraugli_main 0.7.0 says of a picture whose samples lost their last three bits."""
    picture = photo(height, width)
    found = values_of(Butteraugli(), picture, picture // 8 * 8)
    assert found == pytest.approx(dict(zip(COLUMNS, (largest, norm), strict=True)), abs=1e-4)


def test_a_grey_picture_has_the_values_of_the_program() -> None:
    grey = photo(40, 50)[..., 0]
    expected = dict(zip(COLUMNS, (2.4939086437, 2.156564), strict=True))
    assert values_of(Butteraugli(), grey, grey // 8 * 8) == pytest.approx(expected, abs=1e-4)


def test_pictures() -> None:
    check_pictures(Butteraugli())


def test_only_what_is_asked_for_is_told() -> None:
    picture = photo(16, 16)[np.newaxis].astype(np.float32)
    channels = np.moveaxis(picture, 3, 1)
    family = Butteraugli()
    found = family.compare(family.prepare(channels, family.metrics[1:]), channels)
    assert {column: list(values) for column, values in found.items()} == {"butteraugli_3norm": [0.0]}
    assert all(metric.undefined(7, 99, 3) for metric in family.metrics)
