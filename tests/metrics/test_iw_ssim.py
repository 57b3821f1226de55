"""IW-SSIM, against another program."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.metrics.iw_ssim import InformationWeighted
from tests.metrics.measured import check_golden, check_pictures, values_of
from tests.metrics.other_programs import check_said


@pytest.mark.slow
@pytest.mark.usefixtures("kodak")
@pytest.mark.parametrize("column", ["iw_ssim_y"])
def test_values_are_those_of_another_program(column: str) -> None:
    """The audit compares all nine."""
    assert check_golden(InformationWeighted(), column, 1e-6, "kodim03-jpeg-50") == 1


def test_any_size_has_the_values_of_another_program() -> None:
    check_said(InformationWeighted(), 1e-6)


def test_pictures() -> None:
    check_pictures(InformationWeighted())


def test_pictures_without_detail_have_a_value() -> None:
    """There is no information anywhere: all places count alike."""
    dark, bright = (np.full((170, 161, 3), level, np.uint8) for level in (60, 190))
    value = values_of(InformationWeighted(), dark, bright)["iw_ssim_y"]
    assert 0 < value < 1
