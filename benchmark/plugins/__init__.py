"""Finds plug-ins: the files of ``codecs/`` and ``datasets/``, entry points of other packages, and TOML files.

In a checkout those two folders lie at the repository's root, which joins this package's search path here; in an
installed wheel they lie inside this package. Neither holds an ``__init__.py``: a regular package called ``codecs``
would hide the standard library's module, and one called ``datasets`` a well-known library.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from benchmark.backends.described import TomlCodec, read_codec
from benchmark.codec import Codec
from benchmark.dataset import Dataset, ImageFiles, data_roots
from benchmark.errors import (
    BenchmarkError,
    MissingBackend,
    PluginError,
    UsageError,
    contained,
    did_you_mean,
    typed_line,
)
from benchmark.formats.conversions import split_conversions
from benchmark.metric import Metric, MetricFamily
from benchmark.plugins.source import class_digest
from benchmark.record.words import taken_by, words_of

_CHECKOUT = Path(__file__).resolve().parents[2]
if (_CHECKOUT / "codecs").is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
    __path__.append(str(_CHECKOUT))

_DESCRIPTION = ".toml"

_Plugin = TypeVar("_Plugin", Codec, Dataset, MetricFamily)


def codec_names() -> list[str]:
    """Names of all codecs, sorted, without importing any of them."""
    return sorted({*_codec_files(), *_entry_points("rdbench.codecs")})


def codec_class(name: str) -> type[Codec]:
    """The codec of a name, of which only its own file is imported, or the one that a TOML file describes.

    The same name gives the same class, until the TOML file is edited.

    Args:
        name: a codec's, or the path of a file, which ends in ``.toml``.

    Raises:
        UsageError: no such codec, or the file does not describe one.
        PluginError: its file or entry point breaks the interface.
    """
    if name.endswith(_DESCRIPTION):
        return _described(path := Path(name).resolve(), _content(path))
    return _named(name)


def _content(path: Path) -> bytes:
    """What tells one state of a description from another; empty where :func:`read_codec` has to say what is wrong."""
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


@cache
def _described(path: Path, content: bytes) -> type[Codec]:
    described = read_codec(path)
    if described.name in codec_names():
        raise UsageError(f"{path}: name: {described.name!r} is that of another codec; take one of your own")
    return described


@cache
def _named(name: str) -> type[Codec]:
    files, points = _codec_files(), _entry_points("rdbench.codecs")
    if name in files and name in points:
        raise PluginError(f"codec {name!r} is both a file of codecs/ and an entry point ({points[name].value})")
    if name in files:
        classes = _classes(files[name], Codec)  # type: ignore[type-abstract]
        found = [cls for cls in classes if cls.name == name]
        if len(found) != 1:
            raise PluginError(f"{files[name]} must define one codec named {name!r}, it defines {len(found)}")
        return found[0]
    if name in points:
        return _load(points[name], Codec)  # type: ignore[type-abstract]
    raise UsageError(f"unknown codec {name!r}{did_you_mean(name, codec_names())}")


def codec_source(name: str) -> str:
    """The digest of the code that makes a codec's rows, as it is now, see :mod:`benchmark.plugins.source`.

    For a codec that a TOML file describes its programs count, and the files that their arguments name.

    Args:
        name: see :func:`codec_class`.
    """
    cls = codec_class(name)
    if issubclass(cls, TomlCodec):
        return class_digest(cls, None, cls.used_files())
    return class_digest(cls, None if name in _codec_files() else _entry_points("rdbench.codecs")[name])


def metric_sources() -> dict[str, str]:
    """The digest of the code that computes each metric, by the metric's name."""
    families = metric_families()
    # To look for entry points takes longer than all else here.
    own = all(family.__module__.startswith("benchmark.metrics.") for family in families.values())
    points = {} if own else _entry_points("rdbench.metrics")
    return {
        metric.name: digest
        for name, family in families.items()
        for digest in [class_digest(family, points.get(name))]
        for metric in family.metrics
    }


