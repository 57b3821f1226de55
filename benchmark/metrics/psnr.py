"""Mean squared error and peak signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.metric import Metric, MetricFamily, Planes, Values


class Psnr(MetricFamily):
    """MSE and PSNR: exact for RGB, since differences of 8-bit samples are summed in ``float64``."""

    name = "psnr"
    order = 0
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "mse", "MSE", "", "mean squared error over all samples of an image, in 0–255 of the 8-bit output",
            higher_is_better=False,
        ),
        Metric(
            "psnr", "PSNR", "dB",
            "10·log10(255² / MSE), one MSE over H×W×3 for RGB; infinite when lossless; averaged in dB over images",
        ),
    )

    def prepare(self, reference: Planes, wanted: Sequence[str]) -> tuple[Planes, Sequence[str]]:
        return reference, wanted

    def compare(self, prepared: tuple[Planes, Sequence[str]], distorted: Planes) -> dict[str, Values]:
        reference, wanted = prepared
        count, planes, height, width = reference.shape
        errors = np.empty((count, planes))
        for index in np.ndindex(count, planes):
            difference = (distorted[index] - reference[index]).astype(np.float64).ravel()
            errors[index] = difference @ difference / (height * width)
        luma = errors[:, -1]
        colour = errors[:, :3].mean(axis=1)
        values: dict[str, Values] = {}
        if "mse" in wanted:
            values |= {"mse_rgb": colour, "mse_y": luma}
        if "psnr" in wanted:
            values |= {"psnr_rgb": psnr_of(colour), "psnr_y": psnr_of(luma)}
        return values


def psnr_of(mse: Values) -> Values:
    """PSNR in dB of mean squared errors of samples in 0–255; infinite for 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(255.0**2 / mse))
