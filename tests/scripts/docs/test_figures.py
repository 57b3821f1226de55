"""Tables of figures: they are refused where they would tell nothing."""

from __future__ import annotations

import pytest

from scripts.docs.figures import bd_rates, points, published


def test_points_that_are_not_there_are_told() -> None:
    with pytest.raises(ValueError, match="has no point of cvae"):
        points("results/baseline/mnist", "cvae", "quality", "bpp", quality="99")


def test_a_study_without_a_section_is_told() -> None:
    with pytest.raises(ValueError, match="0 sections of nothing"):
        published("nothing")


def test_curves_of_hardly_any_common_quality_are_left_out() -> None:
    table = bd_rates("results/baseline/kodak")
    assert "| `rnn` |" in table
    assert "`cvae`" not in table
    assert "`jpeg` " not in table  # the anchor
