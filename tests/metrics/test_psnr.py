"""Squared error and PSNR, against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from tests.metrics.measured import PAIRS, Pixels, luma, measure


@pytest.mark.parametrize(("reference", "distorted"), PAIRS)
def test_psnr(reference: Pixels, distorted: Pixels) -> None:
    values = measure(reference, distorted)
    mse = np.mean((reference.astype(np.float64) - distorted) ** 2)
    mse_y = np.mean((luma(reference) - luma(distorted)) ** 2)
    assert values["mse_rgb"] == pytest.approx(mse, rel=1e-12)
    assert values["psnr_rgb"] == pytest.approx(10 * np.log10(255**2 / mse), abs=1e-9)
    assert values["psnr_y"] == pytest.approx(10 * np.log10(255**2 / mse_y), abs=1e-4)
