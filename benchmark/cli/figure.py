"""The command that draws one figure, as a paper takes it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from benchmark import defaults
from benchmark.cli.console import say, say_note
from benchmark.cli.options import PATH, Number, Pair, data_root_option, given_by_user, jobs_option, names_of, pair
from benchmark.errors import UsageError, meant, plain_line

KINDS = ("rd", "bars", "heatmap", "speed", "rank", "orders", "crops")

_OF_SOME: dict[str, tuple[str, ...]] = {
    "xlim": ("rd",),
    "ylim": ("rd",),
    "log": ("rd",),
    "labels": ("rd",),
    "metric": ("rd", "bars", "heatmap", "speed", "rank", "crops"),
    "metrics": ("orders",),
    "refs": ("rd", "bars", "heatmap", "speed", "rank", "crops"),
    "anchor": ("bars", "heatmap", "speed", "orders"),
    "against": ("speed",),
    "sides": ("speed",),
    "times": ("speed",),
    "rate": ("rank", "crops"),
    "crop": ("crops",),
    "errors": ("crops",),
    "data_root": ("crops",),
    "jobs": ("crops",),
}
"""Options that only some kinds have."""


@click.command()
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@click.argument("results", nargs=-1, metavar="RESULTS…", type=PATH)
@click.option(
    "--file",
    "described",
    type=PATH,
    metavar="FILE.toml",
    help="File that describes the figure: its keys are results, whose paths begin at the folder of the file, and the "
    "names of these options. Options win over it.",
)
@click.option("--codecs", metavar="A,B", help="Codecs or series to show, in this order.  [default: all]")
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="CODEC=TEXT",
    help="What to call a codec, a series or a published curve; may be repeated.",
)
@click.option(
    "--refs",
    metavar="A,B",
    help="Published curves to show, by the words that their labels begin with.  [default: all among RESULTS]",
)
@click.option("--dataset", metavar="NAME", default="", help="Data set, where RESULTS are of several.")
@click.option("--metric", default=defaults.METRIC, show_default=True, help="Name of a metric, or column.")
@click.option("--metrics", metavar="A,B", help="Metrics, or columns. For orders.  [default: those that reports show]")
@click.option(
    "--xlim", type=Pair(), metavar="A,B", help="Rates to show, in bits per pixel.  [default: within 0.05 to 2]"
)
@click.option("--ylim", type=Pair(), metavar="A,B", help="Values to show.  [default: those at the rates shown]")
@click.option("--log/--linear", "log", default=False, help="Axis of the rate.  [default: linear]")
@click.option(
    "--labels",
    type=click.Choice(["end", "legend"]),
    default="end",
    show_default=True,
    help="Where the names stand: at the ends of the curves, or in a legend.",
)
@click.option(
    "--anchor",
    metavar="CODEC",
    default=defaults.ANCHOR,
    show_default=True,
    help="What BD-rates are against: a codec, a series or a published curve. For bars, heatmap, speed and orders.",
)
@click.option(
    "--against",
    type=click.Choice(["bd-rate", "rate"]),
    default="bd-rate",
    show_default=True,
    help="What times stand against: BD-rates of codecs, or rates of all operating points. For speed.",
)
@click.option("--sides", metavar="A,B", default="encode,decode", show_default=True, help="Whose times. For speed.")
@click.option(
    "--times",
    type=PATH,
    multiple=True,
    metavar="RESULTS",
    help="Results of runs with --timing, whose times take the place of those of RESULTS; may be repeated. For speed.",
)
@click.option(
    "--rate",
    type=Number(0, min_open=True),
    metavar="BPP",
    help=f"Rate at which codecs are compared. For rank and crops.  [default: {defaults.RATE}; for crops, one near it "
    "that most codecs have]",
)
@click.option(
    "--crop",
    metavar="IMAGE:X,Y,W,H",
    default="",
    help="What to show, in pixels. For crops.  [default: where codecs differ most]",
)
@click.option("--errors", is_flag=True, help="Errors in place of pixels. For crops.")
@data_root_option
@jobs_option
@click.option(
    "--style", default="screen", show_default=True, metavar="NAME", help="screen, or ieee: Times, one column."
)
@click.option("--width", default="", metavar="NAME", help="single or double column.  [default: that of the style]")
@click.option(
    "--out",
    type=PATH,
    default=None,
    metavar="FILE",
    help="Its ending says what is written: pdf, svg, png or webp; csv, what is shown; tex, a picture of pgfplots.  "
    "[default: KIND.pdf]",
)
def figure(
    kind: str, results: tuple[Path, ...], described: Path | None, names: tuple[str, ...], **options: Any
) -> None:
    """Draw one figure of RESULTS, as a paper takes it.

    KIND is rd, rate–distortion curves; bars, BD-rates with intervals; heatmap, on which images a codec does better or
    worse than on the mean; speed, time of encoders and decoders against BD-rate; rank, values at one rate; orders, how
    the order of codecs changes with the metric and the data set; crops, a part of an image as each codec makes it,
    which needs the data set and the codecs.

    RESULTS are folders of runs or their CSV files, and curves that others published: files that the command import
    wrote, JSON files of CompressAI, text files of TensorFlow Compression, and folders of these.

    What the view leaves out is told above the plot.
    """
    from benchmark.analysis.references.joined import read_with_references
    from benchmark.analysis.results import read_results
    from benchmark.analysis.timed import with_times
    from benchmark.plot import save
    from benchmark.plugins import all_metrics

    given = _given(kind, described, results, names, options)
    paths = given.pop("results")
    if not paths:
        raise UsageError("expected RESULTS: a folder of a run, or several, in the command or as results in the file")
    found = read_with_references(paths, all_metrics())
    if times := given.pop("times", None):
        found = with_times(found, read_results(times, all_metrics()))
    for note in found.notes:
        say_note(note)
    with _warnings_told():
        written = save(kind, found, given.pop("out") or Path(f"{kind}.pdf"), **given)
    say(str(written))


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Tells warnings of a figure as notes, and in one which letters its font lacks, where matplotlib warns of each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", category=UserWarning)
        yield
    found = [re.match(r"Glyph (\d+) ", str(warning.message)) for warning in caught]
    letters = "".join(dict.fromkeys(chr(int(glyph[1])) for glyph in found if glyph))
    if letters:
        say_note(
            f"the font of the figure has no {' '.join(letters)}: boxes stand there; --name NAME=TEXT gives other names"
        )
    for warning, glyph in zip(caught, found, strict=True):
        if not glyph:
            say_note(plain_line(warning.message))


def _given(
    kind: str, described: Path | None, results: tuple[Path, ...], names: tuple[str, ...], options: dict[str, Any]
) -> dict[str, Any]:
    """What the figure is made of: the file's values, over which those of the command line win."""
    for key in ("codecs", "metrics", "refs", "sides"):
        options[key] = names_of(options[key])
    options["names"] = dict(pair("--name", text) for text in names)
    options["results"] = list(results)
    told = {} if described is None else _described(described, options)
    for option, kinds in _OF_SOME.items():
        if kind in kinds:
            continue
        if option in told or given_by_user(option):
            raise UsageError(f"{option}: a figure {kind} has no such option; it is for {', '.join(kinds)}")
        del options[option]
    if options.get("rate") is None and kind == "rank":
        options["rate"] = defaults.RATE
    kept = {key: value for key, value in told.items() if not (options[key] if key == "results" else given_by_user(key))}
    return {**options, **kept}


