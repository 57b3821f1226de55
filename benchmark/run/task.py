"""One task: a codec on one item of a data set at all its settings, turned into records.

The grain is chosen so that an image is read, and its side of each metric computed, once. Tasks and records are plain
data: any engine can carry them to a worker, which finds codec and data set by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.codec import Batch, Codec, Setting
from benchmark.dataset import Dataset
from benchmark.errors import Unreachable, UnsupportedImage, contained, plain_line, typed_line
from benchmark.plugins import codec_class, metric_definitions, open_dataset
from benchmark.record.row import ALONE, LEAST_REPEATS, Record
from benchmark.run.decoder import (
    DecoderDied,
    DecoderOutOfMemory,
    OtherPixels,
    Undecodable,
    await_decoder,
    start_decoder,
)
from benchmark.run.encoder import Encoded, cut, encode, encode_each
from benchmark.run.matching import Target, row_settings
from benchmark.run.measure import (
    Conditions,
    Reference,
    Unkept,
    knob_of,
    match_image,
    measure,
    prepare,
    top_of,
    with_knob,
)
from benchmark.run.place import placed
from benchmark.run.spending import spending, taken
from benchmark.run.timing import Stopwatch
from benchmark.system.devices import AUTO
from benchmark.system.load import pinned
from benchmark.system.memory import is_memory_error, own_limit, too_much
from benchmark.system.names import printable

MOST = 300
"""Characters of an error's message that a reason keeps."""

SPOILED = "the codec changed the pixels that it was given to encode; an encoder has to leave them as they are"
"""The reason of a row whose codec wrote into its input."""

_STATUSES: Mapping[type[BaseException], str] = {
    Unreachable: "unreachable",
    UnsupportedImage: "skipped",
    Undecodable: "failed",
    OtherPixels: "failed",
    DecoderDied: "crashed",
    DecoderOutOfMemory: "out-of-memory",
}
"""What becomes of an operating point that ends with such an error, whose text says all."""


