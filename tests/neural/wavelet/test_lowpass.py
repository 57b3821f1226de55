"""The low-pass band in its Golomb–Rice code."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.errors import BitstreamError
from benchmark.neural.wavelet.decisions import Reader, Writer, code_plain
from benchmark.neural.wavelet.lowpass import MOST, code_low

pytestmark = pytest.mark.neural


def coded(plane: npt.NDArray[np.int32]) -> bytes:
    writer = Writer()
    assert np.array_equal(code_low(writer, plane), plane)
    return writer.payload()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (6, 8), (0, 3)])
@pytest.mark.parametrize("spread", [0, 3, 2000])
def test_a_band_comes_back(shape: tuple[int, int], spread: int) -> None:
    plane = np.random.default_rng(3).integers(-spread, spread + 1, shape).astype(np.int32)
    assert np.array_equal(code_low(Reader(coded(plane)), np.zeros_like(plane)), plane)


def test_a_ramp_and_an_edge_cost_less_than_noise() -> None:
    """The predictor follows both: nothing is left over but at the border."""
    x = np.tile(np.arange(16, dtype=np.int32), (16, 1))
    noise = np.random.default_rng(4).integers(-400, 400, (16, 16)).astype(np.int32)
    assert len(coded(25 * x)) < len(coded(noise)) / 2
    assert len(coded(400 * (x > 7).astype(np.int32))) < len(coded(noise)) / 2


def test_absurd_bands_are_refused() -> None:
    writer = Writer()
    code_plain(writer, np.array([31]), 5)
    with pytest.raises(BitstreamError, match="absurd Golomb–Rice parameter"):
        code_low(Reader(writer.payload()), np.zeros((2, 2), np.int32))
    writer = Writer()
    code_plain(writer, np.array([0]), 5)
    writer.same(np.ones(200, bool), 1 << 15)
    with pytest.raises(BitstreamError, match="absurd magnitudes"):
        code_low(Reader(writer.payload()), np.zeros((1, 1), np.int32))
    with pytest.raises(BitstreamError, match="absurd magnitudes"):
        code_low(Reader(coded_unchecked(4 * MOST)), np.zeros((1, 1), np.int32))


def coded_unchecked(value: int) -> bytes:
    """A band of one sample, as an encoder without limits would write it."""
    writer = Writer()
    code_low(writer, np.array([[value]], np.int32))
    return writer.payload()
