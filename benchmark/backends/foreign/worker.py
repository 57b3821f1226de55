"""The worker: it loads a codec in an environment of its own, and answers the bench's requests until there are no more.

The bench runs this file by an interpreter that a user names. It takes Python 3.8, NumPy 1.20 and nothing else, and
imports nothing of the bench but the files ``facts.py`` and ``counts.py`` beside it.

Protocol 1. A message is a header of 12 bytes (little-endian lengths: ``u32`` of the text, ``u64`` of the body), a JSON
text, and a body. Streams are the body, one after the other, with their ``lengths`` in the text. Pixels lie in a file
that both processes have open, in memory where the system has such files: ``uint8``, of the ``shape`` in the text. Each
request has one answer; one that could not be met has ``error``, a line that says why.

    open        protocol, codec [file or module, class],
                needs, pixels, memory (MiB)                            ->  pid, python, packages, files, offers, counts
    encode      settings, shape; pixels                                ->  lengths; streams
    decode      settings, lengths; streams                             ->  shape; pixels
    account     settings, lengths; a stream of the last encode          ->  bits
    overhead    settings, lengths; a stream                             ->  overhead
    weights_file  settings                                             ->  path, fetch
    estimate    settings, shape; pixels                                 ->  bits, shape; pixels
    device      settings                                               ->  device
    complexity  settings, height, width, channels                      ->  parameters, encode_macs, decode_macs

Requests and answers have pipes of their own. What a codec prints goes to stderr, and what it reads is empty.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import platform
import struct
import sys
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

if __name__ == "__main__":  # run as a file, in an environment without the bench
    from counts import counts_of  # type: ignore[import-not-found]
    from facts import device_of, limit_memory, own_files, packages_of, told_of  # type: ignore[import-not-found]
else:
    from benchmark.backends.foreign.counts import counts_of
    from benchmark.backends.foreign.facts import device_of, limit_memory, own_files, packages_of, told_of

PROTOCOL = 1
HEADER = struct.Struct("<IQ")
"""Lengths of the text and of the body of a message."""

OFFERS = ("encode_batch", "decode_batch", "complexity", "estimate_bits", "overhead", "weights_file")
"""Methods that a codec may have beside ``encode`` and ``decode``."""

_AT_ONCE = 1 << 30
"""Bytes that a system call moves at most; some systems take no more than 2 GiB."""


def send(pipe: BinaryIO, text: Mapping[str, Any], body: bytes = b"") -> None:
    """Writes a message."""
    told = json.dumps(text).encode()
    pipe.write(HEADER.pack(len(told), len(body)) + told)
    pipe.write(body)
    pipe.flush()


def receive(pipe: BinaryIO) -> Optional[Tuple[Dict[str, Any], bytes]]:
    """Reads a message; None at the end of the pipe."""
    head = pipe.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    told, body = HEADER.unpack(head)
    return json.loads(pipe.read(told)), pipe.read(body)


def write_pixels(file: int, pixels: Any) -> None:
    """Writes an array's bytes to the start of a file."""
    left, place = memoryview(pixels).cast("B"), 0
    while place < len(left):
        place += os.pwrite(file, left[place : place + _AT_ONCE], place)


def read_pixels(file: int, into: Any) -> None:
    """Fills an array with the first bytes of a file.

    Raises:
        EOFError: the file has fewer.
    """
    left, place = memoryview(into).cast("B"), 0
    while place < len(left):
        count = os.preadv(file, [left[place : place + _AT_ONCE]], place)
        if not count:
            raise EOFError("the file of pixels is shorter than the image")
        place += count


def split(body: bytes, lengths: Sequence[int]) -> List[bytes]:
    """The streams of a body."""
    found, place = [], 0
    for length in lengths:
        found.append(body[place : place + length])
        place += length
    return found


