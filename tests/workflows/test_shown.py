"""What the terminal shows of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import RecordsError
from benchmark.plugins import all_metrics
from benchmark.workflows.shown import Shown, read_shown, shown_of
from tests.analysis.summaries import summary_of


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    summary_of(tmp_path).to_csv(tmp_path / "summary.csv", index=False)
    return shown_of(tmp_path / "summary.csv", all_metrics())


def test_each_operating_point_is_a_row(shown: Shown) -> None:
    (table,) = shown.tables
    assert table.columns[:4] == ["codec", "setting", "images", "bpp"]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert set(table.drop) < set(table.columns) > set(table.numbers)
    row = next(row for row in table.rows if row[:2] == ["jpeg", "quality=10"])
    assert row[table.columns.index("PSNR")] == "27.25"


def test_what_is_shown_is_read_back(shown: Shown) -> None:
    assert read_shown(json.loads(json.dumps(asdict(shown)))) == shown


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("notes"),
        lambda told: told.update(tables=1),
        lambda told: told.update(notes=[1]),
        lambda told: told["tables"][0].pop("title"),
        lambda told: told["tables"][0].update(title=None),
        lambda told: told["tables"][0]["rows"][0].append("more"),
        lambda told: told["tables"][0]["rows"].append("text"),
        lambda told: told["tables"][0]["columns"].append(5),
    ],
)
def test_anything_else_is_refused(shown: Shown, change: Callable[[Any], object]) -> None:
    told = asdict(shown)
    change(told)
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_shown(told)


def test_what_is_no_summary_is_told(tmp_path: Path) -> None:
    (tmp_path / "summary.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RecordsError, match="not a summary"):
        shown_of(tmp_path / "summary.csv", [])
