"""What became of codecs from one run to the next: rates against an anchor and at one quality, times, change points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from benchmark.analysis.bdrate import anchor_series, bd_table
from benchmark.analysis.ranking import ranking
from benchmark.analysis.regression.compare import BD_TOLERANCE
from benchmark.analysis.regression.tolerance import RATE
from benchmark.analysis.regression.versions import change_of
from benchmark.analysis.results import Results, named_alike
from benchmark.analysis.standing import headline
from benchmark.analysis.timed import SECONDS
from benchmark.errors import UsageError
from benchmark.metric import Metric
from benchmark.record.columns import read_pairs
from benchmark.record.settings import read_settings

COLUMNS = (
    "dataset",
    "series",
    "codec",
    "release",
    "version",
    "images",
    "bd_rate",
    "bd_low",
    "bd_high",
    "rate",
    "rate_low",
    "rate_high",
    *SECONDS,
    "changed",
    "change",
)
"""Columns of :attr:`History.table`."""

_DIGITS = 3
"""Significant digits of the quality at which rates are compared."""


@dataclass(frozen=True)
class Release:
    """A run among those that a history is of.

    Attributes:
        name: what it is called, such as the name of its folder or of its commit.
        results: what it measured.
        day: the day, as ``2026-05-31``; empty where it is not known.
        commit: the commit of the bench, its first digits; empty where it is not known.
    """

    name: str
    results: Results
    day: str = ""
    commit: str = ""


@dataclass(frozen=True)
class History:
    """What became of codecs from one run to the next.

    Attributes:
        releases: the runs in the order of time.
        anchor: the series that BD-rates compare with, in the same run.
        metric: the metric of the quality.
        qualities: the quality at which rates are compared on each data set, as figures draw it; none for a data set
            where the anchor has no value at the rate.
        table: a row for each data set × series × release, of the columns :data:`COLUMNS`. ``bd_rate`` in percent, as
            the one rule of rank has it, with its 95 % interval. ``rate`` in bits per pixel at the data set's quality,
            with its interval. Seconds an image, of the operating point next to that quality that was timed to be
            published. Figures are NaN where a run has none. ``changed`` says in short what is another than in the run
            before that has the series: ``version``, ``weights``, ``code``, ``settings``, ``images``, ``metric``,
            ``average``, ``BD-rate``, ``rate``, or that it ``came`` or is ``gone``; ``change`` says it in full. Both are
            empty where nothing is another.
        notes: what to know of the runs.
    """

    releases: Sequence[Release]
    anchor: str
    metric: Metric
    qualities: dict[str, float]
    table: pd.DataFrame
    notes: Sequence[str]


def history_of(releases: Sequence[Release], anchor: str, metric: str, rate: float) -> History:
    """The history of runs.

    Args:
        releases: the runs in the order of time.
        anchor: a series, or a codec that has but one.
        metric: name or column of the metric of the quality.
        rate: bits per pixel. Rates are compared at the quality that the anchor has there, in the first run that has it.

    Raises:
        UsageError: no run has the anchor or the metric.
    """
    named = named_alike([release.results for release in releases])
    releases = [replace(release, results=results) for release, results in zip(releases, named, strict=True)]
    notes = _order_notes(releases)
    quality, known = _metric(releases, metric)
    notes += [
        f"{one.name}: no value of {quality.column}: nothing of it is shown" for one in releases if one not in known
    ]
    bases = _anchors(known, anchor)
    notes += [
        f"{one.name}: has no {anchor}, so there are no BD-rates of it"
        for one, base in zip(known, bases, strict=True)
        if not base
    ]
    name = next(filter(None, bases))
    qualities = _qualities(known, name, quality, rate)
    rows = [row for release, base in zip(known, bases, strict=True) for row in _rows(release, base, quality, qualities)]
    table = _changes(pd.DataFrame(rows), known, quality)
    notes += _apart(table, known)
    return History(known, name, quality, qualities, table, notes)


def _order_notes(releases: Sequence[Release]) -> list[str]:
    """Which runs stand before one that was made earlier, by their manifests; and that one run has no history."""
    found = []
    latest = releases[0]
    for release in releases[1:]:
        if release.day and latest.day and release.day < latest.day:
            found.append(
                f"{release.name} ran on {release.day}, before {latest.name} ({latest.day}), which stands before it: "
                "name the runs in the order of time"
            )
        if release.day:
            latest = release
    if len(releases) == 1:
        found.append("one run alone: there is nothing to compare it with yet")
    return found


def _metric(releases: Sequence[Release], text: str) -> tuple[Metric, list[Release]]:
    """The metric, and the runs that have values of it."""
    found, problem = [], ""
    metrics = []
    for release in releases:
        try:
            metric = release.results.metric(text)
        except UsageError as error:
            problem = str(error)
            continue
        name = f"{metric.column}_mean"
        if name in release.results.summary and pd.to_numeric(release.results.summary[name]).notna().any():
            metrics.append(metric)
            found.append(release)
    if not found:
        raise UsageError(problem or f"no run has a value of {text}: name another metric")
    return metrics[0], found


def _anchors(releases: Sequence[Release], anchor: str) -> list[str]:
    """The series of the anchor in each run; empty where a run has none."""
    found, problems = [], []
    for release in releases:
        try:
            found.append(anchor_series(release.results.summary, anchor))
        except UsageError as error:
            problems.append(error)
            found.append("")
    if not any(found):
        raise problems[0]
    return found


def _qualities(releases: Sequence[Release], anchor: str, metric: Metric, rate: float) -> dict[str, float]:
    """The quality that the anchor has at a rate, by data set: of the first run that has it there."""
    found: dict[str, float] = {}
    for release in releases:
        ranks = ranking(release.results, metric, at_rate=rate)
        for row in ranks[ranks["series"] == anchor].to_dict("records"):
            if not math.isnan(row["value"]):
                found.setdefault(str(row["dataset"]), float(f"{row['value']:.{_DIGITS}g}"))
    return found


def _rows(release: Release, anchor: str, metric: Metric, qualities: dict[str, float]) -> list[dict[str, Any]]:
    """The figures of one run, with what made them."""
    deltas = bd_table(release.results, anchor, metric) if anchor else pd.DataFrame(columns=["dataset", "series"])
    deltas = deltas.assign(**headline(deltas)) if anchor else deltas
    by_series = _by_series(deltas)
    places = {
        quality: _by_series(ranking(release.results, metric, at_quality=quality)) for quality in qualities.values()
    }
    rows = []
    for key, part in _parts(release.results.summary):
        dataset, series = key
        delta = by_series.get(key, {})
        place = places.get(qualities.get(dataset, math.nan), {}).get(key, {})
        rows.append(
            {
                "dataset": dataset,
                "series": series,
                "codec": part["codec"].iloc[0],
                "release": release.name,
                "version": " and ".join(dict.fromkeys(part["version"])),
                "images": int(part["images"].max()),
                _AVERAGE: str(delta.get("ranked_by", "")),
                **{name: float(delta.get(own, math.nan)) for name, own in _DELTAS.items()},
                **{name: float(place.get(own, math.nan)) for name, own in _PLACES.items()},
            }
        )
    return rows


_AVERAGE = "ranked_by"
"""Column of a row that says of what average its BD-rate is, see ``analysis.standing``."""

_DELTAS = {"bd_rate": "headline", "bd_low": "headline_low", "bd_high": "headline_high"}
_PLACES = {"rate": "value", "rate_low": "ci_low", "rate_high": "ci_high", **{name: name for name in SECONDS}}
"""Columns of a history, and the columns of BD-rates and of rankings that they are."""


def _by_series(table: pd.DataFrame) -> dict[tuple[str, str], dict[Any, Any]]:
    return {(row["dataset"], row["series"]): row for row in table.to_dict("records")}


def _parts(table: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """The rows of each series on each data set."""
    return [((str(key[0]), str(key[1])), part) for key, part in table.groupby(["dataset", "series"], sort=False)]


def _changes(table: pd.DataFrame, releases: Sequence[Release], metric: Metric) -> pd.DataFrame:
    """The table with a row for each release of each series, and what changed in it."""
    rows: list[dict[Any, Any]] = []
    seen = {release.name: _facts(release, metric) for release in releases}
    for key, part in _parts(table):
        covered = set(table.loc[table["dataset"] == key[0], "release"])
        names = [release.name for release in releases if release.name in covered]
        own = {row["release"]: row for row in part.to_dict("records")}
        before: dict[Any, Any] | None = None
        present = False
        for name in names:
            if name not in own:
                told = "gone" if present else ""
                lacking = {"dataset": key[0], "series": key[1], "codec": part["codec"].iloc[0], "release": name}
                rows.append({**lacking, "changed": told, "change": told})
                present = False
                continue
            found = {} if present or name == names[0] else {"came": "came" if before is None else "came again"}
            if before is not None:
                found |= _change(before, own[name], seen[before["release"]][key], seen[name][key])
            rows.append({**own[name], "changed": ", ".join(found), "change": "; ".join(found.values())})
            before, present = own[name], True
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Facts:
    """What figures of a series rest on: what made them, by which settings, on which images, how the metric is defined.

    Settings are those of the series beside its knob, as texts ``name=value``.
    """

    makers: frozenset[tuple[str, str, str]]
    settings: frozenset[str]
    images: frozenset[str]
    definitions: frozenset[str]


def _facts(release: Release, metric: Metric) -> dict[tuple[str, str], _Facts]:
    records = release.results.records
    texts, makers = {}, {}
    for key, part in _parts(records) if len(records) else ():
        makers[key] = _makers(part)
        if "metric_definitions" in part:
            known = (read_pairs(text).get(metric.name, "") for text in part["metric_definitions"].unique())
            texts[key] = frozenset(filter(None, known))
    found = {}
    for key, part in _parts(release.results.summary):
        settings = [
            f"{name}={value}"
            for text, knob in zip(part["settings"], part["knob"], strict=True)
            for name, value in read_settings(text).items()
            if name != knob
        ]
        found[key] = _Facts(
            makers.get(key) or _makers(part),  # a summary has no sources
            frozenset(settings),
            frozenset().union(*part["covers"]),
            texts.get(key, frozenset()),
        )
    return found


def _makers(rows: pd.DataFrame) -> frozenset[tuple[str, str, str]]:
    """What made rows: version, weights and source, each empty where the rows do not tell it."""
    told = rows.reindex(columns=["version", "weights", "source"]).astype(object).drop_duplicates()
    return frozenset(told.where(told.notna(), "").itertuples(index=False, name=None))


def _change(before: dict[Any, Any], after: dict[Any, Any], was: _Facts, now: _Facts) -> dict[str, str]:
    """What of a series is another than before, in short and in full."""
    found = {}
    for place, name in enumerate(("version", "weights", "code")):
        sides = [{_only(maker, place) for maker in facts.makers} for facts in (was, now)]
        if change := change_of(*(sorted(side) for side in sides)):
            found[name] = change
    gone, fresh = (sorted(one - other) for one, other in ((was.settings, now.settings), (now.settings, was.settings)))
    if gone or fresh:
        found["settings"] = f"settings {', '.join(gone) or 'nothing'} → {', '.join(fresh) or 'nothing'}"
    if was.images and now.images and was.images != now.images:
        found["images"] = f"other images, {len(was.images)} → {len(now.images)}"
    if was.definitions and now.definitions and was.definitions != now.definitions:
        found["metric"] = "another definition of the metric: the figures do not compare"
    delta = after["bd_rate"] - before["bd_rate"]
    if abs(delta) > BD_TOLERANCE and after[_AVERAGE] != before[_AVERAGE]:
        found["average"] = "BD-rates of another average, for one of the two runs has no records of images"
    elif abs(delta) > BD_TOLERANCE:
        found["BD-rate"] = f"BD-rate {_signed(delta)} points"
    share = after["rate"] / before["rate"] - 1
    if abs(share) > RATE.tolerance.amount:
        found["rate"] = f"rate {_signed(100 * share)} %"
    return found


def _only(maker: tuple[str, str, str], place: int) -> tuple[str, str, str]:
    version, weights, source = (part if number == place else "" for number, part in enumerate(maker))
    return version, weights, source


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _apart(table: pd.DataFrame, releases: Sequence[Release]) -> list[str]:
    """Which runs share no data set with any other."""
    found = []
    for release in releases:
        own = set(table.loc[table["release"] == release.name, "dataset"])
        others = set(table.loc[table["release"] != release.name, "dataset"])
        if len(releases) > 1 and not own & others:
            found.append(f"{release.name}: is of {', '.join(sorted(own))} alone, which no other run has")
    return found
