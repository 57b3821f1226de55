"""Runs to be compared: what they left behind, and their rows side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmark.analysis.measured import Manifest, known_metrics, read_manifest
from benchmark.analysis.records import read_records
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import Metric, digest
from benchmark.record.columns import write_pairs

KEYS = ["dataset", "image", "codec", "settings", "target"]
"""What pairs rows: a codec's version is none of it, since that is what a comparison is about."""


@dataclass(frozen=True)
class Run:
    """What a run left behind.

    Attributes:
        name: as the user gave it.
        records: one row for each of :data:`KEYS`, the last where a file has several; ``metric_definitions`` filled in
            from the manifest where a record has none.
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
        files = [path / "records.csv"] if (path / "records.csv").is_file() else sorted(path.rglob("records.csv"))
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
    records = pd.concat(frames, ignore_index=True).drop_duplicates(KEYS, keep="last", ignore_index=True)
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
    return frame.assign(
        metric_definitions=frame["metric_definitions"].replace("", told), images=frame["images"].fillna(1)
    )


def pair_rows(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows of both side by side, and keys of those that only one has."""
    values = list(dict.fromkeys([*before.columns, *after.columns]))
    whole = before.reindex(columns=values).merge(
        after.reindex(columns=values),
        on=KEYS,
        how="outer",
        sort=False,
        suffixes=("_before", "_after"),
        indicator=True,
    )
    # An outer merge sorts: the baseline's order comes first, then that of the rows that are new.
    place = pd.concat([before[KEYS], after[KEYS]]).drop_duplicates(ignore_index=True).reset_index(names="place")
    whole = whole.merge(place, on=KEYS).sort_values("place", ignore_index=True)
    side = whole.pop("_merge")
    return (
        whole[side == "both"].drop(columns="place").reset_index(drop=True),
        whole.loc[side == "left_only", KEYS].reset_index(drop=True),
        whole.loc[side == "right_only", KEYS].reset_index(drop=True),
    )
