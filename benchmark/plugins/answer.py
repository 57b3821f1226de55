"""What is told of a plug-in of another package, as plain values. It runs in a process of its own, never here.

See :mod:`benchmark.plugins.probe`, which asks.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from benchmark.codec import Codec, Setting, setting_types
from benchmark.dataset import Dataset, data_roots
from benchmark.errors import BenchmarkError, MissingBackend, PluginError, SettingError, contained, typed_line
from benchmark.metric import Metric, MetricFamily
from benchmark.plugins.points import load, points_of
from benchmark.plugins.source import class_digest
from benchmark.record.settings import settings_text
from benchmark.system.names import shown

Tell = Callable[[Mapping[str, Any]], None]

MOST_TEXT = 500
"""Characters of a text that a table shows."""

_MOST_WEIGHTS = 100
"""Operating points of the default sweep whose weights are told."""


def answer(question: Mapping[str, Any], tell: Tell) -> None:
    """Imports a plug-in and tells, in parts, what a process has to know that does not import it.

    Args:
        question: ``kind``, ``name`` and ``value`` of the entry point, and what else is asked.
        tell: is told a part as soon as it is known, so that a plug-in that hangs in ``version`` is known by all else.

    Raises:
        PluginError: it cannot be imported, or breaks its interface.
    """
    point = _point(question["kind"], question["name"], question["value"])
    with contained("it"):
        if question["kind"] == "codecs":
            _tell_codec(load(point, Codec), point, question, tell)  # type: ignore[type-abstract]
        elif question["kind"] == "metrics":
            _tell_metrics(load(point, MetricFamily), point, tell)  # type: ignore[type-abstract]
        else:
            _tell_dataset(load(point, Dataset), question, tell)  # type: ignore[type-abstract]


def _point(kind: str, name: str, value: str) -> EntryPoint:
    """The entry point, with the distribution that it belongs to where that is known."""
    found = (point for point in points_of(kind).get(name, ()) if point.value == value)
    return next(found, EntryPoint(name, value, f"rdbench.{kind}"))


def _tell_version(cls: type[Codec] | type[MetricFamily], tell: Tell) -> None:
    try:
        tell({"version": _text(f"{cls.name}.version", cls.version(), MOST_TEXT)})
    except MissingBackend as error:
        tell({"missing": str(error)})
    except (BenchmarkError, MemoryError):
        raise
    except Exception as error:  # a library that is half installed may raise anything
        tell({"missing": f"{cls.name} cannot run here: {typed_line(error)}"})


def _tell_codec(cls: type[Codec], point: EntryPoint, question: Mapping[str, Any], tell: Tell) -> None:
    if "head" in question:
        tell({"recognises": bool(cls.recognises(base64.b64decode(question["head"])))})
        return
    if "points" in question:
        tell({"points": [_checked(cls, settings) for settings in question["points"]]})
        return
    tell({"facts": codec_facts(cls)})
    tell({"source": class_digest(cls, point)})
    _tell_version(cls, tell)
    tell({"weights": _weights(cls), "colours": _colours(cls)})


def _checked(cls: type[Codec], settings: Mapping[str, Setting]) -> Mapping[str, Any]:
    """All settings of an operating point as the codec itself has them, or what it says against them."""
    try:
        return {"settings": cls.from_settings(settings).settings}
    except SettingError as error:
        return {"wrong": str(error)}


def codec_facts(cls: type[Codec]) -> dict[str, Any]:
    """All that a codec's class says of itself, from which :mod:`benchmark.plugins.outline` makes another.

    Raises:
        PluginError: something is not as the interface has it.
    """
    name, kinds = cls.name, setting_types(cls)
    if unfit := [field for field, kind in kinds.items() if kind not in (bool, int, float, str)]:
        raise PluginError(f"codec {name!r}: setting {unfit[0]}: expected the type bool, int, float or str")
    fields = [
        {
            "name": field.name,
            "kind": kinds[field.name].__name__,
            "default": None if field.default is dataclasses.MISSING else _setting(name, field.default),
            **{key: field.metadata.get(key) for key in ("low", "high")},
            "choices": _settings(name, field.metadata.get("choices")),
        }
        for field in dataclasses.fields(cls)
    ]
    knob = cls.knob
    return {
        "fields": fields,
        "summary": _text(f"{name}.summary", cls.summary, MOST_TEXT),
        "doc": _text(f"{name}.__doc__", cls.__doc__ or "", 20 * MOST_TEXT),
        "stream_format": _text(f"{name}.stream_format", cls.stream_format, MOST_TEXT),
        "grid": {_text("grid", field, MOST_TEXT): _settings(name, values) for field, values in dict(cls.grid).items()},
        "knob": [knob.field, _setting(name, knob.low), _setting(name, knob.high), bool(knob.increasing)]
        if knob
        else None,
        "lossless_at": None
        if cls.lossless_at is None
        else {field: _setting(name, value) for field, value in dict(cls.lossless_at).items()},
        "embedded": bool(cls.embedded),
        "estimates": bool(cls.estimates),
        "photographs": bool(cls.photographs),
        "undetected": sorted(_text(f"{name}.undetected", word, MOST_TEXT) for word in cls.undetected),
        "endings": [_text(f"{name}.endings", ending, MOST_TEXT) for ending in cls.endings],
        "channels": [count for count in (1, 3) if count in cls.channels],
        "own_checks": cls.__post_init__ is not Codec.__post_init__ or "from_settings" in _overridden(cls),
        "overridden": _overridden(cls),
    }


def _overridden(cls: type[Codec]) -> list[str]:
    """The methods of the interface that a codec has of its own."""
    return [
        name
        for name, member in vars(Codec).items()
        if not name.startswith("_")
        and (callable(member) or isinstance(member, classmethod))
        and getattr(getattr(cls, name), "__func__", getattr(cls, name))
        is not getattr(getattr(Codec, name), "__func__", getattr(Codec, name))
    ]


def _weights(cls: type[Codec]) -> dict[str, str]:
    """The digest of the weights at each operating point of the default sweep, and at the default settings."""
    if "weights_digest" not in _overridden(cls):
        return {}
    found = {}
    grid = [(field, value) for field, values in cls.grid.items() for value in values]
    for settings in [{}, *({field: value} for field, value in grid[:_MOST_WEIGHTS])]:
        try:
            codec = cls.from_settings(settings)
            found[settings_text(codec.settings)] = str(codec.weights_digest())
        except BenchmarkError:  # weights that are not here: its rows say so
            continue
    return found


def _colours(cls: type[Codec]) -> dict[str, Any]:
    """What becomes of the colours at the default settings, by the number of channels."""
    try:
        codec = cls.from_settings({})
        paths = {channels: codec.colour_path(channels) for channels in cls.channels}
    except BenchmarkError:  # a learned codec whose weights are not here
        return {}
    known = {str(channels): path and dataclasses.asdict(path) for channels, path in paths.items()}
    return {settings_text(codec.settings): known}


def _tell_metrics(cls: type[MetricFamily], point: EntryPoint, tell: Tell) -> None:
    metrics = tuple(cls.metrics)
    if unfit := [metric for metric in metrics if not isinstance(metric, Metric)]:
        raise PluginError(f"family of metrics {cls.name!r}: expected each of metrics to be a Metric, got {unfit[0]!r}")
    tell({"facts": {"metrics": [dataclasses.asdict(metric) for metric in metrics], "order": int(cls.order)}})
    tell({"source": class_digest(cls, point)})
    _tell_version(cls, tell)


def _tell_dataset(cls: type[Dataset], question: Mapping[str, Any], tell: Tell) -> None:
    tell(
        {
            "facts": {
                "summary": _text(f"{cls.name}.summary", cls.summary, MOST_TEXT),
                "expected": None if cls.expected is None else int(cls.expected),
                "arguments": _text(f"{cls.name}.arguments", cls.arguments, MOST_TEXT),
                "fetchable": bool(cls.fetchable),
                "built_by": _text(f"{cls.name}.built_by", cls.built_by, MOST_TEXT),
            }
        }
    )
    if "data_root" in question and "PATH" not in cls.arguments:
        root = question["data_root"]
        try:
            dataset = cls(data_roots(None if root is None else Path(root)))
            dataset.items()
            tell({"count": int(dataset.count())})
        except BenchmarkError:
            tell({"count": None})


def _text(where: str, value: object, most: int) -> str:
    if not isinstance(value, str):
        raise PluginError(f"{where}: expected a text, got {value!r:.80}")
    return shown(str(value[:most]))


def _setting(name: str, value: Any) -> Setting:
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    raise PluginError(f"codec {name!r}: expected true, false, a number or a text, got {value!r:.80}")


def _settings(name: str, values: Sequence[Any] | None) -> list[Setting] | None:
    return None if values is None else [_setting(name, value) for value in values]
