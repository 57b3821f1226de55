"""The command that writes a static leaderboard."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmark import defaults
from benchmark.cli.console import complain, say, say_note
from benchmark.cli.options import FAILED, PATH, names_of, typed_command


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=PATH)
@click.option("--out", type=PATH, default=Path("site"), show_default=True, metavar="DIR", help="Folder of the site.")
@click.option(
    "--anchor",
    metavar="CODEC|SERIES",
    help=f"Codec, or series of one, to compare with on each data set.  [default: {defaults.ANCHOR}]",
)
@click.option(
    "--metric",
    "metrics",
    metavar="A,B",
    help="Metrics to rank by. The first one ranks where nobody chooses.  [default: all that the results have]",
)
def site(results: tuple[Path, ...], out: Path, anchor: str | None, metrics: str | None) -> None:
    """Write a leaderboard of codecs from RESULTS (folders of runs, folders of these, or CSV files).

    The site is plain files that need no server: index.html has a table for each data set, with BD-rates by every
    metric, ranks and times, filters, and where each entry comes from; leaderboard.csv has the same as a table.

    Results that cannot be read are named with the reason, and left out. The exit status is then 1.
    """
    from benchmark.errors import counted
    from benchmark.workflows.site import make_site

    board, left_out, files = make_site(results, out, anchor=anchor, metrics=names_of(metrics), command=typed_command())
    for note in board.notes:
        say_note(note)
    for name, reason in left_out.items():
        complain(f"left out: {reason if name in reason else f'{name}: {reason}'}")
    entries = f"{len(board.entries)} {'entry' if len(board.entries) == 1 else 'entries'}"
    say(f"{out}: {counted(len(files), 'file')}, {entries} of {counted(len(board.submissions), 'result')}")
    if left_out:
        sys.exit(FAILED)
