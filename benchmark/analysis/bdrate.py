"""Tables of Bjøntegaard deltas: every series against an anchor, with intervals and a test over images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import (
    INTERPOLATORS,
    LEAST_OVERLAP,
    BDResult,
    bd_metric,
    bd_rate,
)
from benchmark.analysis.interpolate import Front, fronts
from benchmark.analysis.interval import LEAST_IMAGES, mean_interval, paired_test, percent_interval
from benchmark.analysis.pairs import deltas
from benchmark.analysis.points import Samples
from benchmark.analysis.results import Results
from benchmark.analysis.single import OfImages, delta_row
from benchmark.analysis.standing import check_values, with_ranks
from benchmark.errors import UsageError, counted, did_you_mean
from benchmark.metric import Metric
from benchmark.record.row import ESTIMATE

MOST_SPREAD = 1.0
"""Points of percent by which interpolators may differ before a result is flagged."""

LEAST_SHARE = 0.5
"""A mean over images is refused unless more than this share of the images has a BD-rate."""

MOST_NAMES = 6
"""Images that a flag names."""


def bd_table(
    results: Results,
    anchor: str,
    metric: Metric,
    *,
    interpolator: str = "pchip",
    every_image: bool = False,
    hull: bool = False,
    tested: bool = True,
) -> pd.DataFrame:
    """Every series against an anchor, on each data set.

    There are two averages over images, each with its 95 % confidence interval over images: ``image_mean``, the first
    to look at, is the arithmetic mean, in percent, of the BD-rates of single images, where each weighs the same;
    ``bd_rate`` is that of the mean curve, where images with high rates weigh most. A mean of percents is above that of
    the logarithms of the rates: of −50 % and +100 % it is +25 %, though the rates balance. The test takes the
    logarithms, so that it says the same when series and anchor change places. Where images were coded in batches, a
    batch takes the place of an image: intervals and test are over batches.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        anchor: a series, or a codec that has but one.
        metric: the metric of the quality. A metric that falls as the quality rises is compared by its
            negative, and told as it is.
        interpolator: see :func:`bd_rate`.
        every_image: whether rows of single images follow that of their mean.
        hull: whether all series of a codec are merged to their convex hull, see
            :meth:`benchmark.analysis.results.Results.curves`; a series is then a codec.
        tested: whether there are tests, ``spread``, ``fixes``, and intervals of mean curves, which take long.

    Returns:
        A row for each data set × series, of the columns :data:`COLUMNS`, in the order of their ranks. ``image`` is
        empty but in the rows of single images.

        ``rank`` and ``ranked_by``: see :func:`benchmark.analysis.standing.with_ranks`. A series without a rank has
        neither a mean over images nor a test: its curve shares less than a fifth of the range of quality with the
        anchor's, or half of its images have no BD-rate.

        ``bd_rate`` in percent with its range ``low``–``high`` of the metric and share ``overlap``; ``bd_metric``, how
        much higher the metric is at equal rate, with ``rate_low``, ``rate_high``, ``rate_overlap``; ``points``;
        ``images``. Range and ``bd_metric`` are of what figures draw, see :meth:`benchmark.metric.Metric.drawn`.

        ``image_mean``, ``image_std`` (n − 1) and ``image_count``: of the BD-rates of the images that both cover and
        that have one; NaN and 0 where there are no records. ``ci_low``–``ci_high``: the interval of ``image_mean``, see
        :func:`benchmark.analysis.interval.mean_interval`. ``p_value``: of the test that image for image neither needs
        the lower rate, see :func:`benchmark.analysis.interval.paired_test`; NaN for the anchor.

        ``curve_ci_low``–``curve_ci_high``: the interval of ``bd_rate``, whose mean curve is taken anew without each of
        the images, see :func:`benchmark.analysis.interval.intervals`; with ``pchip`` alone. With ``hull``, of the
        settings that are on the hull of all images.

        ``fixes``: what the settings of the series fix from image to image, ``quality``, ``rate`` or neither, see
        :func:`benchmark.analysis.fixed.fixed`.

        ``spread``: by how many points the BD-rates of all :data:`INTERPOLATORS` differ.

        ``flags``: what was refused or left out, and why. Where a figure of images is NaN in a mean curve's row, they
        say why; in the rows of single images these columns are always NaN.

    Raises:
        UsageError: no series is the anchor, or several are; no such column; an unknown interpolator.
    """
    check_values(results, metric)
    curves = results.curves(metric, hull=hull)
    published = [curve.label for curve in results.imported.get(metric.column, ())]
    name = anchor_series(results.summary, anchor, hull=hull, published=published)
    recorded = results.image_curves(metric, hull=hull) if metric.column in results.records else []
    by_series = {(single.dataset, single.label): single for single in recorded}
    bases = {curve.dataset: curve for curve in curves if curve.label == name}
    drawn = {base.dataset: _drawn(results.samples(base, metric)) for base in bases.values()}
    kinds = results.fixes if tested and not hull else {}
    plain = [column for column in COLUMNS if column not in ("rank", "ranked_by")]
    parts: list[Mapping[str, Sequence[Any]]] = []
    for curve in curves:
        base = bases.get(curve.dataset)
        common = {"dataset": curve.dataset, "series": curve.label, "image": "", "anchor": name, "metric": metric.column}
        if base is None:
            nothing = BDResult(math.nan, flags=("refused: the anchor is not there",))
            row = delta_row(common, curve, nothing, nothing, title=metric.title)
            parts.append({column: [value] for column, value in row.items()})
            continue
        others = by_series.get((curve.dataset, name))
        mine = by_series.get((curve.dataset, curve.label))
        single = OfImages(mine, others, interpolator) if mine is not None and others is not None else None
        whole = delta_row(
            common, curve, *(bd(base, curve, interpolator) for bd in (bd_rate, bd_metric)), title=metric.title
        )
        whole["fixes"] = kinds.get((curve.dataset, curve.label), "")
        found, flags = _of_images(
            single, tested=tested and curve.label != name, recorded=bool(curve.points) and not results.records.empty
        )
        flags = _coverage(single, name, curve.label) + flags
        refusal = _refused(whole, found, single)
        whole |= {"image_count": found["image_count"]} if refusal else found
        flags += [refusal] if refusal else []
        if tested and not math.isnan(whole["bd_rate"]):
            flags += _spread(whole, base, curve, interpolator)
            own_drawn = _drawn(results.samples(curve, metric))
            flags += _curve_interval(whole, drawn[curve.dataset], own_drawn, interpolator)
        whole["flags"] = "; ".join(dict.fromkeys(flag for flag in (whole["flags"], *flags) if flag))
        parts.append({column: [value] for column, value in whole.items()})
        if every_image and single is not None:
            parts.append(single.rows(common, metric.title))
    # One table of all: a table of each part would take a fifth of the time.
    table = pd.DataFrame({column: [value for part in parts for value in part.get(column, ())] for column in plain})
    return _told(with_ranks(table)[list(COLUMNS)], metric)


def _told(table: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """A table whose figures of quality are those of the metric."""
    if metric.rises:
        return table
    return table.assign(
        low=metric.turned(table["high"]), high=metric.turned(table["low"]), bd_metric=metric.turned(table["bd_metric"])
    )


COLUMNS = (
    "dataset",
    "series",
    "image",
    "anchor",
    "metric",
    "rank",
    "ranked_by",
    "image_mean",
    "ci_low",
    "ci_high",
    "p_value",
    "image_std",
    "image_count",
    "bd_rate",
    "curve_ci_low",
    "curve_ci_high",
    "low",
    "high",
    "overlap",
    "spread",
    "bd_metric",
    "rate_low",
    "rate_high",
    "rate_overlap",
    "points",
    "images",
    "fixes",
    "flags",
)
"""Columns of :func:`bd_table`."""


def _of_images(single: OfImages | None, *, tested: bool, recorded: bool) -> tuple[dict[str, Any], list[str]]:
    """Figures over the BD-rates of single images, and what to know of them."""
    every = single.values if single is not None else np.empty(0)
    values = every[~np.isnan(every)]
    count, flags = len(values), []
    if single is not None and count < len(every):
        lacking = _names(single.pairs[0].names[np.isnan(every)])
        flags.append(f"mean of images: {len(every) - count} of {len(every)} have no BD-rate, left out: {lacking}")
    if not len(every):
        why = "no image has a value of both curves" if recorded else "no records of images"
        flags.append(f"{why}: no interval and no test")
    elif count < LEAST_IMAGES:
        flags.append(f"{counted(count, 'image')}: no interval and no test, which need {LEAST_IMAGES}")
    low, high = mean_interval(values)
    return {
        "image_mean": values.mean() if count else math.nan,
        "ci_low": low,
        "ci_high": high,
        "p_value": paired_test(np.log1p(values / 100)) if tested else math.nan,
        "image_std": values.std(ddof=1) if count > 1 else math.nan,
        "image_count": count,
    }, flags


def _refused(whole: dict[str, Any], found: dict[str, Any], single: OfImages | None) -> str:
    """Why a series has no mean over images, no test and no rank; empty where it has them, or has no records."""
    if whole["overlap"] < LEAST_OVERLAP:
        return "mean of images: refused, as that of the mean curve"
    images = len(single.anchors) if single is not None and len(single.own) else 0
    if found["image_count"] <= LEAST_SHARE * images and images:
        count = f"{found['image_count']} of {counted(images, 'image')}"
        return f"mean of images: refused, for a BD-rate is there on only {count}"
    return ""


def _coverage(single: OfImages | None, anchor: str, series: str) -> list[str]:
    """Which images only one of two series has."""
    if single is None or np.array_equal(single.own.covers, single.anchors.covers):
        return []
    flags = []
    both = [(series, single.anchors, single.own), (anchor, single.own, single.anchors)]
    for label, has, lacks in both:
        lacking = has.names[~pd.Index(has.covers).isin(lacks.covers)]
        if len(lacking) and len(lacks):
            flags.append(f"mean of images: {label} lacks {len(lacking)}, left out: {_names(lacking)}")
    return flags


def _names(images: Iterable[str]) -> str:
    """The first images by name, and how many more there are."""
    names = sorted(images)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _spread(row: dict[str, Any], base: Curve, curve: Curve, known: str) -> list[str]:
    """Fills in by how many points interpolators differ, of which the row has one already; says if it is many."""
    found = {name: row["bd_rate"] if name == known else bd_rate(base, curve, name).value for name in INTERPOLATORS}
    row["spread"] = max(found.values()) - min(found.values())
    if row["spread"] <= MOST_SPREAD:
        return []
    values = ", ".join(f"{name} {value:+.1f} %" for name, value in found.items())
    return [f"interpolators differ by {row['spread']:.1f} points: {values}"]


def _drawn(samples: Samples | None) -> Front | None:
    """The mean curves of all images, and of all but each, which an interval needs; none where there are too few."""
    if samples is None or len(samples.weights) < LEAST_IMAGES:
        return None
    return fronts(*samples.means())


def _curve_interval(row: dict[str, Any], base: Front | None, own: Front | None, interpolator: str) -> list[str]:
    """Fills in the interval of a mean curve's BD-rate; says why if there is none."""
    if base is None or own is None:
        return []  # told of the images already
    if interpolator != "pchip":
        return ["mean curve: its interval is computed with pchip alone"]
    row["curve_ci_low"], row["curve_ci_high"] = percent_interval(deltas(base, own).values)
    if math.isnan(row["curve_ci_low"]):
        return ["mean curve: no interval, for without one of the images it has no BD-rate"]
    return []


