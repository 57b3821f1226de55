"""Which file of a folder has its rows."""

from __future__ import annotations

from pathlib import Path

from benchmark.record.files import records_below, records_of_folder, results_of_folder


def test_the_csv_file_counts_before_the_parquet_file_and_rows_before_means(tmp_path: Path) -> None:
    assert (records_of_folder(tmp_path), results_of_folder(tmp_path)) == (None, None)
    (tmp_path / "summary.csv").touch()
    assert records_of_folder(tmp_path) is None
    for name in ("summary.csv", "records.parquet", "records.csv"):
        (tmp_path / name).touch()
        assert results_of_folder(tmp_path) == tmp_path / name
    assert records_of_folder(tmp_path) == tmp_path / "records.csv"


def test_every_folder_below_has_one_file(tmp_path: Path) -> None:
    for name in ("b/records.csv", "a/c/records.parquet", "b/records.parquet", "d/summary.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert records_below(tmp_path) == [tmp_path / "a/c/records.parquet", tmp_path / "b/records.csv"]
    assert records_below(tmp_path / "b") == [tmp_path / "b/records.csv"]
    assert records_below(tmp_path / "d") == []
