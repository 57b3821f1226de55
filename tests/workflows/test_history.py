"""Histories of folders, and of revisions in git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pandas as pd

from tests.analysis.regression.examples import records
from tests.conftest import Run


def store(folder: Path, change: float = 1.0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    records().assign(bpp=lambda frame: change * frame["bpp"]).to_csv(folder / "records.csv", index=False)


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_folders_in_the_order_of_time(rdbench: Run, tmp_path: Path) -> None:
    for name, change in (("one/run", 1.0), ("two/run", 1.05)):
        store(tmp_path / name, change)
    done = rdbench("report", "--history", "one/run", "two/run", "--anchor", "coarse", "--out", "out")
    assert "out: 7 files of 2 runs, 2 change points" in done.stdout
    table = pd.read_csv(tmp_path / "out" / "history.csv")
    assert list(table["release"].drop_duplicates()) == ["one/run", "two/run"]  # told apart by what parts them


def test_revisions_of_one_folder(rdbench: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for change, tag in ((1.0, "v1"), (1.05, "v2")):
        store(tmp_path / "results" / "mine", change)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", tag)
        git(tmp_path, "tag", tag)
    rdbench("report", "--history", "results/mine@v1", "results/mine@v2", "--anchor", "coarse", "--out", "out")
    table = pd.read_csv(tmp_path / "out" / "history.csv")
    assert list(table["release"].drop_duplicates()) == ["v1", "v2"]
    assert set(table.loc[table["release"] == "v2", "changed"]) == {"rate"}  # the anchor's rose as well
    assert git(tmp_path, "rev-parse", "v2")[:10] in (tmp_path / "out" / "history.html").read_text()
    file = rdbench(
        "report", "--history", "results/mine/records.csv@v1", "results/mine", "--anchor", "coarse", "--out", "b"
    )
    assert "2 runs" in file.stdout
    for word, said in {
        "results/mine@none": "git knows no revision 'none' of results/mine",
        "results/mine@--all": "git knows no revision '--all'",
        "results/other@v1": "has neither records nor summary.csv in this folder",
        "results/mine/other.csv@v1": "has no such file",
    }.items():
        done = rdbench("report", "--history", word, "--anchor", "coarse", "--out", "c", check=False)
        assert done.returncode == 2 and said in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_what_is_refused(rdbench: Run, tmp_path: Path) -> None:
    store(tmp_path / "one")
    for words, said in {
        ("one", "one", "--anchor", "coarse"): "--history: one: named twice",
        ("one", "none", "--anchor", "coarse"): "none: no such file or folder",
        ("one",): "anchor 'jpeg' is no series of the results",
        ("one", "--anchor", "coarse", "--metric", "psnrr"): "psnrr",
        ("one", "--anchor", "coarse", "--pictures", "1"): "--pictures: not an option of a history",
        ("one", "--anchor", "coarse", "--crop", "a:0,0,8,8"): "--crop: not an option of a history",
        ("one", "--anchor", "coarse", "--formats", "gif"): "--formats: expected some of",
    }.items():
        done = rdbench("report", "--history", *words, "--out", "out", check=False)
        assert done.returncode == 2 and said in done.stderr, (words, done.stderr)
    assert not (tmp_path / "out").exists()
