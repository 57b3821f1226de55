"""Codecs that are a class in a Python environment of their own, which a TOML file names.

    name = "my-model"
    python = "venv/bin/python"      # the interpreter of the environment: Python 3.8 or later, NumPy 1.20 or later
    codec = "my_model.py:MyModel"   # a file and a class in it, or a module of the environment and a class
    checkpoint = "q{quality}.pth"   # the file of weights, which the class gets as checkpoint; settings may stand in it
    pixels = "torch"                # or "numpy", see below
    channels = [3]                  # images that it takes: 3 for RGB, 1 for grey
    timeout = 300                   # seconds for each answer, the loading of the model included
    memory = 16384                  # MiB of memory of its process, on Linux

    [knob]                          # and [settings.NAME]: see benchmark.backends.declared

The class is made with the settings as arguments, and has two methods: ``encode(image)`` returns bytes, and
``decode(data)`` returns an image. With ``pixels = "numpy"`` an image is ``uint8`` of shape (H, W, 3), or (H, W) for
grey. With ``pixels = "torch"`` it is a tensor of ``float32`` in 0..1 of shape (1, 3, H, W), or (1, 1, H, W).
``encode_batch(images)`` and ``decode_batch(streams)`` take several images of one size, ``complexity(height, width,
channels)`` returns the number of parameters and the multiply–accumulates to encode and to decode, and ``device`` says
what computes.

A decoder sees the stream alone. So that it knows the settings, a stream begins with them, in as few bytes as they take;
they count as all others do, and stand in ``overhead_bytes``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmark.backends.declared import (
    PLACEHOLDER,
    DeclaredCodec,
    Kinds,
    check_keys,
    check_limits,
    declare,
)
from benchmark.backends.foreign import facts, worker
from benchmark.backends.foreign.header import pack_settings, unpack_settings
from benchmark.backends.foreign.link import Link, WorkerError
from benchmark.codec import Batch, Complexity, Image, check_image
from benchmark.errors import BenchmarkError, BitstreamError, MissingBackend, ProgramError, UnsupportedImage, UsageError
from benchmark.system.program import find_program

TIMEOUT = 300.0
"""Seconds that an answer may take, where nothing else is said."""
MEMORY = 16384
"""MiB of memory that a worker may take, where nothing else is said."""

_OWN = ("checkpoint",)
"""Arguments of the class that are none of its settings."""

_FORMS = ("numpy", "torch")
_CHANNELS = {1: "grey", 3: "RGB"}
_KEYS: Kinds = {
    "name": (str,),
    "summary": (str,),
    "python": (str,),
    "codec": (str,),
    "checkpoint": (str,),
    "pixels": (str,),
    "channels": (list,),
    "timeout": (int, float),
    "memory": (int,),
    "knob": (dict,),
    "settings": (dict,),
}


@dataclasses.dataclass(frozen=True)
class _About:
    """What a file says beside the name and the settings.

    Attributes:
        path: the path of the file.
        python: the interpreter, a name on PATH or an absolute path.
        place: the absolute path of the file of the class, or the name of its module.
        cls: the name of the class.
        checkpoint: the file of weights, with placeholders; may be empty.
        pixels: ``numpy`` or ``torch``.
        timeout: seconds for each answer.
        memory: MiB.
        digest: the digest of all that the file says.
    """

    path: Path
    python: str
    place: str
    cls: str
    checkpoint: str
    pixels: str
    timeout: float
    memory: int
    digest: str

    @property
    def is_file(self) -> bool:
        """Whether the class is one of a file, and not of a module of the environment."""
        return self.place.endswith(".py")


@dataclasses.dataclass(frozen=True)
class ForeignCodec(DeclaredCodec):
    """A class of another Python environment, loaded there once by a worker that lives on.

    What is timed includes the way of pixels and streams between the processes, a few milliseconds.

    Defaults and colour path: those of the class. Known limits: whether damage is told is up to the class.
    """

    about: ClassVar[_About]

    @classmethod
    def version(cls) -> str:
        told = _opened(cls, "encode").told
        packages = ", ".join(f"{name} {version}" for name, version in told["packages"].items())
        return f"{told['python']}, {packages}, {cls.about.path.name} {cls.about.digest}"

    @classmethod
    def used_files(cls) -> list[Path]:
        return [Path(facts.__file__), Path(worker.__file__), *map(Path, _opened(cls, "encode").told["files"])]

    def weights_digest(self) -> str:
        path = self._checkpoint()
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
        if "complexity" not in _opened(type(self), "encode").told["offers"]:
            return None
        told = self._tell({"ask": "complexity", "height": height, "width": width, "channels": channels})
        return Complexity(told["parameters"], told["encode_macs"], told["decode_macs"])

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name)
        return self.encode_batch(image[np.newaxis])[0]

    def encode_batch(self, images: Batch) -> list[bytes]:
        channels = images.shape[3] if images.ndim == 4 else 1
        if channels not in self.channels:
            taken = " and ".join(_CHANNELS[count] for count in self.channels)
            raise UnsupportedImage(f"{self.name} takes {taken} images alone, got a {_CHANNELS[channels]} one")
        link = _opened(type(self), "encode").link
        request = {"ask": "encode", "settings": self._arguments(), "shape": link.put(images)}
        with _explained(type(self)):
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
        link = _opened(cls, "decode").link
        with _explained(cls, BitstreamError, "not a whole stream of "):
            told, _ = link.ask({"ask": "decode", "settings": codec._arguments()}, payloads)
        return link.take(told["shape"])

    def overhead(self, data: bytes) -> int:
        return unpack_settings(type(self), data)[1]

    def _tell(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with _explained(type(self)):
            return _opened(type(self), "encode").link.ask({**request, "settings": self._arguments()})[0]

    def _checkpoint(self) -> Path | None:
        """The file of weights at these settings; None where there is none."""
        text = self.about.checkpoint
        if not text:
            return None
        return self.about.path.parent / PLACEHOLDER.sub(lambda found: str(self.settings[found[1]]), text)

    def _arguments(self) -> dict[str, Any]:
        """What the class is made with."""
        path = self._checkpoint()
        return {**self.settings, **({} if path is None else {"checkpoint": str(path)})}


def foreign_codec(path: Path, document: Mapping[str, Any]) -> type[ForeignCodec]:
    """The codec that a file describes, whose keys are those at the head of this module.

    Args:
        path: the file.
        document: what it says.

    Raises:
        UsageError: a key is missing, unknown or of a wrong type, or says what cannot be.
    """
    check_keys(str(path), document, _KEYS, ("name", "python", "codec"))
    channels = tuple(dict.fromkeys(document.get("channels", (3,))))
    if not channels or not set(channels) <= set(_CHANNELS):
        raise UsageError(f"{path}: channels: expected [3], [1] or [1, 3], got {list(channels)}")
    return declare(
        ForeignCodec,
        path,
        document,
        _OWN,
        lambda settings: {"about": _describe(path, document, settings), "channels": channels},
    )


def _describe(path: Path, document: Mapping[str, Any], settings: Sequence[str]) -> _About:
    place, _, name = document["codec"].rpartition(":")
    if not place or not name.isidentifier():
        raise UsageError(f"{path}: codec: expected FILE.py:CLASS or MODULE:CLASS, got {document['codec']!r}")
    if place.endswith(".py"):
        place = str((path.parent / place).resolve())
    python = document["python"]
    if Path(python).name != python:
        # Not resolved: the interpreter of a venv is a link, and tells by its own place what it belongs to.
        python = str(Path(path.parent, Path(python).expanduser()).absolute())
    about = _About(
        path=path,
        python=python,
        place=place,
        cls=name,
        checkpoint=document.get("checkpoint", ""),
        pixels=document.get("pixels", "numpy"),
        timeout=float(document.get("timeout", TIMEOUT)),
        memory=document.get("memory", MEMORY),
        digest=hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12],
    )
    if about.pixels not in _FORMS:
        raise UsageError(f"{path}: pixels: expected numpy or torch, got {about.pixels!r}")
    for name in PLACEHOLDER.findall(about.checkpoint):
        if name not in settings:
            raise UsageError(f"{path}: checkpoint: {{{name}}} is none of its settings")
    check_limits(path, {"timeout": about.timeout, "memory": about.memory})
    return about


@dataclasses.dataclass(frozen=True)
class _Opened:
    """A worker that has loaded a class.

    Attributes:
        link: the link to it.
        told: what it says of its environment and of the class.
        state: the state of the file of the class that it has loaded.
    """

    link: Link
    told: Mapping[str, Any]
    state: tuple[int, int]


_workers: dict[tuple[_About, str], _Opened] = {}
"""The workers of this process, by codec and by what they do."""


def _opened(cls: type[ForeignCodec], role: str) -> _Opened:
    """The worker of a codec, started where there is none, or where the file of the class has changed.

    Args:
        cls: the codec.
        role: ``encode`` or ``decode``: what decodes has seen no image, in whatever process this is.

    Raises:
        MissingBackend: the interpreter is not there, or lacks a package.
        UsageError: the file of the class is not there.
        ProgramError: the class cannot be loaded, or not in time.
    """
    about = cls.about
    state = _state(about)
    found = _workers.get((about, role))
    if found is not None and found.link.alive:
        if found.state == state:
            return found
        found.link.end()
    link = Link(find_program(about.python), name=cls.name, timeout=about.timeout)
    request = {
        "ask": "open",
        "protocol": worker.PROTOCOL,
        "codec": [about.place, about.cls],
        "memory": about.memory,
        "pixels": about.pixels,
    }
    try:
        told, _ = link.ask(request)
    except WorkerError as error:
        link.end()
        if error.kind == "ModuleNotFoundError":
            raise MissingBackend(f"{cls.name}: {about.python}: {error}; install it there") from error
        raise ProgramError(f"{cls.name}: {about.place}:{about.cls} cannot be loaded: {error}") from error
    _workers[about, role] = _Opened(link, told, state)
    return _workers[about, role]


def _state(about: _About) -> tuple[int, int]:
    if not about.is_file:
        return 0, 0
    try:
        state = Path(about.place).stat()
    except OSError as error:
        raise UsageError(f"{about.path}: codec: {about.place} cannot be read: {error.strerror or error}") from error
    return state.st_mtime_ns, state.st_size


@contextlib.contextmanager
def _explained(cls: type[ForeignCodec], kind: type[BenchmarkError] = ProgramError, words: str = "") -> Iterator[None]:
    """Tells errors of the worker as those of the codec.

    Args:
        cls: the codec.
        kind: the error that one of the class becomes; to lack memory is none of the class.
        words: what the message begins with.
    """
    try:
        yield
    except WorkerError as error:
        if error.kind == "memory":
            raise ProgramError(f"{cls.name}: it took more than {cls.about.memory} MiB of memory: {error}") from error
        raise kind(f"{words}{cls.name}: {error}") from error


@cache
def _file_digest(path: Path, changed: int, size: int) -> str:
    """The digest of a file of weights, in the state that it has now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
