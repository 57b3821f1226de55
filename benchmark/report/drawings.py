"""The figures of a report, each as work for a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmark.analysis.family import family_of
from benchmark.analysis.points import over_one_space
from benchmark.analysis.table import dataset_labels
from benchmark.metric import Metric
from benchmark.report.content import Report
from benchmark.report.figures.appearance import display_names, looks_of
from benchmark.report.figures.bars import bars_chart
from benchmark.report.figures.chart import Chart, write
from benchmark.report.figures.curves import draw_rd_curves
from benchmark.report.figures.heatmap import heat_map_chart
from benchmark.report.figures.kinds import speed_points
from benchmark.report.figures.mosaic import crops_mosaic, errors_mosaic, write_mosaic
from benchmark.report.figures.picture import by_part
from benchmark.report.figures.speed import speed_charts
from benchmark.report.figures.style import CHARTS, PICTURES, WIDTHS
from benchmark.system.files import slug

Drawing = partial[list[Path]]
"""Draws a figure and returns its files; a process of its own can do it."""


def drawings(
    report: Report,
    folder: Path,
    *,
    log_rate: bool = False,
    forms: Sequence[str] = CHARTS,
    single: bool = False,
    metrics: Sequence[Metric] | None = None,
) -> list[Drawing]:
    """The figures of a report's numbers, as wide as two columns of a paper.

    Args:
        report: the report, with or without pictures.
        folder: the folder of ``rd_<metric>``, ``bars``, ``heatmap``, ``pareto``; each of several data sets gets
            one below it.
        log_rate: see :func:`benchmark.report.figures.curves.draw_rd_curves`.
        forms: see :func:`benchmark.report.figures.style.save`.
        single: whether they are drawn as wide as one column, too, their names followed by ``_single``.
        metrics: the metrics whose curves are drawn; None for all of the report, each over one space, see
            :func:`benchmark.analysis.points.over_one_space`.
    """
    found: list[Drawing] = []
    if not len(report.bd):
        return found
    widths = {"": WIDTHS["double"]} | ({"_single": WIDTHS["single"]} if single else {})
    points = {metric: report.results.points(metric).drop(columns="covers") for metric in metrics or report.metrics}
    for dataset, below in _folders(report, folder):
        charts = _charts(report, dataset)
        shown = {metric: rows[rows["dataset"] == dataset] for metric, rows in points.items()}
        drawn = over_one_space(shown) if metrics is None else metrics
        summary = report.results.summary[report.results.summary["dataset"] == dataset]
        if family_of(summary, report.metrics, frozenset()) == "lossless":  # a table has their rates
            drawn = []
        for end, width in widths.items():
            look: dict[str, Any] = {"width": width, "forms": forms}
            found += [
                partial(
                    draw_rd_curves,
                    shown[metric],
                    metric,
                    below / f"rd_{metric.column}{end}",
                    log_rate=log_rate,
                    **look,
                    references=[
                        curve for curve in report.references.get(metric.column, ()) if curve.dataset == dataset
                    ],
                )
                for metric in drawn
            ]
            found += [partial(write, chart, below / f"{name}{end}", **look) for name, chart in charts.items()]
    return found


def _charts(report: Report, dataset: str) -> dict[str, list[Chart]]:
    """The charts of a data set's BD-rates by the names of their files; none of what there is nothing to show of."""
    first = report.metrics[0]
    summary = report.results.summary[report.results.summary["dataset"] == dataset]
    names = display_names(list(summary["series"]), list(summary["codec"]))
    anchor = names.get(report.anchor, report.anchor)
    bd = report.bd[(report.bd["dataset"] == dataset) & (report.bd["metric"] == first.column)]
    title = f"{dataset_labels(summary)[dataset]}, {first.heading}"
    points = speed_points(bd, report.costs[report.costs["dataset"] == dataset], summary)
    bars, heat = bars_chart(bd, title, names, anchor), heat_map_chart(bd, title, names, anchor)
    return {
        "bars": [bars] if bars else [],
        "heatmap": [heat] if heat else [],
        "pareto": [
            *speed_charts(
                points,
                f"BD-rate against {anchor} (%)",
                title,
                names,
                looks_of(list(summary["series"]), list(summary["codec"])),
            )
        ],
    }


def picture_drawings(report: Report, folder: Path, forms: Sequence[str] = PICTURES) -> list[Drawing]:
    """The figures of a report's pictures at the middle one of their rates: ``crops_<image>`` and ``errors_<image>``."""
    folders = dict(_folders(report, folder))
    found: list[Drawing] = []
    names: set[tuple[str, str]] = set()
    for part in by_part(report.pictures):
        picture = part[len(part) // 2]
        name = slug(picture.image)
        while (picture.dataset, name) in names:  # several crops of one image
            name = f"{name}-{picture.left}-{picture.top}"
        names.add((picture.dataset, name))
        below = folders[picture.dataset]
        found += [
            partial(write_mosaic, mosaic(picture, report.metrics[0]), below / f"{kind}_{name}", forms)
            for kind, mosaic in (("crops", crops_mosaic), ("errors", errors_mosaic))
        ]
    return found


def _folders(report: Report, folder: Path) -> list[tuple[str, Path]]:
    datasets = list(dict.fromkeys(report.results.summary["dataset"]))
    return [(dataset, folder if len(datasets) == 1 else folder / slug(dataset)) for dataset in datasets]
