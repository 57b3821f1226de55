"""Curves through points, many at once."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.analysis.interpolate import drawn_path, drawn_slopes, pchip_means, pchip_values


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


def test_what_is_drawn_is_the_curve_that_is_integrated() -> None:
    from scipy.interpolate import PchipInterpolator

    rng = np.random.default_rng(7)
    rates, qualities = (np.cumsum(rng.uniform(0.1, 3, 6)) for _ in range(2))
    curve = PchipInterpolator(qualities, np.log10(rates))
    x, y = drawn_path(rates, qualities, steps=5)
    assert len(x) == len(y) == 26
    assert np.log10(x) == pytest.approx(curve(y))
    assert list(x[::5]) == pytest.approx(list(rates))
    assert list(y[::5]) == pytest.approx(list(qualities))
    assert drawn_slopes(rates, qualities) == pytest.approx(curve.derivative()(qualities))


def test_two_points_are_joined_by_a_line_and_one_stands_alone() -> None:
    x, y = drawn_path(np.array([1.0, 100.0]), np.array([30.0, 40.0]), steps=2)
    assert list(x) == pytest.approx([1, 10, 100])
    assert list(y) == pytest.approx([30, 35, 40])
    x, y = drawn_path(np.array([1.0]), np.array([30.0]))
    assert (list(x), list(y)) == ([1], [30])
