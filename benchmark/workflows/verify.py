"""Verify: whether kept streams decode to the pixels that their rows recorded, here and now.

Each stream is decoded in a process that has seen nothing but its bytes: on this machine, which may be another one than
that of the run, and with the backend and the device that the user names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmark.codec import Batch, Codec
from benchmark.errors import MissingBackend, RecordsError, UsageError, counted, one_line, typed_line
from benchmark.neural.backend import BACKEND_VARIABLE, backend_version
from benchmark.plugins import (
    codec_class,
    codec_names,
    is_description,
    metric_columns,
    portable_name,
    real_class,
    recorded_class,
    version_of,
)
from benchmark.record.files import records_of_folder
from benchmark.record.reading import TORN, read_rows
from benchmark.record.row import Record
from benchmark.record.streams import has_streams, is_digest, kept_streams
from benchmark.run.pixels import digest_pixels, like
from benchmark.run.place import expected_devices, placed
from benchmark.system.devices import AUTO, parse_device
from benchmark.system.environment import thread_environment, variables
from benchmark.system.pool import Engine, PoolBroken, WorkerDied, process_pool
from benchmark.system.progress import Progress

_Result = TypeVar("_Result")

EQUAL, NEAR, OTHER, FAILED, NOT_KEPT = "equal", "within a level", "other", "failed", "not kept"
VERDICTS = (EQUAL, NEAR, OTHER, FAILED, NOT_KEPT)
"""What may be found of a row. Codecs with floating-point networks promise pixels within a level between backends."""

BROKEN = (OTHER, FAILED)
"""Those that break a promise."""

MOST_HELD = 2**29
"""Bytes of decoded pictures that are held at once where those of two backends or devices are compared."""

UNKEPT = "the run did not keep its streams"
"""The usual reason of a row that is not kept."""


@dataclass(frozen=True)
class Check:
    """What was found of one row.

    Attributes:
        dataset, image, codec, settings, target: what the row is about.
        verdict: one of :data:`VERDICTS`.
        difference: the largest difference of two samples, where both pictures are at hand.
        reason: why it is not equal.
    """

    dataset: str
    image: str
    codec: str
    settings: str
    target: str
    verdict: str = EQUAL
    difference: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """What a worker has to know to decode the streams of a row.

    Attributes:
        codec: the name of the codec.
        results: the folder that keeps the streams.
        digest: the digest of the streams.
        shape: the shape of the decoded images, (N, H, W) or (N, H, W, 3).
        device: a word of :mod:`benchmark.system.devices`, for learned codecs; None for what is usual.
        file: the file that describes the codec, where the user named one: none that only results name is run.
    """

    codec: str
    results: Path
    digest: str
    shape: tuple[int, ...]
    device: str | None
    file: str | None = None


@dataclass(frozen=True)
class Workers:
    """Who decodes: how the processes are started, how many at most, and the seconds that each job may take."""

    engine: Engine
    most: int
    timeout: float


def decode_job(job: Job) -> Batch:
    """The decoded images of a row.

    Raises:
        RecordsError: the streams are damaged, or the codec is the path of a file that the user has not named.
        MissingBackend: the codec is not installed.
        Exception: whatever the decoder raises; ValueError if it returns images of another size.
    """
    codec = _codec(job)
    cls = real_class(codec)
    parts = kept_streams(job.results, job.digest)
    with placed(codec, job.device or AUTO):
        decoded = np.concatenate([cls.decode_batch(part) for part in parts])
    return like(decoded, np.broadcast_to(np.uint8(0), job.shape))


def _codec(job: Job) -> type[Codec]:
    """The codec of a job; a file that describes one says itself what is wrong with it."""
    if job.file:
        return codec_class(job.file)
    try:
        return recorded_class(job.codec)
    except UsageError as error:
        raise MissingBackend(f"codec {job.codec!r} is not installed here") from error


def digest_job(job: Job) -> str:
    """The digest of the decoded images, as rows have it in ``pixels_sha256``; errors as of :func:`decode_job`."""
    return digest_pixels(decode_job(job))


def verify(
    folders: Sequence[Path],
    *,
    codecs: Sequence[str] | None = None,
    backend: str | None = None,
    device: str | None = None,
    jobs: int = 1,
    timeout: float = 600,
    engine: Engine = process_pool,
    notes: list[str] | None = None,
) -> list[Check]:
    """Decodes the kept streams of runs, and compares with what the rows recorded.

    A row of other pixels is decoded a second time, with the backend and the device that this machine has by default. If
    these give the recorded pixels, the two pictures are compared sample by sample.

    Args:
        folders: folders of results.
        codecs: names of codecs, or the files that describe them; all of the results where none are named.
        backend: the backend of Keras for learned codecs.
        device: a word of :mod:`benchmark.system.devices`, for learned codecs.
        jobs: how many processes decode.
        timeout: seconds for the streams of one row.
        engine: starts the processes.
        notes: what to know of the files is added to them.

    Returns:
        A check for each row that has a result, in the order of the files.

    Raises:
        RecordsError: a folder has no records, or none that can be read. Nothing was decoded before.
        UsageError: no row has streams, or there is no such device.
        MissingBackend: the backend is not installed.
    """
    device = parse_device(device) if device else None
    chosen = {BACKEND_VARIABLE: backend} if backend else {}
    if backend:
        with variables(chosen):
            backend_version()
    workers = Workers(engine, jobs, timeout)
    names = {codec_class(name).name: portable_name(name) if is_description(name) else None for name in codecs or ()}
    told = notes if notes is not None else []
    checks, work = _planned(folders, names, device, told)
    if not work:
        raise UsageError(f"{', '.join(map(str, folders))}: {_nothing(names, checks)}")
    found_of = {check.codec for check in checks}
    told += [f"no row of {name} has a result" for name in names if name not in found_of]
    with variables({**thread_environment(1), **chosen}):
        here = {job.codec for job in work}.intersection(codec_names())
        expected_devices(sorted(here), device or AUTO, engine)  # one that is missing is told before anything is decoded
        digests = carried(digest_job, work, workers, "decoded")
    for job, rows in work.items():
        found = digests[job]
        for place, row in rows:
            if isinstance(found, Exception):
                checks[place] = replace(checks[place], verdict=FAILED, reason=_told(found))
            elif found != row.pixels_sha256:
                checks[place] = replace(checks[place], verdict=OTHER, reason=_other(job, row))
    differing = [job for job, rows in work.items() if any(checks[place].verdict == OTHER for place, _ in rows)]
    for part in _portions(differing) if backend or device else ():
        plain = [replace(job, device=None) for job in part]
        with variables(thread_environment(1)):
            usual = carried(decode_job, plain, workers, "decoded by default")
        with variables({**thread_environment(1), **chosen}):
            pixels = carried(decode_job, part, workers, "compared")
        for job, twin in zip(part, plain, strict=True):
            for place, row in work[job]:
                checks[place] = _compared(checks[place], row, usual[twin], pixels[job])
    return checks


def _portions(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Jobs in portions of which all pictures, decoded twice, fit into :data:`MOST_HELD`; at least one in each."""
    portion: list[Job] = []
    held = 0
    for job in jobs:
        size = 2 * math.prod(job.shape)
        if portion and held + size > MOST_HELD:
            yield portion
            portion, held = [], 0
        portion.append(job)
        held += size
    if portion:
        yield portion


