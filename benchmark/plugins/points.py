"""Entry points: the plug-ins of other packages. What they name is imported only by :func:`load`."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from benchmark.codec import Codec
from benchmark.dataset import Dataset
from benchmark.errors import PluginError, contained, plain_line, typed_line
from benchmark.metric import MetricFamily

Plugin = TypeVar("Plugin", Codec, Dataset, MetricFamily)


def points_of(kind: str) -> dict[str, list[EntryPoint]]:
    """The entry points of a kind of plug-in by name: several where packages claim one name.

    Args:
        kind: ``codecs``, ``datasets`` or ``metrics``.
    """
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=f"rdbench.{kind}"):
        claims = found.setdefault(point.name, [])
        if point.value not in [other.value for other in claims]:
            claims.append(point)
    return found


def clash(kind: str, name: str, claims: Sequence[EntryPoint]) -> str:
    """What is wrong where packages claim one name; empty where one does."""
    if len(claims) < 2:
        return ""
    values = " and ".join(point.value for point in claims)
    return f"two packages claim {name!r} in rdbench.{kind}: {values}; remove one of the packages"


def state(point: EntryPoint) -> tuple[str, ...]:
    """What tells one state of a plug-in from another: its names, and the file of its package with its time."""
    root = point.value.partition(":")[0].partition(".")[0].strip()
    origin, changed = "", ""
    with contextlib.suppress(ImportError, ValueError, AttributeError, OSError):
        spec = importlib.util.find_spec(root)
        origin = str(spec.origin if spec else "")
        changed = str(Path(origin).stat().st_mtime_ns)
    return point.group, point.name, point.value, origin, changed


def load(point: EntryPoint, base: type[Plugin]) -> type[Plugin]:
    """The class that an entry point names. What its module prints goes where errors go.

    Raises:
        PluginError: it cannot be imported, or is not one of the class.
    """
    where = f"entry point {point.name!r} ({point.value})"
    with contextlib.redirect_stdout(sys.stderr):
        cls = imported(where, point.load)
    if not (inspect.isclass(cls) and issubclass(cls, base)):
        raise PluginError(f"{where} is no {base.__name__}")
    if getattr(cls, "name", None) != point.name:
        raise PluginError(f"{where} names itself {getattr(cls, 'name', None)!r}")
    if inspect.isabstract(cls):
        lacking = ", ".join(sorted(cls.__abstractmethods__))
        raise PluginError(f"{where} does not have all that a {base.__name__} needs: {lacking}")
    return cls


def imported(what: str, load: Callable[[], Any]) -> Any:
    """What a plug-in's module defines.

    Args:
        what: what the message calls the module.
        load: imports it.

    Raises:
        PluginError: the module cannot be imported; the message says what to do.
        MemoryError: there is no more.
    """
    try:
        with contained("it"):
            return load()
    except MemoryError:
        raise
    except PluginError as error:  # a class that breaks the interface says itself what to write
        raise PluginError(f"{what}: {error}") from error
    except ImportError as error:
        raise PluginError(
            f"{what} cannot be imported: {plain_line(error)}; import a library that may be missing inside the methods"
        ) from error
    except Exception as error:
        raise PluginError(f"{what} cannot be imported: {typed_line(error)}") from error
