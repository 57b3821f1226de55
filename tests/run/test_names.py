"""Files and folders of any name: rows that are written, read, resumed, drawn, and opened in a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from benchmark.system.files import replace_file
from tests.conftest import Run, photo

NAMES = {
    b"plain.png": "plain.png",
    b"caf\xe9.png": "caf%E9.png",
    b"x\ry.png": "x%0Dy.png",
    b"x\ny.png": "x%0Ay.png",
    b"=cmd().png": "%3Dcmd().png",
    b'@a,"b".png': '%40a,"b".png',
    b"$x_$.png": "$x_$.png",
    b"<b>|.png": "<b>|.png",
}
FOLDERS = [b"a$x_$b", b"f\xe9\rx", b"=cmd()"]


@pytest.mark.usefixtures("serial")
@pytest.mark.parametrize("folder", FOLDERS, ids=["dollars", "bytes", "formula"])
@pytest.mark.slow
def test_rows_of_any_name_survive(rdbench: Run, tmp_path: Path, folder: bytes) -> None:
    where = os.fsencode(tmp_path) + b"/" + folder
    try:
        os.mkdir(where)  # noqa: PTH102 - a path of bytes
        for name in NAMES:
            with open(where + b"/" + name, "wb") as file:  # noqa: PTH123
                Image.fromarray(photo(16, 16)).save(file, "PNG")
    except (OSError, ValueError):
        pytest.skip("this file system has no such names")
    sets = ("--codecs", "jpeg", "--set", "jpeg.quality=50,90", "--metrics", "psnr", "--jobs", "1", "--out", "out")
    words = ("run", *sets, "--dataset", f"folder:{os.fsdecode(folder)}")
    assert "16 ok; 0 of them from an earlier run" in rdbench(*words).stdout
    assert "16 ok; 16 of them from an earlier run" in rdbench(*words).stdout
    again = rdbench("run", "--study", "out/study.toml", "--jobs", "1", "--out", "out").stdout
    assert "16 ok; 16 of them from an earlier run" in again
    assert "of another study" not in again

    records = tmp_path / "out" / "records.csv"
    text = records.read_bytes().decode()
    assert len(text.splitlines()) == 17, "a line for each row, whatever counts lines"
    with records.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["image"] for row in rows} == set(NAMES.values())
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "@")]
    assert len(pd.read_csv(records)) == 16
    tomllib.loads((tmp_path / "out" / "study.toml").read_text("utf-8"))
    json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert (tmp_path / "out" / "rd_psnr_rgb.svg").stat().st_size > 1000

    report = rdbench("report", "out", "--out", "report")
    assert "not shown" not in report.stderr
    assert "no visual comparison" not in report.stderr


def test_what_utf_8_cannot_hold_is_escaped_in_json(tmp_path: Path) -> None:
    replace_file(tmp_path / "a.json", json.dumps({"command": "run caf\udce9"}, ensure_ascii=False))
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"command": "run caf\udce9"}
