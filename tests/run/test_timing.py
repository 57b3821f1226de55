"""How calls are timed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from benchmark.codec import Codec, Image, Knob, Setting, setting
from benchmark.record.row import Record
from benchmark.run.matching import Target
from benchmark.run.task import Task, run_task
from benchmark.run.timing import MOST_REPEATS, Stopwatch, Times, disturbance, spread_of
from benchmark.system.load import LoadWatch
from tests.conftest import FindCodecs


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
def loads(clock: Clock, monkeypatch: pytest.MonkeyPatch, find_codecs: FindCodecs) -> type[Loads]:
    find_codecs(lambda name: Loads)
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


def calls(clock: Clock, spans: Iterable[float]) -> Callable[[], None]:
    """A call that takes each of these times in turn."""
    left = iter(spans)

    def call() -> None:
        clock.now += next(left)

    return call


def test_the_median_of_the_repeats_counts(clock: Clock) -> None:
    result, found = Stopwatch(3).time(calls(clock, [3.0, 1.0, 1.5]))
    assert result is None
    assert found == Times(1.5, 0.75, 3)


def test_a_call_is_repeated_until_its_median_is_steady(clock: Clock) -> None:
    steady = Stopwatch(5, steady=True)
    _, quick = steady.time(calls(clock, [1.0, 1.01, 1.02, 1.0, 1.01]))
    assert quick.repeats == 5
    assert quick.seconds == pytest.approx(1.01)
    assert quick.spread == pytest.approx(0.01 / 1.01)
    # Of nine times the second and the eighth count: one that is far off no longer does.
    _, later = steady.time(calls(clock, [0.1, 0.2, *[0.1] * 98]))
    assert later.repeats == 9
    assert (later.seconds, later.spread) == pytest.approx((0.1, 0))


def test_repeats_have_an_end(clock: Clock) -> None:
    restless = Stopwatch(5, steady=True)
    assert restless.time(calls(clock, [0.01, 0.02] * 200))[1].repeats == MOST_REPEATS
    assert restless.time(calls(clock, [0.5, 1.0] * 200))[1].repeats == 7, "five seconds"
    assert restless.time(calls(clock, [100.0, 200.0] * 200))[1].repeats == 5
    assert Stopwatch(6).time(calls(clock, [1.0, 2.0] * 3))[1].repeats == 6, "as many as were asked for"


@pytest.mark.parametrize(("count", "place"), [(5, 0), (8, 0), (9, 1), (20, 5), (30, 9)])
def test_the_spread_is_an_interval_that_holds_the_median(count: int, place: int) -> None:
    """By the binomial distribution: the median lies below the smallest of five in one of 32 cases."""
    from scipy.stats import binom

    times = [100.0 + number for number in range(count)]
    width = times[count - 1 - place] - times[place]
    assert spread_of(times[::-1]) == pytest.approx(width / 2 / (99.5 + count / 2))
    assert 1 - 2 * binom.cdf(place, count, 0.5) >= 0.9375 > 1 - 2 * binom.cdf(place + 1, count, 0.5)


def test_what_disturbed_times_is_told() -> None:
    calm = Times(1, 1, 5, spread=0.1, load=0.1)
    assert disturbance([calm, Times(1, 1, 5)]) == ""
    assert disturbance([calm, dataclasses.replace(calm, load=0.52)]) == (
        "disturbed while it was timed: other processes took 0.52 of a core"
    )
    assert disturbance([dataclasses.replace(calm, spread=0.26), calm]) == (
        "disturbed while it was timed: the median of its times is known to 26 % only"
    )


def watched(folder: Path, **more: Any) -> Record:
    given: dict[str, Any] = {"jobs": 1, "repeats": 5, **more}
    (row,) = run_task(dataclasses.replace(task(folder, [{}]), **given))
    return row


@pytest.mark.usefixtures("loads")
def test_a_disturbed_row_is_flagged(three_pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for load, flags in ((0.05, ()), (0.4, ("disturbed",)), (None, ())):
        monkeypatch.setattr(LoadWatch, "load", lambda *_, load=load: load)
        row = watched(three_pictures)
        assert (row.load, row.time_spread, row.repeats, row.flags) == (load, 0, 5, flags)
        assert row.reason.startswith("disturbed while it was timed") == bool(flags)
        assert row.publishable == (not flags)
    assert watched(three_pictures).timing == ""
    assert watched(three_pictures, timing=True).timing == "alone"
    others: list[dict[str, Any]] = [{"jobs": 2}, {"jobs": None}, {"repeats": 4}]
    for other in others:
        row = watched(three_pictures, **other)
        assert (row.load, row.publishable) == (None, False)


@pytest.mark.usefixtures("loads")
def test_rows_of_one_timing_have_one_key(three_pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoadWatch, "load", lambda *_: 0.0)
    plain, once = watched(three_pictures), run_task(task(three_pictures, [{}]))[0]
    alone, longer = watched(three_pictures, timing=True), watched(three_pictures, timing=True, repeats=7)
    assert (alone.repeats, longer.repeats) == (5, 7)
    assert alone.key == longer.key == longer.keyed().key
    assert len({plain.key, once.key, alone.key}) == 3
    assert alone.key in once.alike & plain.alike, "better times take the place of others"
    assert not {once.key, plain.key} & alone.alike
