"""Runs to be compared: what they left behind, and their rows side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.measured import Manifest, known_metrics, read_manifest
from benchmark.analysis.records import read_records
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import Metric, digest
from benchmark.record.columns import write_pairs
from benchmark.record.files import records_below

KEYS = ["dataset", "image", "codec", "settings", "target"]
"""What pairs rows: a codec's version is none of it, since that is what a comparison is about."""


_UNSEEN = [
    "schema",
    "key",
    "overhead_bytes",
    "payload_bpp",
    "nominal_bpp",
    "estimated_bpp",
    "encodes",
    "encode_cpu_s",
    "decode_cpu_s",
    "time_spread",
    "load",
    "parameters",
    "encode_kmac_per_pixel",
    "decode_kmac_per_pixel",
    "metric_sources",
    "rdbench",
]
"""Columns that no comparison looks at, nor pictures of it. They need not lie in memory."""


@dataclass(frozen=True)
class Run:
    """What a run left behind.

    Attributes:
        name: as the user gave it.
        records: one row for each of :data:`KEYS`, the last where a file has several, with all columns that a comparison
            looks at; ``metric_definitions`` filled in from the manifest where a record has none.
        environment: machine and libraries, by name, as the manifest says; empty without one.
        manifests: the manifests of the runs whose records these are.
        notes: what to know of the files.
    """

    name: str
    records: pd.DataFrame
    environment: Mapping[str, str]
    manifests: Sequence[Manifest] = ()
    notes: Sequence[str] = ()


def read_run(path: Path, metrics: Sequence[Metric] = ()) -> Run:
    """The records of a run, and what the manifest beside them adds.

    Args:
        path: a ``records.csv``, or the folder of a run, or one with the folders of several.
        metrics: the metrics that are installed; others are described by the manifests.

    Raises:
        UsageError: nothing is there.
        RecordsError: it is not the records of a run, or has no rows.
    """
    if path.is_dir():
        files = records_below(path)
        if not files:
            raise UsageError(f"{path}: no records.csv there or below; name the folder of a run, or its records.csv")
    elif path.is_file():
        files = [path]
    else:
        raise UsageError(f"{path}: no such file or folder")
    frames, facts, manifests = [], [], []
    notes: list[str] = []
    for file in files:
        manifest = read_manifest(file)
        manifests.append(manifest)
        frames.append(_records(file, manifest, [metric.column for metric in known_metrics(metrics, [manifest])], notes))
        facts.append({**manifest.get("environment", {}), **manifest.get("packages", {})})
    records = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    twice = records.duplicated(KEYS, keep="last")
    if twice.any():
        records = records[~twice].reset_index(drop=True)
    environment = {
        name: " and ".join(dict.fromkeys(str(fact[name]) for fact in facts if name in fact))
        for name in dict.fromkeys(name for fact in facts for name in fact)
    }
    return Run(str(path), records, environment, manifests, notes)


def _records(path: Path, manifest: Manifest, metrics: Sequence[str], notes: list[str]) -> pd.DataFrame:
    frame = read_records(path, metrics, notes)
    if frame.empty:
        raise RecordsError(f"{path}: holds no rows")
    # Records of an old run leave it to the manifest, which then has a text for each metric.
    told = write_pairs(
        {name: digest(text) for name, text in manifest.get("metrics", {}).items() if isinstance(text, str)}
    )
    return frame.drop(columns=_UNSEEN).assign(
        metric_definitions=frame["metric_definitions"].replace("", told), images=frame["images"].fillna(1)
    )


def pair_rows(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows of both side by side, and keys of those that only one has."""
    numbers = pd.concat([before[KEYS], after[KEYS]], ignore_index=True).groupby(KEYS, sort=False).ngroup().to_numpy()
    own, theirs = numbers[: len(before)], numbers[len(before) :]  # each number is the place of a row on its side
    place = np.full(len(before), -1)
    known = theirs < len(before)
    place[theirs[known]] = np.flatnonzero(known)
    both = place >= 0
    sides = {"before": _taken(before, own[both]), "after": _taken(after, place[both])}
    names = [name for name in dict.fromkeys([*before.columns, *after.columns]) if name not in KEYS]
    columns: dict[str, Any] = {name: sides["before"][name] for name in KEYS}
    for side, rows in sides.items():
        columns |= {f"{name}_{side}": rows.get(name, math.nan) for name in names}
    return (
        pd.DataFrame(columns, index=pd.RangeIndex(int(both.sum())), copy=False),
        before.loc[~both, KEYS].reset_index(drop=True),
        after.loc[~known, KEYS].reset_index(drop=True),
    )


def _taken(frame: pd.DataFrame, places: npt.NDArray[np.integer[Any]]) -> pd.DataFrame:
    """Rows of a table; the table itself where these are all of them in their order, which takes no memory."""
    if np.array_equal(places, np.arange(len(frame))):
        return frame
    return frame.iloc[places].reset_index(drop=True)
