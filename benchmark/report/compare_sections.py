"""What is shown of a comparison of two runs, the same on the terminal and in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmark.analysis.regression.compare import Comparison
from benchmark.analysis.regression.runs import KEYS
from benchmark.analysis.regression.timing import LEAST_PAIRS, SIGNIFICANCE
from benchmark.report.tables.text import number

MOST = 20
"""Lines of a table of rows; JSON has all of them."""


@dataclass(frozen=True)
class Section:
    """A part of what is shown, the same on the terminal and in Markdown.

    Attributes:
        title: its heading, with a count.
        header, lines: a table.
        closing: what follows it, line by line.
        folded: whether it can wait for a reader who asks.
    """

    title: str
    header: Sequence[str]
    lines: Sequence[Sequence[str]]
    closing: Sequence[str] = ()
    folded: bool = False


def headline(comparison: Comparison) -> str:
    """The verdict, and what it rests on, in a line."""
    if comparison.obstacles:
        return "not comparable"
    counts = comparison.rows["verdict"].value_counts()
    parts = [f"{counts[name]:,} {name}" for name in ("worse", "better", "changed") if name in counts]
    rows = f"{_count(comparison.pairs, 'row')} compared" + (f", {', '.join(parts)}" if parts else ", all alike")
    if len(comparison.missing):
        rows += f"; {len(comparison.missing):,} missing" + (", left out" if comparison.subset else "")
    if len(comparison.new):
        rows += f"; {len(comparison.new):,} new"
    if comparison.gate == "bdrate":
        curves = comparison.bd["verdict"].value_counts()
        found = [name for name in ("worse", "better") if name in curves]
        rows += "".join(f"; {_count(int(curves[name]), 'BD-rate')} {name}" for name in found)
    slower = 0 if comparison.timing is None else int((comparison.times["verdict"] == "worse").sum())
    return f"{comparison.verdict}: {rows}" + (f"; {_count(slower, 'time')} worse" if slower else "")


def sections(comparison: Comparison) -> list[Section]:
    """Everything that there is to show of a comparison, the most important first; no empty part."""
    found = [
        _values(comparison, "worse"),
        _statuses(comparison),
        _missing(comparison),
        _codecs(comparison),
        _bd(comparison),
        _times(comparison),
        _values(comparison, "better", folded=True),
        _changed(comparison),
        _new(comparison),
    ]
    return [section for section in found if section.lines]


def closing(comparison: Comparison) -> list[str]:
    """Likely causes, versions that changed though no figure did, notes, and what the verdict allows for."""
    touched = comparison.codecs
    touched = touched[(touched[["worse", "better", "changed"]] > 0).any(axis=1)]
    codecs = list(touched["codec"])
    if comparison.timing is not None:
        codecs += list(comparison.times.loc[comparison.times["verdict"] == "worse", "codec"])
    causes = [f"likely cause for {codec}: {comparison.cause(codec)}" for codec in dict.fromkeys(codecs)]
    causes += [
        f"another version of {codec}, with the same figures: {change}"
        for codec, change in comparison.versions.items()
        if codec not in codecs
    ]
    tolerances: dict[str, list[str]] = {}
    for metric in comparison.judged:
        tolerances.setdefault(f"{metric.tolerance}", []).append(metric.column)
    allowed = "; ".join(f"{', '.join(columns)} {tolerance}" for tolerance, columns in tolerances.items())
    rule = {
        "rows": "every row counts, BD-rates are shown beside",
        "bdrate": f"BD-rates count, by {comparison.bd_tolerance:g} %, and rows where there is none",
    }[comparison.gate]
    timing = "" if comparison.timing is None else f"; times {100 * comparison.timing:g} % if significant"
    return [*causes, *comparison.notes, f"tolerances: {allowed}; {rule}{timing}"]


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, their cells as attributes."""
    return iter(frame.itertuples())


def place_of(comparison: Comparison, row: Any) -> list[str]:
    """Data set, image, codec and settings of a row."""
    point = comparison.points[row.codec, row.settings, row.target]
    return [row.dataset, row.image, row.codec, point]


def severest(comparison: Comparison, verdict: str) -> pd.DataFrame:
    """Changes of a verdict, those first that pass their tolerance by the largest factor."""
    changes = comparison.changes[comparison.changes["verdict"] == verdict]
    weight = changes["change"].abs() / changes["allowed"].where(changes["allowed"] > 0)
    # Equal ones keep their order, whatever rounding says.
    return changes.loc[weight.fillna(math.inf).round(6).sort_values(ascending=False, kind="stable").index]


def change_cells(row: Any) -> list[str]:
    """A value before and after, by how much it changed, and what was allowed."""
    change = "not measured" if math.isnan(row.after) else number(row.change, "+.3g")
    return [number(row.before, ".6g"), number(row.after, ".6g"), change, number(row.allowed, ".2g")]


def _values(comparison: Comparison, verdict: str, *, folded: bool = False) -> Section:
    changes = severest(comparison, verdict)
    lines = [[*place_of(comparison, row), row.column, *change_cells(row)] for row in each_row(changes.head(MOST))]
    rows = len(changes[KEYS].drop_duplicates())
    return Section(
        f"{verdict}: {_count(len(changes), 'value')} of {_count(rows, 'row')}",
        ("data set", "image", "codec", "setting", "column", "baseline", "current", "change", "allowed"),
        lines,
        _rest(len(changes)),
        folded,
    )


