"""Curves through points, many at once."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.analysis.interpolate import pchip_means, pchip_values


def test_means_and_values_of_a_curve_are_those_of_scipy() -> None:
    from scipy.interpolate import PchipInterpolator

    rng = np.random.default_rng(6)
    x, y = (np.cumsum(rng.uniform(0.01, 3, (50, 7)), axis=1) for _ in range(2))
    low, high = x[:, 0] + (x[:, -1] - x[:, 0]) * 0.1, x[:, -1]
    curves = [PchipInterpolator(*points) for points in zip(x, y, strict=True)]
    means = [c.integrate(a, b) / (b - a) for c, a, b in zip(curves, low, high, strict=True)]
    assert pchip_means(x, y, low, high) == pytest.approx(means, rel=1e-12)
    for place in (low, high, x[:, 0], x[:, 3], (x[:, 2] + x[:, 3]) / 2):
        assert pchip_values(x, y, place) == pytest.approx([float(c(p)) for c, p in zip(curves, place, strict=True)])
    assert np.isnan(pchip_values(x, y, x[:, -1] + 1e-9)).all()
