"""The command line: ``python -m benchmark``, or ``rdbench``.

Commands only read their arguments here and import what they need when they run, so that ``--help`` is quick and a
classical run never loads a deep-learning framework.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from benchmark import __version__, defaults
from benchmark.errors import BenchmarkError

if TYPE_CHECKING:
    from benchmark.dataset import Dataset

_FAILED, _USAGE, _INTERRUPTED = 1, 2, 130


class _Refusal(click.ClickException):
    exit_code = _USAGE


class _Group(click.Group):
    """Turns the bench's own errors into a message and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BenchmarkError as error:
            raise _Refusal(str(error)) from error


_path = click.Path(path_type=Path)
_data_root = click.option(
    "--data-root", type=_path, metavar="DIR",
    help="Folder that holds data sets, searched before $RDBENCH_DATA and the cache.",
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="rdbench")
def main() -> None:
    """Rate–distortion benchmark of classical and learned image codecs."""


@main.command()
@click.option(
    "--codecs", metavar="A,B",
    help="Codecs to run, or TOML files that describe some.  [default: " + ",".join(defaults.CODECS) + "]",
)
@click.option(
    "--dataset", metavar="NAME,NAME",
    help=f"Data sets, such as kodak or folder:PATH, each a run.  [default: {defaults.DATASET}]",
)
@click.option("--metrics", metavar="A,B", help="Metrics.  [default: all]")
@click.option("--set", "sets", multiple=True, metavar="CODEC.FIELD=V,V", help="Replaces a sweep; may be repeated.")
@click.option(
    "--match", "matches", multiple=True, metavar="COLUMN=V,V",
    help="Finds each image's knob for the nearest value not above V of bpp or another rate or metric; COLUMN~V takes "
         "the nearest on either side; may be repeated.",
)
@click.option(
    "--match-mean", "mean_matches", multiple=True, metavar="COLUMN=V,V",
    help="Finds one knob for the data set, by the mean over its images; COLUMN~V as above; may be repeated.",
)
@click.option("--study", "study_file", type=_path, metavar="FILE.toml", help="Study file; flags win over it.")
@click.option("--out", type=_path, metavar="DIR", help="Results folder.  [default: results/STUDY]")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes.  [default: one a core]")
@click.option("--repeats", type=click.IntRange(min=1), metavar="N", help="Timed runs; medians count.  [default: 1]")
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Threads of a worker.  [default: 1]")
@click.option("--timeout", type=float, metavar="S", help="Seconds for one operating point.  [default: 600]")
@_data_root
def run(
    codecs: str | None, dataset: str | None, metrics: str | None, sets: tuple[str, ...], matches: tuple[str, ...],
    mean_matches: tuple[str, ...], study_file: Path | None, out: Path | None, jobs: int | None, repeats: int | None,
    threads: int | None, timeout: float | None, data_root: Path | None,
) -> None:
    """Run codecs over a data set: records, summary table and rate–distortion curves.

    Without flags it runs the lossy codecs that are installed on a few pictures that come with scikit-image. The same
    command, started again, redoes only what is missing or failed.
    """
    import os

    from benchmark.cli.terminal import print_outcome
    from benchmark.plugins import open_dataset
    from benchmark.run.study import dataset_names, each_dataset, parse_match, read_study, resolve
    from benchmark.workflows.outputs import run_to_files

    given: dict[str, Any] = read_study(study_file) if study_file else {}
    flags: dict[str, Any] = {
        "codecs": _names(codecs), "dataset": dataset, "metrics": _names(metrics), "repeats": repeats,
        "threads": threads, "timeout": timeout, "match": parse_match(matches) or None,
        "match_mean": parse_match(mean_matches) or None,
    }
    if flags["codecs"] and "codecs" in given:
        # Flags choose among the file's codecs; its sweeps stay.
        flags["codecs"] = {name: given["codecs"].get(name, {}) for name in flags["codecs"]}
    given |= {key: value for key, value in flags.items() if value is not None}
    study, notes = resolve(**given, sets=sets)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    studies = each_dataset(study, dataset_names(given.get("dataset", defaults.DATASET)))
    for part in studies:
        open_dataset(part.dataset, data_root).items()  # a set that is missing is told before anything runs
    status = 0
    for part in studies:
        outcome = run_to_files(
            part, out=(out or Path("results") / study.name) / Path(part.name).relative_to(study.name),
            data_root=data_root, jobs=jobs or os.cpu_count() or 1, command=_command(),
        )
        print_outcome(outcome)
        if outcome.interrupted:
            sys.exit(_INTERRUPTED)
        if outcome.failures:
            status = _FAILED
    sys.exit(status)


