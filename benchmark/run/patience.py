"""When a codec is given up: it ended again and again without a result, and its other rows are not tried in this run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

LOSSES = ("timeout", "out-of-memory", "crashed")
"""Statuses of operating points that were lost: each has cost a process, or all the time that it might take."""


class Patience:
    """Counts the operating points that each codec has lost in a row, in the order in which they end.

    One that comes to any other end, also to an error of the codec, begins the count anew: a codec that fails on a few
    large pictures among many is not given up.

    Args:
        most: how many are borne in a row; 0 for any number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lost: Counter[str] = Counter()
        self._status: dict[str, str] = {}

    def count(self, codec: str, statuses: Iterable[str]) -> None:
        """Takes the statuses of operating points of a codec that have ended, in order."""
        for status in statuses:
            if self.is_given_up(codec):
                return
            self._lost[codec] = self._lost[codec] + 1 if status in LOSSES else 0
            self._status[codec] = status

    def is_given_up(self, codec: str) -> bool:
        """Whether nothing more of a codec is to be tried."""
        return 0 < self._most <= self._lost[codec]

    def reason(self, codec: str) -> str:
        """Why the other rows of a codec that was given up are not tried."""
        return (
            f"given up for this run: {self._lost[codec]} operating points in a row were lost, the last one with status "
            f"{self._status[codec]} (--give-up-after)"
        )
