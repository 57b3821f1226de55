"""What commands share: options, exit statuses, and how texts and files are read and written."""

from __future__ import annotations

import errno
import math
import os
import shlex
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmark.errors import UsageError
from benchmark.system.devices import WORDS, parse_device
from benchmark.system.files import replace_file, writing
from benchmark.system.limits import MOST_JOBS, MOST_SECONDS
from benchmark.system.remote import is_address

if TYPE_CHECKING:
    from benchmark.dataset import Dataset

FAILED, USAGE, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141
"""Exit statuses: something failed or became worse; the request was wrong; Ctrl-C; nobody reads the output any more."""


class _Path(click.Path):
    """A path of this machine. An address such as ``s3://bucket`` is none: it would become a folder of that name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if is_address(str(value)):
            self.fail(
                f"expected a path of this machine, got {value}: pictures alone may lie elsewhere, with --dataset "
                "folder:ADDRESS; copy results from and to there",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


PATH = _Path(path_type=Path)

data_root_option = click.option(
    "--data-root",
    type=PATH,
    metavar="DIR",
    help="Folder that holds data sets, searched before $RDBENCH_DATA and the cache.",
)


class Number(click.FloatRange):
    """A number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of a text; NaN, which compares as neither too small nor too large, is none."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


SECONDS = Number(0, MOST_SECONDS, min_open=True)

jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, MOST_JOBS),
    metavar="N",
    default=lambda: os.cpu_count() or 1,
    help="Worker processes.  [default: one for each core]",
)


convert_option = click.option(
    "--convert",
    "converted",
    multiple=True,
    metavar="A,B",
    help="What may be changed in files that are no 8-bit sRGB pictures: depth=8, flatten=white or flatten=black, "
    "orientation, srgb, first-frame. May be repeated.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Prints JSON for a program, in place of tables.")


class Pair(click.ParamType[Any]):
    """Two numbers with a comma between them."""

    name = "pair"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float] | Any:
        """The numbers of a text such as ``0,1.2``."""
        if not isinstance(value, str):
            return value
        try:
            first, second = map(float, value.split(","))
        except ValueError:
            self.fail(f"expected two numbers, such as 0,1.2, got {value!r}", param, ctx)
        return first, second


class _Device(click.ParamType[str]):
    """A word for what computes learned codecs."""

    name = "device"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word, checked."""
        return parse_device(value)


def device_option(text: str) -> Callable[[Any], Any]:
    """The option that names what computes learned codecs; ``text`` is its help."""
    return click.option("--device", type=_Device(), metavar=WORDS, help=text)


def names_of(text: str | None) -> list[str] | None:
    """The names that a text lists, cut at commas; None where nothing was given.

    Raises:
        UsageError: a text was given, and lists none.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"expected names with commas between them, got {text!r}: leave the option out for its default")
    return names


def given_by_user(option: str) -> bool:
    """Whether the user has set an option of the command that runs, by its name in Python."""
    source = click.get_current_context().get_parameter_source(option)
    return source not in (None, click.core.ParameterSource.DEFAULT)


def pair(option: str, text: str) -> tuple[str, str]:
    """Key and value of a text KEY=VALUE that was given with an option."""
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise click.UsageError(f"{option} {text}: expected KEY=VALUE")
    return key, value


def training_set(spec: str, data_root: Path | None) -> tuple[str, Dataset]:
    """The data set of a name or of a directory of images, and how it is named in full."""
    from benchmark.formats.conversions import split_conversions
    from benchmark.plugins import dataset_names, open_dataset

    if spec.partition(":")[0] not in dataset_names() and Path(split_conversions(spec)[0]).is_dir():
        spec = f"folder:{spec}"
    return spec, open_dataset(spec, data_root)


def typed_command() -> str:
    """What the user typed, as it can be typed again."""
    return shlex.join(["python", "-m", "benchmark", *sys.argv[1:]])


def read(path: Path) -> bytes:
    """The content of a file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def check_apart(target: Path, sources: Iterable[Path], *, reads: str = "IN", writes: str = "OUT") -> None:
    """Refuses to write over a file that is read.

    Args:
        target: the file to be written.
        sources: the files to be read.
        reads, writes: what the command calls the two.

    Raises:
        UsageError: the target is one of the sources.
    """
    if target.resolve() in {source.resolve() for source in sources}:
        raise UsageError(f"{target}: {reads} and {writes} are one file, which would be lost; name another {writes}")


def check_place(path: Path) -> None:
    """Says before long work that :func:`write` could not write a file.

    Raises:
        OutputError: it is a folder, its folder is not there, or nothing may be written in it.
    """
    with writing(path):
        place = path.resolve()
        if place.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if place.exists() and not place.is_file():  # such as a pipe
            return
        if not stat.S_ISDIR(place.parent.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(place.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def write(path: Path, content: bytes) -> None:
    """Writes a file that the user has named, whole or not at all; into what is no file, such as a pipe, directly.

    Raises:
        OutputError: it cannot be written.
    """
    with writing(path):
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
    replace_file(path.resolve() if path.is_symlink() else path, content)  # a link that the user has named is followed
