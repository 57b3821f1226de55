"""Rate–distortion curves, from the CSV files of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.files import read_table
from benchmark.analysis.fixed import Fixed, fixed
from benchmark.analysis.images import ImageCurves, Layout, layouts
from benchmark.analysis.interpolate import Floats
from benchmark.analysis.measured import known_metrics, read_manifest
from benchmark.analysis.points import Samples, mixed_sizes, note_on_sizes, points_of, rate_weights
from benchmark.analysis.table import KEYS, matched_labels, series_labels, summarise, varying_settings
from benchmark.errors import UsageError, counted
from benchmark.metric import Metric, find_metric
from benchmark.record.frames import text_column


@dataclass(frozen=True)
class Results:
    """What runs wrote.

    Attributes:
        summary: a row for each operating point: its number ``point``, its ``series``, its ``hull``, which is the series
            without the settings, and the images that it ``covers``.
        records: the rows of which there are records, with ``point``, ``series`` and ``hull``; with the image that each
            ``covers``, by name and digest, and its number ``item`` in the order of these. None where only summaries
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
    _points: dict[Metric, pd.DataFrame] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What :meth:`points` gave."""
    _curves: dict[tuple[Metric, bool], list[Curve]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What :meth:`curves` gave, without those that others published."""
    _columns: dict[str, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Columns of the records that were asked for."""
    _layouts: dict[str, list[Layout]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The layouts of the curves of single images, by the column of their series."""

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
        if metric not in self._points:
            self._points[metric] = points_of(self.summary, self.records, metric)
        return self._points[metric].copy(deep=False)

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
        if (metric, hull) not in self._curves:
            self._curves[metric, hull] = list(self._mean_curves(metric, hull=hull))
        return [*self._curves[metric, hull], *self.imported.get(metric.column, ())]

    def _mean_curves(self, metric: Metric, *, hull: bool) -> Iterator[Curve]:
        points = self.points(metric)
        names = ("rate", "quality", "images", "covers", "point", "undefined", "infinite")
        # As lists: to take rows of a table takes longer than all else here.
        cells = {name: points[name].tolist() for name in names}
        groups: dict[tuple[str, str], list[int]] = {}
        for place, key in enumerate(zip(points["dataset"], points[_label(hull)], strict=True)):
            groups.setdefault(key, []).append(place)
        for (dataset, series), group in groups.items():
            images = max(cells["images"][place] for place in group)
            most = [place for place in group if cells["images"][place] == images]
            covers = Counter(cells["covers"][place] for place in most).most_common(1)[0][0]
            places = [place for place in most if cells["covers"][place] == covers]
            whole = {name: [column[place] for place in places] for name, column in cells.items()}
            missing = len(group) - len(places)
            left = f"{series}: left out {counted(missing, 'point')} of other images or fewer"
            notes = [left] if missing else []
            if undefined := int(max(whole["undefined"])):
                notes.append(f"{metric.column} has no value on {counted(undefined, 'image')}, left out")
            if infinite := max(whole["infinite"]):
                notes.append(f"{metric.column} is infinite on some images, left out: {infinite}")
            curve = Curve(
                whole["rate"],
                whole["quality"],
                str(series),
                str(dataset),
                "",
                int(images),
                covers,
                tuple(notes),
                tuple(whole["point"]),
            )
            yield curve.hull() if hull else curve

    def image_curves(self, metric: Metric, *, hull: bool = False) -> list[ImageCurves]:
        """The curves of each series on each image, or batch of images, of which there are records.

        Arguments and errors are those of :meth:`curves`. The hull is that of the image: its settings need not be those
        of the mean. An image on which the metric has no value at all has no curve.
        """
        if metric.column not in self.records:
            raise UsageError(f"the results have no column {metric.column}")
        if _label(hull) not in self._layouts:
            self._layouts[_label(hull)] = layouts(self.records, _label(hull))
        qualities = metric.quality(self._numbers(metric.column))
        found = [layout.curves(qualities) for layout in self._layouts[_label(hull)]]
        return [curves.hulls() for curves in found] if hull else found

    def samples(self, curve: Curve, metric: Metric) -> Samples | None:
        """A mean curve's points on every image that it covers, in the order of the images' names.

        There are none without records, or of a curve without points.

        Args:
            curve: a curve that :meth:`curves` gave.
            metric: the metric of the curve.
        """
        if not curve.covers or not curve.points or metric.column not in self.records:
            return None
        rows_of = [self._rows_of.get(point, _NONE) for point in curve.points]
        rows, columns = np.concatenate(rows_of), np.repeat(np.arange(len(rows_of)), [len(rows) for rows in rows_of])
        if len(rows) > len(curve.points) * len(curve.covers):  # no image is twice there: some are none of the curve's
            own = self.records["covers"].iloc[rows].isin(curve.covers).to_numpy(bool)
            rows, columns = rows[own], columns[own]
        if not len(rows):
            return None
        # Images have their numbers in the order of their names.
        images, places = np.unique(self.records["item"].to_numpy(np.intp)[rows], return_inverse=True)

        def table(values: Floats) -> Floats:
            found = np.full((len(images), len(curve.points)), np.nan)
            found[places, columns] = values[rows]
            return found

        weights = table(self._numbers("images"))[:, 0]
        sizes = table(rate_weights(self.records).to_numpy(float))[:, 0] if curve.dataset in self._mixed else weights
        return Samples(table(self._numbers("bpp")), table(self._numbers(metric.column)), weights, sizes, metric)

    def _numbers(self, column: str) -> Floats:
        """A column of the records."""
        if column not in self._columns:
            self._columns[column] = pd.to_numeric(self.records[column]).to_numpy(float)
        return self._columns[column]

    @cached_property
    def fixes(self) -> dict[tuple[str, str], Fixed]:
        """See :func:`benchmark.analysis.fixed.fixed`."""
        return fixed(self.records, self.metrics)

    @cached_property
    def _rows_of(self) -> dict[int, npt.NDArray[np.intp]]:
        """The places of the rows that succeeded, by the number of their operating point."""
        good = np.flatnonzero((self.records["status"] == "ok").to_numpy(bool))
        points = self.records["point"].to_numpy(np.intp)[good]
        order = np.argsort(points, kind="stable")
        known, starts = np.unique(points[order], return_index=True)
        return dict(zip(known.tolist(), np.split(good[order], starts[1:]), strict=False))

    @cached_property
    def _mixed(self) -> dict[str, float]:
        """See :func:`benchmark.analysis.points.mixed_sizes`."""
        return mixed_sizes(self.summary)


_NONE = np.empty(0, np.intp)


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
    tables = [summary.assign(read=len(records) + number) for number, summary in enumerate(summaries)]
    nothing = pd.DataFrame(columns=[*KEYS, "image", "images", "status", "covers", "item", "point"])
    rows = _numbered(records) if records else nothing
    if records:
        good = rows["status"] == "ok"
        covers = rows["covers"][good].groupby(rows["point"][good]).agg(frozenset)
        first = rows.pop("read").groupby(rows["point"]).min()
        summary = summarise(rows.drop(columns=["covers", "item", "point"]), described)
        places = pd.Series(range(len(summary)))
        tables.insert(0, summary.assign(covers=places.map(covers.to_dict()), read=places.map(first.to_dict())))
    # The copy joins the parts of a table that was read column by column: pandas warns of a hundred of them.
    summary = pd.concat(tables, ignore_index=True).drop_duplicates(KEYS).reset_index(drop=True).copy()
    known = list(summary["covers"]) if "covers" in summary else [None] * len(summary)
    sets = pd.Series([entry if isinstance(entry, frozenset) else frozenset() for entry in known], dtype=object)
    read = summary.pop("read")
    summary = summary.assign(
        point=range(len(summary)),
        covers=sets,
        series=_series(summary, read),
        hull=_by_version(summary, read, summary["codec"] + matched_labels(summary)),
    )
    measured = [metric for metric in described if f"{metric.column}_mean" in summary]
    points = rows["point"].to_numpy(np.intp) if records else np.empty(0, np.intp)
    for name in ("series", "hull"):
        rows[name] = text_column(summary[name].to_numpy(object)[points])
    return Results(summary, rows, measured, [*notes, *note_on_sizes(summary)])


def _numbered(records: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of records, none twice, with ``covers``, ``item`` and ``point``, see :class:`Results`, and ``read``.

    The last is the number of the first file that their operating point was read from.
    """
    read = [frame.assign(read=number) for number, frame in enumerate(records)]
    rows = pd.concat(read, ignore_index=True) if len(records) > 1 else read[0].reset_index(drop=True)
    if len(records) > 1:  # of an operating point that several files have, the first counts
        rows["read"] = rows.groupby(KEYS, sort=False, dropna=False)["read"].transform("min")
    twice = rows.duplicated([*KEYS, "image"], keep="last")
    if twice.any():
        rows = rows[~twice].reset_index(drop=True)
    items, covers = pd.factorize((rows["image"] + " " + rows["image_sha256"]).to_numpy(object), sort=True)
    # Operating points in the order in which they come, as summaries have them.
    points = rows.groupby(KEYS, sort=False, dropna=False).ngroup()
    return rows.assign(covers=text_column(covers[items]), item=items, point=points)


def plain_summary(results: Results) -> pd.DataFrame:
    """The summary of results as a file has it, without the columns that :class:`Results` adds."""
    return results.summary.drop(columns=["point", "covers", "series", "hull"])


def named_alike(several: Sequence[Results]) -> list[Results]:
    """Results whose series have names of one kind: by the settings that differ within any of the results.

    A setting that is another in all of one result, or that an older one lacks, so starts no new series.

    Args:
        several: results, each as it was read.
    """
    varying: dict[str, set[str]] = {}
    for results in several:
        for codec, names in varying_settings(results.summary).items():
            varying.setdefault(codec, set()).update(names)
    found = []
    for results in several:
        labels = series_labels(results.summary, varying) + matched_labels(results.summary)
        series = _by_version(results.summary, pd.Series(0, index=results.summary.index), labels)
        records = results.records
        if len(records):
            name_of = dict(zip(results.summary["point"], series, strict=True))
            labels = text_column(np.array([name_of[point] for point in records["point"]], object))
            records = records.assign(series=labels.set_axis(records.index))
        found.append(replace(results, summary=results.summary.assign(series=series), records=records))
    return found


def _series(summary: pd.DataFrame, read: pd.Series) -> pd.Series:
    """The names of series: those that they have in the file that has them first, so that another renames none.

    A series whose name is taken has all settings in its name in which series of its codec differ.

    Args:
        summary: see :class:`Results`.
        read: the number of the file that each operating point was read from.
    """
    matched = matched_labels(summary)
    full = series_labels(summary) + matched
    names: dict[str, str] = {}  # by the name among all, which tells series apart
    for number in sorted(read.unique()):
        part = read == number
        own = series_labels(summary[part]) + matched[part]
        for known, alone in zip(full[part], own, strict=True):
            if known not in names:
                names[known] = known if alone in names.values() else alone
    return _by_version(summary, read, full.map(names))


def _by_version(summary: pd.DataFrame, read: pd.Series, labels: pd.Series) -> pd.Series:
    """Names with the version where a codec has several on a data set, but for a single one of the first file."""
    parts = [summary["dataset"], summary["codec"]]
    first = read == read.groupby(parts).transform("min")
    versions = summary["version"].where(first).groupby(parts)
    plain = (versions.transform("nunique") == 1) & (summary["version"] == versions.transform("first"))
    return labels.where(plain, labels + " by " + summary["version"])
