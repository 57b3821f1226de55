"""What TOML files of codecs say alike, whatever does the work: keys, the knob and further settings.

[knob]              # without it the codec is one operating point
name = "quality"
low = 1
high = 100
default = 75
increasing = true   # whether the rate grows with it
grid = [10, 30, 50, 70, 90]

[settings.dct]      # further settings; the type is that of the default
default = "int"
choices = ["int", "fast", "float"]  # or low and high; grid, where the default sweep has several values
"""

from __future__ import annotations

import dataclasses
import keyword
import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmark.codec import Codec, Knob, setting
from benchmark.errors import KIND_WORDS, SettingError, UsageError, did_you_mean

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
"""A setting, or a file, in an argument."""

Kinds = Mapping[str, tuple[type, ...]]
"""The types that the values of keys may have."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MOST = 10**9
_SETTING_KEYS: Kinds = {
    "default": (bool, int, float, str),
    "low": (int, float),
    "high": (int, float),
    "choices": (list,),
    "grid": (list,),
}
_KNOB_KEYS: Kinds = {
    "name": (str,),
    **_SETTING_KEYS,
    "default": (int, float),
    "increasing": (bool,),
}


@dataclasses.dataclass(frozen=True)
class DeclaredCodec(Codec):
    """A codec that a TOML file declares. Whether damage is told is up to the one who wrote its decoder."""

    undetected = frozenset({"truncated", "altered"})

    @classmethod
    @abstractmethod
    def used_files(cls) -> list[Path]:
        """The files that do its work, whose digests stand in the rows.

        Raises:
            MissingBackend: one is not there.
        """


Declared = TypeVar("Declared", bound=DeclaredCodec)


def check_keys(where: str, table: Mapping[str, Any], known: Kinds, required: Sequence[str]) -> None:
    """Refuses keys that are unknown, missing, or of another type.

    Args:
        where: the file and the table, for messages.
        table: what it says.
        known: keys and their types.
        required: keys that have to be there.

    Raises:
        UsageError: one is such.
    """
    for key, value in table.items():
        if key not in known:
            raise UsageError(f"{where}: unknown key {key!r}{did_you_mean(key, known)}")
        if not isinstance(value, known[key]) or (isinstance(value, bool) and bool not in known[key]):
            wanted = " or ".join(KIND_WORDS[kind] for kind in known[key])
            raise UsageError(f"{where}: {key}: expected {wanted}, got {value!r}")
    for key in required:
        if key not in table:
            raise UsageError(f"{where}: key {key!r} is missing")


def check_name(path: Path, name: str) -> None:
    """Refuses what cannot be the name of a codec that a file declares.

    Raises:
        UsageError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{path}: name: expected small letters, digits, '.', '_' and '-', got {name!r}")


def check_limits(path: Path, limits: Mapping[str, float]) -> None:
    """Refuses limits of time or memory that are none.

    Raises:
        UsageError: one is not above 0, or absurd.
    """
    for key, limit in limits.items():
        if not 0 < limit <= _MOST:
            raise UsageError(f"{path}: {key}: expected a number from 0 to {_MOST}, got {limit:g}")


def declare(
    base: type[Declared],
    path: Path,
    document: Mapping[str, Any],
    taken: Collection[str],
    members: Callable[[tuple[str, ...]], Mapping[str, Any]],
) -> type[Declared]:
    """The class of a codec that a file declares.

    Args:
        base: what does its work.
        path: the file.
        document: what it says.
        taken: names that no setting may have, beside those of the base.
        members: gives further members of the class; it gets the names of the settings.

    Raises:
        UsageError: one of its settings is not as it has to be.
    """
    name = document["name"]
    knob, tables = _settings(path, document, {*taken, *dir(base), *Codec.__annotations__, *base.__annotations__})
    fields = [
        (
            field,
            type(table["default"]),
            setting(table["default"], **{key: table.get(key) for key in ("low", "high", "choices")}),
        )
        for field, table in tables.items()
    ]
    own = {
        "__module__": base.__module__,
        "__doc__": base.__doc__,
        "name": name,
        "summary": document.get("summary", f"{name}, described by {path.name}"),
        "grid": {field: tuple(table["grid"]) for field, table in tables.items() if "grid" in table},
        "knob": knob,
    }
    namespace = {**own, **members(tuple(tables))}
    made: Any = dataclasses.make_dataclass(base.__name__, fields, bases=(base,), frozen=True, namespace=namespace)
    cls: type[Declared] = made
    try:
        for field, table in tables.items():
            for value in (table["default"], *table.get("grid", ()), *table.get("choices", ())):
                cls.from_settings({field: value})
    except SettingError as error:
        raise UsageError(f"{path}: {error}") from error
    return cls


def _settings(
    path: Path, document: Mapping[str, Any], taken: Collection[str]
) -> tuple[Knob | None, dict[str, dict[str, Any]]]:
    """The knob, if there is one, and the tables of all settings by name, that of the knob first."""
    tables: dict[str, dict[str, Any]] = {}
    knob = None
    if "knob" in document:
        table = document["knob"]
        check_keys(f"{path}: knob", table, _KNOB_KEYS, ("name", "low", "high", "default", "grid"))
        knob = Knob(table["name"], table["low"], table["high"], table.get("increasing", True))
        tables[knob.field] = table
    for field, table in document.get("settings", {}).items():
        if field in tables:
            raise UsageError(f"{path}: {field!r} is both the knob and one of the settings")
        if not isinstance(table, dict):
            raise UsageError(f"{path}: settings.{field}: expected a table, got {table!r}")
        check_keys(f"{path}: settings.{field}", table, _SETTING_KEYS, ("default",))
        tables[field] = table
    for field in tables:
        if not PLACEHOLDER.fullmatch(f"{{{field}}}") or keyword.iskeyword(field) or field in taken:
            raise UsageError(f"{path}: {field!r} cannot be the name of a setting: take another word")
    return knob, tables