def is_description(codec: str) -> bool:
    """Whether a codec is named by the TOML file that describes it."""
    return codec.endswith(_DESCRIPTION)


def portable_name(codec: str) -> str:
    """A codec's name that means the same from every working directory: the path of a TOML file is made absolute."""
    return str(Path(codec).resolve()) if is_description(codec) else codec


@cache
def dataset_classes() -> dict[str, type[Dataset]]:
    """All data sets by name."""
    return _registry("datasets", Dataset)  # type: ignore[type-abstract]


@cache
def metric_families() -> dict[str, type[MetricFamily]]:
    """All families of metrics by name, in the order of their columns in the records.

    Raises:
        PluginError: a file or an entry point breaks the interface, two metrics have one column, or one has a name
            that tables have a column of already.
    """
    found = _registry("metrics", MetricFamily)  # type: ignore[type-abstract]
    families = dict(sorted(found.items(), key=lambda pair: (pair[1].order, pair[0])))
    owners: dict[str, tuple[str, str]] = {}
    for name, family in families.items():
        counts = Counter(metric.column for metric in family.metrics)
        if twice := [column for column, count in counts.items() if count > 1]:
            raise PluginError(f"family of metrics {name!r}: expected each column once, got {twice[0]} twice")
        for metric in family.metrics:
            if word := taken_by(metric.name, metric.column):
                raise PluginError(
                    f"metric {metric.name!r}: {word} is the name of a column of the records or of a table already; "
                    "give the metric another name"
                )
            for word in words_of(metric.column):
                other, column = owners.setdefault(word, (name, metric.column))
                if other != name and column == metric.column:
                    raise PluginError(f"two families of metrics have the column {column}: {other} and {name}")
                if column != metric.column:
                    raise PluginError(
                        f"metrics {column} and {metric.column}: a table would have two columns {word}; give one of "
                        "them another name"
                    )
    return families


def version_of(plugin: type[Codec] | type[MetricFamily]) -> str:
    """What a plug-in says of its version.

    Raises:
        MissingBackend: it cannot run here: its library is missing, or could not be loaded, whatever it raises then.
    """
    try:
        with contained(plugin.name):
            return plugin.version()
    except BenchmarkError:
        raise
    except Exception as error:  # a library that is half installed may raise anything
        raise MissingBackend(f"{plugin.name} cannot run here: {typed_line(error)}") from error


def all_metrics() -> list[Metric]:
    """The metrics of all families, in the order of their columns, whether their libraries are installed or not."""
    return [metric for family in metric_families().values() for metric in family.metrics]


def installed_metrics(names: Collection[str] | None = None) -> list[Metric]:
    """The metrics whose libraries are installed, each with the version of its library.

    Args:
        names: those that are of interest, for to ask a library for its version may take long; None for all.
    """
    installed: list[Metric] = []
    for family in metric_families().values():
        asked = _asked(family, names)
        if asked:
            with contextlib.suppress(MissingBackend):
                version = version_of(family)
                installed += [replace(metric, version=version) for metric in asked]
    return installed


def metric_columns() -> list[str]:
    """Columns of all metrics, installed or not, in the order of the records."""
    return [metric.column for metric in all_metrics()]


def metric_definitions(names: Collection[str]) -> dict[str, str]:
    """What a record says of metrics: the identity of each by its name, see :attr:`Metric.identity`."""
    return {metric.name: metric.identity for metric in installed_metrics(names)}


def missing_metrics(names: Collection[str] | None = None) -> dict[str, str]:
    """What is missing of the metrics whose libraries are not installed, by the metric's name.

    Args:
        names: those that are of interest, for to ask a library for its version may take long; None for all.
    """
    missing: dict[str, str] = {}
    for family in metric_families().values():
        asked = _asked(family, names)
        try:
            if asked:
                version_of(family)
        except MissingBackend as error:
            missing |= {metric.name: str(error) for metric in asked}
    return missing


