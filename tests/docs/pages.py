"""The code blocks of the Markdown pages, with what the comment above each says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.docs.blocks import ROOT, pages

_FENCE = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: the file that it stands in.
        number: its place among the blocks of the page, from 0.
        language: what the fence names, such as ``sh``.
        note: the comment above it, such as ``run``; empty where there is none.
        code: its lines.
    """

    page: Path
    number: int
    language: str
    note: str
    code: str

    @property
    def name(self) -> str:
        """For messages: the page and the number."""
        return f"{self.page.relative_to(ROOT)}, block {self.number}"


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(page, number, match["language"], match["note"] or "", match["code"])
        for number, match in enumerate(_FENCE.finditer(text))
    ]
    fences = len(re.findall(r"^\s*```", text, re.MULTILINE))
    if fences != 2 * len(found):
        raise ValueError(f"{page}: {fences} lines begin with three backticks, {len(found)} blocks were read")
    return found


def all_blocks() -> list[Block]:
    """All fenced blocks of all pages."""
    return [block for page in pages() for block in blocks(page)]


def commands(block: Block) -> list[str]:
    """The commands of a shell block: lines that end in a backslash are joined, ``&&`` separates."""
    lines = block.code.replace("\\\n", " ").splitlines()
    return [part.strip() for line in lines for part in line.split("&&") if part.strip()]
