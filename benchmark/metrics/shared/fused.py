"""Products of small matrices, whose sums are rounded as a chain of fused multiply–adds in float32 rounds them.

A metric whose reference program keeps every rounding of such chains can only be equalled with the same roundings. BLAS
sums so, on processors that have fused multiply–adds: from the first summand to the last, with one rounding each. That
is no promise of BLAS, so it is tried once for each shape; where it fails, the sums are made in float64, an order of
magnitude more slowly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


def fused(first: Samples | np.float32, second: Samples | np.float32, third: Samples | np.float32) -> Samples:
    """first × second + third, rounded once to float32.

    The product of two float32 is exact in float64. Its sum there is rounded a second time, which changes the result for
    one in hundreds of millions.
    """
    exact = np.multiply(first, second, dtype=np.float64)
    exact += third
    return exact.astype(np.float32)


def product(weights: Samples, rows: Samples, out: Samples) -> None:
    """weights @ rows: for each output ``((w₀ r₀) + w₁ r₁) + …``, each sum rounded once to float32.

    Args:
        weights: contiguous, shape (M, K).
        rows: contiguous, shape (K, N).
        out: contiguous, shape (M, N).
    """
    if _blas_is_fused(*weights.shape, rows.shape[1]):
        np.matmul(weights, rows, out=out)
    else:
        exact_product(weights, rows, out)


def exact_product(weights: Samples, rows: Samples, out: Samples) -> None:
    """What :func:`product` gives, on any processor and with any BLAS, but slowly."""
    out[:] = 0
    for column, row in zip(weights.T, rows, strict=True):
        out[:] = fused(column[:, np.newaxis], row, out)


@lru_cache(maxsize=1024)
def _blas_is_fused(height: int, depth: int, width: int) -> bool:
    """Whether BLAS multiplies matrices of these shapes as is wanted."""
    random = np.random.default_rng(2)
    weights = random.standard_normal((height, depth), dtype=np.float32)
    rows = random.standard_normal((depth, width), dtype=np.float32)
    expected = np.empty((height, width), np.float32)
    exact_product(weights, rows, expected)
    return np.array_equal(np.matmul(weights, rows), expected)