@main.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=_path)
@click.option("--anchor", required=True, metavar="CODEC|SERIES", help="Codec, or series of one, to compare with.")
@click.option("--metric", default=defaults.METRIC, show_default=True, help="Column of the quality.")
@click.option(
    "--interpolator", default="pchip", show_default=True, type=click.Choice(["pchip", "akima", "cubic"]),
    help="Curve through the points.",
)
@click.option("--images", is_flag=True, help="Adds a row for every image.")
@click.option("--hull", is_flag=True, help="Merges all settings of a codec to their convex hull.")
@click.option("--out", type=_path, metavar="FILE.csv|.md", help="File to write the table to.")
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
    from benchmark.errors import UsageError
    from benchmark.plugins import metric_column
    from benchmark.report.tables.text import table_text

    kind, column = metric_column(metric)
    if not kind.higher_is_better:
        raise UsageError(f"{metric} falls as the quality rises: name another metric, such as {defaults.METRIC}")
    table = bd_table(
        read_results(results), anchor, column, decibels=kind.decibels, interpolator=interpolator, every_image=images,
        hull=hull,
    )
    if out:
        _write(out, table_text(table, out, BD_FORMS).encode())
    print_bdrate(table, "dB" if kind.decibels else kind.unit)


@main.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…", type=_path)
@click.option("--out", required=True, type=_path, metavar="FILE.csv", help="Reference file to write.")
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
    _write(out, reference_text(references).encode())
    for reference in references:
        click.echo(f"{reference.label}: {len(reference.rates)} points, {reference.definition}")
    click.echo(f"wrote {out}: {len(references)} curves")


