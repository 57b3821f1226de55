"""By how much each column of the records may become worse, and which way is worse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.metric import Metric


@dataclass(frozen=True)
class Tolerance:
    """By how much a value may become worse.

    Attributes:
        amount: in the column's unit, or a share of the baseline's value.
        relative: which of the two.
    """

    amount: float
    relative: bool = False

    def allowed(self, before: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """In the column's unit; nothing where the baseline is infinite."""
        absolute = np.abs(before) * self.amount if self.relative else np.full(before.shape, self.amount)
        return np.where(np.isfinite(before), absolute, 0.0)

    def __str__(self) -> str:
        return f"{100 * self.amount:.12g}%" if self.relative else f"{self.amount:.12g}"


DEFAULT_TOLERANCES = {
    "bpp": Tolerance(0.001, relative=True), "psnr": Tolerance(0.01), "mse": Tolerance(0.0025, relative=True),
    "ssim": Tolerance(0.0001), "ms_ssim": Tolerance(0.0001),
}
"""By rate or metric: a unit of the last digit that papers print; 0.25 % of the MSE are about 0.01 dB."""

OTHER_TOLERANCE = Tolerance(0.001, relative=True)
"""Of metrics of other packages."""


@dataclass(frozen=True)
class Measure:
    """A column that rows are judged by.

    Attributes:
        column: of the records.
        higher_is_better: direction.
        tolerance: by how much it may become worse.
        quality: whether BD-rates are computed by it.
        decibels: whether BD-rates are by −10·log₁₀(1 − mean).
    """

    column: str
    higher_is_better: bool
    tolerance: Tolerance
    quality: bool = False
    decibels: bool = False


def measures(metrics: Iterable[Metric], tolerances: Mapping[str, Tolerance]) -> list[Measure]:
    """The rate, and both columns of every metric.

    Args:
        metrics: that the bench has.
        tolerances: by name of a metric or column, instead of the defaults; that of a column wins.
    """
    found = [Measure("bpp", False, tolerances.get("bpp", DEFAULT_TOLERANCES["bpp"]))]
    for metric in metrics:
        default = tolerances.get(metric.name, DEFAULT_TOLERANCES.get(metric.name, OTHER_TOLERANCE))
        found += [
            Measure(
                column, metric.higher_is_better, tolerances.get(column, default),
                quality=metric.higher_is_better and column == metric.columns[0], decibels=metric.decibels,
            )
            for column in metric.columns
        ]
    return found


def parse_tolerances(texts: Sequence[str], metrics: Sequence[Metric]) -> dict[str, Tolerance]:
    """Tolerances of texts such as ``psnr=0.01,bpp=0.1%``.

    Args:
        texts: each names some, separated by commas: of ``bpp``, of a metric, of one of its columns, or of ``bd_rate``,
            which is in percent with the sign or without.
        metrics: that the bench has.

    Raises:
        UsageError: an unknown name, or no number of 0 or more.
    """
    known = ["bpp", *(metric.name for metric in metrics), "bd_rate"]
    columns = [column for metric in metrics for column in metric.columns]
    found = {}
    for part in (part.strip() for text in texts for part in text.split(",") if part.strip()):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in known and name not in columns:
            raise UsageError(
                f"tolerance {part!r}: unknown name {name!r}; known: {', '.join(known)}, and columns such as "
                f"{columns[0]}"
            )
        found[name] = _tolerance(part, value, percent=name == "bd_rate")
    return found


def parse_percent(name: str, text: str) -> float:
    """A share of 0 or more from a text such as ``20%``.

    Raises:
        UsageError: it is none; the message names the option.
    """
    try:
        share = float(text.removesuffix("%")) / 100 if text.endswith("%") else math.nan
    except ValueError:
        share = math.nan
    if not (math.isfinite(share) and share >= 0):
        raise UsageError(f"{name}: expected a percentage such as 20%, got {text!r}")
    return share


def _tolerance(part: str, value: str, *, percent: bool) -> Tolerance:
    relative = value.endswith("%")
    try:
        amount = float(value.removesuffix("%"))
    except ValueError:
        amount = math.nan
    if not (math.isfinite(amount) and amount >= 0):
        raise UsageError(f"tolerance {part!r}: expected NAME=NUMBER or NAME=PERCENT%, 0 or more, such as psnr=0.01")
    return Tolerance(amount / 100, relative=True) if relative or percent else Tolerance(amount)
