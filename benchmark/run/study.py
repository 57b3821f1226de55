"""A study: which codecs at which settings, on which data set, by which metrics. Plain data, from flags or TOML."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark import defaults
from benchmark.backends.decoders.codec import AT
from benchmark.codec import Setting
from benchmark.errors import KIND_WORDS, MissingBackend, UsageError, did_you_mean
from benchmark.metric import metric_groups
from benchmark.plugins import (
    all_metrics,
    codec_class,
    is_description,
    missing_metrics,
    unusable_metrics,
)
from benchmark.record.row import LEAST_REPEATS
from benchmark.record.settings import settings_text
from benchmark.run.decoders import parse_decoders, with_decoders
from benchmark.run.matching import Target
from benchmark.run.sweeps import (
    Sweep,
    check_count,
    chosen_codecs,
    find_unusable,
    leave_knobs,
    parse_set,
    sweep_settings,
)
from benchmark.run.texts import targets_of
from benchmark.system.devices import AUTO, parse_device
from benchmark.system.documents import read_toml
from benchmark.system.files import slug
from benchmark.system.limits import MOST_REPEATS, MOST_SECONDS, MOST_THREADS, check_number
from benchmark.system.names import folder_name, folder_names, plain, shortened_name


@dataclass(frozen=True)
class OperatingPoint:
    """A codec with all its settings."""

    codec: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class Study:
    """What to run.

    Attributes:
        name: the name of the results folder.
        dataset: the data set, such as ``kodak`` or ``folder:PATH``.
        codecs: the sweep of each codec, by its name or the path of the TOML file that describes it, in order.
        metrics: names, in the order of their columns.
        repeats: timed runs of each encode and decode; the median is recorded.
        threads: how many threads numerical libraries may use.
        timeout: seconds for one operating point on one item.
        match: targets for which the codecs' knobs are chosen; without any, the sweeps say.
        images: the items of the data set to run; all if none is named.
        timing: whether times are measured to be published: one worker alone, at least :attr:`repeats` times, until the
            median is steady, see :mod:`benchmark.run.timing`.
        device: what computes learned codecs, see :mod:`benchmark.system.devices`.
        unusable: codecs that cannot be used, beside others that can: the status of all their rows, and the reason.
    """

    name: str
    dataset: str
    codecs: Mapping[str, Sweep]
    metrics: Sequence[str]
    repeats: int = 1
    threads: int = 1
    timeout: float = 600.0
    match: Sequence[Target] = ()
    images: Sequence[str] = ()
    timing: bool = False
    device: str = AUTO
    unusable: Mapping[str, tuple[str, str]] = dataclasses.field(default_factory=dict)

    def operating_points(self) -> list[OperatingPoint]:
        """Every codec at every combination of its sweep, all settings filled in, in order, none twice."""
        points: dict[tuple[str, str], OperatingPoint] = {}
        for name, sweep in self.codecs.items():
            for settings in sweep_settings(name, sweep, usable=name not in self.unusable):
                points.setdefault((name, settings_text(settings)), OperatingPoint(name, settings))
        return list(points.values())

    @property
    def has_decoders(self) -> bool:
        """Whether some of the codecs are decoded by another library than their own."""
        return any(AT in name for name in self.codecs if not is_description(name))

    def to_toml(self) -> str:
        """The study as a TOML document that :func:`read_study` reads back."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The study as plain lists and dictionaries, under the keys of a study file."""
        match: dict[str, dict[str, list[float]]] = {"match": {}, "match_mean": {}}
        for target in self.match:
            column = target.column + target.sense.removeprefix("<=")
            match["match_mean" if target.mean else "match"].setdefault(column, []).append(target.limit)
        return {
            "name": self.name,
            "dataset": plain(self.dataset),
            "metrics": list(self.metrics),
            "repeats": self.repeats,
            "threads": self.threads,
            "timeout": self.timeout,
            **({"images": list(map(plain, self.images))} if self.images else {}),
            **({"timing": True} if self.timing else {}),
            **({"device": self.device} if self.device != AUTO else {}),
            **{key: limits for key, limits in match.items() if limits},
            "codecs": {
                name: {field: list(values) for field, values in sweep.items()} for name, sweep in self.codecs.items()
            },
        }