@main.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=_path)
@click.option("--out", type=_path, metavar="DIR", help="Folder of the report.  [default: reports/NAME of the results]")
@click.option(
    "--anchor", metavar="CODEC|SERIES",
    help=f"Codec, or series of one, to compare with.  [default: {defaults.ANCHOR}]",
)
@click.option(
    "--metric", "metrics", metavar="A,B",
    help=f"Metrics, the first in BD-rates and pictures.  [default: all, from {defaults.METRIC} on]",
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
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes.  [default: one a core]")
@_data_root
def report(
    results: tuple[Path, ...], out: Path | None, anchor: str | None, metrics: str | None, formats: str | None,
    single_column: bool, log_rate: bool, pictures: int, crops: tuple[str, ...], rate: float | None, jobs: int | None,
    data_root: Path | None,
) -> None:
    """Write figures, tables and a page from RESULTS (folders of runs, or their CSV files).

    Files that the command import wrote may be among RESULTS: their curves are drawn in grey.

    All is made from the CSV files, but for pictures, for which images are encoded again where data set and codecs are
    at hand. The same results give the same files.
    """
    import os

    from benchmark.workflows.report import Look, write_report

    look = Look(_names(metrics), _names(formats), single_column, log_rate, pictures, crops, rate)
    folder = out or Path("reports") / (results[0] if results[0].is_dir() else results[0].parent).resolve().name
    content, files = write_report(
        results, folder, look, anchor=anchor, data_root=data_root, jobs=jobs or os.cpu_count() or 1, command=_command(),
    )
    for note in content.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{folder}: {len(files)} files of {content.title}")


@main.command()
@click.argument("baseline", metavar="BASELINE", type=_path)
@click.argument("current", metavar="CURRENT", type=_path)
@click.option(
    "--tolerance", "tolerances", multiple=True, metavar="NAME=V,NAME=V%",
    help="By how much a value may become worse: of bpp, a metric, one of its columns, or bd_rate; may be repeated.  "
         "[default: psnr=0.01,ssim=0.0001,ms_ssim=0.0001,mse=0.25%,bpp=0.1%,bd_rate=0.1%; metrics of others 0.1%]",
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
    "--out", "outs", multiple=True, type=_path, metavar="FILE.md|.xml|.json",
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
    from benchmark.analysis.regression.compare import BD_TOLERANCE, read_run
    from benchmark.analysis.regression.compare import compare as compare_runs
    from benchmark.analysis.regression.tolerance import measures, parse_percent, parse_tolerances
    from benchmark.cli.terminal import print_comparison
    from benchmark.plugins import metric_families
    from benchmark.report.compare import comparison_text

    for path in outs:
        comparison_text(None, path)  # a name that no form ends in is told before the work
    metrics = [metric for family in metric_families().values() for metric in family.metrics]
    allowed = parse_tolerances(tolerances, metrics)
    found = compare_runs(
        read_run(baseline), read_run(current), measures(metrics, allowed), gate=gate,
        bd_tolerance=100 * allowed["bd_rate"].amount if "bd_rate" in allowed else BD_TOLERANCE,
        timing=parse_percent("--timing", timing) if timing is not None else None, subset=subset,
    )
    for path in outs:
        _write(path, comparison_text(found, path).encode())
    print_comparison(found)
    sys.exit(found.exit_status)


@main.command()
@click.option("--codecs", required=True, metavar="A,B", help="Codecs to audit.")
@click.option("--image", type=_path, metavar="FILE",
              help="Image to encode.  [default: {1} of data set {0}]".format(*defaults.AUDIT_IMAGE))
@click.option("--out", type=_path, metavar="FILE.csv|.json", help="File to write the findings to.")
def audit(codecs: str, image: Path | None, out: Path | None) -> None:
    """What codecs do to colours before they quantise, and whether they keep what they promise.

    The exit status is 1 if a promise is broken: other bytes on a second encode or with another number of threads,
    lossless settings that lose, or a PSNR above what the colour path can keep.
    """
    from benchmark.cli.terminal import print_audit
    from benchmark.dataset import read_image
    from benchmark.workflows.audit import as_text, default_image
    from benchmark.workflows.audit import audit as audit_codec

    pixels = read_image(image) if image else default_image()
    if out:
        as_text([], out)  # a name that no form ends in is told before the work
    findings = [audit_codec(name, pixels) for name in _names(codecs) or []]
    if out:
        _write(out, as_text(findings, out).encode())
    print_audit(findings)
    sys.exit(_FAILED if any(finding.problems for finding in findings) else 0)


@main.command("list")
@click.argument("kind", type=click.Choice(["codecs", "datasets", "metrics"]))
@_data_root
def list_(kind: str, data_root: Path | None) -> None:
    """List codecs, datasets or metrics: what each is, what is missing, and how to get it."""
    from benchmark.cli import terminal

    if kind == "codecs":
        terminal.print_codecs()
    elif kind == "datasets":
        terminal.print_datasets(data_root)
    else:
        terminal.print_metrics()


@main.command()
def info() -> None:
    """Versions of this machine, its Python and its libraries."""
    from benchmark.cli.terminal import print_info

    print_info()


@main.command()
@click.option("--codec", required=True, help="Codec that encodes, or a TOML file that describes it.")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="Setting; may be repeated.")
@click.argument("source", metavar="IN", type=_path)
@click.argument("target", metavar="OUT", type=_path)
def encode(codec: str, sets: tuple[str, ...], source: Path, target: Path) -> None:
    """Encode the image file IN to the stream OUT."""
    from benchmark.dataset import read_image
    from benchmark.plugins import codec_class

    cls = codec_class(codec)
    cls.version()
    pairs = (_pair(text) for text in sets)
    image = read_image(source)
    stream = cls.from_settings({field: cls.parse_setting(field, text) for field, text in pairs}).encode(image)
    _write(target, stream)
    click.echo(f"{target}: {len(stream)} bytes, {8 * len(stream) / (image.shape[0] * image.shape[1]):.4f} bpp")


@main.command()
@click.option("--codec", help="Codec that wrote the stream.  [default: told by the stream's first bytes]")
@click.option(
    "--level", type=click.IntRange(min=0), metavar="N", default=0, show_default=True,
    help="Halve the sides N times: a smaller picture, where the codec has levels of resolution.",
)
@click.argument("source", metavar="IN", type=_path)
@click.argument("target", metavar="OUT", type=_path)
def decode(codec: str | None, level: int, source: Path, target: Path) -> None:
    """Decode the stream IN to the image file OUT; its ending says in which lossless format."""
    from PIL import Image

    from benchmark.errors import UsageError
    from benchmark.plugins import codec_class, codec_of_stream

    stream = _read(source)
    cls = codec_class(codec) if codec else codec_of_stream(stream)
    cls.version()
    image = cls.decode_smaller(stream, level) if level else cls.decode(stream)
    try:
        Image.fromarray(image).save(target)
    except (OSError, ValueError) as error:
        raise UsageError(f"{target}: cannot be written: {error}; name a file that ends in .png") from error
    click.echo(f"{target}: {image.shape[1]}×{image.shape[0]}, decoded by {cls.name}")


@main.group()
def data() -> None:
    """Get data sets."""


@data.command()
@click.argument("name")
@click.option("--out", type=_path, metavar="DIR", help="Folder to put it below.  [default: the cache, always searched]")
def fetch(name: str, out: Path | None) -> None:
    """Download data set NAME from its official address, checking SHA-256."""
    from benchmark.dataset import cache_dir
    from benchmark.errors import MissingData
    from benchmark.plugins import dataset_class

    cls = dataset_class(name)
    try:
        click.echo(f"{name} is in {cls.fetch(out or cache_dir())}")
    except (OSError, ValueError) as error:
        raise MissingData(f"{name} could not be downloaded: {error}") from error


@data.command("build-bd")
@click.option("--source", "sources", multiple=True, required=True, type=_path, metavar="DIR",
              help="Folder of photographs, searched recursively; may be repeated.")
@click.option("--out", required=True, type=_path, metavar="DIR",
              help="New folder: 'bd', or 'bd-NAME', below one that --data-root or $RDBENCH_DATA names.")
@click.option("--patch", default=32, show_default=True, type=click.IntRange(8, 1024), help="Side of a patch.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**32 - 1),
              help="Of splits and random draws.")
@click.option("--order", default="png", show_default=True, type=click.Choice(["png", "shannon"]),
              help="Rank by bytes of a patch's PNG file, or by the Shannon entropy of its bytes.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes.  [default: one a core]")
def build_bd(sources: tuple[Path, ...], out: Path, patch: int, seed: int, order: str, jobs: int | None) -> None:
    """Cut photographs into the entropy-binned patch sets bd0 to bd4."""
    import os

    from benchmark.workflows.patch_sets import SPLITS
    from benchmark.workflows.patches import build

    manifest = build(sources, out, side=patch, seed=seed, order=order, jobs=jobs or os.cpu_count() or 1)
    for name, splits in manifest["sets"].items():
        click.echo(f"{name}: " + ", ".join(f"{splits[split]['patches']} {split}" for split in SPLITS))
    click.echo(
        f"{out}: {manifest['patches']} patches of {len(manifest['sources'])} images; {len(manifest['skipped'])} skipped"
    )


@main.command()
@click.option("--dataset", required=True, metavar="NAME|DIR", help="Data set to pack, or a directory of images.")
@click.option("--out", required=True, type=_path, metavar="FILE.npz", help="File to write.")
@click.option("--count", type=click.IntRange(min=1), metavar="N",
              help="How many images, drawn at random.  [default: all that fit]")
@click.option("--max-size", default="40MB", show_default=True, metavar="SIZE", help="Of the file at most.")
@_data_root
def pack(dataset: str, out: Path, count: int | None, max_size: str, data_root: Path | None) -> None:
    """Pack training images into one file that can be carried: JPEG files as they are, others without loss."""
    from benchmark.errors import UsageError
    from benchmark.neural.training.packed import pack as pack_images

    number = max_size.upper().removesuffix("B").removesuffix("M")
    if not (number.isdecimal() and int(number)):
        raise UsageError(f"--max-size: expected whole megabytes such as 40MB, got {max_size!r}")
    if out.suffix != ".npz":
        raise UsageError(f"{out}: expected a name that ends in .npz")
    name, source = _training_set(dataset, data_root)
    packed, total = pack_images(source, name, out, count=count, max_bytes=int(number) * 1_000_000)
    click.echo(f"{out}: {packed} of {total} images, {out.stat().st_size / 1e6:.1f} MB")


@main.command()
@click.argument("codec")
@click.option("--dataset", metavar="NAME|DIR", help="Data set to train on, or a directory of images.")
@click.option("--packed", type=_path, metavar="FILE.npz", help="In place of --dataset: a file that 'pack' wrote.")
@click.option("--name", help="Name of the set of weights.  [default: that of the data set]")
@click.option("--out", type=_path, metavar="DIR", help="Folder for it.  [default: weights/CODEC/NAME]")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="Option of the codec's recipe.")
@click.option("--seed", default=1, show_default=True, help="Of initial weights, order, noise and tiles.")
@click.option(
    "--precision", default="float32", show_default=True,
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    help="Arithmetic while training; bfloat16 is about twice as fast where the processor has it.",
)
@click.option("--device", metavar="cpu|gpu[:N]", help="What computes.  [default: the first GPU, or else the CPU]")
@click.option(
    "--time", "limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
    help="Train for so long in place of so many epochs, over all resumed runs and without what compilers take; the "
         "schedule is stretched to it.",
)
@click.option("--resume", type=_path, metavar="FILE.npz", help="Checkpoint of any machine or backend to go on from.")
@click.option(
    "--checkpoint-every", default=300.0, show_default=True, type=click.FloatRange(min=0), metavar="SECONDS",
    help="Time between checkpoints; one is always written at the end, at Ctrl-C and at SIGTERM.",
)
@click.option(
    "--evaluate-every", default=600.0, show_default=True, type=click.FloatRange(min=0), metavar="SECONDS",
    help="Time between measurements of held-out points.",
)
@_data_root
def train(
    codec: str, dataset: str | None, packed: Path | None, name: str | None, out: Path | None, options: tuple[str, ...],
    seed: int, precision: str, device: str | None, limit: float | None, resume: Path | None, checkpoint_every: float,
    evaluate_every: float, data_root: Path | None,
) -> None:
    """Train a learned CODEC: weights, probability tables and model card. Resumes where it was interrupted.

    Below the folder of the weights, training/ holds log.csv, points.csv, quality.png (held-out quality over time) and
    checkpoint.npz, all that --resume needs elsewhere. An ended training goes on if it is given more --time.
    """
    from benchmark.errors import UsageError
    from benchmark.neural.training.loop import Pace
    from benchmark.neural.training.packed import PackedImages
    from benchmark.neural.training.train import train as run_training
    from benchmark.plugins import recipe

    if (dataset is None) == (packed is None):
        raise UsageError("expected one of --dataset and --packed")
    if packed is not None:
        pictures = PackedImages(packed)
        images, dataset, label, data = pictures.images(), pictures.name, pictures.name, pictures.label
    else:
        dataset, source = _training_set(dataset or "", data_root)
        images, label, data = source.training_images(), source.name, dataset
    folder = out or Path("weights") / codec / (name or label)
    try:
        card = run_training(
            recipe(codec, dataset, dict(_pair(text) for text in options)), images, data=data,
            out=folder, seed=seed, precision=precision, command=_command(),
            pace=Pace(limit, checkpoint_every, evaluate_every), resume=resume, device=device,
        )
    except KeyboardInterrupt:
        begun = (folder / "training" / "checkpoint.npz").exists()
        kept = "the checkpoint is written; the same command goes on from here" if begun else "nothing was trained yet"
        click.echo(f"interrupted: {kept}", err=True)
        sys.exit(_INTERRUPTED)
    click.echo(f"wrote {card}")


