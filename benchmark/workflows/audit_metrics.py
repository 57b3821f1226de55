"""The audit of metrics: whether each keeps what it promises, see :class:`benchmark.metric.Promises`, and more.

A metric has finite values of pictures of its smallest size, of odd sizes, and of grey ones where it is defined on them;
equal constant pictures are equal pictures; it agrees with golden values of other programs, and says the same whether
numerical libraries may use one thread or two.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmark.codec import Image
from benchmark.colour.channels import to_channels
from benchmark.errors import MissingData, contained, typed_line
from benchmark.metric import Ladder, Metric, MetricFamily
from benchmark.metrics.shared.golden import Golden, digest, golden_values, spoilt
from benchmark.plugins import metric_families, open_dataset, version_of
from benchmark.system.environment import thread_environment, variables

CHECKS = ("equal", "symmetric", "worse", "sizes", "grey", "constant", "golden", "threads")

_STEPS: dict[Ladder, Sequence[float]] = {
    "jpeg": (90, 70, 50, 30, 10),
    "blur": (0.6, 1, 1.6, 2.5),
    "noise": (2, 4, 8, 16),
}
"""Qualities; widths of a Gaussian in pixels; standard deviations in 0–255."""
_SAME = 1e-6
"""Share of a value by which rounding may part two values that are promised to be the same."""
_CALLS = 5
"""Timed comparisons, of which the fastest is told: other work on the machine only adds to it."""


@dataclass
class MetricFinding:
    """What an audit found of one column.

    Attributes:
        column: the column.
        version: the library and its version; empty where this bench computes it.
        equal, symmetric, worse, sizes, grey, constant, golden, threads: whether each check was passed; empty where the
            metric does not promise it, or it could not be checked.
        golden_values: how many golden values were compared.
        difference: the largest difference from them; empty without any.
        tools: what computed them.
        seconds: the least time of a comparison of one picture, without what depends on the original alone.
        pixels: pixels of that picture.
        problems: checks that failed.
        notes: what could not be checked, and why.
    """

    column: str
    version: str
    equal: bool | str = ""
    symmetric: bool | str = ""
    worse: bool | str = ""
    sizes: bool | str = ""
    grey: bool | str = ""
    constant: bool | str = ""
    golden: bool | str = ""
    threads: bool | str = ""
    golden_values: int = 0
    difference: float | str = ""
    tools: str = ""
    seconds: float | str = ""
    pixels: int | str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


Values = dict[str, float]
"""Values by column."""


def audit_metrics(names: Sequence[str], image: Image) -> list[MetricFinding]:
    """Audits metrics.

    Args:
        names: the names of metrics, all of which are installed.
        image: the picture that is spoilt, shape (H, W, 3).
    """
    findings = []
    pictures = _Golden()
    for family in metric_families().values():
        metrics = [metric for metric in family.metrics if metric.name in names]
        if metrics:
            findings += _Audit(family, metrics, image, pictures).findings()
    return findings


def measured(family: type[MetricFamily], metrics: Sequence[Metric], original: Image, other: Image) -> Values:
    """Values of two pictures, of those metrics that are defined on them."""
    height, width, channels = *original.shape[:2], 1 if original.ndim == 2 else 3
    defined = [metric for metric in metrics if not metric.undefined(height, width, channels)]
    if not defined:
        return {}
    computer = family()
    with contained(family.name):
        found = computer.compare(
            computer.prepare(to_channels(original[np.newaxis]), defined), to_channels(other[np.newaxis])
        )
    return {metric.column: float(np.asarray(found[metric.column])[0]) for metric in defined}


@dataclass
class _Golden:
    """Pictures of golden values, made once for all metrics; a text where they are not to be had."""

    pairs: dict[tuple[str, str, str, int], tuple[Image, Image] | str] = field(default_factory=dict)

    def pair(self, golden: Golden) -> tuple[Image, Image] | str:
        key = golden.dataset, golden.item, golden.codec, golden.quality
        if key not in self.pairs:
            self.pairs[key] = _pair(golden)
        return self.pairs[key]


def _pair(golden: Golden) -> tuple[Image, Image] | str:
    try:
        original: Image = open_dataset(golden.dataset).load(golden.item)[0]
    except MissingData:
        return f"the data set {golden.dataset} is not here, see python -m benchmark data"
    if digest(original) != golden.image_sha256:
        return f"{golden.dataset}/{golden.item} has other pixels"
    other = spoilt(original, golden.codec, golden.quality)
    if digest(other) != golden.pixels_sha256:
        return f"Pillow's {golden.codec} gives other pixels here"
    return original, other


@dataclass
class _Audit:
    """The audit of the metrics of a family."""

    family: type[MetricFamily]
    metrics: Sequence[Metric]
    image: Image
    golden: _Golden

    def findings(self) -> list[MetricFinding]:
        version = version_of(self.family)
        found = {metric.column: MetricFinding(metric.column, version) for metric in self.metrics}
        checks: dict[str, Callable[[], Iterable[tuple[Metric, str]]]] = {
            "equal": self._equal,
            "symmetric": self._symmetric,
            "worse": self._worse,
            "sizes": self._sizes,
            "grey": self._grey,
            "constant": self._constant,
            "golden": lambda: self._golden(found),
            "threads": self._threads,
        }
        for check, run in checks.items():
            try:
                results = list(run())
            except Exception as error:  # a metric may raise anything: that it does is what is found
                results = [(metric, typed_line(error)) for metric in self.metrics]
            for metric, problem in results:
                finding = found[metric.column]
                passed = getattr(finding, check) is not False and not problem
                setattr(finding, check, passed)
                finding.problems += (f"{check}: {problem}",) if problem else ()
        for metric in self.metrics:
            if not found[metric.column].problems:
                self._time(metric, found[metric.column])
        return list(found.values())

    def _measured(self, original: Image, other: Image, metrics: Sequence[Metric] | None = None) -> Values:
        return measured(self.family, metrics or self.metrics, original, other)

    def _equal(self) -> Iterator[tuple[Metric, str]]:
        """Colour and grey, of whole and of odd sizes."""
        for picture in (self.image, self.image[:-1, :-3], self.image[..., 1]):
            yield from self._as_equal(picture, f"equal pictures of {_size(picture)}")

    def _as_equal(self, picture: Image, what: str) -> Iterator[tuple[Metric, str]]:
        promising = [metric for metric in self.metrics if metric.promises.equal is not None]
        values = self._measured(picture, picture.copy(), promising) if promising else {}
        for metric in promising:
            value, best = values.get(metric.column), metric.promises.equal
            if value is not None:
                yield metric, "" if value == best else f"{what} have {value!r}, not {best!r}"

    def _symmetric(self) -> Iterator[tuple[Metric, str]]:
        other = spoilt(self.image, "jpeg", 30)
        values, turned = self._measured(self.image, other), self._measured(other, self.image)
        for metric in self.metrics:
            if metric.promises.symmetric and metric.column in values:
                one, two = values[metric.column], turned[metric.column]
                same = abs(one - two) <= _SAME * max(1, abs(one))
                yield metric, "" if same else f"{one!r}, and {two!r} with the pictures exchanged"

    def _worse(self) -> Iterator[tuple[Metric, str]]:
        for ladder, steps in _STEPS.items():
            rungs = [self._measured(self.image, _spoilt(self.image, ladder, step)) for step in steps]
            for metric in self.metrics:
                if ladder in metric.promises.worse and metric.column in rungs[0]:
                    values = [rung[metric.column] for rung in rungs]
                    sign = 1 if metric.higher_is_better else -1
                    falls = all(sign * one > sign * two for one, two in pairwise(values))
                    told = ", ".join(f"{value:.6g}" for value in values)
                    yield metric, "" if falls else f"{ladder} of {', '.join(map(str, steps))} gives {told}"

    def _sizes(self) -> Iterator[tuple[Metric, str]]:
        """The smallest size, a strip of that height, and an odd one."""
        height, width = self.image.shape[:2]
        for metric in self.metrics:
            least = metric.smallest
            if metric.undefined(height, width, 3):
                continue
            for rows, columns in ((least, least), (least, width), (height, least), (height - 1, width - 3)):
                part = np.ascontiguousarray(self.image[:rows, :columns])
                if not metric.undefined(rows, columns, 3):
                    yield metric, self._finite(metric, part, f"a picture of {_size(part)}")

    def _grey(self) -> Iterator[tuple[Metric, str]]:
        grey = np.ascontiguousarray(self.image[..., 1])
        for metric in self.metrics:
            if not metric.undefined(self.image.shape[0], self.image.shape[1], 1):
                yield metric, self._finite(metric, grey, "a grey picture")

    def _finite(self, metric: Metric, picture: Image, what: str) -> str:
        value = self._measured(picture, 255 - picture, [metric])[metric.column]
        if not math.isfinite(value):
            return f"{what} and its negative have {value!r}"
        return f"{what} has {value!r}: expected {metric.impossible(value)}" if metric.impossible(value) else ""

    def _constant(self) -> Iterator[tuple[Metric, str]]:
        dark, bright = (np.full_like(self.image, value) for value in (60, 190))
        yield from self._as_equal(dark, "equal constant pictures")
        for metric in self.metrics:
            value = self._measured(dark, bright, [metric]).get(metric.column)
            if value is not None:
                same = value == metric.promises.equal and metric.promises.levels
                wrong = same or not math.isfinite(value)
                yield metric, f"constant pictures of 60 and 190 have {value!r}" if wrong else ""

    def _golden(self, found: dict[str, MetricFinding]) -> Iterator[tuple[Metric, str]]:
        for metric in self.metrics:
            finding = found[metric.column]
            ours = [golden for golden in golden_values() if golden.column == metric.column]
            finding.tools = ", ".join(dict.fromkeys(golden.tool for golden in ours))
            for golden in ours:
                pair = self.golden.pair(golden)
                if isinstance(pair, str):
                    finding.notes = tuple(dict.fromkeys((*finding.notes, f"golden values: {pair}")))
                    continue
                value = self._measured(*pair, [metric])[metric.column]
                apart = abs(value - golden.value)
                finding.golden_values += 1
                finding.difference = max(apart, float(finding.difference or 0))
                allowed = float(metric.tolerance.allowed(np.array(golden.value)))
                what = f"{golden.item}, {golden.codec} of quality {golden.quality}"
                yield metric, "" if apart <= allowed else f"{what}: {value!r}, but {golden.tool} says {golden.value!r}"

    def _threads(self) -> Iterator[tuple[Metric, str]]:
        other = spoilt(self.image, "jpeg", 30)
        one, two = (measured_with_threads(count, self.family.name, self.metrics, self.image, other) for count in (1, 2))
        for metric in self.metrics:
            if metric.column in one:
                same = one[metric.column] == two[metric.column]
                yield metric, "" if same else f"{one[metric.column]!r}, with two threads {two[metric.column]!r}"

    def _time(self, metric: Metric, finding: MetricFinding) -> None:
        height, width = self.image.shape[:2]
        if metric.undefined(height, width, 3):
            return
        family = self.family()
        prepared = family.prepare(to_channels(self.image[np.newaxis]), [metric])
        other = to_channels(spoilt(self.image, "jpeg", 30)[np.newaxis])
        seconds = []
        for _ in range(_CALLS):
            start = time.perf_counter()
            family.compare(prepared, other)
            seconds.append(time.perf_counter() - start)
        finding.seconds, finding.pixels = round(min(seconds), 4), height * width


def measured_with_threads(count: int, family: str, metrics: Sequence[Metric], original: Image, other: Image) -> Values:
    """Values of two pictures, from a process of its own in which libraries may use so many threads."""
    with (
        variables(thread_environment(count)),
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
    ):
        return pool.submit(_measured_apart, family, metrics, original, other).result()


def _measured_apart(family: str, metrics: Sequence[Metric], original: Image, other: Image) -> Values:
    return measured(metric_families()[family], metrics, original, other)


def _spoilt(picture: Image, ladder: Ladder, step: float) -> Image:
    if ladder == "jpeg":
        return spoilt(picture, "jpeg", int(step))
    if ladder == "blur":
        changed = gaussian_filter(picture.astype(np.float64), (step, step, 0))
    else:
        changed = picture + np.random.default_rng(8).normal(0, step, picture.shape)
    return np.asarray(np.clip(np.rint(changed), 0, 255), np.uint8)


def _size(picture: Image) -> str:
    return f"{picture.shape[1]}×{picture.shape[0]}{' in grey' if picture.ndim == 2 else ''}"
