"""What made rows, before and after."""

from __future__ import annotations

import pytest

from benchmark.analysis.regression.versions import MOST_WEIGHTS, Maker, change_of

OLD: Maker = ("Pillow 12.0, libjpeg 3", "", "aaaaaaaaaa")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (OLD, ""),
        (("Pillow 13.0, libjpeg 3", "", "aaaaaaaaaa"), "Pillow 12.0 → Pillow 13.0"),
        (("libjpeg 3, Pillow 12.0", "", "aaaaaaaaaa"), ""),
        (("Pillow 12.0, libjpeg 3", "b1", "aaaaaaaaaa"), "nothing → weights b1"),
        (("Pillow 12.0, libjpeg 3", "", "bbbbbbbbbb"), "code aaaaaaaa → code bbbbbbbb"),
        (("Pillow 12.0, libjpeg 3", "", ""), ""),
    ],
    ids=["the same", "a library", "another order", "weights", "code", "a run that does not tell its code"],
)
def test_what_changed(after: Maker, said: str) -> None:
    assert change_of([OLD], [after]) == said


def test_many_weights_are_counted() -> None:
    many: list[Maker] = [("", f"w{number}", "") for number in range(MOST_WEIGHTS + 1)]
    assert change_of(many[:2], many[1:]) == f"weights w0 → weights w2, weights w{MOST_WEIGHTS}"
    assert change_of([OLD], [(*OLD[:1], weights, OLD[2]) for _, weights, _ in many]) == "nothing → 4 files of weights"


def test_rows_of_other_code_beside_earlier_ones_are_told() -> None:
    assert change_of([OLD], [OLD, (*OLD[:2], "bbbbbbbbbb")]) == "some rows by code bbbbbbbb"
