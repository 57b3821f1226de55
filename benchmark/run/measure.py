"""Measures one codec on one item: encodes, has another process decode from the bytes alone, and compares."""

from __future__ import annotations

import dataclasses
import secrets
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.codec import Account, Batch, Codec, Complexity
from benchmark.colour.ceiling import COLUMN as CEILING_COLUMN
from benchmark.colour.ceiling import ceiling, excess
from benchmark.colour.channels import to_channels
from benchmark.colour.convert import ColourPath
from benchmark.errors import OutputError, PluginError, Unreachable
from benchmark.metric import Channels, Metric, MetricFamily, Values, find_metric
from benchmark.plugins import all_metrics, metric_families
from benchmark.record.row import DISTURBED, SEEN, Record
from benchmark.record.streams import digest_of, keep_streams
from benchmark.run.decoder import decode_apart
from benchmark.run.encoder import Encoded
from benchmark.run.matching import RATES, Match, Target, find_knob, knob_values
from benchmark.run.pixels import digest_pixels, like
from benchmark.run.rates import rate_bits, rates
from benchmark.run.requests import Request
from benchmark.run.said import account_of, complexity_of, device_of
from benchmark.run.seen import seen_in_training
from benchmark.run.spending import spending
from benchmark.run.timing import Stopwatch, Times, disturbance, loads
from benchmark.system.devices import AUTO

_KEY = secrets.token_bytes(32)


class Unkept(Exception):
    """The streams of a row cannot be kept, as on a full disk: no fault of the codec, and the end of the run."""


@dataclass(frozen=True)
class Conditions:
    """How a codec is measured.

    Attributes:
        codec: the codec, as any process finds it.
        stopwatch: times it.
        cores: the cores that the work is kept on; all where none is named.
        keep: the folder of results that the streams are kept in; None where they are not kept.
        device: a word of :mod:`benchmark.system.devices`, for learned codecs.
    """

    codec: str
    stopwatch: Stopwatch
    cores: tuple[int, ...] = ()
    keep: Path | None = None
    device: str = AUTO


@dataclass(frozen=True)
class Reference:
    """An item: the images to encode, their digest, and those that decoded ones are compared with, also prepared.

    Ceilings of colour paths are remembered as they are asked for.
    """

    images: Batch
    digest: str
    compared: Batch
    families: list[tuple[MetricFamily, list[Metric], Any]]
    undefined: str
    ceilings: dict[ColourPath, float] = dataclasses.field(default_factory=dict)


def prepare(images: Batch, compared: Batch, wanted: Sequence[str], where: str) -> Reference:
    """An item, with its side of each metric computed.

    Args:
        images: to encode.
        compared: those that decoded ones are compared with, of the same shape.
        wanted: names of metrics.
        where: what the images are, for messages.

    Raises:
        PluginError: the shapes differ.
    """
    if compared.shape != images.shape:
        raise PluginError(f"{where} has shape {images.shape}, its reference {compared.shape}")
    channels = to_channels(compared)
    families, undefined = [], []
    for cls in metric_families().values():
        asked = [metric for metric in cls.metrics if metric.name in wanted]
        reasons = {metric: _undefined(metric, channels) for metric in asked}
        undefined += [reason for reason in reasons.values() if reason]
        defined = [metric for metric, reason in reasons.items() if not reason]
        if defined:
            family = cls()
            with spending("metrics"):
                families.append((family, defined, family.prepare(channels, defined)))
    return Reference(images, digest_pixels(images), compared, families, "; ".join(dict.fromkeys(undefined)))


def _undefined(metric: Metric, channels: Channels) -> str:
    count, height, width = channels.shape[1:]
    return metric.undefined(height, width, 1 if count == 1 else 3)


def _compared(family: MetricFamily, wanted: Sequence[Metric], prepared: Any, distorted: Channels) -> dict[str, Values]:
    """The values that a family gives, by column.

    Raises:
        PluginError: they are not those that were asked for, one for each image.
    """
    values = {column: _numbers(family, column, found) for column, found in family.compare(prepared, distorted).items()}
    found = {column: numbers.shape for column, numbers in values.items()}
    expected = {metric.column: (len(distorted),) for metric in wanted}
    if found != expected:
        raise PluginError(f"metrics {family.name!r}: expected values of the shapes {expected}, got {found}")
    return values


def _numbers(family: MetricFamily, column: str, found: Any) -> Values:
    try:
        numbers = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if np.isnan(numbers).any():
        raise PluginError(
            f"metrics {family.name!r}: expected a number for each image in {column}, got {np.asarray(found).tolist()}; "
            "say in the metric where it has none"
        )
    return numbers


