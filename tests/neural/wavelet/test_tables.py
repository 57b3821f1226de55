"""Tables in place of logarithms and exponentials."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.wavelet.tables import Tables, first_tables, rate_index

pytestmark = pytest.mark.neural


def test_rate_index() -> None:
    steps = range(32, 16_384)
    indices = [rate_index(step) for step in steps]
    assert indices == sorted(indices)
    assert max(abs(16 * np.log2(step) - index - 0) for step, index in zip(steps, indices, strict=True)) < 2.5
    assert [rate_index(1 << place) for place in (5, 8, 13)] == [80, 128, 208]


def test_types_of_tables_are_checked() -> None:
    tables = first_tables()
    with pytest.raises(UsageError, match="shapes or types differ"):
        Tables(tables.size, tables.difference, tables.probability.astype(np.float32), tables.shrink)
