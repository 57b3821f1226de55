"""PSNR-HVS-M: errors of DCT coefficients, weighted by what the eye resolves, less what the block itself masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values
from benchmark.metrics.shared.planes import Plane, luma_planes

_SIDE = 8
_SENSITIVITY = np.array(
    [
        [1.608443, 2.339554, 2.573509, 1.608443, 1.072295, 0.643377, 0.504610, 0.421887],
        [2.144591, 2.144591, 1.838221, 1.354478, 0.989811, 0.443708, 0.428918, 0.467911],
        [1.838221, 1.979622, 1.608443, 1.072295, 0.643377, 0.451493, 0.372972, 0.459555],
        [1.838221, 1.513829, 1.169777, 0.887417, 0.504610, 0.295806, 0.321689, 0.415082],
        [1.429727, 1.169777, 0.695543, 0.459555, 0.378457, 0.236102, 0.249855, 0.334222],
        [1.072295, 0.735288, 0.467911, 0.402111, 0.317717, 0.247453, 0.227744, 0.279729],
        [0.525206, 0.402111, 0.329937, 0.295806, 0.249855, 0.212687, 0.214459, 0.254803],
        [0.357432, 0.279729, 0.270896, 0.262603, 0.229778, 0.257351, 0.249855, 0.259950],
    ]
)
_MASKING = np.array(
    [
        [0.390625, 0.826446, 1.000000, 0.390625, 0.173611, 0.062500, 0.038447, 0.026874],
        [0.694444, 0.694444, 0.510204, 0.277008, 0.147929, 0.029727, 0.027778, 0.033058],
        [0.510204, 0.591716, 0.390625, 0.173611, 0.062500, 0.030779, 0.021004, 0.031888],
        [0.510204, 0.346021, 0.206612, 0.118906, 0.038447, 0.013212, 0.015625, 0.026015],
        [0.308642, 0.206612, 0.073046, 0.031888, 0.021626, 0.008417, 0.009426, 0.016866],
        [0.173611, 0.081633, 0.033058, 0.024414, 0.015242, 0.009246, 0.007831, 0.011815],
        [0.041649, 0.024414, 0.016437, 0.013212, 0.009426, 0.006830, 0.006944, 0.009803],
        [0.019290, 0.011815, 0.011080, 0.010412, 0.007972, 0.010000, 0.009426, 0.010203],
    ]
)
"""The squared sensitivities of the standard quantisation table of JPEG, by which a block masks."""
_AC = np.arange(_SIDE * _SIDE).reshape(_SIDE, _SIDE) > 0


class MaskedPsnrHvs(MetricFamily):
    """PSNR-HVS-M, as its authors' program has it with blocks side by side."""

    name = "psnr_hvs_m"
    order = 27
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="psnr_hvs_m",
            space="y",
            title="PSNR-HVS-M",
            unit="dB",
            digits=2,
            tolerance=Tolerance(0.02),
            smallest=_SIDE,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=np.inf, symmetric=True),
            definition="PSNR-HVS-M (Ponomarenko et al. 2007), 8×8 blocks side by side, the last row and column "
            "repeated to whole blocks; infinite where nothing is left unmasked; of luma in 0–255",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> tuple[Plane, Plane]:
        return _blocks(reference)

    def compare(self, prepared: tuple[Plane, Plane], distorted: Channels) -> dict[str, Values]:
        (one, hides), (two, other) = prepared, _blocks(distorted)
        hidden = np.maximum(hides, other)[..., np.newaxis, np.newaxis] / _MASKING
        errors = np.abs(one - two)
        errors = np.where(_AC, np.maximum(errors - hidden, 0), errors) * _SENSITIVITY
        with np.errstate(divide="ignore"):
            return {"psnr_hvs_m_y": 10 * np.log10(255**2 / np.square(errors).mean(axis=(1, 2, 3, 4)))}


def _blocks(channels: Channels) -> tuple[Plane, Plane]:
    """DCT coefficients of blocks, shape (N, rows, columns, 8, 8), and how much each block hides."""
    from scipy.fft import dctn

    planes = luma_planes(channels)
    height, width = planes.shape[1:]
    planes = np.pad(planes, ((0, 0), (0, -height % _SIDE), (0, -width % _SIDE)), mode="edge")
    count, height, width = planes.shape
    blocks = planes.reshape(count, height // _SIDE, _SIDE, width // _SIDE, _SIDE).swapaxes(2, 3)
    coefficients = dctn(blocks, axes=(-2, -1), norm="ortho")
    energy = (np.square(coefficients) * _MASKING)[..., _AC].sum(axis=-1)
    # An edge hides less than a texture: its quarters vary less than the whole.
    whole = _deviations(blocks)
    half = _SIDE // 2
    quarters = blocks.reshape(*blocks.shape[:3], 2, half, 2, half).swapaxes(4, 5)
    parts = _deviations(quarters).sum(axis=(3, 4))
    share = np.divide(parts, whole, out=np.zeros_like(whole), where=whole != 0)
    return coefficients, np.sqrt(energy * share / (half * half)) / _SIDE


def _deviations(blocks: Plane) -> Plane:
    """Sample variance of each block times its pixels."""
    return np.asarray(blocks.var(axis=(-2, -1), ddof=1) * (blocks.shape[-1] * blocks.shape[-2]))
