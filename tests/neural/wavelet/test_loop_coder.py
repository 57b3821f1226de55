"""Streams and pictures of compiled loops: those of NumPy, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import BitstreamError
from benchmark.neural.wavelet import coder, loops
from benchmark.neural.wavelet.colours import Rotation, planes_of
from benchmark.neural.wavelet.transform import SCALES, UNIT, Bands, analyse, band_shape
from tests.conftest import photo
from tests.needs import needs
from tests.neural.wavelet.examples import random_model

needs("numba", extra="numba")

pytestmark = pytest.mark.neural

STEP = 5 * UNIT
SIZES = [(1, 1), (1, 7), (7, 1), (3, 5), (65, 1), (33, 100), (128, 192)]


@pytest.fixture(params=[0, 1 << 30], ids=["loops", "numpy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(loops, "LEAST", request.param)
    return int(request.param)


def bands_of(height: int, width: int, channels: int) -> list[Bands]:
    return [analyse(plane) for plane in planes_of(photo(height, width, channels), Rotation())]


def encoded(bands: list[Bands], height: int, width: int, least: int, price: float = 0.08) -> coder.Coded:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "LEAST", least)
        own = [dict(plane) for plane in bands]
        return coder.encode(own, height, width, random_model(), STEP, price, corrected=bool(price))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_streams_are_the_same(height: int, width: int, channels: int) -> None:
    bands = bands_of(height, width, channels)
    one, other = (encoded(bands, height, width, least) for least in (0, 1 << 30))
    assert one.payload == other.payload
    assert one.ideal_bits == pytest.approx(other.ideal_bits)


def test_each_reads_what_the_other_wrote(way: int) -> None:
    bands = bands_of(97, 130, 3)
    for least in (0, 1 << 30):
        found = encoded(bands, 97, 130, least)
        back = coder.decode(found.payload, 97, 130, 3, random_model(), STEP)
        assert all(np.array_equal(one, other) for one, other in zip(found.planes, back.planes, strict=True))
        assert back.ideal_bits == pytest.approx(found.ideal_bits)
        assert back.macs == found.macs


def test_all_classes_come_back(way: int) -> None:
    rng = np.random.default_rng(1)
    sizes = [0, 1, 2, 5, 9, 15, 30, 60, 300, 5000, 60_000]
    shape = {scale: band_shape(64, 96, *scale) for scale in SCALES}
    bands = {
        scale: np.float32(5) * rng.choice(sizes, size) * rng.choice([-1, 1], size) for scale, size in shape.items()
    }
    found = encoded([bands], 64, 96, way, price=0)
    assert found.payload == encoded([bands], 64, 96, 0, price=0).payload
    back = coder.decode(found.payload, 64, 96, 1, random_model(), STEP)
    assert np.array_equal(found.planes[0], back.planes[0])


def test_spoiled_streams_give_the_same_picture_or_none() -> None:
    payload = bytearray(encoded(bands_of(40, 56, 3), 40, 56, 0).payload)
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(60):
        spoiled = bytearray(payload)
        for place in rng.integers(0, len(payload), 3):
            spoiled[place] = rng.integers(0, 256)
        spoiled = spoiled[: rng.integers(1, len(spoiled) + 1)]
        found = []
        for least in (0, 1 << 30):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(loops, "LEAST", least)
                try:
                    found.append([plane.tobytes() for plane in decoded(bytes(spoiled))])
                except BitstreamError:
                    found.append([])
        assert found[0] == found[1]
        refused += not found[0]
    assert refused < 60


def decoded(payload: bytes) -> list[np.ndarray]:
    return list(coder.decode(payload, 40, 56, 3, random_model(), STEP).planes)
