"""What a file says of itself."""

from __future__ import annotations

import pytest

from benchmark.formats.about import SUFFIXES, About


@pytest.mark.parametrize(
    ("highest", "exact"), [(1, True), (15, True), (255, True), (100, False), (65535, False), (0, False)]
)
def test_samples_that_are_whole_shares_of_255_are_exact(highest: int, exact: bool) -> None:
    assert About("PNM", 1, 1, highest=highest).exact == exact


def test_endings_are_small() -> None:
    assert all(ending.startswith(".") and ending == ending.lower() for ending in SUFFIXES)
    assert {".png", ".jfif", ".pbm", ".tga"} <= SUFFIXES
