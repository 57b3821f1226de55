"""What the script of the HTML page draws: one object of plain data."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import SMALL_OVERLAP
from benchmark.analysis.family import FAMILIES, Family, family_of, learned_codecs
from benchmark.analysis.interpolate import drawn_slopes
from benchmark.analysis.points import mixed_sizes
from benchmark.analysis.publishable import RULE
from benchmark.analysis.standing import headline, headline_title
from benchmark.analysis.table import dataset_labels
from benchmark.metric import Metric
from benchmark.record.row import ESTIMATE
from benchmark.record.settings import read_settings
from benchmark.report.content import Report
from benchmark.report.figures.appearance import Look, looks_of, looks_of_published
from benchmark.report.figures.lines import HIGH, LOW
from benchmark.report.page.images import has_curves_of_images, image_curves, rules
from benchmark.report.page.see import views

INTERVAL = "95 % interval over images"

_WIDE = 4.0
"""Rates above this, in bits per pixel, are first shown on a logarithmic axis."""
_STROKE = 1.8
"""Width of a curve, in pixels; dashes are multiples of it."""


def datasets_of(report: Report) -> list[str]:
    """Data sets, in the order of the results."""
    return list(dict.fromkeys(report.results.summary["dataset"]))


def anchors_of(report: Report) -> list[str]:
    """Series that the page can take as the anchor: all, in their order, if it has what BD-rates are computed from.

    Estimated rates are no anchor, unless the report was asked for it.
    """
    estimates = estimates_of(report) - {report.anchor}
    names = [name for name in dict.fromkeys(report.results.summary["series"]) if name not in estimates]
    return names if has_curves_of_images(report) else [report.anchor]


def families_of(report: Report) -> list[Family]:
    """The families that some series are of."""
    found = set(_families(report).values())
    return [family for family in FAMILIES if family in found]


def _families(report: Report) -> dict[str, Family]:
    """The family of each series."""
    summary = report.results.summary
    learned = learned_codecs(summary)
    return {
        str(series): family_of(part, report.metrics, learned) for series, part in summary.groupby("series", sort=False)
    }


def names_of(report: Report) -> dict[str, str]:
    """What readers call each series."""
    summary = report.results.summary
    return {series: look.name for series, look in looks_of(list(summary["series"]), list(summary["codec"])).items()}


def estimates_of(report: Report) -> set[str]:
    """Series whose rates are estimates, and no bytes."""
    summary = report.results.summary
    return set(summary.loc[summary["kind"] == ESTIMATE, "series"]) if "kind" in summary else set()


def images_of(report: Report) -> list[str]:
    """Names of the images whose curves the page can draw."""
    if not has_curves_of_images(report):
        return []
    return list(dict.fromkeys(map(str, report.results.records["image"])))


def has_intervals(bd: pd.DataFrame) -> bool:
    """Whether BD-rates have intervals."""
    return bool(headline(bd)["headline_low"].notna().any())


def page_data(report: Report) -> dict[str, Any]:
    """Everything that the script needs; what is missing or infinite is None.

    Data sets, axes, series and references are lists; points and BD-rates name them by their places. A BD-rate has those
    of single images with it, and the remarks on them, by image. With the curves of single images and the rules, the
    page computes the BD-rates against any other series.
    """
    summary = report.results.summary
    drawn = looks_of(list(summary["series"]), list(summary["codec"]))
    series = list(drawn)
    families = _families(report)
    points, captions = _points(report, series)
    references, others = _references(report)
    return {
        "anchor": report.anchor,
        "anchors": anchors_of(report),
        "axes": [
            {
                "column": metric.column,
                "title": metric.heading,
                "label": metric.axis,
                "unit": metric.drawn_unit,
                "digits": metric.drawn_digits,
                "rises": metric.rises,
            }
            for metric in report.metrics
        ],
        "metrics": metrics_of(report.metrics),
        "datasets": [{"name": name, "captions": captions[name]} for name in datasets_of(report)],
        "series": [
            {
                "name": name,
                "title": look.name,
                "family": families[name],
                **_drawn(look),
                "estimate": name in estimates_of(report),
            }
            for name, look in drawn.items()
        ],
        "references": references,
        "points": points + others,
        "bd": _deltas(report, series),
        "notes": _notes(report, series),
        "images": image_curves(report, datasets_of(report), series),
        "rules": rules(report),
        "costs": _costs(report, series),
        "timed": RULE,
        "sources": list(report.sources),
        "interval": INTERVAL if has_intervals(report.bd) else "",
        "small_overlap": SMALL_OVERLAP,
        "average": headline_title(report.bd),
        "wide": _WIDE,
        "usual": [LOW, HIGH],
        "pictures": [asdict(view) for view in [*views(report.pictures, report.metrics), *report.wholes]],
    }


def as_script(data: Any) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def finite(value: Any) -> float | None:
    """A number with the ten digits that a page writes to files; nothing where it is missing or infinite."""
    number = exact(value)
    return None if number is None else float(f"{number:.10g}")


def exact(value: Any) -> float | None:
    """A number with all its digits, for the page computes with it; nothing where it is missing or infinite."""
    # A table has floats as good as always, which pandas would take a hundred times as long to look at.
    number = value if isinstance(value, float) else pd.to_numeric(value, errors="coerce")
    return float(number) if math.isfinite(number) else None


def metrics_of(metrics: Sequence[Metric]) -> list[dict[str, Any]]:
    """The names of metrics, each with its title and the places of its metrics by space."""
    names: dict[str, dict[str, Any]] = {}
    for place, metric in enumerate(metrics):
        found = names.setdefault(metric.name, {"title": metric.title, "spaces": {}})
        found["spaces"][metric.space] = place
    return list(names.values())


def _drawn(look: Look) -> dict[str, str]:
    dash = "" if isinstance(look.dash, str) else " ".join(f"{_STROKE * part:.3g}" for part in look.dash[1])
    return {"colour": look.colour, "marker": look.marker, "dash": dash}


def _points(report: Report, series: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Operating points over all images of their data set, and what the curves of each metric are means of, by data set.

    A point has its rate, value and slope for each metric: the slopes are those of the curve that BD-rates integrate,
    of the logarithm of the rate along the value; a point that the curve leaves out has none.
    """
    datasets = datasets_of(report)
    tables = [_drawn_points(report, metric) for metric in report.metrics]
    rows_of = [table[["rate", "value", "slope", "complete"]].to_dict("records") for table in tables]
    captions = {
        name: [_caption(report, name, table[table["dataset"] == name]) for table in tables] for name in datasets
    }
    points = []
    told = report.results.summary[["dataset", "series", "settings", "target"]]
    for place, row in enumerate(told.to_dict("records")):
        figures = [rows[place] for rows in rows_of]
        if all(math.isnan(figure["value"]) and not figure["complete"] for figure in figures):
            continue
        points.append(
            {
                "kind": "series",
                "number": place,
                "dataset": datasets.index(row["dataset"]),
                "series": series.index(row["series"]),
                "rates": [exact(figure["rate"]) for figure in figures],
                "values": [exact(figure["value"]) for figure in figures],
                "slopes": [finite(figure["slope"]) for figure in figures],
                "settings": read_settings(row["settings"]) | ({"target": row["target"]} if row["target"] else {}),
            }
        )
    return points, captions


