"""Chances that follow what was coded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.wavelet.chances import FAMILIES, FIRST, LATER, SIGN, Chances, numbers
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL, first_tables

pytestmark = pytest.mark.neural


LOGITS = np.arange(-LOGIT_LIMIT, LOGIT_LIMIT + 1)
HALF = LOGIT_LIMIT
"""Place among the logits of that at which the model says a half."""


def _learn(chances: Chances, family: int, plane: int, logits: npt.NDArray[np.int64], share: float) -> None:
    """Learns from decisions at these logits, of which a share are 1."""
    chances.learn(plane, numbers(family, logits), np.arange(len(logits)) % 20 < round(20 * share))


def _of(chances: Chances, family: int, plane: int) -> npt.NDArray[np.float64]:
    """Chances of a family for each logit, in units of 1/65,536."""
    found: npt.NDArray[np.float64] = chances.of(plane)[numbers(family, LOGITS)] * TOTAL
    return found


def test_chances_follow_what_was_coded() -> None:
    chances = Chances(first_tables().probability)
    before = _of(chances, FIRST, 0)
    assert np.array_equal(before, chances.table), "before anything is coded they are the model's"
    everywhere = np.repeat(np.arange(-48, 48), 200)
    for _ in range(20):
        _learn(chances, FIRST, 0, everywhere, 0.1)
    after = _of(chances, FIRST, 0)
    assert after[HALF] / TOTAL == pytest.approx(0.1, abs=0.03)
    assert np.array_equal(after[: HALF - 96], before[: HALF - 96]), "other logits fare for themselves"
    for family, plane in ((LATER, 0), (SIGN, 0), (FIRST, 1), (FIRST, 2)):
        assert np.array_equal(_of(chances, family, plane), chances.table)
    chances.learn(2, numbers(LATER, np.full(1 << 20, -LOGIT_LIMIT)), np.ones(1 << 20, np.bool_))
    assert 1 <= _of(chances, LATER, 2).min() <= _of(chances, LATER, 2).max() <= TOTAL - 1


def test_older_decisions_fade() -> None:
    chances = Chances(first_tables().probability)
    for share in (0.9, 0.1):
        for _ in range(20):
            _learn(chances, FIRST, 0, np.full(1000, 16), share)
    assert _of(chances, FIRST, 0)[HALF + 16] / TOTAL < 0.15


def test_chances_go_over_from_bin_to_bin_in_a_straight_line() -> None:
    chances = Chances(np.full(LOGITS.size, TOTAL // 2, np.uint16))
    _learn(chances, FIRST, 0, np.full(100_000, 16), 0.8)
    found = _of(chances, FIRST, 0)
    rise = np.diff(found[HALF - 16 : HALF + 17])
    assert rise.min() > 0
    assert rise.max() - rise.min() <= 1
    assert np.array_equal(found[HALF - 16 : HALF + 17], found[HALF + 16 : HALF + 49][::-1])


def test_a_sign_is_learned_with_its_opposite() -> None:
    chances = Chances(first_tables().probability)
    _learn(chances, SIGN, 0, np.full(20_000, 64), 0.6)
    found = _of(chances, SIGN, 0)
    assert found[HALF + 64] / TOTAL < chances.table[HALF + 64] / TOTAL - 0.1
    assert np.array_equal(found[HALF + 1 :] + found[:HALF][::-1], np.full(HALF, TOTAL))
    mirrored = Chances(first_tables().probability)
    _learn(mirrored, SIGN, 0, np.full(20_000, -64), 0.4)
    assert np.array_equal(_of(mirrored, SIGN, 0), found)


def _by_definition(
    table: npt.NDArray[np.uint16], logits: npt.NDArray[np.int64], bits: npt.NDArray[np.bool_]
) -> list[int]:
    """Chances of each logit after one run of decisions that are no signs: the definition, in Python's integers."""
    unit, prior, memory, width = 1 << 8, 1 << 10, 1 << 17, 32
    bins = (LOGITS + LOGIT_LIMIT) // width
    ups, downs = [], []
    for number in range(bins[-1] + 1):
        own = logits[(logits + LOGIT_LIMIT) // width == number]
        more = unit * int(bits[(logits + LOGIT_LIMIT) // width == number].sum())
        expected = sum(int((own == logit).sum()) * int(table[logit + LOGIT_LIMIT]) >> 8 for logit in set(own.tolist()))
        every = unit * own.size
        more, expected, every = (count * memory // max(every, memory) for count in (more, expected, every))
        ups.append((more + prior) * (every - expected + prior) >> 8)
        downs.append((every - more + prior) * (expected + prior) >> 8)

    def corrected(chance: int, number: int) -> int:
        return chance * ups[number] // (chance * ups[number] + (TOTAL - chance) * downs[number] >> 16)

    found = []
    for place, chance in enumerate(map(int, table)):
        number, way = divmod(max(place - width // 2, 0), width)
        before, after = corrected(chance, number), corrected(chance, min(number + 1, bins[-1]))
        found.append(min(max(before + ((after - before) * way + width // 2) // width, 1), TOTAL - 1))
    return found


@pytest.mark.parametrize("size", [1, 256, 5000])
def test_chances_are_those_of_the_definition_to_the_last_digit(size: int) -> None:
    """They steer the decoder: another digit and streams are lost."""
    rng = np.random.default_rng(size)
    logits = np.clip(rng.normal(-120, 150, size).astype(np.int64), -LOGIT_LIMIT, LOGIT_LIMIT)
    for family, share in ((FIRST, 0.02), (LATER, 0.9)):
        chances = Chances(first_tables().probability)
        bits = rng.random(size) < share
        chances.learn(1, numbers(family, logits), bits)
        assert _of(chances, family, 1).tolist() == _by_definition(chances.table, logits, bits)


def test_no_two_decisions_share_a_number() -> None:
    every = np.concatenate([numbers(family, LOGITS) for family in range(FAMILIES)])
    assert np.unique(every).size == FAMILIES * LOGITS.size
