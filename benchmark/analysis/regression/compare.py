"""Two runs of the same study, row by row: what became worse, what better, what is missing, and the likely causes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from benchmark.analysis.bdrate import bd_rate
from benchmark.analysis.curve import Curve
from benchmark.analysis.measured import Manifest, read_manifest
from benchmark.analysis.regression.timing import time_ratios
from benchmark.analysis.regression.tolerance import RATE
from benchmark.analysis.table import matched_labels, read_records, series_labels
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import Metric, digest, leading
from benchmark.record.columns import read_pairs, write_pairs
from benchmark.record.row import BY_NAME
from benchmark.record.settings import read_settings

KEYS = ["dataset", "image", "codec", "settings", "target"]
"""What pairs rows: a codec's version is none of it, since that is what a comparison is about."""

BD_TOLERANCE = 0.1
"""Percent by which a BD-rate may rise."""

Gate = Literal["rows", "bdrate"]

_NOISE = 1e-6
"""Share by which a metric, summed in ``float32``, moves with a processor's arithmetic: no change. Seen were 1.2e-7."""
_ROUNDING = 1e-9
"""Share of a tolerance that a difference of decimal numbers may pass it by."""


@dataclass(frozen=True)
class Run:
    """What a run left behind.

    Attributes:
        name: as the user gave it.
        records: one row for each of :data:`KEYS`, the last where a file has several; ``metric_definitions`` filled in
            from the manifest where a record has none.
        environment: machine and libraries, by name, as the manifest says; empty without one.
        manifests: the manifests of the runs whose records these are.
    """

    name: str
    records: pd.DataFrame
    environment: Mapping[str, str]
    manifests: Sequence[Manifest] = ()


