"""A comparison of two runs as Markdown, for a pull request; as JUnit XML, for a build server; as JSON, for programs."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.analysis.regression.compare import KEYS, Comparison
from benchmark.analysis.regression.timing import LEAST_PAIRS, SIGNIFICANCE
from benchmark.errors import UsageError
from benchmark.report.tables.text import markdown, number

MOST = 20
"""Lines of a table of rows; JSON has all of them."""

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


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


def comparison_text(comparison: Comparison | None, path: Path) -> str:
    """A comparison in the form that a file's ending names.

    Args:
        comparison: None checks the ending alone, and gives an empty text.
        path: ends in ``.md``, ``.xml`` (JUnit) or ``.json``.

    Raises:
        UsageError: another ending.
    """
    writers = {".md": as_markdown, ".xml": as_junit, ".json": as_json}
    if path.suffix not in writers:
        raise UsageError(f"{path}: expected a name that ends in .md, .xml (JUnit) or .json")
    return writers[path.suffix](comparison) if comparison else ""


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
        _values(comparison, "worse"), _statuses(comparison), _missing(comparison), _codecs(comparison),
        _bd(comparison), _times(comparison), _values(comparison, "better", folded=True), _changed(comparison),
        _new(comparison),
    ]
    return [section for section in found if section.lines]


def closing(comparison: Comparison) -> list[str]:
    """Likely causes, notes, and what the verdict allows for."""
    touched = comparison.codecs
    touched = touched[(touched[["worse", "better", "changed"]] > 0).any(axis=1)]
    codecs = list(touched["codec"])
    if comparison.timing is not None:
        codecs += list(comparison.times.loc[comparison.times["verdict"] == "worse", "codec"])
    causes = [f"likely cause for {codec}: {comparison.cause(codec)}" for codec in dict.fromkeys(codecs)]
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


def _each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, their cells as attributes."""
    return iter(frame.itertuples())


def _where(comparison: Comparison, row: Any) -> list[str]:
    """Data set, image, codec and settings of a row."""
    point = comparison.points[row.codec, row.settings, row.target]
    return [row.dataset, row.image, row.codec, point]


def _severest(comparison: Comparison, verdict: str) -> pd.DataFrame:
    """Changes of a verdict, those first that pass their tolerance by the largest factor."""
    changes = comparison.changes[comparison.changes["verdict"] == verdict]
    weight = changes["change"].abs() / changes["allowed"].where(changes["allowed"] > 0)
    # Equal ones keep their order, whatever rounding says.
    return changes.loc[weight.fillna(math.inf).round(6).sort_values(ascending=False, kind="stable").index]


def _figures(row: Any) -> list[str]:
    """A value before and after, by how much it changed, and what was allowed."""
    change = "not measured" if math.isnan(row.after) else number(row.change, "+.3g")
    return [number(row.before, ".6g"), number(row.after, ".6g"), change, number(row.allowed, ".2g")]


def _values(comparison: Comparison, verdict: str, *, folded: bool = False) -> Section:
    changes = _severest(comparison, verdict)
    lines = [[*_where(comparison, row), row.column, *_figures(row)] for row in _each(changes.head(MOST))]
    rows = len(changes[KEYS].drop_duplicates())
    return Section(
        f"{verdict}: {_count(len(changes), 'value')} of {_count(rows, 'row')}",
        ("data set", "image", "codec", "setting", "column", "baseline", "current", "change", "allowed"), lines,
        _rest(len(changes)), folded,
    )


def _statuses(comparison: Comparison) -> Section:
    rows = comparison.rows[comparison.rows["status_before"] != comparison.rows["status_after"]]
    lines = [
        [*_where(comparison, row), row.status_before, row.status_after, row.reason]
        for row in _each(rows.head(MOST))
    ]
    return Section(
        f"other status: {_count(len(rows), 'row')}",
        ("data set", "image", "codec", "setting", "baseline", "current", "reason"), lines, _rest(len(rows)),
    )


def _missing(comparison: Comparison) -> Section:
    rows = comparison.missing
    left_out = comparison.subset
    return Section(
        f"missing in the current run{', left out' if left_out else ''}: {_count(len(rows), 'row')}",
        ("data set", "image", "codec", "setting"),
        [_where(comparison, row) for row in _each(rows.head(MOST))] if not left_out else [],
        _rest(len(rows)),
    )


def _new(comparison: Comparison) -> Section:
    rows = comparison.new
    return Section(
        f"new in the current run: {_count(len(rows), 'row')}", ("data set", "image", "codec", "setting"),
        [_where(comparison, row) for row in _each(rows.head(MOST))], _rest(len(rows)), folded=True,
    )


