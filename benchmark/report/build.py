"""From the files of runs to a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.analysis.anchor import anchor_of
from benchmark.analysis.bdrate import COLUMNS, bd_table
from benchmark.analysis.cost import cost_table
from benchmark.analysis.curve import Curve
from benchmark.analysis.measured import folder_of, read_manifests
from benchmark.analysis.points import over_one_space
from benchmark.analysis.protocol import protocol_effects
from benchmark.analysis.ranking import ranking
from benchmark.analysis.references.reference import (
    check_references,
    is_reference,
    read_reference,
    reference_curves,
)
from benchmark.analysis.results import Results, read_results
from benchmark.analysis.table import dataset_labels
from benchmark.analysis.timed import mean_seconds, untimed_notes, with_times
from benchmark.defaults import RATE
from benchmark.errors import UsageError
from benchmark.metric import Metric, shown_metrics
from benchmark.record.frames import csv_text
from benchmark.report.content import Report
from benchmark.report.figures.appearance import display_name, looks_of
from benchmark.report.figures.bars import bars_chart
from benchmark.report.figures.chart import Chart, write
from benchmark.report.figures.curves import draw_rd_curves
from benchmark.report.figures.heatmap import heat_map_chart
from benchmark.report.figures.kinds import speed_points
from benchmark.report.figures.mosaic import crops_mosaic, errors_mosaic, write_mosaic
from benchmark.report.figures.picture import by_part
from benchmark.report.figures.speed import speed_charts
from benchmark.report.figures.style import CHARTS, PICTURES, WIDTHS
from benchmark.report.tables.latex import latex, latex_notes, latex_paragraphs
from benchmark.report.tables.methods import methods
from benchmark.report.tables.paper import tables_of
from benchmark.report.tables.protocol import protocol_table
from benchmark.report.tables.table import Table
from benchmark.report.tables.text import markdown_table
from benchmark.system.files import make_folder, replace_file, slug

Drawing = partial[list[Path]]
"""Draws a figure and returns its files; a process of its own can do it."""

MOST_IMAGES = 2000
"""Images of a data set above which a report has no BD-rates of single ones: no heat map could show them."""

_UNSHOWN = (
    "no BD-rates of single images are shown: there are {:,}, and a heat map has room for "
    f"{MOST_IMAGES:,}. `bdrate --images --out FILE.csv` writes them"
)


def collect(
    paths: Sequence[Path],
    metrics: Sequence[Metric],
    anchor: str | None = None,
    *,
    chosen: Sequence[str] | None = None,
    rate: float = RATE,
    title: str = "",
    command: str = "",
    times: Sequence[Path] = (),
) -> Report:
    """A report from the CSV files of runs alone, without pictures.

    Args:
        paths: results folders, ``records.csv`` or ``summary.csv`` files; among them files of others' curves, see
            :mod:`benchmark.analysis.references.reference`.
        metrics: the metrics that are installed; others are described by the manifests beside the results.
        anchor: see :func:`benchmark.analysis.anchor.anchor_of`.
        chosen: names or columns of the metrics to show, the first in the summary; by default all that the results have,
            but for those that are shown only where they are named. Those without any value are left out.
        rate: the rate at which a table compares codecs, in bits per pixel.
        title: the title of the report; by default the names of the data sets.
        command: the command that writes the report.
        times: results of runs with ``--timing``, of the same operating points on the same images or fewer: their times
            take the place of those of the results.

    Raises:
        UsageError: nothing is there, a metric is not known, none has values, or the anchor is not one series
            of the results.
        RecordsError: a file is not what a run writes.
    """
    sources = [path.as_posix() for path in paths]
    others = [path for path in paths if is_reference(path)]
    paths = [path for path in paths if path not in others]
    results = read_results(paths, metrics)
    if times:
        results = with_times(results, read_results(times, metrics))
    asked = shown_metrics(results.metrics) if chosen is None else [results.metric(name) for name in chosen]
    succeeded = bool((pd.to_numeric(results.summary["images"]) > 0).any())
    # Where no row succeeded, the page has their reasons.
    shown = [metric for metric in asked if _has_values(results, metric.column)] if succeeded else list(asked[:1])
    if not shown:
        columns = ", ".join(metric.column for metric in asked) or "a metric"
        raise UsageError(f"no result has a value of {columns}: name a metric that the runs measured, or run them again")
    against, told = anchor_of(results, anchor, shown[0])
    most = int(results.records["point"].value_counts().max()) if len(results.records) else 0
    costs = cost_table(results)
    bd, tables = _compared(results, against, shown, rate, costs, most) if succeeded else (_NOTHING, [])
    untimed = list(costs.loc[costs["timed_images"] == 0, "series"])
    manifests, lacking = read_manifests(paths)
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    count = results.summary["series"].nunique()
    named = ", ".join(dataset_labels(results.summary).values())
    return Report(
        title=title or f"{count} codec{'s' if count != 1 else ''} on {named}",
        anchor=against,
        results=results,
        metrics=shown,
        bd=bd,
        costs=costs,
        tables=tables,
        pictures=[],
        manifests=manifests,
        notes=[
            *results.notes,
            *told,
            *lacking,
            *(f"no row has a value of {one.column}: it is left out" for one in asked if chosen and one not in shown),
            *_unreached(results, tables, rate),
            *([_UNSHOWN.format(most)] if most > MOST_IMAGES else []),
            *untimed_notes(untimed, folder_of([*times, *paths][0]), every=len(untimed) == len(costs)),
        ],
        command=command,
        references=_references(others, shown, datasets),
        sources=sources,
    )


_NOTHING = pd.DataFrame(columns=list(COLUMNS))


def _compared(
    results: Results,
    anchor: str,
    metrics: Sequence[Metric],
    rate: float,
    costs: pd.DataFrame,
    most: int,
) -> tuple[pd.DataFrame, list[Table]]:
    """BD-rates by every metric and the tables; ``most`` is the number of images of the operating point with most."""
    few = most <= MOST_IMAGES
    # Here, and not by workers: to carry the rows to them, and to load there what computes, takes as long.
    bd = pd.concat([bd_table(results, anchor, metric, every_image=few) for metric in metrics], ignore_index=True)
    ranks = pd.concat([ranking(results, metric, at_rate=rate) for metric in metrics], ignore_index=True)
    effects = protocol_effects(results, bd, metrics[0]) if few else None
    return bd, _tables(results, bd, ranks, costs, effects, metrics)


def _unreached(results: Results, tables: Sequence[Table], rate: float) -> list[str]:
    """Of which data sets there is no table at one rate, and why."""
    datasets = list(results.summary.groupby("dataset", sort=False))
    found = []
    for dataset, summary in datasets:
        end = "" if len(datasets) == 1 else f"-{slug(str(dataset))}"
        names = {table.name for table in tables}
        if f"bdrate{end}" in names and f"matched{end}" not in names:
            rates = pd.to_numeric(summary["bpp_mean"])
            ends = " to ".join(dict.fromkeys(f"{value:.3g}" for value in (rates.min(), rates.max())))
            found.append(
                f"no table of codecs at {rate:g} bpp on {dataset}: no curve reaches it, their rates are {ends} bpp; "
                "--rate names another"
            )
    return found


def _tables(
    results: Results,
    bd: pd.DataFrame,
    ranks: pd.DataFrame,
    costs: pd.DataFrame,
    effects: pd.DataFrame | None,
    metrics: Sequence[Metric],
) -> list[Table]:
    """The tables of each data set in turn."""
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    seconds = mean_seconds(results.records, ["point"])
    tables = []
    for dataset in datasets:
        summary = results.summary[results.summary["dataset"] == dataset]
        end = "" if len(datasets) == 1 else f"-{slug(dataset)}"
        names = _names(summary)
        tables += tables_of(summary, bd, ranks, costs, seconds, metrics, names, end)
        anchor = str(bd["anchor"].iloc[0])
        if effects is not None:
            protocol = protocol_table(effects, dataset, names.get(anchor, anchor), metrics[0], names, end)
            tables += [protocol] if protocol else []
    return tables


def _names(summary: pd.DataFrame) -> dict[str, str]:
    """What print calls each series."""
    return {
        series: display_name(series, codec) for series, codec in zip(summary["series"], summary["codec"], strict=True)
    }


def _references(paths: Sequence[Path], metrics: Sequence[Metric], datasets: Sequence[str]) -> dict[str, list[Curve]]:
    """Others' curves by the column of their metric.

    Raises:
        UsageError: one is of other images, or its metric is defined in another way.
    """
    references = [reference for path in paths for reference in read_reference(path)]
    check_references(references, metrics, datasets)
    return {
        metric.column: [curve for dataset in datasets for curve in reference_curves(references, metric, dataset)]
        for metric in metrics
    }


def _has_values(results: Results, column: str) -> bool:
    name = f"{column}_mean"
    return name in results.summary and bool(pd.to_numeric(results.summary[name]).notna().any())


def write_methods(report: Report, folder: Path) -> Path:
    """Writes the paragraph on methods, ``methods.tex``."""
    summary = report.results.summary
    commits = [str(manifest.get("environment", {}).get("commit") or "")[:12] for manifest in report.manifests.values()]
    text = methods(
        summary,
        report.bd,
        report.metrics,
        _names(summary).get(report.anchor, report.anchor),
        timed=bool((report.costs["timed_images"] > 0).any()),
        commits=sorted(set(filter(None, commits))),
    )
    path = make_folder(folder) / "methods.tex"
    replace_file(path, latex_paragraphs({"": text}))
    return path


def write_tables(tables: Iterable[Table], folder: Path) -> list[Path]:
    """Writes tables as CSV with ten digits of each number, Markdown and LaTeX, and all their notes as ``notes.tex``.

    Returns:
        The files written.
    """
    tables = list(tables)
    make_folder(folder)
    texts = {"notes.tex": latex_notes(tables)}
    for table in tables:
        texts[f"{table.name}.csv"] = csv_text(table.frame)
        texts[f"{table.name}.md"] = markdown_table(table)
        texts[f"{table.name}.tex"] = latex(table)
    for name, text in texts.items():
        replace_file(folder / name, text)
    return [folder / name for name in texts]


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
            found += [partial(_write, chart, below / f"{name}{end}", **look) for name, chart in charts.items()]
            others = [below / f"rd_{metric.column}{end}" for metric in report.results.metrics if metric not in drawn]
            found.append(partial(_remove, others, forms))
    return found


def _charts(report: Report, dataset: str) -> dict[str, list[Chart]]:
    """The charts of a data set's BD-rates by the names of their files; none of what there is nothing to show of."""
    first = report.metrics[0]
    summary = report.results.summary[report.results.summary["dataset"] == dataset]
    names = _names(summary)
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


def _write(charts: Sequence[Chart], path: Path, *, width: float, forms: Sequence[str]) -> list[Path]:
    """Writes a figure, or removes it where there is nothing to show."""
    return write(charts, path, width=width, forms=forms) if charts else _remove([path], forms)


def _remove(paths: Sequence[Path], forms: Sequence[str]) -> list[Path]:
    """Removes figures of an earlier report that this one has not: there are no files of them."""
    for path in paths:
        for form in forms:
            path.with_name(f"{path.name}.{form}").unlink(missing_ok=True)
    return []


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
