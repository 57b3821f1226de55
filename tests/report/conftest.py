"""A small study and its report, and comparisons of a run with itself after a change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from benchmark.analysis.regression.compare import Comparison
from tests.analysis.regression.examples import compared
from tests.report.small_study import photos, pool, report, results

__all__ = ["against", "photos", "pool", "report", "results"]


@pytest.fixture
def against(tmp_path: Path) -> Callable[..., Comparison]:
    """Compares records with themselves, after changes that a test makes."""
    return partial(compared, tmp_path)
