"""Other decoders of the codecs of a study: each joins as a codec of its own, with the sweep of the one that encodes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from benchmark.backends.decoders.codec import AT, format_of
from benchmark.backends.decoders.libraries import LIBRARIES, libraries_of
from benchmark.errors import UsageError, did_you_mean
from benchmark.plugins import codec_class, own_codecs, version_of

_Sweep = TypeVar("_Sweep")


def parse_decoders(texts: Sequence[str]) -> dict[str, list[str]]:
    """Names of libraries by format, of texts such as ``jpeg:pillow,opencv``.

    Raises:
        UsageError: a text has not that form, or a library decodes no such format.
    """
    formats = dict.fromkeys(form for library in LIBRARIES.values() for form in library.formats)
    found: dict[str, list[str]] = {}
    for text in texts:
        form, colon, listed = text.partition(":")
        names = [name.strip() for name in listed.split(",")]
        if not colon or not all(names):
            raise UsageError(f"--decoders {text}: expected FORMAT:LIBRARY,LIBRARY, such as jpeg:pillow,opencv")
        if form not in formats:
            near = did_you_mean(form, formats)
            raise UsageError(f"--decoders {text}: unknown format {form!r}{near}; expected one of {', '.join(formats)}")
        known = libraries_of(form)
        for name in names:
            if name not in known:
                raise UsageError(f"--decoders {text}: {name!r} decodes no {form}{did_you_mean(name, known)}")
        found.setdefault(form, []).extend(names)
    return found


def with_decoders(
    codecs: Mapping[str, _Sweep], decoders: Mapping[str, Sequence[str]], unusable: Collection[str]
) -> dict[str, _Sweep]:
    """The codecs of a study, behind each those that decode its streams by other libraries.

    Args:
        codecs: the sweep of each codec.
        decoders: names of libraries by format.
        unusable: codecs that cannot be used.

    Raises:
        UsageError: no codec writes a format.
        MissingBackend: a library is not installed.
    """
    found: dict[str, _Sweep] = {}
    met: set[str] = set()
    own = {*own_codecs()}
    for name, sweep in codecs.items():
        found[name] = sweep
        form = format_of(codec_class(name)) if name in own and name not in unusable else ""
        met.add(form)
        for library in decoders.get(form, ()):
            other = f"{name}{AT}{library}"
            version_of(codec_class(other))
            found[other] = sweep
    if lost := [form for form in decoders if form not in met]:
        raise UsageError(f"decoders: no codec to run writes {lost[0]}: {', '.join(codecs)}")
    return found
