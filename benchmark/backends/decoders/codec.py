"""Codecs whose streams another library decodes: ``jpeg@opencv`` encodes as ``jpeg`` does, and OpenCV decodes.

Such a codec has all settings of the one that encodes, and ``decoder`` beside them, so that rows name it.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmark.backends.decoders import libraries, nvimgcodec
from benchmark.backends.decoders.libraries import LIBRARIES, libraries_of
from benchmark.codec import Codec, Image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import BenchmarkError, BitstreamError, UsageError, did_you_mean, typed_line

AT = "@"
"""Stands between the names of the codec and of the decoder."""


class Decoded:
    """What codecs of another decoder have beside those that encode for them."""

    writer: ClassVar[type[Codec]]
    """The codec that encodes, with a decoder of its own."""
    reader: ClassVar[str]
    """The name of the library that decodes."""

    @classmethod
    def used_files(cls) -> list[Path]:
        """The files that do the work beside those of the encoder."""
        return [Path(str(module)) for module in (__file__, libraries.__file__, nvimgcodec.__file__)]


def format_of(codec: type[Codec]) -> str:
    """The format of a codec's streams, as libraries of decoders have it: its own name where no other writes it."""
    return codec.stream_format or codec.name


@cache
def decoded_by(codec: type[Codec], library: str) -> type[Codec]:
    """The codec whose streams a library decodes in place of the codec's own decoder.

    Raises:
        UsageError: the library decodes no such streams, or none at all.
    """
    form = format_of(codec)
    if library not in libraries_of(form):
        known = libraries_of(form)
        why = did_you_mean(library, known) if known else ": no other library decodes its streams here"
        raise UsageError(f"{codec.name} has no decoder {library!r}{why}")
    chosen, called = LIBRARIES[library], LIBRARIES[library].formats[form]

    def decode(cls: type[Codec], data: bytes) -> Image:
        try:
            pixels = np.asarray(chosen.decode(called, bytes(data)))
        except BenchmarkError:
            raise
        except Exception as error:  # a library may raise anything
            raise BitstreamError(f"{cls.name}: {typed_line(error)}") from error
        if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):
            raise BitstreamError(
                f"{cls.name}: expected 8-bit grey or RGB pixels, the decoder gave {pixels.dtype} of {pixels.shape}"
            )
        return np.ascontiguousarray(pixels)

    def told(cls: type[Codec]) -> str:
        return f"{codec.version()}; decoded by {chosen.version(called)}"

    def colour_path(self: Codec, channels: int) -> ColourPath | None:
        return None  # that of the encoder says nothing of another's way back

    made: Any = dataclasses.make_dataclass(
        f"{codec.__name__}Decoded",
        [("decoder", str, setting(library, choices=(library,)))],
        bases=(Decoded, codec),
        frozen=True,
        namespace={
            "__module__": codec.__module__,
            "__doc__": codec.__doc__,
            "name": f"{codec.name}{AT}{library}",
            "summary": f"{codec.summary}; decoded by {library}",
            "endings": (),
            "writer": codec,
            "reader": library,
            "version": classmethod(told),
            "decode": classmethod(decode),
            "recognises": classmethod(lambda cls, data: False),
            "colour_path": colour_path,
        },
    )
    cls: type[Codec] = made
    return cls
