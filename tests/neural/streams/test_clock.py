"""What entropy coding takes is counted, also where it fails."""

from __future__ import annotations

import time

import pytest

from benchmark.neural.streams.clock import entropy_coding, entropy_seconds


@entropy_coding
def slow(seconds: float, *, fails: bool = False) -> float:
    """Does nothing for some seconds."""
    time.sleep(seconds)
    if fails:
        raise ValueError("deliberate")
    return seconds


def test_calls_are_counted_and_nothing_beside_them() -> None:
    before = entropy_seconds()
    assert slow(0.02) == 0.02
    time.sleep(0.02)
    with pytest.raises(ValueError, match="deliberate"):
        slow(0.02, fails=True)
    assert entropy_seconds() - before >= 0.04
    assert slow.__name__ == "slow"
    assert entropy_seconds() == entropy_seconds()
