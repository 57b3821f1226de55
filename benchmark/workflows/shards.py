"""Two passes over photographs: the first measures every patch, the second writes each patch to its slots of the shards.

Memory stays bounded: of each patch only numbers are kept between the two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from benchmark.dataset import read_image
from benchmark.errors import BenchmarkError, UsageError
from benchmark.system.files import make_folder, replacing, reserve, writing
from benchmark.system.pool import Pool, PoolBroken, WorkerDied
from benchmark.system.progress import Progress
from benchmark.workflows.patch_sets import ORDERS, Indices, Values, cut, is_test

SHARD = 1 << 16
"""Patches in a shard, at most: 192 MiB of 32×32 RGB."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Source:
    """An image that gives patches: those from ``start`` to ``start + len(values)`` of all."""

    name: str
    path: Path
    sha256: str
    values: Values
    tests: npt.NDArray[np.bool_]
    start: int = 0


@dataclass(frozen=True)
class _Write:
    """Patches of a source (their places in it) that go to a shard, from a slot onwards."""

    shard: Path
    slot: int
    chosen: Indices


def measure_all(
    pool: Pool, files: dict[str, Path], side: int, seed: int, order: str
) -> tuple[list[Source], list[dict[str, str]]]:
    """The first pass: sources with a value for each of their patches, and those that give none, with the reason."""
    found: list[Source] = []
    skipped = []
    seen: dict[str, str] = {}
    start = 0
    tasks = [(name, path, side, seed, order) for name, path in files.items()]
    for (name, path), (digest, reason, values, tests) in zip(
        files.items(), _each(pool, "images measured", _measure, tasks), strict=True
    ):
        first = seen.setdefault(digest, name)
        if reason or first != name:
            skipped.append({"name": name, "reason": reason or f"the same file as {first}"})
            continue
        found.append(Source(name, path, digest, values, tests, start))
        start += len(values)
    return found, skipped


def _measure(name: str, path: Path, side: int, seed: int, order: str) -> tuple[str, str, Values, npt.NDArray[np.bool_]]:
    """A source's digest, why it is skipped, and of each of its patches the order value and whether it is for tests."""
    nothing = np.empty(0), np.empty(0, bool)
    try:
        digest = _digest(path)
        image = read_image(path)
    except OSError as error:
        return "", f"cannot be read: {error.strerror}", *nothing
    except BenchmarkError as error:
        # Patches are cut from pictures as they are: nothing here converts any.
        told = str(error).replace(str(path), name).removeprefix(f"{name}: ").partition("; --convert")[0]
        return digest, told, *nothing
    if image.ndim == 2:
        return digest, "grey, and patches are RGB", *nothing
    if min(image.shape[:2]) < side:
        return digest, f"smaller than a patch: {image.shape[1]}×{image.shape[0]}", *nothing
    values, tests = [], []
    for row in cut(image, side):
        values.append(ORDERS[order].measure(row))
        tests += [is_test(patch, seed) for patch in row]
    return digest, "", np.concatenate(values), np.array(tests)


def make_shards(folder: Path, name: str, split: str, chosen: Indices, side: int) -> list[Path]:
    """Empty shards of a split, and the file of its patches' indices."""
    make_folder(folder / name)
    with replacing(folder / name / f"{split}-index.npy") as file:
        np.save(file, chosen.astype("<i8"))
    paths: list[Path] = []
    for start in range(0, len(chosen), SHARD):
        path = folder / name / f"{split}-{len(paths):03d}.npy"
        shape = (min(SHARD, len(chosen) - start), side, side, 3)
        with writing(path):
            np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
            reserve(path)
        paths.append(path)
    return paths


def write_all(
    pool: Pool,
    found: Iterable[Source],
    parts: dict[tuple[str, str], Indices],
    shards: dict[tuple[str, str], list[Path]],
    side: int,
) -> None:
    """The second pass: every patch to its slots."""
    tasks = []
    for source in found:
        writes = []
        for key, chosen in parts.items():
            first, last = np.searchsorted(chosen, [source.start, source.start + len(source.values)])
            while first < last:
                shard, slot = divmod(int(first), SHARD)
                stop = min(int(last), (shard + 1) * SHARD)
                writes.append(_Write(shards[key][shard], slot, chosen[first:stop] - source.start))
                first = stop
        tasks.append((source.name, source.path, source.sha256, side, writes))
    for _ in _each(pool, "images written", _write, tasks):
        pass


def _write(name: str, path: Path, digest: str, side: int, writes: Sequence[_Write]) -> None:
    try:
        changed = _digest(path) != digest
    except OSError:
        changed = True
    if changed:
        raise UsageError(f"{name} changed while the sets were built; build again when nothing writes to the sources")
    patches = cut(read_image(path), side)
    columns = patches.shape[1]
    for write in writes:
        shard = np.lib.format.open_memmap(write.shard, mode="r+")
        shard[write.slot : write.slot + len(write.chosen)] = patches[write.chosen // columns, write.chosen % columns]


def digests(pool: Pool, paths: Sequence[Path]) -> list[str]:
    """SHA-256 of files, in their order."""
    return list(_each(pool, "digests", _digest, [(path,) for path in paths]))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _each(
    pool: Pool, what: str, function: Callable[..., _Result], tasks: Sequence[tuple[Any, ...]]
) -> Iterator[_Result]:
    """Results of a function for each task, its arguments, in their order, with progress."""
    futures = [pool.submit(function, *task) for task in tasks]
    with Progress(len(tasks), "files") as progress:
        for future, task in zip(futures, tasks, strict=True):
            try:
                result = future.result()
            except (WorkerDied, PoolBroken) as error:
                raise BenchmarkError(f"a worker process died at {task[0]}: {error}") from error
            progress.advance(1, what)
            yield result
