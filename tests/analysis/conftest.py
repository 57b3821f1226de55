"""A run whose BD-rates are known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.analysis.examples import records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of three codecs: ``good`` needs half of what ``plain`` does on one image, and a quarter on the other."""
    rates = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    plain = records("plain", {"a": rates, "b": rates})
    good = records("good", {"a": rates, "b": rates})
    good["bpp"] /= good["image"].map({"a": 2, "b": 4})
    partial = records("partial", {"a": rates})
    pd.concat([plain, good, partial]).to_csv(tmp_path / "records.csv", index=False)
    return tmp_path