def read_run(path: Path) -> Run:
    """The records of a run, and what the manifest beside them adds.

    Args:
        path: a ``records.csv``, or the folder of a run, or one with the folders of several.

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
    for file in files:
        manifest = read_manifest(file)
        manifests.append(manifest)
        frames.append(_records(file, manifest))
        facts.append({**manifest.get("environment", {}), **manifest.get("packages", {})})
    records = pd.concat(frames, ignore_index=True).drop_duplicates(KEYS, keep="last", ignore_index=True)
    environment = {
        name: " and ".join(dict.fromkeys(str(fact[name]) for fact in facts if name in fact))
        for name in dict.fromkeys(name for fact in facts for name in fact)
    }
    return Run(str(path), records, environment, manifests)


def _records(path: Path, manifest: Manifest) -> pd.DataFrame:
    frame = read_records(path)
    if frame.empty:
        raise RecordsError(f"{path}: holds no rows")
    # Records of an old run leave it to the manifest, which then has a text for each metric.
    told = write_pairs({
        name: digest(text) for name, text in manifest.get("metrics", {}).items() if isinstance(text, str)
    })
    return frame.assign(
        metric_definitions=frame["metric_definitions"].replace("", told), images=frame["images"].fillna(1)
    )


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
            ``bd_rate`` of the mean curve in percent, ``image_mean`` over ``image_count`` images, ``points``,
            ``verdict`` (``same`` within the tolerance, empty where refused), ``flags``.
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
    baseline: Run, current: Run, judged: Sequence[Metric], *, gate: Gate = "rows", bd_tolerance: float = BD_TOLERANCE,
    timing: float | None = None, subset: bool = False,
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
    pairs, missing, new = _pair(baseline.records, current.records)
    notes: list[str] = []
    obstacles = _obstacles(baseline.records, current.records, pairs, judged, notes)
    if obstacles:
        pairs, missing, new = pairs.iloc[:0], missing.iloc[:0], new.iloc[:0]
    notes += [] if obstacles else _notes(pairs, missing, new, judged, baseline.records, current.records)
    good = pairs[(pairs["status_before"] == "ok") & (pairs["status_after"] == "ok")]
    series = _series(good)
    bd = _bd_rates(good, series, judged, bd_tolerance)
    changes = _changes(good, judged, subset=subset)
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
    rows = _rows(pairs, changes)
    return Comparison(
        baseline=baseline.name, current=current.name, gate=gate, judged=tuple(judged), bd_tolerance=bd_tolerance,
        timing=timing, subset=subset, pairs=len(pairs), codecs=_by_codec(pairs, rows, missing, new),
        points=_points(pd.concat([baseline.records, current.records])), rows=rows, changes=changes, missing=missing,
        new=new, bd=bd, times=time_ratios(good, timing or 0), versions=_versions(pairs),
        environment=tuple(environment), obstacles=tuple(obstacles), notes=tuple(notes),
    )


def _short(name: str, value: str) -> str:
    """A value of the environment, a commit by its first digits."""
    return re.sub(r"\b([0-9a-f]{10})[0-9a-f]{30}\b", r"\1", value) if name == "commit" else value


def _pair(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows of both side by side, and keys of those that only one has."""
    values = list(dict.fromkeys([*before.columns, *after.columns]))
    whole = before.reindex(columns=values).merge(
        after.reindex(columns=values), on=KEYS, how="outer", sort=False, suffixes=("_before", "_after"), indicator=True,
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


def _obstacles(
    before: pd.DataFrame, after: pd.DataFrame, pairs: pd.DataFrame, judged: Sequence[Metric], notes: list[str]
) -> list[str]:
    """Why two sets of records cannot be compared. What is not known for sure goes to the notes."""
    found = []
    images = [
        frame.loc[frame["image_sha256"] != "", ["dataset", "image", "image_sha256"]].drop_duplicates()
        for frame in (before, after)
    ]
    both = images[0].merge(images[1], on=["dataset", "image"], suffixes=("_before", "_after"))
    other = both[both["image_sha256_before"] != both["image_sha256_after"]]
    for dataset, part in other.groupby("dataset", sort=False):
        names = list(dict.fromkeys(part["image"]))
        found.append(f"other pixels in {dataset}: {_some(names)}; the two runs are of other images of one name")
    if pairs.empty and not found:
        sides = [
            f"{_some(list(dict.fromkeys(frame['codec'])))} on {_some(list(dict.fromkeys(frame['dataset'])))}"
            for frame in (before, after)
        ]
        found.append(f"no row is in both: the baseline has {sides[0]}, the current run {sides[1]}, or other settings")
    unknown: dict[str, set[str]] = {"baseline": set(), "current run": set()}
    differing = set()
    for old, new in pairs[["metric_definitions_before", "metric_definitions_after"]].drop_duplicates().itertuples(
        index=False, name=None
    ):
        one, two = read_pairs(old), read_pairs(new)
        for metric in judged:
            values, name = [f"{metric.column}_before", f"{metric.column}_after"], metric.name
            if metric.column == RATE.column:
                continue
            if not set(values) <= set(pairs.columns) or pairs[values].isna().any(axis=1).all():
                continue
            if name in one and name in two:
                differing |= {name} if one[name] != two[name] else set()
            else:
                unknown["baseline" if name not in one else "current run"].add(name)
    found += [
        f"metric {name} has another definition, or its library another version: its figures do not compare; run the "
        "baseline again with this version"
        for name in sorted(differing)
    ]
    notes += [
        f"the {side} does not say by which definition it has {_some(sorted(names))}: taken to be the other's"
        for side, names in unknown.items() if names
    ]
    return found


def _notes(
    pairs: pd.DataFrame, missing: pd.DataFrame, new: pd.DataFrame, judged: Sequence[Metric], before: pd.DataFrame,
    after: pd.DataFrame,
) -> list[str]:
    notes = []
    for what in ("threads", "repeats", "jobs", "device"):
        was, now = (
            ", ".join(sorted({value if isinstance(value, str) else f"{value:g}" for value in known if value}))
            for known in (pairs[f"{what}_{side}"].dropna() for side in ("before", "after"))
        )
        # Schema 1 told neither jobs nor device: no note on every old baseline.
        if was != now and ((was and now) or what in ("threads", "repeats")):
            notes.append(f"{what}: {was or 'unknown'} → {now or 'unknown'}; times do not compare")
    for codec in dict.fromkeys(missing["codec"]):
        fields = [
            {name for text in set(frame.loc[frame["codec"] == codec, "settings"]) for name in read_settings(text)}
            for frame in (missing, new)
        ]
        if fields[1] and fields[0] != fields[1]:
            gone, fresh = (", ".join(sorted(part)) or "none" for part in (fields[0] - fields[1], fields[1] - fields[0]))
            notes.append(f"{codec} has other settings: gone: {gone}; new: {fresh}; such rows cannot be paired")
    known = {metric.column for metric in judged}
    strangers = [
        name for name in dict.fromkeys([*before.columns, *after.columns]) if name not in BY_NAME and name not in known
    ]
    if strangers:
        notes.append(f"not compared: {', '.join(strangers)}; the metrics are not installed here")
    return notes


def _changes(good: pd.DataFrame, judged: Sequence[Metric], *, subset: bool) -> pd.DataFrame:
    """Every value that differs, in the order of the rows."""
    parts = []
    matched = good["target_column_before"]
    for metric in judged:
        names = [f"{metric.column}_before", f"{metric.column}_after"]
        if not set(names) <= set(good.columns):
            continue
        before, after = (good[name].to_numpy(float) for name in names)
        with np.errstate(invalid="ignore"):
            change = after - before
        noise = 0.0 if metric.column == RATE.column else _NOISE
        differs = ~np.isclose(after, before, rtol=noise, atol=0, equal_nan=True)
        allowed = metric.tolerance.allowed(before)
        gain = change if metric.higher_is_better else -change
        verdict = np.select(
            [
                np.isnan(after), np.isnan(before), (matched == metric.column).to_numpy(bool),
                gain < -allowed * (1 + _ROUNDING), gain > allowed * (1 + _ROUNDING),
            ],
            ["not measured" if subset else "worse", "new", "matched", "worse", "better"],
            "changed",
        )
        part = good.loc[differs, KEYS].assign(
            column=metric.column, before=before[differs], after=after[differs], change=change[differs],
            allowed=allowed[differs], verdict=verdict[differs],
        )
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=[*KEYS, "column", "before", "after", "change", "allowed", "verdict"])
    ordered: pd.DataFrame = pd.concat(parts).sort_index(kind="stable")
    return ordered.reset_index(drop=True)


