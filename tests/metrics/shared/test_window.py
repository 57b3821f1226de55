"""Local means against SciPy's correlation, in both precisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import correlate1d

from benchmark.metrics.shared.window import local_means, window


@pytest.mark.parametrize("shape", [(1, 11, 11), (3, 26, 27), (2, 3, 40, 91)])
@pytest.mark.parametrize(("kind", "tolerance"), [(np.float32, 1e-4), (np.float64, 1e-11)])
def test_means_are_those_of_a_correlation(
    shape: tuple[int, ...], kind: type[np.floating[Any]], tolerance: float
) -> None:
    planes = np.random.default_rng(1).integers(0, 256, shape).astype(kind)
    along = correlate1d(correlate1d(planes.astype(np.float64), window(), axis=-1), window(), axis=-2)
    found = local_means(planes)
    assert found.dtype == kind
    assert np.abs(found - along[..., 5:-5, 5:-5]).max() < tolerance


def test_the_window_is_a_gaussian_that_adds_up_to_one() -> None:
    taps = window()
    assert taps.sum() == pytest.approx(1, abs=1e-15)
    assert list(taps) == list(taps[::-1])
    assert taps[5] / taps[3] == pytest.approx(np.exp(2 / 1.5**2))
