"""Which magnitudes the encoder keeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.wavelet import coder
from benchmark.neural.wavelet.bands import Part
from benchmark.neural.wavelet.colours import Rotation, planes_of
from benchmark.neural.wavelet.transform import LEVELS, UNIT, analyse
from tests.conftest import photo
from tests.neural.wavelet.examples import random_model

pytestmark = pytest.mark.neural


def test_a_dearer_level_keeps_fewer_coefficients() -> None:
    def kept(shares: tuple[float, ...]) -> npt.NDArray[np.int64]:
        counts = np.zeros(LEVELS + 1, np.int64)

        def seen(part: Part, values: npt.NDArray[np.int32], exact: npt.NDArray[np.float32]) -> None:
            counts[part.level] += np.count_nonzero(values)

        bands = [analyse(plane) for plane in planes_of(photo(64, 64), Rotation())]
        coder.encode(bands, 64, 64, random_model(), 5 * UNIT, 0.1, seen, shares=shares)
        return counts

    even, tuned = kept((1.0,) * LEVELS), kept((3.0, 1.0, 0.2, 0.2, 0.2, 0.2))
    assert tuned[1] < even[1]
    assert tuned[3:].sum() > even[3:].sum()