def _notes(report: Report, series: Sequence[str]) -> list[dict[str, Any]]:
    """What is missing of mean curves, and which of their points are left out, of those of which there is something."""
    datasets, found = datasets_of(report), []
    for place, metric in enumerate(report.metrics):
        for curve in report.results.curves(metric):
            _, _, left = curve.front()
            if curve.label in series and (curve.notes or left):
                named = {"dataset": datasets.index(curve.dataset), "axis": place, "series": series.index(curve.label)}
                found.append({**named, "notes": list(curve.notes), "left": list(left)})
    return found


def _drawn_points(report: Report, metric: Metric) -> pd.DataFrame:
    """The points of a metric in the order of the summary: ``rate``, ``value``, ``slope``, and whether ``complete``."""
    points = report.results.points(metric)
    most = points.groupby("dataset")["images"].transform("max")
    complete = (points["images"] == most) & (points["images"] > 0)
    slopes = np.full(len(points), np.nan)
    rates, qualities = (points[name].to_numpy(float) for name in ("rate", "quality"))
    whole = np.flatnonzero(complete)
    for part in points[complete].groupby(["dataset", "series"], sort=False).indices.values():
        places = whole[part]
        slopes[places] = _slopes(Curve(rates[places].tolist(), qualities[places].tolist()), metric)
    value = np.where(complete, metric.turned(points["quality"]), np.nan)
    return points.assign(complete=complete, value=value, slope=slopes)


