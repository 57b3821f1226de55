"""Pictures for a report: crops of images and of what codecs made of them, at about the same rate.

Streams are made again from the settings in the records, and the decoded pixels compared with the records' digest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.analysis.results import Results
from benchmark.codec import Codec, setting_types
from benchmark.dataset import Dataset
from benchmark.errors import BenchmarkError, UsageError, contained, did_you_mean, typed_line
from benchmark.plugins import open_dataset, recorded_class
from benchmark.record.settings import read_settings
from benchmark.report.figures.picture import MATCHED, DecodedCrop, Picture
from benchmark.run.pixels import digest_pixels, like
from benchmark.run.task import MOST, one_line
from benchmark.system.names import printable
from benchmark.system.pool import Pool
from benchmark.workflows.choices import Choice, image_choices

CROP = 112
"""Side of a crop in pixels. Two images and seventeen codecs, without loss, are about 0.8 MB of an HTML page, which has
room for them side by side at four times their size."""

_BLOCK = 8
"""Side of the blocks whose errors are compared, in pixels."""

SECONDS = 120.0
"""What a codec may take for an image; as much again for loading its libraries."""

_Pixels = npt.NDArray[np.uint8]
_Decoded = tuple[_Pixels, str] | str
"""An image, shape (H, W) or (H, W, 3), and the digest of its batch; or why there is none."""


@dataclass(frozen=True)
class Box:
    """A crop that a user asks for: of which image, and its place and size in pixels."""

    image: str
    left: int
    top: int
    width: int
    height: int


def parse_box(text: str) -> Box:
    """The crop that a text such as ``kodim01:100,50,192,192`` means: IMAGE:X,Y,W,H.

    Raises:
        UsageError: it means none.
    """
    found = re.fullmatch(r"(.+):(\d+),(\d+),(\d+),(\d+)", text)
    if not found or not (int(found[4]) and int(found[5])):
        raise UsageError(f"crop {text!r}: expected IMAGE:X,Y,W,H in pixels, such as kodim01:100,50,192,192")
    return Box(found[1], *(int(number) for number in found.groups()[1:]))


def show(
    results: Results,
    column: str,
    pool: Pool,
    *,
    count: int = 2,
    boxes: Sequence[Box] = (),
    rate: float | None = None,
    data_root: Path | None = None,
) -> tuple[list[Picture], list[str]]:
    """Pictures of the images on which codecs differ most, and notes of what could not be shown.

    Args:
        results: the results, with records; only items of one image are looked at.
        column: the column whose spread at a matched rate ranks the images, such as ``psnr_rgb``.
        pool: encodes and decodes.
        count: images of each data set.
        boxes: crops to show in their place.
        rate: the rate to compare at, in bits per pixel; if it is not given, each image's is the one near half a bit at
            which the most codecs have an operating point.
        data_root: folder that holds data sets, searched first.

    Raises:
        UsageError: a crop is of an image that the records do not have, or lies outside it.
    """
    if not boxes and not count:
        return [], []
    found = image_choices(results.records, column, rate)
    wanted: list[tuple[Choice, Box | None]]
    if boxes:
        by_image = {str(image): place for place, image in enumerate(found.images)}
        unknown = [box.image for box in boxes if box.image not in by_image]
        if unknown:
            raise UsageError(f"crop: no image {unknown[0]!r} in the records{did_you_mean(unknown[0], by_image)}")
        asked = {place: found[place] for place in {by_image[box.image] for box in boxes}}
        wanted = [(asked[by_image[box.image]], box) for box in boxes]
    else:
        wanted = [(choice, None) for choice in found.first(count)]
    notes: list[str] = []
    if not len(found) and count:
        notes.append("no visual comparison: the results have no records of single images")
    originals = originals_of([choice for choice, _ in wanted], data_root, notes)
    decoded = _decode(list({id(choice): choice for choice, _ in wanted}.values()), originals, pool, notes)
    pictures = []
    columns = [metric.column for metric in results.metrics]
    for choice, box in wanted:
        key = choice.dataset, choice.image
        made = {series: decoded[*key, series] for series in choice.rows if (*key, series) in decoded}
        if key in originals and made:
            pictures.append(_picture(choice, originals[key], made, box, columns))
            apart = [f"{name} ({choice.rows[name]['bpp']:.2f})" for name in made if not choice.matched(name)]
            if apart:
                notes.append(
                    f"{choice.image} of {choice.dataset}: no operating point within {MATCHED:.0%} of "
                    f"{choice.target:.2f} bits per pixel, the nearest is shown: {', '.join(apart)}"
                )
    return pictures, notes


def originals_of(choices: Sequence[Choice], data_root: Path | None, notes: list[str]) -> dict[tuple[str, str], _Pixels]:
    """The images of choices by data set and name, where they are at hand and those that the records are of."""
    found: dict[tuple[str, str], _Pixels] = {}
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
                found[label, choice.image] = images[0]
            else:
                changed.append(choice.image)
        for names, what in ((missing, "are not there"), (changed, "are not those of the records")):
            if names:
                notes.append(f"not shown, since they {what}: {', '.join(dict.fromkeys(names))} of {label}")
    return found


def _decode(
    choices: Sequence[Choice], originals: Mapping[tuple[str, str], _Pixels], pool: Pool, notes: list[str]
) -> dict[tuple[str, str, str], _Pixels]:
    """What codecs make of images, by data set, image and series."""
    work: dict[str, list[tuple[Choice, str]]] = {}
    for choice in choices:
        if (choice.dataset, choice.image) in originals:
            for series, row in choice.rows.items():
                work.setdefault(str(row["codec"]), []).append((choice, series))

    def seconds(codec: str) -> float:
        rows = [choice.rows[series] for choice, series in work[codec]]
        return sum(float(row["encode_s"] or 0) + float(row["decode_s"] or 0) for row in rows)

    # A codec's images follow each other on one worker, which loads its libraries once; the slowest codec first.
    running: dict[str, Future[list[_Decoded]]] = {}
    for codec in sorted(work, key=lambda name: (-seconds(name), name)):
        images = [originals[choice.dataset, choice.image] for choice, _ in work[codec]]
        rows = [choice.rows[series] for choice, series in work[codec]]
        limit = SECONDS * (len(images) + 1)
        running[codec] = pool.submit(made_again, codec, rows, images, limit=limit)
    found = {}
    for codec, part in work.items():
        try:
            results: Sequence[_Decoded] = running[codec].result()
        except TimeoutError:
            results = [f"took longer than {SECONDS:g} s for an image"] * len(part)
        except Exception as error:  # a library may take its process along
            results = [typed_line(error, MOST)] * len(part)
        failed: dict[str, list[str]] = {}
        changed = []
        for (choice, series), result in zip(part, results, strict=True):
            if isinstance(result, str):
                failed.setdefault(result, []).append(choice.image)
                continue
            found[choice.dataset, choice.image, series] = result[0]
            if result[1] != choice.rows[series]["pixels_sha256"]:
                changed.append(choice.image)
        for reason, names in failed.items():
            notes.append(f"{codec} is not shown on {', '.join(dict.fromkeys(names))}: {reason}")
        if changed:
            notes.append(
                f"{codec} decodes to other pixels than the records' on {', '.join(dict.fromkeys(changed))}; "
                "its library may be another version"
            )
    return found


def made_again(name: str, rows: Sequence[Mapping[Any, Any]], images: Sequence[_Pixels]) -> list[_Decoded]:
    """What a codec makes of images by the settings of rows, with the digests of the pixels; or why there is nothing.

    Args:
        name: the codec.
        rows: rows of its records, one for each image.
        images: (H, W) or (H, W, 3) each.
    """
    results: list[_Decoded] = []
    for row, image in zip(rows, images, strict=True):
        try:
            codec = _codec(recorded_class(name), row)
            batch = image[np.newaxis]
            with contained(name):
                decoded = like(codec.decode_batch(codec.encode_batch(batch.copy())), batch)
            results.append((decoded[0], digest_pixels(decoded)))
        except BenchmarkError as error:
            results.append(one_line(error))
        except Exception as error:  # a codec may raise anything
            results.append(typed_line(error, MOST))
    return results


def _codec(cls: type[Codec], row: Mapping[Any, Any]) -> Codec:
    """The codec of a record, whose knob stands in a column of its own where a target chose it."""
    settings = read_settings(row["settings"])
    if cls.knob is not None and cls.knob.field not in settings:
        settings[cls.knob.field] = setting_types(cls)[cls.knob.field](row["knob_value"])
    return cls.from_settings(settings)


def _picture(
    choice: Choice, original: _Pixels, decoded: Mapping[str, _Pixels], box: Box | None, columns: Sequence[str]
) -> Picture:
    matched = [pixels for series, pixels in decoded.items() if choice.matched(series)]
    if box is None:
        top, left = place_of_crop(original, matched or list(decoded.values()))
        height, width = CROP, CROP
    else:
        top, left, height, width = box.top, box.left, box.height, box.width
        if top + height > original.shape[0] or left + width > original.shape[1]:
            size = f"{original.shape[1]}×{original.shape[0]}"
            raise UsageError(
                f"crop {box.image}:{left},{top},{width},{height} reaches beyond the image, which is {size}"
            )
    crop = slice(top, top + height), slice(left, left + width)
    crops = [
        DecodedCrop(
            series,
            str(row["settings"]),
            float(row["bpp"]),
            {name: float(row[name]) for name in columns if name in row and row[name] == row[name]},
            np.ascontiguousarray(decoded[series][crop]),
        )
        for series, row in choice.rows.items()
        if series in decoded
    ]
    return Picture(choice.dataset, choice.image, choice.target, top, left, np.ascontiguousarray(original[crop]), crops)


def place_of_crop(original: _Pixels, decoded: Sequence[_Pixels]) -> tuple[int, int]:
    """Top and left of the crop, on a grid of blocks, where codecs differ most.

    That is where the variance among codecs of a block's squared error has the largest mean; with one codec, where it
    errs most.
    """
    rows, columns = (max(size // _BLOCK, 1) for size in original.shape[:2])
    errors = []
    for pixels in decoded:
        squared = (pixels.astype(np.float32) - original) ** 2
        plane = squared.mean(axis=2) if squared.ndim == 3 else squared
        plane = plane[: rows * _BLOCK, : columns * _BLOCK]
        errors.append(
            np.add.reduceat(
                np.add.reduceat(plane, np.arange(0, plane.shape[0], _BLOCK), axis=0),
                np.arange(0, plane.shape[1], _BLOCK),
                axis=1,
                dtype=np.float64,
            )
        )
    interest = np.var(errors, axis=0) if len(errors) > 1 else errors[0]
    total = np.pad(interest.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    high, wide = (min(CROP // _BLOCK, size) for size in interest.shape)
    windows = total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide] + total[:-high, :-wide]
    top, left = np.unravel_index(int(windows.argmax()), windows.shape)
    return int(top) * _BLOCK, int(left) * _BLOCK
