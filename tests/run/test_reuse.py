"""Which rows a run makes again, what it says of them, and what becomes of another study in its folder."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from benchmark.run.store import RecordStore
from tests.backends.test_described import CODEC, describe
from tests.conftest import Run, photo

pytestmark = pytest.mark.usefixtures("serial", "undrawn")

WORDS = ("run", "--dataset", "folder:pictures", "--metrics", "psnr", "--jobs", "1", "--out", "out")


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("a", "b"):
        Image.fromarray(photo(8, 8)).save(tmp_path / "pictures" / f"{name}.png")


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_script_that_changed_makes_its_rows_again_and_says_so(tmp_path: Path, rdbench: Run) -> None:
    describe(tmp_path)
    words = (*WORDS, "--codecs", "steps.toml,png")
    assert "made again" not in rdbench(*words).stdout
    assert "4 of them from an earlier run" in rdbench(*words, "--set", "png.level=6").stdout
    first = cells(tmp_path / "out" / "records.csv")
    describe(tmp_path, program=CODEC.replace("step * step", "step * step + 1"))
    said = rdbench(*words, "--set", "png.level=6").stdout
    assert "rows: 6 ok; 2 of them from an earlier run" in said
    assert "made again: 4 rows of steps: the code of the codec changed" in said
    assert "unchecked" not in said
    again = cells(tmp_path / "out" / "records.csv")
    changed = [
        old["codec"] for old, new in zip(first, again, strict=False) if old["pixels_sha256"] != new["pixels_sha256"]
    ]
    assert changed == ["steps"] * 4
    aside = cells(tmp_path / "out" / "records.csv.replaced")
    assert sorted(row["key"] for row in aside) == sorted(row["key"] for row in first[:4])


def test_fresh_makes_all_rows(tmp_path: Path, rdbench: Run) -> None:
    words = (*WORDS, "--codecs", "png", "--set", "png.level=6")
    rdbench(*words)
    said = rdbench(*words, "--fresh").stdout
    assert "rows: 2 ok; 0 of them from an earlier run" in said
    assert "made again: 2 rows of png: --fresh makes all rows anew" in said
    assert len(cells(tmp_path / "out" / "records.csv")) == 2


def test_fresh_makes_the_trials_of_a_search_too(tmp_path: Path, rdbench: Run) -> None:
    words = (*WORDS, "--codecs", "jpeg", "--match-mean", "bpp=40")
    rdbench(*words)
    trials = len(cells(tmp_path / "out" / "search.csv"))
    assert "0 of them from an earlier run" in rdbench(*words, "--fresh").stdout
    assert len(cells(tmp_path / "out" / "search.csv")) == 2 * trials
    rdbench(*words)
    assert len(cells(tmp_path / "out" / "search.csv")) == 2 * trials


def test_rows_from_before_sources_were_recorded_are_reused_which_is_said(tmp_path: Path, rdbench: Run) -> None:
    words = (*WORDS, "--codecs", "png", "--set", "png.level=6")
    rdbench(*words)
    path = tmp_path / "out" / "records.csv"
    rows = cells(path)
    store = RecordStore(path)
    old = [row.without_source() for row in store.rows]
    names = [name for name in rows[0] if name not in ("source", "metric_sources")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(row.cells() for row in old)
    said = rdbench(*words).stdout
    assert "rows: 2 ok; 2 of them from an earlier run" in said
    assert "unchecked: 2 rows from before the code of a codec was recorded" in said


def test_another_study_in_the_folder_stays_and_is_told(tmp_path: Path, rdbench: Run) -> None:
    out = tmp_path / "out"
    first, second = ((*WORDS, "--codecs", "png", "--set", f"png.level={level}") for level in (1, 6))
    rdbench(*first)
    study, manifest = ((out / name).read_bytes() for name in ("study.toml", "manifest.json"))
    for _ in range(2):  # the second time nothing is set aside anew
        done = rdbench(*second)
        text = "out holds 2 rows of another study (study-1.toml): they stay, and tables and figures show them too; name"
        assert f"note: {text} another folder with --out to have this study alone" in done.stdout
        assert f"note: {text}" in done.stderr
        assert (out / "study-1.toml").read_bytes() == study
        assert (out / "manifest-1.json").read_bytes() == manifest
        assert b"6" in (out / "study.toml").read_bytes()
        assert not (out / "study-2.toml").exists()
        assert len(cells(out / "records.csv")) == 4
    both = rdbench(*WORDS, "--codecs", "png", "--set", "png.level=1,6").stdout
    assert "another study" not in both, "it says how all rows are made"
    assert "4 of them from an earlier run" in both


def test_a_run_with_nothing_to_do_reads_no_picture(
    tmp_path: Path, rdbench: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.dataset.SETTLING", -1.0)
    words = (*WORDS, "--codecs", "png", "--set", "png.level=6")
    rdbench(*words)
    (tmp_path / "out" / "images.json").unlink()  # as of a version that knew no such file
    rdbench(*words)

    def unread(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr("benchmark.run.task.prepared_reference", unread)
        assert "rows: 2 ok; 2 of them from an earlier run" in rdbench(*words).stdout
    Image.fromarray(photo(8, 8, seed=5)).save(tmp_path / "pictures" / "a.png")
    said = rdbench(*words).stdout
    assert "rows: 2 ok; 1 of them from an earlier run" in said
    assert "made again: 1 row of png: the picture is another" in said