def _codecs(comparison: Comparison) -> Section:
    metrics = list(dict.fromkeys(comparison.bd["metric"]))
    counts = [name for name in _COUNTS if name != "missing" or not comparison.subset]
    moved = {(row.dataset, row.codec) for row in _each(comparison.bd) if row.bd_rate != 0}
    lines, alike = [], []
    for row in _each(comparison.codecs):
        if not row.pairs:
            continue
        if not any(getattr(row, name) for name in counts[1:]) and (row.dataset, row.codec) not in moved:
            alike.append(row.codec)
            continue
        cells = [row.dataset, row.codec, *(f"{getattr(row, name):,}" for name in counts)]
        for metric in metrics:
            found = comparison.bd[
                (comparison.bd["dataset"] == row.dataset) & (comparison.bd["codec"] == row.codec)
                & (comparison.bd["metric"] == metric)
            ]
            cells.append(", ".join(number(value, "+.2f") for value in found["bd_rate"]) or "–")
        for what in ("encode", "decode"):
            found = comparison.times[
                (comparison.times["dataset"] == row.dataset) & (comparison.times["codec"] == row.codec)
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
            row.dataset, row.series, row.metric, number(row.bd_rate, "+.3f"), number(row.image_mean, "+.3f"),
            str(row.image_count), str(row.points), row.verdict or "refused", row.flags,
        ]
        for row in _each(rows)
    ]
    return Section(
        f"BD-rate of the current run against the baseline: {_count(len(rows), 'curve')} moved",
        ("data set", "series", "metric", "BD-rate %", "of images %", "images", "points", "verdict", "flags"), lines,
        folded=comparison.gate == "rows",
    )