def top_of(codec: Codec, codecs: Iterable[Codec]) -> Codec:
    """The codec of the highest knob among those that differ from one in the knob alone."""
    alike = [other for other in codecs if with_knob(other, knob_of(codec)) == codec]
    return max(alike, key=knob_of)


def knob_of(codec: Codec) -> Any:
    """The value of a codec's knob."""
    assert codec.knob is not None
    return codec.settings[codec.knob.field]


def with_knob(codec: Codec, knob: float) -> Codec:
    """The codec with another value of its knob."""
    assert codec.knob is not None
    return dataclasses.replace(codec, **{codec.knob.field: knob})


def match_image(codec: Codec, reference: Reference, given: Batch, place: int, target: Target) -> Match:
    """The knob that brings one image of an item closest to a target; metrics are computed only where they are it.

    Raises:
        Unreachable: none does, or the metric is not defined at this size.
    """
    image, compared = given[place : place + 1], reference.compared[place : place + 1]
    if target.column in RATES:

        def value_at(knob: float) -> float:
            tried = with_knob(codec, knob)
            streams = tried.encode_batch(image)
            unpaid = sum(map(codec.overhead, streams)) if target.column == "payload_bpp" else 0
            return (rate_bits(tried, streams) - 8 * unpaid) / int(image.shape[1] * image.shape[2])

        falling = False
    else:
        metric = find_metric(all_metrics(), target.column)
        original = to_channels(compared)
        reason = _undefined(metric, original)
        if reason:
            raise Unreachable(reason)
        family = next(cls for cls in metric_families().values() if metric in cls.metrics)()
        prepared = family.prepare(original, [metric])

        def value_at(knob: float) -> float:
            decoded = to_channels(like(codec.decode_batch(with_knob(codec, knob).encode_batch(image)), image))
            return float(_compared(family, [metric], prepared, decoded)[target.column][0])

        falling = not metric.higher_is_better
    try:
        return find_knob(value_at, knob_values(type(codec), reverse=falling), target.limit, sense=target.sense)
    except Unreachable as error:
        which = f"image {place} of the item: " if len(reference.images) > 1 else ""
        raise Unreachable(f"{which}{target} cannot be reached; {error}") from error


def measure(
    record: Record, codecs: Sequence[Codec], encoded: Encoded, reference: Reference, conditions: Conditions
) -> Record:
    """A record with the figures of streams.

    Args:
        record: with all that is known beforehand.
        codecs: one for the whole item, or one for each image.
        encoded: their streams.
        reference: the item.
        conditions: how they are measured.

    Raises:
        Undecodable, DecoderDied: see :func:`~benchmark.run.decoder.decode_apart`.
        ValueError: the decoder returned images of another size.
        Unkept: the streams cannot be written.
    """
    images, codec = reference.images, codecs[0]
    parts, stopwatch = tuple(map(tuple, encoded.parts)), conditions.stopwatch
    # Their digests, with a key that is known here alone: no setting reaches a decoder.
    warm = frozenset(blake2b(name.encode(), key=_KEY).hexdigest() for name in loads("decode", codecs, images))
    request = Request(conditions.codec, parts, stopwatch, warm, conditions.cores, conditions.device)
    with spending("decoding"):
        found = decode_apart(request)
    decoded, times = like(np.concatenate(found.parts), images), found.times
    streams = [stream for part in encoded.parts for stream in part]
    accounts = [account for account in (account_of(codec, stream) for stream in streams) if account is not None]
    pixels = images.shape[0] * images.shape[1] * images.shape[2]
    with spending("metrics"):
        values = values_of(reference, decoded)
    suspicion = _suspicion(codec, reference, values.get(CEILING_COLUMN, 0.0))
    # What was counted from the streams themselves takes the place of what the codec says beforehand.
    work = _counted(accounts, pixels) or _complexity(codecs, images)
    remarks = {
        "undefined-metric": reference.undefined,
        "above-ceiling": suspicion,
        SEEN: seen_in_training(record.codec, record.weights, images),
        DISTURBED: disturbance((encoded.times, times)) if stopwatch.watched else "",
    }
    if broken := broken_promise(codecs, images, decoded):
        return replace(record, pixels_sha256=digest_pixels(decoded), status="failed", reason=broken)
    if conditions.keep:
        try:
            with spending("writing"):
                keep_streams(conditions.keep, encoded.parts)
        except OutputError as error:
            raise Unkept(str(error)) from error
    return replace(
        record,
        **rates(codec, streams, accounts, pixels),
        metrics=values,
        **({} if codec.estimates else _seconds(encoded.times, times)),
        device=device_of(codec),
        parameters=_parameters(codec, images),
        encode_kmac_per_pixel=work[0],
        decode_kmac_per_pixel=work[1],
        stream_sha256=digest_of(encoded.parts),
        pixels_sha256=digest_pixels(decoded),
        status="ok",
        reason="; ".join(filter(None, remarks.values())),
        flags=tuple(flag for flag, remark in remarks.items() if remark),
    )


