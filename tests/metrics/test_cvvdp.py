"""ColorVideoVDP, against what the command of its authors says of the same pictures."""

from __future__ import annotations

import pytest

from benchmark.metrics.cvvdp import ColorVideoVdp
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import check_golden, check_pictures, values_of
from tests.needs import installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed("pycvvdp"), reason="cvvdp is not installed: extra cvvdp"),
]
COLUMN = "cvvdp_standard_4k"


@pytest.mark.usefixtures("kodak")
def test_values_are_those_of_the_command() -> None:
    """It prints four digits after the point. The audit compares all nine."""
    assert check_golden(ColorVideoVdp(), COLUMN, 1e-4, "kodim03-jpeg-50") == 1


def test_pictures() -> None:
    check_pictures(ColorVideoVdp())


def test_it_falls_with_the_quality_and_is_defined_from_eight_pixels_on() -> None:
    picture = photo(64, 48)
    values = [values_of(ColorVideoVdp(), picture, jpeg_at(picture, quality))[COLUMN] for quality in (10, 50, 90)]
    assert values == sorted(values)
    for height, width in ((8, 8), (8, 64), (47, 9)):
        part = photo(height, width)
        assert 0 < values_of(ColorVideoVdp(), part, 255 - part)[COLUMN] < 10


def test_the_display_is_named() -> None:
    (metric,) = ColorVideoVdp.metrics
    assert metric.column == COLUMN
    assert "standard_4k: 3840×2160" in metric.definition
    assert ColorVideoVdp.version().startswith("cvvdp 0.")
