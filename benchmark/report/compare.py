"""A comparison of two runs as Markdown, for a pull request; as JUnit XML, for a build server; as JSON, for programs; as
a page, for people."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.analysis.regression.compare import Comparison
from benchmark.analysis.regression.runs import KEYS
from benchmark.errors import UsageError
from benchmark.report.compare_sections import (
    change_cells,
    closing,
    each_row,
    headline,
    place_of,
    sections,
    severest,
)
from benchmark.report.difference import Shot, as_page
from benchmark.report.tables.text import markdown

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def comparison_text(comparison: Comparison | None, path: Path, shots: Sequence[Shot] = (), command: str = "") -> str:
    """A comparison in the form that a file's ending names.

    Args:
        comparison: None checks the ending alone, and gives an empty text.
        path: ends in ``.md``, ``.xml`` (JUnit), ``.json`` or ``.html``.
        shots: pictures of the worst rows, for a page.
        command: the command that writes it, for a page.

    Raises:
        UsageError: another ending.
    """
    writers: Mapping[str, Callable[[Comparison], str]] = {
        ".md": as_markdown,
        ".xml": as_junit,
        ".json": as_json,
        ".html": partial(as_page, shots=shots, command=command),
    }
    if path.suffix not in writers:
        raise UsageError(f"{path}: expected a name that ends in .md, .xml (JUnit), .json or .html")
    return writers[path.suffix](comparison) if comparison else ""


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
    for row in each_row(comparison.codecs):
        case = ET.Element("testcase", classname=row.dataset, name=row.codec)
        problems = _problems(comparison, row)
        if problems:
            _child(case, "failure", problems[0], [*problems, f"likely cause: {comparison.cause(row.codec)}"])
        elif not row.pairs and row.missing:
            ET.SubElement(case, "skipped", message="not in the current run")
        cases.setdefault(row.dataset, []).append(case)
    for row in each_row(comparison.times) if comparison.timing is not None else []:
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
    for row in each_row(mine(comparison.rows)):
        if row.verdict == "worse" and row.status_before != row.status_after:
            _, image, _, point = place_of(comparison, row)
            lines.append(f"{image}, {point}: {row.status_before} → {row.status_after}: {row.reason}")
    for row in each_row(mine(severest(comparison, "worse"))):
        _, image, _, point = place_of(comparison, row)
        before, after, change, allowed = change_cells(row)
        lines.append(f"{image}, {point}: {row.column} {before} → {after} ({change}, allowed {allowed})")
    if not comparison.subset:
        for row in each_row(mine(comparison.missing)):
            _, image, _, point = place_of(comparison, row)
            lines.append(f"{image}, {point}: missing")
    if comparison.gate == "bdrate":
        lines += [
            f"{row.series}: BD-rate by {row.metric} {row.bd_rate:+.3f} %"
            for row in each_row(mine(comparison.bd))
            if row.verdict == "worse"
        ]
    return lines


def _child(case: ET.Element, tag: str, message: str, lines: Sequence[str]) -> None:
    child = ET.SubElement(case, tag, message=_printable(message))
    child.text = _printable("\n".join(lines))


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("�", text)


def as_json(comparison: Comparison) -> str:
    """Everything, with all digits; what is not a number is null, and infinity a text."""
    rows = plain_rows(comparison.rows)
    by_row: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in plain_rows(comparison.changes):
        by_row.setdefault(tuple(change.pop(key) for key in KEYS), []).append(change)
    for row in rows:
        for name in ("bytes_before", "bytes_after"):
            row[name] = None if row[name] is None else int(row[name])
        row["changes"] = by_row.get(tuple(row[key] for key in KEYS), [])
    return (
        json.dumps(
            {
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
                "codecs": plain_rows(comparison.codecs),
                "rows": rows,
                "missing": plain_rows(comparison.missing),
                "new": plain_rows(comparison.new),
                "bd": plain_rows(comparison.bd),
                "times": plain_rows(comparison.times),
            },
            indent=1,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table for JSON: what is not a number is null, and infinity a text."""

    def plain(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return None if math.isnan(value) else f"{value:+}".replace("+inf", "inf")
        return value

    # Through object, which makes Python's own numbers of NumPy's.
    return [{str(name): plain(value) for name, value in row.items()} for row in frame.astype(object).to_dict("records")]
