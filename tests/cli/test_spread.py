"""What a run shows of other decoders."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmark.cli.spread import print_spread
from benchmark.workflows.decoders import Spread
from tests.conftest import Run

pytestmark = pytest.mark.usefixtures("serial", "undrawn")


def words(pictures: Path, *more: str) -> tuple[str, ...]:
    where = (
        "--dataset",
        f"folder:{pictures}",
        "--metrics",
        "psnr",
        "--out",
        str(pictures.parent / "out"),
        "--jobs",
        "1",
    )
    return ("run", "--codecs", "jpeg,png", "--set", "jpeg.quality=50", *where, *more)


def test_a_run_shows_its_decoders_beside_the_codecs_own(rdbench: Run, three_pictures: Path) -> None:
    plain = rdbench(*words(three_pictures))
    assert "other decoders" not in plain.stdout
    shown = rdbench(*words(three_pictures, "--decoders", "jpeg:pillow"))
    assert shown.returncode == 0
    row = next(line.split() for line in shown.stdout.splitlines() if line.split()[:2] == ["jpeg", "pillow"])
    assert row[2] == "3"
    assert "+0.00" in row
    assert row[-2:] == ["0", "0"]
    assert (three_pictures.parent / "out" / "decoders.csv").is_file()
    assert any((three_pictures.parent / "out" / "streams").rglob("*")), "what was compared is kept"
    told = json.loads(rdbench(*words(three_pictures, "--decoders", "jpeg:pillow", "--json")).stdout)
    assert told[0]["statuses"] == {"ok": 9}


@pytest.mark.parametrize(
    ("text", "words_of"),
    [
        ("jpeg:opencw", "'opencw' decodes no jpeg; did you mean opencv?"),
        ("jxl:imagecodecs", "no codec to run writes jxl: jpeg, png"),
    ],
)
def test_bad_decoders_are_one_line(rdbench: Run, three_pictures: Path, text: str, words_of: str) -> None:
    done = rdbench(*words(three_pictures, "--decoders", text), check=False)
    assert done.returncode == 2
    assert words_of in done.stderr
    assert "Traceback" not in done.stderr


def test_rows_that_failed_are_told_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    print_spread([Spread("set", "jpeg", "ffmpeg", 0, 2, math.nan, math.nan, math.nan, 1.5, math.nan, None, "no grey")])
    shown = capsys.readouterr().out
    assert "jpeg decoded by ffmpeg: no grey" in shown
    assert "1.50" in shown
    assert "not measured to be published" not in shown
