"""Pictures of the rows that a run lost most on: the original, and what the baseline and the current run made of it.

Streams that a run kept are decoded; else the image is encoded again by the row's settings. Nothing is shown but pixels
that the run recorded, by their digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.analysis.regression.compare import Comparison
from benchmark.analysis.regression.runs import KEYS, Run
from benchmark.errors import BenchmarkError, one_line, typed_line
from benchmark.plugins import recorded_class, version_of
from benchmark.record.files import records_below
from benchmark.record.streams import has_streams
from benchmark.report.difference import SIDES, Pixels, Shot, worst_rows
from benchmark.run.pixels import digest_pixels
from benchmark.system.environment import thread_environment, variables
from benchmark.system.pool import Pool, process_pool
from benchmark.workflows.choices import Choice
from benchmark.workflows.crops import CROP, place_of_crop
from benchmark.workflows.pictures import SECONDS, originals_of
from benchmark.workflows.remade import made_again
from benchmark.workflows.verify import Job, decode_job


def show_worst(comparison: Comparison, baseline: Run, current: Run, data_root: Path | None) -> list[Shot]:
    """Crops of the rows whose values lost most, or why there are none.

    Args:
        comparison: the comparison of the two.
        baseline, current: the runs, whose names are their paths.
        data_root: folder that holds data sets, searched first.
    """
    keys = worst_rows(comparison)
    if not keys:
        return []
    sides = {"baseline": baseline, "current": current}
    rows = {side: _rows(run, keys) for side, run in sides.items()}
    folders = {side: _folders(Path(run.name)) for side, run in sides.items()}
    with variables(thread_environment(1)), process_pool(1) as pool:
        return [_shot(key, {side: rows[side][key] for side in sides}, folders, data_root, pool) for key in keys]


def _rows(run: Run, keys: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], Mapping[Any, Any]]:
    """The rows of some keys."""
    records = run.records
    wanted = set(keys)
    there = [key in wanted for key in records[KEYS].itertuples(index=False, name=None)]
    return {tuple(row[name] for name in KEYS): row for row in records[there].to_dict("records")}


def _folders(path: Path) -> list[Path]:
    """The folders of a run that may keep streams."""
    if not path.is_dir():
        return [path.parent]
    return [file.parent for file in records_below(path)]


def _shot(
    key: tuple[str, ...],
    rows: Mapping[str, Mapping[Any, Any]],
    folders: Mapping[str, Sequence[Path]],
    data_root: Path | None,
    pool: Pool,
) -> Shot:
    reasons: list[str] = []
    if any(row["images"] != 1 for row in rows.values()):
        return Shot(key, {}, 0, 0, ["no pictures: the row is of several images"])
    dataset, image = key[:2]
    found = originals_of([Choice(dataset, image, 1.0, rows)], data_root, reasons)
    batch = found.get((dataset, image))
    original = None if batch is None else batch[0]
    whole: dict[str, Pixels] = {} if original is None else {"original": original}
    for side, row in rows.items():
        made = _made(row, folders[side], original, pool)
        if isinstance(made, str):
            reasons.append(f"{side}: no picture: {made}")
        else:
            whole[side] = made
    decoded = [whole[side] for side in SIDES[1:] if side in whole]
    if not decoded:
        return Shot(key, {}, 0, 0, reasons)
    # Without the original, the two are compared with each other.
    top, left = place_of_crop(decoded[0] if original is None else original, decoded)
    crop = slice(top, top + CROP), slice(left, left + CROP)
    return Shot(key, {side: np.ascontiguousarray(pixels[crop]) for side, pixels in whole.items()}, left, top, reasons)


def _made(row: Mapping[Any, Any], folders: Sequence[Path], original: Pixels | None, pool: Pool) -> Pixels | str:
    """The pixels that a row is of, or why they cannot be had."""
    if row["status"] != "ok":
        return f"the row is {row['status']}"
    codec, digest = str(row["codec"]), str(row["stream_sha256"])
    kept = [folder for folder in folders if has_streams(folder, digest)]
    if kept:
        size = (1, int(row["height"]), int(row["width"]))
        job = Job(codec, kept[0], digest, size if row["channels"] == 1 else (*size, 3), None)
        decoded = _carried(pool, decode_job, job)
        if isinstance(decoded, str):
            return f"its stream was kept, and cannot be decoded: {decoded}"
        return decoded[0] if digest_pixels(decoded) == row["pixels_sha256"] else _other("decoded from its stream", row)
    if original is None:
        return "its stream was not kept, and the original is not at hand"
    again = _carried(pool, made_again, codec, [row], [original[np.newaxis]])
    if isinstance(again, str) or isinstance(again[0], str):
        return (
            f"its stream was not kept, and it cannot be encoded again: {again if isinstance(again, str) else again[0]}"
        )
    pixels, made = again[0]
    return pixels[0] if made == row["pixels_sha256"] else _other("encoded again", row)


def _carried(pool: Pool, function: Any, *arguments: Any) -> Any:
    """What a worker makes of it, or why there is nothing."""
    try:
        return pool.submit(function, *arguments, limit=2 * SECONDS).result()
    except TimeoutError:
        return f"it took longer than {2 * SECONDS:g} s"
    except BenchmarkError as error:
        return one_line(error)
    except Exception as error:  # a codec may raise anything, and take its process along
        return typed_line(error)


def _other(how: str, row: Mapping[Any, Any]) -> str:
    """That pixels are others than a row's, with the versions where they differ."""
    here = version_of(recorded_class(str(row["codec"])))
    versions = "" if here == row["version"] else f": the row is of {row['version']}, installed is {here}"
    return f"{how}, the pixels are others than the row's{versions}"
