"""The metric interface: what a metric is, as plain data, and the class that computes it.

:class:`Metric` describes one column of the records. It needs no library and no plug-in, so ``analysis`` and ``report``,
which read CSV files alone, may know it: they get the descriptions of the metrics that are installed from whoever calls
them, and a run writes the description of every metric that it measured into ``manifest.json``. So results can be read
where the metric, or the library that computes it, is not installed; see :mod:`benchmark.analysis.measured`.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from benchmark.errors import PluginError, UsageError, did_you_mean

Channels = npt.NDArray[np.float32]
"""Images as metrics see them: ``float32`` in 0–255, shape (N, C, H, W): C = 4 for R, G, B and luma, 1 for grey."""

Values = npt.NDArray[np.float64]
"""One value for each image of a batch, shape (N,)."""

Space = Literal["rgb", "y", "colour"]
"""What a metric is taken over: R, G and B, each by itself; luma; or the colour picture as a whole."""

Decibels = Literal["", "similarity", "distance"]
"""How figures show the mean x of a metric: as it is; as −10·log₁₀(1 − x); as −10·log₁₀(x)."""

Shown = Literal["tables", "figures", "named"]
"""Where a metric is shown though nobody names it: in short tables, figures and reports; in the last two; nowhere."""

Ladder = Literal["jpeg", "blur", "noise"]
"""What ``audit`` spoils a picture with, step by step: coarser JPEG, a wider Gaussian blur, more noise."""

Group = Literal["perceptual", "jpeg-ai"]
"""Metrics that are asked for by one word: of the eye; of JPEG AI's common test conditions."""

_SPACES: dict[Space, str] = {"rgb": "RGB", "y": "luma", "colour": ""}

_EQUAL = 1e-7
"""How far the value of equal images may lie from the best one by rounding, which would pass for a finite quality."""


def digest(text: str) -> str:
    """Eight characters that stand for a text in records."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Tolerance:
    """By how much a value may become worse before ``compare`` says so.

    Attributes:
        amount: the tolerance, in the column's unit or as a share of the baseline's value.
        relative: whether the amount is a share.
    """

    amount: float
    relative: bool = False

    def allowed(self, before: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """In the column's unit; nothing where the baseline is infinite."""
        absolute = np.abs(before) * self.amount if self.relative else np.full(before.shape, self.amount)
        return np.where(np.isfinite(before), absolute, 0.0)

    def __str__(self) -> str:
        return f"{100 * self.amount:.12g}%" if self.relative else f"{self.amount:.12g}"


@dataclass(frozen=True)
class Pooled:
    """How a metric that is the decibels of another one is had over all images: 10·log₁₀(peak / mean of the other).

    Attributes:
        of: name of the other metric, which has the same space, such as ``mse``.
        peak: value of the other at 0 dB, such as 255².
    """

    of: str
    peak: float

    def decibels(self, values: npt.ArrayLike) -> Values:
        """In dB, of values or means of the other metric; infinite for 0."""
        with np.errstate(divide="ignore"):
            return np.asarray(10 * np.log10(self.peak / np.asarray(values, dtype=np.float64)))

    def values(self, decibels: npt.ArrayLike) -> Values:
        """Values of the other metric that have these decibels."""
        return np.asarray(self.peak * 10 ** (np.asarray(decibels, dtype=np.float64) / -10))


