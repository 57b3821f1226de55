"""The history of codecs through runs: figures, a table and a page."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.analysis.history import History
from benchmark.analysis.publishable import RULE
from benchmark.analysis.regression.compare import BD_TOLERANCE
from benchmark.analysis.regression.tolerance import RATE
from benchmark.errors import counted
from benchmark.report.build import write_tables
from benchmark.report.figures.appearance import display_names, looks_of
from benchmark.report.figures.chart import write
from benchmark.report.figures.history import HistoryChart, history_chart
from benchmark.report.figures.style import CHARTS, WIDTHS
from benchmark.report.page.template import embedded, rendered
from benchmark.report.tables.table import Table
from benchmark.report.tables.text import number
from benchmark.system.files import make_folder, replace_file, slug

_RULE = (
    "a run is marked where the version, weights, code or settings of a codec are others than before, where its images "
    f"or the definition of the metric are, where its BD-rate changed by more than {BD_TOLERANCE:g} points, or its rate "
    f"at equal quality by more than {RATE.tolerance}."
)
_FORMS = {"bd_rate": "+.1f", "rate": ".4f", "encode_s": ".3g", "decode_s": ".3g"}


def write_history(history: History, folder: Path, forms: Sequence[str] = CHARTS, command: str = "") -> list[Path]:
    """Writes a history as figures, tables and a page.

    Args:
        history: what to show.
        folder: the folder of ``history.html``, of ``history.csv``, ``.md`` and ``.tex``, and of the figures
            ``history_bd_rate``, ``history_rate``, ``history_encode_s`` and ``history_decode_s``. With several data sets
            the names of tables and figures end in that of theirs.
        forms: see :func:`benchmark.report.figures.style.save`.
        command: the command that writes it; empty where it is not known.

    Returns:
        The files written.
    """
    make_folder(folder)
    table = history.table
    datasets = list(dict.fromkeys(table["dataset"]))
    files: list[Path] = []
    tables, parts = [], []
    for dataset in datasets:
        rows = table[table["dataset"] == dataset]
        end = "" if len(datasets) == 1 else f"-{slug(dataset)}"
        charts = _charts(history, dataset, rows)
        for name, chart in charts.items():
            files += write([chart], folder / f"history_{name}{end}", width=WIDTHS["double"], forms=forms)
        tables.append(_table(history, dataset, rows, f"history{end}"))
        parts.append(_part(tables[-1], dataset, charts))
    files += write_tables(tables, folder)
    page = folder / "history.html"
    replace_file(page, _page(history, parts, command))
    return [*files, page]


def _charts(history: History, dataset: str, rows: pd.DataFrame) -> dict[str, HistoryChart]:
    """The charts of a data set by the figure that they show; none of what no run has."""
    names = display_names(list(rows["series"]), list(rows["codec"]))
    looks = looks_of(list(rows["series"]), list(rows["codec"]))
    anchor = names.get(history.anchor, history.anchor)
    quality = _quality(history, dataset)
    found = {}
    for column, label, covers, log in (
        ("bd_rate", f"BD-rate against {anchor} (%)", history.metric.heading, False),
        ("rate", "rate (bits per pixel)", f"at {quality}", True),
        ("encode_s", "encode time (s an image)", f"near {quality}", True),
        ("decode_s", "decode time (s an image)", f"near {quality}", True),
    ):
        shown = names if column != "bd_rate" else {name: text for name, text in names.items() if name != history.anchor}
        chart = history_chart(rows, column, label, f"{dataset}, {covers}", shown, looks, log=log)
        if chart:
            found[column] = chart
    return found


def _quality(history: History, dataset: str) -> str:
    """The quality at which rates are compared, in words."""
    value = history.qualities.get(dataset)
    return (
        "no equal quality"
        if value is None
        else f"{history.metric.heading} {value:g} {history.metric.drawn_unit}".strip()
    )


def _table(history: History, dataset: str, rows: pd.DataFrame, name: str) -> Table:
    metric = history.metric
    order = {release.name: place for place, release in enumerate(history.releases)}
    names = display_names(list(rows["series"]), list(rows["codec"]))
    anchor = names.get(history.anchor, history.anchor)
    columns = ["series", "release", "bd_rate", "rate", "encode_s", "decode_s", "changed", "change"]
    columns = [column for column in columns if column not in _FORMS or rows[column].notna().any()]
    series = {name: place for place, name in enumerate(dict.fromkeys(rows["series"]))}
    ordered = rows.assign(place=rows["series"].map(series), time=rows["release"].map(order))
    notes = {
        "BD-rate": f"Average difference in rate against {anchor} of the same run at equal {metric.heading}, "
        "piecewise cubic interpolation (PCHIP), by the average that ranks codecs.",
        "Rate": f"Of the mean curve at {_quality(history, dataset)}.",
        "Change points": _RULE[0].upper() + _RULE[1:],
    }
    if {"encode_s", "decode_s"} & set(columns):
        notes["Times"] = f"Of the operating point next to that quality; only those measured to be published: {RULE}."
    return Table(
        name,
        f"Codecs on {dataset} through {counted(len(order), 'run')}.",
        ordered.sort_values(["place", "time"], kind="stable")[columns].reset_index(drop=True),
        {
            "series": "codec",
            "release": "run",
            "bd_rate": "BD-rate (%)",
            "rate": "rate (bpp)",
            "encode_s": "encode (s)",
            "decode_s": "decode (s)",
            "changed": "changed",
            "change": "what changed",
        },
        {column: form for column, form in _FORMS.items() if column in columns},
        {},
        notes,
        names,
        unprinted=("change",),
    )


def _part(table: Table, dataset: str, charts: Mapping[str, HistoryChart]) -> dict[str, Any]:
    """A data set on the page."""
    shown = [str(name) for name in table.frame.columns if name != "changed"]
    rows = []
    for row in table.frame.to_dict("records"):
        cells = []
        for name in shown:
            if name in table.forms:
                cells.append(number(row[name], table.forms[name]).replace("-", "−"))
            else:
                cells.append(table.names.get(row[name], str(row[name])))
        rows.append(cells)
    return {
        "title": dataset,
        "caption": table.told,
        "columns": [{"title": table.titles[name], "number": name in table.forms} for name in shown],
        "rows": rows,
        "figures": [
            {"source": embedded(_drawn(chart), "image/svg+xml"), "text": f"{chart.label} of each codec by run"}
            for chart in charts.values()
        ],
    }


def _drawn(chart: HistoryChart) -> bytes:
    with tempfile.TemporaryDirectory(prefix="rdbench-") as folder:
        (path,) = write([chart], Path(folder) / "chart", width=WIDTHS["double"], forms=("svg",))
        return path.read_bytes()


def _page(history: History, parts: Sequence[Mapping[str, Any]], command: str) -> str:
    table = history.table
    names = display_names(list(table["series"]), list(table["codec"]))
    several = table["dataset"].nunique() > 1
    changes = []
    for release in history.releases:
        rows = table[(table["release"] == release.name) & (table["change"].fillna("") != "")]
        lines = [
            (f"{names[row['series']]} on {row['dataset']}" if several else names[row["series"]], row["change"])
            for row in rows.to_dict("records")
        ]
        told = ", ".join(filter(None, (release.day, f"commit {release.commit}" if release.commit else "")))
        if lines:
            changes.append((f"{release.name} ({told})" if told else release.name, lines))
    count = len(history.releases)
    return rendered(
        "history.html",
        title=f"{counted(table['series'].nunique(), 'codec')} through {counted(count, 'run')}",
        kind="rdbench history",
        facts=[
            ("Runs", ", ".join(release.name for release in history.releases)),
            ("Anchor", names.get(history.anchor, history.anchor)),
            ("Metric", history.metric.heading),
        ],
        changes=changes,
        rule=_RULE if not changes else _RULE[0].upper() + _RULE[1:],
        notes=history.notes,
        parts=parts,
        command=command,
    )