class Worker:
    """A codec's class, and an instance of it for each of the settings that were asked for.

    Args:
        pixels: the file of pixels.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._class: Any = None
        self._form = "numpy"
        self._codecs: Dict[str, Any] = {}
        self._last: Tuple[Any, List[bytes]] = ((), [])
        """What was encoded last: images and streams."""
        self._counts: Dict[Tuple[int, int, int, int], Dict[str, Any]] = {}
        """What was counted, by the codec's identity and the size of the image; codecs live as long as this."""

    def answer(self, request: Mapping[str, Any], body: bytes) -> Tuple[Dict[str, Any], bytes]:
        """The answer to a request: a text and a body."""
        ask = request["ask"]
        if ask == "open":
            return self._open(request), b""
        if ask == "weights_file":
            path, fetch = self._class.weights_file(**request["settings"])
            return {"path": path, "fetch": fetch}, b""
        codec = self._codec(request["settings"])
        if ask == "encode":
            streams = self._encode(codec, request["shape"])
            return {"lengths": [len(stream) for stream in streams]}, b"".join(streams)
        answers: Dict[str, Callable[[], Dict[str, Any]]] = {
            "decode": lambda: {"shape": self._decode(codec, split(body, request["lengths"]))},
            "account": lambda: {"bits": self._account(codec, body)},
            "overhead": lambda: {"overhead": int(codec.overhead(body))},
            "estimate": lambda: self._estimate(codec, request["shape"]),
            "device": lambda: {"device": device_of(codec)},
            "complexity": lambda: self._complexity(codec, request["height"], request["width"], request["channels"]),
        }
        if ask not in answers:
            raise ValueError("unknown request {!r}".format(ask))
        return answers[ask](), b""

    def _open(self, request: Mapping[str, Any]) -> Dict[str, Any]:
        if request["protocol"] != PROTOCOL:
            raise ValueError("expected protocol {}, got {}".format(PROTOCOL, request["protocol"]))
        limit_memory(request["memory"])
        self._form = request["pixels"]
        import numpy  # noqa: F401  # a codec needs it, and so do we: where it is missing, this is the time to say so

        place, name = request["codec"]
        module = load(place)
        if not hasattr(module, name):
            raise AttributeError("{} has no class {!r}".format(os.path.basename(place), name))
        self._class = getattr(module, name)
        for method in request["needs"]:
            if not callable(getattr(self._class, method, None)):
                raise TypeError("class {} needs a method {!r}".format(name, method))
        files = own_files(str(module.__file__))
        return {
            "python": "{} {}".format(platform.python_implementation(), platform.python_version()),
            "packages": packages_of(files),
            "files": files,
            "pid": os.getpid(),
            "offers": [method for method in OFFERS if callable(getattr(self._class, method, None))],
            "counts": "torch" in sys.modules,
        }

    def _codec(self, settings: Mapping[str, Any]) -> Any:
        key = json.dumps(settings, sort_keys=True)
        if key not in self._codecs:
            with ungraded():
                self._codecs[key] = self._class(**settings)
        return self._codecs[key]

    def _complexity(self, codec: Any, height: int, width: int, channels: int) -> Dict[str, Any]:
        """What the codec says of its complexity, or what PyTorch counts while it works on an even picture."""
        if callable(getattr(codec, "complexity", None)):
            return complexity_of(codec, height, width, channels)
        key = id(codec), height, width, channels
        if key not in self._counts:
            import numpy

            shape = (1, height, width) if channels == 1 else (1, height, width, channels)
            with ungraded():
                self._counts[key] = counts_of(codec, self._given(numpy.full(shape, 128, numpy.uint8), single=True))
        return self._counts[key]

    def _encode(self, codec: Any, shape: Sequence[int]) -> List[bytes]:
        images = self._read(shape)
        with ungraded():
            if hasattr(codec, "encode_batch"):
                streams = list(codec.encode_batch(self._given(images)))
            else:
                streams = [codec.encode(self._given(images[i : i + 1], single=True)) for i in range(len(images))]
        if len(streams) != len(images):
            raise ValueError("encode_batch returned {} streams for {} images".format(len(streams), len(images)))
        for stream in streams:
            if not isinstance(stream, (bytes, bytearray, memoryview)):
                raise TypeError("encode returned {}, expected bytes".format(type(stream).__name__))
        plain = [bytes(stream) for stream in streams]
        self._last = images, plain
        return plain

    def _read(self, shape: Sequence[int]) -> Any:
        import numpy

        images = numpy.empty(shape, numpy.uint8)
        read_pixels(self._pixels, images)
        return images

    def _account(self, codec: Any, stream: bytes) -> Optional[float]:
        """What the codec estimates of the image that gave a stream; None where that is another one's."""
        images, streams = self._last
        if stream not in streams:
            return None
        place = streams.index(stream)
        with ungraded():
            return float(codec.estimate_bits(self._given(images[place : place + 1], single=True))[0])

    def _estimate(self, codec: Any, shape: Sequence[int]) -> Dict[str, Any]:
        import numpy

        images, found = self._read(shape), []
        with ungraded():
            for i in range(len(images)):
                bits, image = codec.estimate_bits(self._given(images[i : i + 1], single=True))
                found.append((float(bits), self._taken(image, False)))
        return {"bits": [bits for bits, _ in found], "shape": self._write(numpy.stack([image for _, image in found]))}

    def _given(self, images: Any, single: bool = False) -> Any:
        """Images as the codec wants them; a single one without the axis of the batch where it is of NumPy."""
        if self._form == "numpy":
            return images[0] if single else images
        import torch  # type: ignore[import-not-found, unused-ignore]

        planes = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        return torch.from_numpy(planes.astype("float32") / 255)

    def _decode(self, codec: Any, streams: Sequence[bytes]) -> List[int]:
        import numpy

        with ungraded():
            if hasattr(codec, "decode_batch"):
                images = self._taken(codec.decode_batch(list(streams)), True)
            else:
                found = [self._taken(codec.decode(stream), False) for stream in streams]
                images = found[0][None] if len(found) == 1 else numpy.stack(found)
        if len(images) != len(streams):
            raise ValueError("decode_batch returned {} images for {} streams".format(len(images), len(streams)))
        return self._write(images)

    def _write(self, images: Any) -> List[int]:
        import numpy

        os.ftruncate(self._pixels, max(images.nbytes, os.fstat(self._pixels).st_size))
        write_pixels(self._pixels, numpy.ascontiguousarray(images))
        return list(images.shape)

    def _taken(self, returned: Any, batch: bool) -> Any:
        """What a codec returned as pixels: ``uint8``, (H, W) or (H, W, 3), with an axis before them for a batch."""
        import numpy

        if hasattr(returned, "detach"):  # a tensor
            returned = returned.detach().cpu().numpy()
        pixels = numpy.asarray(returned)
        told = "{} of shape {}".format(pixels.dtype, pixels.shape)
        if self._form == "torch":
            if pixels.ndim == 4 and not batch and len(pixels) == 1:
                pixels = pixels[0]
            if pixels.dtype.kind != "f" or pixels.ndim != 3 + batch or pixels.shape[-3] not in (1, 3):
                raise ValueError("decode returned {}, expected floats in 0..1 of shape (1, 3, H, W)".format(told))
            if not numpy.isfinite(pixels).all():
                raise ValueError("decode returned values that are no numbers")
            pixels = numpy.moveaxis(pixels, -3, -1)
            pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
            return numpy.rint(pixels.clip(0, 1) * 255).astype(numpy.uint8)
        grey = pixels.ndim == 2 + batch
        if pixels.dtype != numpy.uint8 or not (grey or (pixels.ndim == 3 + batch and pixels.shape[-1] == 3)):
            raise ValueError("decode returned {}, expected uint8 of shape (H, W, 3) or (H, W)".format(told))
        return pixels


