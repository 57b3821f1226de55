"""One task: a codec on one item of a data set at all its settings, turned into records.

The grain is chosen so that an image is read, and its side of each metric computed, once. Tasks and records are plain
data: any engine can carry them to a worker, which finds codec and data set by name.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmark.codec import Account, Batch, Codec, Setting
from benchmark.colour.convert import ColourPath, ceiling, excess
from benchmark.errors import PluginError, Unreachable, UnsupportedImage
from benchmark.metric import LUMA, Channels, Metric, MetricFamily, Values, find_metric, to_channels
from benchmark.plugins import all_metrics, codec_class, metric_families, open_dataset
from benchmark.run.matching import RATES, Match, Target, find_knob, knob_values, row_settings
from benchmark.run.record import SCHEMA, Record, columns, metric_definitions, row_key

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Task:
    """What a worker has to know.

    Attributes:
        dataset, data_root, item: where the pixels come from.
        label: name of the data set in the records; it says when the set is incomplete.
        codec: name.
        settings: all settings of each operating point.
        metrics: names of those wanted.
        repeats, threads: see ``study.Study``.
        done: keys of rows that need not be made again.
        target: the target that the knob is chosen for, image by image. Without a target, the settings hold the knob.
            They also hold it for the target of a mean, for which the knob was found before.
    """

    dataset: str
    data_root: Path | None
    item: str
    label: str
    codec: str
    settings: Sequence[Mapping[str, Setting]]
    metrics: tuple[str, ...]
    repeats: int
    threads: int
    done: frozenset[str] = frozenset()
    target: Target | None = None


def run_task(task: Task) -> list[Record]:
    """Records of a task, one for each operating point; one that fails is a record that says why.

    Operating points of a progressive codec that differ in the knob alone are encoded once, at its highest value among
    them, and the others are cut from that; ``encode_s`` of each is that of the one encode.
    """
    cls = codec_class(task.codec)
    reference = _reference(task.dataset, task.data_root, task.item, task.metrics)
    blanks = {}
    for settings in task.settings:
        codec = cls.from_settings(settings)
        record = blank_record(task, codec, reference.images, reference.digest)
        if record["key"] not in task.done:
            blanks[codec] = record
    encoded: dict[Codec, _Encoded] = {}
    warm = False
    for codec, record in blanks.items():
        try:
            if not warm:
                # Loads libraries and weights outside the clock; one image of a batch is enough for that.
                cls.decode_batch(codec.encode_batch(reference.images[:1]))
                warm = True
            codecs = [codec]
            if task.target is not None and not task.target.mean:
                matches = [_match(codec, reference, place, task.target) for place in range(len(reference.images))]
                found = {
                    "knob_value": statistics.fmean(match.knob for match in matches),
                    "encodes": statistics.fmean(match.encodes for match in matches),
                }
                codecs = [_at(codec, match.knob) for match in matches]
                streams = _encode_each(codecs, reference.images, task.repeats)
            elif cls.embedded:
                top = _top(codec, blanks)
                if top not in encoded:
                    encoded[top] = _encode(top, reference.images, task.repeats)
                found, streams = {}, encoded[top] if codec == top else _cut(codec, encoded[top])
            else:
                found, streams = {}, _encode(codec, reference.images, task.repeats)
            record.update(found, **_complexity(codecs, reference.images))
            # What was counted from the streams themselves takes the place of what the codec says beforehand.
            record.update(_measure(codec, streams, reference, task.repeats))
        except Unreachable as error:
            record.update(status="unreachable", reason=one_line(error))
        except UnsupportedImage as error:
            record.update(status="skipped", reason=one_line(error))
        except Exception as error:  # a codec may raise anything: its failure is a row, and the run goes on
            record.update(status="failed", reason=f"{type(error).__name__}: {one_line(error)}")
    return list(blanks.values())


def blank_record(task: Task, codec: Codec, images: Batch | None = None, digest: str = "") -> Record:
    """A record of a task's operating point with all that is known before it runs; other columns are empty."""
    identity = {
        "dataset": task.label,
        "image": task.item,
        "image_sha256": digest,
        "codec": codec.name,
        "version": ", ".join(filter(None, (codec.version(), codec.state()))),
        "settings": row_settings(codec, task.target),
        "repeats": task.repeats,
        "threads": task.threads,
    }
    if task.target is not None:
        identity["target"] = str(task.target)
    if task.target is not None and task.target.mean:
        identity["knob_value"] = _knob_of(codec)
    record: Record = dict.fromkeys(columns(), "")
    record |= {
        **identity,
        "schema": SCHEMA,
        "key": row_key({**identity, "metrics": task.metrics}),
        "knob": codec.knob.field if codec.knob else "",
        "metric_definitions": metric_definitions(task.metrics),
    }
    if images is not None:
        record |= {
            "images": len(images),
            "width": images.shape[2],
            "height": images.shape[1],
            "channels": images.shape[3] if images.ndim == 4 else 1,
        }
    return record


def one_line(error: object) -> str:
    """An error's message without line breaks, at most 300 characters."""
    return " ".join(str(error).split())[:300]


