"""A study: which codecs at which settings, on which data set, by which metrics. Plain data, from flags or TOML."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.codec import Setting
from benchmark.errors import MissingBackend, UsageError
from benchmark.plugins import codec_class, metric_names

DEFAULT_DATASET = "sample"
DEFAULT_CODECS = ("jpeg", "jpeg2000", "webp", "avif", "cvae")

Sweep = Mapping[str, Sequence[Setting]]
"""Values to try for each field; every combination is an operating point."""


@dataclass(frozen=True)
class OperatingPoint:
    """A codec with all its settings."""

    codec: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class Study:
    """What to run.

    Attributes:
        name: of the results folder.
        dataset: such as ``kodak`` or ``folder:PATH``.
        codecs: the sweep of each codec, in order.
        metrics: names, in the order of their columns.
        repeats: timed runs of each encode and decode; the median is recorded.
        threads: that numerical libraries may use.
        timeout: seconds for one operating point on one item.
    """

    name: str
    dataset: str
    codecs: Mapping[str, Sweep]
    metrics: Sequence[str]
    repeats: int = 1
    threads: int = 1
    timeout: float = 600.0

    def operating_points(self) -> list[OperatingPoint]:
        """Every codec at every combination of its sweep, all settings filled in, in order, none twice."""
        points: dict[tuple[str, str], OperatingPoint] = {}
        for name, sweep in self.codecs.items():
            cls = codec_class(name)
            for values in itertools.product(*sweep.values()):
                codec = cls.from_settings(dict(zip(sweep, values, strict=True)))
                points.setdefault((name, codec.settings_json), OperatingPoint(name, codec.settings))
        return list(points.values())

    def to_toml(self) -> str:
        """The study as a TOML document that :func:`read_study` reads back."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The study as plain lists and dictionaries, under the keys of a study file."""
        return {
            "name": self.name,
            "dataset": self.dataset,
            "metrics": list(self.metrics),
            "repeats": self.repeats,
            "threads": self.threads,
            "timeout": self.timeout,
            "codecs": {name: {field: list(values) for field, values in sweep.items()}
                       for name, sweep in self.codecs.items()},
        }


def read_study(path: Path) -> dict[str, Any]:
    """The keys of a study file, checked for names and types, to be passed to :func:`resolve`.

    Raises:
        UsageError: not a file, not TOML, an unknown key or a wrong type; the message names the key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    kinds: dict[str, tuple[type, ...]] = {
        "name": (str,), "dataset": (str,), "metrics": (list,), "repeats": (int,), "threads": (int,),
        "timeout": (int, float), "codecs": (dict,),
    }
    for key, value in document.items():
        if key not in kinds:
            raise UsageError(f"{path}: unknown key {key!r}; known: {', '.join(kinds)}")
        if not isinstance(value, kinds[key]) or isinstance(value, bool):
            raise UsageError(f"{path}: {key}: expected {kinds[key][0].__name__}, got {value!r}")
    for codec, sweep in document.get("codecs", {}).items():
        if not isinstance(sweep, dict):
            raise UsageError(f"{path}: codecs.{codec}: expected a table of settings, got {sweep!r}")
        for field, values in sweep.items():
            # One value may stand without brackets.
            sweep[field] = values if isinstance(values, list) else [values]
    document.setdefault("name", path.stem)
    return document


def resolve(
    *,
    name: str | None = None,
    dataset: str | None = None,
    codecs: Mapping[str, Sweep] | Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    sets: Iterable[str] = (),
    repeats: int = 1,
    threads: int = 1,
    timeout: float = 600.0,
) -> tuple[Study, list[str]]:
    """A study with every default filled in.

    Args:
        codecs: names, or sweeps by name; default sweeps fill what a sweep does not name. None takes the default
            codecs, without those whose libraries are not installed.
        sets: ``CODEC.FIELD=V,V`` texts, each of which replaces one field's sweep.

    Returns:
        The study, and notes on what was left out.

    Raises:
        UsageError: unknown names, bad values.
        MissingBackend: a codec asked for by name lacks its library.
    """
    notes: list[str] = []
    chosen: dict[str, dict[str, Sequence[Setting]]]
    if codecs is None:
        chosen = {}
        for codec in DEFAULT_CODECS:
            try:
                codec_class(codec).version()
                chosen[codec] = {}
            except MissingBackend as error:
                notes.append(f"left out {codec}: {error}")
    else:
        named = codecs if isinstance(codecs, Mapping) else {codec: {} for codec in codecs}
        chosen = {codec: dict(sweep) for codec, sweep in named.items()}
        for codec in chosen:
            codec_class(codec).version()
    if not chosen:
        raise UsageError("no codec to run: name some with --codecs")
    for text in sets:
        codec, field, values = _parse_set(text)
        if codec not in chosen:
            raise UsageError(f"--set {text}: codec {codec!r} is not among those to run: {', '.join(chosen)}")
        chosen[codec][field] = list(values)
    for codec, sweep in chosen.items():
        chosen[codec] = {field: list(values) for field, values in {**codec_class(codec).grid, **sweep}.items()}
    known = metric_names()
    _check(chosen, metrics or (), known, {"repeats": repeats, "threads": threads, "timeout": timeout})
    where = dataset or DEFAULT_DATASET
    study = Study(
        name=name or f"{where.partition(':')[0]}-{'-'.join(chosen)}",
        dataset=where,
        codecs=chosen,
        metrics=[metric for metric in known if metrics is None or metric in metrics],
        repeats=repeats,
        threads=threads,
        timeout=float(timeout),
    )
    study.operating_points()  # raises for a bad setting before anything runs
    return study, notes


def _check(
    codecs: Mapping[str, Sweep], metrics: Sequence[str], known: Sequence[str], counts: Mapping[str, float]
) -> None:
    for codec, sweep in codecs.items():
        for field, values in sweep.items():
            if not values:
                raise UsageError(f"{codec}.{field}: no values to try")
    for metric in metrics:
        if metric not in known:
            raise UsageError(f"unknown metric {metric!r}; known: {', '.join(known)}")
    for label, count in counts.items():
        if not count > 0:
            raise UsageError(f"{label}: expected a positive number, got {count}")


def _parse_set(text: str) -> tuple[str, str, Sequence[Setting]]:
    target, equals, values = text.partition("=")
    codec, dot, field = target.partition(".")
    if not (equals and dot and codec and field and values):
        raise UsageError(f"--set {text}: expected CODEC.FIELD=VALUE[,VALUE…], such as jpeg.quality=5,10,20")
    cls = codec_class(codec)
    return codec, field, [cls.parse_setting(field, value) for value in values.split(",")]
