"""When another process decodes, too, and what is the same then."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.run.requests import Decoded
from benchmark.run.spotcheck import CREDIT, EASY, FEW, SHARE, SpotChecks, differs
from benchmark.run.timing import Times

NOW = [0.0]


def checks() -> SpotChecks:
    """Checks whose clock stands still, with a draw in the middle."""
    NOW[0] = 0.0
    return SpotChecks(lambda: NOW[0], lambda low, high: (low + high) / 2)


def test_the_first_stream_needs_no_check_and_the_next_ones_have_one() -> None:
    found = checks()
    assert not found.is_due()
    found.begun(EASY)
    for _ in range(FEW):
        assert found.is_due()
        found.checked(EASY)
    assert not found.is_due()


def test_checks_take_no_more_than_their_share_of_the_time() -> None:
    found, spent, cost = checks(), 0.0, 3.0
    found.begun(cost)
    for second in range(10_000):
        NOW[0] = float(second)
        if found.is_due():
            found.checked(cost)
            spent += cost
    assert CREDIT + SHARE * 10_000 - 2 * cost < spent <= CREDIT + SHARE * 10_000


def test_what_a_check_took_last_counts() -> None:
    found = checks()
    found.begun(2 * EASY)
    assert not found.is_due()
    NOW[0] = 1e6
    assert found.is_due()
    found.checked(CREDIT / 100)
    assert found.is_due()


def test_after_a_check_that_failed_each_stream_is_checked() -> None:
    found = checks()
    found.failed()
    for _ in range(100):
        assert found.is_due()
        found.checked(1000.0)


def decoded(*parts: np.ndarray) -> Decoded:
    return Decoded(parts, Times(1.0, 1.0, 1))


@pytest.mark.parametrize(
    ("other", "is_other"),
    [
        (np.full((1, 4, 5), 101, np.uint8), False),
        (np.full((1, 4, 5), 102, np.uint8), True),
        (np.full((1, 5, 4), 100, np.uint8), True),
        (np.full((1, 4, 5), 100, np.int64), True),
    ],
)
def test_pixels_within_a_level_are_the_same(other: np.ndarray, is_other: bool) -> None:
    image = np.full((1, 4, 5), 100, np.uint8)
    assert differs(decoded(image, image), decoded(image, other)) is is_other
    assert differs(decoded(image), decoded(image, other))


def test_what_is_no_image_is_left_to_whoever_looks_at_its_shape() -> None:
    assert not differs(decoded(np.array(1.5)), decoded(np.array(2.5)))
