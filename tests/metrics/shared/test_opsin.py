"""Butteraugli's blur, colours and bands, against their formulas in float64."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.metrics.shared.opsin import bands, blur, opsin

Plane = npt.NDArray[np.float32]


def planes(height: int, width: int, seed: int = 3) -> Plane:
    return np.random.default_rng(seed).uniform(0, 1, (3, height, width)).astype(np.float32)


def weights(sigma: float) -> npt.NDArray[np.float64]:
    reach = max(1, int(2.25 * sigma))
    return np.exp(-0.5 * np.arange(-reach, reach + 1) ** 2 / sigma**2)


@pytest.mark.parametrize("sigma", [1.56416327805, 2.7, 3.22489901262, 7.15593339443])
@pytest.mark.parametrize("size", [(40, 50), (8, 9)])
def test_a_wide_blur_is_a_mean_of_what_there_is(size: tuple[int, int], sigma: float) -> None:
    image = planes(*size)
    taps = weights(sigma)
    reach = len(taps) // 2
    expected = image.astype(np.float64)
    for axis in (1, 2):
        count = image.shape[axis]
        matrix = np.zeros((count, count))
        for row in range(count):
            for offset in range(-reach, reach + 1):
                if 0 <= row + offset < count:
                    matrix[row, row + offset] = taps[offset + reach]
        matrix /= matrix.sum(axis=1, keepdims=True)
        expected = np.moveaxis(np.tensordot(matrix, expected, (1, axis)), 0, axis)
    assert blur(image, sigma) == pytest.approx(expected, abs=1e-6)


def test_a_narrow_blur_mirrors_the_picture() -> None:
    image = planes(12, 9)
    larger = np.pad(image, ((0, 0), (2, 2), (2, 2)), mode="symmetric")
    taps = weights(1.2) / weights(1.2).sum()
    expected = sum(
        taps[down] * taps[right] * larger[:, down : down + 12, right : right + 9]
        for down in range(5)
        for right in range(5)
    )
    assert blur(image, 1.2) == pytest.approx(expected, abs=1e-6)


def test_an_even_light_is_seen_as_the_formula_says() -> None:
    """Cones of an even picture tell their gamma; the first two differ in nothing but their mixes."""
    light = np.full((3, 10, 10), 0.25, np.float32) * np.array([1.0, 2.0, 3.0], np.float32)[:, None, None]
    red, green, blue = (0.25 * 80 * share for share in (1, 2, 3))
    cones = [
        0.29956550340058319 * red + 0.63373087833825936 * green + 0.077705617820981968 * blue + 1.7557483643287353,
        0.22158691104574774 * red + 0.69391388044116142 * green + 0.0987313588422 * blue + 1.7557483643287353,
        0.02 * red + 0.02 * green + 0.20480129041026129 * blue + 12.226454707163354,
    ]
    told = [19.245013259874995 * np.log(cone + 9.9710635769299145) - 23.16046239805755 for cone in cones]
    expected = [told[0] - told[1], told[0] + told[1], max(told[2], 12.226454707163354)]
    assert opsin(light)[:, 5, 5] == pytest.approx(expected, abs=1e-3)


def test_bands_of_an_even_picture_hold_nothing_but_its_light() -> None:
    seen = opsin(np.full((3, 40, 40), 0.4, np.float32))
    found = bands(seen)
    assert np.abs(found.highest).max() < 1e-3
    assert np.abs(found.high).max() < 1e-3
    assert np.abs(found.middle).max() < 1e-3
    red, yellow, blue = seen[:, 20, 20]
    expected = [red * 32.2217497012, yellow * 13.7697791434, (blue - 0.362267051518 * yellow) * 47.504615728]
    assert found.low[:, 20, 20] == pytest.approx(expected, rel=1e-4)


def test_fine_detail_is_in_the_highest_band_and_coarse_detail_in_the_middle() -> None:
    fine, coarse = np.full((2, 3, 64, 64), 0.4, np.float32)
    fine[:, :, ::2] += np.float32(0.02)
    coarse += np.float32(0.02) * np.sin(np.arange(64, dtype=np.float32) / 4)
    for light, largest in ((fine, 0), (coarse, 2)):
        found = bands(opsin(light))
        strengths = [float(band[1, 20:44, 20:44].std()) for band in (found.highest, found.high, found.middle)]
        assert int(np.argmax(strengths)) == largest
