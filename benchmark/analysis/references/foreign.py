"""Curves that others published, read from their files: which metric each is, and what to know of it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.analysis.references.formats import Table, read_tables
from benchmark.analysis.references.reference import ForeignMetric, Reference
from benchmark.errors import UsageError, counted, did_you_mean, meant
from benchmark.metric import Metric


@dataclass(frozen=True)
class Imported:
    """What an import gives.

    Attributes:
        references: the curves.
        notes: what was left out, and why.
    """

    references: list[Reference]
    notes: list[str]


def parse_definition(text: str) -> tuple[str, ForeignMetric]:
    """A key and what its values are, from ``KEY=METRIC_SPACE,UNIT,AVERAGING``, such as ``psnr=psnr_rgb,dB,images``.

    Raises:
        UsageError: the text is not of this form.
    """
    key, equals, told = text.partition("=")
    parts = told.split(",")
    metric, underscore, space = parts[0].rpartition("_")
    if not (key and equals and underscore and metric and len(parts) == 3):
        raise UsageError(
            f"--define {text}: expected KEY=METRIC_SPACE,UNIT,AVERAGING, such as psnr=psnr_rgb,dB,images or "
            "ms-ssim=ms_ssim_rgb,dB,pooled"
        )
    try:
        return key, ForeignMetric(metric, space, parts[1], parts[2])
    except UsageError as error:
        raise UsageError(f"--define {text}: {error}") from error


def import_curves(
    path: Path,
    *,
    metrics: Iterable[Metric],
    dataset: str | None = None,
    label: str | None = None,
    source: str | None = None,
    images: Callable[[str], int | None] | int | None = None,
    note: str | None = None,
    definitions: Mapping[str, ForeignMetric] | None = None,
    pixel_rate: float | None = None,
) -> Imported:
    """The curves of a file: one for each metric in it, on each data set in it.

    Args:
        path: ``.json`` as CompressAI writes it (``name``, ``description`` and ``results``, whose lists have one value
            for each point); ``.txt`` as TensorFlow Compression has it; or ``.csv`` with a header, a column ``bpp`` and
            one or more of values, of which HiFiC's is known.
        metrics: the metrics that are known: what is said of one of them, and its values, have to fit it.
        dataset: the data set of the curve, by its name in the records; by default the one that the file names. Of a
            file that names several only this one is taken.
        label: the name of the codec; by default the name in the file, or that of the CSV file.
        source: where it is from. Without it the file's name, and the description in it.
        images: how many images each point is a mean of, or what says so of a data set.
        note: what else to know.
        definitions: a definition for each key of the JSON or column of the CSV. The usual keys of others are known;
            every column of another CSV file that is wanted has to be defined.
        pixel_rate: pixels a second, for a video whose rates are in kilobits a second.

    Raises:
        UsageError: the file cannot be read as one of these, a value makes no sense, or nothing in it is defined.
    """
    tables = read_tables(path, pixel_rate)
    given = dict(definitions or {})
    _check_keys(path, tables, given)
    ours = {metric.name: metric for metric in metrics}
    references: list[Reference] = []
    notes: dict[str, None] = {}
    for table in _chosen(path, tables, dataset):
        where = table.dataset or dataset
        if not where:
            raise UsageError(f"{path}: does not say on which data set it is: name it with --dataset")
        known = {**table.known, **{key: metric for key, metric in given.items() if key in table.values}}
        if not known:
            raise UsageError(_undefined(path, table))
        for key, metric in known.items():
            points = _points(f"{path}: {key}", table.rates, table.values[key])
            if metric.name in ours:
                _check_fit(f"{path}: {key}", metric, [value for _, value in points], ours[metric.name])
            told = (table.notes.get(key), None if key in given else table.assumed.get(key), note)
            references.append(
                Reference(
                    where,
                    label or table.name,
                    source or ", ".join(filter(None, (table.described, path.name))),
                    metric,
                    images(where) if callable(images) else images,
                    tuple(rate for rate, _ in points),
                    tuple(value for _, value in points),
                    "; ".join(filter(None, told)),
                )
            )
        notes |= dict.fromkeys(_left_out(path, table, known))
    return Imported(references, list(notes))


def _chosen(path: Path, tables: Sequence[Table], dataset: str | None) -> list[Table]:
    """The tables that are on a data set, or do not say on which; all where none is named."""
    chosen = [table for table in tables if dataset is None or table.dataset in ("", dataset)]
    if not chosen:
        named = [table.dataset for table in tables]
        raise UsageError(
            f"{path}: it is on {', '.join(named)}, not on {dataset}{meant(str(dataset), named)}; leave --dataset "
            "out, or name one of them"
        )
    return chosen


def _check_keys(path: Path, tables: Sequence[Table], given: Iterable[str]) -> None:
    """Refuses definitions of values that are not there."""
    keys = list(dict.fromkeys(key for table in tables for key in table.values))
    unknown = sorted(set(given) - set(keys))
    if unknown:
        raise UsageError(f"{path}: --define {unknown[0]}: no such values{did_you_mean(unknown[0], keys)}")


def _left_out(path: Path, table: Table, known: Container[str]) -> Iterator[str]:
    """What is to be said of the values of a table that are not taken."""
    for key in table.values:
        reason = table.unused.get(key, f"say what it is with --define {key}=…")
        if key not in known and reason:
            yield f"{path}: left out {key}: {reason}"


def _undefined(path: Path, table: Table) -> str:
    example = next((key for key in table.values if key not in table.unused), "psnr")
    return (
        f"{path}: nothing says how its values were computed; name colour space, unit and averaging, such as "
        f"--define {example}=psnr_rgb,dB,images (mean of each image's dB) or {example}=psnr_rgb,dB,pooled "
        "(dB of the mean squared error)"
    )


def _points(where: str, rates: Sequence[Any], values: Sequence[Any]) -> list[tuple[float, float]]:
    """Rates and values that make sense, by rate."""
    if len(rates) != len(values):
        raise UsageError(f"{where}: {counted(len(values), 'value')} for {counted(len(rates), 'rate')}")
    if not len(rates):
        raise UsageError(f"{where}: no points")
    for place, pair in enumerate(zip(rates, values, strict=True), 1):
        for name, value in zip(("rate", "value"), pair, strict=True):
            if value is None or value == "":
                raise UsageError(
                    f"{where}: point {place} of {len(rates)} has no {name}: fill it in, or take the point out"
                )
    try:
        numbers = np.array([rates, values], float)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where}: expected numbers: {error}") from error
    if not np.isfinite(numbers).all() or not (numbers[0] > 0).all():
        raise UsageError(f"{where}: expected positive rates and finite values at every point")
    return sorted((float(rate), float(value)) for rate, value in numbers.T)


def _check_fit(where: str, metric: ForeignMetric, values: Sequence[float], ours: Metric) -> None:
    """Refuses what cannot be of a metric that we know."""
    if metric.unit == "dB":
        return
    if ours.unit == "dB":
        raise UsageError(f"{where}: {metric.name}: expected the unit dB, got {metric.unit}; say so with --define")
    if ours.highest is not None and max(values) > ours.highest:
        raise UsageError(
            f"{where}: expected values up to {ours.highest:g} of {metric}, got {max(values):g}; if they are in dB, say "
            "so with --define: KEY=METRIC_SPACE,dB,pooled for the dB of the mean, …,dB,images for the mean of dB"
        )
