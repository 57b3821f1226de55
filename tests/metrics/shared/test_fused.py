"""Chains of fused multiply–adds, against rational numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from benchmark.metrics.shared.fused import Samples, exact_product, fused, product


def chain(weights: Samples, rows: Samples) -> Samples:
    """The chains by exact sums, each rounded once."""
    out = np.zeros((len(weights), rows.shape[1]), np.float32)
    for (i, j), _ in np.ndenumerate(out):
        total = np.float32(0)
        for weight, row in zip(weights[i], rows[:, j], strict=True):
            exact = Fraction(float(weight)) * Fraction(float(row)) + Fraction(float(total))
            total = np.float32(float(exact))
        out[i, j] = total
    return out


def normal(*shape: int) -> Samples:
    return np.random.default_rng(7).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize(("height", "depth", "width"), [(3, 8, 40), (12, 10, 17), (3, 4, 1), (1, 1, 5)])
def test_sums_are_rounded_at_each_step_from_first_to_last(height: int, depth: int, width: int) -> None:
    weights, rows = normal(height, depth), normal(depth, width)
    out = np.empty((height, width), np.float32)
    product(weights, rows, out)
    assert np.array_equal(out, chain(weights, rows))
    exact_product(weights, rows, out)
    assert np.array_equal(out, chain(weights, rows))


def test_a_product_and_a_sum_are_rounded_once() -> None:
    near = np.float32(1 + 2.0**-12)
    assert fused(near, near, np.float32(-1 - 2.0**-11)) == np.float32(2.0**-24)
    assert near * near - np.float32(1 + 2.0**-11) == 0
