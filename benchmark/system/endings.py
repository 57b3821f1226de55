"""How processes ended, in words, and the last of what they printed."""

from __future__ import annotations

import re
import signal

from benchmark.errors import plain_line

KEPT = 2000
"""Bytes that are kept of what a process prints: the last ones."""

_LINES = 3
_CHARACTERS = 200
"""Lines, and characters of all of them, that a reason has."""

_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
"""What tells a terminal to show colours, to move or to have another title."""


def signal_name(number: int) -> str:
    """The name of a signal, such as ``SIGKILL``."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def ending_of(code: int | None) -> str:
    """How a process ended, such as ``ended with exit code 7`` or ``was ended by SIGSEGV``.

    Args:
        code: its exit code, negative for a signal; None where it is not known.
    """
    if code is None:
        return "ended"
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal_name(-code)}"


def last_words(printed: bytes) -> str:
    """What to say of the last lines that a process printed; empty where there are none.

    Args:
        printed: what it printed; of much, the last :data:`KEPT` bytes.
    """
    text = _CONTROL.sub(" ", printed[-KEPT:].decode("utf-8", "replace"))
    plain = ("".join(sign if sign.isprintable() else " " for sign in line) for line in text.splitlines())
    lines = [line for line in map(plain_line, plain) if line][-_LINES:]
    if not lines:
        return ""
    what = "line" if len(lines) == 1 else "lines"
    return f"; the last {what} that it printed: {' | '.join(lines)[-_CHARACTERS:]}"
