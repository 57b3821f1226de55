"""What the script of the HTML page draws: one object of plain data."""

from __future__ import annotations

import base64
import io
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.delta import SMALL_OVERLAP
from benchmark.analysis.standing import headline, headline_title
from benchmark.analysis.table import dataset_labels
from benchmark.metric import Metric
from benchmark.record.settings import read_settings
from benchmark.report.content import Report
from benchmark.report.figures.picture import Picture
from benchmark.report.figures.style import Stroke, strokes
from benchmark.report.tables.text import number

INTERVAL = "95 % interval over images"

_WIDE = 4.0
"""Rates above this, in bits per pixel, are first shown on a logarithmic axis."""
_STROKE = 1.8
"""Width of a curve, in pixels; dashes are multiples of it."""
_REFERENCE_DASHES = ("6 3", "2 2", "8 2 2 2")


def datasets_of(report: Report) -> list[str]:
    """Data sets, in the order of the results."""
    return list(dict.fromkeys(report.results.summary["dataset"]))


def has_intervals(bd: pd.DataFrame) -> bool:
    """Whether BD-rates have intervals."""
    return bool(headline(bd)["headline_low"].notna().any())


def page_data(report: Report) -> dict[str, Any]:
    """Everything that the script needs; what is missing or infinite is None.

    Data sets, axes, series and references are lists; points and BD-rates name them by their places. A BD-rate has those
    of single images with it, and the remarks on them, by image.
    """
    summary = report.results.summary
    drawn = strokes(list(summary["series"]), list(summary["codec"]))
    series = list(drawn)
    points, left_out = _points(report, series)
    references, others = _references(report)
    return {
        "anchor": report.anchor,
        "axes": [
            {
                "title": metric.heading,
                "label": metric.axis,
                "unit": metric.drawn_unit,
                "digits": metric.drawn_digits,
            }
            for metric in report.metrics
        ],
        "metrics": metrics_of(report.metrics),
        "datasets": [{"name": name, "caption": _caption(report, name, left_out[name])} for name in datasets_of(report)],
        "series": [{"name": name, **_drawn(stroke)} for name, stroke in drawn.items()],
        "references": references,
        "points": points + others,
        "bd": _deltas(report, series),
        "interval": INTERVAL if has_intervals(report.bd) else "",
        "small_overlap": SMALL_OVERLAP,
        "average": headline_title(report.bd),
        "wide": _WIDE,
        "pictures": [_picture(picture, report.metrics) for picture in report.pictures],
    }


def as_script(data: Any) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def finite(value: Any) -> float | None:
    """A number with the digits that a page needs; nothing where it is missing or infinite."""
    converted = pd.to_numeric(value, errors="coerce")
    return float(f"{converted:.7g}") if math.isfinite(converted) else None


def metrics_of(metrics: Sequence[Metric]) -> list[dict[str, Any]]:
    """The names of metrics, each with its title and the places of its metrics by space."""
    names: dict[str, dict[str, Any]] = {}
    for place, metric in enumerate(metrics):
        found = names.setdefault(metric.name, {"title": metric.title, "spaces": {}})
        found["spaces"][metric.space] = place
    return list(names.values())


def _drawn(stroke: Stroke) -> dict[str, str]:
    dash = "" if isinstance(stroke.dash, str) else " ".join(f"{_STROKE * part:.3g}" for part in stroke.dash[1])
    # Black is black on paper; on a dark screen it is the colour of the text.
    colour = "var(--black)" if stroke.colour == "#000000" else stroke.colour
    return {"colour": colour, "marker": stroke.marker, "dash": dash}


