"""The start from a KLT: what the network codes and decodes is what the quantisers say."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.levels.network import codes_of, images_of
from benchmark.plugins import codec_class
from tests.conftest import photo

pytestmark = [pytest.mark.neural]

binary_ae = importlib.import_module(codec_class("binary-ae").__module__)


def blocks(images: np.ndarray) -> np.ndarray:
    count, height, width, _ = images.shape
    return images.reshape(count, height // 4, 4, width // 4, 4, 3).swapaxes(2, 3).reshape(-1, 48) / 255


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.stack([photo(64, 64, seed=seed) for seed in range(12)])


def test_each_bit_goes_where_it_lowers_the_error(images: np.ndarray) -> None:
    from benchmark.neural.levels.klt_start import decoded, quantised

    centred = blocks(images) - blocks(images).mean(axis=0)
    errors = []
    for bits in (0, 8, 16, 32):
        found = quantised(centred, bits) if bits else []
        assert sum(coefficient.bits for coefficient in found) == bits
        left = centred.copy()
        for coefficient in found:
            assert len(coefficient.thresholds) == 2**coefficient.bits - 1
            assert np.all(np.diff(coefficient.thresholds) > 0)
            left -= np.outer(decoded(coefficient, centred @ coefficient.vector), coefficient.vector)
        errors.append(float(np.mean(left**2)))
    assert errors == sorted(errors, reverse=True)
    assert errors[3] < errors[0] / 50


def test_the_halves_of_a_cell_with_many_bits_are_equally_far_apart(images: np.ndarray) -> None:
    from benchmark.neural.levels.klt_start import TIED, quantised

    found = quantised(blocks(images) - blocks(images).mean(axis=0), 80)
    assert any(coefficient.bits >= TIED for coefficient in found), "else nothing is tried here"
    for coefficient in found:
        if coefficient.bits >= TIED:
            np.testing.assert_allclose(coefficient.steps, coefficient.steps[0])


def even(count: int) -> np.ndarray:
    """Images whose blocks vary alike in so many directions: all bits go to these."""
    rng = np.random.default_rng(3)
    directions = np.linalg.qr(rng.standard_normal((48, count)))[0]
    found = 128 + 40 * rng.standard_normal((12 * 256, count)) @ directions.T
    pixels = np.clip(found, 0, 255).astype(np.uint8).reshape(12, 16, 16, 4, 4, 3)
    return pixels.swapaxes(2, 3).reshape(12, 64, 64, 3)


@pytest.mark.parametrize("directions", [0, 7, 8, 32])
def test_the_network_is_the_quantisers(images: np.ndarray, directions: int) -> None:
    """Also where the bits go to coefficients that need most units of a layer."""
    images = even(directions) if directions else images
    from benchmark.neural.levels.klt_start import decoded, klt_start, quantised

    network = binary_ae.build_network(3)
    before = network.get_weights()
    klt_start(network, images)
    other = even(directions)[:2, :32, :48] if directions else np.stack([photo(32, 48, seed=seed) for seed in (50, 51)])
    codes = codes_of(network, other, 1)
    mean = blocks(images).mean(axis=0)
    centred, expected = blocks(other) - mean, np.tile(mean, (2 * 8 * 12, 1))
    bits = codes[0].reshape(-1, 32)
    first = 0
    for coefficient in quantised(blocks(images) - mean, 32):
        values = centred @ coefficient.vector
        cell = np.searchsorted(coefficient.thresholds, values)
        pair = cell // 2
        gray = pair ^ pair >> 1
        wanted = [*(gray >> place & 1 for place in range(coefficient.bits - 2, -1, -1)), cell % 2]
        np.testing.assert_array_equal(bits[:, first : first + coefficient.bits], np.stack(wanted, axis=1))
        expected += np.outer(decoded(coefficient, values), coefficient.vector)
        first += coefficient.bits
    pixels = np.clip(expected, 0, 1).reshape(2, 8, 12, 4, 4, 3).swapaxes(2, 3).reshape(2, 32, 48, 3) * 255
    assert np.abs(images_of(network, codes, 4) - pixels).max() < 0.51

    if not directions:
        kept = [np.mean(old == new) for old, new in zip(before, network.get_weights(), strict=True) if old.ndim == 4]
        free = min(kept[index] for index in (0, 1, 2, 4, 5, 6))
        assert free > 0.3, "units that the start does not need stay free to learn"


@pytest.mark.parametrize("images", [np.full((4, 64, 64, 3), 90, np.uint8), np.tile(photo(4, 4), (2, 16, 16, 1))])
def test_pictures_without_detail_are_refused(images: np.ndarray) -> None:
    from benchmark.neural.levels.klt_start import klt_start

    with pytest.raises(UsageError, match=r"init: klt needs pictures with more detail: their .* by 0 bits of 32"):
        klt_start(binary_ae.build_network(3), images)
