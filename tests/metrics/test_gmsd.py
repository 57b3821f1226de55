"""GMSD, against another program."""

from __future__ import annotations

import pytest

from benchmark.metrics.gmsd import GradientMagnitude
from tests.metrics.measured import check_golden, check_pictures
from tests.metrics.other_programs import check_said


@pytest.mark.slow
@pytest.mark.usefixtures("kodak")
@pytest.mark.parametrize("column", ["gmsd_y"])
def test_values_are_those_of_another_program(column: str) -> None:
    """The audit compares all nine."""
    assert check_golden(GradientMagnitude(), column, 1e-6, "kodim03-jpeg-50") == 1


def test_any_size_has_the_values_of_another_program() -> None:
    check_said(GradientMagnitude(), 1e-6)


def test_pictures() -> None:
    check_pictures(GradientMagnitude())
