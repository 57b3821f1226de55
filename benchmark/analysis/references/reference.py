"""Curves that others published, each with the definition of its metric, so that only like is drawn beside like.

A reference file is a CSV of its own, written by ``python -m benchmark import``: a row for each point of a curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.table import in_decibels
from benchmark.errors import RecordsError, UsageError

COLUMNS = (
    "dataset", "label", "source", "metric", "space", "unit", "averaging", "images", "bpp", "value", "note",
)
"""Columns of a reference file. ``images`` is empty where nobody said how many there were."""

SPACES = {"rgb": "RGB", "y": "luma", "yuv": "a weighted mean of Y, U and V"}
"""Colour spaces over which a metric may have been taken."""
UNITS = ("dB", "linear")
AVERAGINGS = {
    ("dB", "images"): "mean over images of each image's dB",
    ("dB", "pooled"): "dB of the mean over images",
    ("linear", "images"): "mean over images",
}
"""What unit and averaging mean together. For PSNR, the mean whose dB is ``pooled`` is that of the squared error."""


@dataclass(frozen=True)
class Definition:
    """How the figures of a curve were computed.

    Attributes:
        metric: such as ``psnr`` or ``ms_ssim``.
        space: one of :data:`SPACES`.
        unit: ``dB`` or ``linear``; a similarity x has −10·log₁₀(1 − x) dB.
        averaging: ``images`` for the mean over images of values in that unit; ``pooled`` where the unit is taken of the
            mean over images: of the squared error for PSNR, of the similarity for others.

    Raises:
        UsageError: a space, unit or averaging that is not known, or that do not go together.
    """

    metric: str
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
        if self.metric == "psnr" and self.unit != "dB":
            raise UsageError("psnr: expected the unit dB, got linear")

    def __str__(self) -> str:
        """In words, for messages and captions."""
        name = self.metric.upper().replace("_", "-")
        return f"{name} over {SPACES[self.space]}, {AVERAGINGS[self.unit, self.averaging]}"


def definition_of(column: str, unit: str, decibels: bool) -> Definition:
    """The definition by which a curve of :meth:`benchmark.analysis.curve.Results.curves` has its qualities.

    Args:
        column: of the records, such as ``psnr_rgb``.
        unit: of the metric, ``dB`` or empty.
        decibels: whether the quality is −10·log₁₀(1 − mean).
    """
    metric, _, space = column.rpartition("_")
    in_db = decibels or unit == "dB"
    return Definition(metric, space, "dB" if in_db else "linear", "pooled" if decibels else "images")


@dataclass(frozen=True)
class Reference:
    """A curve of others.

    Attributes:
        dataset: on which, by its name in the records.
        label: of the codec.
        source: where it is from.
        definition: of its values.
        images: how many images each point is a mean of; None where nobody said.
        rates: bits per pixel, rising.
        values: of each rate, in the unit of the definition.
        note: what else to know of it; may be empty.
    """

    dataset: str
    label: str
    source: str
    definition: Definition
    images: int | None
    rates: tuple[float, ...]
    values: tuple[float, ...]
    note: str = ""

    def refusal(self, wanted: Definition) -> str:
        """Why its values cannot be had by another definition; empty where they can.

        The dB of a mean similarity and that mean itself can be had from each other; nothing else can.
        """
        mine = self.definition
        same = (mine.metric, mine.space) == (wanted.metric, wanted.space)
        of_means = mine.metric != "psnr" and ("dB", "images") not in (
            (mine.unit, mine.averaging), (wanted.unit, wanted.averaging)
        )
        if mine == wanted or (same and of_means):
            return ""
        return (
            f"{self.label} ({self.source}) has {mine}; the results have {wanted}. They must not be mixed: leave it "
            f"out, choose a metric of the same definition, or, if it is wrong, import it again with --define"
        )

    def values_by(self, wanted: Definition) -> tuple[float, ...]:
        """Its values by a definition.

        Raises:
            UsageError: they cannot be had, see :meth:`refusal`.
        """
        refusal = self.refusal(wanted)
        if refusal:
            raise UsageError(refusal)
        if self.definition.unit == wanted.unit:
            return self.values
        values = np.asarray(self.values)
        converted = in_decibels(values) if wanted.unit == "dB" else 1 - 10 ** (-values / 10)
        return tuple(float(value) for value in converted)


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
            reference.dataset, reference.label, reference.source, reference.definition.metric,
            reference.definition.space, reference.definition.unit, reference.definition.averaging,
            "" if reference.images is None else reference.images, rate, value, reference.note,
        )
        for reference in references
        for rate, value in zip(reference.rates, reference.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False, lineterminator="\n")


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
            definition = Definition(told["metric"], told["space"], told["unit"], told["averaging"])
        except UsageError as error:
            raise RecordsError(f"{path}: {error}") from error
        order = group.sort_values("bpp", kind="stable")
        references.append(Reference(
            told["dataset"], told["label"], told["source"], definition,
            int(told["images"]) if told["images"] else None,
            tuple(map(float, order["bpp"])), tuple(map(float, order["value"])), told["note"],
        ))
    return references


def references_for(
    references: Sequence[Reference], column: str, unit: str, decibels: bool, dataset: str
) -> list[Reference]:
    """The references to be drawn on an axis; their values are by its definition.

    Those of other metrics, colour spaces or data sets belong on other axes and are left out; call
    :func:`check_references` first, which refuses those that belong nowhere.

    Args:
        references: any.
        column, unit, decibels: of the axis, see :func:`definition_of`.
        dataset: label of the data set in the records.

    Raises:
        UsageError: one is of the axis' metric and colour space, but averaged in another way: it names both definitions.
    """
    wanted = definition_of(column, unit, decibels)
    return [
        Reference(
            reference.dataset, reference.label, reference.source, wanted, reference.images, reference.rates,
            reference.values_by(wanted), reference.note,
        )
        for reference in references
        if reference.dataset == dataset
        and (reference.definition.metric, reference.definition.space) == (wanted.metric, wanted.space)
    ]


def check_references(
    references: Sequence[Reference], definitions: Sequence[Definition], datasets: Sequence[str]
) -> None:
    """Refuses references that fit nothing of the results.

    Args:
        references: any.
        definitions: of the axes, see :func:`definition_of`.
        datasets: labels of the data sets in the records.

    Raises:
        UsageError: one is on none of the data sets, or can be had by none of the definitions; it says which. A curve
            of a metric that no axis has is let pass where the same codec has another that fits.
    """
    fitting = {
        (reference.label, reference.source) for reference in references
        if not all(reference.refusal(wanted) for wanted in definitions)
    }
    alike = {(wanted.metric, wanted.space) for wanted in definitions}
    for reference in references:
        if reference.dataset not in datasets:
            raise UsageError(
                f"{reference.label} ({reference.source}) is on {reference.dataset}, the results on "
                f"{', '.join(datasets)}: curves over other images must not be mixed; leave it out, or import it again "
                "with --dataset"
            )
        mine = reference.definition
        if (mine.metric, mine.space) not in alike and (reference.label, reference.source) in fitting:
            continue
        refusals = {wanted: reference.refusal(wanted) for wanted in definitions}
        if all(refusals.values()):
            # The axis that comes nearest tells most.
            nearest = max(
                refusals, key=lambda wanted: (wanted.metric == mine.metric, wanted.space == mine.space), default=None
            )
            raise UsageError(refusals[nearest] if nearest else f"{reference.label}: the results have no metric")


def reference_curves(
    references: Sequence[Reference], column: str, unit: str, decibels: bool, dataset: str
) -> list[Curve]:
    """The references of an axis as mean curves, for BD-rates; arguments and errors are those of :func:`references_for`.

    Raises:
        UsageError: of one nobody said how many images it covers.
    """
    curves = []
    for reference in references_for(references, column, unit, decibels, dataset):
        if reference.images is None:
            raise UsageError(
                f"{reference.label} ({reference.source}) does not say how many images it is a mean of; import it again "
                "with --images"
            )
        notes = (f"{reference.label}: {reference.note}",) if reference.note else ()
        curves.append(Curve(
            reference.rates, reference.values, reference.label, reference.dataset, images=reference.images, notes=notes
        ))
    return curves
