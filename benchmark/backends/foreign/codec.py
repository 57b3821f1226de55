"""Codecs that are a class in a Python environment of their own.

The keys of the TOML file that names one stand at the head of :mod:`benchmark.backends.foreign.reading`.

A decoder sees the stream alone. So that it knows the settings, a stream begins with them, in as few bytes as they take;
they count as all others do, and stand in ``overhead_bytes``.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmark.backends.declared import PLACEHOLDER, DeclaredCodec
from benchmark.backends.foreign import counts, facts, worker
from benchmark.backends.foreign.header import pack_settings, unpack_settings
from benchmark.backends.foreign.workers import About, explained, opened
from benchmark.codec import Account, Batch, Complexity, Image, check_image
from benchmark.errors import BitstreamError, ProgramError, UnsupportedImage, UsageError

CHANNELS = {1: "grey", 3: "RGB"}
"""What images of so many channels are called."""


@dataclasses.dataclass(frozen=True)
class ForeignCodec(DeclaredCodec):
    """A class of another Python environment, loaded there once by a worker that lives on.

    What is timed includes the way of pixels and streams between the processes, a few milliseconds.

    Defaults and colour path: those of the class. Known limits: whether damage is told is up to the class.
    """

    about: ClassVar[About]

    @classmethod
    def version(cls) -> str:
        told = opened(cls.about, "encode").told
        packages = ", ".join(f"{name} {version}" for name, version in told["packages"].items())
        return f"{told['python']}, {packages}, {cls.about.path.name} {cls.about.digest}"

    @classmethod
    def used_files(cls) -> list[Path]:
        return [
            Path(counts.__file__),
            Path(facts.__file__),
            Path(worker.__file__),
            *map(Path, opened(cls.about, "encode").told["files"]),
        ]

    def weights_digest(self) -> str:
        path = self._checkpoint() or self._weights_file()
        if path is None:
            return ""
        try:
            state = path.stat()
            return _file_digest(path, state.st_mtime_ns, state.st_size)
        except OSError as error:
            why = error.strerror or error
            raise UsageError(f"{self.about.path}: checkpoint: {path} cannot be read: {why}") from error

    def device(self) -> str:
        return str(self._tell({"ask": "device"})["device"])

    def complexity(self, height: int, width: int, channels: int) -> Complexity | None:
        found = opened(self.about, "encode").told
        own = "complexity" in found["offers"]
        if not (own or found["counts"]):
            return None
        try:
            told = self._tell({"ask": "complexity", "height": height, "width": width, "channels": channels})
        except ProgramError:
            if own:
                raise
            return None  # nobody asked for a count: that it takes too long or too much memory is no fault
        if told["parameters"] is None:
            return None
        return Complexity(told["parameters"], told["encode_macs"], told["decode_macs"])

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name)
        return self.encode_batch(image[np.newaxis])[0]

    def encode_batch(self, images: Batch) -> list[bytes]:
        self._check(images)
        link = opened(self.about, "encode").link
        request = {"ask": "encode", "settings": self._arguments(), "shape": link.put(images)}
        with explained(self.about):
            told, body = link.ask(request)
        head = pack_settings(self)
        return [head + stream for stream in worker.split(body, told["lengths"])]

    @classmethod
    def decode(cls, data: bytes) -> Image:
        image: Image = cls.decode_batch([data])[0]
        return image

    @classmethod
    def decode_batch(cls, streams: Sequence[bytes]) -> Batch:
        parsed = [unpack_settings(cls, data) for data in streams]
        codec = parsed[0][0]
        if any(other != codec for other, _ in parsed):
            return np.stack([cls.decode(data) for data in streams])
        payloads = [data[start:] for data, (_, start) in zip(streams, parsed, strict=True)]
        link = opened(cls.about, "decode").link
        with explained(cls.about, BitstreamError, "not a whole stream of "):
            told, _ = link.ask({"ask": "decode", "settings": codec._arguments()}, payloads)
        return link.take(told["shape"])

    def overhead(self, data: bytes) -> int:
        start = unpack_settings(type(self), data)[1]
        found = opened(self.about, "encode")
        if "overhead" not in found.told["offers"]:
            return start
        with explained(self.about):
            told, _ = found.link.ask({"ask": "overhead", "settings": self._arguments()}, [data[start:]])
        return start + int(told["overhead"])

    def account(self, data: bytes) -> Account | None:
        """The estimate of the class's own model, where it makes one, of the image that was last encoded to a stream."""
        found = opened(self.about, "encode")
        if "estimate_bits" not in found.told["offers"]:
            return None
        with explained(self.about):
            payload = data[unpack_settings(type(self), data)[1] :]
            told, _ = found.link.ask({"ask": "account", "settings": self._arguments()}, [payload])
        return None if told["bits"] is None else Account(told["bits"])

    def estimated(self, images: Batch) -> tuple[list[float], Batch]:
        """Bits of each image by the class's own model, and the images that would be decoded."""
        self._check(images)
        link = opened(self.about, "encode").link
        request = {"ask": "estimate", "settings": self._arguments(), "shape": link.put(images)}
        with explained(self.about):
            told, _ = link.ask(request)
        return told["bits"], link.take(told["shape"])

    def _check(self, images: Batch) -> None:
        channels = images.shape[3] if images.ndim == 4 else 1
        if channels not in self.channels:
            taken = " and ".join(CHANNELS[count] for count in self.channels)
            raise UnsupportedImage(f"{self.name} takes {taken} images alone, got a {CHANNELS[channels]} one")

    def _tell(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with explained(self.about):
            return opened(self.about, "encode").link.ask({**request, "settings": self._arguments()})[0]

    def _checkpoint(self) -> Path | None:
        """The file of weights at these settings; None where there is none."""
        text = self.about.checkpoint
        if not text:
            return None
        return self.about.path.parent / PLACEHOLDER.sub(lambda found: str(self.settings[found[1]]), text)

    def _weights_file(self) -> Path | None:
        """The file of weights that the class itself finds, where it tells; None where it does not.

        Raises:
            UsageError: the file is not there.
        """
        if "weights_file" not in opened(self.about, "encode").told["offers"]:
            return None
        told = self._tell({"ask": "weights_file"})
        path = Path(told["path"])
        if not path.is_file():
            raise UsageError(
                f"{self.name}: the weights of {self.settings_json} are not here: expected {path}; this fetches them: "
                f'{self.about.python} -c "{told["fetch"]}"'
            )
        return path

    def _arguments(self) -> dict[str, Any]:
        """What the class is made with."""
        path = self._checkpoint()
        return {**self.settings, **({} if path is None else {"checkpoint": str(path)})}


@cache
def _file_digest(path: Path, changed: int, size: int) -> str:
    """The digest of a file of weights, in the state that it has now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
