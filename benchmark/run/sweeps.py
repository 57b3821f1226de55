"""Sweeps: the codecs of a study, the values that each of their settings takes, and what cannot be used of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from benchmark import defaults
from benchmark.codec import Setting
from benchmark.errors import MissingBackend, PluginError, UsageError
from benchmark.plugins import codec_class, look_at, version_of
from benchmark.plugins.usable import checked_settings, trouble_of
from benchmark.run.texts import expanded
from benchmark.system.limits import MOST_POINTS

Sweep = Mapping[str, Sequence[Setting]]
"""Values to try for each field; every combination is an operating point."""


def chosen_codecs(
    codecs: Mapping[str, Sweep] | Sequence[str] | None,
) -> tuple[dict[str, dict[str, Sequence[Setting]]], dict[str, tuple[str, str]], list[str]]:
    """What a user says of the sweep of each codec; why some cannot be used; and notes on those left out.

    A codec whose library is missing is refused, or left out where nobody has named it.
    """
    notes: list[str] = []
    unusable: dict[str, tuple[str, str]] = {}
    if codecs is not None:
        named = codecs if isinstance(codecs, Mapping) else {codec: {} for codec in codecs}
        look_at(named)
        for codec in named:
            if trouble := trouble_of(codec):
                unusable[codec] = trouble
            else:
                version_of(codec_class(codec))
        chosen = {codec: dict(sweep) for codec, sweep in named.items()}
    else:
        chosen = {}
        for codec in defaults.CODECS:
            try:
                version_of(codec_class(codec))
                chosen[codec] = {}
            except MissingBackend as error:
                notes.append(f"left out {codec}: {error}")
    if not chosen:
        raise UsageError("no codec to run: name some with --codecs")
    return chosen, unusable, notes


def find_unusable(codecs: Mapping[str, Sweep], unusable: dict[str, tuple[str, str]]) -> None:
    """Adds the codecs that cannot be used at their settings to those that cannot be used at all.

    Raises:
        SettingError: a bad setting.
        PluginError: no codec can be used.
    """
    for codec, sweep in codecs.items():
        if codec not in unusable:
            try:
                sweep_settings(codec, sweep)
            except PluginError as error:
                unusable[codec] = "failed", str(error)
    if len(unusable) == len(codecs):
        raise PluginError("; ".join(reason for _, reason in unusable.values()))


def check_count(codecs: Mapping[str, Sweep]) -> None:
    """Refuses sweeps of more operating points than a study may have, before any of them is made.

    Raises:
        UsageError: the message names the codec that has most of them, and how many.
    """
    counts = {codec: math.prod(map(len, sweep.values())) for codec, sweep in codecs.items()}
    if sum(counts.values()) > MOST_POINTS:
        most = max(counts, key=counts.__getitem__)
        raise UsageError(
            f"{most}: {counts[most]:,} operating points, {sum(counts.values()):,} in all: expected at most "
            f"{MOST_POINTS:,}; give fewer values, or several studies"
        )


def sweep_settings(codec: str, sweep: Sweep, *, usable: bool = True) -> Sequence[Mapping[str, Setting]]:
    """All settings of each combination of a sweep; a codec that cannot be used is not asked about them.

    Raises:
        SettingError: a bad setting.
        PluginError: the codec cannot be used at these settings.
    """
    cls = codec_class(codec)
    points = [dict(zip(sweep, values, strict=True)) for values in itertools.product(*sweep.values())]
    return checked_settings(cls, points) if usable else [cls.from_settings(settings).settings for settings in points]


def leave_knobs(codecs: Mapping[str, dict[str, Sequence[Setting]]], sets: Sequence[str]) -> None:
    """Takes out the sweeps of the knobs, for which a match finds values.

    Raises:
        UsageError: a codec has no knob, or a text of ``--set`` gives it values.
    """
    for codec, sweep in codecs.items():
        knob = codec_class(codec).knob
        if knob is None:
            raise UsageError(f"match: codec {codec!r} has no knob that trades rate for quality")
        for text in sets:
            if text.startswith(f"{codec_class(codec).name}.{knob.field}="):
                raise UsageError(f"--set {text}: the match chooses {knob.field}")
        sweep.pop(knob.field, None)


def parse_set(text: str, codecs: Mapping[str, str]) -> tuple[str, str, Sequence[Setting]]:
    """Codec, field and values of a text of ``--set``.

    Args:
        text: the text, such as ``jpeg.quality=5,10``.
        codecs: the codecs of the study, by the name that texts give them.

    Raises:
        UsageError: it is no such text, or names none of the codecs.
        SettingError: a value is not of the type of the field.
    """
    target, equals, values = text.partition("=")
    codec, dot, field = target.partition(".")
    if not (equals and dot and codec and field and values):
        raise UsageError(f"--set {text}: expected CODEC.FIELD=VALUE[,VALUE…], such as jpeg.quality=5,10,20 or 5..95:5")
    if codec not in codecs:
        codec_class(codec)  # raises for an unknown one
        raise UsageError(f"--set {text}: codec {codec!r} is not among those to run: {', '.join(codecs)}")
    cls = codec_class(codecs[codec])
    return codec, field, [cls.parse_setting(field, value) for value in expanded(f"--set {text}", values)]
