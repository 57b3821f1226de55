"""The curves of single images: of one series all at once, for there may be a hundred thousand of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.interpolate import Floats, Front, fronts

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ImageCurves:
    """The curve of one series on each image, or batch of images. Its items are curves, see :class:`Curve`.

    Attributes:
        dataset: the data set of the curves.
        label: the name of the series.
        rows: (curves,), the place of the first row of each in the records.
        names: (curves,), the names of the images.
        covers: (curves,), name and digest of each image.
        images: (curves,), how many images each is: more than one where batches were coded.
        rates, qualities: (curves, points), bits per pixel and quality of the points in any order, the last ones NaN
            where a curve has fewer points than others.
        points: (curves, points), the number of each operating point in the results; −1 where there is none.
    """

    dataset: str
    label: str
    rows: Places
    names: npt.NDArray[np.object_]
    covers: npt.NDArray[np.object_]
    images: Places
    rates: Floats
    qualities: Floats
    points: Places

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Curve:
        if place not in self._made:
            self._made[place] = self._curve(place)
        return self._made[place]

    @cached_property
    def _made(self) -> dict[int, Curve]:
        """The curves that were asked for one by one: an anchor's are, by every series."""
        return {}

    def _curve(self, place: int) -> Curve:
        there = self.points[place] >= 0
        return Curve(
            self.rates[place][there].tolist(),
            self.qualities[place][there].tolist(),
            self.label,
            self.dataset,
            str(self.names[place]),
            int(self.images[place]),
            frozenset([str(self.covers[place])]),
            (),
            tuple(self.points[place][there].tolist()),
        )

    def __iter__(self) -> Iterator[Curve]:
        return (self[place] for place in range(len(self)))

    def take(self, places: npt.NDArray[Any]) -> ImageCurves:
        """Some of the curves."""
        return ImageCurves(
            self.dataset,
            self.label,
            self.rows[places],
            self.names[places],
            self.covers[places],
            self.images[places],
            self.rates[places],
            self.qualities[places],
            self.points[places],
        )

    @cached_property
    def front(self) -> Front:
        """Rates and qualities in the order of the rates, and which of the points are on the front of their curve."""
        return fronts(self.rates, self.qualities)

    @cached_property
    def sizes(self) -> Places:
        """(curves,), how many points each has."""
        return np.asarray((self.points >= 0).sum(axis=1), np.intp)

    @cached_property
    def gaps(self) -> Places:
        """(curves,), how many of the points of each have no value."""
        lacking = np.isnan(self.rates) | np.isnan(self.qualities)
        return np.asarray((lacking & (self.points >= 0)).sum(axis=1), np.intp)

    @property
    def orderly(self) -> npt.NDArray[np.bool_]:
        """(curves,), whether all points of a curve that have a value are on its front."""
        counts: npt.NDArray[np.bool_] = self.front[2].sum(axis=1) == self.sizes - self.gaps
        return counts

    def hulls(self) -> ImageCurves:
        """The upper convex hull of each curve, see :meth:`Curve.hull`."""
        hulls = [curve.hull() for curve in self]
        return ImageCurves(
            self.dataset,
            self.label,
            self.rows,
            self.names,
            self.covers,
            self.images,
            _padded([hull.rates for hull in hulls], np.nan),
            _padded([hull.qualities for hull in hulls], np.nan),
            _padded([hull.points for hull in hulls], -1).astype(np.intp),
        )

    def shared(self, other: ImageCurves) -> tuple[ImageCurves, ImageCurves]:
        """The curves of both on the images that both have, in the order of these."""
        if np.array_equal(self.covers, other.covers):
            return self, other  # what they keep serves every pair
        places = pd.Index(other.covers).get_indexer(pd.Index(self.covers))
        return self.take(places >= 0), other.take(places[places >= 0])


@dataclass(frozen=True)
class Layout:
    """Which image, and which point of its curve, each row of a series is of: the same for every metric.

    Attributes:
        blank: the curves, without their qualities.
        rows: (rows,), the places of the rows in the records.
        images, columns: (rows,), the curve of each row, and its place among the points of that.
    """

    blank: ImageCurves
    rows: Places
    images: Places
    columns: Places

    def curves(self, qualities: Floats) -> ImageCurves:
        """The curves of the images of which any point has a quality.

        Args:
            qualities: one for each row of the records, NaN where it has none.
        """
        table = np.full(self.blank.rates.shape, np.nan)
        table[self.images, self.columns] = qualities[self.rows]
        there = ~np.isnan(table).all(axis=1)
        curves = replace(self.blank, qualities=table)
        return curves if there.all() else curves.take(np.flatnonzero(there))


def layouts(records: pd.DataFrame, label: str) -> list[Layout]:
    """The layout of each series on each data set, in the order of the records.

    Args:
        records: rows with ``item`` and ``point``, see :class:`benchmark.analysis.results.Results`; those count that
            succeeded.
        label: the column of the series.
    """
    good = np.flatnonzero((records["status"] == "ok").to_numpy(bool))
    rates = pd.to_numeric(records["bpp"]).to_numpy(float)
    columns = {name: records[name].to_numpy() for name in ("dataset", label, "image", "covers", "images")}
    items, points = (records[name].to_numpy(np.intp) for name in ("item", "point"))
    groups = records[["dataset", label]].iloc[good].groupby(["dataset", label], sort=False).indices.values()
    found = []
    for rows in sorted((good[places] for places in groups), key=lambda rows: int(rows[0])):
        _, first, which = np.unique(items[rows], return_index=True, return_inverse=True)
        order = np.argsort(first)  # images in the order in which they come
        place = np.empty(len(order), np.intp)
        place[order] = np.arange(len(order))
        which = place[which]
        starts = rows[first[order]]
        column = np.asarray(pd.Series(which).groupby(which).cumcount(), np.intp)
        shape = len(starts), int(column.max()) + 1
        table, numbers = np.full(shape, np.nan), np.full(shape, -1, np.intp)
        table[which, column], numbers[which, column] = rates[rows], points[rows]
        blank = ImageCurves(
            str(columns["dataset"][rows[0]]),
            str(columns[label][rows[0]]),
            starts,
            columns["image"][starts],
            columns["covers"][starts],
            columns["images"][starts].astype(np.intp),
            table,
            np.full(shape, np.nan),
            numbers,
        )
        found.append(Layout(blank, rows, which, column))
    return found


def _padded(rows: Sequence[Sequence[float]], filling: float) -> Floats:
    """Rows of different lengths as a table, at least one wide."""
    table = np.full((len(rows), max(1, *map(len, rows))) if rows else (0, 1), filling)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table
