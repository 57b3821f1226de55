"""learned-wavelet with compiled loops beside NumPy alone: processor seconds for a picture, in turn.

python -m tests.perf.loops [PICTURE]

The picture is a photograph of the set ``sample``, or the file that is named. The best of five rounds counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmark.codec import Image
from benchmark.dataset import read_image
from benchmark.neural.wavelet import loops
from benchmark.plugins import codec_class, open_dataset

ROUNDS = 5
STEPS = (8.0, 22.0, 80.0)
WAYS = {"NumPy": 1 << 40, "loops": 0}

_Result = TypeVar("_Result")


def timed(work: Callable[[], _Result]) -> tuple[float, _Result]:
    """Processor seconds of a call, and what it gave."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def picture(words: Sequence[str]) -> Image:
    """The picture that is named, or one that is always there."""
    if words:
        return read_image(Path(words[0]))
    source = open_dataset("sample")
    photographs = (source.load(item)[0] for item in source.items())
    return next(image for image in photographs if image.ndim == 3 and image.shape[1] > 700)[:512, :768]


def main(words: Sequence[str]) -> None:
    """Prints the table."""
    image = picture(words)
    print(f"{image.shape[1]}×{image.shape[0]} pixels")
    print("| step | bpp | encode: NumPy, s | loops, s | ratio | decode: NumPy, s | loops, s | ratio |")
    print("|" + " ---: |" * 8)
    for step in STEPS:
        codec = codec_class("learned-wavelet").from_settings({"step": step})
        best: dict[tuple[str, str], float] = {}
        streams, pixels = set(), set()
        for _ in range(ROUNDS + 1):  # the first one loads
            for way, least in WAYS.items():
                loops.LEAST = least
                encode, data = timed(partial(codec.encode, image))
                decode, back = timed(partial(codec.decode, data))
                streams.add(data)
                pixels.add(back.tobytes())
                for side, seconds in (("encode", encode), ("decode", decode)):
                    best[side, way] = min(seconds, best.get((side, way), seconds))
        assert len(streams) == len(pixels) == 1
        cells = [f"{step:g}", f"{8 * len(data) / (image.shape[0] * image.shape[1]):.2f}"]
        for side in ("encode", "decode"):
            plain, fast = (best[side, way] for way in WAYS)
            cells += [f"{plain:.2f}", f"{fast:.2f}", f"{fast / plain:.2f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
