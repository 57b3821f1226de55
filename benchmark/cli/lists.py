"""Commands that list what there is."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli.options import data_root_option


@click.command("list")
@click.argument("kind", type=click.Choice(["codecs", "datasets", "metrics"]))
@data_root_option
def list_(kind: str, data_root: Path | None) -> None:
    """List codecs, datasets or metrics: what each is, what is missing, and how to get it."""
    from benchmark.cli import listings

    if kind == "codecs":
        listings.print_codecs()
    elif kind == "datasets":
        listings.print_datasets(data_root)
    else:
        listings.print_metrics()


@click.command()
def info() -> None:
    """Versions of this machine, its Python and its libraries."""
    from benchmark.cli.listings import print_info

    print_info()
