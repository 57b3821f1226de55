"""The compiled loops against NumPy and the library of entropy coders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.errors import BitstreamError
from benchmark.neural.streams.entropy import words_of
from benchmark.neural.wavelet.decisions import WIDTHS, Reader, Writer, code_within
from benchmark.neural.wavelet.model import CLASSES, Predictor, evaluate
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


def test_magnitudes_are_read_as_they_are_written() -> None:
    rng = np.random.default_rng(4)
    sizes = np.concatenate([np.arange(1, 90), rng.integers(1, 40, 3000), [127, 128, 5000, (1 << 19) + 67]])
    rng.shuffle(sizes)
    classes = np.searchsorted(CLASSES, sizes, side="right") - 1
    writer = Writer()
    code_within(writer, classes, sizes)
    payload = writer.payload()
    assert np.array_equal(code_within(Reader(payload), classes, np.zeros_like(sizes)), sizes)
    words, found = words_of(payload), np.zeros(len(sizes), np.int64)
    state = np.array([0, (1 << 64) - 1, int(words[0]) << 32 | int(words[1]), 2], np.uint64)
    assert kernels.read_within(words, state, classes, CLASSES, WIDTHS, found) == round(writer.ideal)
    assert np.array_equal(found, sizes)


def test_absurd_magnitudes_are_told() -> None:
    writer = Writer()
    writer.same(np.ones(64), TOTAL // 2)
    words, found = words_of(writer.payload()), np.zeros(1, np.int64)
    state = np.array([0, (1 << 64) - 1, int(words[0]) << 32 | int(words[1]), 2], np.uint64)
    assert kernels.read_within(words, state, np.array([len(WIDTHS)]), CLASSES, WIDTHS, found) == -2
    with pytest.raises(BitstreamError, match="absurd"):
        code_within(Reader(writer.payload()), np.array([len(WIDTHS)]), np.zeros(1, np.int64))


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
