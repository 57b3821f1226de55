"""The report as one HTML page that needs no network."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.bdrate import LEAST_OVERLAP
from benchmark.analysis.table import AVERAGING, in_decibels
from benchmark.report.content import Picture, Report, Table
from benchmark.report.figures import Axis
from benchmark.report.style import Stroke, strokes
from benchmark.report.tables import number

_PAGE = Path(__file__).parent / "page"

_WIDE = 4.0
"""Rates above this, in bits per pixel, are first shown on a logarithmic axis."""
_STROKE = 1.8
"""Width of a curve, in pixels; dashes are multiples of it."""
_INTERVAL = "95 % interval over images, by paired bootstrap"

_SECTIONS = (
    ("summary", "Summary"), ("curves", "Curves"), ("bd", "BD-rate"), ("heat", "Each image"), ("pictures", "Pictures"),
    ("tables", "Tables"), ("failures", "Failures"), ("environment", "Environment"), ("glossary", "Definitions"),
)

_GLOSSARY = {
    "Rate, bpp": (
        "Bits of the whole file, headers included, divided by the number of pixels of the image (not of samples). "
        "The rate of an operating point is the mean over images."
    ),
    "Operating point": "One setting of one codec, run on every image of a data set.",
    "RGB and luma": (
        "A metric over RGB takes all three channels. Luma is Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, full range), "
        "not rounded, of original and reconstruction. For grey images the two are the same."
    ),
    "BD-rate": (
        "Average difference in rate at equal quality, in percent of the anchor's rate: the mean, over the range of quality that "
        "both curves have, of the difference of log rate (Bjøntegaard, VCEG-M33, 2001), with monotone piecewise cubic "
        "interpolation. Negative is better. Nothing is extrapolated; curves with fewer than four points, over other images, or "
        "without a range in common are refused."
    ),
    "Overlap": (
        "The range of quality over which a BD-rate is the average, as a share of the range that either curve covers. "
        f"Below {LEAST_OVERLAP:.0%} it says little of the codecs as a whole."
    ),
}
_OF_INTERVALS = (
    "The BD-rate of the mean curve, computed again from images drawn with replacement, the same ones for both codecs; the interval "
    "holds the middle 95 % of these. It tells what another choice of such images might give, and nothing of other kinds of images."
)


def write_html(report: Report, path: Path) -> Path:
    """Writes a report as a page that opens from disk: styles, script, numbers and pictures are all in it.

    The same report gives the same bytes.

    Args:
        report: what to show.
        path: of the file; its folder is made.

    Returns:
        The path.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    intervals = _has_intervals(report.bd)
    text = environment.get_template("page.html").render(
        title=report.title,
        anchor=report.anchor,
        sections=_SECTIONS,
        facts=_facts(report),
        findings=_findings(report),
        overviews=_overviews(report),
        intervals=_INTERVAL if intervals else "",
        datasets=_datasets(report),
        metrics=_metrics(report.axes),
        pictures=[_picture_name(picture, report) for picture in report.pictures],
        tables=[_table(table) for table in report.tables],
        failures=_failures(report),
        notes=report.notes,
        command=report.command,
        runs=[_run(folder, manifest) for folder, manifest in report.manifests.items()],
        glossary=_glossary(report, intervals),
        style=(_PAGE / "page.css").read_text(encoding="utf-8"),
        script=(_PAGE / "page.js").read_text(encoding="utf-8"),
        data=_as_script(_data(report)),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


# What is interactive: one JSON object for the script.


def _data(report: Report) -> dict[str, Any]:
    summary = report.results.summary
    drawn = strokes(list(summary["series"]), list(summary["codec"]))
    series = list(drawn)
    points, left_out = _points(report, series)
    return {
        "anchor": report.anchor,
        "axes": [
            {"title": axis.title, "label": axis.label, "unit": "dB" if axis.decibels else axis.unit}
            for axis in report.axes
        ],
        "metrics": _metrics(report.axes),
        "datasets": [
            {"name": name, "caption": _caption(report, name, left_out[name])} for name in _datasets(report)
        ],
        "series": [{"name": name, **_drawn(stroke)} for name, stroke in drawn.items()],
        "references": [],
        "points": points,
        "bd": _deltas(report, series),
        "interval": _INTERVAL if _has_intervals(report.bd) else "",
        "least_overlap": LEAST_OVERLAP,
        "wide": _WIDE,
        "pictures": [_picture(picture, report.axes) for picture in report.pictures],
    }


def _as_script(data: Any) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _finite(value: Any) -> float | None:
    """A number with the digits that a page needs; nothing where it is missing or infinite."""
    converted = pd.to_numeric(value, errors="coerce")
    return float(f"{converted:.7g}") if math.isfinite(converted) else None


def _metrics(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """The metrics, each with the places of its axes over RGB and over luma."""
    metrics: dict[str, dict[str, Any]] = {}
    for place, axis in enumerate(axes):
        name, _, space = axis.column.rpartition("_")
        if space not in {"rgb", "y"}:
            name, space = axis.column, "rgb"
        found = metrics.setdefault(name, {"title": axis.title.partition(",")[0], "spaces": {}})
        found["spaces"][space] = place
    return list(metrics.values())


def _drawn(stroke: Stroke) -> dict[str, str]:
    dash = "" if isinstance(stroke.dash, str) else " ".join(f"{_STROKE * part:.3g}" for part in stroke.dash[1])
    # Black is black on paper; on a dark screen it is the colour of the text.
    return {"colour": "var(--black)" if stroke.colour == "#000000" else stroke.colour, "marker": stroke.marker, "dash": dash}


def _points(report: Report, series: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Operating points over all images of their data set, and how many cover fewer, by data set."""
    summary = report.results.summary
    datasets = _datasets(report)
    complete = summary["images"] == summary.groupby("dataset")["images"].transform("max")
    left_out = {name: int((~complete & (summary["dataset"] == name) & (summary["images"] > 0)).sum()) for name in datasets}
    values = [_values(summary[f"{axis.column}_mean"], axis) for axis in report.axes]
    points = []
    for place, row in enumerate(summary.to_dict("records")):
        if not complete.iloc[place] or not row["images"]:
            continue
        points.append({
            "kind": "series",
            "dataset": datasets.index(row["dataset"]),
            "series": series.index(row["series"]),
            "bpp": _finite(row["bpp_mean"]),
            "values": [_finite(column[place]) for column in values],
            "settings": json.loads(row["settings"]) | ({"target": row["target"]} if row["target"] else {}),
        })
    return points, left_out


def _values(column: Any, axis: Axis) -> npt.NDArray[np.float64]:
    numbers = np.asarray(pd.to_numeric(column), dtype=np.float64)
    return in_decibels(numbers) if axis.decibels else numbers


def _deltas(report: Report, series: Sequence[str]) -> list[dict[str, Any]]:
    datasets, columns = _datasets(report), [axis.column for axis in report.axes]
    return [
        {
            "dataset": datasets.index(row["dataset"]),
            "axis": columns.index(row["metric"]),
            "series": series.index(row["series"]),
            "image": row["image"],
            "rate": _finite(row["bd_rate"]),
            "low": _finite(row.get("ci_low")),
            "high": _finite(row.get("ci_high")),
            "overlap": _finite(row["overlap"]),
            "flags": row["flags"],
        }
        for row in report.bd.to_dict("records")
    ]


def _picture(picture: Picture, axes: Sequence[Axis]) -> dict[str, Any]:
    height, width = picture.original.shape[:2]
    return {
        "dataset": picture.dataset,
        "image": picture.image,
        "width": width,
        "height": height,
        "original": _embedded(picture.original),
        "versions": [
            {
                "series": version.series,
                "settings": json.loads(version.settings),
                "measures": [["Rate", f"{version.bpp:.3f} bpp"], *_measures(version.figures, axes)],
                "source": _embedded(version.pixels),
            }
            for version in picture.versions
        ],
    }


def _measures(figures: Mapping[str, float], axes: Sequence[Axis]) -> list[list[str]]:
    known = [axis for axis in axes if axis.column in figures]
    return [[axis.title, _measured(float(_values([figures[axis.column]], axis)[0]), axis)] for axis in known]


def _measured(value: float, axis: Axis) -> str:
    unit = "dB" if axis.decibels else axis.unit
    if math.isinf(value):
        return "lossless"
    return f"{number(value, '.2f' if unit == 'dB' else '.4f')} {unit}".rstrip()


def _embedded(pixels: npt.NDArray[np.uint8]) -> str:
    """Pixels as a data address of lossless WebP."""
    from PIL import Image

    stream = io.BytesIO()
    # Within 5 % of the smallest that the format allows, in a hundredth of the time.
    Image.fromarray(pixels).convert("RGB").save(stream, "webp", lossless=True, quality=25, method=3, exact=True)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _picture_name(picture: Picture, report: Report) -> str:
    targets = {other.target for other in report.pictures}
    of = f" of {picture.dataset}" if len({other.dataset for other in report.pictures}) > 1 else ""
    return f"{picture.image}{of}" + (f" at {picture.target:g} bpp" if len(targets) > 1 else "")


# What is text: read without a script.


def _datasets(report: Report) -> list[str]:
    return list(dict.fromkeys(report.results.summary["dataset"]))


def _facts(report: Report) -> list[tuple[str, str]]:
    summary, records = report.results.summary, report.results.records
    names = _datasets(report)
    images = [int(summary.loc[summary["dataset"] == name, "images"].max()) for name in names]
    failed = int(summary["failures"].sum()) if "failures" in summary else 0
    facts = [
        ("Data set" if len(names) == 1 else "Data sets", ", ".join(names)),
        ("Images", ", ".join(f"{count:,}" for count in images)),
        ("Codecs", f"{summary['codec'].nunique()}"),
        ("Operating points", f"{len(summary):,}"),
    ]
    if len(records):
        facts.append(("Measurements", f"{len(records):,}"))
    return [*facts, ("Failures", f"{failed:,}"), ("Anchor", report.anchor)]


def _mean_deltas(report: Report, dataset: str, axis: Axis) -> pd.DataFrame:
    """Rows of mean curves but the anchor's, the best first."""
    bd = report.bd
    rows = bd[(bd["dataset"] == dataset) & (bd["metric"] == axis.column) & (bd["image"] == "")]
    return rows[rows["series"] != rows["anchor"]].sort_values("bd_rate", kind="stable", na_position="last")


def _has_intervals(bd: pd.DataFrame) -> bool:
    return "ci_low" in bd and bool(bd["ci_low"].notna().any())


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _findings(report: Report) -> list[str]:
    axis = report.axes[0]
    found = []
    for dataset in _datasets(report):
        rows = _mean_deltas(report, dataset, axis)
        known = rows[rows["bd_rate"].notna()]
        if known.empty:
            continue
        best = known.iloc[0]
        interval = ""
        if _has_intervals(known) and not math.isnan(best["ci_low"]):
            interval = f" (95 % interval {_signed(best['ci_low'])} to {_signed(best['ci_high'])})"
        found.append(
            f"On {dataset}, {best['series']} needs least rate at equal {axis.title}: {_signed(best['bd_rate'])} %{interval} "
            f"against {report.anchor}, over {best['overlap']:.0%} of their range."
        )
        better = int((known["bd_rate"] < 0).sum())
        text = f"{better} of {len(known)} codecs need less rate than {report.anchor}"
        if _has_intervals(known):
            sure = int((known["ci_high"] < 0).sum())
            text += f"; for {'all of them' if sure == better else sure} the whole interval is below zero"
        found.append(text + ".")
        refused = list(rows.loc[rows["bd_rate"].isna(), "series"])
        if refused:
            found.append(f"No BD-rate could be had for {', '.join(refused)}: the table below BD-rate says why.")
        weak = list(known.loc[known["overlap"] < LEAST_OVERLAP, "series"])
        if weak:
            found.append(f"Less than half of the range is common to {report.anchor} and {', '.join(weak)}: read those with care.")
    return found


def _overviews(report: Report) -> list[dict[str, Any]]:
    """A table for each data set: codecs by metrics, ordered by the first metric."""
    columns = [{"title": "Codec", "number": False}, *({"title": axis.title, "number": True} for axis in report.axes)]
    overviews = []
    for dataset in _datasets(report):
        by_axis = [_mean_deltas(report, dataset, axis).set_index("series") for axis in report.axes]
        rows = [
            {"series": series, "cells": [_delta_cell(table, series) for table in by_axis]} for series in by_axis[0].index
        ]
        if rows:
            overviews.append({"dataset": dataset, "columns": columns, "rows": rows})
    return overviews


def _delta_cell(table: pd.DataFrame, series: str) -> dict[str, Any]:
    row = table.loc[series] if series in table.index else None
    if row is None or math.isnan(row["bd_rate"]):
        return {"value": "", "text": "–", "interval": "", "best": False}
    low, high = row.get("ci_low", math.nan), row.get("ci_high", math.nan)
    return {
        "value": _finite(row["bd_rate"]),
        "text": _signed(row["bd_rate"]),
        "interval": "" if math.isnan(low) else f"{_signed(low)} to {_signed(high)}",
        "best": row["bd_rate"] == table["bd_rate"].min(),
    }


def _caption(report: Report, dataset: str, left_out: int) -> str:
    summary = report.results.summary
    images = int(summary.loc[summary["dataset"] == dataset, "images"].max())
    text = f"{dataset}: each point is the mean of {images} image{'s' if images != 1 else ''}."
    if left_out:
        text += f" {left_out} point{'s' if left_out != 1 else ''} of fewer images left out."
    return text


def _table(table: Table) -> dict[str, Any]:
    names = [str(name) for name in table.frame.columns]
    best = {name: _best(table.frame[name], end) for name, end in table.best.items()}
    rows = []
    for row in table.frame.to_dict("records"):
        cells = []
        for name in names:
            value = row[name]
            if name not in table.forms:
                cells.append({"number": False, "text": "–" if pd.isna(value) else str(value), "best": False})
                continue
            known = _finite(value)
            text = number("" if pd.isna(value) else value, table.forms[name])
            cells.append({
                "number": True, "value": "" if known is None else known,
                "text": text.replace("-", "−").replace("inf", "∞"),
                "best": known is not None and known == best.get(name),
            })
        rows.append(cells)
    columns = [{"title": table.titles.get(name, name), "number": name in table.forms} for name in names]
    return {"name": table.name, "caption": table.caption, "columns": columns, "rows": rows}


def _best(column: Any, end: str) -> float | None:
    numbers = [value for value in map(_finite, column) if value is not None]
    if not numbers:
        return None
    return min(numbers) if end == "low" else max(numbers)


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
        texts = [dataset, codec, _said(json.loads(settings), target), status, reason or "–", ", ".join(group["image"])]
        cells: list[dict[str, Any]] = [{"number": False, "text": text} for text in texts]
        rows.append([*cells[:-1], {"number": True, "value": len(group), "text": f"{len(group):,}"}, cells[-1]])
    titles = ["Data set", "Codec", "Settings", "Status", "Reason", "Rows", "Images"]
    columns = [{"title": title, "number": title == "Rows"} for title in titles]
    return {"rows": rows, "columns": columns, "none": f"None: all {len(records):,} measurements succeeded."}


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
        entries.append(("95 % interval", _OF_INTERVALS))
    known: dict[str, str] = {}
    for manifest in report.manifests.values():
        known = {**manifest.get("metrics", {}), **known}
    for metric in _metrics(report.axes):
        axis = report.axes[next(iter(metric["spaces"].values()))]
        definition = axis.definition or known.get(axis.column.rpartition("_")[0], "")
        if definition:
            entries.append((metric["title"], definition))
    averaging = [manifest["averaging"] for manifest in report.manifests.values() if "averaging" in manifest]
    entries.append(("Averaging", "; ".join(dict.fromkeys(averaging)) or AVERAGING))
    return entries
