"""Published figures: what the table ``[published]`` of a study file says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from benchmark import defaults
from benchmark.errors import KIND_WORDS, UsageError, did_you_mean
from benchmark.metric import Metric, shown_metrics
from benchmark.record.settings import read_settings
from benchmark.system.documents import read_toml

SummaryRow = Mapping[str, Any]
"""A row of a summary by column, with the ``label`` of its data set: one operating point on one data set."""

RATES = ("bpp", "nominal_bpp")


@dataclass(frozen=True)
class Figure:
    """A figure that can be published.

    Attributes:
        name: what it is called in words.
        column: the column of the summary.
        form: the format in which a measured value is written.
        unit: its unit; empty where it has none.
        divisor: the number that a measured value is divided by to be in that unit.
        falls: whether it falls as the quality rises.
    """

    name: str
    column: str
    form: str
    unit: str = ""
    divisor: float = 1.0
    falls: bool = False

    @property
    def title(self) -> str:
        """The title of its column on the page."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


Figures = Mapping[str, Figure]
"""Figures by their names in study files, in the order of their columns on the page."""


def known_figures(metrics: Sequence[Metric]) -> dict[str, Figure]:
    """All figures that can be published: rates, every metric, and the mean of the knob.

    A metric has its name, such as ``ssim``, over the first of its spaces, and the name of its column, such as
    ``ssim_y``, over the others. Where a summary pools it there is ``psnr_pooled``, too. Metrics that are shown only
    where they are named come last.
    """
    found = {
        "bpp": Figure("bpp", "bpp_mean", "#.4g"),
        "payload_bpp": Figure("bpp without headers", "payload_bpp_mean", "#.4g"),
        "nominal_bpp": Figure("nominal bpp", "nominal_bpp_mean", "#.4g"),
    }
    shown = shown_metrics(metrics)
    for metric in (*shown, *(metric for metric in metrics if metric not in shown)):
        first = metric.name not in found
        key, name = (metric.name, metric.title) if first else (metric.column, metric.heading)
        form, falls = f".{metric.digits}f", not metric.higher_is_better
        found[key] = Figure(name, f"{metric.column}_mean", form, metric.unit, falls=falls)
        if metric.pooled:
            found[f"{key}_pooled"] = Figure(f"pooled {name}", f"{metric.column}_pooled", form, metric.unit, falls=falls)
    found["knob"] = Figure("mean knob", "knob_value_mean", ".2f")
    return found


@dataclass(frozen=True)
class PublishedRow:
    """A published row, and which operating points it is compared with.

    Attributes:
        label: what its source calls it.
        dataset, codec, settings, target: what the operating points have; they may have further settings.
        figures: published, by their names, see :func:`known_figures`.
        interpolated: whether the points are a curve, and it is compared with what that has at the published rate.
        baseline: label of the row than which this one has less of a figure that falls; empty for none.
    """

    label: str
    dataset: str
    codec: str
    settings: Mapping[str, Any]
    target: str
    figures: Mapping[str, float]
    interpolated: bool
    baseline: str

    @property
    def rate(self) -> str:
        """The rate along which it is interpolated: the first that is published."""
        return next(name for name in RATES if name in self.figures)

    def selects(self, point: SummaryRow) -> bool:
        """Whether it is compared with an operating point."""
        settings = read_settings(point["settings"])
        return (point["dataset"], point["codec"], point["target"]) == (self.dataset, self.codec, self.target) and all(
            name in settings and settings[name] == value for name, value in self.settings.items()
        )


@dataclass(frozen=True)
class Published:
    """A published table: what a study file says of it.

    Attributes:
        path: the path of the file.
        name: the name of the study, and of its folder of results.
        title, source: the heading on the page and where the figures are from, in Markdown.
        differs: why ours differ, in Markdown.
        why: the same in a line, for the table of verdicts; empty where nothing is to be said.
        figures: all figures, those that the source has in other units in these.
        shown: names of the figures to show, in order: those published, and what the study names besides.
        rows: the rows, in order.
        reduced: name of the figure that rows with a baseline have less of; empty where no row has one.
        cross: published figures by data set trained on and data set tested on; empty where the table is no such.
        crossed: name of these figures, the first metric that the study measures; empty where there are none.
        saving: what the published entropy coder saved on each level of an embedded code, from the first, as texts;
            empty where the table is not of such a code.
    """

    path: Path
    name: str
    title: str
    source: str
    differs: str
    why: str
    figures: Figures
    shown: Sequence[str]
    rows: Sequence[PublishedRow]
    reduced: str
    cross: Mapping[str, Mapping[str, float]]
    crossed: str
    saving: Sequence[str]


