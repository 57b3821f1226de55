"""One task: a codec on one item of a data set at all its settings, turned into records.

The grain is chosen so that an image is read, and its side of each metric computed, once. Tasks and records are plain
data: any engine can carry them to a worker, which finds codec and data set by name.
"""

from __future__ import annotations

import contextlib
import hashlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmark.codec import Batch, Codec, Setting
from benchmark.errors import UnsupportedImage
from benchmark.metric import LUMA, MetricFamily, Planes, to_planes
from benchmark.plugins import codec_class, metric_families, open_dataset
from benchmark.record import SCHEMA, Record, columns, row_key

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Task:
    """What a worker has to know.

    Attributes:
        dataset, data_root, item: which pixels.
        label: name of the data set in the records; it says when the set is incomplete.
        codec: name.
        settings: all settings of each operating point.
        metrics: names of those wanted.
        repeats, threads: see ``study.Study``.
        done: keys of rows that need not be made again.
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


def run_task(task: Task) -> list[Record]:
    """Records of a task, one for each operating point; one that fails is a record that says why."""
    cls = codec_class(task.codec)
    reference = _reference(task.dataset, task.data_root, task.item, task.metrics)
    records = []
    warm = False
    for settings in task.settings:
        codec = cls.from_settings(settings)
        record = blank_record(task, codec, reference.images, reference.digest)
        if record["key"] in task.done:
            continue
        try:
            if not warm:
                # Loads libraries and weights, and touches memory, outside the clock.
                cls().decode_batch(codec.encode_batch(reference.images))
                warm = True
            record |= _measure(codec, reference, task)
        except UnsupportedImage as error:
            record |= {"status": "skipped", "reason": one_line(error)}
        except Exception as error:  # a codec may raise anything: its failure is a row, and the run goes on
            record |= {"status": "failed", "reason": f"{type(error).__name__}: {one_line(error)}"}
        records.append(record)
    return records


def blank_record(task: Task, codec: Codec, images: Batch | None = None, digest: str = "") -> Record:
    """A record of a task's operating point with all that is known before it runs; other columns are empty."""
    identity = {
        "dataset": task.label,
        "image": task.item,
        "image_sha256": digest,
        "codec": codec.name,
        "version": ", ".join(filter(None, (codec.version(), codec.state()))),
        "settings": codec.settings_json,
        "repeats": task.repeats,
        "threads": task.threads,
    }
    record: Record = dict.fromkeys(columns(), "")
    record |= {
        **identity,
        "schema": SCHEMA,
        "key": row_key({**identity, "metrics": task.metrics}),
        "knob": codec.knob.field if codec.knob else "",
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
    images: Batch
    digest: str
    planes: Planes
    families: list[tuple[MetricFamily, Any]]
    undefined: str


@lru_cache(maxsize=4)
def _dataset(spec: str, data_root: Path | None) -> Any:
    return open_dataset(spec, data_root)


@lru_cache(maxsize=1)  # tasks of one image follow each other
def _reference(spec: str, data_root: Path | None, item: str, wanted: tuple[str, ...]) -> _Reference:
    images = _dataset(spec, data_root).load(item)
    planes = to_planes(images)
    families, undefined = [], []
    for cls in metric_families().values():
        family = cls()
        defined = []
        for metric in family.metrics:
            if metric.name in wanted:
                reason = family.undefined(metric.name, *planes.shape[2:])
                if reason:
                    undefined.append(reason)
                else:
                    defined.append(metric.name)
        if defined:
            families.append((family, family.prepare(planes, defined)))
    return _Reference(images, _digest_pixels(images), planes, families, "; ".join(undefined))


def _measure(codec: Codec, reference: _Reference, task: Task) -> Record:
    images = reference.images
    memory = _PeakMemory()
    streams, encode_s = _timed(lambda: codec.encode_batch(images), task.repeats)
    # Another object, at its defaults: what decodes sees the bytes and nothing else.
    decoder = type(codec)()
    decoded, decode_s = _timed(lambda: decoder.decode_batch(streams), task.repeats)
    peak = memory.mebibytes()
    decoded = _like(decoded, images)
    size = sum(map(len, streams))
    overhead = sum(codec.overhead(stream) for stream in streams)
    pixels = images.shape[0] * images.shape[1] * images.shape[2]
    planes = to_planes(decoded)
    values: Record = {}
    for family, prepared in reference.families:
        for column, per_image in family.compare(prepared, planes).items():
            values[column] = float(per_image.mean())
    return {
        "bytes": size,
        "overhead_bytes": overhead,
        "bpp": 8 * size / pixels,
        "payload_bpp": 8 * (size - overhead) / pixels,
        **values,
        "encode_s": encode_s,
        "decode_s": decode_s,
        "peak_memory_mib": peak,
        "stream_sha256": hashlib.sha256(b"".join(streams)).hexdigest(),
        "pixels_sha256": _digest_pixels(decoded),
        "status": "ok",
        "reason": reference.undefined,
    }


def _timed(call: Callable[[], _Result], repeats: int) -> tuple[_Result, float]:
    """A call's result and the median of its seconds, by the monotonic clock."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return result, statistics.median(seconds)


def _like(decoded: Batch, images: Batch) -> Batch:
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


def _digest_pixels(images: Batch) -> str:
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
