"""A history as figures, tables and a page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmark.analysis.history import Release, history_of
from benchmark.analysis.results import read_results
from benchmark.plugins import all_metrics
from benchmark.report.history import write_history
from tests.analysis.regression.examples import records


def release(folder: Path, name: str, frame: pd.DataFrame, day: str = "", commit: str = "") -> Release:
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    return Release(name, read_results([path], all_metrics()), day, commit)


def test_figures_tables_and_a_page(tmp_path: Path) -> None:
    changed = records().assign(bpp=lambda frame: frame["bpp"].where(frame["codec"] != "fine", 1.02 * frame["bpp"]))
    runs = [release(tmp_path, "old", records()), release(tmp_path, "<new>", changed, "2026-05-01", "0123abc")]
    history = history_of(runs, "coarse", "psnr", 0.5)
    files = write_history(history, tmp_path / "out", command="python -m benchmark report")
    assert {path.name for path in files} == {
        "history.csv", "history.md", "history.tex", "notes.tex", "history.html",
        "history_bd_rate.svg", "history_rate.svg",
    }  # fmt: skip
    assert all(path.is_file() for path in files)
    table = pd.read_csv(tmp_path / "out" / "history.csv")
    assert table.loc[table["changed"] == "BD-rate, rate", "release"].tolist() == ["<new>"]
    page = (tmp_path / "out" / "history.html").read_text()
    assert "&lt;new&gt; (2026-05-01, commit 0123abc)" in page and "<new>" not in page
    assert "rate +2.00 %" in page and page.count("data:image/svg+xml") == 2
    assert "what changed" not in (tmp_path / "out" / "history.tex").read_text()  # a page has no room for it
    again = write_history(history, tmp_path / "again", command="python -m benchmark report")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]


def test_a_history_in_which_nothing_changed_says_so(tmp_path: Path) -> None:
    several = pd.concat([records(), records(dataset="clic")])
    history = history_of([release(tmp_path, name, several) for name in ("a", "b")], "coarse", "psnr", 0.5)
    files = write_history(history, tmp_path / "out")
    assert {"history-kodak.csv", "history-clic.csv", "history_rate-clic.svg"} <= {path.name for path in files}
    assert "<p>Nothing: a run is marked where" in (tmp_path / "out" / "history.html").read_text()
