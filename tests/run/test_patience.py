"""Patience: how many lost operating points in a row are borne of a codec."""

from __future__ import annotations

import pytest

from benchmark.run.patience import Patience


@pytest.mark.parametrize(
    ("most", "statuses", "given_up"),
    [
        (2, ["timeout", "crashed"], True),
        (2, ["out-of-memory", "timeout"], True),
        (2, ["timeout", "ok", "timeout"], False),
        (2, ["timeout", "failed", "timeout"], False),
        (2, ["timeout"], False),
        (2, ["timeout", "timeout", "ok"], True),
        (1, ["crashed"], True),
        (0, ["timeout"] * 100, False),
    ],
)
def test_losses_in_a_row_count(most: int, statuses: list[str], given_up: bool) -> None:
    patience = Patience(most)
    patience.count("slow", statuses)
    assert patience.is_given_up("slow") == given_up
    assert not patience.is_given_up("jpeg")


def test_the_reason_says_how_often_and_how() -> None:
    patience = Patience(2)
    patience.count("slow", ["timeout", "crashed", "timeout"])
    told = "given up for this run: 2 operating points in a row were lost, the last one with status crashed"
    assert patience.reason("slow") == f"{told} (--give-up-after)"