def _asked(family: type[MetricFamily], names: Collection[str] | None) -> list[Metric]:
    return [metric for metric in family.metrics if names is None or metric.name in names]


def dataset_class(name: str) -> type[Dataset]:
    """The data set of a name.

    Raises:
        UsageError: no such data set.
    """
    known = dataset_classes()
    if name not in known:
        raise UsageError(f"unknown data set {name!r}{did_you_mean(name, sorted(known))}")
    return known[name]


def open_dataset(spec: str, data_root: Path | None = None) -> Dataset:
    """The data set that a text such as ``kodak``, ``mnist:train`` or ``folder:PATH+depth=8`` means.

    Raises:
        UsageError: there is none of the name, or it has no files that could be converted.
    """
    plain, conversions = split_conversions(spec)
    name, _, argument = plain.partition(":")
    dataset = dataset_class(name)(data_roots(data_root), argument)
    if conversions:
        if not isinstance(dataset, ImageFiles):
            raise UsageError(f"data set {plain!r} is none of image files: {', '.join(conversions)} does not apply")
        dataset.conversions = conversions
    return dataset


def _codec_files() -> dict[str, str]:
    package = importlib.import_module("benchmark.plugins.codecs")
    return {
        module.name.replace("_", "-"): f"{package.__name__}.{module.name}"
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg
    }


def _entry_points(group: str) -> dict[str, EntryPoint]:
    points: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = points.setdefault(point.name, point)
        if other.value != point.value:
            raise PluginError(f"two packages claim {point.name!r} in {group}: {other.value} and {point.value}")
    return points


def _registry(kind: str, base: type[_Plugin]) -> dict[str, type[_Plugin]]:
    where = "benchmark.metrics" if kind == "metrics" else f"benchmark.plugins.{kind}"
    package = importlib.import_module(where)
    known: dict[str, type[_Plugin]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        for cls in _classes(f"{where}.{module.name}", base):
            _register(known, cls)
    for point in _entry_points(f"rdbench.{kind}").values():
        _register(known, _load(point, base))
    return known


def _register(known: dict[str, type[_Plugin]], cls: type[_Plugin]) -> None:
    other = known.setdefault(cls.name, cls)
    if other is not cls:
        raise PluginError(f"two plug-ins are named {cls.name!r}: {other.__module__} and {cls.__module__}")


def _classes(module_name: str, base: type[_Plugin]) -> list[type[_Plugin]]:
    """Concrete subclasses of a base that a module itself defines and names.

    Raises:
        PluginError: the module cannot be imported.
    """
    module = _imported(module_name, partial(importlib.import_module, module_name))
    return [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, base)
        and cls.__module__ == module.__name__
        and "name" in vars(cls)
        and not inspect.isabstract(cls)
    ]


def _imported(what: str, load: Callable[[], Any]) -> Any:
    """What a plug-in's module defines.

    Raises:
        PluginError: the module cannot be imported; the message says what to do.
    """
    try:
        with contained("it"):
            return load()
    except PluginError as error:  # a class that breaks the interface says itself what to write
        raise PluginError(f"{what}: {error}") from error
    except ImportError as error:
        raise PluginError(
            f"{what} cannot be imported: {error}; import a library that may be missing inside the methods"
        ) from error
    except Exception as error:
        raise PluginError(f"{what} cannot be imported: {typed_line(error)}") from error


def _load(point: EntryPoint, base: type[_Plugin]) -> type[_Plugin]:
    cls = _imported(f"entry point {point.name!r} ({point.value})", point.load)
    if not (inspect.isclass(cls) and issubclass(cls, base)):
        raise PluginError(f"entry point {point.name!r} ({point.value}) is no {base.__name__}")
    if getattr(cls, "name", None) != point.name:
        raise PluginError(f"entry point {point.name!r} ({point.value}) names itself {getattr(cls, 'name', None)!r}")
    return cls
