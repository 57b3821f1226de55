"""Which skips CI lets pass: those that ``skips.txt`` lists. A suite that skips what it was to test is not green."""

from __future__ import annotations

import fnmatch
from functools import cache
from pathlib import Path

CI_VARIABLE = "RDBENCH_CI"
"""Set in CI, where everything is installed: a skip that is not on the list fails there."""

LIST = Path(__file__).with_name("skips.txt")


@cache
def allowed_skips(path: Path = LIST) -> tuple[tuple[str, str], ...]:
    """Pairs of a pattern of test names and words of a reason.

    Raises:
        ValueError: a line is not of the form PATTERN | REASON.
    """
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, bar, reason = (part.strip() for part in line.partition(" | "))
        if not (pattern and bar and reason):
            raise ValueError(f"{path}, line {number}: expected PATTERN | REASON, got {line!r}")
        pairs.append((pattern, reason))
    return tuple(pairs)


def is_allowed(name: str, reason: str, allowed: tuple[tuple[str, str], ...]) -> bool:
    """Whether a line of the list fits both a test's name and the reason that it gives for its skip."""
    return any(fnmatch.fnmatchcase(name, pattern) and words in reason for pattern, words in allowed)
