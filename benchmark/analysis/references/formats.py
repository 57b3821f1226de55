"""The forms in which others publish curves, as tables of rates and values, each with what its file says of it.

CompressAI's JSON, of images and of video; TensorFlow Compression's text files; the CSV file of HiFiC; and any CSV file
with a column of rates.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmark.analysis.references.reference import ForeignMetric
from benchmark.errors import UsageError
from benchmark.record.reading import other_separator
from benchmark.system.documents import parse_json

RATE = "bpp"
"""Name of the rates, in JSON and in CSV."""

ENDINGS = (".json", ".csv", ".txt")

COMPRESSAI_AVERAGING = "images"
"""CompressAI means every value over images: PSNR in dB of each image, over R, G and B together; MS-SSIM as it is."""

_ROUND_TRIP = "PSNR flattered: taken against a source that had made the round trip through YCbCr itself"
_FLOAT = "its metrics are of pictures in floating point, not rounded to 8 bits"
_VIDEO = "a curve of video, whose frames are not independent pictures"
_DB = (
    "taken to be the dB of the mean over images; if it is the mean of dB, say so with "
    "--define {key}=ms_ssim_{space},dB,images"
)
PYTORCH_MS_SSIM = (
    "MS-SSIM by pytorch-msssim: where a side is no multiple of 16 it is another one than ms_ssim, by up to 0.04; the "
    "bench's ms_ssim_pytorch is the same"
)

_KEY = re.compile(r"(?P<metric>psnr|ms-ssim-db|ms-ssim|mse)(?:-(?P<space>rgb|y|yuv))?|(?P<other>rgb|y)_psnr")
_UNUSED = {
    **dict.fromkeys(("encoding_time", "decoding_time", "q", "qp", "quality", "lambda"), ""),
    **dict.fromkeys(("psnr-u", "psnr-v", "u_psnr", "v_psnr"), "it is of one plane of colour"),
    "FID": "it is a figure of the whole set, which has no curve of images",
    "KID": "it is a figure of the whole set, which has no curve of images",
    "NIQE": "it looks at no original",
}
"""Values that make no curve, and why; nothing is said of those without a reason."""

_TEXT_METRIC = re.compile(r"(PSNR|MS-SSIM)/sRGB/(R'G'B'|Y')")
_HIFIC = {
    "PSNR": ForeignMetric("psnr", "rgb", "dB", "images"),
    "MS-SSIM": ForeignMetric("ms_ssim", "rgb", "linear", "images"),
    "LPIPS": ForeignMetric("lpips", "colour", "linear", "images"),
}


@dataclass(frozen=True)
class Table:
    """One codec's curve on one data set, as its file has it.

    Attributes:
        name: what the file calls the codec, told apart from others of this name by what else it says.
        described: what it says of it; may be empty.
        dataset: the data set that it names; empty where it does not.
        rates: bits per pixel.
        values: the values at each rate, by key.
        known: what the values of usual keys are.
        notes: what to know of the values of a key.
        assumed: what was assumed of the values of a key, for want of a definition.
        unused: keys whose values make no curve, with the reason; an empty one is not worth telling.
    """

    name: str
    described: str
    dataset: str
    rates: Sequence[Any]
    values: Mapping[str, Sequence[Any]]
    known: Mapping[str, ForeignMetric]
    notes: Mapping[str, str] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)


def curve_files(path: Path) -> list[Path]:
    """The files of curves that a path means: itself, or of a folder those in it that have one of :data:`ENDINGS`.

    Raises:
        UsageError: a folder has none.
    """
    if not path.is_dir():
        return [path]
    found = [file for file in sorted(path.iterdir()) if file.suffix in ENDINGS and file.is_file()]
    if not found:
        raise UsageError(f"{path}: expected a folder with files that end in {', '.join(ENDINGS)}; it has none")
    return found


def read_tables(path: Path, pixel_rate: float | None = None) -> list[Table]:
    """The tables of a file, of which HiFiC's has one for each data set.

    Args:
        path: a file whose name ends in one of :data:`ENDINGS`.
        pixel_rate: pixels a second of a video, for which rates may be given in kilobits a second.

    Raises:
        UsageError: it cannot be read as one of these forms.
    """
    if path.suffix not in ENDINGS:
        raise UsageError(
            f"{path}: expected a name that ends in .json (CompressAI's form), .txt (TensorFlow Compression's) or .csv "
            "(bpp and values)"
        )
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as text in UTF-8: {error}") from error
    if path.suffix == ".json":
        return [_from_json(path, text, pixel_rate)]
    return [_from_text(path, text)] if path.suffix == ".txt" else _from_csv(path, text)


def listed(names: Sequence[str]) -> str:
    """Names for a message of one line."""
    text = ", ".join(names) or "none"
    return text if len(text) <= 200 else f"{text[:200]}…"


def _from_json(path: Path, text: str, pixel_rate: float | None) -> Table:
    try:
        document = parse_json(text)
    except ValueError as error:
        raise UsageError(f"{path}: not JSON: {error}") from error
    results = document.get("results", document) if isinstance(document, dict) else None
    if not (isinstance(results, dict) and results and all(isinstance(values, list) for values in results.values())):
        raise UsageError(f"{path}: expected CompressAI's form: an object whose 'results' has lists of values by metric")
    assert isinstance(document, dict)
    told = {key: document.get(key) for key in ("name", "description")} if results is not document else {}
    meta = document.get("meta") if isinstance(document.get("meta"), dict) else {}
    assert isinstance(meta, dict)
    columns: dict[str, list[Any]] = {str(key): values for key, values in results.items()}
    video = "bitrate" in columns or not {"psnr-u", "u_psnr"}.isdisjoint(columns) or "video" in path.parts
    rates = _rates(path, columns, pixel_rate)
    name = _compressai_name(str(told.get("name") or path.stem), path.stem, meta)
    described = str(told.get("description") or "")
    coded = described.startswith("Inference") and "8bit" not in f"{name} {'/'.join(path.parts)}".replace("-", "")
    known = {key: _compressai(found) for key in columns if (found := _KEY.fullmatch(key))}
    notes = {}
    for key, metric in known.items():
        parts = (
            _VIDEO if video else "",
            _FLOAT if coded and not video else "",
            _ROUND_TRIP if metric.name == "psnr" and told.get("name") in ("VTM", "HM") else "",
            PYTORCH_MS_SSIM if metric.name == "ms_ssim" else "",
        )
        notes[key] = "; ".join(filter(None, parts))
    decibels = [(key, metric) for key, metric in known.items() if metric.averaging == "pooled"]
    assumed = {key: _DB.format(key=key, space=metric.space) for key, metric in decibels}
    return Table(name, described, "", rates, columns, known, notes, assumed, _UNUSED)


def _rates(path: Path, columns: dict[str, list[Any]], pixel_rate: float | None) -> list[Any]:
    """Takes the rates out of the columns, in bits per pixel."""
    if RATE in columns:
        return columns.pop(RATE)
    if "bitrate" not in columns:
        raise UsageError(f"{path}: expected values named {RATE}; it has {listed(list(columns))}")
    if pixel_rate is None:
        raise UsageError(
            f"{path}: a curve of video, whose rates are kilobits a second: --pixel-rate WIDTHxHEIGHTxFRAMES, such as "
            "1920x1080x120, makes them bits per pixel"
        )
    try:
        return [1000 * float(rate) / pixel_rate for rate in columns.pop("bitrate")]
    except (TypeError, ValueError) as error:
        raise UsageError(f"{path}: bitrate: expected numbers: {error}") from error


def _compressai(found: re.Match[str]) -> ForeignMetric:
    if found["other"]:
        return ForeignMetric("psnr", found["other"], "dB", COMPRESSAI_AVERAGING)
    space = found["space"] or "rgb"
    if found["metric"] == "ms-ssim-db":
        return ForeignMetric("ms_ssim", space, "dB", "pooled")
    metric = found["metric"].replace("-", "_")
    return ForeignMetric(metric, space, "dB" if metric == "psnr" else "linear", COMPRESSAI_AVERAGING)


def _compressai_name(name: str, stem: str, meta: Mapping[str, Any]) -> str:
    """The name in a file, with what only the name of the file tells: ``mbt2018`` of several is ``mbt2018 (mse, cuda)``.

    CompressAI's files of one network, trained for two metrics and run by two devices, all have one name inside.
    """
    before, found, after = stem.lower().partition(name.lower())
    told = [part.strip("-") for part in after.split("_") if part.strip("-")] if found else []
    told += [str(meta[key]) for key in ("opt_metric", "device") if meta.get(key) and not told]
    if found and before.strip("-_") not in ("", "compressai", "paper"):
        told = []  # a name that only occurs in another word
    return f"{name} ({', '.join(told)})" if told else name


def _from_text(path: Path, text: str) -> Table:
    lines = text.splitlines()
    comments = " ".join(line.lstrip("# ").strip() for line in lines if line.startswith("#"))
    named = re.search(r'rate-distortion data for "(?P<name>.+?)" on (?P<dataset>[\w-]+)', comments)
    metric = _TEXT_METRIC.search(comments)
    if not (named and metric):
        raise UsageError(
            f"{path}: expected TensorFlow Compression's form: comments that name the codec, the data set and the "
            "metric, such as PSNR/sRGB/R'G'B'"
        )
    rows = [line.split(",") for line in lines if line.strip() and not line.startswith("#")]
    if not all(len(row) == 2 for row in rows):
        raise UsageError(f"{path}: expected two numbers a line, separated by a comma")
    name, space = metric[1].lower().replace("-", "_"), {"Y'": "y"}.get(metric[2], "rgb")
    # JPEG and WebP of that collection are those of the mean of decibels; those of the mean error are 0.2 to 0.5 dB off.
    known = ForeignMetric(name, space, "dB" if name == "psnr" else "linear", "images")
    key = metric[0]
    rates, values = ([row[place].strip() for row in rows] for place in (0, 1))
    return Table(named["name"], "TensorFlow Compression", named["dataset"], rates, {key: values}, {key: known})


def _from_csv(path: Path, text: str) -> list[Table]:
    try:
        header, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), skipinitialspace=True) if row] or [[]]
    except csv.Error as error:
        raise UsageError(f"{path}: cannot be read as CSV: {error}") from error
    names = [name.strip() for name in header]
    if separator := other_separator(names):
        raise UsageError(f"{path}: looks {separator}-separated; write it with commas, and with decimal points")
    if not names:
        raise UsageError(f"{path}: is empty: expected a first line such as {RATE},psnr, and a row for each point")
    if not rows:
        raise UsageError(f"{path}: has a first line and no rows: expected a row of {listed(names)} for each point")
    if not all(len(row) == len(names) for row in rows):
        raise UsageError(f"{path}: cannot be read as CSV: expected rows of {len(names)} cells, as in the first line")
    if RATE not in names:
        raise UsageError(f"{path}: expected values named {RATE}; it has {listed(names)}")
    hific = {"dataset", "PSNR", "LPIPS", "FID"} <= set(names)
    parts: dict[str, list[list[str]]] = {}
    for row in rows:
        parts.setdefault(row[names.index("dataset")].strip() if hific else "", []).append(row)
    tables = []
    for dataset, part in (parts or {"": []}).items():
        columns = {name: [row[place].strip() for row in part] for place, name in enumerate(names) if name}
        columns.pop("dataset" if hific else "", None)
        rates = columns.pop(RATE)
        filled = {name: values for name, values in columns.items() if any(values) or not hific}
        known = {key: metric for key, metric in _HIFIC.items() if key in filled} if hific else {}
        name = "HiFiC" if hific else path.stem
        tables.append(Table(name, "", dataset, rates, filled, known, unused=_UNUSED if hific else {}))
    return tables
