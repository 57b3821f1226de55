"""The codec interface: what a codec promises, and the few helpers that every codec shares."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from benchmark.colour.convert import ColourPath
from benchmark.errors import (
    KIND_WORDS,
    PluginError,
    SettingError,
    UnsupportedImage,
    UsageError,
    contained,
    did_you_mean,
)
from benchmark.formats.limit import check_size
from benchmark.record.settings import check_range, parse_value, settings_text

Image = npt.NDArray[np.uint8]
"""One image: ``uint8``, shape (H, W, 3) sRGB or (H, W) grey."""

Batch = npt.NDArray[np.uint8]
"""Images of one size: ``uint8``, shape (N, H, W, 3) sRGB or (N, H, W) grey."""

Setting = bool | int | float | str


@dataclasses.dataclass(frozen=True)
class Knob:
    """The field of a codec that trades rate for quality.

    Attributes:
        field: name of the field.
        low, high: its range, both ends included.
        increasing: whether the rate grows with it.
    """

    field: str
    low: float
    high: float
    increasing: bool = True


@dataclasses.dataclass(frozen=True)
class Complexity:
    """What a learned codec has to compute for one image.

    Attributes:
        parameters: numbers in the network, of encoder and decoder.
        encode_macs, decode_macs: multiply–accumulates; None where their number is not known beforehand.
    """

    parameters: int
    encode_macs: int | None
    decode_macs: int | None


@dataclasses.dataclass(frozen=True)
class Account:
    """What one stream cost, where a codec counts it.

    Attributes:
        estimated_bits: code length by the probabilities of the codec's own model, without any header.
        encode_macs, decode_macs: multiply–accumulates that the networks took for this very image; None where the codec
            does not count them.
    """

    estimated_bits: float
    encode_macs: int | None = None
    decode_macs: int | None = None


def setting(
    default: Setting,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Setting] | None = None,
) -> Any:
    """A dataclass field for a codec's setting, with the values that it may take.

    Args:
        default: the honest default, which every record names.
        low, high: range of a number, both ends included.
        choices: the only values allowed.
    """
    return dataclasses.field(default=default, metadata={"low": low, "high": high, "choices": choices})


@dataclasses.dataclass(frozen=True)
class Codec(ABC):
    """One codec at one operating point: a frozen dataclass whose fields are all that may change the bytes.

    A codec is one file of ``codecs/`` (or an entry point of the group ``rdbench.codecs``). It sets :attr:`name` and
    :attr:`grid`, and implements :meth:`version`, :meth:`encode` and :meth:`decode`.
    """

    name: ClassVar[str]
    """Name on the command line; the file's name, with ``-`` for ``_``."""
    stream_format: ClassVar[str] = ""
    """Format of its streams, where several codecs share it: each decodes those of the others; else its own alone."""
    summary: ClassVar[str]
    """One line for ``list codecs``: format, implementation, colour path."""
    grid: ClassVar[Mapping[str, Sequence[Setting]]]
    """Default sweep: the product of the values given for each field."""
    knob: ClassVar[Knob | None] = None
    """The field that trades rate for quality; None for a codec of one rate, lossless or not."""
    lossless_at: ClassVar[Mapping[str, Setting] | None] = None
    """Settings with which it returns the very pixels, whatever the others are; None when it has none such."""
    embedded: ClassVar[bool] = False
    """Whether the stream of every lower value of the knob can be cut from one of a higher value, see :meth:`prefix`."""
    estimates: ClassVar[bool] = False
    """Whether it has no entropy coder: :meth:`account` estimates its rate, and what it encodes to is no stream, but
    holds the image that would be decoded."""
    undetected: ClassVar[frozenset[str]] = frozenset()
    """Damage that the format cannot always tell, of ``truncated`` and ``altered``: decoding it may return an image."""

    endings: ClassVar[tuple[str, ...]] = ()
    """Endings of files that hold its streams, such as ``.avif``; lets ``encode`` do without ``--codec``."""

    channels: ClassVar[tuple[int, ...]] = (1, 3)
    """Images that it takes: 1 for grey, 3 for RGB; it refuses the others with :class:`UnsupportedImage`."""
    photographs: ClassVar[bool] = True
    """Whether it is made for photographs; if not, nobody may expect quality of it there."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, kind in inspect.get_annotations(cls).items():
            if name in {*vars(Codec), *inspect.get_annotations(Codec)} and "ClassVar" not in str(kind):
                raise PluginError(
                    f"{cls.__module__}.{cls.__qualname__}.{name}: a setting by its annotation, but the interface has "
                    "something of this name; take another word for the setting, or write ClassVar if it is none"
                )
        for name, member in list(vars(cls).items()):
            meant = next((vars(base)[name] for base in cls.__mro__[1:] if name in vars(base)), None)
            if isinstance(meant, classmethod) and not isinstance(member, classmethod):
                raise PluginError(
                    f"{cls.__module__}.{cls.__qualname__}.{name}: expected a class method, which has no settings to "
                    "see; write @classmethod above it, and cls in place of self"
                )
            if name == "decode":
                setattr(cls, name, classmethod(_of_bytes(member.__func__)))

    def __post_init__(self) -> None:
        kinds = setting_types(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            where, kind = f"{self.name}.{field.name}", kinds[field.name]
            # A bool is an int to Python, and an int may stand for a float; nothing else passes for another type.
            if kind is float and type(value) is int:
                object.__setattr__(self, field.name, float(value))
            elif type(value) is not kind:
                raise SettingError(f"{where}: expected {KIND_WORDS[kind]}, got {value!r}")
            check_range(where, value, field.metadata)

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """Library and version that do the work, such as ``Pillow 12.0, libjpeg-turbo 3.1``.

        Raises:
            MissingBackend: it is not installed; the message says how to install it.
        """

    @abstractmethod
    def encode(self, image: Image) -> bytes:
        """A complete, self-contained stream of one image; its length is the rate. The image stays as it is.

        Raises:
            UnsupportedImage: the format has no way to hold this image.
        """

    @classmethod
    @abstractmethod
    def decode(cls, data: bytes) -> Image:
        """The image, from those bytes alone.

        It is a class method, so that a decoder has no settings to see: all that it needs stands in the stream.

        Raises:
            BitstreamError: the bytes are not a whole, unaltered stream of this codec.
        """

    @classmethod
    def decode_smaller(cls, data: bytes, level: int) -> Image:
        """The image with its sides halved as many times as ``level`` says, from the part of the stream that it takes.

        Raises:
            BitstreamError: as :meth:`decode`.
            UsageError: the codec has no such levels of resolution.
        """
        raise UsageError(f"codec {cls.name!r} has no levels of resolution: it decodes whole images alone")

    def weights_digest(self) -> str:
        """Which trained weights its bytes depend on: their digests, joined by ``+``; empty where it has none."""
        return ""

    def device(self) -> str:
        """What computes its streams: ``cpu``, or the name of the accelerator that its libraries use here."""
        return "cpu"

    def encode_batch(self, images: Batch) -> list[bytes]:
        """Streams of several images of one size; by default one each. A batch container may give fewer."""
        return [self.encode(image) for image in images]

    @classmethod
    def decode_batch(cls, streams: Sequence[bytes]) -> Batch:
        """All images of the streams that :meth:`encode_batch` gave, in order."""
        if len(streams) == 1:  # nothing to copy: the clock sees the decoder's work alone
            return np.asarray(cls.decode(streams[0]))[np.newaxis]
        return np.stack([cls.decode(data) for data in streams])

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> Any:
        """How a learned codec is trained on a data set.

        Args:
            dataset: as named on the command line.
            options: the options of the training by name, as texts.

        Returns:
            A ``benchmark.neural.training.recipe.Recipe``.

        Raises:
            UsageError: the codec has no training, or not with these options.
        """
        raise UsageError(f"codec {cls.name!r} has no training: it is not a learned one")

    @property
    def is_lossless(self) -> bool:
        """Whether these settings are such as :attr:`lossless_at` names."""
        return self.lossless_at is not None and self.lossless_at.items() <= self.settings.items()

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        """Whether a stream's first bytes are those of this codec; lets ``decode`` do without ``--codec``."""
        return False

    def overhead(self, data: bytes) -> int:
        """Container and header bytes of a stream, where the format lets one tell; 0 elsewhere."""
        return 0

    def colour_path(self, channels: int) -> ColourPath | None:
        """What becomes of the colours of an image of 1 or 3 channels at these settings; None where it is learned."""
        return None

    def complexity(self, height: int, width: int, channels: int) -> Complexity | None:
        """What it computes for an image of this size that it takes, padding included; None where it is not learned."""
        return None

    def nominal_bits(self, data: bytes) -> int | None:
        """Bits of a stream's code before entropy coding, where the code has a fixed size; None elsewhere."""
        return None

    def account(self, data: bytes) -> Account | None:
        """What a stream cost, where that depends on the image; None elsewhere."""
        return None

    def prefix(self, data: bytes) -> bytes:
        """The stream of this operating point, cut from one that was encoded at a higher value of the knob.

        The bytes are those that :meth:`encode_batch` gives at this operating point; a stream of a batch stays one.

        Raises:
            UsageError: the codec is not :attr:`embedded`.
        """
        raise UsageError(f"codec {self.name!r} has no embedded streams: they cannot be cut")

    @property
    def settings(self) -> dict[str, Setting]:
        """All settings by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @property
    def settings_json(self) -> str:
        """All settings as canonical JSON: sorted keys, no spaces."""
        return settings_text(self.settings)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """A codec of these settings, the others at their defaults.

        Raises:
            SettingError: an unknown field, a wrong type or a value out of range.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        if unknown := [field for field in settings if field not in known]:
            raise SettingError(f"{cls.name} has no setting {unknown[0]!r}{did_you_mean(str(unknown[0]), known)}")
        with contained(cls.name):
            return cls(**settings)

    @classmethod
    def parse_setting(cls, field: str, text: str) -> Setting:
        """The value that a text on the command line means for a field.

        Raises:
            SettingError: no such field, or the text is not of its type.
        """
        kinds = setting_types(cls)
        if field not in kinds:
            raise SettingError(f"{cls.name} has no setting {field!r}{did_you_mean(field, kinds)}")
        return parse_value(f"{cls.name}.{field}", kinds[field], text)


