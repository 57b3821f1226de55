"""Commands about what others published: their curves, and their figures beside measured ones."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

import click

from benchmark.cli.console import say, say_note
from benchmark.cli.options import PATH, check_apart, write
from benchmark.system.limits import MOST_IMAGES


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…", type=PATH)
@click.option("--out", required=True, type=PATH, metavar="FILE.csv", help="Reference file to write.")
@click.option(
    "--dataset",
    metavar="NAME",
    help="Data set that the curves are on, as records name it.  [default: what the file says]",
)
@click.option(
    "--images",
    type=click.IntRange(1, MOST_IMAGES),
    metavar="N",
    help="How many images each point is a mean of. BD-rates need this number.  [default: all images of a data set that "
    "has a fixed number]",
)
@click.option(
    "--define",
    "definitions",
    multiple=True,
    metavar="KEY=METRIC_SPACE,UNIT,AVERAGING",
    help="What the values named KEY are: a metric such as psnr_rgb; dB or linear; 'images' for the mean over "
    "images, or 'pooled' for the dB of a mean; may be repeated.  [default: as CompressAI, TensorFlow "
    "Compression and HiFiC have them]",
)
@click.option(
    "--pixel-rate",
    metavar="WxHxFPS",
    help="Width, height and frames a second of a video whose rates are kilobits a second.",
)
@click.option(
    "--label",
    help="Name of the codec, for a single SOURCE.  [default: the name in the file, or of the file]",
)
@click.option("--source", "origin", help="Where the curves are from.  [default: description and name of the file]")
@click.option("--note", help="A remark on the curves.")
def import_(
    sources: tuple[Path, ...],
    out: Path,
    dataset: str | None,
    images: int | None,
    definitions: tuple[str, ...],
    pixel_rate: str | None,
    label: str | None,
    origin: str | None,
    note: str | None,
) -> None:
    """Import others' curves from SOURCE: CompressAI's JSON, TensorFlow Compression's text, HiFiC's CSV, or any CSV with
    a column bpp and columns of values; or a folder of them.

    The file written goes to `report` and `bdrate` among the results. A curve is drawn only where its definition is that
    of the records: PSNR in dB for each image, over R, G and B together; other curves are refused.
    """
    from benchmark.analysis.references.foreign import import_curves, parse_definition
    from benchmark.analysis.references.formats import curve_files
    from benchmark.analysis.references.reference import reference_text, told_apart
    from benchmark.errors import UsageError, counted, meant
    from benchmark.plugins import all_metrics, dataset_names

    if out.suffix != ".csv":
        raise UsageError(f"{out}: expected a name that ends in .csv")
    files = [file for path in sources for file in curve_files(path)]
    check_apart(out, files, reads="SOURCE", writes="--out")
    if label and len(files) > 1:
        raise UsageError(f"--label {label}: names one curve, got {len(files)} files; import them one by one")
    told = dict(parse_definition(text) for text in definitions)
    references = []
    for path in files:
        found = import_curves(
            path,
            dataset=dataset,
            metrics=all_metrics(),
            label=label,
            source=origin,
            images=images or _images_of,
            note=note,
            definitions=told,
            pixel_rate=_pixel_rate(pixel_rate) if pixel_rate else None,
        )
        references += found.references
        for text in found.notes:
            say_note(text)
    if dataset and dataset.partition(":")[0] not in dataset_names():
        say_note(f"--dataset {dataset}: the bench has no data set of this name{meant(dataset, dataset_names())}")
    known = {metric.name: None for metric in all_metrics()}
    for key, defined in told.items():
        if defined.name not in known:
            near = meant(defined.name, known)
            say_note(f"--define {key}: the bench has no metric {defined.name}, so nothing compares with it{near}")
    references = told_apart(references)
    write(out, reference_text(references).encode())
    for reference in references:
        say(f"{reference.label} on {reference.dataset}: {counted(len(reference.rates), 'point')}, {reference.metric}")
        if reference.note:
            say_note(f"{reference.label}: {reference.note}")
    say(f"wrote {out}: {counted(len(references), 'curve')}")


def _images_of(dataset: str) -> int | None:
    """How many images a data set has, if it has a fixed number."""
    from benchmark.errors import PluginError
    from benchmark.plugins import dataset_class, dataset_names

    name = dataset.partition(":")[0]
    with contextlib.suppress(PluginError):  # a data set of another package that cannot be used
        return dataset_class(name).expected if name in dataset_names() else None
    return None


def _pixel_rate(text: str) -> float:
    """Pixels a second, from a text such as ``1920x1080x120``."""
    from benchmark.errors import UsageError

    try:
        width, height, frames = (float(part) for part in text.lower().split("x"))
    except ValueError:
        width = height = frames = math.nan
    if not 0 < width * height * frames < math.inf:
        raise UsageError(f"--pixel-rate {text}: expected WIDTHxHEIGHTxFRAMES, such as 1920x1080x120")
    return width * height * frames


@click.command()
@click.option(
    "--studies",
    type=PATH,
    metavar="DIR",
    default=Path("reports/published"),
    show_default=True,
    help="Folder of study files with a table [published].",
)
@click.option(
    "--results",
    type=PATH,
    metavar="DIR",
    default=Path("results/baseline/published"),
    show_default=True,
    help="Folder that holds a results folder for each study, of the same name.",
)
@click.option("--out", type=PATH, metavar="FILE.md", help="Page to write.  [default: README.md beside the studies]")
def published(studies: Path, results: Path, out: Path | None) -> None:
    """Write a page of published figures beside measured ones, and a figure of each study beside the page."""
    from benchmark.analysis.measured import metrics_below
    from benchmark.errors import UsageError
    from benchmark.plugins import all_metrics
    from benchmark.report.published import write_figures, write_page
    from benchmark.report.published_study import read_published

    files = sorted(studies.glob("*.toml"))
    if not files:
        raise UsageError(f"{studies}: no study files there")
    page = out or studies / "README.md"
    metrics = metrics_below(results, all_metrics())
    found = [read_published(path, metrics) for path in files]
    write(page, write_page(found, results).encode())
    write_figures(found, results, page.parent)
    say(f"wrote {page}: {len(files)} {'study' if len(files) == 1 else 'studies'}")
