"""What a run writes beside its rows."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures

from benchmark.metric import Metric
from benchmark.system.lock import folder_lock
from benchmark.workflows.shown import Shown, shown_of
from tests.conftest import Run, photo
from tests.needs import needs
from tests.run.examples import records


@pytest.mark.usefixtures("serial")
def test_every_row_of_an_incomplete_set_says_so(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "kodak").mkdir(parents=True)
    Pictures.fromarray(photo(64, 64)).save(tmp_path / "data" / "kodak" / "kodim05.png")
    rdbench("run", "--codecs", "webp", "--dataset", "kodak", "--data-root", "data", "--metrics", "psnr", "--out", "out")
    rows = records(tmp_path / "out")
    assert (set(rows["dataset"]), set(rows["images_expected"].astype(int))) == ({"kodak"}, {24})
    assert "kodak (1 of 24)" in (tmp_path / "out" / "rd_psnr_rgb.svg").read_text()


@pytest.mark.usefixtures("serial", "undrawn")
def test_a_second_run_in_a_folder_is_refused_and_reading_is_not(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Pictures.fromarray(photo(16, 16)).save(tmp_path / "pictures" / "a.png")
    words = ("run", "--codecs", "jpeg", "--dataset", "folder:pictures", "--metrics", "psnr", "--out", "out", "--set")
    rdbench(*words, "jpeg.quality=10,30,50,70")
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with folder_lock(tmp_path / "out"):
        refused = rdbench(*words, "jpeg.quality=90", check=False)
        rdbench("bdrate", "out", "--anchor", "jpeg")
        rdbench("compare", "out", "out")
    assert refused.returncode == 2
    assert f"another process works in this folder (process {os.getpid()} on " in refused.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert "4 of them from an earlier run" in rdbench(*words, "jpeg.quality=10,30,50,70,90").stdout


@pytest.mark.usefixtures("serial")
def test_files_are_written_anew_only_where_something_behind_them_changed(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pictures").mkdir()
    Pictures.fromarray(photo(16, 16)).save(tmp_path / "pictures" / "a.png")
    drawn: list[int] = []

    def draw(results: object, metrics: object, folder: Path) -> list[Path]:
        drawn.append(1)
        (folder / "rd_psnr_rgb.svg").write_text("<svg/>")
        return [folder / "rd_psnr_rgb.svg"]

    monkeypatch.setattr("benchmark.report.figures.curves.draw_all", draw)
    monkeypatch.setattr("benchmark.workflows.outputs.commit", lambda: "abc")
    words = ("run", "--codecs", "jpeg", "--dataset", "folder:pictures", "--metrics", "psnr", "--out", "out", "--set")
    rdbench(*words, "jpeg.quality=10,90")
    records = (tmp_path / "out" / "records.csv").stat()
    rdbench(*words, "jpeg.quality=10,90")
    assert len(drawn) == 1
    assert (tmp_path / "out" / "records.csv").stat() == records
    (tmp_path / "out" / "summary.csv").unlink()
    rdbench(*words, "jpeg.quality=10,90")
    assert len(drawn) == 2
    rdbench(*words, "jpeg.quality=10,50,90")
    assert len(drawn) == 3
    monkeypatch.setattr("benchmark.workflows.outputs.own_version", lambda: "9.9")
    rdbench(*words, "jpeg.quality=10,50,90")
    assert len(drawn) == 4
    monkeypatch.setattr("benchmark.workflows.outputs.commit", lambda: "abc+")
    rdbench(*words, "jpeg.quality=10,50,90")
    rdbench(*words, "jpeg.quality=10,50,90")
    assert len(drawn) == 6


@pytest.mark.usefixtures("serial", "undrawn")
def test_a_run_with_nothing_to_do_shows_what_the_last_one_showed(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pictures").mkdir()
    Pictures.fromarray(photo(16, 16)).save(tmp_path / "pictures" / "a.png")
    asked: list[Path] = []

    def shown(summary: Path, known: Sequence[Metric]) -> Shown:
        asked.append(summary)
        return shown_of(summary, known)

    monkeypatch.setattr("benchmark.workflows.outputs.shown_of", shown)
    monkeypatch.setattr("benchmark.workflows.outputs.commit", lambda: "abc")
    what = ("--codecs", "jpeg", "--set", "jpeg.quality=10,90", "--dataset", "folder:pictures", "--metrics", "psnr")
    words = ("run", *what, "--out", "out")
    out = tmp_path / "out"
    first = rdbench(*words).stdout.splitlines()
    assert len(asked) == 1
    assert rdbench(*words).stdout.splitlines()[:-2] == first[:-2]
    assert len(asked) == 1
    summary, outputs = out / "summary.csv", out / "outputs.json"
    whole = summary.read_bytes()
    for edited in (whole.replace(b"folder:pictures", b"folder:other"), b"", whole[:100], b"\xff"):
        summary.write_bytes(edited)  # it is of no records any more
        assert rdbench(*words).stdout.splitlines()[:-2] == first[:-2]
        assert summary.read_bytes() == whole
    assert len(asked) == 5
    told = json.loads(outputs.read_text())
    damages: list[Any] = [
        {**told, "shown": {"tables": 5}},
        {key: told[key] for key in ("of", "files")},
        {**told, "files": list(told["files"])},
        [],
    ]
    for damaged in damages:
        outputs.write_text(json.dumps(damaged))
        assert rdbench(*words).stdout.splitlines()[:-2] == first[:-2]
    assert len(asked) == 9
    monkeypatch.setattr("benchmark.workflows.outputs.commit", lambda: "abc+")
    rdbench(*words)
    assert rdbench(*words).stdout.splitlines()[:-2] == first[:-2]
    assert len(asked) > 9


@pytest.mark.usefixtures("serial")
def test_a_run_without_figures_leaves_none_of_other_rows(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pictures").mkdir()
    Pictures.fromarray(photo(16, 16)).save(tmp_path / "pictures" / "a.png")
    monkeypatch.setattr("benchmark.workflows.outputs.commit", lambda: "abc")
    words = ("run", "--codecs", "jpeg", "--dataset", "folder:pictures", "--metrics", "psnr", "--out", "out", "--set")
    out = tmp_path / "out"

    def curves() -> list[str]:
        return sorted(path.name for path in out.glob("*.svg"))

    rdbench(*words, "jpeg.quality=10", "--no-figures")
    assert (curves(), (out / "summary.csv").exists()) == ([], True)
    rdbench(*words, "jpeg.quality=10")  # nothing but the curves is missing
    assert curves() == ["rd_psnr_rgb.svg"]
    (out / "rd_of_mine.svg").write_text("<svg/>")
    (out / "rd_psnr_rgb.svg").write_text("<svg>retouched</svg>")
    for more in ([], ["--no-figures"]):  # they are of these rows
        rdbench(*words, "jpeg.quality=10", *more)
        assert curves() == ["rd_of_mine.svg", "rd_psnr_rgb.svg"]
        assert "retouched" in (out / "rd_psnr_rgb.svg").read_text()
    rdbench(*words, "jpeg.quality=10,90", "--no-figures")
    assert curves() == ["rd_of_mine.svg"]


@pytest.mark.usefixtures("serial", "undrawn")
def test_every_command_reads_a_run_whose_rows_are_left_as_parquet(rdbench: Run, tmp_path: Path) -> None:
    needs("pyarrow", extra="parquet")
    (tmp_path / "pictures").mkdir()
    for name, seed in (("a", 1), ("b", 2)):
        Pictures.fromarray(photo(32, 32, seed=seed)).save(tmp_path / "pictures" / f"{name}.png")
    words = ("run", "--codecs", "jpeg,webp", "--dataset", "folder:pictures", "--metrics", "psnr", "--keep", "streams")
    rdbench(*words, "--out", "plain")
    shutil.copytree(tmp_path / "plain", tmp_path / "packed")
    assert "0 of them" not in rdbench(*words, "--out", "packed", "--format", "parquet").stdout
    assert [file.name for file in (tmp_path / "packed").glob("records.*")] == ["records.parquet"]
    assert (tmp_path / "packed/summary.csv").read_bytes() == (tmp_path / "plain/summary.csv").read_bytes()
    for command in (
        ("bdrate", "{}", "--anchor", "jpeg"),
        ("ranking", "{}", "--at", "psnr=30"),
        ("compare", "{}", "plain"),
        ("verify", "{}"),
        ("site", "{}", "--anchor", "jpeg", "--out", "site-{}"),
        ("report", "--history", "{}", "--anchor", "jpeg", "--out", "history-{}"),
    ):
        said = [
            rdbench(*(word.format(name) for word in command)).stdout.replace(name, "") for name in ("plain", "packed")
        ]
        assert said[0] == said[1], command
    rdbench("compare", "plain/records.csv", "packed/records.parquet", "--accept", "smaller")
    assert [file.name for file in (tmp_path / "plain").glob("records.*")] == ["records.parquet"]
    before = (tmp_path / "packed/summary.csv").read_bytes()
    rdbench(*words, "--out", "packed")
    assert [file.name for file in (tmp_path / "packed").glob("records.*")] == ["records.csv"]
    assert (tmp_path / "packed/summary.csv").read_bytes() == before
