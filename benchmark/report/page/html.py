"""The report as one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.analysis.averages import averaging
from benchmark.analysis.delta import LEAST_OVERLAP, SMALL_OVERLAP
from benchmark.analysis.fixed import note_on_fixed
from benchmark.analysis.standing import findings, headline, headline_title, signed
from benchmark.analysis.table import dataset_labels
from benchmark.errors import counted
from benchmark.metric import Metric
from benchmark.record.settings import read_settings
from benchmark.report.content import Report
from benchmark.report.figures.appearance import display_name
from benchmark.report.page.get import bibtex, linked
from benchmark.report.page.interactive import (
    INTERVAL,
    anchors_of,
    as_script,
    datasets_of,
    families_of,
    finite,
    has_intervals,
    images_of,
    metrics_of,
    names_of,
    page_data,
)
from benchmark.report.page.pixels import SHARE
from benchmark.report.page.template import asset, rendered
from benchmark.report.tables.table import Table
from benchmark.report.tables.text import best_rows, number
from benchmark.system.files import make_folder, replace_file

_MOST_NAMES = 50
"""Images that a row of the table of failures names."""

_MOST_SHOWN = 40
"""Rows above which a table is folded."""

_NOTHING = "–"
"""The text of a cell without a value."""

_PERCENT = "\N{NO-BREAK SPACE}%"

_SECTIONS = (
    ("answer", "Answer"),
    ("curves", "Curves"),
    ("bd", "BD-rate"),
    ("speed", "Speed"),
    ("heat", "By image"),
    ("pairs", "Pairs"),
    ("pictures", "See"),
    ("tables", "Tables"),
    ("failures", "Failures"),
    ("get", "Get"),
    ("environment", "Environment"),
    ("glossary", "Definitions"),
)

_OF_CURVES = ("curves", "bd", "speed", "heat", "pairs")
"""Sections that lossless codecs alone do not have: there is no quality to compare at."""

_SCRIPTS = ("drawing.js", "bdrate.js", "speed.js", "pairs.js", "get.js", "viewer.js", "page.js")
"""In the order in which they run."""

_GLOSSARY = {
    "Rate, bpp": (
        "Bits of the whole file, headers included, divided by the number of pixels of the image (not of samples). "
        "The rate of an operating point is the mean over images."
    ),
    "Operating point": "One setting of one codec, run on every image of a data set.",
    "RGB and luma": (
        "A metric over RGB takes all three channels. Luma is Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, full "
        "range), not rounded, of original and reconstruction. For grey images the two are the same."
    ),
    "BD-rate": (
        "Average difference in rate at equal quality, in percent of the anchor's rate: the mean, over the range of "
        "quality that both curves have, of the difference of log rate (Bjøntegaard, VCEG-M33, 2001), with monotone "
        "piecewise cubic interpolation. Negative is better. Nothing is extrapolated; curves with fewer than "
        f"four points, over other images, or with less than {100 * LEAST_OVERLAP:.0f} % of their range in common are "
        "refused."
    ),
    "Mean over images, mean curve": (
        "The mean over images takes the BD-rate of each image first; each image counts the same. It ranks the codecs. "
        "The mean curve has the mean rate and the mean quality of each operating point; images with high rates count "
        "most. A codec whose setting fixes the quality of each image spreads the rates: its two averages differ much."
    ),
    "Overlap": (
        "The range of quality over which a BD-rate is the average, as a share of the range that either curve covers. "
        f"Below {100 * SMALL_OVERLAP:.0f} % it says little of the codecs as a whole; below "
        f"{100 * LEAST_OVERLAP:.0f} % it is refused."
    ),
}
_OF_INTERVALS = (
    "It tells what another choice of such images might give, and nothing of other kinds of images. That of the mean "
    "over images is by Student's t, of the logarithm of the ratio of rates; that of the mean curve by the jackknife. p "
    "is of the two-sided Wilcoxon signed-rank test that, image for image, neither codec needs the lower rate."
)


def write_html(report: Report, path: Path, files: Iterable[Path] = ()) -> Path:
    """Writes a report as a page that opens from disk: styles, script, numbers and pictures are all in it.

    The same report gives the same bytes.

    Args:
        report: what to show.
        path: the file to write; its folder is made.
        files: the other files of the report, below the same folder, which the page links.

    Returns:
        The path.
    """
    intervals = has_intervals(report.bd)
    lossless = families_of(report) == ["lossless"]
    text = rendered(
        "page.html",
        title=report.title,
        anchor=report.anchor,
        anchors=anchors_of(report),
        names=names_of(report),
        families=families_of(report),
        images=images_of(report),
        average=headline_title(report.bd),
        sections=[section for section in _SECTIONS if not (lossless and section[0] in _OF_CURVES)],
        lossless=lossless,
        lacking=_lacking(report),
        fixes=_fixes(report),
        facts=_facts(report),
        findings=_findings(report),
        overviews=_overviews(report),
        intervals=INTERVAL if intervals else "",
        datasets=datasets_of(report),
        metrics=metrics_of(report.metrics),
        pictures=bool(report.pictures or report.wholes),
        asked=report.asked,
        share=SHARE,
        wholes=bool(report.wholes),
        tables=[_table(table) for table in report.tables],
        failures=_failures(report),
        notes=report.notes,
        command=report.command,
        files=linked(files, path.parent),
        bibtex=bibtex(report),
        runs=[_run(folder, manifest) for folder, manifest in report.manifests.items()],
        glossary=_glossary(report, intervals),
        scripts=[asset(name) for name in _SCRIPTS],
        data=as_script(page_data(report)),
    )
    make_folder(path.parent)
    replace_file(path, text)
    return path


# What is text: read without a script.


def _facts(report: Report) -> list[tuple[str, str]]:
    summary, records = report.results.summary, report.results.records
    names = datasets_of(report)
    images = [int(summary.loc[summary["dataset"] == name, "images"].max()) for name in names]
    failed = int(summary["failures"].sum()) if "failures" in summary else 0
    facts = [
        ("Data set" if len(names) == 1 else "Data sets", ", ".join(dataset_labels(summary).values())),
        ("Images", ", ".join(f"{count:,}" for count in images)),
        ("Codecs", f"{summary['codec'].nunique()}"),
        ("Operating points", f"{len(summary):,}"),
    ]
    if len(records):
        facts.append(("Measurements", f"{len(records):,}"))
    return [*facts, ("Failures", f"{failed:,}")]


def _mean_deltas(report: Report, dataset: str, metric: Metric) -> pd.DataFrame:
    """Rows of series but the anchor, in the order of their ranks, with their headline."""
    bd = report.bd.assign(**headline(report.bd))
    rows = bd[(bd["dataset"] == dataset) & (bd["metric"] == metric.column) & (bd["image"] == "")]
    return rows[rows["series"] != rows["anchor"]]


def _findings(report: Report) -> list[str]:
    metric, names = report.metrics[0], names_of(report)
    called = report.bd.assign(**{column: report.bd[column].replace(names) for column in ("series", "anchor")})
    found = []
    for dataset in datasets_of(report):
        rows = called[(called["dataset"] == dataset) & (called["metric"] == metric.column)]
        found += findings(rows, metric)
    if not len(called):
        found = ["No row succeeded, so there is nothing to compare: the table of failures has their reasons."]
    elif families_of(report) == ["lossless"]:
        found = _lossless(report)
    return [text.replace(" %", _PERCENT) for text in found] or ["There is no other codec to compare."]


def _fixes(report: Report) -> list[str]:
    """What must be known of codecs whose settings fix different things, by data set."""
    called = report.bd.assign(series=report.bd["series"].replace(names_of(report)))
    first = called[called["metric"] == report.metrics[0].column]
    return [text for name in datasets_of(report) if (text := note_on_fixed(first[first["dataset"] == name]))]


def _lacking(report: Report) -> list[str]:
    """Which codecs failed, and which cover fewer images than the others, a sentence for each data set and kind."""
    names, found = names_of(report), []
    for dataset, part in report.results.summary.groupby("dataset", sort=False):
        failed, fewer = [], []
        most = int(part["images"].max())
        for series, rows in part.groupby("series", sort=False):
            name, lost = names[str(series)], rows["failures"].fillna(0) if "failures" in rows else 0 * rows["images"]
            if lost.any():
                failed.append(f"{name} ({counted(int(lost.sum()), 'row')})")
            count = int(((rows["images"] < most) & (lost == 0)).sum())
            if count == len(rows):
                fewer.append(f"{name} ({int(rows['images'].max())} of {counted(most, 'image')})")
            elif count:
                fewer.append(f"{name} ({count} of {counted(len(rows), 'operating point')})")
        found += [f"Failed on {dataset}: {', '.join(failed)}."] if failed else []
        found += [f"Measured on fewer images than the others on {dataset}: {', '.join(fewer)}."] if fewer else []
    return found


def _lossless(report: Report) -> list[str]:
    """The rates of codecs that are all lossless, the lowest first."""
    names, found = names_of(report), []
    for dataset in datasets_of(report):
        summary = report.results.summary[report.results.summary["dataset"] == dataset]
        rates = pd.to_numeric(summary["bpp_mean"]).groupby(summary["series"], sort=False).min().sort_values()
        told = ", ".join(f"{names[str(series)]} {rate:.3f} bpp" for series, rate in rates.items())
        found.append(f"On {dataset}, all codecs are lossless; by their mean rate: {told}.")
    return found


def _overviews(report: Report) -> list[dict[str, Any]]:
    """A table for each data set: codecs by metrics, ordered by the first metric."""
    columns = [
        {"title": "Codec", "number": False},
        *({"title": metric.heading, "number": True} for metric in report.metrics),
    ]
    overviews, names = list[dict[str, Any]](), names_of(report)
    for dataset in datasets_of(report):
        by_metric = [_mean_deltas(report, dataset, metric).set_index("series") for metric in report.metrics]
        cells = {series: [_delta_cell(table, series) for table in by_metric] for series in by_metric[0].index}
        rows = [{"series": names[series], "cells": row} for series, row in cells.items()]
        if any(cell["text"] != _NOTHING for row in cells.values() for cell in row):
            overviews.append({"dataset": dataset, "columns": columns, "rows": rows})
    return overviews


def _delta_cell(table: pd.DataFrame, series: str) -> dict[str, Any]:
    row: dict[Any, Any] = dict(table.loc[series]) if series in table.index else {}
    value, low = finite(row.get("headline")), finite(row.get("headline_low"))
    if value is None:
        return {"text": _NOTHING, "interval": "", "best": False, "weak": False}
    return {
        "text": signed(value),
        "interval": "" if low is None else f"{signed(low)} to {signed(row['headline_high'])}",
        "best": bool(pd.notna(row["rank"]) and row["rank"] == 1),
        "weak": bool(row["overlap"] < SMALL_OVERLAP),
    }


def _table(table: Table) -> dict[str, Any]:
    names = [str(name) for name in table.frame.columns]
    best = best_rows(table)
    rows = []
    for place, row in enumerate(table.frame.to_dict("records")):
        cells = []
        for name in names:
            value = row[name]
            if name not in table.forms:
                text = "–" if pd.isna(value) else str(value)
                cells.append({"number": False, "text": table.names.get(text, text), "best": False})
                continue
            text = number("" if pd.isna(value) else value, table.forms[name])
            cells.append(
                {
                    "number": True,
                    "text": text.replace("-", "−").replace("inf", "∞"),
                    "best": place in best.get(name, ()),
                }
            )
        rows.append(cells)
    columns = [{"title": table.titles.get(name, name), "number": name in table.forms} for name in names]
    return {
        "name": table.name,
        "caption": table.told,
        "columns": columns,
        "rows": rows,
        "folded": len(rows) > _MOST_SHOWN,
    }


def _failures(report: Report) -> dict[str, Any]:
    """Rows without a result, those of one operating point and reason together."""
    records = report.results.records
    if records.empty:
        return {"rows": [], "none": "The results hold summaries alone, so single failures are not known."}
    bad = records[records["status"] != "ok"]
    keys = ["dataset", "codec", "settings", "target", "status", "reason"]
    rows = []
    for values, group in bad.groupby(keys, sort=False, dropna=False):
        dataset, codec, settings, target, status, reason = map(str, values)
        said = _said(read_settings(settings), target)
        texts = [dataset, display_name(codec, codec), said, status, reason or "–", _few(list(group["image"]))]
        cells: list[dict[str, Any]] = [{"number": False, "text": text} for text in texts]
        rows.append([*cells[:-1], {"number": True, "text": f"{len(group):,}"}, cells[-1]])
    titles = ["Data set", "Codec", "Settings", "Status", "Reason", "Rows", "Images"]
    columns = [{"title": title, "number": title == "Rows"} for title in titles]
    return {"rows": rows, "columns": columns, "none": f"None: all {len(records):,} measurements succeeded."}


def _few(images: Sequence[str]) -> str:
    """The first images by name, and how many more there are."""
    more = f" and {len(images) - _MOST_NAMES:,} more" if len(images) > _MOST_NAMES else ""
    return ", ".join(images[:_MOST_NAMES]) + more


def _said(settings: Mapping[str, Any], target: str) -> str:
    words = [f"{name} = {value}" for name, value in settings.items()]
    return ", ".join([*words, target] if target else words) or "–"


def _run(folder: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    run = manifest.get("run", {})
    environment = [(name.replace("_", " "), _plain(value)) for name, value in manifest.get("environment", {}).items()]
    measured = [(name, run[name]) for name in ("started", "jobs") if name in run]
    return {
        "folder": folder,
        "command": run.get("command", ""),
        "environment": [*environment, *measured],
        "codecs": list(manifest.get("codecs", {}).items()),
        "packages": list(manifest.get("packages", {}).items()),
    }


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)


def _glossary(report: Report, intervals: bool) -> list[tuple[str, str]]:
    entries = [*_GLOSSARY.items()]
    if intervals:
        entries.append(("95 % interval and p", _OF_INTERVALS))
    entries += {metric.name: (metric.title, metric.definition) for metric in report.metrics}.values()
    told = [manifest["averaging"] for manifest in report.manifests.values() if "averaging" in manifest]
    entries.append(("Averaging", "; ".join(dict.fromkeys(told)) or averaging(report.metrics)))
    return entries
