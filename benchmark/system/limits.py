"""How large the numbers may be that a user gives: a slip is told before it fills memory or never ends."""

from __future__ import annotations

from benchmark.errors import UsageError

MOST_POINTS = 1_000_000
"""Operating points of a study."""

MOST_RATE = 10_000
"""Bits per pixel: a picture of a few pixels can have as many, none can have more."""

MOST_JOBS = 4096
"""Worker processes."""

MOST_THREADS = 4096
"""Threads that a worker may use."""

MOST_REPEATS = 10_000
"""Times that each encode and decode is timed."""

MOST_IMAGES = 1_000_000_000
"""Images that a mean is of, or that are drawn from a data set."""

MOST_PICTURES = 1000
"""Images of each data set that a report shows: its page holds all of them."""

MOST_PIXELS = 1_000_000_000_000
"""Pixels of a picture, whatever a user allows."""

MOST_MEGABYTES = 1_000_000
"""Megabytes of a file."""

MOST_SECONDS = 2_592_000
"""Seconds of any time that is given: thirty days."""

MOST_SEED = 2**32 - 1
"""The largest seed that NumPy and Keras take."""


def check_number(what: str, number: float, most: int, *, whole: bool = True) -> None:
    """Refuses a number that is none, not above 0, or too large.

    Args:
        what: what the message calls the number.
        number: what was given.
        most: the largest that it may be.
        whole: whether it has to be a whole number, which starts at 1.

    Raises:
        UsageError: it is another.
    """
    kind = int if whole else (int, float)
    # NaN compares as neither.
    if isinstance(number, bool) or not isinstance(number, kind) or not 0 < number <= most:
        wanted = f"a whole number from 1 to {most:,}" if whole else f"a number above 0 and up to {most:,}"
        told = repr(number)
        raise UsageError(f"{what}: expected {wanted}, got {told if len(told) <= 60 else f'{told[:60]}…'}")
