"""Rate–distortion curves, from the CSV files of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.table import KEYS, in_decibels, read_records, read_summary, series_labels, summarise
from benchmark.errors import RecordsError, UsageError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Operating points of one codec.

    Attributes:
        rates: bits per pixel, in any order.
        qualities: of each rate; a higher one is better.
        label: of the series.
        dataset: on which.
        image: the one image that it is of; empty for a mean over images.
        images: how many images each point is a mean of.
        covers: which they are, by name and digest; empty where only their number is known.
        notes: what is missing of it, and why.
    """

    rates: Sequence[float]
    qualities: Sequence[float]
    label: str = ""
    dataset: str = ""
    image: str = ""
    images: int = 1
    covers: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def front(self) -> tuple[Floats, Floats, tuple[str, ...]]:
        """Rates and qualities that both rise, and what was left out of the points to have them so.

        A point is left out if it is not finite, or if another has a better quality, or the same, at no higher rate.
        """
        points = np.array(sorted(set(zip(self.rates, self.qualities, strict=True))), float).reshape(-1, 2)
        finite = points[np.isfinite(points).all(axis=1) & (points[:, 0] > 0)]
        best = np.maximum.accumulate(np.concatenate([[-np.inf], finite[:, 1]]))[:-1]
        rising = finite[finite[:, 1] > best]
        # Of two points at one rate the second, which is better, is on the front, and the first is not.
        rising = rising[np.append(np.diff(rising[:, 0]) > 0, True)[: len(rising)]]
        notes = []
        if len(finite) < len(points):
            notes.append(f"{self.label}: {len(points) - len(finite)} of {len(points)} points are not finite, left out")
        if len(rising) < len(finite):
            notes.append(f"{self.label}: not monotone, {len(finite) - len(rising)} of {len(finite)} points left out")
        return rising[:, 0], rising[:, 1], tuple(notes)


@dataclass(frozen=True)
class Results:
    """What runs wrote.

    Attributes:
        summary: a row for each operating point, with its ``series`` and the images that it ``covers``.
        records: the rows of which there are records, with their ``series``; none where only summaries were read.
    """

    summary: pd.DataFrame
    records: pd.DataFrame

    def curves(self, column: str, *, decibels: bool = False) -> list[Curve]:
        """The mean curve of each series on each data set; of its points those that cover the most images.

        Args:
            column: of the records, such as ``psnr_rgb``.
            decibels: whether the quality is −10·log₁₀(1 − mean).

        Raises:
            UsageError: there is no such column.
        """
        points = self._points(self.summary, f"{column}_mean", "bpp_mean", decibels)
        curves = []
        for (dataset, series), group in points.groupby(["dataset", "series"], sort=False):
            most = group[group["images"] == group["images"].max()]
            covers = Counter(most["covers"]).most_common(1)[0][0]
            whole = most[most["covers"] == covers]
            missing = len(group) - len(whole)
            notes = (f"{series}: {missing} points cover other images or fewer, left out",) if missing else ()
            images = int(whole["images"].iloc[0])
            rates, qualities = list(whole["rate"]), list(whole["quality"])
            curves.append(Curve(rates, qualities, str(series), str(dataset), "", images, covers, notes))
        return curves

    def image_curves(self, column: str, *, decibels: bool = False) -> list[Curve]:
        """The curve of each series on each image, or batch of them, of which there are records.

        Arguments and errors are those of :meth:`curves`.
        """
        points = self._points(self.records, column, "bpp", decibels)
        points = points[points["status"] == "ok"]
        return [
            Curve(
                list(group["rate"]), list(group["quality"]), str(series), str(dataset), str(image),
                int(group["images"].iloc[0]), frozenset([str(covers)]),
            )
            for (dataset, series, image, covers), group
            in points.groupby(["dataset", "series", "image", "covers"], sort=False)
        ]

    @staticmethod
    def _points(frame: pd.DataFrame, column: str, rate: str, decibels: bool) -> pd.DataFrame:
        if column not in frame:
            raise UsageError(f"the results have no column {column}")
        quality = pd.to_numeric(frame[column])
        return frame.assign(
            rate=pd.to_numeric(frame[rate]), quality=in_decibels(quality) if decibels else quality
        )


def read_results(paths: Sequence[Path]) -> Results:
    """The results of one or more runs, none twice.

    Args:
        paths: results folders, ``records.csv`` or ``summary.csv`` files. Of a folder the records are read, or the
            summary where there are none.

    Raises:
        UsageError: nothing is there.
        RecordsError: a file is neither of the two.
    """
    records: list[pd.DataFrame] = []
    summaries: list[pd.DataFrame] = []
    for path in paths:
        frame = _read(path)
        (records if "status" in frame else summaries).append(frame)
    if records:
        rows = pd.concat(records, ignore_index=True).drop_duplicates([*KEYS, "image"], keep="last")
        rows = rows.assign(covers=rows["image"] + " " + rows["image_sha256"].fillna(""))
        good = rows[rows["status"] == "ok"]
        covers = good.groupby(KEYS)["covers"].agg(frozenset).rename("covers").reset_index()
        summaries.insert(0, summarise(rows.drop(columns="covers")).merge(covers, on=KEYS, how="left"))
    else:
        rows = pd.DataFrame(columns=[*KEYS, "image", "images", "status", "covers"])
    summary = pd.concat(summaries, ignore_index=True).drop_duplicates(KEYS).reset_index(drop=True)
    known = list(summary["covers"]) if "covers" in summary else [None] * len(summary)
    sets = pd.Series([entry if isinstance(entry, frozenset) else frozenset() for entry in known], dtype=object)
    summary = summary.assign(covers=sets, series=_series(summary))
    return Results(summary, rows.merge(summary[[*KEYS, "series"]], on=KEYS, how="left"))


def _read(path: Path) -> pd.DataFrame:
    if path.is_dir():
        found = [path / name for name in ("records.csv", "summary.csv") if (path / name).is_file()]
        if not found:
            raise UsageError(f"{path}: holds neither records.csv nor summary.csv; name the folder of a run")
        path = found[0]
    if not path.is_file():
        raise UsageError(f"{path}: no such file or folder")
    try:
        columns = set(pd.read_csv(path, nrows=0).columns)
    except ValueError as error:
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error
    if {*KEYS, "image", "status", "bpp"} <= columns:
        return read_records(path)
    if {*KEYS, "images", "bpp_mean"} <= columns:
        return read_summary(path)
    raise RecordsError(f"{path}: neither the records nor the summary of a run, by its columns")


def _series(summary: pd.DataFrame) -> pd.Series:
    """Labels of :func:`series_labels`, told apart by what was matched, and by version where a codec has several."""
    labels = series_labels(summary)
    matched = summary["target"].str.extract(r"^([^<~\d]*)", expand=False)
    labels += matched.map(lambda column: f", matched {column.strip()}" if column else "")
    # Operating points of a learned codec have weights of their own, which its versions name.
    libraries = summary["version"].str.replace(r", weights [0-9a-f+]+$", "", regex=True)
    several = libraries.groupby([summary["dataset"], summary["codec"]]).transform("nunique")
    return labels.where(several == 1, labels + " by " + libraries)
