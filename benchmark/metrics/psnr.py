"""Mean squared error and peak signal-to-noise ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from benchmark.metric import Channels, Metric, MetricFamily, Pooled, Promises, Tolerance, Values
from benchmark.metrics.shared.compiled import passes

_MSE = Metric(
    name="mse",
    space="rgb",
    title="MSE",
    higher_is_better=False,
    digits=2,
    shown="named",
    lowest=0.0,
    definition="mean squared error over all samples of an image, in 0–255 of the 8-bit output",
    tolerance=Tolerance(0.0025, relative=True),  # about 0.01 dB
    promises=Promises(equal=0.0, symmetric=True),
)
_OF_MSE = Pooled("mse", peak=255.0**2)
_PSNR = Metric(
    name="psnr",
    space="rgb",
    title="PSNR",
    unit="dB",
    digits=2,
    tolerance=Tolerance(0.01),
    pooled=_OF_MSE,
    lowest=0.0,
    promises=Promises(equal=math.inf, symmetric=True),
    definition="10·log10(255² / MSE), one MSE over H×W×3 for RGB; infinite when lossless; averaged in dB over images",
)


class Psnr(MetricFamily):
    """MSE and PSNR: exact for RGB, since differences of 8-bit samples are summed in ``float64``."""

    name = "psnr"
    order = 0
    metrics: ClassVar[tuple[Metric, ...]] = (_MSE, replace(_MSE, space="y"), _PSNR, replace(_PSNR, space="y"))

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> tuple[Channels, Sequence[Metric]]:
        return reference, wanted

    def compare(self, prepared: tuple[Channels, Sequence[Metric]], distorted: Channels) -> dict[str, Values]:
        reference, wanted = prepared
        count, channels, height, width = reference.shape
        errors = np.zeros((count, channels))
        if fused := passes():
            fused.squared_errors(distorted, reference, errors)
        else:
            for index in np.ndindex(count, channels):
                difference = (distorted[index] - reference[index]).astype(np.float64).ravel()
                errors[index] = difference @ difference
        errors /= height * width
        mse = {"rgb": errors[:, :3].mean(axis=1), "y": errors[:, -1]}
        return {
            metric.column: mse[metric.space] if metric.name == "mse" else _OF_MSE.decibels(mse[metric.space])
            for metric in wanted
        }
