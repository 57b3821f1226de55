"""By how much each column of the records may become worse, and which way is worse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmark.errors import UsageError, did_you_mean
from benchmark.metric import Metric, Tolerance

RATE = Metric(
    name="bpp",
    space="colour",
    title="rate",
    unit="bpp",
    higher_is_better=False,
    shown="named",
    definition="bits of the whole stream, headers included, for each pixel",
    tolerance=Tolerance(0.001, relative=True),
)
"""The rate, which a comparison judges as it judges metrics."""


def judged_columns(metrics: Iterable[Metric], tolerances: Mapping[str, Tolerance]) -> list[Metric]:
    """The rate and all metrics, each with the tolerance that it is judged by.

    Args:
        metrics: the metrics that the two runs have.
        tolerances: tolerances by the name of a metric or column, in place of its own; that of a column wins.
    """
    return [
        replace(metric, tolerance=tolerances.get(metric.column, tolerances.get(metric.name, metric.tolerance)))
        for metric in (RATE, *metrics)
    ]


def parse_tolerances(texts: Sequence[str], metrics: Sequence[Metric]) -> dict[str, Tolerance]:
    """Tolerances of texts such as ``psnr=0.01,bpp=0.1%``.

    Args:
        texts: each names some, separated by commas: of ``bpp``, of a metric, of one of its columns, or of ``bd_rate``,
            which is in percent with the sign or without.
        metrics: the metrics that the two runs have.

    Raises:
        UsageError: an unknown name, or no number of 0 or more.
    """
    known = list(dict.fromkeys(["bpp", *(metric.name for metric in metrics), "bd_rate"]))
    columns = [metric.column for metric in metrics]
    found = {}
    for part in (part.strip() for text in texts for part in text.split(",") if part.strip()):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in known and name not in columns:
            raise UsageError(
                f"tolerance {part!r}: unknown name {name!r}{did_you_mean(name, dict.fromkeys([*known, *columns]))}"
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
