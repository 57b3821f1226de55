"""The command that ranks codecs at one rate or one quality, and says which is smallest on each image."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark import defaults
from benchmark.cli.console import open_console, print_json, say_note
from benchmark.cli.options import PATH, json_option, write
from benchmark.cli.tables import table_of
from benchmark.record.columns import formatted

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.metric import Metric


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=PATH)
@click.option(
    "--at",
    required=True,
    metavar="COLUMN=V",
    help="Rate or quality to rank at: bpp=0.5, psnr_rgb=35 or ms_ssim=0.98.",
)
@click.option(
    "--metric", default=defaults.METRIC, show_default=True, help="Column of the quality, for a ranking at a rate."
)
@click.option("--images", is_flag=True, help="Adds the smallest codec of every image, for a ranking at a quality.")
@click.option("--out", type=PATH, metavar="FILE.csv|.md", help="File to write the ranking to.")
@json_option
def ranking(results: tuple[Path, ...], at: str, metric: str, images: bool, out: Path | None, as_json: bool) -> None:
    """Rank the codecs of RESULTS at one rate or one quality, the best first.

    Values are read off the mean curves, with 95 % confidence intervals over images. At a quality, a second table tells
    on how many images each codec is the smallest. Curves that others published may be among RESULTS, as for bdrate.
    """
    from benchmark.analysis.ranking import ranking as rank
    from benchmark.analysis.references.joined import read_with_references
    from benchmark.analysis.smallest import rates_at, shares_won, smallest
    from benchmark.errors import UsageError
    from benchmark.plugins import all_metrics
    from benchmark.report.compare import plain_rows
    from benchmark.report.tables.text import table_text

    column, _, text = at.partition("=")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (column and math.isfinite(value)):
        raise UsageError(f"--at {at}: expected COLUMN=VALUE, such as bpp=0.5 or psnr_rgb=35")
    found = read_with_references(results, all_metrics())
    for note in found.notes:
        say_note(note)
    by_rate = column == "bpp"
    quality = found.metric(metric if by_rate else column)
    if images and by_rate:
        raise UsageError("--images: the smallest codec of an image is told at a quality: --at psnr_rgb=35, say")
    if not by_rate and (expected := quality.impossible(value)):
        raise UsageError(f"--at {at}: no codec can have it: expected {expected}")
    drawn = None if by_rate else float(quality.drawn(value))
    table = rank(found, quality, at_rate=value if by_rate else None, at_quality=drawn)
    if out:
        write(out, table_text(table, out, {}).encode())
    rates = rates_at(found, quality, value) if not by_rate and quality.column in found.records else None
    winners = smallest(rates) if rates is not None else None
    won = shares_won(rates) if rates is not None else None
    if as_json:
        parts = {"ranking": table, "won": won, "images": winners}
        print_json({name: plain_rows(part) for name, part in parts.items() if part is not None})
        return
    _print_ranking(table, at, quality, by_rate=by_rate)
    if won is not None:
        _print_shares(won, at)
    if images and winners is not None:
        _print_images(winners, at)


def _print_ranking(table: pd.DataFrame, at: str, quality: Metric, *, by_rate: bool) -> None:
    form = f"{{:.{quality.drawn_digits}f}}" if by_rate else "{:.4f}"
    title = f"{quality.column} ({quality.drawn_unit})" if quality.drawn_unit else quality.column
    for dataset, part in table.groupby("dataset", sort=False):
        shown = table_of(
            *("rank", "series", "value", "95 % CI", "images"), numbers=["value"], drop=["images", "95 % CI"]
        )
        shown.title = f"{dataset}: {title if by_rate else 'bits per pixel'} at {at}"
        for row in part.to_dict("records"):
            low, high = (formatted(row[name], form) for name in ("ci_low", "ci_high"))
            rank = "–" if math.isnan(row["value"]) else str(row["rank"])
            interval = "–" if low == "–" else f"{low}…{high}"
            shown.add_row(rank, row["series"], formatted(row["value"], form), interval, str(row["images"]))
        shown.print()
        for row in part[part["flags"] != ""].to_dict("records"):
            open_console().print(f"{row['series']}: {row['flags']}", soft_wrap=True)


def _print_shares(won: pd.DataFrame, at: str) -> None:
    for dataset, part in won.groupby("dataset", sort=False):
        columns = ("series", "smallest on", "share", "reached", "images")
        shown = table_of(*columns, numbers=columns[1:], drop=["images", "reached", "share"])
        shown.title = f"{dataset}: on how many images a codec is smallest at {at}"
        for row in part.to_dict("records"):
            counts = (str(row["won"]), f"{row['share']:.0%}", str(row["reached"]), str(row["images"]))
            shown.add_row(row["series"], *counts)
        shown.print()


def _print_images(winners: pd.DataFrame, at: str) -> None:
    for dataset, part in winners.groupby("dataset", sort=False):
        shown = table_of(
            "image",
            "smallest",
            "bpp",
            "second",
            "its bpp",
            "saved",
            numbers=["its bpp", "saved"],
            drop=["its bpp", "saved", "second", "bpp"],
        )
        shown.title = f"{dataset}: the smallest codec of each image at {at}"
        for row in part.to_dict("records"):
            rates = [formatted(row[name], "{:.4f}") for name in ("bpp", "second_bpp")]
            saved = formatted(row["saved"], "{:.1f} %")
            shown.add_row(row["image"], row["series"], rates[0], row["second"] or "–", rates[1], saved)
        shown.print()
