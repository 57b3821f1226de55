"""Rate–distortion curves, from the CSV files of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.analysis.files import read_table
from benchmark.analysis.interpolate import Floats, fronts, same
from benchmark.analysis.measured import known_metrics, read_manifest
from benchmark.analysis.points import Samples, mixed_sizes, note_on_sizes, points_of, rate_weights
from benchmark.analysis.table import KEYS, matched_labels, series_labels, summarise
from benchmark.errors import UsageError, counted
from benchmark.metric import Metric, find_metric


@dataclass(frozen=True)
class Curve:
    """Operating points of one codec.

    Attributes:
        rates: bits per pixel, in any order.
        qualities: the quality at each rate; a higher one is better.
        label: the name of the series.
        dataset: the data set of the curve.
        image: the one image that it is of; empty for a mean over images.
        images: how many images each point is a mean of.
        covers: the images that each point is a mean of, by name and digest; empty where only their number is known.
        notes: what is missing of it, and why.
        points: the number of each point's operating point in the results, see :class:`Results`; empty where
            it has none.
    """

    rates: Sequence[float]
    qualities: Sequence[float]
    label: str = ""
    dataset: str = ""
    image: str = ""
    images: int = 1
    covers: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    points: tuple[int, ...] = ()

    def front(self) -> tuple[Floats, Floats, tuple[str, ...]]:
        """Rates and qualities that both rise, and what was left out of the points to have them so.

        A point is left out if it is not finite, or if another has a better quality, or the same, at no higher rate.
        """
        return self._front

    @cached_property
    def _front(self) -> tuple[Floats, Floats, tuple[str, ...]]:
        points = np.array(sorted(set(zip(self.rates, self.qualities, strict=True))), float).reshape(-1, 2)
        rates, qualities, counts = (rows[0] for rows in fronts(points[None, :, 0], points[None, :, 1]))
        finite = int((np.isfinite(points).all(axis=1) & (points[:, 0] > 0)).sum())
        missing = int(np.isnan(points).any(axis=1).sum())
        notes = []
        if missing:
            notes.append(f"{self.label}: {missing} of {counted(len(points), 'point')} left out, without a value")
        if infinite := len(points) - finite - missing:
            notes.append(f"{self.label}: {infinite} of {counted(len(points), 'point')} left out, not finite")
        good = np.isfinite(rates) & np.isfinite(qualities) & (rates > 0) & ~counts
        near = sum(
            bool((same(rates[counts], rate) & same(qualities[counts], quality)).any())
            for rate, quality in zip(rates[good], qualities[good], strict=True)
        )
        if near:
            notes.append(f"{self.label}: {near} of {counted(finite, 'point')} left out, equal another but for rounding")
        if good.sum() > near:
            notes.append(f"{self.label}: not monotone, {good.sum() - near} of {counted(finite, 'point')} left out")
        return rates[counts], qualities[counts], tuple(notes)

    def hull(self) -> Curve:
        """The points on the upper convex hull, in the plane of bits per pixel and quality, from the cheapest on.

        In that plane, and not in that of the logarithm of the rate, because a codec that codes some images at one
        setting and the rest at another has on average a rate and a quality on the line between the two: what lies below
        such a line is no setting to choose. Only points are left out; none is added between them.
        """
        chosen: list[tuple[float, float, int]] = []
        rates, qualities = np.array(self.rates, float), np.array(self.qualities, float)
        good = np.isfinite(rates) & np.isfinite(qualities) & (rates > 0)
        for index in np.lexsort((-qualities, rates)):
            rate, quality = float(rates[index]), float(qualities[index])
            if not good[index] or (chosen and quality <= chosen[-1][1]):
                continue
            while len(chosen) > 1 and _bends_up(chosen[-2], chosen[-1], (rate, quality)):
                chosen.pop()
            chosen.append((rate, quality, int(index)))
        places = [place for _, _, place in chosen]
        return replace(
            self,
            rates=[rate for rate, _, _ in chosen],
            qualities=[quality for _, quality, _ in chosen],
            points=tuple(self.points[place] for place in places) if self.points else (),
        )


def _bends_up(first: Sequence[float], middle: Sequence[float], last: Sequence[float]) -> bool:
    """Whether the middle one of three points, of rising rate, is not above the line from the first to the last."""
    run, rise = middle[0] - first[0], middle[1] - first[1]
    return rise * (last[0] - first[0]) <= run * (last[1] - first[1])


@dataclass(frozen=True)
class Results:
    """What runs wrote.

    Attributes:
        summary: a row for each operating point: its number ``point``, its ``series``, its ``hull``, which is the series
            without the settings, and the images that it ``covers``.
        records: the rows of which there are records, with ``point``, ``series`` and ``hull``; none where only summaries
            were read.
        metrics: the metrics that are known of the columns, see :mod:`benchmark.analysis.measured`.
        notes: what to know of the files.
        imported: mean curves that others published, by the column of their metric. :meth:`curves` has them, too.
    """

    summary: pd.DataFrame
    records: pd.DataFrame
    metrics: Sequence[Metric]
    notes: Sequence[str] = ()
    imported: Mapping[str, Sequence[Curve]] = field(default_factory=dict)

    def metric(self, text: str) -> Metric:
        """The metric that a text such as ``psnr`` or ``psnr_y`` means.

        Raises:
            UsageError: the results have none of this name, or do not say what it is.
        """
        if f"{text}_mean" in self.summary and text not in {metric.column for metric in self.metrics}:
            raise UsageError(
                f"metric {text!r}: the results have such a column, but nothing says whether it rises with the quality: "
                "install the package that measured it, or put the run's manifest.json beside the results"
            )
        return find_metric(self.metrics, text)

    def points(self, metric: Metric) -> pd.DataFrame:
        """The operating points with the rate and quality that curves and figures of a metric have.

        See :func:`benchmark.analysis.points.points_of`.
        """
        return points_of(self.summary, self.records, metric)

    def curves(self, metric: Metric, *, hull: bool = False) -> list[Curve]:
        """The mean curve of each series on each data set; of its points those that cover the most images.

        Rate and quality are means over the same images, see :meth:`points`.

        Args:
            metric: the metric whose :meth:`benchmark.metric.Metric.quality` the curves go up by.
            hull: whether all series of a codec are merged to the convex hull of their mean points, see
                :meth:`Curve.hull`.

        Raises:
            UsageError: there is no such column.
        """
        points = self.points(metric)
        curves = []
        for (dataset, series), group in points.groupby(["dataset", _label(hull)], sort=False):
            most = group[group["images"] == group["images"].max()]
            covers = Counter(most["covers"]).most_common(1)[0][0]
            whole = most[most["covers"] == covers]
            missing = len(group) - len(whole)
            left = f"{series}: left out {counted(missing, 'point')} of other images or fewer"
            notes = [left] if missing else []
            if undefined := int(whole["undefined"].max()):
                notes.append(f"{metric.column} has no value on {counted(undefined, 'image')}, left out")
            if infinite := whole["infinite"].max():
                notes.append(f"{metric.column} is infinite on some images, left out: {infinite}")
            curve = Curve(
                list(whole["rate"]),
                list(whole["quality"]),
                str(series),
                str(dataset),
                "",
                int(whole["images"].iloc[0]),
                covers,
                tuple(notes),
                tuple(whole["point"]),
            )
            curves.append(curve.hull() if hull else curve)
        return [*curves, *self.imported.get(metric.column, ())]

    def image_curves(self, metric: Metric, *, hull: bool = False) -> list[Curve]:
        """The curve of each series on each image, or batch of them, of which there are records.

        Arguments and errors are those of :meth:`curves`. The hull is that of the image: its settings need not be those
        of the mean. An image on which the metric has no value at all has no curve.
        """
        if metric.column not in self.records:
            raise UsageError(f"the results have no column {metric.column}")
        points = self.records[self.records["status"] == "ok"]
        points = points.assign(
            rate=pd.to_numeric(points["bpp"]), quality=metric.quality(pd.to_numeric(points[metric.column]))
        )
        rates, qualities, places, images = (points[name].to_numpy() for name in ("rate", "quality", "point", "images"))
        names = ["dataset", _label(hull), "image", "covers"]
        texts = {name: points[name].to_numpy() for name in names}
        curves = []
        for rows in sorted(points.groupby(names, sort=False).indices.values(), key=lambda rows: int(rows[0])):
            dataset, series, image, covers = (texts[name][rows[0]] for name in names)
            if np.isnan(qualities[rows]).all():
                continue
            curve = Curve(
                list(rates[rows]),
                list(qualities[rows]),
                str(series),
                str(dataset),
                str(image),
                int(images[rows[0]]),
                frozenset([str(covers)]),
                (),
                tuple(places[rows]),
            )
            curves.append(curve.hull() if hull else curve)
        return curves

    def samples(self, curve: Curve, metric: Metric) -> Samples | None:
        """A mean curve's points on every image that it covers, in the order of the images' names.

        There are none without records.

        Args:
            curve: a curve that :meth:`curves` gave.
            metric: the metric of the curve.
        """
        rows = self.records
        rows = rows[rows["point"].isin(curve.points) & (rows["status"] == "ok") & rows["covers"].isin(curve.covers)]
        if not curve.covers or metric.column not in rows or rows.empty:
            return None
        images, places = np.unique(rows["covers"].to_numpy(str), return_inverse=True)
        column_of = {point: place for place, point in enumerate(curve.points)}
        columns = rows["point"].map(column_of)
        pooled = curve.dataset in mixed_sizes(self.summary)
        rows = rows.assign(sizes=rate_weights(rows) if pooled else rows["images"])
        names = ("bpp", metric.column, "images", "sizes")
        tables = {name: np.full((len(images), len(curve.points)), np.nan) for name in names}
        for name, table in tables.items():
            table[places, columns] = pd.to_numeric(rows[name])
        weights, sizes = (tables[name][:, 0] for name in ("images", "sizes"))
        return Samples(tables["bpp"], tables[metric.column], weights, sizes, metric)


def _label(hull: bool) -> str:
    return "hull" if hull else "series"


def read_results(paths: Sequence[Path], metrics: Sequence[Metric]) -> Results:
    """The results of one or more runs, none twice.

    Args:
        paths: results folders, ``records.csv`` or ``summary.csv`` files. Of a folder the records are read, or the
            summary where there are none.
        metrics: the metrics that are installed; others are described by the manifests beside the results.

    Raises:
        UsageError: nothing is there.
        RecordsError: a file is neither of the two.
    """
    records: list[pd.DataFrame] = []
    summaries: list[pd.DataFrame] = []
    described = known_metrics(metrics, map(read_manifest, paths))
    notes: list[str] = []
    for path in paths:
        frame = read_table(path, [metric.column for metric in described], notes)
        (records if "status" in frame else summaries).append(frame)
    return results_of(records, summaries, described, notes)


def results_of(
    records: Sequence[pd.DataFrame],
    summaries: Sequence[pd.DataFrame],
    described: Sequence[Metric],
    notes: Sequence[str] = (),
) -> Results:
    """The results of records and summaries that were read, none twice.

    Args:
        records: tables of :func:`benchmark.analysis.records.read_records`.
        summaries: tables of :func:`benchmark.analysis.table.read_summary`.
        described: the metrics that are known of the columns.
        notes: what to know of the files.
    """
    tables = list(summaries)
    if records:
        rows = pd.concat(records, ignore_index=True).drop_duplicates([*KEYS, "image"], keep="last")
        rows = rows.assign(covers=rows["image"] + " " + rows["image_sha256"])
        good = rows[rows["status"] == "ok"]
        covers = good.groupby(KEYS)["covers"].agg(frozenset).rename("covers").reset_index()
        tables.insert(0, summarise(rows.drop(columns="covers"), described).merge(covers, on=KEYS, how="left"))
    else:
        rows = pd.DataFrame(columns=[*KEYS, "image", "images", "status", "covers"])
    summary = pd.concat(tables, ignore_index=True).drop_duplicates(KEYS).reset_index(drop=True)
    known = list(summary["covers"]) if "covers" in summary else [None] * len(summary)
    sets = pd.Series([entry if isinstance(entry, frozenset) else frozenset() for entry in known], dtype=object)
    summary = summary.assign(
        point=range(len(summary)),
        covers=sets,
        series=_series(summary, series_labels(summary)),
        hull=_series(summary, summary["codec"]),
    )
    measured = [metric for metric in described if f"{metric.column}_mean" in summary]
    rows = rows.merge(summary[[*KEYS, "point", "series", "hull"]], on=KEYS, how="left")
    return Results(summary, rows, measured, [*notes, *note_on_sizes(summary)])


def plain_summary(results: Results) -> pd.DataFrame:
    """The summary of results as a file has it, without the columns that :class:`Results` adds."""
    return results.summary.drop(columns=["point", "covers", "series", "hull"])


def _series(summary: pd.DataFrame, labels: pd.Series) -> pd.Series:
    """Labels, told apart by what was matched, and by version where a codec has several."""
    labels = labels + matched_labels(summary)
    several = summary["version"].groupby([summary["dataset"], summary["codec"]]).transform("nunique")
    return labels.where(several == 1, labels + " by " + summary["version"])