@dataclass(frozen=True)
class Task:
    """What a worker has to know.

    Attributes:
        dataset, data_root, item: where the pixels come from.
        label: name of the data set in the records.
        codec: name.
        settings: all settings of each operating point.
        metrics: names of those wanted.
        repeats, threads, timing: see ``study.Study``.
        done: keys of rows that need not be made again.
        target: the target that the knob is chosen for, image by image. Without a target, the settings hold the knob.
            They also hold it for the target of a mean, for which the knob was found before.
        images_expected: how many images the whole data set has; None where it has no fixed size.
        jobs: how many worker processes run side by side.
        rdbench: version and commit of this benchmark.
        source: the digest of the codec's code.
        metric_sources: the digest of the code of each metric.
        cores: the cores that the work is kept on; all where none is named.
        keep: the folder of results that the streams are kept in; None where they are not kept.
        device: what computes learned codecs, see :mod:`benchmark.system.devices`.
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
    images_expected: int | None = None
    jobs: int | None = None
    rdbench: str = ""
    source: str = ""
    metric_sources: Mapping[str, str] = field(default_factory=dict)
    timing: bool = False
    cores: tuple[int, ...] = ()
    keep: Path | None = None
    device: str = AUTO


@dataclass(frozen=True)
class Begun:
    """Says that an operating point of a task begins.

    Attributes:
        place: its place among the settings of the task.
    """

    place: int


@dataclass(frozen=True)
class Spent:
    """Says what a worker has spent on the parts of a task.

    Attributes:
        seconds: by part, see :data:`~benchmark.run.spending.PARTS`.
    """

    seconds: Mapping[str, float]


def run_task(task: Task) -> list[Record]:
    """Records of a task, see :func:`follow_task`."""
    return [step for step in follow_task(task) if isinstance(step, Record)]


def follow_task(task: Task) -> Iterator[Begun | Record | Spent]:
    """Records of a task, one for each operating point; one that fails is a record that says why.

    Operating points of a progressive codec that differ in the knob alone are encoded once, at its highest value among
    them, and the others are cut from that; ``encode_s`` of each is that of the one encode.

    Yields:
        Before each record that its operating point begins: whoever carries the task knows which one it is that takes
        too long, or ends this process. At the end, what this process has spent on the task.

    Raises:
        Unkept: streams cannot be kept, as on a full disk.
        MemoryError: memory ran out, and the record that tells is given. What holds it may stay: another process has to
            go on with the other operating points.
    """
    start_decoder(task.codec)
    cls = codec_class(task.codec)
    with pinned(task.cores), placed(cls, task.device):
        yield from _run(task, cls)
    yield Spent(taken())


def _run(task: Task, cls: type[Codec]) -> Iterator[Begun | Record]:
    stopwatch = Stopwatch(task.repeats, steady=task.timing, watched=task.jobs == 1 and task.repeats >= LEAST_REPEATS)
    conditions = Conditions(task.codec, stopwatch, task.cores, task.keep, task.device)
    try:
        with contained("the data set or a metric"), spending("reading"):
            reference = prepared_reference(task.dataset, task.data_root, task.item, task.metrics)
    except UnsupportedImage as error:
        yield from _skipped(task, cls, one_line(error))
        return
    blanks: dict[Codec, Record] = {}
    places: dict[Codec, int] = {}
    record: Record | None = None
    for place, settings in enumerate(task.settings):
        codec = cls.from_settings(settings)
        record = blank_record(task, codec, reference.images, reference.digest, like=record)
        if record.alike.isdisjoint(task.done):
            blanks[codec] = record
            places.setdefault(codec, place)
    encoded: dict[Codec, Encoded] = {}
    given = reference.images.copy()  # the codec's own: what it writes there reaches no other codec, and no metric
    await_decoder(task.codec)
    for codec, record in blanks.items():
        yield Begun(places[codec])
        try:
            if task.target is not None and not task.target.mean:
                made = _matched(codec, record, reference, given, task.target, conditions)
            elif cls.embedded:
                top = top_of(codec, blanks)
                if top not in encoded:
                    encoded[top] = _encoded(top, given, stopwatch)
                streams = encoded[top] if codec == top else cut(codec, encoded[top])
                made = measure(record, [codec], streams, reference, conditions)
            else:
                made = measure(record, [codec], _encoded(codec, given, stopwatch), reference, conditions)
        except Unkept:
            raise
        except BaseException as error:  # a codec may raise anything, SystemExit too: it is a row
            made = _without_result(record, error)
        if not same_pixels(given, reference.images):
            made = replace(record, status="failed", reason=SPOILED)
            given = reference.images.copy()
            encoded.clear()
        yield made
        if made.status == "out-of-memory":
            raise MemoryError(made.reason)


def _encoded(codec: Codec, images: Batch, stopwatch: Stopwatch) -> Encoded:
    with spending("encoding"):
        return encode(codec, images, stopwatch)


def _without_result(record: Record, error: BaseException) -> Record:
    """The row of an operating point that ended with an error."""
    for kind, status in _STATUSES.items():
        # Without a target there is nothing to reach: a codec alone may say so then.
        if isinstance(error, kind) and (record.target or kind is not Unreachable):
            return replace(record, status=status, reason=one_line(error))
    if is_memory_error(error):
        reason = one_line(f"{too_much(own_limit())}: {typed_line(error)}")
        return replace(record, status="out-of-memory", reason=f"the encoder or a metric {reason}")
    return replace(record, status="failed", reason=typed_line(error, MOST))


def same_pixels(images: Batch, others: Batch) -> bool:
    """Whether images of one shape are equal. Eight samples are compared at once: it is done after each encode."""
    first, second = (np.ascontiguousarray(batch).reshape(-1) for batch in (images, others))
    whole = len(first) // 8 * 8
    return bool(
        (first[:whole].view(np.uint64) == second[:whole].view(np.uint64)).all()
        and (first[whole:] == second[whole:]).all()
    )


def _skipped(task: Task, cls: type[Codec], reason: str) -> list[Record]:
    """Rows of an item that the data set cannot give, without those that are there already."""
    rows = [
        blank_record(task, cls.from_settings(settings), status="skipped", reason=reason) for settings in task.settings
    ]
    return [row for row in rows if row.alike.isdisjoint(task.done)]


def _matched(
    codec: Codec, record: Record, reference: Reference, given: Batch, target: Target, conditions: Conditions
) -> Record:
    """The record of an item whose images, here given to the codec, have each a knob of its own."""
    with spending("searching"):
        matches = [match_image(codec, reference, given, place, target) for place in range(len(given))]
    codecs = [with_knob(codec, match.knob) for match in matches]
    with spending("encoding"):
        streams = encode_each(codecs, given, conditions.stopwatch)
    record = replace(
        record,
        knob_value=sum(match.knob for match in matches) / len(matches),
        encodes=sum(match.encodes for match in matches) / len(matches),
    )
    return measure(record, codecs, streams, reference, conditions)


def blank_record(
    task: Task,
    codec: Codec,
    images: Batch | None = None,
    digest: str = "",
    *,
    status: str = "failed",
    reason: str = "",
    like: Record | None = None,
) -> Record:
    """A record of a task's operating point with all that is known before it runs.

    Args:
        task: what it is made for.
        codec: the codec of the task, at one of its settings.
        images: the images of the item, where they could be read: ``uint8``, (N, H, W) or (N, H, W, 3).
        digest: the digest of the images.
        status, reason: what became of it.
        like: another record of the task, which tells the versions of codec and metrics: to ask for them takes longer
            than to encode a small picture.
    """
    target = task.target
    return Record(
        dataset=task.label,
        images_expected=task.images_expected,
        image=printable(task.item),
        image_sha256=digest,
        images=None if images is None else len(images),
        width=None if images is None else images.shape[2],
        height=None if images is None else images.shape[1],
        channels=None if images is None else images.shape[3] if images.ndim == 4 else 1,
        codec=codec.name,
        version=like.version if like else codec.version(),
        weights=codec.weights_digest(),
        source=task.source,
        knob=codec.knob.field if codec.knob else "",
        settings=row_settings(codec, target),
        target=str(target or ""),
        target_column=target.column if target else "",
        target_limit=target.limit if target else None,
        target_over=("set" if target.mean else "image") if target else "",
        knob_value=float(knob_of(codec)) if target and target.mean else None,
        timing=ALONE if task.timing else "",
        repeats=task.repeats,
        threads=task.threads,
        jobs=task.jobs,
        status=status,
        reason=reason,
        metric_definitions=like.metric_definitions if like else metric_definitions(task.metrics),
        metric_sources={name: source for name, source in task.metric_sources.items() if name in task.metrics},
        rdbench=task.rdbench,
    ).keyed()


def one_line(error: object) -> str:
    """An error's message without line breaks, at most :data:`MOST` characters."""
    return plain_line(error)[:MOST]


@lru_cache(maxsize=4)
def opened_dataset(spec: str, data_root: Path | None) -> Any:
    """The data set of a name: a worker opens it once."""
    return open_dataset(spec, data_root)


@lru_cache(maxsize=1)  # tasks of one image follow each other
def prepared_reference(spec: str, data_root: Path | None, item: str, wanted: tuple[str, ...]) -> Reference:
    """What metrics compare with, of one image of a data set: a worker prepares it once for all of its tasks."""
    dataset = opened_dataset(spec, data_root)
    images = dataset.load(item)
    is_own_reference = type(dataset).reference is Dataset.reference  # to read it again would give the same
    compared = images if is_own_reference else dataset.reference(item)
    return prepare(images, compared, wanted, f"data set {spec!r}: {item}")
