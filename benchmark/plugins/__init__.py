"""Finds plug-ins: the files of ``codecs/`` and ``datasets/``, entry points of other packages, and TOML files.

In a checkout those two folders lie at the repository's root, which joins this package's search path here; in an
installed wheel they lie inside this package. Neither holds an ``__init__.py``: a regular package called ``codecs``
would hide the standard library's module, and one called ``datasets`` a well-known library.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from benchmark.backends.declared import DeclaredCodec
from benchmark.backends.decoders.codec import AT, Decoded, decoded_by
from benchmark.backends.foreign.compressai import VARIABLE, is_model
from benchmark.codec import Codec
from benchmark.dataset import Dataset, ImageFiles, data_roots
from benchmark.errors import (
    BenchmarkError,
    MissingBackend,
    PluginError,
    RecordsError,
    UsageError,
    contained,
    did_you_mean,
    typed_line,
)
from benchmark.formats.conversions import split_conversions
from benchmark.metric import Metric, MetricFamily
from benchmark.plugins.families import found_families
from benchmark.plugins.outline import (
    Answer,
    FamilyOutline,
    Outline,
    answer_of,
    check_usable,
    codec_outline,
    loaded_codec,
    point_of,
)
from benchmark.plugins.own import classes_of, registry
from benchmark.plugins.points import clash, load, points_of
from benchmark.plugins.probe import forget_answers, told_of
from benchmark.plugins.source import class_digest

_CHECKOUT = Path(__file__).resolve().parents[2]
if (_CHECKOUT / "codecs").is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
    __path__.append(str(_CHECKOUT))


def codec_names() -> list[str]:
    """Names of all codecs, sorted, without importing any of them."""
    return sorted({*_codec_files(), *points_of("codecs")})


def own_codecs() -> list[str]:
    """Names of the codecs of this bench, sorted."""
    return sorted(_codec_files())


def foreign_codecs() -> list[str]:
    """Names of the codecs of other packages, sorted; not those that have the name of one of this bench."""
    return sorted(points_of("codecs").keys() - _codec_files().keys())


def codec_class(name: str) -> type[Codec]:
    """The codec of a name, of which only its own file is imported, or the one that a TOML file describes.

    The same name gives the same class, until the TOML file is edited. A codec of another package is not imported here:
    its class is an :mod:`outline <benchmark.plugins.outline>`, also where it cannot be used, see :func:`trouble_of`.

    Args:
        name: a codec's; the path of a file, which ends in ``.toml``; CODEC@LIBRARY, whose streams another library
            decodes, see :mod:`benchmark.backends.decoders.codec`; or ``compressai:MODEL``, see
            :mod:`benchmark.backends.foreign.compressai`.

    Raises:
        UsageError: no such codec or library, or the file does not describe one.
        PluginError: its file breaks the interface.
    """
    if is_description(name):
        return _described(path := Path(name).resolve(), _content(path))
    if is_model(name):
        return _model(name, os.environ.get(VARIABLE))
    own, at, library = name.partition(AT)
    return decoded_by(_named(own), library) if at and own in _codec_files() else _named(name)


@cache
def _model(name: str, python: str | None) -> type[Codec]:
    from benchmark.backends.foreign.reading import model_codec  # for few runs, and each process starts sooner without

    return model_codec(name)


def recorded_class(name: str) -> type[Codec]:
    """The codec of a name in results, which may be somebody else's: no TOML file is read, whose programs would run.

    Raises:
        RecordsError: it is the path of a file.
        UsageError, PluginError: as of :func:`codec_class`.
    """
    if is_description(name):
        raise RecordsError(f"codec: expected a name, got the file {name!r}, and files that results name are not run")
    return codec_class(name)


def _content(path: Path) -> bytes:
    """What tells one state of a description from another; empty where ``read_codec`` has to say what is wrong."""
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


@cache
def _described(path: Path, content: bytes) -> type[Codec]:
    from benchmark.backends.described import read_codec  # likewise

    described = read_codec(path)
    if described.name in codec_names():
        raise UsageError(f"{path}: name: {described.name!r} is that of another codec; take one of your own")
    return described


@cache
def _named(name: str) -> type[Codec]:
    if module := _codec_files().get(name):
        classes = classes_of(module, Codec)  # type: ignore[type-abstract]
        found = [cls for cls in classes if cls.name == name]
        if len(found) != 1:
            raise PluginError(f"{module} must define one codec named {name!r}, it defines {len(found)}")
        return found[0]
    claims = points_of("codecs").get(name)
    if not claims:
        raise UsageError(f"unknown codec {name!r}{did_you_mean(name, codec_names())}")
    told = clash("codecs", name, claims)
    answer = Answer(status="failed", reason=told) if told else told_of(claims[:1])[0]
    try:
        return codec_outline(claims[0], answer)
    except Exception as error:  # what it told may be anything
        return codec_outline(claims[0], Answer(status="failed", reason=f"it tells of no codec: {typed_line(error)}"))


def forget() -> None:
    """Lets this process look for plug-ins anew, as one that goes on after a package or its libraries were replaced."""
    forget_answers()
    found_families.cache_clear()
    loaded_codec.cache_clear()
    _named.cache_clear()


def look_at(names: Iterable[str] | None = None) -> None:
    """Asks codecs of other packages what they are, all side by side, before :func:`codec_class` asks one by one.

    Args:
        names: names of codecs; all where none are given.
    """
    points, own = points_of("codecs"), _codec_files()
    told_of([points[name][0] for name in sorted(points) if name not in own and (names is None or name in names)])


def codec_source(name: str) -> str:
    """The digest of the code that makes a codec's rows, as it is now, see :mod:`benchmark.plugins.source`.

    For a codec that a TOML file describes its programs count, and the files that their arguments name; or the files of
    its class.

    Args:
        name: see :func:`codec_class`.
    """
    cls = codec_class(name)
    if issubclass(cls, Outline):
        return answer_of(cls).source
    return class_digest(cls, None, cls.used_files() if issubclass(cls, DeclaredCodec | Decoded) else ())


def metric_sources(names: Collection[str] | None = None) -> dict[str, str]:
    """The digest of the code that computes each metric, by its name; of those of some names, or of all."""
    return {
        metric.name: digest
        for family in metric_families().values()
        if (asked := _asked(family, names))
        for digest in [answer_of(family).source if issubclass(family, FamilyOutline) else class_digest(family, None)]
        for metric in asked
    }


def real_class(codec: type[Codec]) -> type[Codec]:
    """The codec itself, imported into this process; of an outline, that which it is the outline of.

    Raises:
        PluginError: it is of another package, and cannot be used.
    """
    if not issubclass(codec, Outline):
        return codec
    check_usable(codec)
    return loaded_codec(point_of(codec))


def is_description(codec: str) -> bool:
    """Whether a codec is named by the TOML file that describes it."""
    return codec.endswith(".toml")


def needs_all_folders(codec: str) -> bool:
    """Whether a codec has programs or interpreters that somebody has named: these may lie anywhere."""
    return is_description(codec) or is_model(codec)


def portable_name(codec: str) -> str:
    """A codec's name that means the same from every working directory: the path of a TOML file is made absolute."""
    return str(Path(codec).resolve()) if is_description(codec) else codec


