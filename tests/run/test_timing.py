"""How calls are timed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from benchmark.codec import Codec, Image, Knob, Setting, setting
from benchmark.record.row import Record
from benchmark.run.matching import Target
from benchmark.run.task import Task, run_task
from benchmark.run.timing import timed


class Clock:
    """Clocks that stand still but where a test moves them on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("benchmark.run.timing.time.perf_counter", clock)
    monkeypatch.setattr("benchmark.run.timing.processor_seconds", lambda: clock.now / 2)
    return clock


@dataclasses.dataclass(frozen=True)
class Loads(Codec):
    """Loads something for each quality before it first encodes, and again before it first decodes."""

    name = "loads"
    summary = "raw pixels"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": (1, 2, 3)}
    knob = Knob("quality", 1, 3)
    clock: ClassVar[Clock]
    loaded: ClassVar[list[tuple[str, int]]]

    quality: int = setting(1, low=1, high=3)

    @classmethod
    def version(cls) -> str:
        return "loads 1"

    @classmethod
    def works(cls, what: str, quality: int, seconds: float) -> None:
        cls.clock.now += seconds
        if (what, quality) not in cls.loaded:
            cls.loaded.append((what, quality))
            cls.clock.now += 100

    def encode(self, image: Image) -> bytes:
        self.works("encode", self.quality, 2)
        return bytes([self.quality]) * (1 + self.quality) + np.array(image.shape, ">u2").tobytes() + image.tobytes()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        cls.works("decode", data[0], 1)
        rest = data[1 + data[0] :]
        return np.frombuffer(rest[6:], np.uint8).reshape(np.frombuffer(rest[:6], ">u2"))


@pytest.fixture
def loads(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> type[Loads]:
    monkeypatch.setattr("benchmark.run.task.codec_class", lambda name: Loads)
    monkeypatch.setattr(Loads, "clock", clock, raising=False)
    monkeypatch.setattr(Loads, "loaded", [], raising=False)
    return Loads


def task(folder: Path, settings: Sequence[dict[str, int]], item: str = "0.png", target: Target | None = None) -> Task:
    spec = f"folder:{folder}"
    return Task(spec, None, item, spec, "loads", settings, ("mse",), 1, 1, target=target)


def times(rows: Sequence[Record]) -> list[tuple[float | None, ...]]:
    return [(row.encode_s, row.decode_s, row.encode_cpu_s, row.decode_cpu_s) for row in rows]


@pytest.mark.usefixtures("loads")
def test_no_clock_sees_a_codec_load(three_pictures: Path) -> None:
    """Every operating point loads something of its own, encoder and decoder apart."""
    points = [{"quality": quality} for quality in (1, 2, 3)]
    assert times(run_task(task(three_pictures, points))) == [(2, 1, 1, 0.5)] * 3
    assert Loads.loaded == [(what, quality) for quality in (1, 2, 3) for what in ("encode", "decode")]
    before = Loads.clock.now
    assert times(run_task(task(three_pictures, points, "1.png"))) == [(2, 1, 1, 0.5)] * 3
    assert Loads.clock.now - before == 9, "what is loaded once in a process is warmed up once"


@pytest.mark.usefixtures("loads")
def test_no_clock_sees_a_matched_codec_load(three_pictures: Path) -> None:
    for target in (Target("bpp", 1000), Target("mse_rgb", 0)):
        Loads.loaded.clear()
        (row,) = run_task(task(three_pictures, [{}], target=target))
        assert times([row]) == [(2, 1, 1, 0.5)]


def test_a_codec_with_weights_is_warmed_up_for_each_size(
    loads: type[Loads], three_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its networks are compiled for each."""
    from PIL import Image as Pictures

    Pictures.new("RGB", (9, 8)).save(three_pictures / "other.png")
    for weights, warmed in (("", 0), ("1234abcd", 3)):
        monkeypatch.setattr(loads, "weights_digest", lambda self, digest=weights: digest)
        run_task(task(three_pictures, [{}]))
        before = loads.clock.now
        run_task(task(three_pictures, [{}], "other.png"))
        assert loads.clock.now - before == 3 + warmed


def test_the_median_of_the_repeats_counts(clock: Clock) -> None:
    spans = iter([3.0, 1.0, 1.5])

    def call() -> str:
        clock.now += next(spans)
        return "done"

    result, found = timed(call, 3)
    assert (result, found.seconds, found.cpu_seconds) == ("done", 1.5, 0.75)
