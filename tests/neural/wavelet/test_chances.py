"""Chances that follow what was coded."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chances
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, first_tables

pytestmark = pytest.mark.neural


def test_chances_follow_what_was_coded() -> None:
    chances = Chances(first_tables().probability)
    before = chances.of(FIRST, 0)
    assert np.array_equal(before, chances.table), "before anything is coded they are the model's"
    indices = np.full(5000, LOGIT_LIMIT)  # a half, says the model
    for _ in range(40):
        chances.learn(FIRST, 0, *chances.counted(indices, np.arange(5000) % 10 == 0))
    after = chances.of(FIRST, 0)
    assert after[LOGIT_LIMIT] / 65_536 == pytest.approx(0.1, abs=0.002)
    assert np.array_equal(after[:300], before[:300]), "other logits fare for themselves"
    for family, plane in ((LATER, 0), (SIGN, 0), (FIRST, 1)):
        assert np.array_equal(chances.of(family, plane), chances.table)
    chances.learn(LATER, 2, *chances.counted(np.zeros(1 << 20, np.int64), np.ones(1 << 20, np.bool_)))
    assert 1 <= chances.of(LATER, 1).min() <= chances.of(LATER, 1).max() <= 65_535