def _slopes(curve: Curve, metric: Metric) -> npt.NDArray[np.float64]:
    """The slope of a curve at each of its points, in the order of the points; NaN at those that it leaves out."""
    rates, qualities, _ = curve.front()
    if len(rates) < 2:
        return np.full(len(curve.rates), np.nan)
    slopes = dict(zip(zip(rates, qualities, strict=True), drawn_slopes(rates, qualities), strict=True))
    found = [slopes.get(point, math.nan) for point in zip(curve.rates, curve.qualities, strict=True)]
    return np.asarray(metric.turned(found))


def _references(report: Report) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """Others' curves and their points, each with a value for the one metric that it is of."""
    datasets, labels, points = datasets_of(report), list[str](), []
    for place, metric in enumerate(report.metrics):
        for curve in report.references.get(metric.column, ()):
            if curve.label not in labels:
                labels.append(curve.label)
            slopes = _slopes(curve, metric)
            for rate, quality, slope in zip(curve.rates, curve.qualities, slopes, strict=True):
                figures = {"rates": rate, "values": float(metric.turned(quality)), "slopes": slope}
                lists = {name: [*[None] * place, finite(value)] for name, value in figures.items()}
                points.append(
                    {
                        "kind": "reference",
                        "dataset": datasets.index(curve.dataset),
                        "series": labels.index(curve.label),
                        **lists,
                        "settings": {},
                    }
                )
    drawn = [{"name": label, "title": label, **_drawn(look)} for label, look in looks_of_published(labels).items()]
    return drawn, points


def _deltas(report: Report, series: Sequence[str]) -> list[dict[str, Any]]:
    datasets, columns = datasets_of(report), [metric.column for metric in report.metrics]
    table = report.bd.assign(**headline(report.bd))
    keys = ["dataset", "metric", "series"]
    of_images = {
        key: (rows["image"].tolist(), rows["bd_rate"].tolist(), rows["flags"].tolist())
        for key, rows in table.loc[table["image"] != "", [*keys, "image", "bd_rate", "flags"]].groupby(keys, sort=False)
    }
    found = []
    for mean in table[(table["image"] == "") & (table["series"] != report.anchor)].to_dict("records"):
        images, rates, flags = of_images.get(tuple(mean[key] for key in keys), ([], [], []))
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
                "images": dict(zip(images, map(finite, rates), strict=True)),
                "remarks": {image: text for image, text in zip(images, flags, strict=True) if text},
            }
        )
    return found


def _costs(report: Report, series: Sequence[str]) -> list[dict[str, Any]]:
    """Seconds for a megapixel, of those series that have times that were measured to be published."""
    datasets = datasets_of(report)
    found = []
    for row in report.costs.to_dict("records"):
        seconds = {side: finite(row[f"{side}_s_per_mp"]) for side in ("encode", "decode")}
        if any(seconds.values()):
            place = {"dataset": datasets.index(row["dataset"]), "series": series.index(row["series"])}
            found.append({**place, **seconds, "usual": bool(row["usual_images"])})
    return found


def _caption(report: Report, dataset: str, points: pd.DataFrame) -> str:
    """What the points of a data set and metric are means of."""
    images = int(points["images"].max())
    left_out = int((~points["complete"] & (points["images"] > 0)).sum())
    name = dataset_labels(report.results.summary)[dataset]
    text = f"{name}: each point is the mean of {images} image{'s' if images != 1 else ''}."
    if mixed_sizes(points):
        text += " Rates are pooled, all bits over all pixels, for the images differ much in size."
    if infinite := points["infinite"].max():
        text += f" Left out, for their quality is infinite: {infinite}."
    if left_out:
        text += f" {left_out} point{'s' if left_out != 1 else ''} of fewer images left out."
    return text
