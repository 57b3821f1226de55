"""Builds the entropy-binned patch sets BD0 to BD4 (Ramos, University of Brasília, 2019) from any photographs.

All whole patches of all images are ranked by an order value; the sets are bands of that ranking, or random draws of it.
Two passes over the sources keep memory bounded: the first measures every patch and keeps a number for each, the second
reads the sources again and writes each patch to its slots of the shards. What is written depends on the sources, the
seed and the libraries alone, never on the number of workers.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import multiprocessing
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from benchmark.backends.pillow import deflate_version
from benchmark.codec import Batch, Image
from benchmark.dataset import find_images, read_image
from benchmark.errors import BenchmarkError, UsageError
from benchmark.report.figures.curves import Band, draw_histograms
from benchmark.system.progress import Progress

SPLITS = ("train", "test")
SHARD = 1 << 16
"""Patches in a shard, at most: 192 MiB of 32×32 RGB."""
PNG_LEVEL = 6

Indices = npt.NDArray[np.int64]
"""Places of patches among all patches: sources in order, each source's patches row by row."""
_Values = npt.NDArray[np.float64]
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Order:
    """What patches are ranked by.

    Attributes:
        measure: value of each of a batch of patches (N, S, S, 3).
        title: axis label of the histograms.
        definition: for the manifest.
        bin: width of the histograms' bins, for a patch of some side.
    """

    measure: Callable[[Batch], _Values]
    title: str
    definition: str
    bin: Callable[[int], float]


def png_bytes(patches: Batch) -> _Values:
    """Length of the PNG file that Pillow writes of each patch, in bytes, signature and headers (57 bytes) included."""
    sizes = []
    for patch in patches:
        buffer = io.BytesIO()
        Pictures.fromarray(patch).save(buffer, "PNG", compress_level=PNG_LEVEL)
        sizes.append(buffer.tell())
    return np.array(sizes, np.float64)


def shannon_bits(patches: Batch) -> _Values:
    """Shannon entropy of the histogram of each patch's bytes, all channels together, in bits a byte: 0 to 8."""
    samples = patches.reshape(len(patches), -1)
    rows = np.arange(len(samples))[:, np.newaxis] * 256
    counts = np.bincount((rows + samples).ravel(), minlength=256 * len(samples)).reshape(-1, 256)
    total = samples.shape[1]
    weights = counts * np.log2(np.maximum(counts, 1))
    return np.asarray(np.log2(total) - weights.sum(axis=1) / total)