@contextlib.contextmanager
def ungraded() -> Iterator[None]:
    """Lets PyTorch keep no gradients, where it is loaded."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    with torch.no_grad():
        yield


def load(place: str) -> Any:
    """The module of a file, or of a name; what lies beside the file can be imported."""
    if not place.endswith(".py"):
        return importlib.import_module(place)
    sys.path.insert(0, os.path.dirname(place))
    name = os.path.splitext(os.path.basename(place))[0]
    spec = importlib.util.spec_from_file_location(name, place)
    if spec is None or spec.loader is None:
        raise ImportError("{} cannot be loaded".format(place))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def complexity_of(codec: Any, height: int, width: int, channels: int) -> Dict[str, Any]:
    """What the codec's ``complexity`` says: parameters, and multiply-accumulates to encode and to decode."""
    parameters, encode_macs, decode_macs = codec.complexity(height, width, channels)
    return {
        "parameters": int(parameters),
        "encode_macs": None if encode_macs is None else int(encode_macs),
        "decode_macs": None if decode_macs is None else int(decode_macs),
    }


def serve(requests: int, answers: int, pixels: int) -> None:
    """Answers requests until there are no more, and ends the process.

    Args:
        requests, answers: the pipes.
        pixels: the file of pixels.
    """
    for place in (requests, answers, pixels):
        os.set_inheritable(place, False)
    # The folder of this file is none that a codec may import from.
    del sys.path[0], sys.modules["facts"], sys.modules["counts"]
    worker, owner = Worker(pixels), os.getpid()
    with os.fdopen(requests, "rb") as incoming, os.fdopen(answers, "wb") as outgoing:
        while True:
            message = receive(incoming)
            if message is None:
                break
            body = b""
            try:
                told, body = worker.answer(*message)
            except BaseException as error:  # a codec may raise anything, SystemExit too
                told = told_of(error)
                del error
            if os.getpid() != owner:  # a copy: a codec has forked, and returned twice
                os._exit(1)
            try:
                send(outgoing, told, body)
            except OSError:  # nobody waits for it any more
                break
        os._exit(0)  # whatever threads a codec has left


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:4]))
