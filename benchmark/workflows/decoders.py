"""The spread of decoders: how far other libraries come from the codec's own decoder, on the same streams."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.analysis.publishable import publishable
from benchmark.backends.decoders.codec import AT
from benchmark.record.frames import csv_text
from benchmark.record.row import Record
from benchmark.record.settings import read_settings, settings_text
from benchmark.record.streams import has_streams
from benchmark.system.environment import thread_environment, variables
from benchmark.system.files import replace_file
from benchmark.system.pool import Engine, process_pool
from benchmark.workflows.verify import Job, Workers, carried, decode_job, folder_rows, shape_of

NAME = "decoders.csv"
"""Name of the file of the table, in the folder of a run."""


@dataclass(frozen=True)
class Spread:
    """What a library decoded, beside what the codec's own decoder made of the same streams.

    Attributes:
        dataset, codec, decoder: what the row is about.
        rows: how many rows were compared.
        failed: how many rows have no result with this decoder.
        psnr_difference: PSNR less that of the own decoder, in dB, over RGB or grey: the mean over the rows.
        psnr_least, psnr_most: the least and the most of these differences.
        seconds_ratio: decoding time over that of the own decoder, the geometric mean over the rows; of times that were
            measured to be published.
        differing_pixels: percent of the pixels of which a sample differs, the mean over rows whose streams are kept.
        largest_difference: the largest difference of two samples, in levels of 0–255.
        reason: why the first of the rows that failed did.
    """

    dataset: str
    codec: str
    decoder: str
    rows: int
    failed: int
    psnr_difference: float
    psnr_least: float
    psnr_most: float
    seconds_ratio: float
    differing_pixels: float
    largest_difference: int | None
    reason: str


@dataclass(frozen=True)
class _Pair:
    """A row, that of the codec's own decoder, and whether both were timed to be published."""

    row: Record
    own: Record
    timed: bool


def write_spread(
    folder: Path, *, jobs: int = 1, timeout: float = 600, engine: Engine = process_pool
) -> Sequence[Spread]:
    """Compares the rows of other decoders in a folder of results, and writes :data:`NAME` there.

    Kept streams of rows with other pixels are decoded once more by both.

    Args:
        folder: the folder of a run.
        jobs: how many processes decode.
        timeout: seconds for the streams of one row.
        engine: starts the processes.

    Returns:
        A spread for each data set, codec and library, in the order of the rows; nothing where no other decoder ran.

    Raises:
        RecordsError: the folder has no records, or none that can be read.
    """
    rows = folder_rows(folder, [])
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for row in rows:
        codec, at, library = row.codec.partition(AT)
        if at:
            groups.setdefault((row.dataset, codec, library), []).append(row)
    if not groups:
        return []
    pairs = _pairs(rows)
    differences = _differences(folder, pairs, Workers(engine, jobs, timeout))
    spreads = []
    for (dataset, codec, library), members in groups.items():
        found = [pairs[id(row)] for row in members if id(row) in pairs]
        spreads.append(_spread(dataset, codec, library, members, found, differences))
    replace_file(folder / NAME, csv_text(pd.DataFrame([asdict(spread) for spread in spreads])))
    return spreads


def _pairs(rows: Sequence[Record]) -> dict[int, _Pair]:
    """Rows of other decoders that can be compared, by their identity in this process."""
    timed = publishable(
        pd.DataFrame(
            {
                "status": [row.status for row in rows],
                "jobs": [row.jobs for row in rows],
                "repeats": [row.repeats for row in rows],
                "flags": [" ".join(row.flags) for row in rows],
            }
        )
    )
    own = {_point(row): (row, clean) for row, clean in zip(rows, timed, strict=True) if AT not in row.codec}
    found: dict[int, _Pair] = {}
    for row, clean in zip(rows, timed, strict=True):
        twin, both = own.get(_point(row), (None, False))
        if AT in row.codec and twin and row.status == twin.status == "ok" and row.stream_sha256 == twin.stream_sha256:
            found[id(row)] = _Pair(row, twin, bool(clean and both))
    return found


def _point(row: Record) -> tuple[str, ...]:
    """What rows of one stream have in common, whoever decodes it."""
    settings = {name: value for name, value in read_settings(row.settings).items() if name != "decoder"}
    return row.dataset, row.image, row.codec.partition(AT)[0], settings_text(settings), row.target


def _differences(folder: Path, pairs: Mapping[int, _Pair], workers: Workers) -> dict[int, tuple[float, int]]:
    """Percent of pixels that differ, and the largest difference, by the identity of the row."""
    found = {place: (0.0, 0) for place, pair in pairs.items() if pair.row.pixels_sha256 == pair.own.pixels_sha256}
    work = {
        place: Job(pair.row.codec, folder, pair.row.stream_sha256, shape_of(pair.row), None)
        for place, pair in pairs.items()
        if place not in found and has_streams(folder, pair.row.stream_sha256)
    }
    if work:
        with variables(thread_environment(1)):
            answers = carried(difference_job, work.values(), workers, "compared")
        for place, job in work.items():
            answer = answers[job]
            if not isinstance(answer, Exception):
                found[place] = answer
    return found


def difference_job(job: Job) -> tuple[float, int]:
    """Percent of the pixels of which a sample differs between a library and the own decoder, and by how much at most.

    Raises:
        Exception: whatever a decoder raises.
    """
    own = decode_job(Job(job.codec.partition(AT)[0], job.results, job.digest, job.shape, None))
    apart = np.abs(own.astype(np.int16) - decode_job(job))
    differs = apart.any(axis=-1) if apart.ndim == 4 else apart > 0
    return 100 * float(differs.mean()), int(apart.max())


def _spread(
    dataset: str,
    codec: str,
    library: str,
    members: Sequence[Record],
    pairs: Sequence[_Pair],
    differences: Mapping[int, tuple[float, int]],
) -> Spread:
    apart = [_apart(_psnr(pair.row), _psnr(pair.own)) for pair in pairs]
    psnr = np.array([value for value in apart if value is not None] or [math.nan])
    times = [
        math.log(pair.row.decode_s / pair.own.decode_s)
        for pair in pairs
        if pair.timed and pair.row.decode_s and pair.own.decode_s
    ]
    known = [differences[id(pair.row)] for pair in pairs if id(pair.row) in differences]
    lost = [row for row in members if row.status not in ("ok", "skipped", "unreachable")]
    return Spread(
        dataset,
        codec,
        library,
        rows=len(pairs),
        failed=len(lost),
        psnr_difference=float(psnr.mean()),
        psnr_least=float(psnr.min()),
        psnr_most=float(psnr.max()),
        seconds_ratio=math.exp(sum(times) / len(times)) if times else math.nan,
        differing_pixels=float(np.mean([share for share, _ in known])) if known else math.nan,
        largest_difference=max((largest for _, largest in known), default=None),
        reason=lost[0].reason if lost else "",
    )


def _psnr(row: Record) -> float | None:
    return row.metrics.get("psnr_rgb", row.metrics.get("psnr_y"))


def _apart(psnr: float | None, own: float | None) -> float | None:
    """How far two PSNR are apart; None where one is not known, or only one is without loss."""
    if psnr is None or own is None:
        return None
    if psnr == own:
        return 0.0
    return psnr - own if math.isfinite(psnr) and math.isfinite(own) else None
