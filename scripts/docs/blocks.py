"""Finds the generated blocks of a Markdown page and makes them anew."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository, whose pages hold the blocks and whose results they tell of."""

Maker = Callable[..., str]
"""Gives a block's Markdown. Plain words of the marker are its positional arguments, ``KEY=VALUE`` its named ones."""

_BEGIN = re.compile(r"^<!-- generated: ", re.MULTILINE)
_BLOCK = re.compile(r"^(<!-- generated: (.+?) -->\n).*?^(<!-- end -->)", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"[a-z_]+=.*")


def pages() -> list[Path]:
    """All Markdown pages that may hold generated blocks."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(text: str) -> list[str]:
    """What the markers of a page ask for, in order."""
    return [match[2] for match in _BLOCK.finditer(text)]


def fill(text: str, makers: Mapping[str, Maker]) -> str:
    """A page's text with every block made anew.

    Args:
        text: Markdown.
        makers: by the names that stand in the markers.

    Raises:
        ValueError: a marker has no end, or names no maker.
    """
    opened, closed = len(_BEGIN.findall(text)), len(_BLOCK.findall(text))
    if opened != closed:
        raise ValueError(f"{opened} blocks begin and {closed} end: put <!-- end --> behind each of them")
    return _BLOCK.sub(lambda match: f"{match[1]}\n{_make(match[2], makers)}\n\n{match[3]}", text)


def _make(command: str, makers: Mapping[str, Maker]) -> str:
    name, *words = shlex.split(command)
    if name not in makers:
        raise ValueError(f"no maker is named {name!r}; known: {', '.join(makers)}")
    named = dict(word.split("=", 1) for word in words if _NAMED.fullmatch(word))
    return makers[name](*[word for word in words if not _NAMED.fullmatch(word)], **named).strip()
