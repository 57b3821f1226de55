"""What all columns of a pair of 768×512 need, beside what one core can do: operations and bytes, counted and measured.

python -m tests.perf.limits

The operations are those of the formulas, with windows that are symmetric and separable. The bytes are those that the
compiled passes read and write in memory, each array once for each pass. It needs Numba. Times are processor time, the
median of many rounds in which all take turns.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmark.colour.channels import to_channels
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.shared.window import WINDOW
from benchmark.metrics.ssim import SCALE_WEIGHTS, StructuralSimilarity
from benchmark.system.compiled import compiled
from benchmark.system.environment import COMPILED
from tests.conftest import jpeg_at, photo

HEIGHT, WIDTH = 512, 768
ROUNDS = 60
PLANES, COLOURS, SAMPLE = 4, 3, 4
"""Planes of a pair, those of them that are no luma, and bytes of a sample."""

FUSED = 96
"""Accumulators of the loop that measures operations: a multiple of any vector, and no more than registers hold."""
TIMES = 20_000
LARGE = 1 << 24
"""Samples of an array that no cache holds."""


@dataclass(frozen=True)
class Need:
    """What a part of the work needs: operations, and bytes that are read and written."""

    operations: float
    bytes: float

    def __add__(self, other: Need) -> Need:
        return Need(self.operations + other.operations, self.bytes + other.bytes)


def needs() -> dict[str, Need]:
    """What each part of the work needs."""
    found = {
        # Luma is three products and two sums.
        "channels": Need(5 * HEIGHT * WIDTH, (COLOURS + PLANES * SAMPLE) * HEIGHT * WIDTH),
        "squared errors": Need(3 * PLANES * HEIGHT * WIDTH, 2 * PLANES * SAMPLE * HEIGHT * WIDTH),
        "differences": Need(
            (2 * COLOURS + 5 + 2 * PLANES) * HEIGHT * WIDTH, (2 * COLOURS + PLANES) * SAMPLE * HEIGHT * WIDTH
        ),
        "halving": Need(0, 0),
        "similarity": Need(0, 0),
    }
    height, width = HEIGHT, WIDTH
    for scale in range(len(SCALE_WEIGHTS)):
        if scale:
            height, width = -(-height // 2), -(-width // 2)
            found["halving"] += Need(4 * PLANES * height * width, 5 * PLANES * SAMPLE * height * width)
        found["similarity"] += similarity(height, width, luminance=scale in (0, len(SCALE_WEIGHTS) - 1))
    return found


def similarity(height: int, width: int, *, luminance: bool) -> Need:
    """The terms of SSIM of planes: 1 − cs takes ten operations of a window, 1 − l and their product twelve."""
    rows, columns = height - WINDOW + 1, width - WINDOW + 1
    half = WINDOW // 2
    taps = half + (half + 1) + half  # sums of pairs, products, and the sum of these
    maps = COLOURS + 2 * PLANES  # means of d, d² and x·d; the mean of luma is made of the others
    filtered = maps * taps * rows * (width + columns)
    combined = (PLANES * (10 + 12 * luminance) + 5) * rows * columns
    read = 2 * PLANES * SAMPLE * (height * width + rows * columns)  # x and d; means and variances of x
    return Need(filtered + combined + 2 * PLANES * height * width, read)


def processor_seconds(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median of the processor seconds of calls that take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.process_time()
            call()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(found) for name, found in seconds.items()}


@compiled("float32(float32[::1], int64)", fastmath=True)
def multiply_add(accumulators: Any, times: int) -> Any:
    """Fused multiply–adds that wait for none of the others, as many as a core can do."""
    factor, summand = np.float32(0.999), np.float32(1e-3)
    for _ in range(times):
        for i in range(FUSED):
            accumulators[i] = accumulators[i] * factor + summand
    return accumulators.sum()


def work() -> dict[str, Callable[[], object]]:
    """All columns of a pair, as a run computes them, the reference's half done; and what tells the limits of a core."""
    reference = photo(HEIGHT, WIDTH)
    distorted = jpeg_at(reference, 50)
    families = [Psnr(), StructuralSimilarity()]
    prepared = [family.prepare(to_channels(reference[np.newaxis]), family.metrics) for family in families]

    def columns() -> None:
        channels = to_channels(distorted[np.newaxis])
        for family, half in zip(families, prepared, strict=True):
            family.compare(half, channels)

    accumulators = np.zeros(FUSED, np.float32)
    first, second = np.zeros(LARGE, np.float32), np.ones(LARGE, np.float32)
    return {
        "all columns": columns,
        "operations": lambda: multiply_add(accumulators, TIMES),
        "bytes": lambda: np.copyto(first, second),
    }


def main() -> None:
    """Prints the table."""
    os.environ[COMPILED] = "1"
    with threadpool_limits(1):
        seconds = processor_seconds(work())
    rates = Need(2 * FUSED * TIMES / seconds["operations"], 2 * SAMPLE * LARGE / seconds["bytes"])
    print(f"one core: {rates.operations / 1e9:.0f} GFLOP/s, {rates.bytes / 1e9:.1f} GB/s")
    print("| part | million operations | ms at least | MB | ms at least |\n| --- | ---: | ---: | ---: | ---: |")
    parts = needs()
    for name, need in {**parts, "all": sum(parts.values(), Need(0, 0))}.items():
        print(
            f"| {name} | {need.operations / 1e6:.1f} | {1e3 * need.operations / rates.operations:.2f} "
            f"| {need.bytes / 1e6:.1f} | {1e3 * need.bytes / rates.bytes:.2f} |"
        )
    print(f"all columns: {1e3 * seconds['all columns']:.1f} ms")


if __name__ == "__main__":
    main()