@dataclass(frozen=True)
class _Reference:
    """An item: the images to encode, their digest, and those that decoded ones are compared with, also prepared.

    Ceilings of colour paths are remembered as they are asked for.
    """

    images: Batch
    digest: str
    compared: Batch
    families: list[tuple[MetricFamily, list[Metric], Any]]
    undefined: str
    ceilings: dict[ColourPath, float] = dataclasses.field(default_factory=dict)


@lru_cache(maxsize=4)
def _dataset(spec: str, data_root: Path | None) -> Any:
    return open_dataset(spec, data_root)


@lru_cache(maxsize=1)  # tasks of one image follow each other
def _reference(spec: str, data_root: Path | None, item: str, wanted: tuple[str, ...]) -> _Reference:
    dataset = _dataset(spec, data_root)
    images, compared = dataset.load(item), dataset.reference(item)
    if compared.shape != images.shape:
        raise PluginError(f"data set {spec!r}: {item} has shape {images.shape}, its reference {compared.shape}")
    channels = to_channels(compared)
    families, undefined = [], []
    for cls in metric_families().values():
        asked = [metric for metric in cls.metrics if metric.name in wanted]
        reasons = {metric: _undefined(metric, channels) for metric in asked}
        undefined += [reason for reason in reasons.values() if reason]
        defined = [metric for metric, reason in reasons.items() if not reason]
        if defined:
            family = cls()
            families.append((family, defined, family.prepare(channels, defined)))
    return _Reference(images, digest_pixels(images), compared, families, "; ".join(dict.fromkeys(undefined)))


def _undefined(metric: Metric, channels: Channels) -> str:
    count, height, width = channels.shape[1:]
    return metric.undefined(height, width, 1 if count == 1 else 3)


def _compared(family: MetricFamily, wanted: Sequence[Metric], prepared: Any, distorted: Channels) -> dict[str, Values]:
    """The values that a family gives, by column.

    Raises:
        PluginError: they are not those that were asked for, one for each image.
    """
    values = family.compare(prepared, distorted)
    found = {column: np.shape(numbers) for column, numbers in values.items()}
    expected = {metric.column: (len(distorted),) for metric in wanted}
    if found != expected:
        raise PluginError(f"metrics {family.name!r}: expected values of the shapes {expected}, got {found}")
    return values


@dataclass(frozen=True)
class _Encoded:
    """Streams of an item, in the parts that have to be decoded together, and what it took to make them."""

    parts: list[list[bytes]]
    seconds: float
    peak: float | str


def _encode(codec: Codec, images: Batch, repeats: int) -> _Encoded:
    memory = _PeakMemory()
    streams, seconds = _timed(lambda: codec.encode_batch(images), repeats)
    return _Encoded([streams], seconds, memory.mebibytes())


def _encode_each(codecs: Sequence[Codec], images: Batch, repeats: int) -> _Encoded:
    """Every image by a codec of its own."""
    memory = _PeakMemory()
    parts, seconds = _timed(
        lambda: [codec.encode_batch(image) for codec, image in zip(codecs, images[:, np.newaxis], strict=True)], repeats
    )
    return _Encoded(parts, seconds, memory.mebibytes())


def _cut(codec: Codec, encoded: _Encoded) -> _Encoded:
    """The streams of a progressive codec, cut from those of a higher knob."""
    return dataclasses.replace(encoded, parts=[[codec.prefix(data) for data in part] for part in encoded.parts])


def _top(codec: Codec, codecs: Iterable[Codec]) -> Codec:
    """The codec of the highest knob among those that differ from one in the knob alone."""
    alike = [other for other in codecs if _at(other, _knob_of(codec)) == codec]
    return max(alike, key=_knob_of)


def _knob_of(codec: Codec) -> Any:
    assert codec.knob is not None
    return codec.settings[codec.knob.field]


def _at(codec: Codec, knob: float) -> Codec:
    assert codec.knob is not None
    return dataclasses.replace(codec, **{codec.knob.field: knob})


def _match(codec: Codec, reference: _Reference, place: int, target: Target) -> Match:
    """The knob that brings one image of an item closest to a target; metrics are computed only where they are it.

    Raises:
        Unreachable: none does, or the metric is not defined at this size.
    """
    image, compared = reference.images[place : place + 1], reference.compared[place : place + 1]
    if target.column in RATES:
        def measure(knob: float) -> float:
            streams = _at(codec, knob).encode_batch(image)
            unpaid = sum(map(codec.overhead, streams)) if target.column == "payload_bpp" else 0
            return 8 * (sum(map(len, streams)) - unpaid) / int(image.shape[1] * image.shape[2])

        falling = False
    else:
        metric = find_metric(all_metrics(), target.column)
        original = to_channels(compared)
        reason = _undefined(metric, original)
        if reason:
            raise Unreachable(reason)
        family = next(cls for cls in metric_families().values() if metric in cls.metrics)()
        prepared = family.prepare(original, [metric])

        def measure(knob: float) -> float:
            decoded = to_channels(like(codec.decode_batch(_at(codec, knob).encode_batch(image)), image))
            return float(_compared(family, [metric], prepared, decoded)[target.column][0])

        falling = not metric.higher_is_better
    try:
        return find_knob(measure, knob_values(type(codec), reverse=falling), target.limit, nearest=target.nearest)
    except Unreachable as error:
        which = f"image {place} of the item: " if len(reference.images) > 1 else ""
        raise Unreachable(f"{which}{target} cannot be reached; {error}") from error