def _planned(
    folders: Sequence[Path], names: Mapping[str, str | None], device: str | None, notes: list[str]
) -> tuple[list[Check], dict[Job, list[tuple[int, Record]]]]:
    """A check for each row, and the jobs, each with the rows of its streams and the places of their checks."""
    checks: list[Check] = []
    work: dict[Job, list[tuple[int, Record]]] = {}
    for folder in folders:
        for row in folder_rows(folder, notes):
            if row.status != "ok" or (names and row.codec not in names):
                continue
            check = Check(row.dataset, row.image, row.codec, row.settings, row.target)
            if has_streams(folder, row.stream_sha256):
                job = Job(row.codec, folder, row.stream_sha256, shape_of(row), device, names.get(row.codec))
                work.setdefault(job, []).append((len(checks), row))
            else:
                check = replace(check, verdict=NOT_KEPT, reason=_unkept(row.stream_sha256))
            checks.append(check)
    return checks, work


def _nothing(names: Mapping[str, str | None], checks: Sequence[Check]) -> str:
    """Why there is nothing to decode."""
    rows = f"no row of {' or '.join(names)}" if names else "no row"
    if not checks:
        return f"{rows} has a result"
    if wrong := next((check.reason for check in checks if check.reason != UNKEPT), ""):
        return f"{rows} has streams: {wrong}"
    return f"{rows} has streams; `run --keep streams` keeps them, in the folder streams of the results"


