"""The words for what computes learned codecs: the same in commands, in study files and in Python."""

from __future__ import annotations

import re

from benchmark.errors import UsageError

AUTO = "auto"
"""The first GPU, or else the CPU."""

WORDS = "auto|cpu|gpu[:N]"
"""All words, for help."""

_DEVICE = re.compile(r"auto|cpu|gpu(:\d{1,6})?", re.ASCII)


def parse_device(text: object, where: str = "--device") -> str:
    """A word for a device, checked; whether there is such a device is another question.

    Args:
        text: one of :data:`WORDS`; ``cuda`` stands for ``gpu``.
        where: what the message names.

    Returns:
        ``auto``, ``cpu``, ``gpu`` or such as ``gpu:1``.

    Raises:
        UsageError: it is none.
    """
    word = re.sub("^cuda", "gpu", text) if isinstance(text, str) else ""
    if not _DEVICE.fullmatch(word):
        raise UsageError(f"{where}: expected auto, cpu, gpu or gpu:N, got {text!r}")
    return word
