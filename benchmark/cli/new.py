"""Commands that write what a plug-in of one's own begins with."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli.console import say
from benchmark.cli.options import PATH


@click.group()
def new() -> None:
    """Write the skeleton of a codec of your own, or make the environment that it asks for."""


@new.command()
@click.argument("name")
@click.option("--torch", is_flag=True, help="A class that takes tensors of PyTorch, with a network.")
@click.option("--out", type=PATH, default=".", metavar="DIR", help="Folder that gets the files.  [default: this one]")
@click.option(
    "--python",
    default="",
    metavar="FILE",
    help="Interpreter of the class, such as venv/bin/python.  [default: that of the bench]",
)
def codec(name: str, torch: bool, out: Path, python: str) -> None:
    """Write the codec NAME: a class of a Python environment, the TOML file that declares it, and a test.

    It runs at once. Put your own model in the place of what the class does.
    """
    from benchmark.workflows.skeleton import write_codec

    declaration, *others = write_codec(name, out, torch=torch, python=python)
    say(f"{declaration} declares the codec, {others[0]} does its work, {others[1]} tests it. Next:")
    # A path that begins with a name could be that of an installed plug-in.
    place = declaration if declaration.is_absolute() else f"./{declaration}"
    say(f"  python -m benchmark run --codecs jpeg,{place}")
    say(f"  python -m pytest {others[1]}")


@new.command()
@click.argument("file", type=PATH, metavar="FILE.toml")
def environment(file: Path) -> None:
    """Make the Python environment of the codec that FILE.toml declares: its requirements are installed by pip.

    It lies in the cache. Codecs with the same requirements share it.
    """
    from benchmark.backends.foreign.codec import ForeignCodec
    from benchmark.backends.foreign.environment import make_environment
    from benchmark.errors import UsageError
    from benchmark.plugins import codec_class

    cls = codec_class(str(file)) if file.suffix == ".toml" else None
    if cls is None or not issubclass(cls, ForeignCodec) or not cls.about.requirements:
        raise UsageError(f"{file}: expected a TOML file of a codec with requirements; it has none")
    say(f"installing {', '.join(cls.about.requirements)} …")
    python = make_environment(cls.about.requirements, cls.about.base)
    say(f"{python} is the interpreter of {cls.name}: {cls.version()}")
