"""Audit: what a codec does before it quantises, and whether it keeps what it promises.

Each codec encodes one image at its finest setting, so that its quantiser is out of the way and what is lost is lost on
the colour path. Its encoder then runs in processes of their own, with one thread allowed and with two, and is watched
from outside.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import multiprocessing
import time
from collections import Counter
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.codec import Codec, Image, Setting
from benchmark.colour.ceiling import ceiling, excess, psnr
from benchmark.colour.convert import rgb_to_ycbcr, to_uint8
from benchmark.defaults import AUDIT_IMAGE
from benchmark.errors import UnsupportedImage, contained, typed_line
from benchmark.plugins import codec_class, open_dataset, portable_name, version_of
from benchmark.system.environment import thread_environment, variables

_SECONDS, _LOOKS, _RUNS = 0.5, 100, 2
"""How long an encoder is watched at least, how often it is looked at, and how often it runs."""

_PAUSE = 0.002
"""Seconds between two looks at it."""

_SHARE = 0.05
"""Share of the looks in which so many threads have to be seen at work, to count."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """What an audit found of one codec; an empty text is unknown.

    Attributes:
        settings: the finest, as canonical JSON.
        matrix, range, subsampling, depth, by: the parts of its :class:`~benchmark.colour.convert.ColourPath`.
        psnr: measured at the finest setting over all channels, in dB.
        ceiling: the PSNR that the colour path alone can keep, see :func:`~benchmark.colour.ceiling.ceiling`.
        lossless: ``verified``, ``broken``, or empty where it is not claimed.
        bytes_1x1, overhead_1x1: of the stream of one pixel.
        overhead: metadata bytes of the image's stream.
        threads: how many threads worked at once while it encoded, where one was allowed.
        deterministic: whether all streams were the same bytes, with one thread allowed and with two.
        problems: claims that failed.
    """

    codec: str
    version: str
    settings: str
    matrix: str = ""
    range: str = ""
    subsampling: str = ""
    depth: int | str = ""
    by: str = ""
    psnr: float | str = ""
    ceiling: float | str = ""
    lossless: str = ""
    bytes_1x1: int | str = ""
    overhead_1x1: int | str = ""
    overhead: int | str = ""
    threads: int | str = ""
    deterministic: bool | str = ""
    problems: tuple[str, ...] = ()


def default_image() -> Image:
    """The image that is audited where a user names none: ``uint8``, shape (H, W, 3)."""
    dataset, item = AUDIT_IMAGE
    image: Image = open_dataset(dataset).load(item)[0]
    return image


def audit(name: str, image: Image) -> Finding:
    """Audits one codec.

    Args:
        name: the name of the codec.
        image: (H, W, 3) or (H, W); its luma serves codecs that take grey alone.

    Raises:
        UsageError, MissingBackend: the codec is unknown, or cannot run here.
    """
    cls = codec_class(name)
    version = version_of(cls)
    if image.ndim == 3 and 3 not in cls.channels:
        image = to_uint8(rgb_to_ycbcr(image)[..., 0])
    codec = finest(cls)
    found: dict[str, Any] = {}
    problems: list[str] = []
    path = codec.colour_path(1 if image.ndim == 2 else 3)
    if path is not None:
        found |= {
            "matrix": path.matrix,
            "range": "full" if path.full_range else "limited",
            "subsampling": path.subsampling,
            "depth": path.depth,
            "by": path.by,
            "ceiling": ceiling(image, path),
        }
    try:
        with contained(name):
            stream = codec.encode(image.copy())  # what it writes there changes no comparison
            decoded = cls.decode(stream)
            # A grey image that comes back as colour is compared in every channel.
            same = image if decoded.ndim == image.ndim else np.repeat(image[..., np.newaxis], 3, axis=-1)
            found["psnr"] = psnr(decoded, same)
            found["overhead"] = codec.overhead(stream)
            if path is not None:
                problems += filter(None, [excess(found["psnr"], image, path)])
            if cls.lossless_at is not None:
                lossy = lossy_settings(cls, image)
                found["lossless"] = "broken" if lossy else "verified"
                problems += [f"not lossless at {settings}" for settings in lossy]
            with contextlib.suppress(UnsupportedImage):
                pixel = codec.encode(image[:1, :1])
                found |= {"bytes_1x1": len(pixel), "overhead_1x1": codec.overhead(pixel)}
            runs = [_watch(name, codec, image, threads) for threads in (1, 2)]
    except Exception as error:  # a codec may raise anything: that it does is what is found
        problems.append(typed_line(error))
    else:
        found["threads"] = runs[0][1]
        found["deterministic"] = len({digest for digests, _ in runs for digest in digests}) == 1
        if not found["deterministic"]:
            each = all(len(digests) == 1 for digests, _ in runs)
            problems.append("one thread and two give other bytes" if each else "two encodes give other bytes")
    return Finding(cls.name, version, codec.settings_json, **found, problems=tuple(problems))


def lossy_settings(cls: type[Codec], image: Image) -> list[str]:
    """The settings that are said to be lossless and are not, as canonical JSON.

    The image is tried at the defaults; a part of it, and noise, with every value of each other setting, or the two ends
    of one that has many.
    """
    assert cls.lossless_at is not None
    exact = cls.from_settings(cls.lossless_at)
    part = image[:_PART, :_PART]
    pictures = [part, *(_noise(*place, image.ndim) for place in _NOISE)]
    trials = [(exact, [image, *pictures])]
    for field in dataclasses.fields(cls):
        if field.name not in cls.lossless_at:
            values = _values(exact.settings[field.name], field.metadata)
            trials += [(cls.from_settings({**cls.lossless_at, field.name: value}), pictures) for value in values]
    lossy: dict[str, None] = {}
    for codec, tried in trials:
        for picture in tried:
            with contextlib.suppress(UnsupportedImage):
                if not np.array_equal(cls.decode(codec.encode(picture.copy())), picture):
                    lossy[codec.settings_json] = None
                    break
    return list(lossy)


_PART = 96
"""Side of the part of an image that every effort is tried on, in pixels."""

_NOISE = ((10, 58, 134), (141, 52, 103), (153, 56, 111))
"""Seeds, heights and widths of noise. An encoder may keep every photograph and lose this: libjxl 0.11 at effort 1."""

_MOST_VALUES = 16
"""Values of a setting that are all tried."""


def _noise(seed: int, height: int, width: int, dimensions: int) -> Image:
    shape = (height, width, 3) if dimensions == 3 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def _values(default: Setting, limits: Mapping[str, Any]) -> list[Setting]:
    """The values that a setting may take beside its default; of many, the two ends."""
    if isinstance(default, bool):
        return [not default]
    low, high = limits.get("low"), limits.get("high")
    values = limits.get("choices") or []
    if not values and low is not None and high is not None:
        whole = isinstance(default, int) and high - low < _MOST_VALUES
        values = list(range(int(low), int(high) + 1)) if whole else [type(default)(low), type(default)(high)]
    return [value for value in values if value != default]


def finest(cls: type[Codec]) -> Codec:
    """A codec at the end of its knob where the rate is highest, else at its lossless settings."""
    if cls.knob is None:
        return cls.from_settings(cls.lossless_at or {})
    end = cls.knob.high if cls.knob.increasing else cls.knob.low
    kind = type(getattr(cls(), cls.knob.field))
    return cls.from_settings({cls.knob.field: kind(end)})


def _watch(name: str, codec: Codec, image: Image, threads: int) -> tuple[list[str], int | str]:
    """Digests of the streams that an encoder gives in a process of its own, and how many threads it works on.

    Raises:
        ChildProcessError: the process ended, or the codec raised an error in it.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, portable_name(name), codec.settings, image))
    with variables(thread_environment(threads)):
        process.start()
    theirs.close()
    looks: Counter[int] = Counter()
    try:
        answer: list[str] | str | None = ours.recv()
        if answer is None:  # it has loaded its libraries and encoded once
            looks = _look(ours, process.pid)
            answer = ours.recv()
    except EOFError:
        process.join()
        answer = f"the process that encodes ended with exit code {process.exitcode}"
    ours.close()
    process.join()
    if isinstance(answer, list):
        return answer, _usual(looks)
    raise ChildProcessError(answer)


