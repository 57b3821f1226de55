"""Published figures: what the table ``[published]`` of a study file says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from benchmark.errors import UsageError
from benchmark.record.settings import read_settings
from benchmark.system.files import read_toml

SummaryRow = Mapping[str, Any]
"""A row of a summary by column, with the ``label`` of its data set: one operating point on one data set."""

RATES = ("bpp", "nominal_bpp")


@dataclass(frozen=True)
class Figure:
    """A figure that can be published.

    Attributes:
        title: the title of its column on the page.
        column: the column of the summary.
        form: the format in which a measured value is written.
        scale: the number that a measured value is divided by.
    """

    title: str
    column: str
    form: str
    scale: float = 1.0


FIGURES: Mapping[str, Figure] = {
    "bpp": Figure("bpp", "bpp_mean", "#.4g"),
    "payload_bpp": Figure("bpp without headers", "payload_bpp_mean", "#.4g"),
    "nominal_bpp": Figure("nominal bpp", "nominal_bpp_mean", "#.4g"),
    "psnr": Figure("PSNR (dB)", "psnr_rgb_mean", ".2f"),
    "psnr_pooled": Figure("pooled PSNR (dB)", "psnr_rgb_pooled", ".2f"),
    "ssim": Figure("SSIM", "ssim_rgb_mean", ".3f"),
    "ms_ssim": Figure("MS-SSIM", "ms_ssim_rgb_mean", ".3f"),
    "mse": Figure("MSE (of 0–1)", "mse_rgb_mean", ".4f", 255.0**2),
    "knob": Figure("mean knob", "knob_value_mean", ".2f"),
}
"""By their names in study files, in the order of their columns."""


@dataclass(frozen=True)
class PublishedRow:
    """A published row, and which operating points it is compared with.

    Attributes:
        label: what its source calls it.
        dataset, codec, settings, target: what the operating points have; they may have further settings.
        figures: published, by their names in :data:`FIGURES`.
        interpolated: whether the points are a curve, and it is compared with what that has at the published rate.
        baseline: label of the row in whose MSE this one's reduction is counted; empty for none.
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
        also: figures to show besides those published.
        rows: the rows, in order.
        cross: published PSNR in dB by data set trained on and data set tested on; empty where the table is no such.
        saving: what the published entropy coder saved on each level of an embedded code, from the first, as texts;
            empty where the table is not of such a code.
    """

    path: Path
    name: str
    title: str
    source: str
    differs: str
    also: Sequence[str]
    rows: Sequence[PublishedRow]
    cross: Mapping[str, Mapping[str, float]]
    saving: Sequence[str]


def read_published(path: Path) -> Published:
    """The table ``[published]`` of a study file.

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
            "also": list,
            "rows": list,
            "cross": dict,
            "saving": list,
        },
        needed=("title", "source", "differs"),
    )
    for name in table.get("also", ()):
        if name not in FIGURES:
            raise UsageError(f"{path}: published.also: unknown figure {name!r}; known: {', '.join(FIGURES)}")
    datasets, codecs = document.get("dataset", []), list(document.get("codecs", {}))
    datasets = datasets if isinstance(datasets, list) else [datasets]
    rows = [
        _read_row(row, f"{path}: published.rows, number {number}", datasets, codecs)
        for number, row in enumerate(table.get("rows", ()), 1)
    ]
    for number, row in enumerate(rows, 1):
        against = [other for other in rows if other.label == row.baseline]
        if row.baseline and not (len(against) == 1 and "mse" in against[0].figures and "mse" in row.figures):
            raise UsageError(
                f"{path}: published.rows, number {number}: baseline: expected the label of one row, and an mse in "
                f"both, got {row.baseline!r}"
            )
    for trained, tests in table.get("cross", {}).items():
        if not isinstance(tests, dict) or not all(map(_is_number, tests.values())):
            raise UsageError(f"{path}: published.cross.{trained}: expected a PSNR for each data set, got {tests!r}")
    if not rows and not table.get("cross"):
        raise UsageError(f"{path}: published: expected rows, or a table cross")
    return Published(
        path,
        str(document.get("name", path.stem)),
        table["title"],
        table["source"].strip(),
        table["differs"].strip(),
        table.get("also", []),
        rows,
        table.get("cross", {}),
        [str(text) for text in table.get("saving", [])],
    )


def _read_row(row: Any, where: str, datasets: Sequence[str], codecs: Sequence[str]) -> PublishedRow:
    """A published row; data set and codec may be left out where the study has one."""
    kinds: dict[str, type] = {
        "label": str,
        "dataset": str,
        "codec": str,
        "settings": dict,
        "target": str,
        "interpolated": bool,
        "baseline": str,
        **dict.fromkeys(FIGURES, float),
    }
    row = _checked(row, where, kinds, needed=("label",))
    chosen = {}
    for key, known in (("dataset", datasets), ("codec", codecs)):
        chosen[key] = row.get(key, known[0] if len(known) == 1 else None)
        if chosen[key] not in known:
            raise UsageError(f"{where}: {key}: expected one of the study's, {', '.join(known)}, got {chosen[key]!r}")
    figures = {name: row[name] for name in FIGURES if name in row}
    if not figures:
        raise UsageError(f"{where}: expected a figure, one of {', '.join(FIGURES)}")
    if row.get("interpolated") and not any(name in figures for name in RATES):
        raise UsageError(f"{where}: interpolated: expected a rate, {' or '.join(RATES)}")
    return PublishedRow(
        row["label"],
        chosen["dataset"],
        chosen["codec"],
        row.get("settings", {}),
        row.get("target", ""),
        figures,
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
            raise UsageError(f"{where}: unknown key {key!r}; known: {', '.join(kinds)}")
        if not (_is_number(value) if kinds[key] is float else isinstance(value, kinds[key])):
            raise UsageError(f"{where}: {key}: expected {kinds[key].__name__}, got {value!r}")
    for key in needed:
        if key not in table:
            raise UsageError(f"{where}: {key} is missing")
    return table


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