_KINDS_OF_VALUES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "results": (list, "a list of paths"),
    "codecs": (list, "a list of names"),
    "metrics": (list, "a list of names"),
    "refs": (list, "a list of names"),
    "names": (dict, "a table of names"),
    "sides": (list, "a list of names"),
    "times": (list, "a list of paths"),
    "rate": ((int, float), "a number"),
    "log": (bool, "true or false"),
    "errors": (bool, "true or false"),
    "jobs": (int, "a whole number"),
    "xlim": (list, "a list of two numbers"),
    "ylim": (list, "a list of two numbers"),
}
"""What a file may say of each key; the others are texts."""


def _described(path: Path, options: dict[str, Any]) -> dict[str, Any]:
    """The values of a file that describes a figure.

    Raises:
        UsageError: it cannot be read, or has a key or a value that no figure has.
    """
    from benchmark.system.documents import read_toml

    told = read_toml(path)
    if isinstance(told.get("linear"), bool) and "log" not in told:  # --linear is an option, too
        told["log"] = not told.pop("linear")
    for key, value in told.items():
        if key not in options:
            raise UsageError(f"{path}: unknown key {key!r}; expected some of {', '.join(options)}{meant(key, options)}")
        kind, words = _KINDS_OF_VALUES.get(key, (str, "a text"))
        texts = (
            value
            if key in ("results", "codecs", "metrics", "refs", "sides", "times")
            else value.values()
            if key == "names"
            else ()
        )
        if not isinstance(value, kind) or not all(isinstance(text, str) for text in texts):
            raise UsageError(f"{path}: {key}: expected {words}, got {value!r}")
    for key in ("results", "times"):
        if key in told:
            told[key] = [path.parent / name for name in told[key]]
    for key in ("out", "data_root"):
        if key in told:
            told[key] = path.parent / told[key]
    return told
