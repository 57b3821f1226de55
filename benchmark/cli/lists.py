"""Commands that list what there is."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli.console import print_json
from benchmark.cli.options import data_root_option, json_option


@click.command("list")
@click.argument("kind", type=click.Choice(["codecs", "datasets", "metrics"]))
@click.argument("name", required=False)
@data_root_option
@json_option
def list_(kind: str, name: str | None, data_root: Path | None, as_json: bool) -> None:
    """List codecs, datasets or metrics: what each is, what is missing, and how to get it.

    With the NAME of a codec, or of a TOML file that describes one: its settings with their ranges and defaults, its
    default sweep, and what it does to colours.
    """
    from benchmark.cli import facts, listings
    from benchmark.errors import UsageError

    if name is not None:
        if kind != "codecs":
            raise UsageError(f"list {kind} {name}: a name is for codecs alone")
        facts.print_codec(name, as_json=as_json)
    elif as_json:
        print_json(facts.named(kind, data_root))
    elif kind == "codecs":
        listings.print_codecs()
    elif kind == "datasets":
        listings.print_datasets(data_root)
    else:
        listings.print_metrics()


@click.command()
@json_option
def info(as_json: bool) -> None:
    """This machine, its Python, the accelerator that learned codecs use, and versions of libraries."""
    from benchmark.cli.listings import print_info
    from benchmark.neural.backend import backend_facts
    from benchmark.system.environment import describe, package_versions

    if as_json:
        print_json({**describe(), **backend_facts(), **package_versions()})
    else:
        print_info()
