"""Reads curves in the forms in which others publish them: CompressAI's JSON, and CSV files of rates and values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.references.reference import ForeignMetric, Reference
from benchmark.errors import UsageError, one_line
from benchmark.metric import Metric
from benchmark.record.reading import other_separator

RATE = "bpp"
"""Name of the rates, in JSON and in CSV."""

COMPRESSAI_AVERAGING = "images"
"""CompressAI means every value over images: PSNR in dB of each image, over R, G and B together; MS-SSIM as it is."""

COMPRESSAI_NOTES = {
    ("VTM", "psnr"): "PSNR flattered: taken against a source that had made the round trip through YCbCr itself",
    ("HM", "psnr"): "PSNR flattered: taken against a source that had made the round trip through YCbCr itself",
}
"""What is known of curves by name and metric."""

COMPRESSAI_MS_SSIM = (
    "MS-SSIM by pytorch-msssim: where a side is no multiple of 16 it is another one than ms_ssim, by up to 0.04; the "
    "bench's ms_ssim_pytorch is the same"
)
"""How CompressAI computes it."""

_KEY = re.compile(r"(psnr|ms-ssim)(?:-(rgb|y|yuv))?")
_TIMES = frozenset({"encoding_time", "decoding_time"})


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
    dataset: str,
    metrics: Iterable[Metric],
    label: str | None = None,
    source: str | None = None,
    images: int | None = None,
    note: str | None = None,
    definitions: Mapping[str, ForeignMetric] | None = None,
) -> Imported:
    """The curves of a file: one for each metric in it.

    Args:
        path: ``.json`` as CompressAI writes it (``name``, ``description`` and ``results``, whose lists have one value
            for each point); or ``.csv`` with a header, a column ``bpp`` and one or more of values.
        dataset: the data set of the curve, by its name in the records.
        metrics: the metrics that are known: what is said of one of them, and its values, have to fit it.
        label: the name of the codec; by default the name in the JSON, or that of the CSV file.
        source: where it is from. Without it the file's name, and the description in the JSON.
        images: how many images each point is a mean of.
        note: what else to know.
        definitions: a definition for each key of the JSON or column of the CSV. The usual keys of JSON are known:
            ``psnr`` and ``ms-ssim``, over RGB or as ``-rgb`` or ``-y`` say, means over images as CompressAI takes them.
            Every column of a CSV file that is wanted has to be defined.

    Raises:
        UsageError: the file cannot be read as one of these, a value makes no sense, or nothing in it is defined.
    """
    if path.suffix not in (".json", ".csv"):
        raise UsageError(f"{path}: expected a name that ends in .json (CompressAI's form) or .csv (bpp and values)")
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as text in UTF-8: {error}") from error
    given = dict(definitions or {})
    if path.suffix == ".json":
        name, described, columns = _from_json(path, text)
        known = {key: _compressai(key) for key in columns if _KEY.fullmatch(key)}
    else:
        name, described, columns = path.stem, "", _from_csv(path, text)
        known = {}
    unknown = sorted(set(given) - set(columns))
    if unknown:
        raise UsageError(f"{path}: --define {unknown[0]}: no such values; it has {_listed(columns)}")
    known |= given
    rates = columns.pop(RATE, None)
    if rates is None:
        raise UsageError(f"{path}: expected values named {RATE}; it has {_listed(columns)}")
    if not known:
        example = next((key for key in columns if key not in _TIMES), "psnr")
        raise UsageError(
            f"{path}: nothing says how its values were computed; name colour space, unit and averaging, such as "
            f"--define {example}=psnr_rgb,dB,images (mean of each image's dB) or {example}=psnr_rgb,dB,pooled "
            "(dB of the mean squared error)"
        )
    ours = {metric.name: metric for metric in metrics}
    references = []
    for key, metric in known.items():
        where = f"{path}: {key}"
        points = _points(where, rates, columns[key])
        if metric.name in ours:
            _check_fit(where, metric, [value for _, value in points], ours[metric.name])
        known_of_it = [COMPRESSAI_NOTES.get((name, metric.name))] if path.suffix == ".json" else []
        if path.suffix == ".json" and metric.name == "ms_ssim":
            known_of_it.append(COMPRESSAI_MS_SSIM)
        notes = (*known_of_it, note)
        references.append(
            Reference(
                dataset,
                label or name,
                source or ", ".join(filter(None, (described, path.name))),
                metric,
                images,
                tuple(rate for rate, _ in points),
                tuple(value for _, value in points),
                "; ".join(filter(None, notes)),
            )
        )
    left = [key for key in columns if key not in known and key not in _TIMES]
    return Imported(references, [f"{path}: left out {key}: say what it is with --define {key}=…" for key in left])


def _listed(names: Iterable[str]) -> str:
    """Names for a message of one line."""
    text = ", ".join(names) or "none"
    return text if len(text) <= 200 else f"{text[:200]}…"


def _compressai(key: str) -> ForeignMetric:
    found = _KEY.fullmatch(key)
    assert found is not None
    metric = found[1].replace("-", "_")
    return ForeignMetric(metric, found[2] or "rgb", "dB" if metric == "psnr" else "linear", COMPRESSAI_AVERAGING)


def _from_json(path: Path, text: str) -> tuple[str, str, dict[str, list[Any]]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON: {error}") from error
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, dict) or not all(isinstance(values, list) for values in results.values()):
        raise UsageError(f"{path}: expected CompressAI's form: an object whose 'results' has lists of values by metric")
    name, described = (str(document.get(key) or "") for key in ("name", "description"))
    return name or path.stem, described, dict(results)


def _from_csv(path: Path, text: str) -> dict[str, list[Any]]:
    import io

    try:
        frame = pd.read_csv(io.StringIO(text), skipinitialspace=True)
    except ValueError as error:
        raise UsageError(f"{path}: cannot be read as CSV: {one_line(error)}") from error
    if separator := other_separator([str(name) for name in frame.columns]):
        raise UsageError(f"{path}: looks {separator}-separated; write it with commas, and with decimal points")
    return {str(name).strip(): list(values) for name, values in frame.items()}


def _points(where: str, rates: Sequence[Any], values: Sequence[Any]) -> list[tuple[float, float]]:
    """Rates and values that make sense, by rate."""
    if len(rates) != len(values):
        raise UsageError(f"{where}: {len(values)} values for {len(rates)} rates")
    if not len(rates):
        raise UsageError(f"{where}: no points")
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
