"""The compiled loops against NumPy and the library of entropy coders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.streams.entropy import words_of
from benchmark.neural.streams.integers import activated
from benchmark.neural.wavelet.decisions import Writer
from benchmark.neural.wavelet.model import SAID, Predictor, evaluate
from benchmark.neural.wavelet.restoration import Restoration
from benchmark.neural.wavelet.tables import TOTAL, first_tables
from benchmark.neural.wavelet.transform import UNIT
from tests.needs import needs
from tests.neural.wavelet.examples import random_model, random_restoration

needs("numba", extra="numba")

from benchmark.neural.wavelet import kernels, loops  # noqa: E402 (needs it)

pytestmark = pytest.mark.neural


def test_a_reader_reads_what_the_library_wrote() -> None:
    rng = np.random.default_rng(1)
    chances = np.concatenate([rng.integers(1, TOTAL, 20_000), rng.choice([1, 2, TOTAL - 2, TOTAL - 1], 20_000)])
    probabilities = chances / TOTAL
    bits = rng.random(len(chances)) < probabilities
    bits[::97] ^= True  # what was not expected costs words, one after the other
    writer = Writer()
    writer.decisions(bits, probabilities)
    writer.count(bits, probabilities)
    words, found = words_of(writer.payload()), np.zeros(len(bits), np.bool_)
    state = np.array([0, (1 << 64) - 1, int(words[0]) << 32 | int(words[1]), 2], np.uint64)
    ideal = kernels.read_each(words, state, probabilities, found)
    assert np.array_equal(found, bits)
    assert ideal == pytest.approx(writer.ideal)


def test_what_nobody_wrote_is_told() -> None:
    words = np.full(4, 0xFFFFFFFF, np.uint32)
    state = np.array([0, (1 << 64) - 1, (1 << 64) - 1, 2], np.uint64)
    assert np.isnan(kernels.read_each(words, state, np.full(8, 0.5), np.zeros(8, np.bool_)))


def test_activations_are_those_of_numpy() -> None:
    rng = np.random.default_rng(2)
    sums = (rng.integers(-(1 << 20), 1 << 20, (24, 501)) / 64).astype(np.float32)
    found = sums.copy()
    kernels.activate(found)
    assert np.array_equal(found, activated(sums.copy()))
    bias, out = (rng.integers(-9000, 9000, (24, 1)) / 64).astype(np.float32), np.empty_like(sums)
    kernels.oppose(sums, bias, out)
    assert np.array_equal(out, activated(bias + sums) - activated(bias - sums))
    features = rng.integers(-127, 128, (76, 501)).astype(np.float32)
    said, seen = sums[:SAID], np.empty((76 + SAID + 1, 501), np.float32)
    kernels.magnitudes(features, said, seen)
    expected = [np.abs(features), np.minimum(np.floor(np.abs(said)), 127), np.ones((1, 501), np.float32)]
    assert np.array_equal(seen, np.concatenate(expected))


@pytest.mark.parametrize("count", [1, 2048])
def test_networks_say_the_same(count: int) -> None:
    known = tuple(range(76))
    layers = Predictor(random_model(3, 24, 48), 20 * UNIT).layers(5, 7, known)
    features = np.random.default_rng(3).integers(-127, 128, (len(known), count)).astype(np.float32)
    for one, other in zip(
        evaluate(layers, features), evaluate(layers, features, loops.loops_for(1 << 30)), strict=True
    ):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("channels", [1, 3])
def test_restoration_is_the_same(channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    planes = [rng.integers(-8000, 8000, (151, 161)).astype(np.int16) for _ in range(channels)]
    network: Restoration = random_restoration()

    def repaired(least: int) -> list[npt.NDArray[np.int16]]:
        monkeypatch.setattr(loops, "LEAST", least)
        return network(planes, 20 * UNIT, first_tables())

    for one, other in zip(repaired(0), repaired(1 << 30), strict=True):
        assert np.array_equal(one, other)
