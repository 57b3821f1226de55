"""Which codec a stream is of: by its first bytes, or by the ending of its file."""

from __future__ import annotations

from pathlib import Path

from benchmark.codec import Codec
from benchmark.errors import UsageError, did_you_mean
from benchmark.formats.about import SUFFIXES
from benchmark.plugins import codec_class, codec_names

_WITHIN = {".jp2": ".j2k", ".jpx": ".j2k", ".jpf": ".j2k"}
"""Endings of containers that no codec writes, and that of the bare stream within."""

_OTHERS = SUFFIXES | set(_WITHIN)
"""Endings of image files, whether a codec writes such files or none does."""


def codec_of_stream(data: bytes) -> type[Codec]:
    """The codec whose signature a stream bears.

    Raises:
        UsageError: none knows it.
    """
    for name in codec_names():
        cls = codec_class(name)
        if cls.recognises(data):
            return cls
    raise UsageError("no codec knows these first bytes; say which one wrote them with --codec")


def codec_of_ending(path: Path) -> type[Codec]:
    """The codec whose streams have the ending of a file.

    Raises:
        UsageError: none has.
    """
    owners = _owners()
    ending = path.suffix.lower()
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
    ending = path.suffix.lower()
    owner = _owners().get(ending)
    same = owner is cls or (owner is not None and cls.stream_format and cls.stream_format == owner.stream_format)
    if same or (owner is None and ending not in _OTHERS):
        return
    endings = [name for name, one in _owners().items() if one is cls or one.stream_format == cls.stream_format != ""]
    advice = f"end OUT in {' or '.join(endings)}" if endings else "take an ending of your own, such as .bin"
    raise UsageError(f"{path}: {cls.name} writes no {ending} files, and other programs could not read it: {advice}")


def _owners() -> dict[str, type[Codec]]:
    """The first codec of each ending."""
    found: dict[str, type[Codec]] = {}
    for name in codec_names():
        cls = codec_class(name)
        for ending in cls.endings:
            found.setdefault(ending, cls)
    return found
