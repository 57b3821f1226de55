"""The generated parts of README and docs are what their makers give from the committed results."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.docs.blocks import ROOT, commands, fill, pages
from scripts.docs.makers import MAKERS


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in pages() if commands(page.read_text())], ids=lambda page: page.name)
def test_pages_tell_what_the_results_say(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert fill(text, MAKERS) == text, f"{page.relative_to(ROOT)} has drifted: run python -m scripts.docs"


@pytest.mark.slow
def test_a_figure_that_drifts_is_found() -> None:
    text = (ROOT / "docs/learned/cvae.md").read_text(encoding="utf-8")
    drifted = re.sub(r"\| mnist \| 5 \| 48\.4 \|", "| mnist | 5 | 48.5 |", text)
    assert drifted != text
    assert fill(drifted, MAKERS) == text


def test_a_block_without_end_is_told() -> None:
    with pytest.raises(ValueError, match="1 blocks begin and 0 end"):
        fill("<!-- generated: metrics -->\n", MAKERS)


def test_an_unknown_maker_is_told() -> None:
    with pytest.raises(ValueError, match="no maker is named 'prices'; known: bd-rates, "):
        fill("<!-- generated: prices -->\n<!-- end -->\n", MAKERS)


def test_words_of_a_marker_reach_the_maker() -> None:
    filled = fill("a\n<!-- generated: join one two last=three -->\nold\n<!-- end -->\nb\n", {"join": join})
    assert filled == "a\n<!-- generated: join one two last=three -->\n\none+two=three\n\n<!-- end -->\nb\n"


def join(*words: str, last: str) -> str:
    return "+".join(words) + "=" + last


def test_every_maker_is_used() -> None:
    used = {command.split()[0] for page in pages() for command in commands(page.read_text(encoding="utf-8"))}
    assert used == set(MAKERS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "script", ["-m scripts.docs", "-m scripts.coverage", "scripts/gpu-train", "-m tests.golden.make"]
)
def test_help_is_all_that_a_script_gives_for_help(script: str) -> None:
    before = {page: page.stat().st_mtime_ns for page in pages()}
    done = subprocess.run(
        [sys.executable, *script.split(), "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("usage: ")
    assert {page: page.stat().st_mtime_ns for page in pages()} == before
