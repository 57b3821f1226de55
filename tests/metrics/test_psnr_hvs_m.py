"""PSNR-HVS-M, against another program."""

from __future__ import annotations

import pytest

from benchmark.metrics.psnr_hvs_m import MaskedPsnrHvs
from tests.metrics.measured import check_golden, check_pictures
from tests.metrics.other_programs import check_said


@pytest.mark.slow
@pytest.mark.usefixtures("kodak")
@pytest.mark.parametrize("column", ["psnr_hvs_m_y"])
def test_values_are_those_of_another_program(column: str) -> None:
    """The audit compares all nine."""
    assert check_golden(MaskedPsnrHvs(), column, 2e-5, "kodim03-jpeg-50") == 1


def test_any_size_has_the_values_of_another_program() -> None:
    check_said(MaskedPsnrHvs(), 2e-5)


def test_pictures() -> None:
    check_pictures(MaskedPsnrHvs())
