"""What is shown of a comparison."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison
from benchmark.report.compare_sections import MOST, closing, headline, sections
from tests.analysis.regression.examples import pick, records

SMALL, FEW = records(images=3), records(images=2, qualities=(30, 60))


@pytest.mark.slow
def test_a_headline_counts_what_changed(against: Callable[..., Comparison]) -> None:
    def dearer(frame: pd.DataFrame) -> pd.DataFrame:
        frame["bpp"] *= 1.5
        return frame[~pick(frame, "image1", "fine", 30)]

    assert headline(against(frame=FEW)) == "same: 8 rows compared, all alike"
    assert headline(against(dearer, frame=FEW)) == "worse: 7 rows compared, 7 worse; 1 missing"
    assert headline(against(dearer, frame=FEW, subset=True)).endswith("; 1 missing, left out")
    assert headline(against(before=dearer, frame=FEW)) == "better: 7 rows compared, 7 better; 1 new"
    assert headline(against(lambda frame: frame.__setitem__("dataset", "clic"), frame=FEW)) == "not comparable"
    by_curves = headline(against(dearer, frame=SMALL, gate="bdrate"))
    assert "BD-rates worse" in by_curves


def test_the_most_important_comes_first_and_no_part_is_empty(against: Callable[..., Comparison]) -> None:
    def dearer(frame: pd.DataFrame) -> pd.DataFrame:
        frame["bpp"] *= 1.5
        return frame[~pick(frame, "image1", "fine", 30)]

    found = sections(against(dearer, frame=SMALL))
    assert found[0].title.startswith("worse: 29 values of 29 rows")
    assert len(found[0].lines) == MOST
    assert any("9 more" in text for text in found[0].closing)
    assert any(section.title.startswith("missing") for section in found)
    for section in found:
        assert section.lines, section.title
        assert {len(line) for line in section.lines} == {len(section.header)}, section.title


def test_causes_close_a_comparison(against: Callable[..., Comparison]) -> None:
    def newer(frame: pd.DataFrame) -> None:
        frame["version"] = frame["version"].str.replace("libfine 1.0", "libfine 1.1")
        frame["bpp"] *= 1.01

    assert any(
        "likely cause for fine: libfine 1.0 → libfine 1.1" in text for text in closing(against(newer, frame=SMALL))
    )
