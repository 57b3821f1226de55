"""Commands that read results, and nothing that ran: tables, reports, comparisons."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from benchmark import defaults
from benchmark.cli.options import PATH, data_root_option, jobs_option, names_of, typed_command, write


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=PATH)
@click.option("--anchor", required=True, metavar="CODEC|SERIES", help="Codec, or series of one, to compare with.")
@click.option("--metric", default=defaults.METRIC, show_default=True, help="Column of the quality.")
@click.option(
    "--interpolator", default="pchip", show_default=True, type=click.Choice(["pchip", "akima", "cubic"]),
    help="Curve through the points.",
)
@click.option("--images", is_flag=True, help="Adds a row for every image.")
@click.option("--hull", is_flag=True, help="Merges all settings of a codec to their convex hull.")
@click.option("--out", type=PATH, metavar="FILE.csv|.md", help="File to write the table to.")
def bdrate(
    results: tuple[Path, ...], anchor: str, metric: str, interpolator: str, images: bool, hull: bool, out: Path | None
) -> None:
    """BD-rate of every codec of RESULTS (folders of runs, or their CSV files) against an anchor.

    Of the mean curve, and the mean of single images' BD-rates, each with its 95 % confidence interval over images; p is
    that of Wilcoxon's signed-rank test, two-sided, that image for image neither needs the lower rate. Curves over other
    images than the anchor's are refused; what else there is to know stands in the flags.
    """
    from benchmark.analysis.bdrate import bd_table
    from benchmark.analysis.curve import read_results
    from benchmark.cli.terminal import BD_FORMS, print_bdrate
    from benchmark.plugins import all_metrics
    from benchmark.report.tables.text import table_text

    found = read_results(results, all_metrics())
    quality = found.metric(metric)
    table = bd_table(found, anchor, quality, interpolator=interpolator, every_image=images, hull=hull)
    if out:
        write(out, table_text(table, out, BD_FORMS).encode())
    print_bdrate(table, quality)


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…", type=PATH)
@click.option("--out", required=True, type=PATH, metavar="FILE.csv", help="Reference file to write.")
@click.option("--dataset", required=True, metavar="NAME", help="Data set that the curves are on, as records name it.")
@click.option("--images", type=click.IntRange(min=1), metavar="N",
              help="How many images each point is a mean of; BD-rates need it.")
@click.option("--define", "definitions", multiple=True, metavar="KEY=METRIC_SPACE,UNIT,AVERAGING",
              help="What the values named KEY are: psnr_rgb or the like; dB or linear; 'images' for the mean over "
                   "images, 'pooled' for the dB of a mean; may be repeated.  [default: CompressAI's, for JSON alone]")
@click.option("--label", help="Name of the codec, for a single SOURCE.  [default: that in the file, or its own]")
@click.option("--source", "origin", help="Where the curves are from.  [default: description and name of the file]")
@click.option("--note", help="What else to know of them.")
def import_(
    sources: tuple[Path, ...], out: Path, dataset: str, images: int | None, definitions: tuple[str, ...],
    label: str | None, origin: str | None, note: str | None,
) -> None:
    """Import others' curves from SOURCE: CompressAI's JSON, or CSV with a column bpp and columns of values.

    The file written goes to `report` among the results. A curve is drawn only where its definition is that of the
    records: PSNR in dB for each image, over R, G and B together; other curves are refused.
    """
    from benchmark.analysis.references.foreign import import_curves, parse_definition
    from benchmark.analysis.references.reference import reference_text
    from benchmark.errors import UsageError

    if out.suffix != ".csv":
        raise UsageError(f"{out}: expected a name that ends in .csv")
    if label and len(sources) > 1:
        raise UsageError(f"--label {label}: names one curve, got {len(sources)} files; import them one by one")
    told = dict(parse_definition(text) for text in definitions)
    references = []
    for path in sources:
        found = import_curves(
            path, dataset=dataset, label=label, source=origin, images=images, note=note, definitions=told,
        )
        references += found.references
        for text in found.notes:
            click.echo(f"note: {text}", err=True)
    write(out, reference_text(references).encode())
    for reference in references:
        click.echo(f"{reference.label}: {len(reference.rates)} points, {reference.metric}")
    click.echo(f"wrote {out}: {len(references)} curves")


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=PATH)
@click.option("--out", type=PATH, metavar="DIR", help="Folder of the report.  [default: reports/NAME of the results]")
@click.option(
    "--anchor", metavar="CODEC|SERIES",
    help=f"Codec, or series of one, to compare with.  [default: {defaults.ANCHOR}]",
)
@click.option(
    "--metric", "metrics", metavar="A,B",
    help=f"Metrics, the first in BD-rates and pictures.  [default: all but mse, from {defaults.METRIC} on]",
)
@click.option(
    "--formats", metavar="A,B",
    help="Forms of the figures, of svg, png, pdf and webp.  [default: charts as SVG, pictures as lossless WebP]",
)
@click.option("--single-column", is_flag=True, help="Draws charts as wide as one column of a paper, too: NAME_single.")
@click.option("--log-rate", is_flag=True, help="Draws rates on a logarithmic axis, also where none is above 4 bpp.")
@click.option("--pictures", default=2, show_default=True, type=click.IntRange(min=0), metavar="N",
              help="Images to show, those on which codecs differ most.")
@click.option("--crop", "crops", multiple=True, metavar="IMAGE:X,Y,W,H",
              help="Shows this crop, in pixels, in place of those; may be repeated.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="BPP",
              help=f"Rate at which codecs are compared.  [default: {defaults.RATE}; of pictures one near it that most "
                   "codecs have]")
@jobs_option
@data_root_option
def report(
    results: tuple[Path, ...], out: Path | None, anchor: str | None, metrics: str | None, formats: str | None,
    single_column: bool, log_rate: bool, pictures: int, crops: tuple[str, ...], rate: float | None, jobs: int,
    data_root: Path | None,
) -> None:
    """Write figures, tables and a page from RESULTS (folders of runs, or their CSV files).

    Files that the command import wrote may be among RESULTS: their curves are drawn in grey.

    All is made from the CSV files, but for pictures, for which images are encoded again where data set and codecs are
    at hand. The same results give the same files.
    """
    from benchmark.workflows.report import Look, write_report

    look = Look(names_of(metrics), names_of(formats), single_column, log_rate, pictures, crops, rate)
    folder = out or Path("reports") / (results[0] if results[0].is_dir() else results[0].parent).resolve().name
    content, files = write_report(
        results, folder, look, anchor=anchor, data_root=data_root, jobs=jobs, command=typed_command(),
    )
    for note in content.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{folder}: {len(files)} files of {content.title}")


@click.command()
@click.argument("baseline", metavar="BASELINE", type=PATH)
@click.argument("current", metavar="CURRENT", type=PATH)
@click.option(
    "--tolerance", "tolerances", multiple=True, metavar="NAME=V,NAME=V%",
    help="By how much a value may become worse: of bpp, a metric, one of its columns, or bd_rate; may be repeated.  "
         "[default: bpp=0.1%,bd_rate=0.1%, and of each metric what `list metrics` says]",
)
@click.option(
    "--gate", default="rows", show_default=True, type=click.Choice(["rows", "bdrate"]),
    help="What decides: the rate and metrics of every row, or the BD-rates of every codec that has one.",
)
@click.option(
    "--timing", metavar="P%",
    help="Times count, too: a codec's may rise by P %.  [default: they are told, and do not count]",
)
@click.option("--subset", is_flag=True, help="Leaves out rows and metrics that CURRENT lacks; else those are worse.")
@click.option(
    "--out", "outs", multiple=True, type=PATH, metavar="FILE.md|.xml|.json",
    help="File for a pull request, a build server (JUnit) or a program; may be repeated.",
)
def compare(
    baseline: Path, current: Path, tolerances: tuple[str, ...], gate: Literal["rows", "bdrate"], timing: str | None,
    subset: bool, outs: tuple[Path, ...],
) -> None:
    """Compare the run CURRENT with BASELINE (folders of runs, or their records.csv): did a codec become worse?

    Rows are paired by data set, image, codec, settings and target. Each column is judged in its direction: a lower PSNR
    or a higher rate beyond its tolerance is worse, even where another column became better, since at fixed settings a
    release should change neither. Whoever trades the one for the other lets --gate bdrate decide: what a codec needs
    for equal quality, over all its settings. Other bytes or pixels of equal figures are told, and not worse. A time
    counts only with --timing, where its geometric mean over all rows rises by more than that and the signed-rank test
    over at least 6 pairs finds p < 0.05, corrected for all codecs.

    The exit status is 0 if it is the same or better, 1 if anything is worse, also a row that fails now or is missing,
    and 2 if the two cannot be compared: another schema, other data sets or pixels, other definitions of metrics.
    """
    from benchmark.analysis.measured import known_metrics
    from benchmark.analysis.regression.compare import BD_TOLERANCE, read_run
    from benchmark.analysis.regression.compare import compare as compare_runs
    from benchmark.analysis.regression.tolerance import judged_columns, parse_percent, parse_tolerances
    from benchmark.cli.terminal import print_comparison
    from benchmark.plugins import all_metrics
    from benchmark.report.compare import comparison_text

    for path in outs:
        comparison_text(None, path)  # a name that no form ends in is told before the work
    runs = read_run(baseline), read_run(current)
    metrics = known_metrics(all_metrics(), [manifest for run in runs for manifest in run.manifests])
    allowed = parse_tolerances(tolerances, metrics)
    found = compare_runs(
        *runs, judged_columns(metrics, allowed), gate=gate,
        bd_tolerance=100 * allowed["bd_rate"].amount if "bd_rate" in allowed else BD_TOLERANCE,
        timing=parse_percent("--timing", timing) if timing is not None else None, subset=subset,
    )
    for path in outs:
        write(path, comparison_text(found, path).encode())
    print_comparison(found)
    sys.exit(found.exit_status)


@click.command()
@click.option(
    "--studies", type=PATH, metavar="DIR", default=Path("reports/published"), show_default=True,
    help="Folder of study files with a table [published].",
)
@click.option(
    "--results", type=PATH, metavar="DIR", default=Path("results/baseline/published"), show_default=True,
    help="Folder with the results of each study, called like it.",
)
@click.option("--out", type=PATH, metavar="FILE.md", help="Page to write.  [default: README.md beside the studies]")
def published(studies: Path, results: Path, out: Path | None) -> None:
    """Write a page of published figures beside measured ones."""
    from benchmark.errors import UsageError
    from benchmark.report.published import read_published, write_page

    files = sorted(studies.glob("*.toml"))
    if not files:
        raise UsageError(f"{studies}: no study files there")
    page = out or studies / "README.md"
    write(page, write_page([read_published(path) for path in files], results).encode())
    click.echo(f"wrote {page}: {len(files)} studies")
