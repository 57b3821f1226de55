"""Curves that others published, each with its metric as they computed it, so that only like is drawn beside like.

A reference file is a CSV of its own, written by ``python -m benchmark import``: a row for each point of a curve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import Metric
from benchmark.record.frames import csv_text
from benchmark.system.names import plain

COLUMNS = (
    "dataset",
    "label",
    "source",
    "metric",
    "space",
    "unit",
    "averaging",
    "images",
    "bpp",
    "value",
    "note",
)
"""Columns of a reference file. ``images`` is empty where nobody said how many there were."""

SPACES = {
    "rgb": "RGB",
    "y": "luma",
    "yuv": "a weighted mean of Y, U and V",
    "colour": "the colour picture as a whole",
}
"""What a metric of others may have been taken over."""
UNITS = ("dB", "linear")
AVERAGINGS = {
    ("dB", "images"): "mean over images of each image's dB",
    ("dB", "pooled"): "dB of the mean over images",
    ("linear", "images"): "mean over images",
}
"""What unit and averaging mean together. For PSNR, the mean whose dB is ``pooled`` is that of the squared error."""


@dataclass(frozen=True)
class ForeignMetric:
    """What the figures of others' curve are, which need not be what a :class:`benchmark.metric.Metric` of ours is.

    Attributes:
        name: the name of the metric, such as ``psnr`` or ``ms_ssim``.
        space: one of :data:`SPACES`.
        unit: ``dB`` or ``linear``; a similarity x has −10·log₁₀(1 − x) dB, a distance x has −10·log₁₀(x) dB.
        averaging: ``images`` for the mean over images of values in that unit; ``pooled`` where the unit is taken of the
            mean over images: of the squared error for PSNR, of the metric itself for others.

    Raises:
        UsageError: a space, unit or averaging that is not known, or that do not go together.
    """

    name: str
    space: str
    unit: str
    averaging: str

    def __post_init__(self) -> None:
        if self.space not in SPACES:
            raise UsageError(f"colour space: expected one of {', '.join(SPACES)}, got {self.space!r}")
        if self.unit not in UNITS:
            raise UsageError(f"unit: expected one of {', '.join(UNITS)}, got {self.unit!r}")
        if (self.unit, self.averaging) not in AVERAGINGS:
            known = ", ".join(averaging for unit, averaging in AVERAGINGS if unit == self.unit)
            raise UsageError(f"averaging of values in {self.unit}: expected {known}, got {self.averaging!r}")

    def __str__(self) -> str:
        """In words, for messages and captions."""
        name = self.name.upper().replace("_", "-")
        return f"{name} over {SPACES[self.space]}, {AVERAGINGS[self.unit, self.averaging]}"

    @classmethod
    def of(cls, metric: Metric) -> Self:
        """What the figures of a metric of ours are, as :meth:`benchmark.metric.Metric.drawn` gives them."""
        unit = "dB" if metric.drawn_unit == "dB" else "linear"
        return cls(metric.name, metric.space, unit, "pooled" if metric.decibels else "images")


@dataclass(frozen=True)
class Reference:
    """A curve of others.

    Attributes:
        dataset: the data set of the curve, by its name in the records.
        label: the name of the codec.
        source: where it is from.
        metric: the metric of its values.
        images: how many images each point is a mean of; None where nobody said.
        rates: bits per pixel, rising.
        values: the value at each rate, in the unit of the metric.
        note: what else to know of it; may be empty.

    Texts are stored as :func:`benchmark.system.names.plain` makes them.
    """

    dataset: str
    label: str
    source: str
    metric: ForeignMetric
    images: int | None
    rates: tuple[float, ...]
    values: tuple[float, ...]
    note: str = ""

    def __post_init__(self) -> None:
        # As names of files: a cell that every table and spreadsheet takes for a text of one line.
        for name in ("dataset", "label", "source", "note"):
            object.__setattr__(self, name, plain(getattr(self, name)))

    def refusal(self, wanted: Metric) -> str:
        """Why its values cannot be had as figures draw a metric of ours; empty where they can.

        The dB of a mean similarity and that mean itself can be had from each other; nothing else can.
        """
        mine, ours = self.metric, ForeignMetric.of(wanted)
        same = (mine.name, mine.space) == (ours.name, ours.space)
        of_means = ("dB", "images") not in ((mine.unit, mine.averaging), (ours.unit, ours.averaging))
        if mine == ours or (same and of_means):
            return ""
        return (
            f"{self.label} ({self.source}) has {mine}; the results have {ours}. They must not be mixed: leave it "
            f"out, choose a metric of the same definition, or, if it is wrong, import it again with --define"
        )

    def values_by(self, wanted: Metric) -> tuple[float, ...]:
        """Its values as figures draw a metric of ours.

        Raises:
            UsageError: they cannot be had, see :meth:`refusal`.
        """
        refusal = self.refusal(wanted)
        if refusal:
            raise UsageError(refusal)
        if self.metric.unit == ForeignMetric.of(wanted).unit:
            return self.values
        values = np.asarray(self.values)
        if self.metric.unit == "linear":
            return tuple(map(float, wanted.drawn(values)))
        distances = 10 ** (-values / 10)
        return tuple(map(float, 1 - distances if wanted.higher_is_better else distances))

    def curve(self, wanted: Metric) -> Curve:
        """It as a mean curve that goes up by the quality of a metric of ours.

        Raises:
            UsageError: its values cannot be had, see :meth:`refusal`.
        """
        return Curve(
            self.rates,
            tuple(map(float, wanted.turned(self.values_by(wanted)))),
            self.label,
            self.dataset,
            images=self.images or 0,
            notes=(f"{self.label}: {self.note}",) if self.note else (),
        )


def told_apart(references: Sequence[Reference]) -> list[Reference]:
    """References whose labels differ, each once.

    Those of one label, data set and metric get the name of their source, too, and a number where even that is the same.
    """
    once = list(dict.fromkeys(references))

    def place(reference: Reference) -> tuple[str, str, str, str]:
        return reference.dataset, reference.label, reference.metric.name, reference.metric.space

    counts = Counter(map(place, once))
    named = [
        replace(reference, label=f"{reference.label} [{reference.source}]")
        if counts[place(reference)] > 1
        else reference
        for reference in once
    ]
    return [
        reference if number == 1 else replace(reference, label=f"{reference.label} ({number})")
        for reference, number in zip(named, numbers_of(map(place, named)), strict=True)
    ]


def numbers_of(names: Iterable[Hashable]) -> list[int]:
    """For each name how often it has come so far, itself included."""
    seen: Counter[Hashable] = Counter()
    numbers = []
    for name in names:
        seen[name] += 1
        numbers.append(seen[name])
    return numbers


def is_reference(path: Path) -> bool:
    """Whether a file is one of references, by its first line; a folder is not, nor is one that cannot be read."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline().rstrip("\r\n") == ",".join(COLUMNS)


