"""A leaderboard of folders of results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmark.errors import UsageError
from benchmark.workflows.site import make_site
from tests.analysis.regression.examples import records


def store(folder: Path, frame: pd.DataFrame) -> Path:
    folder.mkdir(parents=True)
    frame.to_csv(folder / "records.csv", index=False)
    return folder


def test_folders_of_folders_are_read_once(tmp_path: Path) -> None:
    one = store(tmp_path / "all" / "one", records())
    store(tmp_path / "all" / "two", records(dataset="clic"))
    (tmp_path / "all" / "notes").mkdir()
    board, left_out, files = make_site([tmp_path / "all", one], tmp_path / "site", anchor="coarse")
    assert [Path(submission.name).name for submission in board.submissions] == ["one", "two"]
    assert left_out == {} and all(file.is_file() for file in files)


def test_what_is_no_results_is_named_and_left_out(tmp_path: Path) -> None:
    good = store(tmp_path / "good", records())
    bad = store(tmp_path / "bad", records().drop(columns="bpp"))
    torn = store(tmp_path / "torn", records())
    (torn / "manifest.json").write_text("[")
    board, left_out, _ = make_site([bad, good, tmp_path / "none", torn], tmp_path / "site", anchor="coarse")
    assert [submission.name for submission in board.submissions] == [good.as_posix()]
    assert list(left_out) == [bad.as_posix(), (tmp_path / "none").as_posix(), torn.as_posix()]
    assert "bpp" in left_out[bad.as_posix()] and "no such file" in left_out[(tmp_path / "none").as_posix()]
    assert "manifest.json" in left_out[torn.as_posix()]


def test_nothing_but_bad_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no results to rank: .*none: no such file or folder"):
        make_site([tmp_path / "none"], tmp_path / "site")
    assert not (tmp_path / "site").exists()
