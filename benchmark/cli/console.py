"""How a command speaks: consoles of any encoding, ``--quiet`` and ``--verbose``, and errors in one line."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from benchmark.system.progress import silent

if TYPE_CHECKING:
    from rich.console import Console

QUIET, VERBOSE = "rdbench.quiet", "rdbench.verbose"
"""Names of what was asked for, in the context of a command."""

_PLAIN = {
    "→": "->",
    "←": "<-",
    "–": "-",
    "—": "-",
    "−": "-",
    "‑": "-",
    "…": "...",
    "×": "x",
    "·": "*",
    "∞": "inf",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "±": "+-",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "₁": "1",
    "₀": "0",
    "⁵": "^5",
    "²": "^2",
    "Δ": "Delta",
    "ø": "o",
    "é": "e",
}
"""What stands for a character that a console cannot write."""


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Puts plain characters in place of those that an encoding lacks: a handler of errors for Python's codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    told = "".join(
        _PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii")
        for sign in error.object[error.start : error.end]
    )
    return told, error.end


def use_any_encoding() -> None:
    """Lets output go to a console of any encoding: what it cannot write is written in plain characters.

    A console of Windows may have cp1252 or cp437; and a file's name may hold what no encoding has.
    """
    codecs.register_error("rdbench-plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="rdbench-plain")


def asked(what: str) -> bool:
    """Whether the command that runs was asked to be :data:`QUIET` or :data:`VERBOSE`."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(what))


def _remember(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value:
        context.meta[f"rdbench.{option.name}"] = True
    if option.name == "quiet":
        silent.set(value)


def add_output_options(command: click.Command) -> None:
    """Gives a command, or those of a group, the options ``--quiet`` and ``--verbose``."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            add_output_options(inner)
        return
    for name, text in (
        ("quiet", "Prints errors alone."),
        ("verbose", "Shows all columns of tables, and where in the program an error arose."),
    ):
        option = click.Option([f"--{name}"], is_flag=True, expose_value=False, callback=_remember, help=text)
        command.params.append(option)


def open_console() -> Console:
    """Where all output of a command goes."""
    from rich.console import Console

    class Told(Console):
        def on_broken_pipe(self) -> None:  # Rich would exit with the status that means "worse"
            raise BrokenPipeError

    console = Told(markup=False, highlight=False, quiet=asked(QUIET))  # square brackets are meant
    if not (console.is_terminal or os.environ.get("COLUMNS")):
        console.width = 160  # a file has no width: do not break its lines at 80
    return console


def complain(text: str) -> None:
    """A line about what failed, which a quiet command says, too, where only errors are expected."""
    if asked(QUIET):
        click.echo(text, err=True)
    else:
        open_console().print(text, style="bold red", soft_wrap=True)


def say(text: str) -> None:
    """A line of a command's output, unless it was asked to be quiet."""
    if not asked(QUIET):
        click.echo(text)


def say_note(text: str) -> None:
    """A line beside a command's output, unless it was asked to be quiet."""
    if not asked(QUIET):
        click.echo(f"note: {text}", err=True)


def print_json(value: Any) -> None:
    """A value for a program: JSON alone, with null for a number that is not known."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))