def _statuses(comparison: Comparison) -> Section:
    rows = comparison.rows[comparison.rows["status_before"] != comparison.rows["status_after"]]
    lines = [
        [*place_of(comparison, row), row.status_before, row.status_after, row.reason]
        for row in each_row(rows.head(MOST))
    ]
    return Section(
        f"other status: {_count(len(rows), 'row')}",
        ("data set", "image", "codec", "setting", "baseline", "current", "reason"),
        lines,
        _rest(len(rows)),
    )


def _missing(comparison: Comparison) -> Section:
    rows = comparison.missing
    left_out = comparison.subset
    return Section(
        f"missing in the current run{', left out' if left_out else ''}: {_count(len(rows), 'row')}",
        ("data set", "image", "codec", "setting"),
        [place_of(comparison, row) for row in each_row(rows.head(MOST))] if not left_out else [],
        _rest(len(rows)),
    )


def _new(comparison: Comparison) -> Section:
    rows = comparison.new
    return Section(
        f"new in the current run: {_count(len(rows), 'row')}",
        ("data set", "image", "codec", "setting"),
        [place_of(comparison, row) for row in each_row(rows.head(MOST))],
        _rest(len(rows)),
        folded=True,
    )


def _codecs(comparison: Comparison) -> Section:
    metrics = list(dict.fromkeys(comparison.bd["metric"]))
    counts = [name for name in _COUNTS if name != "missing" or not comparison.subset]
    moved = {(row.dataset, row.codec) for row in each_row(comparison.bd) if row.bd_rate != 0}
    lines, alike = [], []
    for row in each_row(comparison.codecs):
        if not row.pairs:
            continue
        if not any(getattr(row, name) for name in counts[1:]) and (row.dataset, row.codec) not in moved:
            alike.append(row.codec)
            continue
        cells = [row.dataset, row.codec, *(f"{getattr(row, name):,}" for name in counts)]
        for metric in metrics:
            found = comparison.bd[
                (comparison.bd["dataset"] == row.dataset)
                & (comparison.bd["codec"] == row.codec)
                & (comparison.bd["metric"] == metric)
            ]
            cells.append(", ".join(number(value, "+.2f") for value in found["bd_rate"]) or "–")
        for what in ("encode", "decode"):
            found = comparison.times[
                (comparison.times["dataset"] == row.dataset)
                & (comparison.times["codec"] == row.codec)
                & (comparison.times["what"] == what)
            ]
            cells.append(", ".join(f"×{value:.3f}" for value in found["ratio"]) or "–")
        lines.append(cells)
    rates = [f"BD % {metric}" for metric in metrics]
    closing = [f"alike: {', '.join(dict.fromkeys(alike))}"] if alike else []
    header = ["data set", "codec", "rows", *counts[1:], *rates, "encode s", "decode s"]
    return Section("by codec", header, lines, closing)


_COUNTS = ("pairs", "worse", "better", "changed", "missing", "new")


def _bd(comparison: Comparison) -> Section:
    rows = comparison.bd[(comparison.bd["bd_rate"] != 0)]
    lines = [
        [
            row.dataset,
            row.series,
            row.metric,
            number(row.bd_rate, "+.3f"),
            number(row.mean_curve, "+.3f"),
            str(row.image_count),
            str(row.points),
            row.verdict or "refused",
            row.flags,
        ]
        for row in each_row(rows)
    ]
    return Section(
        f"BD-rate of the current run against the baseline: {_count(len(rows), 'curve')} moved",
        ("data set", "series", "metric", "BD-rate %", "mean curve %", "images", "points", "verdict", "flags"),
        lines,
        folded=comparison.gate == "rows",
    )


def _times(comparison: Comparison) -> Section:
    lines = [
        [
            row.dataset,
            row.codec,
            row.what,
            str(row.pairs),
            f"×{row.ratio:.3f}",
            f"{number(row.low, '.3f')} to {number(row.high, '.3f')}",
            number(row.p, ".2g"),
            {"worse": "slower", "better": "faster"}.get(row.verdict, row.verdict),
        ]
        for row in each_row(comparison.times)
    ]
    gated = f"counts beyond {100 * comparison.timing:g} %" if comparison.timing is not None else "does not count"
    return Section(
        "times, current to baseline",
        ("data set", "codec", "what", "pairs", "ratio", "95 % interval", "p", "verdict"),
        lines,
        [
            f"geometric means of paired ratios; a change of p < {SIGNIFICANCE} by the signed-rank test over at least "
            f"{LEAST_PAIRS} pairs, corrected for all tests, {gated}"
        ],
        folded=comparison.timing is None,
    )


def _changed(comparison: Comparison) -> Section:
    """By codec, what moved within the tolerances, or beside them."""
    rows = comparison.rows[comparison.rows["verdict"] == "changed"]
    lines = []
    for (dataset, codec), part in rows.groupby(["dataset", "codec"], sort=False):
        largest = []
        mine = comparison.changes.merge(part[KEYS], on=KEYS)
        for column, values in mine.groupby("column", sort=False):
            most = max(values["change"].dropna(), key=abs, default=math.nan)
            largest.append(f"{column} {number(most, '+.2g')}")
        lines.append(
            [
                str(dataset),
                str(codec),
                f"{len(part):,}",
                f"{part['stream'].sum():,}",
                f"{part['pixels'].sum():,}",
                f"{part['bytes_before'].ne(part['bytes_after']).sum():,}",
                ", ".join(largest) or "no figure",
            ]
        )
    return Section(
        f"changed, not worse: {_count(len(rows), 'row')}",
        ("data set", "codec", "rows", "other stream", "other pixels", "other bytes", "largest changes"),
        lines,
        folded=True,
    )


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _rest(count: int) -> list[str]:
    return [f"and {count - MOST:,} more"] if count > MOST else []
