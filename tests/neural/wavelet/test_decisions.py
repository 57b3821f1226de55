"""Binary decisions in a range coder, and whole numbers made of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import BitstreamError
from benchmark.neural.wavelet.decisions import WIDTHS, Reader, Writer, code_gamma, code_plain, code_within
from benchmark.neural.wavelet.model import BINARY, CLASSES
from benchmark.neural.wavelet.tables import TOTAL

pytestmark = pytest.mark.neural


def test_decisions_come_back_and_cost_their_information() -> None:
    rng = np.random.default_rng(0)
    chances = rng.choice([0.01, 0.3, 0.9], 20_000)
    bits = rng.random(20_000) < chances
    writer = Writer()
    writer.decisions(bits, chances)
    assert writer.same(bits[:0], 5).size == 0
    writer.same(bits[:100], TOTAL // 4)
    reader = Reader(writer.payload())
    assert np.array_equal(reader.decisions(np.zeros(20_000, bool), chances), bits)
    assert np.array_equal(reader.same(np.zeros(100, bool), TOTAL // 4), bits[:100])
    ones = int(bits[:100].sum())
    same = -ones * np.log2(1 / 4) - (100 - ones) * np.log2(3 / 4)
    assert writer.ideal == pytest.approx(same)
    information = -np.log2(np.where(bits, chances, 1 - chances)).sum()
    writer.count(bits, chances)
    assert writer.ideal == pytest.approx(information + same)
    assert 8 * len(writer.payload()) == pytest.approx(information + same, rel=0.01)


def test_whole_numbers_come_back() -> None:
    rng = np.random.default_rng(1)
    plain, gamma = rng.integers(0, 32, 50), rng.integers(0, 100_000, 50)
    sizes = np.concatenate([CLASSES, CLASSES[-1] + rng.integers(0, 5000, 20)])
    classes = np.searchsorted(CLASSES, sizes, side="right") - 1
    writer = Writer()
    code_plain(writer, plain, 5)
    code_gamma(writer, gamma)
    code_within(writer, classes, sizes)
    reader, nothing = Reader(writer.payload()), np.zeros(50, np.int64)
    assert np.array_equal(code_plain(reader, nothing, 5), plain)
    assert np.array_equal(code_gamma(reader, nothing), gamma)
    assert np.array_equal(code_within(reader, classes, np.zeros_like(sizes)), sizes)
    assert len(WIDTHS) == BINARY


def test_numbers_without_end_are_refused() -> None:
    writer = Writer()
    writer.same(np.ones(40, bool), TOTAL // 2)
    with pytest.raises(BitstreamError, match="absurd magnitudes"):
        code_gamma(Reader(writer.payload()), np.zeros(1, np.int64))