def _of_bytes(decode: Callable[[Any, bytes], Image]) -> Callable[[Any, bytes], Image]:
    """A decoder that refuses what is no stream, before a library of whatever kind meets it."""

    @functools.wraps(decode)
    def decode_bytes(cls: type[Codec], data: bytes) -> Image:
        if not isinstance(data, bytes | bytearray | memoryview):
            raise UsageError(f"{cls.name}: decode: expected the bytes of a stream, got {data!r:.80}")
        return decode(cls, data)

    return decode_bytes


@functools.cache
def setting_types(codec: type[Codec]) -> Mapping[str, type]:
    """The type of each setting of a codec, by field name."""
    hints = typing.get_type_hints(codec)
    return {field.name: hints[field.name] for field in dataclasses.fields(codec)}


def check_image(image: npt.NDArray[Any], *, codec: str, max_side: int | None = None) -> Image:
    """The image, once it is known to be one that a codec may take.

    Args:
        image: anything array-like that claims to be an image.
        codec: name for the message.
        max_side: longest side that the format can hold, in pixels.

    Raises:
        UnsupportedImage: not ``uint8`` of shape (H, W) or (H, W, 3), empty, or too large.
    """
    expected = "uint8 pixels of shape (H, W) or (H, W, 3)"
    if not isinstance(image, np.ndarray):
        raise UnsupportedImage(f"{codec}: expected a NumPy array of {expected}, got {type(image).__name__}")
    if image.dtype != np.uint8:
        raise UnsupportedImage(
            f"{codec}: expected {expected}, got dtype {image.dtype}; convert to 8 bit first: "
            "the bench never drops bits silently"
        )
    if image.ndim == 3 and image.shape[2] == 4:
        raise UnsupportedImage(f"{codec}: expected {expected}, got RGBA; remove the alpha channel first")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise UnsupportedImage(f"{codec}: expected {expected}, got shape {image.shape}")
    if min(image.shape[:2]) < 1:
        raise UnsupportedImage(f"{codec}: expected at least 1×1 pixels, got shape {image.shape}")
    check_size(codec, image.shape[1], image.shape[0])
    if max_side is not None and max(image.shape[:2]) > max_side:
        raise UnsupportedImage(
            f"{codec}: the format holds at most {max_side} pixels a side, got {image.shape[1]}×{image.shape[0]}"
        )
    return image
