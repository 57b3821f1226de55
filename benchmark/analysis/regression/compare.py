"""Two runs of the same study, row by row: what became worse, what better, what is missing, and the likely causes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from benchmark.analysis.regression.changes import changes_of, count_by_codec, rows_that_differ
from benchmark.analysis.regression.comparable import notes_on, obstacles_to
from benchmark.analysis.regression.deltas import bd_rates, series_of
from benchmark.analysis.regression.runs import KEYS, Run, pair_rows
from benchmark.analysis.regression.timing import time_ratios
from benchmark.analysis.regression.versions import change_of
from benchmark.metric import Metric
from benchmark.record.settings import read_settings

BD_TOLERANCE = 0.1
"""Percent by which a BD-rate may rise."""

Gate = Literal["rows", "bdrate"]


@dataclass(frozen=True)
class Comparison:
    """What became of a run.

    Attributes:
        baseline, current: names of the two.
        gate: what decides: ``rows``, or BD-rates where there are any.
        judged: the rate and the metrics, with the tolerances that they are judged by.
        bd_tolerance: percent by which a BD-rate may rise.
        timing: share by which times may rise; None where they do not count.
        subset: whether what the current run lacks is left out, and not worse.
        pairs: rows that are in both.
        codecs: a row for each ``dataset`` × ``codec``: how many rows are ``pairs``, of them ``worse``, ``better`` and
            ``changed``, and how many are ``missing`` and ``new``.
        points: settings in short, by codec, settings and target: the knob, and what else a codec's rows differ in.
        rows: the pairs of rows that differ, in the baseline's order: :data:`KEYS`, ``status_before``, ``_after``,
            ``reason``, ``bytes_before``, ``_after``, ``stream`` and ``pixels`` (whether those are others), ``verdict``:
            ``worse``, ``better``, or ``changed`` within the tolerances.
        changes: their columns that differ: :data:`KEYS`, ``column``, ``before``, ``after``, ``change``, ``allowed``,
            ``verdict``: ``worse``, ``better``, ``changed``, or why it is not judged.
        missing: :data:`KEYS` of rows that only the baseline has.
        new: the same of rows that only the current run has.
        bd: BD-rates of the current run against the baseline: ``dataset``, ``codec``, ``series``, ``metric``,
            ``bd_rate`` in percent, the mean over ``image_count`` images; ``mean_curve``, that of the mean curve;
            ``points``, ``verdict`` (``same`` within the tolerance, empty where refused), ``flags``.
        times: ratios of seconds, current to baseline: ``dataset``, ``codec``, ``what``, ``pairs``, ``ratio`` (geometric
            mean), ``low`` and ``high`` of its 95 % interval, ``p``, ``verdict``.
        versions: what the versions of each codec differ in.
        environment: what the manifests differ in.
        obstacles: why the two cannot be compared; then nothing else is filled in.
        notes: what else there is to know.
    """

    baseline: str
    current: str
    gate: Gate
    judged: Sequence[Metric]
    bd_tolerance: float
    timing: float | None
    subset: bool
    pairs: int
    codecs: pd.DataFrame
    points: Mapping[tuple[str, str, str], str]
    rows: pd.DataFrame
    changes: pd.DataFrame
    missing: pd.DataFrame
    new: pd.DataFrame
    bd: pd.DataFrame
    times: pd.DataFrame
    versions: Mapping[str, str]
    environment: Sequence[str]
    obstacles: Sequence[str]
    notes: Sequence[str]

    @property
    def verdict(self) -> Literal["not comparable", "worse", "better", "same"]:
        """The worst of all that counts; ``same`` allows for changes within the tolerances."""
        if self.obstacles:
            return "not comparable"
        found = set(self.rows["verdict"])
        if self.gate == "bdrate":
            found |= set(self.bd["verdict"])
        if self.timing is not None:
            found |= set(self.times["verdict"])
        if "worse" in found or (len(self.missing) and not self.subset):
            return "worse"
        return "better" if "better" in found else "same"

    @property
    def exit_status(self) -> int:
        """0 the same or better, 1 worse, 2 not comparable."""
        return {"not comparable": 2, "worse": 1}.get(self.verdict, 0)

    def cause(self, codec: str) -> str:
        """The likely cause of a codec's changes: its versions, or else what the manifests differ in."""
        if codec in self.versions:
            return self.versions[codec]
        if self.environment:
            return f"its own version is the same; the runs differ in {', '.join(self.environment)}"
        return "the versions in the records are the same: the codec's code, its weights or the machine"


