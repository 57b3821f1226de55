"""What ``run --profile`` prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmark.run.spending import PARTS, WAITING
from tests.conftest import Run

pytestmark = pytest.mark.usefixtures("serial", "undrawn")


def words(pictures: Path) -> list[str]:
    return [
        "run",
        "--codecs",
        "png",
        "--dataset",
        f"folder:{pictures}",
        "--metrics",
        "psnr",
        "--out",
        "out",
        "--jobs",
        "1",
    ]


def test_a_table_tells_seconds_and_shares_of_all_parts(rdbench: Run, three_pictures: Path) -> None:
    plain = rdbench(*words(three_pictures)).stdout
    assert WAITING not in plain
    lines = rdbench(*words(three_pictures), "--fresh", "--profile").stdout.splitlines()
    title = next(place for place, line in enumerate(lines) if "time of 1 worker in" in line)
    rows = [line.split() for line in lines[title + 1 :]]
    found = {row[0]: row[1:] for row in rows if row and row[0] in (*PARTS, WAITING)}
    assert list(found) == [*PARTS, WAITING]
    shares = [float(share.removesuffix("%")) for _, share in found.values()]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert any(line.startswith("waiting: workers that start") for line in lines)


def test_a_program_is_told_them_too(rdbench: Run, three_pictures: Path) -> None:
    (told,) = json.loads(rdbench(*words(three_pictures), "--json").stdout)
    assert list(told["profile"]) == ["workers", "elapsed", "seconds"]
    assert list(told["profile"]["seconds"]) == [*PARTS, WAITING]