def _look(connection: Connection, pid: int | None) -> Counter[int]:
    """How often how many threads were seen at work, until an answer is there; it is asked for when that is enough."""
    looks: Counter[int] = Counter()
    start, asked = time.perf_counter(), False
    while not connection.poll(_PAUSE):
        looks[_at_work(pid)] += 1
        if not asked and looks.total() >= _LOOKS and time.perf_counter() - start >= _SECONDS:
            asked = True
            with contextlib.suppress(BrokenPipeError):  # it has just ended; what it said, or EOF, is there to be read
                connection.send(None)
    return looks


def _work(connection: Connection, name: str, settings: dict[str, Setting], image: Image) -> None:
    """The other process: tells when it is warm; once it is asked, the digests of its streams, or an error's text."""
    try:
        codec = codec_class(name).from_settings(settings)
        codec.encode(image)
        connection.send(None)
        digests: set[str] = set()
        runs = 0
        while runs < _RUNS or not connection.poll():
            digests.add(hashlib.sha256(codec.encode(image)).hexdigest())
            runs += 1
        connection.send(sorted(digests))
    except BaseException as error:  # a codec may raise anything, SystemExit too
        connection.send(typed_line(error))


def _usual(looks: Counter[int]) -> int | str:
    """The most threads that were seen in a fair share of the looks; empty where threads cannot be seen."""
    seen = sum(looks.values())
    usual = [count for count in looks if sum(n for more, n in looks.items() if more >= count) >= _SHARE * seen]
    return max(usual, default=0) or ""


def _at_work(pid: int | None) -> int:
    """Threads of a process and its children that run or wait for a processor; 0 elsewhere than on Linux."""
    running = 0
    with contextlib.suppress(OSError):  # a thread may end while it is looked at
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError, IndexError):
                # The state follows the name, which is in parentheses and may hold any character.
                state = (task / "stat").read_bytes().rpartition(b")")[2].split()[0]
                running += state == b"R"
                running += sum(_at_work(int(child)) for child in (task / "children").read_text("ascii").split())
    return running