def _rows(pairs: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """The rows that differ in any way, with a verdict on each."""
    judged = changes.groupby(KEYS, sort=False)["verdict"].agg(
        lambda found: next((name for name in ("worse", "better") if name in set(found)), "changed")
    )
    rows = pairs[KEYS].assign(
        status_before=pairs["status_before"], status_after=pairs["status_after"], reason=pairs["reason_after"],
        bytes_before=pd.to_numeric(pairs["bytes_before"]), bytes_after=pd.to_numeric(pairs["bytes_after"]),
        stream=pairs["stream_sha256_before"] != pairs["stream_sha256_after"],
        pixels=pairs["pixels_sha256_before"] != pairs["pixels_sha256_after"],
    )
    rows["verdict"] = rows[KEYS].merge(judged.reset_index(), on=KEYS, how="left")["verdict"]
    before, after = rows["status_before"].map(_rank), rows["status_after"].map(_rank)
    rows["verdict"] = rows["verdict"].mask(after < before, "worse").mask(after > before, "better")
    sizes = (rows["bytes_before"] != rows["bytes_after"]) & (rows["bytes_before"].notna() | rows["bytes_after"].notna())
    moved = sizes | rows["stream"] | rows["pixels"] | (rows["status_before"] != rows["status_after"])
    rows["verdict"] = rows["verdict"].mask(rows["verdict"].isna() & moved, "changed")
    chosen: pd.DataFrame = rows[rows["verdict"].notna()]
    return chosen.reset_index(drop=True)


def _by_codec(pairs: pd.DataFrame, rows: pd.DataFrame, missing: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    by = ["dataset", "codec"]
    parts = {
        "pairs": pairs, **{verdict: rows[rows["verdict"] == verdict] for verdict in ("worse", "better", "changed")},
        "missing": missing, "new": new,
    }
    names = pd.concat([part[by] for part in (pairs, missing, new)]).drop_duplicates(ignore_index=True)
    for name, part in parts.items():
        names = names.merge(part.groupby(by).size().rename(name).reset_index(), on=by, how="left")
    return names.fillna(dict.fromkeys(parts, 0)).astype(dict.fromkeys(parts, int))


def _points(records: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    unique = records[["codec", "settings", "target", "knob"]].drop_duplicates(["codec", "settings", "target"])
    settings = {text: read_settings(text) for text in set(unique["settings"])}
    values: dict[tuple[str, str], set[str]] = {}
    for codec, text in zip(unique["codec"], unique["settings"], strict=True):
        for name, value in settings[text].items():
            values.setdefault((codec, name), set()).add(str(value))
    found = {}
    for codec, text, target, knob in unique.itertuples(index=False, name=None):
        shown = [
            f"{name}={value}" for name, value in settings[text].items()
            if name == knob or len(values[codec, name]) > 1
        ]
        found[codec, text, target] = ", ".join([*shown, *([target] if target else [])])
    return found


def _rank(status: str) -> int:
    return {"ok": 2, "skipped": 1, "unreachable": 1}.get(status, 0)


def _series(good: pd.DataFrame) -> pd.Series:
    """The curve that each row lies on."""
    beside = {name: good[f"{name}_after"] for name in ("knob", "target_column", "target_over")}
    points = good[["codec", "settings", "target"]].assign(**beside)
    unique = points.drop_duplicates(["codec", "settings", "target"])
    named = unique.assign(series=(series_labels(unique) + matched_labels(unique)).astype(object))
    return points.merge(
        named[["codec", "settings", "target", "series"]], on=["codec", "settings", "target"], how="left"
    )["series"].set_axis(good.index)


_BD_COLUMNS = (
    "dataset", "codec", "series", "metric", "bd_rate", "image_mean", "image_count", "points", "verdict", "flags",
)


def _bd_rates(good: pd.DataFrame, series: pd.Series, judged: Sequence[Metric], tolerance: float) -> pd.DataFrame:
    rows = []
    for (dataset, label), part in good.groupby(["dataset", series], sort=False):
        for metric in leading(judged):
            names = [f"{metric.column}_before", f"{metric.column}_after"]
            if not set(names) <= set(part.columns) or part[names].isna().any(axis=1).all():
                continue
            whole = part[part[names].notna().all(axis=1)]
            row = _bd(whole, metric, str(dataset), str(label))
            value = row["bd_rate"]
            verdict = "" if math.isnan(value) else "same"
            if abs(value) > tolerance:
                verdict = "worse" if value > 0 else "better"
            rows.append({
                "dataset": dataset, "codec": part["codec"].iloc[0], "series": label, "metric": metric.column, **row,
                "verdict": verdict,
            })
    return pd.DataFrame(rows, columns=_BD_COLUMNS)


def _bd(part: pd.DataFrame, metric: Metric, dataset: str, label: str) -> dict[str, Any]:
    """BD-rate of the mean curves over the images that most operating points cover, and of every image."""
    values = ["images_before", *(f"{name}_{side}" for name in ("bpp", metric.column) for side in ("before", "after"))]
    table = part.pivot(index=["settings", "target"], columns="image", values=values)
    covered = table["images_before"].notna().to_numpy()
    most = covered[covered.sum(axis=1).argmax()]
    whole = (covered == most).all(axis=1)
    weights = table["images_before"].to_numpy(float)[whole][:, most]
    sides = {
        name: [table[f"{column}_{side}"].to_numpy(float)[whole][:, most] for column in ("bpp", metric.column)]
        for side, name in (("before", "baseline"), ("after", "current run"))
    }

    def delta(where: slice) -> tuple[float, tuple[str, ...]]:
        pairs = [(old[:, where], new[:, where]) for old, new in zip(*sides.values(), strict=True)]
        if np.array_equal(*pairs[0]) and np.allclose(*pairs[1], rtol=_NOISE, atol=0):
            return 0.0, ()
        curves = []
        for name, figures in sides.items():
            rates, means = (
                np.average(each[:, where], axis=1, weights=weights[:, where]) for each in figures
            )
            curves.append(Curve(list(rates), list(metric.quality(means)), f"{label} of the {name}", dataset))
        found = bd_rate(curves[0], curves[1])
        return found.value, found.flags

    value, flags = delta(slice(None))
    each = np.array([delta(slice(place, place + 1))[0] for place in range(int(most.sum()))])
    each = each[~np.isnan(each)]
    if not whole.all():
        flags = (*flags, f"{int((~whole).sum())} of {len(whole)} points cover other images or fewer, left out")
    return {
        "bd_rate": value, "image_mean": each.mean() if len(each) else math.nan, "image_count": len(each),
        "points": int(whole.sum()), "flags": "; ".join(flags),
    }


def _versions(pairs: pd.DataFrame) -> dict[str, str]:
    """What the versions of each codec differ in, such as ``Pillow 12.0 → 13.0``."""
    found: dict[str, list[str]] = {}
    names = [f"{name}_{side}" for side in ("before", "after") for name in ("version", "weights")]
    for codec, *texts in pairs[["codec", *names]].drop_duplicates().itertuples(index=False, name=None):
        before, after = (_parts(*texts[:2]), _parts(*texts[2:]))
        if before == after:
            continue
        gone = [part for part in before if part not in after]
        fresh = [part for part in after if part not in before]
        found.setdefault(codec, []).append(f"{', '.join(gone) or 'nothing'} → {', '.join(fresh) or 'nothing'}")
    return {codec: "; ".join(dict.fromkeys(changes)) for codec, changes in found.items()}


def _parts(version: str, weights: str) -> list[str]:
    """The libraries that a version names, and the weights."""
    return [*(part for part in version.split(", ") if part), *([f"weights {weights}"] if weights else [])]


def _some(names: Sequence[str], most: int = 5) -> str:
    """A list in words, cut where it is long."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