def compare(
    baseline: Run,
    current: Run,
    judged: Sequence[Metric],
    *,
    gate: Gate = "rows",
    bd_tolerance: float = BD_TOLERANCE,
    timing: float | None = None,
    subset: bool = False,
) -> Comparison:
    """Compares a run with its baseline.

    A row is worse where its status is (``ok`` before ``skipped`` and ``unreachable``, before failures) or where a
    column, in its direction, passes its tolerance; a column that a row was matched by is not judged. Other digests are
    told alone. A missing row or value is worse, unless only a subset is compared.

    Args:
        baseline, current: see :func:`read_run`.
        judged: see :func:`benchmark.analysis.regression.tolerance.judged_columns`.
        gate: ``bdrate`` lets BD-rates decide instead of the rates and metrics of rows, wherever a codec has one; failed
            and missing rows count all the same.
        bd_tolerance: percent by which a BD-rate may rise.
        timing: share, such as 0.2, by which the geometric mean of a codec's times may rise, if the rise is significant;
            None shows times alone.
        subset: leaves out what the current run lacks.
    """
    pairs, missing, new = pair_rows(baseline.records, current.records)
    notes = [*baseline.notes, *current.notes]
    obstacles = obstacles_to(baseline.records, current.records, pairs, judged, notes, subset=subset)
    if obstacles:
        pairs, missing, new = pairs.iloc[:0], missing.iloc[:0], new.iloc[:0]
    notes += [] if obstacles else notes_on(pairs, missing, new, judged, baseline.records, current.records)
    succeeded = (pairs["status_before"] == "ok") & (pairs["status_after"] == "ok")
    good = pairs if succeeded.all() else pairs[succeeded]
    series = series_of(good)
    bd = bd_rates(good, series, judged, bd_tolerance)
    changes = changes_of(good, judged, subset=subset)
    if gate == "bdrate":
        by_curves = set(zip(bd["dataset"], bd["series"], strict=True)) - set(
            zip(*(bd.loc[bd["verdict"] == "", name] for name in ("dataset", "series")), strict=True)
        )
        known = good[[*KEYS]].assign(judged=[pair in by_curves for pair in zip(good["dataset"], series, strict=True)])
        by_curve = changes[KEYS].merge(known, on=KEYS, how="left")["judged"].to_numpy(bool)
        told = by_curve & changes["verdict"].isin(["worse", "better"]).to_numpy(bool)
        changes = changes.assign(verdict=changes["verdict"].mask(told, "by BD-rate"))
    environment = [
        f"{name} {_short(name, old)} → {_short(name, current.environment[name])}"
        for name, old in baseline.environment.items()
        if name not in ("cores", "memory_gib") and current.environment.get(name, old) != old
    ]
    rows = rows_that_differ(pairs, changes)
    return Comparison(
        baseline=baseline.name,
        current=current.name,
        gate=gate,
        judged=tuple(judged),
        bd_tolerance=bd_tolerance,
        timing=timing,
        subset=subset,
        pairs=len(pairs),
        codecs=count_by_codec(pairs, rows, missing, new),
        points=_points([baseline.records, current.records]),
        rows=rows,
        changes=changes,
        missing=missing,
        new=new,
        bd=bd,
        times=time_ratios(good, timing or 0),
        versions=_versions(pairs),
        environment=tuple(environment),
        obstacles=tuple(obstacles),
        notes=tuple(notes),
    )


def _short(name: str, value: str) -> str:
    """A value of the environment, a commit by its first digits."""
    return re.sub(r"\b([0-9a-f]{10})[0-9a-f]{30}\b", r"\1", value) if name == "commit" else value


def _points(records: Sequence[pd.DataFrame]) -> dict[tuple[str, str, str], str]:
    names = ["codec", "settings", "target"]
    unique = pd.concat([frame[[*names, "knob"]].drop_duplicates(names) for frame in records]).drop_duplicates(names)
    settings = {text: read_settings(text) for text in set(unique["settings"])}
    values: dict[tuple[str, str], set[str]] = {}
    for codec, text in zip(unique["codec"], unique["settings"], strict=True):
        for name, value in settings[text].items():
            values.setdefault((codec, name), set()).add(str(value))
    found = {}
    for codec, text, target, knob in unique.itertuples(index=False, name=None):
        shown = [
            f"{name}={value}" for name, value in settings[text].items() if name == knob or len(values[codec, name]) > 1
        ]
        found[codec, text, target] = ", ".join([*shown, *([target] if target else [])])
    return found


def _versions(pairs: pd.DataFrame) -> dict[str, str]:
    """What the versions of each codec differ in, such as ``Pillow 12.0 → 13.0``."""
    found: dict[str, list[str]] = {}
    names = [f"{name}_{side}" for side in ("before", "after") for name in ("version", "weights", "source")]
    for codec, *texts in pairs[["codec", *names]].drop_duplicates().itertuples(index=False, name=None):
        was, now = (texts[0], texts[1], texts[2]), (texts[3], texts[4], texts[5])
        if change := change_of([was], [now]):
            found.setdefault(codec, []).append(change)
    return {codec: "; ".join(dict.fromkeys(changes)) for codec, changes in found.items()}