@main.command()
@click.argument("study_file", metavar="FILE.toml", type=_path)
@click.option("--out", type=_path, metavar="DIR", help="Results folder.  [default: results/STUDY]")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes.  [default: one a core]")
@_data_root
def cross(study_file: Path, out: Path | None, jobs: int | None, data_root: Path | None) -> None:
    """Train a codec on several data sets and test each of its weights on several: FILE's table [cross].

    Weights of an earlier call are used again; the same command, started again, does only what is missing.
    """
    import os

    from benchmark.cli.terminal import print_cross
    from benchmark.workflows.cross import read_cross, run_cross

    plan = read_cross(study_file)
    try:
        table = run_cross(
            plan, out=out or Path("results") / plan.name, data_root=data_root, jobs=jobs or os.cpu_count() or 1,
            command=_command(),
        )
    except KeyboardInterrupt:
        click.echo("interrupted: everything finished is stored; the same command goes on from here", err=True)
        sys.exit(_INTERRUPTED)
    print_cross(table, plan.metrics)
    sys.exit(_FAILED if table["failures"].any() else 0)


@main.command()
@click.option(
    "--studies", type=_path, metavar="DIR", default=Path("reports/published"), show_default=True,
    help="Folder of study files with a table [published].",
)
@click.option(
    "--results", type=_path, metavar="DIR", default=Path("results/baseline/published"), show_default=True,
    help="Folder with the results of each study, called like it.",
)
@click.option("--out", type=_path, metavar="FILE.md", help="Page to write.  [default: README.md beside the studies]")
def published(studies: Path, results: Path, out: Path | None) -> None:
    """Write a page of published figures beside measured ones."""
    from benchmark.errors import UsageError
    from benchmark.report.published import read_published, write_page

    files = sorted(studies.glob("*.toml"))
    if not files:
        raise UsageError(f"{studies}: no study files there")
    page = out or studies / "README.md"
    _write(page, write_page([read_published(path) for path in files], results).encode())
    click.echo(f"wrote {page}: {len(files)} studies")


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] if text is not None else None


def _training_set(spec: str, data_root: Path | None) -> tuple[str, Dataset]:
    """The data set of a name or of a directory of images, and how it is named in full."""
    from benchmark.plugins import dataset_classes, open_dataset

    if spec.partition(":")[0] not in dataset_classes() and Path(spec).is_dir():
        spec = f"folder:{spec}"
    return spec, open_dataset(spec, data_root)


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise click.UsageError(f"expected KEY=VALUE, got {text!r}")
    return key, value


def _command() -> str:
    """What the user typed, as it can be typed again."""
    return shlex.join(["python", "-m", "benchmark", *sys.argv[1:]])


def _read(path: Path) -> bytes:
    from benchmark.errors import UsageError

    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    from benchmark.errors import UsageError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