def read_study(path: Path) -> dict[str, Any]:
    """The keys of a study file, checked for names and types, to be passed to :func:`resolve`.

    A table ``published``, of figures to compare with, may stand there; a run has no use for it.

    Raises:
        UsageError: not a file, not TOML, an unknown key or a wrong type; the message names the key.
    """
    document = read_toml(path)
    if not document:
        raise UsageError(f"{path}: expected a study, such as 'dataset = \"kodak\"' and tables of codecs, got nothing")
    kinds: dict[str, tuple[type, ...]] = {
        "name": (str,),
        "dataset": (str, list),
        "metrics": (list,),
        "repeats": (int,),
        "threads": (int,),
        "timeout": (int, float),
        "images": (list,),
        "timing": (bool,),
        "device": (str,),
        "codecs": (dict,),
        "match": (dict,),
        "match_mean": (dict,),
        "published": (dict,),
    }
    for key, value in document.items():
        if key not in kinds:
            raise UsageError(f"{path}: unknown key {key!r}{did_you_mean(key, kinds)}")
        if not isinstance(value, kinds[key]) or (isinstance(value, bool) and bool not in kinds[key]):
            raise UsageError(f"{path}: {key}: expected {KIND_WORDS[kinds[key][0]]}, got {value!r}")
        if value == []:
            raise UsageError(f"{path}: {key}: expected names, got none; leave it out for what is usual")
    for codec, sweep in document.get("codecs", {}).items():
        if not isinstance(sweep, dict):
            raise UsageError(f"{path}: codecs.{codec}: expected a table of settings, got {sweep!r}")
        for field, values in sweep.items():
            # One value may stand without brackets.
            sweep[field] = values if isinstance(values, list) else [values]
    for key in ("match", "match_mean"):
        for column, limits in document.get(key, {}).items():
            document[key][column] = limits if isinstance(limits, list) else [limits]
    document.pop("published", None)
    document.setdefault("name", path.stem)
    return document


def resolve(
    *,
    name: str | None = None,
    dataset: str | Sequence[str] | None = None,
    codecs: Mapping[str, Sweep] | Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    repeats: int = 1,
    threads: int = 1,
    timeout: float = 600.0,
    match: Mapping[str, Sequence[float]] | None = None,
    match_mean: Mapping[str, Sequence[float]] | None = None,
    images: Sequence[str] = (),
    timing: bool = False,
    device: str = AUTO,
    decoders: Sequence[str] = (),
) -> tuple[Study, list[str]]:
    """A study with every default filled in.

    Args:
        dataset: one, or several: the study is then of the first, and :func:`~benchmark.run.several.each_dataset` gives
            those of all.
        codecs: names, or sweeps by name; default sweeps fill what a sweep does not name. None takes the default
            codecs, without those whose libraries are not installed.
        sets: ``CODEC.FIELD=V,V`` texts, each of which replaces one field's sweep; here a codec has its name alone.
        match: limits by column, or by metric for its column over RGB; knobs are then chosen for every image, and their
            sweeps unused. A name may end in ``>=`` for values that are not below a limit, or in
            ``~`` for the nearest on either side.
        match_mean: the same, of means over the data set, for all of which one knob is chosen.
        images: items of the data set; all if none is named.
        timing: whether times are measured to be published; five repeats are then the least.
        device: what computes learned codecs, see :mod:`benchmark.system.devices`.
        decoders: ``FORMAT:A,B`` texts, each of which names libraries that decode the streams of a format, too.

    Returns:
        The study, and notes on what was left out.

    Raises:
        UsageError: unknown names, bad values.
        MissingBackend: a codec asked for by name lacks its library.
    """
    chosen, unusable, notes = chosen_codecs(codecs)
    named_as: dict[str, str] = {}
    for codec in chosen:
        other = named_as.setdefault(codec_class(codec).name, codec)
        if other != codec:
            raise UsageError(f"{other} and {codec} are both named {codec_class(codec).name!r}")
    for text in sets:
        codec, field, values = parse_set(text, named_as)
        chosen[named_as[codec]][field] = list(values)
    targets = [*targets_of(match or {}, mean=False), *targets_of(match_mean or {}, mean=True)]
    for codec, sweep in chosen.items():
        chosen[codec] = {field: list(values) for field, values in {**codec_class(codec).grid, **sweep}.items()}
    if targets:
        leave_knobs({codec: sweep for codec, sweep in chosen.items() if codec not in unusable}, sets)
    chosen = with_decoders(chosen, parse_decoders(decoders), unusable)
    for image in images:
        if not isinstance(image, str):
            raise UsageError(f"images: expected names, got {image!r}")
    _check_sweeps(chosen)
    check_number("repeats", repeats, MOST_REPEATS)
    check_number("threads", threads, MOST_THREADS)
    check_number("timeout", timeout, MOST_SECONDS, whole=False)
    find_unusable(chosen, unusable)
    measured, left_out = chosen_metrics(metrics)
    notes += left_out
    where = dataset_names(dataset or defaults.DATASET)
    study = Study(
        name=_usual_name(where, named_as) if name is None else folder_names("name", name),
        dataset=where[0],
        codecs=chosen,
        metrics=measured,
        repeats=max(repeats, LEAST_REPEATS) if timing else repeats,
        threads=threads,
        timeout=float(timeout),
        match=targets,
        images=list(images),
        timing=timing,
        device=parse_device(device, "device"),
        unusable=unusable,
    )
    study.operating_points()  # raises for a bad setting before anything runs
    return study, notes