def reference_text(references: Sequence[Reference]) -> str:
    """The content of a reference file."""
    rows = [
        (
            reference.dataset,
            reference.label,
            reference.source,
            reference.metric.name,
            reference.metric.space,
            reference.metric.unit,
            reference.metric.averaging,
            "" if reference.images is None else reference.images,
            rate,
            value,
            reference.note,
        )
        for reference in references
        for rate, value in zip(reference.rates, reference.values, strict=True)
    ]
    return csv_text(pd.DataFrame(rows, columns=COLUMNS))


def read_reference(path: Path) -> list[Reference]:
    """The curves of a reference file, in the order in which they appear.

    Raises:
        UsageError: there is no such file.
        RecordsError: it is no reference file, or a cell makes no sense.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    if not is_reference(path):
        raise RecordsError(f"{path}: not a reference file, by its columns; `python -m benchmark import` writes one")
    texts = {name: str for name in COLUMNS if name not in ("bpp", "value")}
    try:
        frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"bpp": [""], "value": [""]})
        points = frame[["bpp", "value"]].astype(float)
    except ValueError as error:
        raise RecordsError(f"{path}: cannot be read as a reference file: {error}") from error
    if not np.isfinite(points.to_numpy()).all() or not (points["bpp"] > 0).all():
        raise RecordsError(f"{path}: expected positive rates and finite values at every point")
    about = [name for name in COLUMNS if name not in ("bpp", "value")]
    references = []
    for keys, group in frame.groupby(about, sort=False):
        told = dict(zip(about, map(str, keys), strict=True))
        if told["images"] and not (told["images"].isdecimal() and int(told["images"])):
            raise RecordsError(f"{path}: images: expected a positive whole number or nothing, got {told['images']!r}")
        try:
            metric = ForeignMetric(told["metric"], told["space"], told["unit"], told["averaging"])
        except UsageError as error:
            raise RecordsError(f"{path}: {error}") from error
        order = group.sort_values("bpp", kind="stable")
        references.append(
            Reference(
                told["dataset"],
                told["label"],
                told["source"],
                metric,
                int(told["images"]) if told["images"] else None,
                tuple(map(float, order["bpp"])),
                tuple(map(float, order["value"])),
                told["note"],
            )
        )
    return references


def reference_curves(references: Sequence[Reference], metric: Metric, dataset: str) -> list[Curve]:
    """The references of a metric of ours as mean curves.

    Those of other metrics, spaces or data sets belong on other axes and are left out; call :func:`check_references`
    first, which refuses those that belong nowhere.

    Args:
        references: any.
        metric: the metric whose quality the curves go up by.
        dataset: label of the data set in the records.

    Raises:
        UsageError: one is of the metric and its space, but averaged in another way: it names both.
    """
    return [
        reference.curve(metric)
        for reference in references
        if reference.dataset == dataset
        and (reference.metric.name, reference.metric.space) == (metric.name, metric.space)
    ]


def check_references(references: Sequence[Reference], metrics: Sequence[Metric], datasets: Sequence[str]) -> None:
    """Refuses references that fit nothing of the results.

    Args:
        references: any.
        metrics: the metrics of the results.
        datasets: labels of the data sets in the records.

    Raises:
        UsageError: one is on none of the data sets, or can be had as none of the metrics; it says which. A curve of a
            metric that the results lack is let pass where the same codec has another that fits.
    """
    fitting = {
        (reference.label, reference.source)
        for reference in references
        if not all(reference.refusal(wanted) for wanted in metrics)
    }
    alike = {(wanted.name, wanted.space) for wanted in metrics}
    for reference in references:
        if reference.dataset not in datasets:
            raise UsageError(
                f"{reference.label} ({reference.source}) is on {reference.dataset}, the results on "
                f"{', '.join(datasets)}: curves over other images must not be mixed; leave it out, or import it again "
                "with --dataset"
            )
        mine = reference.metric
        if (mine.name, mine.space) not in alike and (reference.label, reference.source) in fitting:
            continue
        refusals = {wanted: reference.refusal(wanted) for wanted in metrics}
        if all(refusals.values()):
            # The metric that comes nearest tells most.
            nearest = max(
                refusals, key=lambda wanted: (wanted.name == mine.name, wanted.space == mine.space), default=None
            )
            raise UsageError(refusals[nearest] if nearest else f"{reference.label}: the results have no metric")
