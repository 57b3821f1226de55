"""Local means under the Gaussian window of SSIM.

Filtering is a product with a banded matrix, cut into blocks so that little of the work multiplies zeros: matrix
products run an order of magnitude faster than any convolution that NumPy or SciPy offer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

WINDOW = 11
SIGMA = 1.5

Planes = npt.NDArray[np.floating[Any]]
"""Samples, float32; float64 where that is not enough."""
_BLOCK = 16
"""Outputs of a block of the banded matrix; its width is this plus 10."""


def window() -> npt.NDArray[np.float64]:
    """The taps, which add up to 1."""
    taps = np.exp(-0.5 * (np.arange(WINDOW) - WINDOW // 2) ** 2 / SIGMA**2)
    return np.asarray(taps / taps.sum())


def _band(outputs: int) -> Planes:
    """Matrix (outputs + 10, outputs) whose columns are the shifted window."""
    band = np.zeros((outputs + WINDOW - 1, outputs))
    for column in range(outputs):
        band[column : column + WINDOW, column] = window()
    return band


_BANDS: dict[np.dtype[Any], list[Planes]] = {
    np.dtype(kind): [_band(outputs).astype(kind) for outputs in range(_BLOCK + 1)] for kind in (np.float32, np.float64)
}


def local_means(planes: Planes) -> Planes:
    """Gaussian-weighted local means over the valid area: shape (…, H, W) to (…, H − 10, W − 10)."""
    height, width = planes.shape[-2:]
    columns = _filter_columns(np.ascontiguousarray(planes).reshape(-1, height, width))
    rows = _filter_rows(columns.reshape(-1, width))
    return rows.reshape(*planes.shape[:-2], height - WINDOW + 1, width - WINDOW + 1)


def _filter_rows(plane: Planes) -> Planes:
    """Filters along the rows: (H, W) to (H, W − 10)."""
    height, width = plane.shape
    outputs = width - WINDOW + 1
    whole = outputs // _BLOCK
    result = np.empty((height, outputs), dtype=plane.dtype)
    size = plane.itemsize
    if whole:
        shape = (whole, height, _BLOCK + WINDOW - 1)
        blocks = np.lib.stride_tricks.as_strided(plane, shape, (_BLOCK * size, width * size, size), writeable=False)
        target = np.lib.stride_tricks.as_strided(result, (whole, height, _BLOCK), (_BLOCK * size, outputs * size, size))
        np.matmul(blocks, _BANDS[plane.dtype][_BLOCK], out=target)
    rest = outputs - whole * _BLOCK
    if rest:
        np.matmul(plane[:, whole * _BLOCK :], _BANDS[plane.dtype][rest], out=result[:, whole * _BLOCK :])
    return result


def _filter_columns(planes: Planes) -> Planes:
    """Filters along the columns: contiguous (N, H, W) to (N, H − 10, W)."""
    count, height, width = planes.shape
    outputs = height - WINDOW + 1
    whole = outputs // _BLOCK
    result = np.empty((count, outputs, width), dtype=planes.dtype)
    size = planes.itemsize
    if whole:
        shape = (count, whole, _BLOCK + WINDOW - 1, width)
        strides = (height * width * size, _BLOCK * width * size, width * size, size)
        blocks = np.lib.stride_tricks.as_strided(planes, shape, strides, writeable=False)
        target = result[:, : whole * _BLOCK].reshape(count, whole, _BLOCK, width)
        np.matmul(_BANDS[planes.dtype][_BLOCK].T, blocks, out=target)
    rest = outputs - whole * _BLOCK
    if rest:
        np.matmul(_BANDS[planes.dtype][rest].T, planes[:, whole * _BLOCK :], out=result[:, whole * _BLOCK :])
    return result
