"""Pictures for a report: parts of images and of what codecs made of them, at the same rates.

Streams that a run kept are decoded, others made again from the settings in the records, and the decoded pixels
compared with the records' digest. Where no row has the rate, a search finds the value of the knob, see
:mod:`benchmark.workflows.reach`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.results import Results
from benchmark.codec import Batch
from benchmark.dataset import Dataset
from benchmark.errors import BenchmarkError, UsageError, did_you_mean, typed_line
from benchmark.metric import Metric
from benchmark.plugins import open_dataset
from benchmark.report.figures.picture import MATCHED, DecodedCrop, Picture
from benchmark.run.pixels import digest_pixels
from benchmark.run.task import MOST, one_line
from benchmark.system.names import printable
from benchmark.system.pool import Pool
from benchmark.workflows.choices import Choice, first_batches, image_choices
from benchmark.workflows.crops import CROP, Box, place_of_crop
from benchmark.workflows.reach import FACTORS, Asked, ladder_of, targets
from benchmark.workflows.remade import Missed, Remade, remade
from benchmark.workflows.sheets import overview, sheet

SECONDS = 120.0
"""What a codec may take for an image; as much again for loading its libraries."""

_TOGETHER = 4
"""Images that are made at once: the codecs load their libraries once for them, and their pixels stay in memory."""

_Pixels = npt.NDArray[np.uint8]


def show(
    results: Results,
    metrics: Sequence[Metric],
    pool: Pool,
    *,
    count: int = 2,
    boxes: Sequence[Box] = (),
    rate: float | None = None,
    factors: Sequence[float] = FACTORS,
    data_root: Path | None = None,
    wholes: int = 0,
    keep: Callable[[Sequence[Picture]], object] = len,
    folders: Sequence[Path] = (),
) -> tuple[list[Picture], list[str]]:
    """Pictures of the images on which codecs differ most, and notes of what could not be shown.

    Of a data set of batches of small images, the first ones of its first batch are shown.

    Args:
        results: the results, with records.
        metrics: the metrics to tell; the spread of the first at about the same rate ranks the images.
        pool: encodes and decodes.
        count: images of each data set.
        boxes: crops to show in their place.
        rate: the rate to compare at, in bits per pixel; None for one that most codecs reach.
        factors: the other rates, as multiples of it; see :func:`benchmark.workflows.reach.targets`.
        data_root: folder that holds data sets, searched first.
        wholes: so many images of each data set are made as a whole.
        keep: is called with the pictures of each of them by rising rate, which are not among those returned.
        folders: the results folders, which may have kept streams.

    Returns:
        Pictures, all of one image and crop by rising rate, and notes.

    Raises:
        UsageError: a crop is of an image that the records do not have, or lies outside it.
    """
    if not boxes and not count and not wholes:
        return [], []
    found = image_choices(results.records, metrics[0].column, rate)
    batches = first_batches(results.records, metrics[0].column)
    wanted: list[tuple[Choice, Box | None]]
    if boxes:
        check_boxes(boxes, results.records)
        by_image = {str(image): place for place, image in enumerate(found.images)}
        asked = {place: found[place] for place in {by_image[box.image] for box in boxes}}
        wanted = [(asked[by_image[box.image]], box) for box in boxes]
    else:
        wanted = [(choice, None) for choice in [*found.first(count), *(batches if count else [])]]
    whole = [(choice.dataset, choice.image) for choice in found.first(wholes)]
    known = {(choice.dataset, choice.image): choice for choice, _ in wanted}
    known |= {key: choice for choice in found.first(wholes) if (key := (choice.dataset, choice.image)) not in known}
    notes: list[str] = []
    if not known and count:
        notes.append("no visual comparison: the results have no records of images")
    pictures = []
    keys = list(known)
    for first in range(0, len(keys), _TOGETHER):
        part = keys[first : first + _TOGETHER]
        made = _made(
            [known[key] for key in part], results.records, metrics, pool, rate, factors, data_root, folders, notes
        )
        columns = [metric.column for metric in metrics]
        for choice, box in wanted:
            if (one := made.get((choice.dataset, choice.image))) and (choice.dataset, choice.image) in part:
                pictures += _pictures(one, box, columns)
        for key in part:
            if key in whole and key in made:
                keep(_pictures(made[key], _all_of(made[key]), columns))
    return pictures, notes


def check_boxes(boxes: Sequence[Box], records: pd.DataFrame) -> None:
    """Refuses crops that no image of records has; of a batch, which is shown as a sheet, only the name is looked at.

    Raises:
        UsageError: a crop is of an image that the records do not have, or lies outside it.
    """
    rows = records[records["status"] == "ok"].drop_duplicates("image")
    known = {row["image"]: row for row in rows[["image", "images", "width", "height"]].to_dict("records")}
    for box in boxes:
        if box.image not in known:
            raise UsageError(f"crop: no image {box.image!r} in the records{did_you_mean(box.image, known)}")
        row = known[box.image]
        if row["images"] == 1:
            _check_size(box, int(row["width"]), int(row["height"]))


def _check_size(box: Box, width: int, height: int) -> None:
    if box.top + box.height > height or box.left + box.width > width:
        raise UsageError(
            f"crop {box.image}:{box.left},{box.top},{box.width},{box.height} reaches beyond the image, which is "
            f"{width}×{height}"
        )


@dataclass(frozen=True)
class _Made:
    """An image, and what codecs made of it at each target, by series; with why some made nothing."""

    choice: Choice
    original: Batch
    decoded: dict[float, dict[str, Remade]]
    left_out: dict[float, dict[str, str]]


def originals_of(choices: Sequence[Choice], data_root: Path | None, notes: list[str]) -> dict[tuple[str, str], Batch]:
    """The items of choices by data set and name, where they are at hand and those that the records are of."""
    found: dict[tuple[str, str], Batch] = {}
    for label in dict.fromkeys(choice.dataset for choice in choices):
        missing, changed = [], []
        try:
            dataset: Dataset = open_dataset(label, data_root)
            items = {printable(item): item for item in dataset.items()}
        except BenchmarkError as error:
            notes.append(f"no visual comparison on {label}: {one_line(error)}")
            continue
        for choice in (one for one in choices if one.dataset == label):
            if choice.image not in items:
                missing.append(choice.image)
                continue
            try:
                images = dataset.load(items[choice.image])
            except BenchmarkError as error:
                notes.append(f"{choice.image} of {label} is not shown: {one_line(error)}")
                continue
            digests = {row["image_sha256"] for row in choice.rows.values()}
            if digests == {digest_pixels(images)}:
                found[label, choice.image] = images
            else:
                changed.append(choice.image)
        for names, what in ((missing, "are not there"), (changed, "are not those of the records")):
            if names:
                notes.append(f"not shown, since they {what}: {', '.join(dict.fromkeys(names))} of {label}")
    return found


def _made(
    choices: Sequence[Choice],
    records: pd.DataFrame,
    metrics: Sequence[Metric],
    pool: Pool,
    rate: float | None,
    factors: Sequence[float],
    data_root: Path | None,
    folders: Sequence[Path],
    notes: list[str],
) -> dict[tuple[str, str], _Made]:
    """What codecs make of images at the rates that most of them reach."""
    originals = originals_of(choices, data_root, notes)
    work: dict[str, list[tuple[tuple[str, str], float, str, Asked]]] = {}
    found: dict[tuple[str, str], _Made] = {}
    for choice in choices:
        key = choice.dataset, choice.image
        if key not in originals:
            continue
        ladders = {series: ladder_of(rows) for series, rows in _rows(records, choice).groupby("series", sort=False)}
        chosen = targets(list(ladders.values()), rate, factors)
        if not chosen:
            notes.append(
                f"{choice.image} of {choice.dataset} is not shown: no codec comes within {MATCHED:.0%} of a rate"
            )
            continue
        left_out: dict[float, dict[str, str]] = {target: {} for target in chosen}
        found[key] = _Made(choice, originals[key], {target: {} for target in chosen}, left_out)
        for target in chosen:
            for series, ladder in ladders.items():
                asked = ladder.asked(target)
                if isinstance(asked, str):
                    left_out[target][str(series)] = asked
                else:
                    work.setdefault(str(asked.row["codec"]), []).append((key, target, str(series), asked))
    _carry_out(work, found, pool, list(dict.fromkeys(metric.name for metric in metrics)), folders, notes)
    for key, one in found.items():
        notes += _told_left_out(key, one.left_out)
    return found


def _rows(records: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """The rows of a choice that have a rate."""
    rows = records[(records["dataset"] == choice.dataset) & (records["image"] == choice.image)]
    return rows[(rows["status"] == "ok") & (pd.to_numeric(rows["bpp"]) > 0)]


def _told_left_out(key: tuple[str, str], left_out: Mapping[float, Mapping[str, str]]) -> list[str]:
    by_series: dict[str, list[str]] = {}
    for target, reasons in left_out.items():
        for series in reasons:
            by_series.setdefault(series, []).append(f"{target:.3g}")
    told = ", ".join(f"{series} ({', '.join(rates)} bpp)" for series, rates in by_series.items())
    return (
        [f"{key[1]} of {key[0]}: left out where no setting comes within {MATCHED:.0%} of a rate: {told}"]
        if told
        else []
    )


def _carry_out(
    work: Mapping[str, Sequence[tuple[tuple[str, str], float, str, Asked]]],
    found: Mapping[tuple[str, str], _Made],
    pool: Pool,
    metrics: Sequence[str],
    folders: Sequence[Path],
    notes: list[str],
) -> None:
    """Has workers make what is asked for, and adds it to what was found."""

    def seconds(codec: str) -> float:
        rows = [asked.row for *_, asked in work[codec]]
        return sum(float(row["encode_s"] or 0) + float(row["decode_s"] or 0) for row in rows)

    # A codec's images follow each other on one worker, which loads its libraries once; the slowest codec first.
    running: dict[str, Future[list[Remade | Missed | str]]] = {}
    for codec in sorted(work, key=lambda name: (-seconds(name), name)):
        keys = list(dict.fromkeys(key for key, *_ in work[codec]))
        running[codec] = pool.submit(
            remade,
            codec,
            [asked for *_, asked in work[codec]],
            [keys.index(key) for key, *_ in work[codec]],
            [found[key].original for key in keys],
            metrics,
            folders,
            limit=SECONDS * (len(work[codec]) + 1),
        )
    for codec, part in work.items():
        try:
            results: Sequence[Remade | Missed | str] = running[codec].result()
        except TimeoutError:
            results = [f"took longer than {SECONDS:g} s for an image"] * len(part)
        except Exception as error:  # a library may take its process along
            results = [typed_line(error, MOST)] * len(part)
        failed: dict[str, list[str]] = {}
        changed = []
        for (key, target, series, asked), result in zip(part, results, strict=True):
            if isinstance(result, str):
                failed.setdefault(result, []).append(key[1])
            elif isinstance(result, Missed):
                found[key].left_out[target][series] = f"its nearest rate is {result.nearest:.3f} bpp"
            else:
                found[key].decoded[target][series] = result
                if not asked.knobs and result.digest != asked.row["pixels_sha256"]:
                    changed.append(key[1])
        for reason, names in failed.items():
            notes.append(f"{codec} is not shown on {', '.join(dict.fromkeys(names))}: {reason}")
        if changed:
            notes.append(
                f"{codec} decodes to other pixels than the records' on {', '.join(dict.fromkeys(changed))}; "
                "its library may be another version"
            )


def _all_of(made: _Made) -> Box:
    height, width = made.original.shape[1:3]
    return Box(made.choice.image, 0, 0, width, height)


def _pictures(made: _Made, box: Box | None, columns: Sequence[str]) -> list[Picture]:
    """The pictures of one image and crop, by rising rate; none of rates at which nothing was made."""
    choice, single = made.choice, len(made.original) == 1
    original = made.original[0] if single else sheet(made.original)
    shown = {
        target: {series: one.pixels[0] if single else sheet(one.pixels) for series, one in decoded.items()}
        for target, decoded in made.decoded.items()
        if decoded
    }
    if not shown:
        return []
    if box is None:
        middle = list(shown)[len(shown) // 2]
        top, left = place_of_crop(original, list(shown[middle].values())) if single else (0, 0)
        height, width = (CROP, CROP) if single else original.shape[:2]
    else:
        top, left, height, width = box.top, box.left, box.height, box.width
        _check_size(box, original.shape[1], original.shape[0])
    crop = slice(top, top + height), slice(left, left + width)
    return [
        Picture(
            choice.dataset,
            choice.image,
            target,
            top,
            left,
            np.ascontiguousarray(original[crop]),
            [
                DecodedCrop(
                    series,
                    made.decoded[target][series].settings,
                    made.decoded[target][series].bpp,
                    {name: value for name, value in made.decoded[target][series].figures.items() if name in columns},
                    np.ascontiguousarray(pixels[crop]),
                )
                for series in choice.rows
                if (pixels := decoded.get(series)) is not None
            ],
            made.left_out[target],
            (original.shape[0], original.shape[1]) if single else None,
            overview(original) if single else None,
        )
        for target, decoded in shown.items()
    ]