ORDERS = {
    "png": Order(
        png_bytes, "PNG file of a patch (bytes)",
        f"bytes of the PNG file that Pillow writes of a patch at compress_level {PNG_LEVEL}, headers included",
        lambda side: max(1, side * side // 32),
    ),
    "shannon": Order(
        shannon_bits, "Shannon entropy of a patch (bits a byte)",
        "Shannon entropy of the histogram of a patch's bytes, all channels together, in bits a byte",
        lambda side: 1 / 16,
    ),
}


def cut(image: Image, side: int) -> npt.NDArray[np.uint8]:
    """All whole patches of an image that do not overlap, as a view.

    Args:
        image: (H, W, 3); rows and columns that do not fill a patch, at the bottom and on the right, are left out.
        side: of a patch, in pixels.

    Returns:
        Shape (H // side, W // side, side, side, 3).
    """
    rows, columns = image.shape[0] // side, image.shape[1] // side
    grid = image[: rows * side, : columns * side].reshape(rows, side, columns, side, 3)
    return grid.swapaxes(1, 2)


def is_test(patch: Image, seed: int) -> bool:
    """Whether a patch is of the test split, as one in ten is: drawn by a keyed digest of its pixels.

    Equal patches, such as those of a burnt-out sky, so fall on the same side wherever they come from.
    """
    digest = hashlib.blake2b(patch.tobytes(), digest_size=8, key=str(seed).encode()).digest()
    return int.from_bytes(digest, "little") % 10 == 0


def members(values: _Values, seed: int) -> tuple[dict[str, Indices], list[float]]:
    """Which patches each set holds, both splits together.

    Args:
        values: order value of every patch; of equal ones, the patch that comes first ranks lower.
        seed: of the random draws.

    Returns:
        Indices of each set, ascending: the lowest fifth, the middle fifth, the highest fifth, a fifth of all at random,
        and a fifth of all at random from the upper half. And the values that begin the second to fifth fifth.
    """
    count = len(values)
    ranked = np.argsort(values, kind="stable")
    limits = [count * fifth // 5 for fifth in range(6)]
    rng = np.random.default_rng(seed)
    sets = {
        "bd0": ranked[: limits[1]],
        "bd1": ranked[limits[2] : limits[3]],
        "bd2": ranked[limits[4] :],
        "bd3": rng.choice(count, count // 5, replace=False),
        "bd4": rng.choice(ranked[count // 2 :], count // 5, replace=False),
    }
    return {name: np.sort(chosen) for name, chosen in sets.items()}, [float(values[ranked[i]]) for i in limits[1:5]]


def build(sources: Sequence[Path], out: Path, *, side: int, seed: int, order: str, jobs: int) -> dict[str, Any]:
    """Builds the five sets in a folder, which appears whole or not at all.

    Args:
        sources: folders of images, searched recursively; no two of one name.
        out: new folder.
        side: of a patch, in pixels.
        seed: of the splits and random draws.
        order: one of :data:`ORDERS`.
        jobs: worker processes.

    Returns:
        The manifest.

    Raises:
        UsageError: the folder exists, two sources have one name, there are too few patches or too little room.
        MissingData: a source is no folder, or holds no image.
    """
    if out.exists():
        raise UsageError(f"{out} exists already; remove it, or give another --out")
    files = _find(sources)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{out}: cannot be made: {error.strerror}") from error
    try:
        with _workers(jobs) as pool:
            manifest = _build(pool, files, partial, side, seed, order)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


@dataclass(frozen=True)
class _Source:
    """An image that gives patches: those from ``start`` to ``start + len(values)`` of all."""

    name: str
    path: Path
    sha256: str
    values: _Values
    tests: npt.NDArray[np.bool_]
    start: int = 0


@dataclass(frozen=True)
class _Write:
    """Patches of a source (their places in it) that go to a shard, from a slot onwards."""

    shard: Path
    slot: int
    chosen: Indices


def _find(sources: Sequence[Path]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    names = set()
    for source in sources:
        folder = source.expanduser().resolve()
        if folder.name in names:
            raise UsageError(f"two sources are named {folder.name!r}: the manifest could not tell them apart")
        names.add(folder.name)
        files |= {f"{folder.name}/{name}": path for name, path in find_images(folder).items()}
    return files


def _build(
    pool: _Pool, files: dict[str, Path], folder: Path, side: int, seed: int, order: str
) -> dict[str, Any]:
    found, skipped = _measure_all(pool, files, side, seed, order)
    if not found:
        raise UsageError(f"no image gives a patch of {side}×{side}: {_examples(skipped)}")
    values = np.concatenate([source.values for source in found])
    tests = np.concatenate([source.tests for source in found])
    sets, thresholds = members(values, seed)
    parts = {
        (name, split): chosen[tests[chosen] == (split == "test")] for name, chosen in sets.items() for split in SPLITS
    }
    empty = [f"{name}:{split}" for (name, split), chosen in parts.items() if not len(chosen)]
    if empty:
        raise UsageError(
            f"{len(values)} patches of {side}×{side} are too few: {', '.join(empty)} would be empty. "
            f"Images skipped: {_examples(skipped) or 'none'}"
        )
    needed = sum(map(len, parts.values())) * side * side * 3
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UsageError(f"the sets take {needed / 2**30:.1f} GiB, and {folder.parent} has {free / 2**30:.1f} GiB free")

    shards = {key: _make_shards(folder, *key, chosen, side) for key, chosen in parts.items()}
    _write_all(pool, found, parts, shards, side)
    _draw(folder, order, side, values, sets, thresholds)
    written = sorted(path for path in folder.rglob("*") if path.suffix in {".npy", ".csv"})
    relative = [path.relative_to(folder).as_posix() for path in written]
    digests = dict(zip(relative, pool.map("digests", _digest, [(path,) for path in written]), strict=True))
    manifest: dict[str, Any] = {
        "format": 1,
        "patch": side,
        "seed": seed,
        "order": order,
        "order_definition": ORDERS[order].definition,
        "versions": {
            "pillow": version("pillow"), "zlib": f"{deflate_version()}, level {PNG_LEVEL}", "numpy": version("numpy"),
        },
        "patches": len(values),
        "thresholds": thresholds,
        "sets": {
            name: {
                split: {
                    "patches": len(parts[name, split]),
                    "shards": [path.relative_to(folder).as_posix() for path in shards[name, split]],
                }
                for split in SPLITS
            }
            for name in sets
        },
        "files": digests,
        "skipped": skipped,
        "sources": [
            {"name": source.name, "sha256": source.sha256, "patches": len(source.values)} for source in found
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def _examples(skipped: Sequence[dict[str, str]]) -> str:
    """The first few images that were skipped, with the reasons."""
    words = [f"{entry['name']}: {entry['reason']}" for entry in skipped[:3]]
    return "; ".join(words + ([f"and {len(skipped) - 3} more"] if len(skipped) > 3 else []))


def _measure_all(
    pool: _Pool, files: dict[str, Path], side: int, seed: int, order: str
) -> tuple[list[_Source], list[dict[str, str]]]:
    """The first pass: sources with a value for each of their patches, and those that give none, with the reason."""
    found: list[_Source] = []
    skipped = []
    seen: dict[str, str] = {}
    start = 0
    tasks = [(name, path, side, seed, order) for name, path in files.items()]
    for (name, path), (digest, reason, values, tests) in zip(
        files.items(), pool.map("images measured", _measure, tasks), strict=True
    ):
        first = seen.setdefault(digest, name)
        if reason or first != name:
            skipped.append({"name": name, "reason": reason or f"the same file as {first}"})
            continue
        found.append(_Source(name, path, digest, values, tests, start))
        start += len(values)
    return found, skipped


def _measure(
    name: str, path: Path, side: int, seed: int, order: str
) -> tuple[str, str, _Values, npt.NDArray[np.bool_]]:
    """A source's digest, why it is skipped, and of each of its patches the order value and whether it is for tests."""
    nothing = np.empty(0), np.empty(0, bool)
    try:
        digest = _digest(path)
        image = read_image(path)
    except OSError as error:
        return "", f"cannot be read: {error.strerror}", *nothing
    except BenchmarkError as error:
        return digest, str(error).replace(str(path), name).removeprefix(f"{name}: "), *nothing
    if image.ndim == 2:
        return digest, "grey, and patches are RGB", *nothing
    if min(image.shape[:2]) < side:
        return digest, f"smaller than a patch: {image.shape[1]}×{image.shape[0]}", *nothing
    values, tests = [], []
    for row in cut(image, side):
        values.append(ORDERS[order].measure(row))
        tests += [is_test(patch, seed) for patch in row]
    return digest, "", np.concatenate(values), np.array(tests)


def _make_shards(folder: Path, name: str, split: str, chosen: Indices, side: int) -> list[Path]:
    """Empty shards of a split, and the file of its patches' indices."""
    (folder / name).mkdir(exist_ok=True)
    np.save(folder / name / f"{split}-index.npy", chosen.astype("<i8"))
    paths: list[Path] = []
    for start in range(0, len(chosen), SHARD):
        path = folder / name / f"{split}-{len(paths):03d}.npy"
        shape = (min(SHARD, len(chosen) - start), side, side, 3)
        np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
        paths.append(path)
    return paths


def _write_all(
    pool: _Pool, found: Iterable[_Source], parts: dict[tuple[str, str], Indices],
    shards: dict[tuple[str, str], list[Path]], side: int,
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
    for _ in pool.map("images written", _write, tasks):
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


def _draw(
    folder: Path, order: str, side: int, values: _Values, sets: dict[str, Indices], thresholds: Sequence[float]
) -> None:
    """Histograms of the order value over all patches and over each set, as a figure and as CSV."""
    width = ORDERS[order].bin(side)
    edges = np.arange(np.floor(values.min() / width), np.floor(values.max() / width) + 2) * width
    counts = {"all": np.histogram(values, edges)[0]}
    counts |= {name: np.histogram(values[chosen], edges)[0] for name, chosen in sets.items()}
    with (folder / "histogram.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["from", "below", *counts])
        writer.writerows(zip(edges[:-1].tolist(), edges[1:].tolist(), *(c.tolist() for c in counts.values()),
                             strict=True))
    low, middle, upper, high = thresholds
    bands = [Band("bd0", float(values.min()), low), Band("bd1", middle, upper), Band("bd2", high, float(values.max()))]
    draw_histograms(edges, counts, bands, ORDERS[order].title, folder / "histogram")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Pool:
    """Worker processes that take the same function over many tasks."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def map(
        self, what: str, function: Callable[..., _Result], tasks: Sequence[tuple[Any, ...]]
    ) -> Iterator[_Result]:
        """Results in the order of the tasks, with progress."""
        from pebble import ProcessExpired

        futures = [self._pool.schedule(function, args=task) for task in tasks]
        with Progress(len(tasks), "files") as progress:
            for future, task in zip(futures, tasks, strict=True):
                try:
                    result: _Result = future.result()
                except (ProcessExpired, BrokenProcessPool) as error:
                    raise BenchmarkError(f"a worker process died at {task[0]}: {error}") from error
                progress.advance(1, what)
                yield result


@contextmanager
def _workers(jobs: int) -> Iterator[_Pool]:
    from pebble import ProcessPool

    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    pool = ProcessPool(
        max_workers=jobs, context=multiprocessing.get_context("spawn"),
        initializer=signal.signal, initargs=[signal.SIGINT, signal.SIG_IGN],
    )
    try:
        yield _Pool(pool)
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