def _times(comparison: Comparison) -> Section:
    lines = [
        [
            row.dataset, row.codec, row.what, str(row.pairs), f"×{row.ratio:.3f}",
            f"{number(row.low, '.3f')} to {number(row.high, '.3f')}", number(row.p, ".2g"),
            {"worse": "slower", "better": "faster"}.get(row.verdict, row.verdict),
        ]
        for row in _each(comparison.times)
    ]
    gated = f"counts beyond {100 * comparison.timing:g} %" if comparison.timing is not None else "does not count"
    return Section(
        "times, current to baseline", ("data set", "codec", "what", "pairs", "ratio", "95 % interval", "p", "verdict"),
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
        lines.append([
            str(dataset), str(codec), f"{len(part):,}", f"{part['stream'].sum():,}", f"{part['pixels'].sum():,}",
            f"{part['bytes_before'].ne(part['bytes_after']).sum():,}", ", ".join(largest) or "no figure",
        ])
    return Section(
        f"changed, not worse: {_count(len(rows), 'row')}",
        ("data set", "codec", "rows", "other stream", "other pixels", "other bytes", "largest changes"), lines,
        folded=True,
    )


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _rest(count: int) -> list[str]:
    return [f"and {count - MOST:,} more"] if count > MOST else []


def as_markdown(comparison: Comparison) -> str:
    """A comment on a pull request: the verdict, what is worse, and the rest folded away."""
    mark = {"same": "✅", "better": "✅", "worse": "❌", "not comparable": "⚠️"}[comparison.verdict]
    parts = [
        f"### {mark} {headline(comparison)}",
        f"`{comparison.current}` against `{comparison.baseline}`",
        *(f"- {_escaped(obstacle)}" for obstacle in comparison.obstacles),
    ]
    for section in sections(comparison) if not comparison.obstacles else []:
        table = markdown(section.header, [[_escaped(cell) for cell in line] for line in section.lines])
        body = "\n\n".join([table, *section.closing])
        if section.folded:
            parts.append(f"<details><summary>{section.title}</summary>\n\n{body}\n\n</details>")
        else:
            parts.append(f"**{section.title[0].upper()}{section.title[1:]}**\n\n{body}")
    if not comparison.obstacles:
        parts.append("\n".join(f"- {_escaped(line)}" for line in closing(comparison)))
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return re.sub(r"([\\`*<>~\[\]]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", text)


def as_junit(comparison: Comparison) -> str:
    """A test suite for each data set, a test case for each codec, and for its times where they count."""
    root = ET.Element("testsuites", name="rdbench compare")
    cases: dict[str, list[ET.Element]] = {}
    if comparison.obstacles:
        case = ET.Element("testcase", classname="rdbench", name="comparable")
        _child(case, "error", "not comparable", comparison.obstacles)
        cases["rdbench"] = [case]
    for row in _each(comparison.codecs):
        case = ET.Element("testcase", classname=row.dataset, name=row.codec)
        problems = _problems(comparison, row)
        if problems:
            _child(case, "failure", problems[0], [*problems, f"likely cause: {comparison.cause(row.codec)}"])
        elif not row.pairs and row.missing:
            ET.SubElement(case, "skipped", message="not in the current run")
        cases.setdefault(row.dataset, []).append(case)
    for row in _each(comparison.times) if comparison.timing is not None else []:
        case = ET.Element("testcase", classname=row.dataset, name=f"{row.codec} {row.what} time")
        if row.verdict == "worse":
            text = f"×{row.ratio:.3f} ({row.low:.3f} to {row.high:.3f}), p = {row.p:.2g}, {row.pairs} pairs"
            _child(case, "failure", text, [text, f"likely cause: {comparison.cause(row.codec)}"])
        cases.setdefault(row.dataset, []).append(case)
    for dataset, found in cases.items():
        counts: dict[str, Any] = {
            key: str(sum(case.find(tag) is not None for case in found))
            for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
        }
        ET.SubElement(root, "testsuite", name=_printable(dataset), tests=str(len(found)), **counts).extend(found)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _problems(comparison: Comparison, codec: Any) -> list[str]:
    """What is worse of a codec on a data set, a line each."""
    def mine(frame: pd.DataFrame) -> pd.DataFrame:
        part: pd.DataFrame = frame[(frame["dataset"] == codec.dataset) & (frame["codec"] == codec.codec)]
        return part

    lines = []
    for row in _each(mine(comparison.rows)):
        if row.verdict == "worse" and row.status_before != row.status_after:
            _, image, _, point = _where(comparison, row)
            lines.append(f"{image}, {point}: {row.status_before} → {row.status_after}: {row.reason}")
    for row in _each(mine(_severest(comparison, "worse"))):
        _, image, _, point = _where(comparison, row)
        before, after, change, allowed = _figures(row)
        lines.append(f"{image}, {point}: {row.column} {before} → {after} ({change}, allowed {allowed})")
    if not comparison.subset:
        for row in _each(mine(comparison.missing)):
            _, image, _, point = _where(comparison, row)
            lines.append(f"{image}, {point}: missing")
    if comparison.gate == "bdrate":
        lines += [
            f"{row.series}: BD-rate by {row.metric} {row.bd_rate:+.3f} %"
            for row in _each(mine(comparison.bd)) if row.verdict == "worse"
        ]
    return lines


def _child(case: ET.Element, tag: str, message: str, lines: Sequence[str]) -> None:
    child = ET.SubElement(case, tag, message=_printable(message))
    child.text = _printable("\n".join(lines))


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("�", text)


def as_json(comparison: Comparison) -> str:
    """Everything, with all digits; what is not a number is null, and infinity a text."""
    rows = _plain(comparison.rows)
    by_row: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in _plain(comparison.changes):
        by_row.setdefault(tuple(change.pop(key) for key in KEYS), []).append(change)
    for row in rows:
        for name in ("bytes_before", "bytes_after"):
            row[name] = None if row[name] is None else int(row[name])
        row["changes"] = by_row.get(tuple(row[key] for key in KEYS), [])
    return json.dumps({
        "verdict": comparison.verdict,
        "exit_status": comparison.exit_status,
        "baseline": comparison.baseline,
        "current": comparison.current,
        "gate": comparison.gate,
        "subset": comparison.subset,
        "tolerances": {metric.column: str(metric.tolerance) for metric in comparison.judged},
        "bd_tolerance": f"{comparison.bd_tolerance:.12g}%",
        "timing": comparison.timing,
        "pairs": comparison.pairs,
        "obstacles": list(comparison.obstacles),
        "notes": list(comparison.notes),
        "versions": dict(comparison.versions),
        "environment": list(comparison.environment),
        "codecs": _plain(comparison.codecs),
        "rows": rows,
        "missing": _plain(comparison.missing),
        "new": _plain(comparison.new),
        "bd": _plain(comparison.bd),
        "times": _plain(comparison.times),
    }, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    def plain(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return None if math.isnan(value) else f"{value:+}".replace("+inf", "inf")
        return value

    # Through object, which makes Python's own numbers of NumPy's.
    return [
        {str(name): plain(value) for name, value in row.items()} for row in frame.astype(object).to_dict("records")
    ]
