"""From the files of runs to a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from benchmark.analysis.anchor import anchor_of
from benchmark.analysis.bdrate import COLUMNS, bd_table
from benchmark.analysis.cost import cost_table
from benchmark.analysis.curve import Curve
from benchmark.analysis.measured import folder_of, read_manifests
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
from benchmark.report.figures.appearance import display_names
from benchmark.report.tables.latex import latex, latex_notes, latex_paragraphs
from benchmark.report.tables.methods import methods
from benchmark.report.tables.paper import tables_of
from benchmark.report.tables.protocol import protocol_table
from benchmark.report.tables.table import Table
from benchmark.report.tables.text import markdown_table
from benchmark.system.files import make_folder, replace_file, slug

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
    untimed = list(costs.loc[costs["timed_images"] == 0, "series"]) if succeeded else []
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
            *([] if succeeded else [_LOST]),
            *(told if bd["rank"].notna().any() else []),
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


_LOST = "no row succeeded, so there are neither curves nor tables: the page has the reasons of the rows"

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
        names = display_names(list(summary["series"]), list(summary["codec"]))
        tables += tables_of(summary, bd, ranks, costs, seconds, metrics, names, end)
        anchor = str(bd["anchor"].iloc[0])
        if effects is not None:
            protocol = protocol_table(effects, dataset, names.get(anchor, anchor), metrics[0], names, end)
            tables += [protocol] if protocol else []
    return tables


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
        display_names(list(summary["series"]), list(summary["codec"])).get(report.anchor, report.anchor),
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
