"""The command line: ``python -m benchmark``, or ``rdbench``.

Commands only read their arguments here and import what they need when they run, so that ``--help`` is quick and a
classical run never loads a deep-learning framework.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from benchmark import __version__
from benchmark.errors import BenchmarkError


class _Group(click.Group):
    """Turns the bench's own errors into a message and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BenchmarkError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="rdbench")
def main() -> None:
    """Rate–distortion benchmark of classical and learned image codecs."""


@main.command()
@click.argument("codec")
@click.option("--dataset", required=True, metavar="NAME|DIR", help="Data set to train on, or a directory of images.")
@click.option("--name", help="Name of the set of weights.  [default: that of the data set]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for it.  [default: weights/CODEC/NAME]")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="Option of the codec's recipe.")
@click.option("--seed", default=1, show_default=True, help="Of initial weights, order, noise and tiles.")
@click.option(
    "--precision", default="float32", show_default=True,
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    help="Arithmetic while training; bfloat16 is twice as fast where the processor has it.",
)
@click.option("--data-root", type=click.Path(path_type=Path), help="Folder that holds data sets.")
def train(
    codec: str, dataset: str, name: str | None, out: Path | None, options: tuple[str, ...], seed: int, precision: str,
    data_root: Path | None,
) -> None:
    """Train a learned CODEC: its weights, probability tables and model card. Resumes where it was interrupted."""
    from benchmark.neural.training import command_line
    from benchmark.neural.training import train as run_training
    from benchmark.plugins import open_dataset, recipe

    if Path(dataset).is_dir():
        dataset = f"folder:{dataset}"
    source = open_dataset(dataset, data_root)
    pairs = dict(_pair(text) for text in options)
    label = name or source.name
    card = run_training(
        recipe(codec, dataset, pairs), source.training_images(), data=dataset,
        out=out or Path("weights") / codec / label, seed=seed, precision=precision, command=command_line(),
    )
    click.echo(f"wrote {card}")


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise click.UsageError(f"expected KEY=VALUE, got {text!r}")
    return key, value
