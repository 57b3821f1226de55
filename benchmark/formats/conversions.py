"""Conversions that make a picture one of 8 bits in sRGB, by the names that users give and rows keep."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmark.errors import UsageError, did_you_mean

CONVERSIONS = {
    "depth=8": "rounds samples of more than 8 bits",
    "flatten=white": "lays transparent pixels on white",
    "flatten=black": "lays transparent pixels on black",
    "orientation": "turns the picture as its orientation says",
    "srgb": "converts from the colour profile to sRGB",
    "first-frame": "takes the first of several frames",
}
"""What each of them does."""

_SUFFIX = re.compile(r"(?:\+(?:" + "|".join(map(re.escape, CONVERSIONS)) + r"))+\Z")


def parse_conversions(texts: Sequence[str]) -> tuple[str, ...]:
    """The conversions that texts such as ``depth=8,srgb`` name, each once, in the order of :data:`CONVERSIONS`.

    Raises:
        UsageError: one is unknown, or two contradict each other.
    """
    names = [name.strip() for text in texts for name in text.split(",")]
    for name in names:
        if name not in CONVERSIONS:
            raise UsageError(f"unknown conversion {name!r}{did_you_mean(name, CONVERSIONS)}")
    if {"flatten=white", "flatten=black"} <= set(names):
        raise UsageError("flatten=white and flatten=black contradict each other: take one of them")
    return tuple(name for name in CONVERSIONS if name in names)


def with_conversions(dataset: str, conversions: Sequence[str]) -> str:
    """The name of a data set whose pictures are converted, such as ``folder:photos+depth=8``."""
    name, earlier = split_conversions(dataset)
    return name + "".join(f"+{one}" for one in parse_conversions([*earlier, *conversions]))


def split_conversions(dataset: str) -> tuple[str, tuple[str, ...]]:
    """The name of a data set, and the conversions behind it."""
    found = _SUFFIX.search(dataset)
    if found is None:
        return dataset, ()
    return dataset[: found.start()], parse_conversions(found[0][1:].split("+"))
