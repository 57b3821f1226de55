"""What texts of a command line or a study file mean: targets of matches, and ranges of values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from benchmark.errors import MissingBackend, UsageError
from benchmark.metric import Metric, find_metric
from benchmark.plugins import all_metrics, missing_metrics
from benchmark.run.matching import RATES, SENSES, Sense, Target
from benchmark.system.limits import MOST_RATE

_RANGE = re.compile(r"(?P<first>[^.:]+(?:\.\d+)?)\.\.(?P<last>[^:]+)(?::(?P<step>.+))?")

MOST_VALUES = 10_000
"""Values that a range may have."""


def expanded(where: str, text: str) -> list[str]:
    """The values of a text such as ``5,10,20..80:20``, as texts; a range has both ends, where the steps meet them.

    Args:
        where: what the message calls the text.
        text: the text.

    Raises:
        UsageError: a range makes no sense.
    """
    values = []
    for part in text.split(","):
        found = _RANGE.fullmatch(part)
        if not found:
            values.append(part)
            continue
        try:
            first, last, step = (Decimal(found[name] or 1) for name in ("first", "last", "step"))
            wrong = _wrong(first, last, step)
        except (ArithmeticError, ValueError):
            wrong = "these are no numbers"
        if wrong:
            raise UsageError(f"{where}: {part}: expected FIRST..LAST:STEP, such as 5..95:5, but {wrong}")
        values += [f"{first + place * step:f}" for place in range(int((last - first) / step) + 1)]
    return values


def _wrong(first: Decimal, last: Decimal, step: Decimal) -> str:
    """Why numbers make no range; empty where they do."""
    if not (first.is_finite() and last.is_finite() and step.is_finite()):
        return "these are no finite numbers"
    if step == 0:
        return "the step is 0"
    if (last - first) / step < 0:
        return (
            f"a step of {step} does not lead from {first} to {last}: {last}..{first}:{step} or {first}..{last}:{-step}"
        )
    if (last - first) / step >= MOST_VALUES:
        return f"these are more than {MOST_VALUES:,} values: take a wider step"
    return ""


_MATCH = re.compile(r"([^<>=~]+)(<=|>=|=|~)(.*)")


def parse_match(texts: Sequence[str]) -> dict[str, list[float]]:
    """Limits by column, from texts such as ``COLUMN<=V,V``; a sign other than ``=`` and ``<=`` joins the column's name.

    Raises:
        UsageError: a text is not of this form.
    """
    match: dict[str, list[float]] = {}
    for text in texts:
        found = _MATCH.fullmatch(text)
        try:
            column, sign, values = found.groups() if found else ("", "", "")
            key = column + sign.removeprefix("<=").removeprefix("=")
            match.setdefault(key, []).extend(float(value) for value in values.split(","))
        except ValueError:
            raise UsageError(
                f"--match {text}: expected COLUMN=VALUE[,VALUE…], such as bpp=2,8, or with <=, >= or ~ for the sign"
            ) from None
    return match


def targets_of(match: Mapping[str, Sequence[float]], *, mean: bool) -> list[Target]:
    """The targets that limits by column mean, none twice.

    Args:
        match: as :func:`parse_match` gives them.
        mean: whether they are of means over the data set.

    Raises:
        UsageError: an unknown column, or a limit that is no number.
        MissingBackend: the library of a metric is missing.
    """
    found = []
    for name, limits in match.items():
        sense: Sense = next((sense for sense in SENSES if name.endswith(sense)), "<=")
        plain = name.removesuffix(sense)
        try:
            metric = None if plain in RATES else _target_metric(plain)
        except UsageError as error:
            raise UsageError(f"match: {plain!r} is neither a rate ({', '.join(RATES)}) nor a metric; {error}") from None
        if not limits:
            raise UsageError(f"match: {name}: no values to match")
        for limit in limits:
            if isinstance(limit, bool) or not isinstance(limit, int | float) or not math.isfinite(limit):
                raise UsageError(f"match: {name}: expected numbers, got {limit!r}")
            if metric is None:
                expected = "" if 0 < limit <= MOST_RATE else f"a rate above 0 and up to {MOST_RATE:g} bits per pixel"
            else:
                expected = metric.impossible(limit)
            if expected:
                raise UsageError(f"match: {name}: no image can have {limit:g}: expected {expected}")
            found.append(Target(metric.column if metric else plain, float(limit), sense, mean))
    return list(dict.fromkeys(found))


def _target_metric(text: str) -> Metric:
    metric = find_metric(all_metrics(), text)
    missing = missing_metrics([metric.name])
    if missing:
        raise MissingBackend(f"match: metric {metric.name}: {missing[metric.name]}")
    return metric
