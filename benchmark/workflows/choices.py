"""Which images a report shows: those on which codecs differ most at about the same rate.

All images are looked at together, for there may be a hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.defaults import RATE

NEAR = 0.1
"""A row has about a rate if its own is at most this share off."""

_TARGETS = RATE * 2.0 ** np.linspace(-1, 1, 81)
"""The rates within an octave of the default at which images may be compared, in bits per pixel."""

_TOGETHER = 1 << 16
"""Rows that are compared with all targets at once: a table of so many rows is some 40 MB."""

_Floats = npt.NDArray[np.float64]
_Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Choice:
    """An image to show.

    Attributes:
        dataset: the data set of the image.
        image: the name of the image.
        target: the rate that its rows come near to, in bits per pixel.
        rows: rows of the records by series.
    """

    dataset: str
    image: str
    target: float
    rows: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Choices:
    """Every single image of some records, those on which codecs differ most first.

    Attributes:
        records: the records.
        datasets, images: (images,), the data set and the name of each image.
        targets: (images,), the rate at which the codecs are compared on each, in bits per pixel.
        nearest: the places of the rows of the records that come nearest to it, one of each series, by image.
    """

    records: pd.DataFrame
    datasets: npt.NDArray[np.object_]
    images: npt.NDArray[np.object_]
    targets: _Floats
    nearest: list[_Places]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, place: int) -> Choice:
        rows = self.records.iloc[self.nearest[place]].to_dict("records")
        return Choice(
            str(self.datasets[place]),
            str(self.images[place]),
            float(self.targets[place]),
            {str(row["series"]): {str(name): cell for name, cell in row.items()} for row in rows},
        )

    def first(self, count: int) -> list[Choice]:
        """The first images of each data set."""
        numbers = pd.Series(self.datasets).groupby(self.datasets, sort=False)
        places = [group.index[:count] for _, group in numbers]
        return [self[int(place)] for part in places for place in part]


def image_choices(records: pd.DataFrame, column: str, rate: float | None = None) -> Choices:
    """Every image of which there are records of its own, and its rows at about the same rate.

    Args:
        records: rows with ``series``, see :class:`benchmark.analysis.results.Results`.
        column: the column whose standard deviation over the series that come near the rate ranks the images.
        rate: the rate to compare at, in bits per pixel; if it is not given, each image's is the one within an octave of
            the default at which the most series have an operating point, of several the nearest to the default.
    """
    usable = _usable(records, column)
    if not len(usable):
        nothing = np.empty(0, object)
        return Choices(records, nothing, nothing, np.empty(0), [])
    rates, values = (pd.to_numeric(records[name]).to_numpy(float)[usable] for name in ("bpp", column))
    names = records.iloc[usable][["dataset", "image", "series"]]
    groups = names.groupby(["dataset", "image"], sort=False).ngroup().to_numpy().astype(np.intp)
    series = names.groupby(["dataset", "image", "series"], sort=False).ngroup().to_numpy().astype(np.intp)
    targets = np.full(groups.max() + 1, rate) if rate else _targets(rates, groups, series)
    distances = np.abs(np.log(rates / targets[groups]))
    # The nearest row of each series of each image, the first of several; series in the order in which they come.
    order = np.lexsort((distances, series, groups)).astype(np.intp)
    nearest = order[_heads(series[order])]
    spreads = _spreads(values[nearest], groups[nearest], np.abs(rates[nearest] / targets[groups[nearest]] - 1))
    starts = _heads(groups[nearest])
    parts = np.split(usable[nearest], starts[1:])
    ranked = np.argsort(-spreads, kind="stable")
    told = {name: names[name].to_numpy(object)[nearest[starts]][ranked] for name in ("dataset", "image")}
    return Choices(records, told["dataset"], told["image"], targets[ranked], [parts[place] for place in ranked])


def first_batches(records: pd.DataFrame, column: str) -> list[Choice]:
    """The first batch of each data set that has rows of several images together, and no others.

    Args:
        records: as of :func:`image_choices`.
        column: a column of which its rows have a value.
    """
    found = []
    usable = _usable(records, column, together=True)
    alone = set(records["dataset"].to_numpy(object)[_usable(records, column)]) if len(usable) else set()
    for dataset, rows in records.iloc[usable].groupby("dataset", sort=False):
        if dataset not in alone:
            first = rows[rows["image"] == rows["image"].iloc[0]].drop_duplicates("series").to_dict("records")
            own = {str(row["series"]): {str(name): cell for name, cell in row.items()} for row in first}
            found.append(Choice(str(dataset), str(first[0]["image"]), RATE, own))
    return found


def _usable(records: pd.DataFrame, column: str, *, together: bool = False) -> _Places:
    """The places of rows of one image, or of several together, that have a rate and a value."""
    if records.empty or column not in records:
        return np.empty(0, np.intp)
    images = pd.to_numeric(records["images"])
    wanted = (records["status"] == "ok") & ((images > 1) if together else (images == 1))
    measured = (pd.to_numeric(records["bpp"]) > 0) & pd.to_numeric(records[column]).notna()
    return np.flatnonzero((wanted & measured).to_numpy(bool))


def _heads(numbers: _Places) -> _Places:
    """The places at which equal numbers that follow each other begin."""
    return np.flatnonzero(np.diff(numbers, prepend=-1))


def _targets(rates: _Floats, groups: _Places, series: _Places) -> _Floats:
    """The rate of each image that the most series match; of several, the nearest to the default."""
    targets = _TARGETS[np.argsort(np.abs(np.log(_TARGETS / RATE)), kind="stable")]
    order = np.lexsort((series, groups))
    rates, groups, series = rates[order], groups[order], series[order]
    found = np.empty(groups[-1] + 1)
    first = 0
    while first < len(rates):
        # Whole images, so that the last one is taken with all its rows.
        last = groups[min(first + _TOGETHER, len(rates)) - 1]
        part = slice(first, int(np.searchsorted(groups, last, "right")))
        near = np.abs(rates[part, np.newaxis] / targets - 1) <= NEAR
        heads = _heads(series[part])
        matched = np.logical_or.reduceat(near, heads)
        images = groups[part][heads]
        counts = np.add.reduceat(matched, _heads(images), dtype=np.intp)
        found[np.unique(images)] = targets[counts.argmax(axis=1)]
        first = part.stop
    return found


def _spreads(values: _Floats, groups: _Places, off: _Floats) -> _Floats:
    """The standard deviation over the values of each image whose rates are near its target; 0 where there are none."""
    near = (off <= NEAR) & np.isfinite(values)
    counts = np.bincount(groups[near], minlength=groups[-1] + 1)
    sums = np.bincount(groups[near], values[near], minlength=len(counts))
    means = sums / np.maximum(counts, 1)
    squares = np.bincount(groups[near], (values[near] - means[groups[near]]) ** 2, minlength=len(counts))
    return np.asarray(np.sqrt(squares / np.maximum(counts, 1)))
