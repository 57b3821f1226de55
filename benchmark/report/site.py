"""A static leaderboard: one page that opens from disk, and its table as CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.analysis.family import FAMILIES
from benchmark.analysis.leaderboard import Entry, Leaderboard, Standing, Submission
from benchmark.analysis.standing import signed
from benchmark.errors import counted
from benchmark.record.frames import csv_text
from benchmark.report.figures.appearance import display_name
from benchmark.report.page.template import asset, rendered
from benchmark.report.tables.text import number
from benchmark.system.files import make_folder, replace_file

_SHORT = 16
"""Digits of a digest that are shown."""

_LAST = 10**6
"""The place of an entry without a rank, behind all others."""


def write_site(board: Leaderboard, folder: Path, left_out: Mapping[str, str], command: str = "") -> list[Path]:
    """Writes a leaderboard as ``index.html`` and ``leaderboard.csv``.

    The same leaderboard gives the same bytes.

    Args:
        board: what to show.
        folder: the folder to write to.
        left_out: reasons why results are not among it, by their names.
        command: the command that writes it; empty where it is not known.

    Returns:
        The files written.
    """
    make_folder(folder)
    page = rendered(
        "site.html",
        title="Leaderboard of image codecs",
        kind="rdbench",
        facts=_facts(board),
        families=[family for family in FAMILIES if any(entry.family == family for entry in board.entries)],
        metrics=[{"column": metric.column, "title": metric.heading} for metric in board.metrics],
        boards=[_board(board, dataset) for dataset in dict.fromkeys(entry.dataset for entry in board.entries)],
        submissions=[_submission(submission) for submission in board.submissions],
        left_out=list(left_out.items()),
        notes=board.notes,
        command=command,
        script=asset("site.js"),
    )
    replace_file(folder / "index.html", page)
    replace_file(folder / "leaderboard.csv", csv_text(board_table(board)))
    return [folder / "index.html", folder / "leaderboard.csv"]


def board_table(board: Leaderboard) -> pd.DataFrame:
    """A leaderboard as a table: a row for each data set × codec × metric."""
    rows = []
    for entry in board.entries:
        common = {
            "dataset": entry.dataset,
            "series": entry.series,
            "codec": entry.codec,
            "family": entry.family,
            "anchor": board.anchors.get(entry.dataset, ""),
            "images": entry.images,
            "points": entry.points,
            "encode_s_per_mp": entry.encode_s_per_mp,
            "decode_s_per_mp": entry.decode_s_per_mp,
            "version": " and ".join(entry.versions),
            "source": " and ".join(entry.sources),
            "weights": " and ".join(entry.weights),
            "results": " and ".join(entry.submissions),
        }
        for metric in board.metrics:
            standing = entry.standings.get(metric.column, _NOWHERE)
            figures = {"rank": standing.rank, "bd_rate": standing.value, "low": standing.low, "high": standing.high}
            rows.append({**common, "metric": metric.column, **figures, "not_ranked": standing.why})
    return pd.DataFrame(rows).astype({"rank": "Int64"})


_NOWHERE = Standing(None, math.nan, math.nan, math.nan, "no value of this metric, or no anchor")


def _facts(board: Leaderboard) -> list[tuple[str, str]]:
    anchors = dict.fromkeys(board.anchors.values())
    return [
        ("Codecs", str(len({entry.codec for entry in board.entries}))),
        ("Data sets", str(len({entry.dataset for entry in board.entries}))),
        ("Results", str(len(board.submissions))),
        ("Anchor", ", ".join(display_name(anchor, anchor.split(" ")[0]) for anchor in anchors) or "none"),
    ]


def _board(board: Leaderboard, dataset: str) -> dict[str, Any]:
    """One data set on the page, with the metrics that have a value on it."""
    entries = [entry for entry in board.entries if entry.dataset == dataset]
    anchor = board.anchors.get(dataset, "")
    named = display_name(anchor, anchor.split(" ")[0])
    told = f"BD-rate against {named} in percent, with its 95 % interval over images; less is better."
    valued = [
        place
        for place, metric in enumerate(board.metrics)
        if any(not math.isnan(entry.standings.get(metric.column, _NOWHERE).value) for entry in entries)
    ]
    return {
        "name": dataset,
        "told": f"{max(entry.images for entry in entries):,} images. "
        + (told if anchor else "No anchor, so no ranks."),
        "timed": any(not math.isnan(entry.encode_s_per_mp) for entry in entries),
        "metrics": [(place, board.metrics[place].heading) for place in valued],
        "rows": [_row(entry, board, valued) for entry in entries],
    }


def _row(entry: Entry, board: Leaderboard, valued: Sequence[int]) -> dict[str, Any]:
    """An entry on the page.

    Args:
        entry: the entry.
        board: the leaderboard that it is of.
        valued: places of the metrics that have a column.
    """
    standings = [entry.standings.get(metric.column, _NOWHERE) for metric in board.metrics]
    return {
        "name": display_name(entry.series, entry.codec),
        "family": entry.family,
        "rank": standings[0].rank or "",
        "remark": "" if any(standing.rank for standing in standings) else _remark(entry, standings),
        "places": " ".join(str(standing.rank or _LAST) for standing in standings),
        "cells": [(place, *_cell(standings[place])) for place in valued],
        "times": [number(seconds, ".3g") for seconds in (entry.encode_s_per_mp, entry.decode_s_per_mp)],
        "facts": _provenance(entry, board),
    }


def _cell(standing: Standing) -> tuple[str, str, str]:
    """A BD-rate, its interval, and its rank, as texts."""
    interval = "" if math.isnan(standing.low) else f"{signed(standing.low)}\N{NO-BREAK SPACE}to {signed(standing.high)}"
    text = "–" if math.isnan(standing.value) else signed(standing.value)
    return text, interval, str(standing.rank or "")


def _remark(entry: Entry, standings: Sequence[Standing]) -> str:
    """What to say of a codec that no metric ranks."""
    if entry.family == "lossless":
        return _rates(entry)
    return f"not ranked: {standings[0].why}"


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"


def _rates(entry: Entry) -> str:
    ends = dict.fromkeys(f"{rate:.3g}" for rate in (entry.bpp_low, entry.bpp_high))
    return f"{' to '.join(ends)} bpp"


def _provenance(entry: Entry, board: Leaderboard) -> list[tuple[str, str]]:
    """Where an entry comes from."""
    of = [submission for submission in board.submissions if submission.name in entry.submissions]
    digests = ((name, ", ".join(text[:_SHORT] for text in texts)) for name, texts in _digests(entry))
    why = {standing.why for standing in entry.standings.values() if standing.why}
    machines = dict.fromkeys(filter(None, map(_machine, of)))
    commands = dict.fromkeys(filter(None, (str(one.manifest.get("run", {}).get("command", "")) for one in of)))
    found = [
        ("Not ranked", "; ".join(sorted(why))),
        ("Version", " and ".join(entry.versions)),
        ("Settings", "; ".join(entry.settings)),
        *digests,
        ("Measured", f"{counted(entry.points, 'operating point')}, {_rates(entry)}, {_images(entry.images)}"),
        ("Machine", "; ".join(machines)),
        ("Command", "; ".join(commands)),
        ("Results", ", ".join(entry.submissions)),
    ]
    return [(name, text) for name, text in found if text]


def _digests(entry: Entry) -> list[tuple[str, Sequence[str]]]:
    return [("Source", entry.sources), ("Weights", entry.weights)]


def _machine(submission: Submission) -> str:
    environment = submission.manifest.get("environment", {})
    told = [environment.get("processor", ""), environment.get("system", "")]
    cores = environment.get("cores")
    return ", ".join(map(str, filter(None, [*told, f"{cores} cores" if cores else ""])))


def _submission(submission: Submission) -> dict[str, Any]:
    run, environment = submission.manifest.get("run", {}), submission.manifest.get("environment", {})
    facts = [
        ("Day", str(run.get("started", ""))[:10]),
        ("Machine", _machine(submission)),
        ("Commit of the bench", str(environment.get("commit") or "")[:12]),
        ("Command", str(run.get("command", ""))),
    ]
    return {
        "name": submission.name,
        "rows": f"{counted(len(submission.table), 'row')}",
        "facts": [(name, text) for name, text in facts if text],
    }
