"""What a run leaves behind besides its rows: the manifest, and what it came to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.analysis.measured import described_metrics, manifest_entry, read_manifest
from benchmark.analysis.table import averaging
from benchmark.metric import Metric
from benchmark.plugins import codec_class, installed_metrics
from benchmark.record.row import SCHEMA, Record
from benchmark.run.store import replace_file
from benchmark.run.study import Study
from benchmark.system.environment import describe, package_versions


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        folder: the folder of the results.
        statuses: how many rows of the study have each status.
        reused: rows that an earlier run had made.
        failures: how many rows of each codec failed, and the first reason.
        interrupted: whether Ctrl-C ended it.
    """

    folder: Path
    statuses: Mapping[str, int]
    reused: int
    failures: Mapping[str, tuple[int, str]]
    interrupted: bool = False


def outcome_of(rows: Sequence[Record], folder: Path, *, fresh: int, interrupted: bool) -> Outcome:
    """What a run came to, by its rows.

    Args:
        rows: the rows of the study.
        folder: the folder of the results.
        fresh: how many of the rows this run has made.
        interrupted: whether Ctrl-C ended it.
    """
    failures: dict[str, tuple[int, str]] = {}
    for row in rows:
        if not row.settled:
            count, reason = failures.get(row.codec, (0, row.reason))
            failures[row.codec] = (count + 1, reason)
    return Outcome(folder, dict(Counter(row.status for row in rows)), len(rows) - fresh, failures, interrupted)


def write_manifest(path: Path, study: Study, run: Mapping[str, Any]) -> None:
    """Writes what a reader needs to make the same records again.

    Args:
        path: the path of the file.
        study: resolved.
        run: what happened, by name.
    """
    described = _described(path.parent)
    replace_file(
        path,
        json.dumps(
            {
                "schema": SCHEMA,
                "study": study.to_dict(),
                "run": dict(run),
                "codecs": {cls.name: cls.version() for cls in map(codec_class, study.codecs)},
                "metrics": manifest_entry(described),
                "averaging": averaging(metric for metric in described if metric.name in study.metrics),
                "environment": describe(),
                "packages": package_versions(),
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n",
    )


def _described(folder: Path) -> list[Metric]:
    """The metrics that are installed, and those that an earlier run in the folder described and are not."""
    installed = {metric.column: metric for metric in installed_metrics()}
    earlier = {metric.column: metric for metric in described_metrics(read_manifest(folder))}
    return list((earlier | installed).values())
