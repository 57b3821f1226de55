"""Commands that read results, and nothing that ran: tables, reports, comparisons."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from benchmark import defaults
from benchmark.cli.console import print_json, say, say_note
from benchmark.cli.options import (
    PATH,
    Number,
    data_root_option,
    given_by_user,
    jobs_option,
    json_option,
    names_of,
    typed_command,
    write,
)
from benchmark.system.limits import MOST_PICTURES, MOST_RATE


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=PATH)
@click.option(
    "--anchor",
    default=defaults.ANCHOR,
    show_default=True,
    metavar="CODEC|SERIES",
    help="Codec, or series of one, or the name of a published curve, to compare with.",
)
@click.option(
    "--metric",
    default=defaults.METRIC,
    show_default=True,
    metavar="COLUMN|A,B|jpeg-ai",
    help="Column of the quality. By several, or by those of JPEG AI's common test conditions, the table has a BD-rate "
    "by each, and their mean.",
)
@click.option(
    "--interpolator",
    default="pchip",
    show_default=True,
    type=click.Choice(["pchip", "akima", "cubic"]),
    help="Curve through the points.",
)
@click.option("--images", is_flag=True, help="Adds a row for every image.")
@click.option("--hull", is_flag=True, help="Merges all settings of a codec to their convex hull.")
@click.option("--out", type=PATH, metavar="FILE.csv|.md", help="File to write the table to.")
@json_option
def bdrate(
    results: tuple[Path, ...],
    anchor: str,
    metric: str,
    interpolator: str,
    images: bool,
    hull: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """BD-rate of every codec of RESULTS (folders of runs, or their CSV files) against an anchor.

    Curves that others published may be among RESULTS: files that the command import wrote, JSON files of CompressAI,
    text files of TensorFlow Compression, and folders of these.

    Two averages are printed: the mean of the BD-rates of single images, which ranks the codecs, and the BD-rate of the
    mean curve. Each has its 95 % confidence interval over the images. p is that of Wilcoxon's signed-rank test,
    two-sided: that neither codec needs the lower rate, image for image. A curve over other images than those of the
    anchor is refused, and one that shares less than 20 % of its range of quality. The flags say what was left out.
    """
    from benchmark.analysis.averaged import JPEG_AI, averaged_table
    from benchmark.analysis.bdrate import bd_table
    from benchmark.analysis.references.joined import read_with_references
    from benchmark.cli.averages import print_averages
    from benchmark.cli.deltas import BD_FORMS, print_bdrate
    from benchmark.errors import UsageError
    from benchmark.plugins import all_metrics
    from benchmark.report.compare import plain_rows
    from benchmark.report.tables.text import table_text

    found = read_with_references(results, all_metrics())
    for note in found.notes:
        say_note(note)
    columns = JPEG_AI if metric == "jpeg-ai" else names_of(metric) or []
    if len(columns) > 1:
        if images:
            raise UsageError("--images: rows of single images are for one metric; give --metric one column")
        qualities = [found.metric(column) for column in columns]
        averages = averaged_table(found, anchor, qualities, interpolator=interpolator, hull=hull)
        if out:
            forms = dict.fromkeys(("mean", *(quality.column for quality in qualities)), "+.2f")
            write(out, table_text(averages, out, forms).encode())
        if as_json:
            print_json(plain_rows(averages))
        else:
            print_averages(averages)
        return
    quality = found.metric(metric)
    table = bd_table(found, anchor, quality, interpolator=interpolator, every_image=images, hull=hull)
    if out:
        write(out, table_text(table, out, BD_FORMS).encode())
    if as_json:
        print_json(plain_rows(table))
    else:
        print_bdrate(table, quality)


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=PATH)
@click.option("--out", type=PATH, metavar="DIR", help="Folder of the report.  [default: reports/NAME of the results]")
@click.option(
    "--anchor",
    metavar="CODEC|SERIES",
    help=f"Codec, or series of one, to compare with.  [default: {defaults.ANCHOR}]",
)
@click.option(
    "--metric",
    "metrics",
    metavar="A,B",
    help=f"Metrics. The first one counts in BD-rates and pictures.  [default: all but mse, from {defaults.METRIC} on]",
)
@click.option(
    "--formats",
    metavar="A,B",
    help="Forms of the figures, of svg, png, pdf and webp.  [default: charts as SVG, pictures as lossless WebP]",
)
@click.option(
    "--times",
    multiple=True,
    type=PATH,
    metavar="DIR",
    help="Results of `run --timing` for the same operating points, on the same images or a few of them. Their times "
    "are shown in place of those of RESULTS; may be repeated.",
)
@click.option("--single-column", is_flag=True, help="Draws charts as wide as one column of a paper, too: NAME_single.")
@click.option("--log-rate", is_flag=True, help="Draws rates on a logarithmic axis, also where none is above 4 bpp.")
@click.option(
    "--pictures",
    default=2,
    show_default=True,
    type=click.IntRange(0, MOST_PICTURES),
    metavar="N",
    help="How many images to show: those on which the codecs differ most.",
)
@click.option(
    "--crop",
    "crops",
    multiple=True,
    metavar="IMAGE:X,Y,W,H",
    help="Shows this crop, in pixels, in place of these images; may be repeated.",
)
@click.option(
    "--assets",
    default=0,
    show_default=True,
    type=click.IntRange(0, MOST_PICTURES),
    metavar="N",
    help="How many images to show as a whole, too: in files beside the page, loaded when one looks at them.",
)
@click.option(
    "--rate",
    type=Number(0, MOST_RATE, min_open=True),
    metavar="BPP",
    help=f"Rate at which codecs are compared, pictures at half and twice as much, too.  [default: {defaults.RATE}; for "
    "pictures, rates near it that most codecs reach]",
)
@click.option(
    "--history",
    is_flag=True,
    help="RESULTS are runs of the same codecs in the order of time: writes what became of them from one to the next. "
    "PATH@REVISION is a folder or file as it was in a revision of git.",
)
@jobs_option
@data_root_option
def report(
    results: tuple[Path, ...],
    out: Path | None,
    anchor: str | None,
    metrics: str | None,
    formats: str | None,
    times: tuple[Path, ...],
    single_column: bool,
    log_rate: bool,
    pictures: int,
    crops: tuple[str, ...],
    assets: int,
    rate: float | None,
    history: bool,
    jobs: int,
    data_root: Path | None,
) -> None:
    """Write figures, tables and a page from RESULTS (folders of runs, or their CSV files).

    A file that the command import wrote may be among RESULTS. Its curves are dashed, in the colour of their codec.

    Figures, tables and page are made from the CSV files alone. For pictures, images are encoded again, if the data set
    and the codecs are at hand; a search brings codecs to one rate. The same results give the same files.
    Times are shown only where they were measured to be published: by one worker, at least 5 times, undisturbed.
    `run --timing` measures them.

    With --history, the figures are BD-rates, the rate at the quality that the anchor has at --rate, and times, by run.
    Change points are marked.
    """
    from benchmark.errors import counted
    from benchmark.workflows.report import Look, write_report

    if history:
        _history(results, out or Path("reports") / "history", anchor, names_of(metrics), names_of(formats), rate)
        return
    look = Look(names_of(metrics), names_of(formats), single_column, log_rate, pictures, crops, rate, assets)
    folder = out or Path("reports") / (results[0] if results[0].is_dir() else results[0].parent).resolve().name
    content, files = write_report(
        results, folder, look, anchor=anchor, data_root=data_root, jobs=jobs, command=typed_command(), times=times
    )
    for note in content.notes:
        say_note(note)
    say(f"{folder}: {counted(len(files), 'file')} of {content.title}")


_OF_PICTURES = ("times", "single_column", "log_rate", "pictures", "crops", "assets")
"""Options of a report that its history has not, by their names in Python."""


def _history(
    results: tuple[Path, ...],
    folder: Path,
    anchor: str | None,
    metrics: list[str] | None,
    formats: list[str] | None,
    rate: float | None,
) -> None:
    """Writes the history of runs, and tells what there is to know of it.

    Raises:
        UsageError: an option was given that a history has not.
    """
    from benchmark.errors import UsageError, counted
    from benchmark.workflows.history import make_history

    for name in _OF_PICTURES:
        if given_by_user(name):
            option = {"crops": "crop"}.get(name, name).replace("_", "-")
            raise UsageError(f"--{option}: not an option of a history; leave out one of --history and --{option}")
    found, files = make_history(
        results, folder, anchor=anchor, metrics=metrics, forms=formats, rate=rate, command=typed_command()
    )
    for note in found.notes:
        say_note(note)
    changed = int((found.table["changed"].fillna("") != "").sum())
    runs = counted(len(found.releases), "run")
    say(f"{folder}: {counted(len(files), 'file')} of {runs}, {counted(changed, 'change point')}")


@click.command()
@click.argument("baseline", metavar="BASELINE", type=PATH)
@click.argument("current", metavar="CURRENT", type=PATH)
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="NAME=V,NAME=V%",
    help="How much worse a value may become. NAME is bpp, bd_rate, a metric or its column; may be repeated.  "
    "[default: bpp=0.1%,bd_rate=0.1%, and for each metric what `list metrics` says]",
)
@click.option(
    "--gate",
    default="rows",
    show_default=True,
    type=click.Choice(["rows", "bdrate"]),
    help="What decides: the rate and the metrics of every row, or the BD-rate of every codec.",
)
@click.option(
    "--timing",
    metavar="P%",
    help="Makes times count: the time of a codec may rise by P %.  [default: times are told and do not count]",
)
@click.option(
    "--subset",
    is_flag=True,
    help="Leaves out rows and columns that CURRENT lacks.",
)
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=PATH,
    metavar="FILE.md|.xml|.json|.html",
    help="File for a pull request, a build server (JUnit), a program or a reader; may be repeated. A page has pictures "
    "of the rows that lost most.",
)
@click.option(
    "--accept",
    "reason",
    metavar="REASON",
    help="Puts CURRENT in the place of BASELINE, and writes the reason and what changed into accepted.md beside it.",
)
@data_root_option
@json_option
def compare(
    baseline: Path,
    current: Path,
    tolerances: tuple[str, ...],
    gate: Literal["rows", "bdrate"],
    timing: str | None,
    subset: bool,
    outs: tuple[Path, ...],
    reason: str | None,
    data_root: Path | None,
    as_json: bool,
) -> None:
    """Compare the run CURRENT with BASELINE (folders of runs, or their records.csv): did a codec become worse?

    Rows are paired by data set, image, codec, settings and target. Each column is judged in its direction: a lower PSNR
    is worse, and so is a higher rate. A column that became better does not make up for a worse one, because at fixed
    settings a release should change neither. --gate bdrate judges the rate for equal quality in their place, over all
    settings of a codec. Other bytes or other pixels with equal figures are told; they are not worse.

    A time counts only with --timing. It is worse where the geometric mean over all rows rises by more than P %, and the
    signed-rank test over at least 6 pairs finds p < 0.05, corrected for all codecs.

    The exit status is 0 if the run is the same or better. It is 1 if anything is worse, or a row fails now or is
    missing. It is 2 if the runs cannot be compared: another schema, data set, pixels or definition of a metric, or a
    column that CURRENT lacks.

    With --accept the current run becomes the baseline, whatever the verdict, and the exit status is 0.
    """
    from benchmark.analysis.measured import known_metrics
    from benchmark.analysis.regression.compare import BD_TOLERANCE
    from benchmark.analysis.regression.compare import compare as compare_runs
    from benchmark.analysis.regression.runs import read_run
    from benchmark.analysis.regression.tolerance import judged_columns, parse_percent, parse_tolerances
    from benchmark.cli.terminal import print_comparison
    from benchmark.plugins import all_metrics
    from benchmark.report.compare import comparison_text
    from benchmark.workflows.accept import accept
    from benchmark.workflows.difference import show_worst

    for path in outs:
        comparison_text(None, path)  # a name that no form ends in is told before the work
    runs = read_run(baseline, all_metrics()), read_run(current, all_metrics())
    metrics = known_metrics(all_metrics(), [manifest for run in runs for manifest in run.manifests])
    allowed = parse_tolerances(tolerances, metrics)
    found = compare_runs(
        *runs,
        judged_columns(metrics, allowed),
        gate=gate,
        bd_tolerance=100 * allowed["bd_rate"].amount if "bd_rate" in allowed else BD_TOLERANCE,
        timing=parse_percent("--timing", timing) if timing is not None else None,
        subset=subset,
    )
    shots = show_worst(found, *runs, data_root) if any(path.suffix == ".html" for path in outs) else []
    for path in outs:
        write(path, comparison_text(found, path, shots, typed_command()).encode())
    if as_json:
        click.echo(comparison_text(found, Path("comparison.json")), nl=False)
    else:
        print_comparison(found)
    if reason is not None:
        (say_note if as_json else say)(f"accepted: {accept(found, baseline, current, reason)}")
        return
    sys.exit(found.exit_status)
