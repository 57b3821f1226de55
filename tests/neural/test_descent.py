"""A search along a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmark.neural.backend import load_keras
from benchmark.neural.descent import make_descent

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_each_item_ends_at_the_best_that_it_saw() -> None:
    """Also where its start was the best, and again from another start."""
    ops = load_keras().ops
    target = np.array([[3.2, -1.8], [0.1, 7.9], [5.0, 5.0]], np.float32)

    def cost(values: Any, given: Any) -> tuple[Any, Any]:
        rounded = values + ops.stop_gradient(ops.round(values) - values)
        return rounded, ops.sum(ops.square(rounded - given["target"]), axis=-1)

    descent = make_descent((3, 2), cost, rate=0.5, steps=60)
    start = np.array([[0, 0], [4, 4], [5, 5]], np.float32)
    for begin in (start, start + 1):
        assert descent.lowest(begin, {"target": target}).tolist() == [[3, -2], [0, 8], [5, 5]]
