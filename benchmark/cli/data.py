"""Commands that get data sets, or make them."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli.console import say
from benchmark.cli.options import PATH, data_root_option, jobs_option, training_set
from benchmark.system.limits import MOST_IMAGES, MOST_MEGABYTES, MOST_SEED


@click.group()
def data() -> None:
    """Get data sets."""


@data.command()
@click.argument("name")
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="Folder that gets the data set.  [default: the cache, which is always searched]",
)
def fetch(name: str, out: Path | None) -> None:
    """Download data set NAME from its official address, checking SHA-256."""
    from benchmark.dataset import cache_dir
    from benchmark.errors import MissingData
    from benchmark.plugins import dataset_class

    cls = dataset_class(name)
    try:
        say(f"{name} is in {cls.fetch(out or cache_dir())}")
    except (OSError, ValueError) as error:
        raise MissingData(f"{name} could not be downloaded: {error}") from error


@data.command("build-bd")
@click.option(
    "--source",
    "sources",
    multiple=True,
    required=True,
    type=PATH,
    metavar="DIR",
    help="Folder of photographs, searched recursively; may be repeated.",
)
@click.option(
    "--out",
    required=True,
    type=PATH,
    metavar="DIR",
    help="New folder 'bd' or 'bd-NAME', below a folder that --data-root or $RDBENCH_DATA names.",
)
@click.option("--patch", default=32, show_default=True, type=click.IntRange(8, 1024), help="Side of a patch in pixels.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, MOST_SEED), help="Seed of splits and random draws."
)
@click.option(
    "--order",
    default="png",
    show_default=True,
    type=click.Choice(["png", "shannon"]),
    help="Rank by bytes of a patch's PNG file, or by the Shannon entropy of its bytes.",
)
@jobs_option
def build_bd(sources: tuple[Path, ...], out: Path, patch: int, seed: int, order: str, jobs: int) -> None:
    """Cut photographs into the entropy-binned patch sets bd0 to bd4."""
    from benchmark.errors import counted
    from benchmark.workflows.patch_sets import SPLITS
    from benchmark.workflows.patches import build

    manifest = build(sources, out, side=patch, seed=seed, order=order, jobs=jobs)
    for name, splits in manifest["sets"].items():
        say(f"{name}: " + ", ".join(f"{splits[split]['patches']} {split}" for split in SPLITS))
    say(
        f"{out}: {manifest['patches']} patches of {counted(len(manifest['sources']), 'image')}; "
        f"{len(manifest['skipped'])} skipped"
    )


@click.command()
@click.option("--dataset", required=True, metavar="NAME|DIR", help="Data set to pack, or a directory of images.")
@click.option("--out", required=True, type=PATH, metavar="FILE.npz", help="File to write.")
@click.option(
    "--count",
    type=click.IntRange(1, MOST_IMAGES),
    metavar="N",
    help="How many images to draw at random.  [default: all that fit]",
)
@click.option("--max-size", default="40MB", show_default=True, metavar="SIZE", help="The most that the file may have.")
@data_root_option
def pack(dataset: str, out: Path, count: int | None, max_size: str, data_root: Path | None) -> None:
    """Pack training images into one file that can be carried. JPEG files stay as they are, others lose nothing."""
    from benchmark.errors import UsageError, counted
    from benchmark.neural.training.packed import pack as pack_images

    number = max_size.upper().removesuffix("B").removesuffix("M")
    # Python refuses to convert a text of thousands of digits.
    if not (number.isdecimal() and len(number) <= len(str(MOST_MEGABYTES)) and 0 < int(number) <= MOST_MEGABYTES):
        raise UsageError(
            f"--max-size: expected whole megabytes up to {MOST_MEGABYTES:,}MB such as 40MB, got {max_size!r:.60}"
        )
    if out.suffix != ".npz":
        raise UsageError(f"{out}: expected a name that ends in .npz")
    name, source = training_set(dataset, data_root)
    packed, total = pack_images(source, name, out, count=count, max_bytes=int(number) * 1_000_000)
    say(f"{out}: {packed} of {counted(total, 'image')}, {out.stat().st_size / 1e6:.1f} MB")
