"""Images as codecs make them: of streams that a run kept, or encoded again by the settings of a row or at a rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch, Codec, setting_types
from benchmark.errors import BenchmarkError, contained, typed_line
from benchmark.plugins import recorded_class
from benchmark.record.settings import read_settings
from benchmark.record.streams import Parts, has_streams, kept_streams
from benchmark.report.figures.picture import MATCHED
from benchmark.run.measure import Reference, prepare, values_of, with_knob
from benchmark.run.pixels import digest_pixels, like
from benchmark.run.rates import rate_bits
from benchmark.run.task import MOST, one_line
from benchmark.workflows.reach import LIKELY, Asked

TRIES = 5
"""Encodings of an image that a search for a rate may take."""


@dataclass(frozen=True)
class Remade:
    """What a codec made of an item.

    Attributes:
        pixels: the decoded item, of the shape of the original.
        digest: its digest, as records have it.
        settings: canonical JSON.
        bpp: the rate, in bits per pixel.
        figures: metrics by column; those of the row where it was made again by its settings.
    """

    pixels: Batch
    digest: str
    settings: str
    bpp: float
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Missed:
    """That no value of a knob matched a rate; the nearest one that was found, in bits per pixel."""

    nearest: float


def made_again(
    name: str, rows: Sequence[Mapping[Any, Any]], images: Sequence[npt.NDArray[np.uint8]]
) -> list[tuple[Batch, str] | str]:
    """What a codec makes of items by the settings of rows, with the digests of the pixels; or why there is nothing.

    Args:
        name: the codec.
        rows: rows of its records, one for each item.
        images: the items, (N, H, W) or (N, H, W, 3) each.
    """
    results: list[tuple[Batch, str] | str] = []
    for row, batch in zip(rows, images, strict=True):
        found = _contained(
            name, lambda codec, batch=batch: _decoded(codec, [codec.encode_batch(batch.copy())], batch), row
        )
        results.append(found if isinstance(found, str) else (found, digest_pixels(found)))
    return results


def remade(
    name: str,
    asked: Sequence[Asked],
    items: Sequence[int],
    originals: Sequence[Batch],
    metrics: Sequence[str],
    folders: Sequence[Path] = (),
) -> list[Remade | Missed | str]:
    """What a codec makes of items at the rates that are asked for; or that it missed one, or why it failed.

    Args:
        name: the codec.
        asked: what is asked for.
        items: for each of these, the place of its item.
        originals: the items, (N, H, W) or (N, H, W, 3) each.
        metrics: names of the metrics to compute where a search chose the settings.
        folders: results folders that may have kept the streams of rows, which then are not encoded again.
    """
    references: dict[int, Reference] = {}

    def made(codec: Codec, one: Asked, place: int) -> Remade | Missed:
        batch = originals[place]
        if not one.knobs:
            decoded = _decoded(codec, _kept(one.row, folders) or [codec.encode_batch(batch.copy())], batch)
            figures = {name: float(value) for name, value in one.row.items() if _is_number(value)}
            return Remade(decoded, digest_pixels(decoded), str(one.row["settings"]), float(one.row["bpp"]), figures)
        found = _searched(codec, one, batch)
        if isinstance(found, Missed):
            return found
        codec, streams, rate = found
        decoded = _decoded(codec, [streams], batch)
        reference = references.get(place) or prepare(batch, batch, metrics, "an image")
        references[place] = reference
        figures = values_of(reference, decoded)
        return Remade(decoded, digest_pixels(decoded), codec.settings_json, rate, figures)

    return [
        _contained(name, lambda codec, one=one, place=place: made(codec, one, place), one.row)
        for one, place in zip(asked, items, strict=True)
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def _contained(name: str, function: Any, row: Mapping[Any, Any]) -> Any:
    """What a function makes with the codec of a row, or why it fails."""
    try:
        codec = _codec(recorded_class(name), row)
        with contained(name):
            return function(codec)
    except BenchmarkError as error:
        return one_line(error)
    except Exception as error:  # a codec may raise anything
        return typed_line(error, MOST)


def _kept(row: Mapping[Any, Any], folders: Sequence[Path]) -> Parts:
    """The streams of a row that a run kept, in the parts that are decoded together; none where it kept none."""
    digest = str(row.get("stream_sha256", ""))
    return next((kept_streams(folder, digest) for folder in folders if has_streams(folder, digest)), [])


def _decoded(codec: Codec, parts: Parts, batch: Batch) -> Batch:
    return like(np.concatenate([codec.decode_batch(streams) for streams in parts]), batch)


def _searched(codec: Codec, asked: Asked, batch: Batch) -> tuple[Codec, list[bytes], float] | Missed:
    """The codec whose rate matches, with its streams and the rate; or what came nearest.

    What one value of the knob gave corrects what is expected of the others.
    """
    knobs, expected = list(asked.knobs), np.log(asked.rates)
    whole = setting_types(type(codec))[codec.knob.field] is int if codec.knob else False
    goal, shift, within, nearest = math.log(asked.target), 0.0, LIKELY, math.inf
    pixels = math.prod(batch.shape[:3])
    for _ in range(TRIES):
        apart = np.abs(expected + shift - goal)
        place = int(np.nanargmin(apart))
        if not apart[place] <= within:
            break
        tried = with_knob(codec, int(knobs[place]) if whole else knobs[place])
        streams = tried.encode_batch(batch.copy())
        rate = rate_bits(tried, streams) / pixels
        if abs(rate / asked.target - 1) <= MATCHED:
            return tried, streams, rate
        nearest = min(nearest, rate, key=lambda one: abs(one / asked.target - 1))
        shift, within = math.log(rate) - expected[place], MATCHED
        expected[place] = math.inf
    return Missed(nearest)


def _codec(cls: type[Codec], row: Mapping[Any, Any]) -> Codec:
    """The codec of a record, whose knob stands in a column of its own where a target chose it."""
    settings = read_settings(row["settings"])
    if cls.knob is not None and cls.knob.field not in settings:
        settings[cls.knob.field] = setting_types(cls)[cls.knob.field](row["knob_value"])
    return cls.from_settings(settings)
