"""Builds the entropy-binned patch sets BD0 to BD4 (Ramos, University of Brasília, 2019) from any photographs.

All whole patches of all images are ranked by an order value; the sets are bands of that ranking, or random draws of it.
Two passes over the sources keep memory bounded: the first measures every patch and keeps a number for each, the second
reads the sources again and writes each patch to its slots of the shards. What is written depends on the sources, the
seed and the libraries alone, never on the number of workers.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.backends.pillow import deflate_version
from benchmark.dataset import find_images
from benchmark.errors import UsageError
from benchmark.report.figures.curves import Band, draw_histograms
from benchmark.system.files import replace_file
from benchmark.system.folders import whole_folder
from benchmark.system.pool import Pool, process_pool
from benchmark.workflows.patch_sets import ORDERS, PNG_LEVEL, SPLITS, Indices, Values, members
from benchmark.workflows.shards import digests, make_shards, measure_all, write_all


def build(sources: Sequence[Path], out: Path, *, side: int, seed: int, order: str, jobs: int) -> dict[str, Any]:
    """Builds the five sets in a folder, which appears whole or not at all.

    Args:
        sources: folders of images, searched recursively; no two of one name.
        out: new folder.
        side: the side of a patch, in pixels.
        seed: the seed of the splits and random draws.
        order: one of :data:`ORDERS`.
        jobs: worker processes.

    Returns:
        The manifest.

    Raises:
        UsageError: the folder exists, two sources have one name, there are too few patches or too little room.
        OutputError: a file cannot be written.
        MissingData: a source is no folder, or holds no image.
    """
    if out.exists():
        raise UsageError(f"{out} exists already; remove it, or give another --out")
    files = _find(sources)
    with whole_folder(out) as partial, process_pool(jobs) as pool:
        return _build(pool, files, partial, side, seed, order)


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


def _build(pool: Pool, files: dict[str, Path], folder: Path, side: int, seed: int, order: str) -> dict[str, Any]:
    found, skipped = measure_all(pool, files, side, seed, order)
    if not found:
        raise UsageError(f"no image gives a patch of {side}×{side}: {_examples(skipped)}")
    values = np.concatenate([source.values for source in found])
    tests = np.concatenate([source.tests for source in found])
    sets, thresholds = members(values, seed)
    parts = {
        (name, split): chosen[tests[chosen] == (split == "test")] for name, chosen in sets.items() for split in SPLITS
    }
    _check_room(parts, len(values), folder, side, skipped)
    shards = {key: make_shards(folder, *key, chosen, side) for key, chosen in parts.items()}
    write_all(pool, found, parts, shards, side)
    _draw(folder, order, side, values, sets, thresholds)
    written = sorted(path for path in folder.rglob("*") if path.suffix in {".npy", ".csv"})
    relative = [path.relative_to(folder).as_posix() for path in written]
    manifest: dict[str, Any] = {
        "format": 1,
        "patch": side,
        "seed": seed,
        "order": order,
        "order_definition": ORDERS[order].definition,
        "versions": {
            "pillow": version("pillow"),
            "zlib": f"{deflate_version()}, level {PNG_LEVEL}",
            "numpy": version("numpy"),
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
        "files": dict(zip(relative, digests(pool, written), strict=True)),
        "skipped": skipped,
        "sources": [{"name": source.name, "sha256": source.sha256, "patches": len(source.values)} for source in found],
    }
    replace_file(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest


def _check_room(
    parts: Mapping[tuple[str, str], Indices], count: int, folder: Path, side: int, skipped: Sequence[dict[str, str]]
) -> None:
    """Refuses sets of which a split is empty, or that the disk has no room for."""
    empty = [f"{name}:{split}" for (name, split), chosen in parts.items() if not len(chosen)]
    if empty:
        raise UsageError(
            f"{count} patches of {side}×{side} are too few: {', '.join(empty)} would be empty. "
            f"Images skipped: {_examples(skipped) or 'none'}"
        )
    needed = sum(map(len, parts.values())) * side * side * 3
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UsageError(f"the sets take {needed / 2**30:.1f} GiB, and {folder.parent} has {free / 2**30:.1f} GiB free")


def _examples(skipped: Sequence[dict[str, str]]) -> str:
    """The first few images that were skipped, with the reasons."""
    words = [f"{entry['name']}: {entry['reason']}" for entry in skipped[:3]]
    return "; ".join(words + ([f"and {len(skipped) - 3} more"] if len(skipped) > 3 else []))


def _draw(
    folder: Path, order: str, side: int, values: Values, sets: dict[str, Indices], thresholds: Sequence[float]
) -> None:
    """Histograms of the order value over all patches and over each set, as a figure and as CSV."""
    width = ORDERS[order].bin(side)
    edges = np.arange(np.floor(values.min() / width), np.floor(values.max() / width) + 2) * width
    counts = {"all": np.histogram(values, edges)[0]}
    counts |= {name: np.histogram(values[chosen], edges)[0] for name, chosen in sets.items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["from", "below", *counts])
    writer.writerows(zip(edges[:-1].tolist(), edges[1:].tolist(), *(c.tolist() for c in counts.values()), strict=True))
    replace_file(folder / "histogram.csv", text.getvalue())
    low, middle, upper, high = thresholds
    bands = [Band("bd0", float(values.min()), low), Band("bd1", middle, upper), Band("bd2", high, float(values.max()))]
    draw_histograms(edges, counts, bands, ORDERS[order].title, folder / "histogram")
