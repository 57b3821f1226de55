"""The command line: ``python -m benchmark``, or ``rdbench``.

Commands only read their arguments and import what they need when they run, so that ``--help`` is quick and a classical
run never loads a deep-learning framework.
"""

from __future__ import annotations

from typing import Any

import click

from benchmark.cli import codec, data, lists, results, run, train
from benchmark.cli.options import USAGE
from benchmark.errors import BenchmarkError
from benchmark.version import __version__


class _Refusal(click.ClickException):
    exit_code = USAGE


class _Group(click.Group):
    """Turns the bench's own errors into a message and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BenchmarkError as error:
            raise _Refusal(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="rdbench")
def main() -> None:
    """Rate–distortion benchmark of classical and learned image codecs."""


for _command in (
    run.run,
    run.cross,
    results.bdrate,
    results.compare,
    results.import_,
    results.published,
    results.report,
    codec.audit,
    codec.decode,
    codec.encode,
    data.data,
    data.pack,
    train.train,
    lists.info,
    lists.list_,
):
    main.add_command(_command)