def read_published(path: Path, metrics: Sequence[Metric]) -> Published:
    """The table ``[published]`` of a study file.

    Args:
        path: the path of the file.
        metrics: the metrics whose figures can be published.

    Raises:
        UsageError: it cannot be read, lacks a key, has one that is unknown or of a wrong type, or a row is compared
            with something that the study does not run; the message names the key.
    """
    document = read_toml(path)
    table = _checked(
        document.get("published"),
        f"{path}: published",
        {
            "title": str,
            "source": str,
            "differs": str,
            "why": str,
            "also": list,
            "units": dict,
            "rows": list,
            "cross": dict,
            "saving": list,
        },
        needed=("title", "source", "differs"),
    )
    figures = _in_units(known_figures(metrics), table.get("units", {}), f"{path}: published.units")
    also = table.get("also", [])
    for name in also:
        _check_figure(name, figures, f"{path}: published.also")
    datasets, codecs = document.get("dataset", []), list(document.get("codecs", {}))
    datasets = datasets if isinstance(datasets, list) else [datasets]
    rows = [
        _read_row(row, f"{path}: published.rows, number {number}", datasets, codecs, figures)
        for number, row in enumerate(table.get("rows", ()), 1)
    ]
    cross = table.get("cross", {})
    crossed = _crossed(document) if cross else ""
    if cross:
        _check_figure(crossed, figures, f"{path}: cross.metrics")
    for trained, tests in cross.items():
        if not isinstance(tests, dict) or not all(map(_is_number, tests.values())):
            wanted = f"the {figures[crossed].name} on each data set"
            raise UsageError(f"{path}: published.cross.{trained}: expected {wanted}, got {tests!r}")
    if not rows and not cross:
        raise UsageError(f"{path}: published: expected rows, or a table cross")
    named = {"bpp", *also, *(name for row in rows for name in row.figures)}
    return Published(
        path,
        str(document.get("name", path.stem)),
        table["title"],
        table["source"].strip(),
        table["differs"].strip(),
        table.get("why", "").strip(),
        figures,
        [name for name in figures if name in named],
        rows,
        _reduced(rows, figures, f"{path}: published.rows"),
        cross,
        crossed,
        [str(text) for text in table.get("saving", [])],
    )


def _crossed(document: Mapping[str, Any]) -> Any:
    """Name of the figure in a table of train and test; ``workflows.cross`` tells what is wrong with the table."""
    table = document.get("cross")
    metrics = table.get("metrics") if isinstance(table, dict) else None
    return metrics[0] if isinstance(metrics, list) and metrics else defaults.CROSS_METRICS[0]


def _check_figure(name: object, figures: Figures, where: str) -> None:
    if name not in figures:
        raise UsageError(f"{where}: unknown figure {name!r}{did_you_mean(str(name), figures)}")


def _in_units(figures: Figures, units: Mapping[str, Any], where: str) -> Figures:
    """The figures, those that a study names in the units of its source."""
    found = dict(figures)
    for name, table in units.items():
        _check_figure(name, figures, where)
        keys = {"unit": str, "divisor": float, "digits": int}
        told = _checked(table, f"{where}.{name}", keys, needed=keys)
        if told["divisor"] <= 0 or told["digits"] < 0:
            raise UsageError(f"{where}.{name}: expected a divisor above 0 and digits from 0 on, got {table!r}")
        found[name] = replace(figures[name], unit=told["unit"], divisor=told["divisor"], form=f".{told['digits']}f")
    return found


def _reduced(rows: Sequence[PublishedRow], figures: Figures, where: str) -> str:
    """The figure that falls as the quality rises, and that rows with a baseline and their baselines have."""
    common = [name for name, figure in figures.items() if figure.falls]
    for number, row in enumerate(rows, 1):
        if not row.baseline:
            continue
        against = [other for other in rows if other.label == row.baseline]
        common = [name for name in common if all(name in one.figures for one in (row, *against))]
        if len(against) != 1 or not common:
            raise UsageError(
                f"{where}, number {number}: baseline: expected the label of one row, and in both a figure that falls "
                f"as the quality rises, such as mse, got {row.baseline!r}"
            )
    return common[0] if any(row.baseline for row in rows) else ""


def _read_row(row: Any, where: str, datasets: Sequence[str], codecs: Sequence[str], figures: Figures) -> PublishedRow:
    """A published row; data set and codec may be left out where the study has one."""
    kinds: dict[str, type] = {
        "label": str,
        "dataset": str,
        "codec": str,
        "settings": dict,
        "target": str,
        "interpolated": bool,
        "baseline": str,
        **dict.fromkeys(figures, float),
    }
    row = _checked(row, where, kinds, needed=("label",))
    chosen = {}
    for key, known in (("dataset", datasets), ("codec", codecs)):
        chosen[key] = row.get(key, known[0] if len(known) == 1 else None)
        if chosen[key] not in known:
            raise UsageError(f"{where}: {key}: expected one of the study's, {', '.join(known)}, got {chosen[key]!r}")
    published = {name: row[name] for name in figures if name in row}
    if not published:
        raise UsageError(f"{where}: expected a figure, one of {', '.join(figures)}")
    if row.get("interpolated") and not any(name in published for name in RATES):
        raise UsageError(f"{where}: interpolated: expected a rate, {' or '.join(RATES)}")
    return PublishedRow(
        row["label"],
        chosen["dataset"],
        chosen["codec"],
        row.get("settings", {}),
        row.get("target", ""),
        published,
        row.get("interpolated", False),
        row.get("baseline", ""),
    )


def _checked(table: Any, where: str, kinds: Mapping[str, type], needed: Iterable[str]) -> dict[str, Any]:
    """A table whose keys are known and of their types.

    Raises:
        UsageError: the message names the key.
    """
    if not isinstance(table, dict):
        raise UsageError(f"{where}: expected a table, got {table!r}")
    for key, value in table.items():
        if key not in kinds:
            raise UsageError(f"{where}: unknown key {key!r}{did_you_mean(key, kinds)}")
        if not (_is_number(value) if kinds[key] is float else isinstance(value, kinds[key])):
            raise UsageError(f"{where}: {key}: expected {KIND_WORDS[kinds[key]]}, got {value!r}")
    for key in needed:
        if key not in table:
            raise UsageError(f"{where}: {key} is missing")
    return table


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
