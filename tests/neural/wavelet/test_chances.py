"""Chances that follow what was coded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chances
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL, first_tables

pytestmark = pytest.mark.neural


SIZE = 2 * LOGIT_LIMIT + 1
HALF = LOGIT_LIMIT
"""The logit at which the model says a half, as an index."""


def _learn(chances: Chances, family: int, plane: int, logits: npt.NDArray[np.int64], share: float) -> None:
    """Learns from decisions at these logits, of which a share are 1."""
    bits = np.arange(len(logits)) % 20 < round(20 * share)
    chances.learn(family, plane, *chances.counted(logits, bits))


def test_chances_follow_what_was_coded() -> None:
    chances = Chances(first_tables().probability)
    before = chances.of(FIRST, 0)
    assert np.array_equal(before, chances.table), "before anything is coded they are the model's"
    everywhere = np.repeat(np.arange(HALF - 48, HALF + 48), 200)
    for _ in range(20):
        _learn(chances, FIRST, 0, everywhere, 0.1)
    after = chances.of(FIRST, 0) / TOTAL
    assert after[HALF] == pytest.approx(0.1, abs=0.03)
    assert np.array_equal(chances.of(FIRST, 0)[: HALF - 96], before[: HALF - 96]), "other logits fare for themselves"
    for family, plane in ((LATER, 0), (SIGN, 0), (FIRST, 1), (FIRST, 2)):
        assert np.array_equal(chances.of(family, plane), chances.table)
    chances.learn(LATER, 2, *chances.counted(np.zeros(1 << 20, np.int64), np.ones(1 << 20, np.bool_)))
    assert 1 <= chances.of(LATER, 2).min() <= chances.of(LATER, 2).max() <= TOTAL - 1


def test_older_decisions_fade() -> None:
    chances = Chances(first_tables().probability)
    for share in (0.9, 0.1):
        for _ in range(20):
            _learn(chances, FIRST, 0, np.full(1000, HALF + 16), share)
    assert chances.of(FIRST, 0)[HALF + 16] / TOTAL < 0.15


def test_chances_go_over_from_bin_to_bin_in_a_straight_line() -> None:
    chances = Chances(np.full(SIZE, TOTAL // 2, np.uint16))
    _learn(chances, FIRST, 0, np.full(100_000, HALF + 16), 0.8)
    found = chances.of(FIRST, 0)
    rise = np.diff(found[HALF - 16 : HALF + 17])
    assert rise.min() > 0
    assert rise.max() - rise.min() <= 1
    assert np.array_equal(found[HALF - 16 : HALF + 17], found[HALF + 16 : HALF + 49][::-1])


def test_a_sign_is_learned_with_its_opposite() -> None:
    chances = Chances(first_tables().probability)
    _learn(chances, SIGN, 0, np.full(20_000, HALF + 64), 0.6)
    found = chances.of(SIGN, 0)
    assert found[HALF + 64] / TOTAL < chances.table[HALF + 64] / TOTAL - 0.1
    assert np.array_equal(found[HALF + 1 :] + found[:HALF][::-1], np.full(HALF, TOTAL))
    mirrored = Chances(first_tables().probability)
    _learn(mirrored, SIGN, 0, np.full(20_000, HALF - 64), 0.4)
    assert np.array_equal(mirrored.of(SIGN, 0), found)