@dataclass(frozen=True, kw_only=True)
class Promises:
    """What a metric promises, and ``audit`` checks.

    Attributes:
        equal: the value of equal pictures, exactly; None where there is no such value.
        symmetric: whether the value stays the same with both pictures exchanged.
        levels: whether constant pictures of two levels are told from equal ones. Metrics of local contrast do not.
        worse: the ladders on which each step makes the value worse.
    """

    equal: float | None = None
    symmetric: bool = False
    levels: bool = True
    worse: tuple[Ladder, ...] = get_args(Ladder)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric over one space: all that is to be known of a column of the records.

    Attributes:
        name: name on the command line, such as ``psnr``; the same over every space.
        space: what it is taken over. A metric of the colour picture as a whole has no value for grey images, unless
            ``grey`` says so.
        title: name in tables and figures, such as ``PSNR``.
        definition: formula and source, for ``list metrics`` and captions. Its text is the metric's identity: figures
            of another text are those of another metric.
        unit: the unit, such as ``dB``; empty where it has none.
        higher_is_better: direction. One that falls as the quality rises has the best value where it is lowest.
        decibels: whether figures, BD-rates and rankings take the mean in decibels, and how.
        digits: how many digits tables print after the point; of decibels they print two.
        tolerance: how much worse it may become.
        smallest: shortest side in pixels that an image must have.
        lowest, highest: smallest and largest value that it can have, such as 0 and 1; None where there is none.
        grey: whether a metric of the colour picture as a whole has a value for grey images, too.
        pooled: how a summary has it of all images together, beside its mean; None where it is the decibels of no other.
        shown: where it is shown though nobody names it.
        by_default: whether a run computes it that names no metrics.
        groups: the groups that it belongs to, beside ``all``, and ``basic`` for those by default.
        promises: what it is held to beside sizes, grey pictures and numbers of threads.
        version: library and version that computed it; empty where the bench itself does.

    Raises:
        PluginError: a value that cannot be, or a name that is no word of small letters, digits and ``_``.
    """

    name: str
    space: Space
    title: str
    definition: str
    unit: str = ""
    higher_is_better: bool = True
    decibels: Decibels = ""
    digits: int = 4
    tolerance: Tolerance = Tolerance(0.001, relative=True)
    smallest: int = 1
    lowest: float | None = None
    highest: float | None = None
    grey: bool = False
    pooled: Pooled | None = None
    shown: Shown = "tables"
    by_default: bool = True
    groups: tuple[Group, ...] = ()
    promises: Promises = Promises()
    version: str = ""

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.isidentifier() and self.name == self.name.lower()):
            raise PluginError(f"metric {self.name!r}: expected a name of small letters, digits and _")
        for field, known in (("space", Space), ("decibels", Decibels), ("shown", Shown)):
            if getattr(self, field) not in get_args(known):
                expected = ", ".join(map(repr, get_args(known)))
                raise PluginError(f"metric {self.name}: {field}: expected {expected}, got {getattr(self, field)!r}")
        if not set(self.groups) <= set(get_args(Group)):
            raise PluginError(f"metric {self.name}: groups: expected some of {get_args(Group)}, got {self.groups}")
        if self.name in metric_groups([]):
            raise PluginError(f"metric {self.name}: this is the name of a group of metrics; give it another name")
        if self.decibels and self.higher_is_better != (self.decibels == "similarity"):
            direction = "rises" if self.higher_is_better else "falls"
            raise PluginError(f"metric {self.name}: decibels of a {self.decibels}, but it {direction} with the quality")
        if self.pooled and self.unit != "dB":
            raise PluginError(f"metric {self.name}: pooled: expected the unit 'dB', got {self.unit!r}")

    @property
    def column(self) -> str:
        """Its column in the records: ``psnr_rgb``, ``psnr_y``; the name alone over the colour picture as a whole."""
        return self._column(self.name)

    @property
    def pooled_from(self) -> str:
        """Column of the metric that it is the decibels of; empty where there is none."""
        return self._column(self.pooled.of) if self.pooled else ""

    def _column(self, name: str) -> str:
        return name if self.space == "colour" else f"{name}_{self.space}"

    @property
    def heading(self) -> str:
        """Title and space, such as ``PSNR, RGB``."""
        return f"{self.title}, {_SPACES[self.space]}" if self.space != "colour" else self.title

    @property
    def short(self) -> str:
        """Title of a narrow column, such as ``PSNR-Y``: nothing is added for RGB."""
        return f"{self.title}-Y" if self.space == "y" else self.title

    @property
    def identity(self) -> str:
        """Eight characters that stand for its definition, and for the library and version that computed it."""
        return digest(f"{self.definition}\n{self.version}" if self.version else self.definition)

    def impossible(self, value: float) -> str:
        """What is expected in place of a value that it cannot have; empty for one that it can."""
        low, high = self.lowest, self.highest
        if (low is None or value >= low) and (high is None or value <= high):
            return ""
        ends = (f"{word} {end:g}" for word, end in (("from", low), ("to", high)) if end is not None)
        return f"a value of {self.column} {' '.join(ends)}"

    # What figures draw: the mean, in decibels where the metric says so.

    @property
    def drawn_unit(self) -> str:
        """Unit of what figures draw."""
        return "dB" if self.decibels else self.unit

    @property
    def drawn_digits(self) -> int:
        """Digits after the point of what figures draw."""
        return 2 if self.decibels else self.digits

    @property
    def rises(self) -> bool:
        """Whether what figures draw rises with the quality: decibels always do."""
        return self.higher_is_better or bool(self.decibels)

    @property
    def axis(self) -> str:
        """The text beside an axis: heading, unit, and which way is better where that is down."""
        if self.decibels:
            inner = "1 − mean" if self.decibels == "similarity" else "mean"
            return f"{self.heading} (dB, −10 log₁₀({inner}))"
        told = ", ".join(filter(None, (self.unit, "" if self.rises else "less is better")))
        return f"{self.heading} ({told})" if told else self.heading

    def drawn(self, values: npt.ArrayLike) -> Values:
        """What figures draw of means of the metric; decibels of equal images are infinite in spite of rounding."""
        means = np.asarray(values, dtype=np.float64)
        if not self.decibels:
            return means
        distance = 1 - means if self.decibels == "similarity" else means
        with np.errstate(divide="ignore"):
            return np.asarray(-10 * np.log10(np.where(distance < _EQUAL, 0, distance)))

    def quality(self, values: npt.ArrayLike) -> Values:
        """What curves go up by, of means of the metric: what is drawn, and its negative where that falls."""
        return self.turned(self.drawn(values))

    def turned(self, qualities: npt.ArrayLike) -> Values:
        """What is drawn, from qualities; or the reverse, for the sign of one that falls is all that differs."""
        numbers = np.asarray(qualities, dtype=np.float64)
        return numbers if self.rises else 0.0 - numbers

    def undefined(self, height: int, width: int, channels: int) -> str:
        """Why images of a size and number of channels have no value; empty where they have one."""
        if min(height, width) < self.smallest:
            return f"{self.name} is undefined below {self.smallest} pixels a side"
        if self.space == "colour" and channels == 1 and not self.grey:
            return f"{self.name} is defined on colour pictures alone"
        return ""


def shown_metrics(metrics: Iterable[Metric]) -> list[Metric]:
    """Those that figures and reports show though nobody names them."""
    return [metric for metric in metrics if metric.shown != "named"]


def leading(metrics: Iterable[Metric]) -> list[Metric]:
    """The first metric of each name, of those that short tables show: it stands for the name where one is enough."""
    first: dict[str, Metric] = {}
    for metric in metrics:
        if metric.shown == "tables":
            first.setdefault(metric.name, metric)
    return list(first.values())


def metric_groups(metrics: Iterable[Metric]) -> dict[str, list[str]]:
    """The names of the metrics of each group, in the order of the metrics."""
    groups: dict[str, dict[str, None]] = {group: {} for group in ("all", "basic", *get_args(Group))}
    for metric in metrics:
        for group in ("all", *(("basic",) if metric.by_default else ()), *metric.groups):
            groups[group][metric.name] = None
    return {group: list(names) for group, names in groups.items()}


def find_metric(metrics: Iterable[Metric], text: str) -> Metric:
    """The metric of a column such as ``psnr_y``, or the first of a name such as ``psnr``.

    Raises:
        UsageError: there is none.
    """
    known = list(metrics)
    for metric in known:
        if text == metric.column:
            return metric
    for metric in known:
        if text == metric.name:
            return metric
    names = dict.fromkeys(name for metric in known for name in (metric.column, metric.name))
    raise UsageError(f"unknown metric {text!r}{did_you_mean(text, names)}")


class MetricFamily(ABC):
    """Metrics that share work: a family is one class in a file of ``benchmark/metrics/``.

    Another package adds one through an entry point of the group ``rdbench.metrics``, whose name is that of the family.
    ``docs/plugins.md`` has a whole one. A library that may be missing is imported inside the methods::

        @classmethod
        def version(cls) -> str:
            try:
                import lpips
            except ImportError as error:
                raise MissingBackend("LPIPS needs lpips: python -m pip install lpips") from error
            return f"lpips {lpips.__version__}"
    """

    name: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    """Its columns, in their order in the records."""
    order: ClassVar[int] = 100
    """Place of its columns in the records."""

    @classmethod
    def version(cls) -> str:
        """Library and version that compute its metrics; empty where this bench itself does.

        Figures of another version are those of another metric: they are not compared, and a run makes them anew.

        Raises:
            MissingBackend: the library is not installed; the message says how to install it. A run that was not asked
                for these metrics by name then leaves them out with a note.
        """
        return ""

    @abstractmethod
    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> Any:
        """What depends on the reference alone, computed once for all operating points.

        Args:
            reference: channels of the original images.
            wanted: the metrics of the family that are asked for, and defined for these images.
        """

    @abstractmethod
    def compare(self, prepared: Any, distorted: Channels) -> dict[str, Values]:
        """Values of every wanted metric, by column.

        Args:
            prepared: what :meth:`prepare` returned.
            distorted: channels of the decoded images, same shape as the reference.
        """