def _measure(codec: Codec, encoded: _Encoded, reference: _Reference, repeats: int) -> Record:
    images = reference.images
    memory = _PeakMemory()
    parts, decode_s = _timed(lambda: [codec.decode_batch(streams) for streams in encoded.parts], repeats)
    peak = max(encoded.peak, memory.mebibytes(), key=lambda value: float(value or 0))
    decoded = like(np.concatenate(parts), images)
    streams = [stream for part in encoded.parts for stream in part]
    size = sum(map(len, streams))
    overhead = sum(codec.overhead(stream) for stream in streams)
    accounts = [account for account in map(codec.account, streams) if account is not None]
    nominal = [bits for bits in map(codec.nominal_bits, streams) if bits is not None]
    pixels = images.shape[0] * images.shape[1] * images.shape[2]
    channels = to_channels(decoded)
    values: Record = {}
    for family, wanted, prepared in reference.families:
        for column, per_image in _compared(family, wanted, prepared, channels).items():
            values[column] = float(per_image.mean())
    suspicion = _suspicion(codec, reference, values.get("psnr_rgb", 0.0))
    return {
        "bytes": size,
        "overhead_bytes": overhead,
        "bpp": 8 * size / pixels,
        "payload_bpp": 8 * (size - overhead) / pixels,
        "nominal_bpp": sum(nominal) / pixels if nominal else "",
        "estimated_bpp": sum(account.estimated_bits for account in accounts) / pixels if accounts else "",
        **_counted(accounts, pixels),
        **values,
        "encode_s": encoded.seconds,
        "decode_s": decode_s,
        "peak_memory_mib": peak,
        "stream_sha256": hashlib.sha256(b"".join(streams)).hexdigest(),
        "pixels_sha256": digest_pixels(decoded),
        "status": "ok",
        "reason": "; ".join(filter(None, (reference.undefined, suspicion))),
    }


def _counted(accounts: Sequence[Account], pixels: int) -> Record:
    """What the networks of a codec computed, where each stream tells it."""
    if not accounts:
        return {}
    return {
        "encode_kmac_per_pixel": sum(account.encode_macs for account in accounts) / (1000 * pixels),
        "decode_kmac_per_pixel": sum(account.decode_macs for account in accounts) / (1000 * pixels),
    }


def _complexity(codecs: Sequence[Codec], images: Batch) -> Record:
    """What learned codecs compute, for each of the images' own pixels: the mean over codecs that images have."""
    height, width = images.shape[1:3]
    found = [codec.complexity(height, width, images.shape[3] if images.ndim == 4 else 1) for codec in codecs]
    known = [complexity for complexity in found if complexity is not None]
    if not known:
        return {}

    def per_pixel(macs: Sequence[int | None]) -> float | str:
        counted = [count for count in macs if count is not None]
        return statistics.fmean(counted) / (1000 * height * width) if len(counted) == len(macs) else ""

    return {
        "parameters": known[0].parameters,
        "encode_kmac_per_pixel": per_pixel([complexity.encode_macs for complexity in known]),
        "decode_kmac_per_pixel": per_pixel([complexity.decode_macs for complexity in known]),
    }


def _suspicion(codec: Codec, reference: _Reference, psnr: float) -> str:
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


def _timed(call: Callable[[], _Result], repeats: int) -> tuple[_Result, float]:
    """A call's result and the median of its seconds, by the monotonic clock."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return result, statistics.median(seconds)


def like(decoded: Batch, images: Batch) -> Batch:
    """Decoded images in the shape of the originals.

    A format without grey returns a grey image as colour, whose channels are equal but for rounding: its luma, rounded,
    is the grey image.

    Raises:
        ValueError: the decoder returned images of another size.
    """
    if images.ndim == 3 and decoded.ndim == 4:
        luma = decoded.astype(np.float32) @ LUMA
        decoded = np.rint(luma).astype(np.uint8)
    if decoded.shape != images.shape or decoded.dtype != np.uint8:
        raise ValueError(
            f"the decoder returned {decoded.dtype} of shape {decoded.shape}, expected uint8 of shape {images.shape}"
        )
    return decoded


def digest_pixels(images: Batch) -> str:
    """SHA-256 of images and their shape, for ``image_sha256`` and ``pixels_sha256``."""
    digest = hashlib.sha256(repr(images.shape).encode())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()


class _PeakMemory:
    """The largest resident memory of this process since this was made, in MiB; since its start elsewhere than Linux."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def mebibytes(self) -> float | str:
        with contextlib.suppress(OSError):
            for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmHWM:"):
                    return round(int(line.split()[1]) / 1024, 1)
        try:
            import resource
        except ImportError:  # Windows
            return ""
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
