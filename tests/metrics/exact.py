"""SSIM and MS-SSIM by their formulas, in float64 and with no thought of speed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d

from tests.metrics.measured import Pixels, luma

Plane = npt.NDArray[np.float64]

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_TAPS = np.exp(-(np.arange(-5.0, 6.0) ** 2) / (2 * 1.5**2))
_TAPS /= _TAPS.sum()


def exact(reference: Pixels, distorted: Pixels, *, zeros: bool = False) -> dict[str, float]:
    """``ssim`` and ``ms_ssim`` over R, G and B and over luma, of colour pictures of at least 161 pixels a side.

    Args:
        reference, distorted: (H, W, 3).
        zeros: whether an odd size gets a row or column of zeros on both sides before it is halved, as pytorch-msssim
            does; otherwise the last is repeated.
    """
    pairs = [(reference[..., c].astype(float), distorted[..., c].astype(float)) for c in range(3)]
    pairs.append((luma(reference), luma(distorted)))
    found = np.array([_plane(x, y, zeros) for x, y in pairs])
    return {
        "ssim_rgb": found[:3, 0].mean(),
        "ssim_y": found[3, 0],
        "ms_ssim_rgb": found[:3, 1].mean(),
        "ms_ssim_y": found[3, 1],
    }


def _plane(x: Plane, y: Plane, zeros: bool) -> tuple[float, float]:
    first, product = 0.0, 1.0
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            x, y = _halved(x, zeros), _halved(y, zeros)
        ssim, contrast = _terms(x, y)
        first = first if scale else ssim
        product *= max(ssim if scale == 4 else contrast, 0.0) ** weight
    return first, product


def _terms(x: Plane, y: Plane) -> tuple[float, float]:
    mean_x, mean_y = _filtered(x), _filtered(y)
    var_x, var_y = _filtered(x * x) - mean_x**2, _filtered(y * y) - mean_y**2
    contrast = (2 * (_filtered(x * y) - mean_x * mean_y) + 58.5225) / (var_x + var_y + 58.5225)
    luminance = (2 * mean_x * mean_y + 6.5025) / (mean_x**2 + mean_y**2 + 6.5025)
    return float((luminance * contrast).mean()), float(contrast.mean())


def _filtered(plane: Plane) -> Plane:
    return correlate1d(correlate1d(plane, _TAPS, axis=0), _TAPS, axis=1)[5:-5, 5:-5]


def _halved(plane: Plane, zeros: bool) -> Plane:
    odd = plane.shape[0] % 2, plane.shape[1] % 2
    if zeros:
        plane = np.pad(plane, [(size, size) for size in odd])
    else:
        plane = np.pad(plane, [(0, size) for size in odd], mode="edge")
    rows, columns = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    return plane[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
