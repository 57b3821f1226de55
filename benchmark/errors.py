"""The errors that the bench raises, one tree.

    BenchmarkError                  what a caller may catch to mean "the bench said no, and says why"
    ├── UsageError                  a request that makes no sense: unknown name, bad setting, bad study file
    │   ├── SettingError            a codec's setting has the wrong type, or a value outside its range
    │   └── OutputError             a file or folder cannot be written: the disk is full, nothing may be written there
    ├── MissingBackend              a library that a codec needs is not installed (its cause is the ImportError)
    ├── MissingData                 a data set is not where the bench looked
    ├── DigestError                 a downloaded or found file is not the one that was expected
    ├── PluginError                 a plug-in breaks its interface, or two claim one name
    ├── UnsupportedImage            a codec cannot take this image (16 bit, RGBA, a size that its format lacks)
    ├── ProgramError                an external program failed, or took too long or too much memory
    ├── Unreachable                 a codec reaches no value that keeps the limit of a search
    ├── BitstreamError              a stream is truncated, altered, foreign or absurd
    └── RecordsError                a records file cannot be read as one

The command line prints the message of any of them, without a traceback, and exits with status 2.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Mapping


def one_line(error: BaseException) -> str:
    """The text of an error as one line, for a message that quotes it; its type where it says nothing."""
    return plain_line(error) or type(error).__name__


def typed_line(error: BaseException, most: int | None = None) -> str:
    """The type of an error and its text as one line, such as ``ValueError: no size``; the type alone without a text.

    Args:
        error: what was raised.
        most: how many characters of the text are kept; all where none is given.
    """
    text = plain_line(error)[:most]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def plain_line(told: object) -> str:
    """The text of an error, or another text, as one line; empty where it says nothing."""
    try:
        return " ".join(str(told).split())
    except BaseException:  # an error of a plug-in may fail at this, too
        return ""


@contextlib.contextmanager
def contained(what: str) -> Iterator[None]:
    """Keeps code of a plug-in from ending this process: what is no :class:`Exception` becomes one.

    ``sys.exit(0)`` in a codec would end a command as if all were well. Ctrl-C is the user's, and stays.

    Args:
        what: what the code belongs to, for the message.

    Raises:
        PluginError: it raised SystemExit, GeneratorExit or the like.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginError(f"{what} raised {typed_line(error)}") from error


def counted(number: int, word: str) -> str:
    """A number with what it counts, such as ``1 point`` or ``2 points``."""
    return f"{number} {word}{'s' if number != 1 else ''}"


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """What a message says of the names that come near to one that is not known, or else of all, or the first of many.

    Args:
        text: what was given.
        known: the names that are known.
    """
    names = list(known)
    listed = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else "")
    return f"{meant(text, names) or ';'} known: {listed or 'none'}"


def meant(text: str, known: Iterable[str]) -> str:
    """What a message says of the names that come near to one that is not known; empty where none does.

    Arguments are those of :func:`did_you_mean`.
    """
    lower = {name.lower(): name for name in known}
    close = [lower[name] for name in difflib.get_close_matches(text.lower(), lower, n=2, cutoff=0.65)]
    return f"; did you mean {' or '.join(close)}?" if close else ""


_MOST_NAMES = 60

KIND_WORDS: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    list: "a list",
    dict: "a table",
}
"""What messages call the types of values."""


class BenchmarkError(Exception):
    """Base of every error that the bench raises on purpose."""


class UsageError(BenchmarkError):
    """The request cannot be carried out as written."""


class SettingError(UsageError):
    """A codec's setting has a wrong type or value."""


class OutputError(UsageError):
    """A file or a folder cannot be written."""


class MissingBackend(BenchmarkError):
    """A library that a codec needs is not installed."""


class MissingData(BenchmarkError):
    """A data set, or a part of it, was not found."""


class DigestError(BenchmarkError):
    """A file's digest differs from the published one."""


class PluginError(BenchmarkError):
    """A plug-in breaks its interface, or collides with another."""


class UnsupportedImage(BenchmarkError):
    """A codec cannot take this image."""


class ProgramError(BenchmarkError):
    """An external program failed; the message names it and tells the last lines of its stderr."""


class Unreachable(BenchmarkError):
    """No value that a codec reaches keeps the limit of a target."""


class BitstreamError(BenchmarkError):
    """A stream cannot be decoded: truncated, altered, foreign or absurd."""


class RecordsError(BenchmarkError):
    """A records file cannot be read as one."""


class NoRows(RecordsError):
    """A records file is one, and has no rows."""