def anchor_series(summary: pd.DataFrame, anchor: str, *, hull: bool = False, published: Sequence[str] = ()) -> str:
    """The series that a text names: its label, or its codec where that has one alone; with ``hull``, of merged ones.

    Args:
        summary: see :class:`benchmark.analysis.results.Results`.
        anchor: the text.
        hull: whether all series of a codec are merged.
        published: labels of curves that others published, any of which may be the anchor, too.

    Raises:
        UsageError: there is none, or several, or its rates are estimates and the text does not say ``estimate:``.
    """
    labels = summary["hull" if hull else "series"]
    known = [*dict.fromkeys(labels), *published]
    estimates = set(labels[summary["kind"] == ESTIMATE]) if "kind" in summary else set()
    if anchor in estimates:
        raise UsageError(
            f"anchor {anchor!r}: its rates are estimates, and no bytes; to compare with them nevertheless, name it "
            f"{f'{ESTIMATE}:{anchor}'!r}"
        )
    if anchor.removeprefix(f"{ESTIMATE}:") in estimates:
        return anchor.removeprefix(f"{ESTIMATE}:")
    if anchor in known:
        return anchor
    found = list(dict.fromkeys(labels[summary["codec"] == anchor]))
    if len(found) != 1:
        if found:
            raise UsageError(f"anchor {anchor!r} is several series of the results; name one of: {'; '.join(found)}")
        raise UsageError(f"anchor {anchor!r} is no series of the results{did_you_mean(anchor, known)}")
    return str(found[0])