def _points(report: Report, series: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Operating points over all images of their data set, and how many cover fewer, by data set."""
    summary = report.results.summary
    datasets = datasets_of(report)
    complete = summary["images"] == summary.groupby("dataset")["images"].transform("max")
    partial = summary.loc[~complete & (summary["images"] > 0), "dataset"]
    left_out = {name: int((partial == name).sum()) for name in datasets}
    values = [
        metric.drawn(pd.to_numeric(summary[f"{metric.column}_mean"]).to_numpy(float)) for metric in report.metrics
    ]
    points = []
    for place, row in enumerate(summary.to_dict("records")):
        if not complete.iloc[place] or not row["images"]:
            continue
        points.append(
            {
                "kind": "series",
                "dataset": datasets.index(row["dataset"]),
                "series": series.index(row["series"]),
                "bpp": finite(row["bpp_mean"]),
                "values": [finite(column[place]) for column in values],
                "settings": read_settings(row["settings"]) | ({"target": row["target"]} if row["target"] else {}),
            }
        )
    return points, left_out


def _references(report: Report) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """Others' curves and their points, each with a value for the one metric that it is of."""
    datasets, labels, points = datasets_of(report), list[str](), []
    for place, metric in enumerate(report.metrics):
        for curve in report.references.get(metric.column, ()):
            if curve.label not in labels:
                labels.append(curve.label)
            for rate, quality in zip(curve.rates, curve.qualities, strict=True):
                values: list[float | None] = [None] * len(report.metrics)
                values[place] = finite(float(metric.turned(quality)))
                points.append(
                    {
                        "kind": "reference",
                        "dataset": datasets.index(curve.dataset),
                        "series": labels.index(curve.label),
                        "bpp": finite(rate),
                        "values": values,
                        "settings": {},
                    }
                )
    drawn = [
        {"name": label, "colour": "var(--reference)", "marker": "o", "dash": dash}
        for label, dash in zip(labels, itertools.cycle(_REFERENCE_DASHES), strict=False)
    ]
    return drawn, points


def _deltas(report: Report, series: Sequence[str]) -> list[dict[str, Any]]:
    datasets, columns = datasets_of(report), [metric.column for metric in report.metrics]
    found = []
    table = report.bd.assign(**headline(report.bd))
    for _, rows in table[table["series"] != report.anchor].groupby(["dataset", "metric", "series"], sort=False):
        mean = rows[rows["image"] == ""].iloc[0]
        images = rows[rows["image"] != ""]
        found.append(
            {
                "dataset": datasets.index(mean["dataset"]),
                "axis": columns.index(mean["metric"]),
                "series": series.index(mean["series"]),
                "rank": None if pd.isna(mean["rank"]) else int(mean["rank"]),
                "rate": finite(mean["headline"]),
                "low": finite(mean["headline_low"]),
                "high": finite(mean["headline_high"]),
                "curve": finite(mean["bd_rate"]) if mean["ranked_by"] == "image_mean" else None,
                "p": finite(mean["p_value"]),
                "overlap": finite(mean["overlap"]),
                "flags": mean["flags"],
                "images": dict(zip(images["image"], map(finite, images["bd_rate"]), strict=True)),
                "remarks": {image: text for image, text in zip(images["image"], images["flags"], strict=True) if text},
            }
        )
    return found


def _picture(picture: Picture, metrics: Sequence[Metric]) -> dict[str, Any]:
    height, width = picture.original.shape[:2]
    return {
        "dataset": picture.dataset,
        "image": picture.image,
        "width": width,
        "height": height,
        "original": _embedded(picture.original),
        "versions": [
            {
                "series": crop.series,
                "settings": read_settings(crop.settings),
                "measures": [["Rate", f"{crop.bpp:.3f} bpp"], *_measures(crop.figures, metrics)],
                "source": _embedded(crop.pixels),
            }
            for crop in picture.decoded
        ],
    }


def _measures(figures: Mapping[str, float], metrics: Sequence[Metric]) -> list[list[str]]:
    known = [metric for metric in metrics if metric.column in figures]
    return [[metric.heading, _measured(float(metric.drawn(figures[metric.column])), metric)] for metric in known]


def _measured(value: float, metric: Metric) -> str:
    if math.isinf(value):
        return "lossless"
    return f"{number(value, f'.{metric.drawn_digits}f')} {metric.drawn_unit}".rstrip()


def _embedded(pixels: npt.NDArray[np.uint8]) -> str:
    """Pixels as a data address of lossless WebP."""
    from PIL import Image

    stream = io.BytesIO()
    # Within 5 % of the smallest that the format allows, in a hundredth of the time.
    Image.fromarray(pixels).convert("RGB").save(stream, "webp", lossless=True, quality=25, method=3, exact=True)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _caption(report: Report, dataset: str, left_out: int) -> str:
    summary = report.results.summary
    images = int(summary.loc[summary["dataset"] == dataset, "images"].max())
    text = f"{dataset_labels(summary)[dataset]}: each point is the mean of {images} image{'s' if images != 1 else ''}."
    if left_out:
        text += f" {left_out} point{'s' if left_out != 1 else ''} of fewer images left out."
    return text
