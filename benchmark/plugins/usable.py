"""Whether a codec can be used, and at which settings: one of another package is asked in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark.codec import Codec, Setting
from benchmark.errors import MissingBackend, PluginError, ProgramError, SettingError
from benchmark.plugins import codec_class, version_of
from benchmark.plugins.outline import Outline, answer_of, point_of
from benchmark.plugins.probe import told_of

_AT_ONCE = 1000
"""Operating points that a codec of another package is asked about at once."""


def trouble_of(codec: str) -> tuple[str, str] | None:
    """Why a codec cannot be used: the status of its rows and the reason; None where nothing is known against it.

    A library that is missing is no such trouble: :func:`version_of` tells it, and how to install it.

    Args:
        codec: see :func:`codec_class`.
    """
    cls = codec_class(codec)
    try:
        version_of(cls)
    except MissingBackend:
        return None
    except (PluginError, ProgramError) as error:
        return (answer_of(cls).status if issubclass(cls, Outline) else "failed") or "failed", str(error)
    return None


def checked_settings(codec: type[Codec], points: Sequence[Mapping[str, Setting]]) -> Sequence[Mapping[str, Setting]]:
    """All settings of operating points, as the codec has them.

    A codec of another package that has checks of its own makes them in another process.

    Args:
        codec: the codec.
        points: settings; those that are not named have their defaults.

    Raises:
        SettingError: an unknown field, a wrong type or a value out of range.
        PluginError: the checks of a codec of another package hang, crash or the like.
    """
    plain = [codec.from_settings(settings).settings for settings in points]
    if not (issubclass(codec, Outline) and answer_of(codec).facts.get("own_checks")):
        return plain
    found: list[Mapping[str, Setting]] = []
    for start in range(0, len(plain), _AT_ONCE):
        (answer,) = told_of([point_of(codec)], {"points": plain[start : start + _AT_ONCE]})
        if answer.reason:
            raise PluginError(f"codec {codec.name!r} cannot be used: {answer.reason}")
        for told in answer.more["points"]:
            if "wrong" in told:
                raise SettingError(told["wrong"])
            found.append(told["settings"])
    return found


def is_learned(codec: type[Codec]) -> bool:
    """Whether a codec has a training."""
    if issubclass(codec, Outline):
        return "recipe" in answer_of(codec).facts.get("overridden", ())
    return codec.recipe.__func__ is not Codec.recipe.__func__  # type: ignore[attr-defined]
