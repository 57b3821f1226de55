"""The command that trains a learned codec."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmark.cli.console import say
from benchmark.cli.options import (
    INTERRUPTED,
    PATH,
    SECONDS,
    Number,
    data_root_option,
    device_option,
    pair,
    training_set,
    typed_command,
)
from benchmark.system.limits import MOST_SECONDS, MOST_SEED


@click.command()
@click.argument("codec")
@click.option("--dataset", metavar="NAME|DIR", help="Data set to train on, or a directory of images.")
@click.option("--packed", type=PATH, metavar="FILE.npz", help="A file that 'pack' wrote, in place of --dataset.")
@click.option("--name", help="Name of the set of weights.  [default: the name of the data set]")
@click.option("--out", type=PATH, metavar="DIR", help="Folder of the weights.  [default: weights/CODEC/NAME]")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the codec's recipe; may be repeated.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, MOST_SEED),
    default=1,
    show_default=True,
    help="Seed of initial weights, order, noise and tiles.",
)
@click.option(
    "--precision",
    default="float32",
    show_default=True,
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    help="Arithmetic while training; bfloat16 is about twice as fast where the processor has it.",
)
@device_option("The device that computes.  [default: auto: the first GPU, or else the CPU]")
@click.option(
    "--time",
    "limit",
    type=SECONDS,
    metavar="SECONDS",
    help="Trains for this time in place of a number of epochs. Resumed runs add up, and the time of compilers does "
    "not count. The schedule is stretched to the time.",
)
@click.option(
    "--resume",
    type=PATH,
    metavar="FILE.npz",
    help="Checkpoint to go on from; any machine or backend may have written it.",
)
@click.option(
    "--checkpoint-every",
    default=300.0,
    show_default=True,
    type=Number(0, MOST_SECONDS),
    metavar="SECONDS",
    help="Time between checkpoints. A checkpoint is always written at the end, at Ctrl-C and at SIGTERM.",
)
@click.option(
    "--evaluate-every",
    default=600.0,
    show_default=True,
    type=Number(0, MOST_SECONDS),
    metavar="SECONDS",
    help="Time between measurements of held-out points.",
)
@data_root_option
def train(
    codec: str,
    dataset: str | None,
    packed: Path | None,
    name: str | None,
    out: Path | None,
    options: tuple[str, ...],
    seed: int,
    precision: str,
    device: str | None,
    limit: float | None,
    resume: Path | None,
    checkpoint_every: float,
    evaluate_every: float,
    data_root: Path | None,
) -> None:
    """Train a learned CODEC: weights, probability tables and model card. Resumes where it was interrupted.

    The folder training/ below that of the weights holds log.csv, points.csv, quality.png (held-out quality over time)
    and checkpoint.npz, which is all that --resume needs elsewhere. A training that has ended goes on if it is given
    more --time.
    """
    from benchmark.errors import UsageError
    from benchmark.neural.training.pace import Pace
    from benchmark.neural.training.packed import PackedImages
    from benchmark.neural.training.train import train as run_training
    from benchmark.plugins import codec_class
    from benchmark.system.files import slug
    from benchmark.system.names import folder_name

    if (dataset is None) == (packed is None):
        raise UsageError("expected one of --dataset and --packed")
    if packed is not None:
        pictures = PackedImages(packed)
        images, dataset, label, data = pictures.images(), pictures.name, pictures.name, pictures.label
    else:
        dataset, source = training_set(dataset or "", data_root)
        images, label, data = source.training_images(), source.name, dataset
    # A packed file may say any name of its data set.
    folder = out or Path("weights") / codec / (slug(label) if name is None else folder_name("--name", name))
    try:
        card = run_training(
            codec_class(codec).recipe(dataset, dict(pair("--option", text) for text in options)),
            images,
            data=data,
            out=folder,
            seed=seed,
            precision=precision,
            command=typed_command(),
            pace=Pace(limit, checkpoint_every, evaluate_every),
            resume=resume,
            device=device,
        )
    except KeyboardInterrupt:
        begun = (folder / "training" / "checkpoint.npz").exists()
        kept = "the checkpoint is written; the same command goes on from here" if begun else "nothing was trained yet"
        click.echo(f"interrupted: {kept}", err=True)
        sys.exit(INTERRUPTED)
    say(f"wrote {card}")
