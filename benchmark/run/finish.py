"""What a run leaves behind besides its rows: the manifest, and what it came to."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmark.analysis.averages import averaging
from benchmark.analysis.measured import described_metrics, manifest_entry, read_manifest
from benchmark.errors import counted
from benchmark.metric import Metric, metric_groups
from benchmark.plugins import all_metrics, codec_class, installed_metrics
from benchmark.record.row import ALONE, DISTURBED, SCHEMA, SEEN, Record
from benchmark.run.decoder import all_hidden_from
from benchmark.run.spending import Profile
from benchmark.run.study import Study
from benchmark.system.environment import describe, package_versions
from benchmark.system.files import replace_file
from benchmark.system.guarded import UNGUARDED
from benchmark.system.memory import unlimited
from benchmark.system.seclusion import unsecluded


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        folder: the folder of the results.
        statuses: how many rows of the study have each status.
        reused: rows that an earlier run had made.
        failures: how many rows of each codec failed, and the first reason.
        interrupted: whether Ctrl-C ended it.
        unchecked: how many of the reused rows do not tell their source: they are taken to be of the present code.
        again: how many rows of earlier runs were made again, by codec and reason.
        disturbed: how many rows of a study of times something else disturbed.
        seen: images that are nearly some that a codec's weights were trained on, each with the names of the codecs.
        others: what is to be said of rows of another study in the folder; empty where there are none.
        unusable: items that the data set could not give, each with the reason: all their rows are skipped.
        passed_over: how many files of the data set's folder are none of it, in words; empty where there are none.
        unreached: targets that rows could not reach, by codec and target: how many rows, and what came nearest on the
            first of their images.
        profile: where the time of the run went.
    """

    folder: Path
    statuses: Mapping[str, int]
    reused: int
    failures: Mapping[str, tuple[int, str]]
    interrupted: bool = False
    unchecked: int = 0
    again: Mapping[str, int] = field(default_factory=dict)
    others: str = ""
    disturbed: int = 0
    seen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)
    passed_over: str = ""
    unreached: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)

    @property
    def nothing(self) -> str:
        """Why there is no figure at all, in words; empty where a row has some, or the run was interrupted."""
        if self.interrupted or self.statuses.get("ok"):
            return ""
        if not self.statuses:
            return "nothing was measured: the study has no rows"
        return f"nothing was measured: all rows are {' or '.join(sorted(self.statuses))}"


def outcome_of(
    rows: Sequence[Record],
    folder: Path,
    *,
    made: Sequence[Record],
    again: Mapping[str, int],
    others: str,
    interrupted: bool,
    passed_over: str = "",
) -> Outcome:
    """What a run came to, by its rows.

    Args:
        rows: the rows of the study.
        folder: the folder of the results.
        made: those that this run has made.
        again, others, interrupted, passed_over: see :class:`Outcome`.
    """
    known = {row.identity for row in made}
    reused = [row for row in rows if row.identity not in known] if known else rows
    failures: dict[str, tuple[int, str]] = {}
    unreached: dict[str, tuple[int, str]] = {}
    seen: dict[str, dict[str, None]] = {}
    for row in rows:
        if SEEN in row.flags:
            seen.setdefault(row.image, {})[row.codec] = None
        if not row.settled:
            count, reason = failures.get(row.codec, (0, row.reason))
            failures[row.codec] = (count + 1, reason)
        if row.status == "unreachable":
            key = f"{row.codec}, {row.target}"
            count, reason = unreached.get(key, (0, f"{row.image}: {row.reason}"))
            unreached[key] = (count + 1, reason)
    return Outcome(
        folder,
        statuses=dict(Counter(row.status for row in rows)),
        reused=len(reused),
        unchecked=sum(row.source == "" for row in reused),
        again=again,
        others=others,
        failures=failures,
        interrupted=interrupted,
        disturbed=sum(row.timing == ALONE and DISTURBED in row.flags for row in rows),
        seen={image: list(codecs) for image, codecs in seen.items()},
        # A codec that cannot hold a picture has seen its pixels.
        unusable={
            row.image: row.reason for row in rows if row.status == "skipped" and row.settled and not row.image_sha256
        },
        passed_over=passed_over,
        unreached=unreached,
    )


def keep_study(folder: Path, study: Study) -> str:
    """Sets aside the files that say how rows of another study were made, before those of this one take their place.

    ``study.toml`` and ``manifest.json`` of the last study become ``study-1.toml`` and ``manifest-1.json``, or the next
    number that is free, unless they are those of this study.

    Returns:
        The names of all studies that were set aside, in words; empty where there are none.
    """
    last = folder / "study.toml"
    aside = {path: path.read_bytes() for path in sorted(folder.glob("study-*.toml"))}
    if last.is_file() and last.read_bytes() not in [study.to_toml().encode(), *aside.values()]:
        number = next(number for number in itertools.count(1) if not (folder / f"study-{number}.toml").exists())
        aside[last.replace(folder / f"study-{number}.toml")] = b""
        with contextlib.suppress(FileNotFoundError):
            (folder / "manifest.json").replace(folder / f"manifest-{number}.json")
    return ", ".join(path.name for path in aside)


def others_text(folder: Path, others: int, kept: str) -> str:
    """What to say of rows of another study in the folder of this one.

    Args:
        folder: the folder of the results.
        others: how many rows there are.
        kept: the names of the files of their studies.
    """
    return (
        f"{folder} holds {counted(others, 'row')} of another study{f' ({kept})' if kept else ''}: they "
        "stay, and tables and figures show them too; name another folder with --out to have this study alone"
    )


def write_manifest(path: Path, study: Study, run: Mapping[str, Any]) -> None:
    """Writes what a reader needs to make the same records again.

    Args:
        path: the path of the file.
        study: resolved.
        run: what happened, by name.
    """
    described = _described(path.parent, study.metrics)
    replace_file(
        path,
        json.dumps(
            {
                "schema": SCHEMA,
                "study": study.to_dict(),
                "run": dict(run),
                "codecs": _versions(study),
                "metrics": manifest_entry(described),
                "averaging": averaging(metric for metric in described if metric.name in study.metrics),
                "not_enforced": [*UNGUARDED, *unlimited(), *unsecluded(hidden=all(map(all_hidden_from, study.codecs)))],
                "environment": describe(),
                "packages": package_versions(),
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n",
    )


def _versions(study: Study) -> dict[str, str]:
    """The version of each codec, or why it cannot be used."""
    unusable = {name: f"cannot be used: {reason}" for name, (_, reason) in study.unusable.items()}
    classes = {name: codec_class(name) for name in study.codecs}
    return {cls.name: unusable[name] if name in unusable else cls.version() for name, cls in classes.items()}


def _described(folder: Path, measured: Sequence[str]) -> list[Metric]:
    """The metrics that the run measured or would by default, and those that an earlier run in the folder described."""
    usual = metric_groups(all_metrics())["basic"]
    installed = {metric.column: metric for metric in installed_metrics({*measured, *usual})}
    earlier = {metric.column: metric for metric in described_metrics(read_manifest(folder))}
    return list((earlier | installed).values())