def own_datasets() -> list[str]:
    """Names of the data sets of this bench, sorted."""
    return sorted(_own_datasets())


@cache
def _own_datasets() -> dict[str, type[Dataset]]:
    return registry("benchmark.plugins.datasets", Dataset)  # type: ignore[type-abstract]


def dataset_names() -> list[str]:
    """Names of all data sets, sorted, without importing those of other packages."""
    return sorted({*_own_datasets(), *points_of("datasets")})


def dataset_class(name: str) -> type[Dataset]:
    """The data set of a name. One of another package is imported, once it has shown in another process that it can be.

    Raises:
        UsageError: no such data set.
        PluginError: it cannot be imported, or breaks its interface.
    """
    if name in _own_datasets():
        return _own_datasets()[name]
    points = points_of("datasets")
    if name not in points:
        # os.path, as Path.is_dir may raise PermissionError
        folder = f"; a folder of pictures is folder:{name}" if os.path.isdir(name) else ""  # noqa: PTH112
        raise UsageError(f"unknown data set {name!r}{folder}{did_you_mean(name, dataset_names())}")
    told = clash("datasets", name, points[name])
    if told := told or told_of(points[name][:1])[0].reason:
        raise PluginError(f"data set {name!r} cannot be used: {told}")
    return load(points[name][0], Dataset)  # type: ignore[type-abstract]


def metric_families() -> dict[str, type[MetricFamily]]:
    """All families of metrics by name, in the order of their columns in the records.

    Those of other packages that cannot be used are left out, see :func:`unusable_metrics`.

    Raises:
        PluginError: a file breaks the interface, two metrics have one column, or one has a name that tables have a
            column of already.
    """
    return found_families()[0]


def unusable_metrics() -> dict[str, str]:
    """Why families of metrics of other packages cannot be used, by the name of the family."""
    return found_families()[1]


def version_of(plugin: type[Codec] | type[MetricFamily]) -> str:
    """What a plug-in says of its version.

    Raises:
        MissingBackend: it cannot run here: its library is missing, or could not be loaded, whatever it raises then.
        PluginError: it is of another package, and cannot be used.
        ProgramError: a program that a TOML file names does not tell its version.
    """
    if issubclass(plugin, Outline):
        check_usable(plugin)
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
        if asked := _asked(family, names):
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
