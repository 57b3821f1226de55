"""What the decoder knows of a coefficient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.wavelet.bands import PHASES, DecodedBands
from benchmark.neural.wavelet.tables import LOW_LIMIT, first_tables
from benchmark.neural.wavelet.transform import LEVELS, band_shape

pytestmark = pytest.mark.neural


def test_features_are_what_the_decoder_knows() -> None:
    """A coefficient that comes later changes no earlier prediction."""
    height, width = 48, 64
    rng = np.random.default_rng(5)
    tables = first_tables()

    def walk(changed: int) -> list[npt.NDArray[np.float32]]:
        values_rng = np.random.default_rng(6)
        low = [np.zeros(band_shape(height, width, LEVELS, 3), np.int32) for _ in range(3)]
        bands, seen = DecodedBands(height, width, 300, low, tables), []
        for number, (part, values) in enumerate(bands.parts()):
            seen.append(part.features(slice(None)))
            values[...] = values_rng.integers(-3, 4, values.shape)
            if number == changed:
                values[...] += 1
        return seen

    first = walk(-1)
    for changed in rng.integers(20, len(first), 5):
        second = walk(int(changed))
        assert all(np.array_equal(first[at], second[at]) for at in range(changed + 1))
        assert (
            any(
                one.shape != other.shape or not np.array_equal(one, other)
                for one, other in zip(first[changed + 1 :], second[changed + 1 :], strict=True)
            )
            or changed == len(first) - 1
        )


def test_slopes_are_differences_of_the_decoded_low_pass_plane() -> None:
    """In eighths of a step, to the eight samples around and four beyond them; samples at the edge go on beyond it."""
    height, width, step = 52, 70, 300
    rng = np.random.default_rng(8)
    low = [rng.integers(-40, 40, band_shape(height, width, LEVELS, 3)).astype(np.int32) for _ in range(3)]
    bands, tables = DecodedBands(height, width, step, low, first_tables()), first_tables()
    places = [(-2, 0), (-1, -1), (-1, 0), (-1, 1), (0, -2), (0, -1), (0, 1), (0, 2), (1, -1), (1, 0), (1, 1), (2, 0)]
    met = 0
    for part, values in bands.parts():
        units = bands.low[part.plane].astype(np.int64) * ((1 << (part.level + 23)) // step) >> 20
        padded = np.pad(units, 2, mode="edge")
        seen = part.features(slice(None))[-len(places) :]
        for place, lively in enumerate(part.lively.tolist()):
            row, column = (2 * at + first for at, first in zip(divmod(lively, part.shape[1]), part.first, strict=True))
            for number, (down, across) in enumerate(places):
                difference = int(padded[row + 2 + down, column + 2 + across] - padded[row + 2, column + 2])
                assert seen[number, place] == np.sign(difference) * tables.difference[abs(difference) + 2 * LOW_LIMIT]
                met += difference != 0
        values[...] = rng.integers(-1, 2, values.shape)
    assert met > 1000


def test_a_place_is_lively_or_quiet() -> None:
    low = [np.zeros(band_shape(40, 52, LEVELS, 3), np.int32)]
    both = set()
    for part, values in DecodedBands(40, 52, 300, low, first_tables()).parts():
        assert sorted([*part.lively, *part.quiet()]) == list(range(values.size))
        assert np.array_equal(part.quiet(), np.flatnonzero(part.rows() == len(part.lively)))
        both |= {bool(part.lively.size), bool(part.quiet().size)}
        values[0, 0] = 1
    assert both == {True, False}


def test_passes_cover_a_band_once() -> None:
    seen = np.zeros((4, 6), int)
    for top, left in PHASES:
        seen[top::2, left::2] += 1
    assert (seen == 1).all()