def values_of(reference: Reference, decoded: Batch) -> dict[str, float]:
    """The metrics of an item by column: each is the mean over its images."""
    channels = to_channels(decoded)
    return {
        column: float(per_image.mean())
        for family, wanted, prepared in reference.families
        for column, per_image in _compared(family, wanted, prepared, channels).items()
    }


def _seconds(encoding: Times, decoding: Times) -> dict[str, Any]:
    """The columns that tell times, and how they were measured."""
    both = (encoding, decoding)
    return {
        "encode_s": encoding.seconds,
        "decode_s": decoding.seconds,
        "encode_cpu_s": encoding.cpu_seconds,
        "decode_cpu_s": decoding.cpu_seconds,
        "repeats": min(times.repeats for times in both),
        "time_spread": max((times.spread for times in both if times.spread is not None), default=None),
        "load": max((times.load for times in both if times.load is not None), default=None),
    }


def broken_promise(codecs: Sequence[Codec], images: Batch, decoded: Batch) -> str:
    """What is wrong where settings that are said to return the very pixels do not; empty where nothing is."""
    each = codecs if len(codecs) > 1 else list(codecs) * len(images)
    for codec, image, returned in zip(each, images, decoded, strict=True):
        if codec.is_lossless and not np.array_equal(image, returned):
            count = int((image != returned).sum())
            return (
                f"the promise of {codec.name} is broken: at {codec.settings_json} it is lossless, but {count} of "
                f"{image.size} samples came back as others"
            )
    return ""


_Work = tuple[float | None, float | None]
"""Thousands of multiply–accumulates a pixel, to encode and to decode."""


def _counted(accounts: Sequence[Account], pixels: int) -> _Work | None:
    """What the networks of a codec computed, where each stream tells it."""
    encoding = [account.encode_macs for account in accounts if account.encode_macs is not None]
    decoding = [account.decode_macs for account in accounts if account.decode_macs is not None]
    if not accounts or len(encoding) < len(accounts) or len(decoding) < len(accounts):
        return None
    return sum(encoding) / (1000 * pixels), sum(decoding) / (1000 * pixels)


def _complexities(codecs: Sequence[Codec], images: Batch) -> list[Complexity]:
    """What learned codecs compute for an image of this size; nothing of others."""
    height, width = images.shape[1:3]
    channels = images.shape[3] if images.ndim == 4 else 1
    found = [complexity_of(codec, height, width, channels) for codec in codecs]
    return [complexity for complexity in found if complexity is not None]


def _parameters(codec: Codec, images: Batch) -> int | None:
    return next((complexity.parameters for complexity in _complexities([codec], images)), None)


def _complexity(codecs: Sequence[Codec], images: Batch) -> _Work:
    """What learned codecs compute, for each of the images' own pixels: the mean over codecs that images have."""
    known = _complexities(codecs, images)

    def per_pixel(macs: Sequence[int | None]) -> float | None:
        counted = [count for count in macs if count is not None]
        if not counted or len(counted) < len(macs):
            return None
        return statistics.fmean(counted) / (1000 * int(images.shape[1]) * int(images.shape[2]))

    return (
        per_pixel([complexity.encode_macs for complexity in known]),
        per_pixel([complexity.decode_macs for complexity in known]),
    )


def _suspicion(codec: Codec, reference: Reference, psnr: float) -> str:
    """What is wrong with a PSNR over RGB that passes the ceiling of the codec's colour path; empty where nothing is.

    Only items of one image are looked at, which are compared with themselves.
    """
    images = reference.images
    path = codec.colour_path(images.shape[3] if images.ndim == 4 else 1)
    if path is None or len(images) != 1:
        return ""
    if path not in reference.ceilings:
        reference.ceilings[path] = ceiling(images[0], path)
    if psnr <= reference.ceilings[path] or not np.array_equal(images, reference.compared):
        return ""
    return excess(psnr, images[0], path)
