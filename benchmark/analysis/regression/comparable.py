"""Whether two runs can be compared, and what to know of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmark.analysis.regression.tolerance import RATE
from benchmark.metric import Metric
from benchmark.record.columns import read_pairs
from benchmark.record.row import BY_NAME
from benchmark.record.settings import read_settings


def obstacles_to(
    before: pd.DataFrame,
    after: pd.DataFrame,
    pairs: pd.DataFrame,
    judged: Sequence[Metric],
    notes: list[str],
    *,
    subset: bool,
) -> list[str]:
    """Why two sets of records cannot be compared. What is not known for sure goes to the notes."""
    found = _unmeasured(before, pairs, subset=subset)
    absent = [metric.column for metric in judged if metric.column in before and metric.column not in after]
    if absent and not subset:
        found.append(
            f"the current run lacks {'the column' if len(absent) == 1 else 'the columns'} {', '.join(absent)}: run it "
            "with the metrics of the baseline, or compare what both have with --subset"
        )
    images = [
        frame.loc[frame["image_sha256"] != "", ["dataset", "image", "image_sha256"]].drop_duplicates()
        for frame in (before, after)
    ]
    both = images[0].merge(images[1], on=["dataset", "image"], suffixes=("_before", "_after"))
    other = both[both["image_sha256_before"] != both["image_sha256_after"]]
    for dataset, part in other.groupby("dataset", sort=False):
        names = list(dict.fromkeys(part["image"]))
        found.append(f"other pixels in {dataset}: {_some(names)}; the two runs are of other images of one name")
    if pairs.empty and other.empty:
        sides = [
            f"{_some(list(dict.fromkeys(frame['codec'])))} on {_some(list(dict.fromkeys(frame['dataset'])))}"
            for frame in (before, after)
        ]
        found.append(f"no row is in both: the baseline has {sides[0]}, the current run {sides[1]}, or other settings")
    unknown: dict[str, set[str]] = {"baseline": set(), "current run": set()}
    differing = set()
    for old, new in (
        pairs[["metric_definitions_before", "metric_definitions_after"]]
        .drop_duplicates()
        .itertuples(index=False, name=None)
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
        for side, names in unknown.items()
        if names
    ]
    return found


def _unmeasured(before: pd.DataFrame, pairs: pd.DataFrame, *, subset: bool) -> list[str]:
    """That no pair has a result on either side. What the baseline has besides is missing, unless a subset is meant."""
    if pairs.empty or (pairs[["status_before", "status_after"]] == "ok").any(axis=None):
        return []
    measured = (before["status"] == "ok").any()
    if measured and not subset:
        return []
    which = "that is in both" if measured else "of the baseline"
    return [f"no row {which} has a result: there are no figures to compare"]


def notes_on(
    pairs: pd.DataFrame,
    missing: pd.DataFrame,
    new: pd.DataFrame,
    judged: Sequence[Metric],
    before: pd.DataFrame,
    after: pd.DataFrame,
) -> list[str]:
    """What to know of a comparison besides its figures."""
    notes = []
    for what in ("threads", "repeats", "jobs", "device", "timing"):
        was, now = (
            ", ".join(sorted({value if isinstance(value, str) else f"{value:g}" for value in known if value}))
            for known in (_told(pairs, what, side) for side in ("before", "after"))
        )
        # Schema 1 told neither jobs nor device: no note on every old baseline.
        if was != now and ((was and now) or what in ("threads", "timing")):
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
        notes.append(f"not compared: {', '.join(strangers)}; neither an installed metric nor a manifest tells of it")
    return notes


def _told(pairs: pd.DataFrame, what: str, side: str) -> pd.Series:
    """How the rows of a side were measured, each value once.

    Rows of ``run --timing`` were repeated as often as it took: no matter.
    """
    rows = pairs if what != "repeats" else pairs[pairs[f"timing_{side}"] == ""]
    return rows[f"{what}_{side}"].dropna().drop_duplicates()


def _some(names: Sequence[str], most: int = 5) -> str:
    """A list in words, cut where it is long."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
