"""Stand-ins for plug-ins of other packages: they know what the plug-in told of itself in a process of its own.

A command that lists, plans or writes tables imports no plug-in of others: it has their outlines. An outline imports its
plug-in once it has work for it, which is in a worker, or in the process of a command that is about this plug-in alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib.metadata import EntryPoint
from typing import Any, ClassVar, Self, cast

from benchmark.codec import Account, Batch, Codec, Complexity, Image, Knob, Setting, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import MissingBackend, PluginError, SettingError
from benchmark.metric import Channels, Metric, MetricFamily, Pooled, Promises, Tolerance, Values
from benchmark.plugins.points import load

_KINDS: dict[str, type] = {kind.__name__: kind for kind in (bool, int, float, str)}


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """What a plug-in told of itself. Each is equal to itself alone.

    Attributes:
        facts: what its class says; empty where it told nothing.
        version: library and version.
        missing: what is missing of its library; empty where nothing is.
        source: the digest of its code.
        more: what else was told.
        status, reason: what became of it, as in the rows of a run; empty where all is well.
    """

    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    version: str = ""
    missing: str = ""
    source: str = ""
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    status: str = ""
    reason: str = ""


class Outline(Codec):
    """A codec of another package, which is imported where it has to work."""

    _point: ClassVar[EntryPoint]
    _answer: ClassVar[Answer]

    @classmethod
    def _loaded(cls) -> type[Codec]:
        check_usable(cls)
        return loaded_codec(cls._point)

    @cached_property
    def _real(self) -> Codec:
        return self._loaded().from_settings(self.settings)

    @classmethod
    def version(cls) -> str:
        if cls._answer.missing:
            raise MissingBackend(cls._answer.missing)
        return cls._answer.version

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        if not cls._answer.facts:
            return cast("Self", _blank_of(cls, settings))
        return super().from_settings(settings)

    @classmethod
    def parse_setting(cls, field: str, text: str) -> Setting:
        if cls._answer.facts:
            return super().parse_setting(field, text)
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
        return text

    def weights_digest(self) -> str:
        if "weights_digest" not in self._answer.facts.get("overridden", ()):
            return ""
        known = self._answer.more.get("weights", {})
        if self.settings_json in known:
            return str(known[self.settings_json])
        with contextlib.suppress(Exception):  # whoever encodes with these settings is told what is wrong
            return self._real.weights_digest()
        return ""

    def encode(self, image: Image) -> bytes:
        return self._real.encode(image)

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return cls._loaded().decode(data)

    @classmethod
    def decode_smaller(cls, data: bytes, level: int) -> Image:
        return cls._loaded().decode_smaller(data, level)

    def device(self) -> str:
        return self._real.device()

    def encode_batch(self, images: Batch) -> list[bytes]:
        return self._real.encode_batch(images)

    @classmethod
    def decode_batch(cls, streams: Sequence[bytes]) -> Batch:
        return cls._loaded().decode_batch(streams)

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> Any:
        return cls._loaded().recipe(dataset, options)

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return cls._loaded().recognises(data)

    def overhead(self, data: bytes) -> int:
        return self._real.overhead(data)

    def colour_path(self, channels: int) -> ColourPath | None:
        if "colour_path" not in self._answer.facts.get("overridden", ()):
            return None
        known = self._answer.more.get("colours", {}).get(self.settings_json, {})
        if str(channels) not in known:
            return self._real.colour_path(channels)
        path = known[str(channels)]
        return None if path is None else ColourPath(**path)

    def complexity(self, height: int, width: int, channels: int) -> Complexity | None:
        return self._real.complexity(height, width, channels)

    def nominal_bits(self, data: bytes) -> int | None:
        return self._real.nominal_bits(data)

    def account(self, data: bytes) -> Account | None:
        return self._real.account(data)

    def prefix(self, data: bytes) -> bytes:
        return self._real.prefix(data)


def codec_outline(point: EntryPoint, answer: Answer) -> type[Outline]:
    """The outline of a codec.

    Args:
        point: the entry point that names it.
        answer: what it told. One that told nothing has an outline, too: of no setting, or of whatever setting it is
            asked for, because nobody knows.

    Raises:
        PluginError: what it told makes no codec.
    """
    facts = answer.facts
    knob = facts.get("knob")
    fields = [
        (field["name"], _KINDS[field["kind"]], _field(field, _KINDS[field["kind"]]))
        for field in facts.get("fields", ())
    ]
    namespace = {
        "__module__": __name__,
        "__doc__": facts.get("doc") or Outline.__doc__,
        "name": point.name,
        "summary": facts.get("summary", ""),
        "stream_format": facts.get("stream_format", ""),
        "grid": {name: tuple(values) for name, values in facts.get("grid", {}).items()},
        "knob": Knob(*knob) if knob else None,
        "lossless_at": facts.get("lossless_at"),
        "embedded": facts.get("embedded", False),
        "estimates": facts.get("estimates", False),
        "photographs": facts.get("photographs", True),
        "undetected": frozenset(facts.get("undetected", ())),
        "endings": tuple(facts.get("endings", ())),
        "channels": tuple(facts.get("channels", (1, 3))),
        "_point": point,
        "_answer": answer,
    }
    cls = dataclasses.make_dataclass(
        "Outline", fields, bases=(Outline,), frozen=True, kw_only=True, namespace=namespace
    )
    return cast("type[Outline]", cls)


def check_usable(outline: type[Outline]) -> None:
    """Refuses a codec that cannot be used.

    Raises:
        PluginError: it cannot, and the message says why.
    """
    if reason := outline._answer.reason:
        raise PluginError(f"codec {outline.name!r} cannot be used: {reason}")


def answer_of(outline: type[Outline] | type[FamilyOutline]) -> Answer:
    """What the plug-in of an outline told."""
    return outline._answer


def point_of(outline: type[Outline]) -> EntryPoint:
    """The entry point of an outline."""
    return outline._point


def _field(facts: Mapping[str, Any], kind: type) -> Any:
    limits = {key: facts[key] for key in ("low", "high", "choices")}
    if facts["default"] is None:
        return dataclasses.field(metadata=limits)
    return setting(kind(facts["default"]), **limits)


def _blank_of(cls: type[Outline], settings: Mapping[str, Any]) -> Outline:
    """An operating point of a codec that told nothing: its settings are those that somebody asked for."""
    for name, value in settings.items():
        if type(value) not in (bool, int, float, str) or not str(name).isidentifier():
            raise SettingError(f"{cls.name}.{name}: expected true, false, a number or a text, got {value!r:.80}")
    fields = [(name, type(value)) for name, value in settings.items()]
    made = dataclasses.make_dataclass("Outline", fields, bases=(cls,), frozen=True, kw_only=True)
    return cast("Outline", made(**settings))


@cache
def loaded_codec(point: EntryPoint) -> type[Codec]:
    """The codec itself, imported into this process.

    Raises:
        PluginError: it cannot be imported.
    """
    return load(point, Codec)  # type: ignore[type-abstract]


class FamilyOutline(MetricFamily):
    """A family of metrics of another package, which is imported where it has to work."""

    _point: ClassVar[EntryPoint]
    _answer: ClassVar[Answer]

    @classmethod
    def version(cls) -> str:
        missing = cls._answer.missing or cls._answer.reason
        if missing:
            raise MissingBackend(missing)
        return cls._answer.version

    @cached_property
    def _real(self) -> MetricFamily:
        return load(self._point, MetricFamily)()  # type: ignore[type-abstract]

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> Any:
        return self._real.prepare(reference, wanted)

    def compare(self, prepared: Any, distorted: Channels) -> dict[str, Values]:
        return self._real.compare(prepared, distorted)


def family_outline(point: EntryPoint, answer: Answer) -> type[FamilyOutline]:
    """The outline of a family of metrics.

    Raises:
        PluginError: what it told makes no family, or it told nothing.
    """
    if not answer.facts:
        raise PluginError(answer.reason)
    metrics = tuple(map(_metric, answer.facts["metrics"]))
    namespace = {"name": point.name, "metrics": metrics, "order": answer.facts["order"], "_point": point}
    return type("FamilyOutline", (FamilyOutline,), {**namespace, "_answer": answer, "__module__": __name__})


def _metric(facts: Mapping[str, Any]) -> Metric:
    """A metric, of what :func:`dataclasses.asdict` made of it and JSON can hold."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    pooled = Pooled(**facts["pooled"]) if facts["pooled"] else None
    promises = Promises(**{**facts["promises"], "worse": tuple(facts["promises"]["worse"])})
    made = {"tolerance": Tolerance(**facts["tolerance"]), "pooled": pooled, "promises": promises}
    return Metric(**fields | made)