def _usual_name(datasets: Sequence[str], codecs: Iterable[str]) -> str:
    """The name of a study to which nobody has given one: of its data sets and codecs."""
    name = shortened_name("-".join([*(spec.partition(":")[0] for spec in datasets), *codecs]))
    try:
        return folder_name("name", name)
    except UsageError:  # plug-ins of other packages may have any names
        return slug(name)


def dataset_names(dataset: str | Sequence[str]) -> list[str]:
    """The data sets that a text or a list names, none twice.

    A text is cut at commas, except one that starts with ``folder:``, whose path may hold some.

    Raises:
        UsageError: none is named, or one not by a text.
    """
    if isinstance(dataset, str):
        dataset = [dataset] if dataset.startswith("folder:") else [spec.strip() for spec in dataset.split(",")]
    for spec in dataset:
        if not isinstance(spec, str) or not spec:
            raise UsageError(f"dataset: expected names, got {spec!r}")
    if not dataset:
        raise UsageError("dataset: expected at least one name")
    return list(dict.fromkeys(dataset))


def chosen_metrics(names: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Names of the metrics to compute, in the order of their columns, and notes on those that are left out.

    Args:
        names: the names of metrics and of groups of metrics; None for those by default.

    Raises:
        UsageError: a name is neither that of a metric nor that of a group.
        MissingBackend: a metric that was asked for by its own name cannot be computed here.
    """
    groups = metric_groups(all_metrics())
    known, unusable = groups["all"], unusable_metrics()
    asked: set[str] = set()
    for name in ["basic"] if names is None else names:
        if name not in known and name not in groups:
            lost = "".join(f"; metrics {other!r} cannot be used: {reason}" for other, reason in unusable.items())
            raise UsageError(f"unknown metric {name!r}{did_you_mean(name, [*known, *groups])}{lost}")
        asked.update(groups.get(name, [name]))
    missing = missing_metrics(asked)
    for name in names or ():
        if name in missing:
            raise MissingBackend(f"metric {name}: {missing[name]}")
    return (
        [name for name in known if name in asked and name not in missing],
        [f"left out metric {name}: {reason}" for name, reason in missing.items()]
        + [
            f"left out metrics {other!r}: {reason}"
            for other, reason in unusable.items()
            if set(names or ["all"]) & {*groups}
        ],
    )


def _check_sweeps(codecs: Mapping[str, Sweep]) -> None:
    for codec, sweep in codecs.items():
        for field, values in sweep.items():
            if not values:
                raise UsageError(f"{codec}.{field}: no values to try")
    check_count(codecs)
