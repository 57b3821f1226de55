"""Which file of a results folder holds its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Form = Literal["csv", "parquet"]
"""The format of a file of rows."""

CSV, PARQUET, SUMMARY = "records.csv", "records.parquet", "summary.csv"
"""Names of the files of rows, and of the table of their means."""

RECORDS = (CSV, PARQUET)
"""Names of files of rows; the first that is there counts.

A run adds its rows to the first. Where it leaves them in the second, that file is whole before the first is removed.
"""


def records_of_folder(folder: Path) -> Path | None:
    """The file with the rows of a results folder; None where there is none."""
    return _first(folder, RECORDS)


def results_of_folder(folder: Path) -> Path | None:
    """The file with the rows of a results folder, else that of their means; None where there is neither."""
    return _first(folder, (*RECORDS, SUMMARY))


def records_below(folder: Path) -> list[Path]:
    """The files with the rows of a folder, or of all results folders below it."""
    own = records_of_folder(folder)
    if own:
        return [own]
    folders = {file.parent for name in RECORDS for file in folder.rglob(name)}
    return [file for below in sorted(folders) if (file := records_of_folder(below))]


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)
