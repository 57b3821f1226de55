"""Which codec a stream is of: by its first bytes, or by the ending of its file."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmark.codec import Codec
from benchmark.errors import PluginError, UsageError, did_you_mean
from benchmark.formats.about import SUFFIXES
from benchmark.plugins import codec_class, foreign_codecs, look_at, own_codecs
from benchmark.plugins.points import points_of
from benchmark.plugins.probe import told_of

_WITHIN = {".jp2": ".j2k", ".jpx": ".j2k", ".jpf": ".j2k"}
"""Endings of containers that no codec writes, and that of the bare stream within."""

_HEAD = 4096
"""First bytes of a stream that codecs of other packages are shown."""

_OTHERS = SUFFIXES | set(_WITHIN)
"""Endings of image files, whether a codec writes such files or none does."""


def codec_of_stream(data: bytes) -> type[Codec]:
    """The codec whose signature a stream bears; those of other packages are asked where none of this bench knows it.

    Raises:
        UsageError: none knows it.
    """
    for cls in _usable(own_codecs()):
        if cls.recognises(data):
            return cls
    for name in _recognising(data[:_HEAD]):
        return codec_class(name)
    raise UsageError("no codec knows these first bytes; say which one wrote them with --codec")


def codec_of_ending(path: Path) -> type[Codec]:
    """The codec whose streams have the ending of a file.

    Raises:
        UsageError: none has.
    """
    owners = _owners(own_codecs())
    ending = path.suffix.lower()
    if ending not in owners:
        look_at()
        owners |= _owners(foreign_codecs())
    if ending in owners:
        return owners[ending]
    if _WITHIN.get(ending) in owners:
        raise UsageError(f"{path}: no codec writes {ending} files: end OUT in {_WITHIN[ending]} for the bare stream")
    raise UsageError(
        f"{path}: no codec has streams of this ending: name one with --codec, or choose another ending"
        f"{did_you_mean(ending, owners)}"
    )


def check_ending(cls: type[Codec], path: Path) -> None:
    """Refuses a file whose ending promises another format than a codec writes.

    Raises:
        UsageError: it does.
    """
    ending, owners = path.suffix.lower(), _owners(own_codecs())
    owner = owners.get(ending)
    same = owner is cls or (owner is not None and cls.stream_format and cls.stream_format == owner.stream_format)
    if same or (owner is None and ending not in _OTHERS):
        return
    endings = [name for name, one in owners.items() if one is cls or one.stream_format == cls.stream_format != ""]
    advice = f"end OUT in {' or '.join(endings)}" if endings else "take an ending of your own, such as .bin"
    raise UsageError(f"{path}: {cls.name} writes no {ending} files, and other programs could not read it: {advice}")


def _recognising(head: bytes) -> list[str]:
    """Names of the codecs of other packages that know the first bytes of a stream as theirs."""
    points, names = points_of("codecs"), foreign_codecs()
    answers = told_of([points[name][0] for name in names], {"head": base64.b64encode(head).decode()})
    return [name for name, answer in zip(names, answers, strict=True) if answer.more.get("recognises") is True]


def _owners(names: Iterable[str]) -> dict[str, type[Codec]]:
    """The first codec of each ending, of some codecs."""
    found: dict[str, type[Codec]] = {}
    for cls in _usable(names):
        for ending in cls.endings:
            found.setdefault(ending, cls)
    return found


def _usable(names: Iterable[str]) -> Iterator[type[Codec]]:
    """The codecs of names, without those whose files break the interface: they stop no command about another codec."""
    for name in names:
        with contextlib.suppress(PluginError):
            yield codec_class(name)
