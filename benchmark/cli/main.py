"""The command line: ``python -m benchmark``, or ``rdbench``.

Commands only read their arguments and import what they need when they run, so that ``--help`` is quick and a classical
run never loads a deep-learning framework.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import click

from benchmark.cli import audit, codec, data, figure, lists, new, others, ranks, results, run, site, train
from benchmark.cli.console import VERBOSE, add_output_options, asked, use_any_encoding
from benchmark.cli.options import INTERRUPTED, PIPE_CLOSED, USAGE
from benchmark.errors import BenchmarkError, UsageError, one_line, typed_line
from benchmark.formats.limit import DEFAULT, VARIABLE
from benchmark.system.environment import variables
from benchmark.system.limits import MOST_PIXELS
from benchmark.version import __version__


class _Refusal(click.ClickException):
    exit_code = USAGE


class _Group(click.Group):
    """Turns errors into a message of one line and exit status 2: status 1 means that something failed or is worse."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        use_any_encoding()
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _in_one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            try:
                with _in_one_line():
                    return super().invoke(ctx)
            finally:
                _flush()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BenchmarkError as error:
            raise _refusal(str(error), error) from error
        except KeyboardInterrupt as error:
            click.echo("interrupted", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:  # whoever reads the output has enough of it
            _close_output()
            raise click.exceptions.Exit(PIPE_CLOSED) from error
        except OSError as error:
            with contextlib.suppress(OSError):
                _flush()
            where = error.filename or "the output, or a file"
            raise _refusal(f"{where}: cannot be used: {error.strerror or one_line(error)}", error) from error
        except Exception as error:
            text = f"unforeseen {typed_line(error)}; --verbose shows where, please report it"
            raise _refusal(text, error) from error


def _flush() -> None:
    """Hands over all output: a full disk is told here, for Python would tell it in its own way as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        _close_output()
        raise


def _close_output() -> None:
    """Throws away what could not be written, so that Python does not try again as it ends."""
    with contextlib.suppress(OSError, ValueError):  # a test's output is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _in_one_line() -> Iterator[None]:
    """Slips of options in one line, where click prints the usage above it."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        text = " ".join(error.format_message().split()).rstrip(".")
        command = error.ctx.command_path if error.ctx else "python -m benchmark"
        stop = "" if text.endswith("?") else ";"
        raise _Refusal(f"{text}{stop} {command} --help tells more") from error


def _refusal(text: str, error: Exception) -> _Refusal:
    if asked(VERBOSE):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    return _Refusal(" ".join(line.strip() for line in text.splitlines()))


def _check_variable(text: str) -> None:
    """Refuses a limit on pixels that is none, before any work."""
    # Python converts no text of thousands of digits.
    whole = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_PIXELS))
    if text and not (whole and 1 <= int(text) <= MOST_PIXELS):
        raise UsageError(f"{VARIABLE}: expected a whole number of pixels from 1 to {MOST_PIXELS:,}, got {text!r:.60}")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="rdbench")
@click.option(
    "--max-pixels",
    type=click.IntRange(1, MOST_PIXELS),
    metavar="N",
    help=f"Most pixels of a picture that is read, encoded or decoded.  [default: ${VARIABLE}, else {DEFAULT}]",
)
@click.pass_context
def main(ctx: click.Context, max_pixels: int | None) -> None:
    """Rate–distortion benchmark of classical and learned image codecs.

    The exit status is 0 if all went well, 1 if something failed or became worse, or nothing was measured, 2 if the
    request or a file cannot be used; then one line says why. Colours follow the terminal, and NO_COLOR.
    """
    if max_pixels is None:
        _check_variable(os.environ.get(VARIABLE, ""))
    else:
        ctx.with_resource(variables({VARIABLE: str(max_pixels)}))  # which workers inherit


for _command in (
    run.run,
    run.cross,
    results.bdrate,
    ranks.ranking,
    results.compare,
    others.import_,
    others.published,
    results.report,
    site.site,
    figure.figure,
    audit.audit,
    codec.decode,
    codec.encode,
    codec.verify,
    data.data,
    data.pack,
    train.train,
    new.new,
    lists.info,
    lists.list_,
):
    add_output_options(_command)
    main.add_command(_command)