def _unkept(digest: str) -> str:
    """Why there are no streams of a digest."""
    if digest and not is_digest(digest):
        return f"stream_sha256: expected 64 hexadecimal digits, got {digest!r}"
    return UNKEPT


def _compared(check: Check, row: Record, usual: Batch | Exception, pixels: Batch | Exception) -> Check:
    """A check of other pixels than recorded, once the pictures of both are at hand."""
    if isinstance(usual, Exception) or isinstance(pixels, Exception) or digest_pixels(usual) != row.pixels_sha256:
        return check
    difference = int(np.abs(usual.astype(np.int16) - pixels).max())
    if difference <= 1:
        return replace(check, verdict=NEAR, difference=difference, reason="")
    return replace(check, difference=difference, reason=f"differs by up to {difference} levels")


def folder_rows(folder: Path, notes: list[str]) -> list[Record]:
    """The rows of a folder that can be read; what was left out goes to the notes.

    Raises:
        RecordsError: there are no records, or none of the rows can be read.
    """
    path = records_of_folder(folder)
    if not path:
        raise RecordsError(f"{folder}: expected the folder of a run, with its records.csv")
    rows = list(read_rows(path, metric_columns()))
    torn = [row for row in rows if row.problem == TORN]
    bad = [row for row in rows if row.problem not in ("", TORN)]
    if rows and len(torn) + len(bad) == len(rows):
        first = (bad or torn)[0]
        raise RecordsError(f"{path}, line {first.line}: {first.problem}")
    if bad:
        more = f" (and {counted(len(bad) - 1, 'more row')})" if bad[1:] else ""
        notes.append(f"{path}, line {bad[0].line}: left out: {bad[0].problem}{more}")
    notes += [f"{path}, line {row.line}: left out: {row.problem}" for row in torn]
    return [row.record for row in rows if row.record]


def shape_of(row: Record) -> tuple[int, ...]:
    """The shape of the decoded images of a row: (N, H, W) or (N, H, W, 3)."""
    size = (row.images or 1, row.height or 1, row.width or 1)
    return size if row.channels == 1 else (*size, 3)


def carried(
    function: Callable[[Job], _Result], jobs: Iterable[Job], workers: Workers, what: str
) -> Mapping[Job, _Result | Exception]:
    """What a function gives for each job, or the error that it raised."""
    listed = list(jobs)
    found: dict[Job, _Result | Exception] = {}
    with workers.engine(min(workers.most, len(listed))) as pool, Progress(len(listed), f"streams {what}") as progress:
        futures = {job: pool.submit(function, job, limit=workers.timeout) for job in listed}
        for job, future in futures.items():
            try:
                found[job] = future.result()
            except Exception as error:  # a decoder may raise anything: it is what was found of its rows
                found[job] = error
            progress.advance(1, job.codec)
    return found


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the decoder took too long"
    if isinstance(error, WorkerDied | PoolBroken):
        return f"the decoder ended its process: {one_line(error)}"
    if isinstance(error, RecordsError | MissingBackend):  # damaged streams, or what is not installed: the text says all
        return one_line(error)
    return typed_line(error)


def _other(job: Job, row: Record) -> str:
    version = version_of(_codec(job))
    apart = f"; the row is of {row.version}, this machine has {version}" if version != row.version else ""
    return f"other pixels than recorded{apart}"
