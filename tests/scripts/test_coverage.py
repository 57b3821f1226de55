"""How often the intervals of BD-rates hold the truth."""

from __future__ import annotations

import pytest

from scripts.coverage import IMAGES, SETTINGS, Setting, coverage, table


@pytest.mark.slow
@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_intervals_hold_the_truth_in_93_to_97_of_100_sets(setting: Setting, images: int) -> None:
    """With rates that differ by a factor of e, and six images, too few of them make up the mean curve."""
    of_images, of_curve = coverage(setting, images)
    assert 0.93 < of_images < 0.97
    assert (0.89 if (setting.rates, images) == (1, 6) else 0.93) < of_curve < 0.97


def test_the_table_has_a_row_for_each_setting() -> None:
    lines = table(40, images=[6]).splitlines()
    assert (
        lines[0] == "| sd of log rate | sd of log saving | correlation | mean over images, n = 6 | mean curve, n = 6 |"
    )
    assert len(lines) == 2 + len(SETTINGS)
