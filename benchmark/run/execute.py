"""Makes the rows of a plan that are not there yet."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from benchmark.codec import Codec
from benchmark.plugins import codec_class, metric_definitions, portable_name
from benchmark.record.row import DISTURBED, GIVEN_UP, OTHER_STREAM, UNUSABLE, Record
from benchmark.run.engine import Workers, run_tasks
from benchmark.run.images import ImageDigests
from benchmark.run.mean_matching import MeanSearch
from benchmark.run.pending import pending
from benchmark.run.plan import Part, Plan
from benchmark.run.spending import spending
from benchmark.run.store import RecordStore
from benchmark.run.task import Task, blank_record, one_line
from benchmark.system.names import printable
from benchmark.system.progress import Progress


def execute(
    plan: Plan,
    searches: Sequence[MeanSearch],
    store: RecordStore,
    digests: ImageDigests,
    progress: Progress,
    workers: Workers,
    devices: Mapping[str, str],
) -> None:
    """Runs what is missing of a plan, and stores each row as soon as it is there.

    Args:
        plan: the plan of the study.
        searches: the searches for the plan's targets of means, all at their end.
        store: the store of the rows; rows that it has and that need no second try are not made again.
        digests: what is known of the pictures; it is told what is learned of them.
        progress: counts rows.
        workers: what carries the work.
        devices: see :func:`~benchmark.run.place.expected_devices`.
    """
    for codec, lost in _unusable(plan).items():
        status, reason = next(row.status for row in lost), next(row.reason for row in lost)
        store.append(lost)
        progress.note(f"{status}: {codec}, all its rows: {reason}")
        progress.advance(len(lost), codec)
    unmatched = _unmatched(plan, searches, store)
    store.append(unmatched)
    progress.advance(len(unmatched), "targets without a match")
    parts = [
        *plan.parts,
        *(Part(search.codec, [search.at(search.found.knob)], search.target) for search in searches if search.found),
    ]
    encodes = {search.row: search.found.encodes for search in searches if search.found}
    study = plan.study
    definitions, sources = metric_definitions(study.metrics), plan.task.metric_sources
    timed = study.repeats if study.timing else None
    done = store.done(definitions, sources, timed=timed, kept=plan.task.keep, devices=devices)
    earlier = {row.identity: row for row in store.rows} if study.timing else {}
    left = pending(_tasks(plan, parts, done), digests, lambda dropped: progress.skip(dropped, "made before"))
    before: _Before | None = None
    given_up: set[str] = set()
    with contextlib.closing(run_tasks(left, workers)) as finished:
        for task, made in finished:
            before = before or _Before(store.usable, definitions, sources)  # a run with nothing to do does without
            there = before.digests
            where = f"{codec_class(task.codec).name} on {printable(task.item)}"
            records = [
                _with_encodes(_told_apart(record, earlier.get(record.identity)), encodes)
                for record in made
                if not (GIVEN_UP in record.flags and record.identity in before.held)  # what an earlier run made stays
            ]
            for text in _remarks(records, where, given_up):
                progress.note(text)
            with spending("writing"):
                store.append(records)
            digests.learn(task.item, _digest(made, there.setdefault(printable(task.item), set())))
            if made:  # its other rows may come to an end without one
                there[printable(task.item)] = {made[0].image_sha256}
            progress.skip(len(task.settings) - len(records), f"{where}: made before")
            if records:
                progress.advance(len(records), where)


def _tasks(plan: Plan, parts: Iterable[Part], done: Mapping[tuple[str, str], frozenset[str]]) -> Iterator[Task]:
    """The tasks of a plan, one after the other: codec by codec, for a worker serves one alone.

    They come image by image, so that its side of the metrics, cached by the worker, serves all targets of a codec.

    Args:
        plan: the plan of the study.
        parts: its parts, and those whose knobs were found.
        done: see :meth:`~benchmark.run.store.RecordStore.done`.
    """
    by_codec: dict[str, list[Part]] = {}
    for part in parts:
        by_codec.setdefault(part.codec, []).append(part)
    for codec, of_codec in by_codec.items():
        name = codec_class(codec).name
        for item in plan.items:
            known = done.get((printable(item), name), frozenset())
            for part in of_codec:
                yield plan.task_of(codec, item, settings=part.settings, target=part.target, done=known)


def _with_encodes(record: Record, encodes: Mapping[tuple[str, str, str], int]) -> Record:
    """A row, with how many encodes the search for its knob took, if it is of a target over the whole set."""
    if record.target_over != "set":
        return record
    return replace(record, encodes=encodes.get((record.codec, record.settings, record.target)))


class _Before:
    """What there was before the first row of this run was made.

    Args:
        rows: the rows that there were.
        definitions, sources: the definitions and the code of metrics, see ``Record.reusable``.

    Attributes:
        held: identities of those that could be reused.
        digests: the digests of pictures that they have, by the name of the picture.
    """

    def __init__(self, rows: Iterable[Record], definitions: Mapping[str, str], sources: Mapping[str, str]) -> None:
        self.held: set[tuple[str, ...]] = set()
        self.digests: dict[str, set[str]] = {}
        for row in rows:
            self.digests.setdefault(row.image, set()).add(row.image_sha256)
            if row.reusable(definitions, sources):
                self.held.add(row.identity)


def _remarks(records: Sequence[Record], where: str, given_up: set[str]) -> Iterator[str]:
    """What to tell of rows; ``given_up`` has the codecs of which it was told already that they were given up."""
    for record in records:
        if GIVEN_UP in record.flags:
            if record.codec not in given_up:
                yield f"skipped: {record.codec}, its other rows: {record.reason}"
            given_up.add(record.codec)
        elif not record.settled or {DISTURBED, OTHER_STREAM} & set(record.flags):
            yield f"{record.status}: {where}: {record.reason}"


def _digest(made: Sequence[Record], there: Collection[str]) -> str:
    """The digest of the picture of a task that a worker has ended; empty where that cannot be told.

    Args:
        made: all rows that were made of it.
        there: the digests that the rows of the picture have that were there before.
    """
    if made:
        return made[0].image_sha256
    # The worker has read it, and all its rows are there already: it is the picture of these rows.
    return next(iter(there)) if len(there) == 1 else ""


def _unusable(plan: Plan) -> dict[str, list[Record]]:
    """The rows of codecs that cannot be used, by the name of the codec."""
    troubles = {portable_name(codec): trouble for codec, trouble in plan.study.unusable.items()}
    found: dict[str, list[Record]] = {}
    for part in plan.unusable:
        cls, (status, reason) = codec_class(part.codec), troubles[part.codec]
        for item in plan.items:
            task = plan.task_of(part.codec, item, target=part.target)
            for settings in part.settings:
                codec = _silent(cls).from_settings(settings)
                row = blank_record(task, codec, status=status, reason=one_line(reason))
                found.setdefault(cls.name, []).append(replace(row, flags=(*row.flags, UNUSABLE)))
    return found


def _silent(cls: type[Codec]) -> type[Codec]:
    """A codec that is not asked for what it cannot tell: its version and its weights."""
    return type(cls.__name__, (cls,), {"version": classmethod(lambda _: ""), "weights_digest": lambda _: ""})


def _told_apart(record: Record, earlier: Record | None) -> Record:
    """A row that was timed anew, with a flag if it has other bytes or pixels than the earlier row of the same code."""
    code = ("image_sha256", "version", "weights", "source", "knob_value")
    figures = ("stream_sha256", "pixels_sha256")
    if earlier is None or any(row.status != "ok" for row in (record, earlier)):
        return record
    if any(getattr(record, name) != getattr(earlier, name) for name in code):
        return record
    if all(getattr(record, name) == getattr(earlier, name) for name in figures):
        return record
    text = "timed anew, it gave other bytes or pixels than before: the codec does not do the same each time"
    return replace(record, flags=(*record.flags, OTHER_STREAM), reason="; ".join(filter(None, (record.reason, text))))


def _unmatched(plan: Plan, searches: Sequence[MeanSearch], store: RecordStore) -> list[Record]:
    """Rows of searches that found nothing, without those that are there."""
    rows = []
    for search in searches:
        if not search.found:
            codec = codec_class(search.codec).from_settings(search.settings)
            for item in plan.items:
                task = plan.task_of(search.codec, item, target=search.target)
                row = blank_record(task, codec, status=search.status, reason=one_line(search.reason))
                rows.append(replace(row, flags=search.flags))
    known = {(row.key, row.status) for row in store.usable if row.settled} if rows else set()
    return [row for row in rows if known.isdisjoint((key, row.status) for key in row.alike)]
