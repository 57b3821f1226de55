"""A leaderboard of many results: each codec on each data set, with its ranks, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.cost import cost_table
from benchmark.analysis.family import Family, family_of, learned_codecs
from benchmark.analysis.measured import Manifest
from benchmark.analysis.results import Results, results_of
from benchmark.analysis.standing import headline, refused_text
from benchmark.analysis.table import KEYS
from benchmark.analysis.timed import for_times_alone, with_times
from benchmark.errors import UsageError
from benchmark.metric import Metric, shown_metrics
from benchmark.record.columns import read_pairs
from benchmark.record.row import ESTIMATE
from benchmark.record.settings import read_settings


@dataclass(frozen=True)
class Submission:
    """Results that somebody handed in.

    Attributes:
        name: what it is called, such as the path of its folder.
        table: its records, or its summary, as :func:`benchmark.analysis.files.read_table` gives them.
        manifest: the content of its ``manifest.json``; empty where there is none.
    """

    name: str
    table: pd.DataFrame
    manifest: Manifest


@dataclass(frozen=True)
class Standing:
    """The place of a codec by one metric.

    Attributes:
        rank: from 1, the same for BD-rates that print alike; None where it has none.
        value, low, high: the BD-rate in percent that ranks it, with its 95 % interval; NaN where there is none.
        why: why it has no rank; empty where it has one.
    """

    rank: int | None
    value: float
    low: float
    high: float
    why: str = ""


@dataclass(frozen=True)
class Entry:
    """One codec on one data set.

    Attributes:
        dataset, series, codec: what it is.
        family: ``lossless`` where its quality has no limit; else ``learned`` where its codec has weights, or
            parameters of a network.
        standings: its place by each metric, by column.
        bpp_low, bpp_high: bits per pixel of its first and last operating point.
        encode_s_per_mp, decode_s_per_mp: seconds for a megapixel; NaN where they were not measured to be published.
        images, points: counts of images and of operating points.
        versions, sources, weights, settings: what made it, each different one once.
        submissions: names of the results that it is of.
    """

    dataset: str
    series: str
    codec: str
    family: Family
    standings: Mapping[str, Standing]
    bpp_low: float
    bpp_high: float
    encode_s_per_mp: float
    decode_s_per_mp: float
    images: int
    points: int
    versions: Sequence[str]
    sources: Sequence[str]
    weights: Sequence[str]
    settings: Sequence[str]
    submissions: Sequence[str]


@dataclass(frozen=True)
class Leaderboard:
    """Codecs on data sets.

    Attributes:
        metrics: the metrics that rank, the first one by default.
        anchors: the series that BD-rates compare with, by data set; data sets without one have no ranks.
        entries: those of a data set after each other, the best by the first metric on top.
        submissions: what was handed in.
        notes: what to know of it.
    """

    metrics: Sequence[Metric]
    anchors: Mapping[str, str]
    entries: Sequence[Entry]
    submissions: Sequence[Submission]
    notes: Sequence[str]


def leaderboard(
    submissions: Sequence[Submission],
    described: Sequence[Metric],
    anchor: str,
    chosen: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> Leaderboard:
    """Ranks the codecs of results.

    Operating points that several results have, of the same version, weights and settings, are taken once: from the
    last one. Of results with times to be published, on a part of the images of others, the times alone are taken. A
    metric that a result defines in another way than the first one that has it is left out of that result.

    Args:
        submissions: the results.
        described: the metrics that are known of their columns.
        anchor: the codec, or the series, that BD-rates compare with. Of a codec's series on a data set the first one
            counts.
        chosen: names or columns of metrics; by default all that some results have, but for those that are shown
            only where they are named.
        notes: what to know of the files.

    Raises:
        UsageError: a metric is not known, or no result has a value of any.
    """
    told = list(notes)
    tables = _of_one_definition(submissions, described, told)
    alone = for_times_alone(tables)
    whole = [table for table, times in zip(tables, alone, strict=True) if not times]
    names = ", ".join(one.name for one, times in zip(submissions, alone, strict=True) if times)
    if names:
        told.append(f"{names}: its times alone are shown, at the operating points that others have on more images")
    records = [table for table in whole if "status" in table]
    results = results_of(records, [table for table in whole if "status" not in table], described, told)
    if names:
        timed = [table for table, times in zip(tables, alone, strict=True) if times]
        results = with_times(results, results_of(timed, [], described, []))
    asked = shown_metrics(results.metrics) if chosen is None else [results.metric(name) for name in chosen]
    metrics = [metric for metric in asked if _valued(results, metric)]
    if not metrics:
        raise UsageError("no result has a value of a metric that ranks: name one with --metric, or run them again")
    entries: list[Entry] = []
    anchors: dict[str, str] = {}
    notes_on = list(results.notes)
    learned = learned_codecs(results.summary)
    for dataset in dict.fromkeys(results.summary["dataset"]):
        part = _only(results, dataset)
        found = _anchor(part.summary, anchor)
        if found:
            anchors[dataset] = found
        else:
            notes_on.append(f"{dataset}: no result has {anchor} to compare with, so no codec has a rank on it")
        entries += _entries(part, found, metrics, submissions, learned)
    return Leaderboard(metrics, anchors, entries, submissions, notes_on)


def _of_one_definition(
    submissions: Sequence[Submission], described: Sequence[Metric], notes: list[str]
) -> list[pd.DataFrame]:
    """The tables, without those columns of metrics that the first to have them defines in another way."""
    known: dict[str, tuple[str, str]] = {}
    tables = []
    for submission in submissions:
        table = submission.table
        mine: dict[str, str] = {}
        for text in table["metric_definitions"].unique() if "metric_definitions" in table else ():
            mine.update(read_pairs(str(text)))
        other = {name for name, text in mine.items() if known.setdefault(name, (text, submission.name))[0] != text}
        notes += [
            f"{submission.name}: its {name} has another definition, or another version of its library, than that of "
            f"{known[name][1]}: left out"
            for name in sorted(other)
        ]
        columns = [metric.column for metric in described if metric.name in other]
        drop = [name for name in table.columns if name in columns or name.removesuffix("_mean") in columns]
        tables.append(table.assign(**dict.fromkeys(drop, math.nan)))
    return tables


def _valued(results: Results, metric: Metric) -> bool:
    name = f"{metric.column}_mean"
    return name in results.summary and bool(np.isfinite(pd.to_numeric(results.summary[name])).any())


def _only(results: Results, dataset: str) -> Results:
    """The results on one data set."""
    records = results.records
    mine = records[records["dataset"] == dataset] if len(records) else records
    return replace(results, summary=results.summary[results.summary["dataset"] == dataset], records=mine)


def _anchor(summary: pd.DataFrame, anchor: str) -> str:
    """The first series that is the anchor, or that is of its codec and no estimate; empty where there is none."""
    there = summary if "kind" not in summary else summary[summary["kind"] != ESTIMATE]
    named = there[(there["series"] == anchor) | (there["codec"] == anchor)]
    return str(named["series"].iloc[0]) if len(named) else ""


def _entries(
    results: Results,
    anchor: str,
    metrics: Sequence[Metric],
    submissions: Sequence[Submission],
    learned: Collection[str],
) -> list[Entry]:
    """The codecs of one data set, the best on top."""
    standings: dict[str, dict[str, Standing]] = {}
    for metric in metrics:
        if anchor and not results.points(metric)["quality"].isna().all():
            for series, standing in _standings(results, anchor, metric).items():
                standings.setdefault(series, {})[metric.column] = standing
    costs = {row["series"]: row for row in cost_table(results).to_dict("records")}
    sources = _origins(submissions, results.summary)
    found = []
    for name, part in results.summary.groupby("series", sort=False):
        series = str(name)
        rates = pd.to_numeric(part["bpp_mean"])
        found.append(
            Entry(
                dataset=str(part["dataset"].iloc[0]),
                series=series,
                codec=str(part["codec"].iloc[0]),
                family=family_of(part, metrics, learned),
                standings=standings.get(series, {}),
                bpp_low=float(rates.min()),
                bpp_high=float(rates.max()),
                encode_s_per_mp=float(costs[series]["encode_s_per_mp"]),
                decode_s_per_mp=float(costs[series]["decode_s_per_mp"]),
                images=int(part["images"].max()),
                points=len(part),
                versions=_each(part, "version"),
                sources=_each(part, "source"),
                weights=_each(part, "weights"),
                settings=_settings(part),
                submissions=list(dict.fromkeys(name for point in part["point"] for name in sources[point])),
            )
        )
    first = metrics[0].column
    nowhere = Standing(None, math.nan, math.nan, math.nan)

    def place(entry: Entry) -> tuple[float, float]:
        standing = entry.standings.get(first, nowhere)
        return (math.inf if standing.rank is None else standing.rank, entry.bpp_low)

    return sorted(found, key=place)


def _standings(results: Results, anchor: str, metric: Metric) -> dict[str, Standing]:
    table = bd_table(results, anchor, metric)
    rows = table.assign(**headline(table))
    found = {}
    for _, row in rows.iterrows():
        lacking = pd.isna(row["rank"])
        why = refused_text(row).removeprefix(str(row["series"])).strip(" ()") if lacking else ""
        known = not lacking and row["series"] != anchor  # the anchor is at 0 by definition
        found[str(row["series"])] = Standing(
            None if lacking else int(row["rank"]),
            math.nan if lacking else float(row["headline"]),
            float(row["headline_low"]) if known else math.nan,
            float(row["headline_high"]) if known else math.nan,
            why,
        )
    return found


def _each(part: pd.DataFrame, name: str) -> list[str]:
    """The texts of a column, each once."""
    return [text for text in dict.fromkeys(part[name].fillna("").astype(str)) if text] if name in part else []


def _settings(part: pd.DataFrame) -> list[str]:
    """The settings of a series as texts: each with its values, such as ``quality = 5, 10, 15``."""
    values: dict[str, dict[str, Any]] = {}
    for text, target in zip(part["settings"], part["target"], strict=True):
        for name, value in read_settings(text).items():
            values.setdefault(name, {})[str(value)] = None
        if target:
            values.setdefault("target", {})[str(target)] = None
    return [f"{name} = {', '.join(own)}" for name, own in values.items()]


def _origins(submissions: Sequence[Submission], summary: pd.DataFrame) -> dict[int, list[str]]:
    """Names of the results that have each operating point, by its number."""
    cells = summary[KEYS].itertuples(index=False, name=None)
    numbers = {_key(row): point for row, point in zip(cells, summary["point"], strict=True)}
    found: dict[int, list[str]] = {point: [] for point in numbers.values()}
    for submission in submissions:
        keys = submission.table.reindex(columns=KEYS).drop_duplicates()
        for key in map(_key, keys.itertuples(index=False, name=None)):
            if key in numbers:
                found[numbers[key]].append(submission.name)
    return found


def _key(cells: Sequence[Any]) -> tuple[str, ...]:
    """The cells of an operating point as texts; an empty one stands for what is missing."""
    return tuple("" if pd.isna(cell) else str(cell) for cell in cells)
