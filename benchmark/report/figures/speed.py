"""The plane of time and rate, for encoders or for decoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from benchmark.analysis.cost import pareto
from benchmark.errors import counted
from benchmark.report.figures.appearance import Look
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.names import name_points
from benchmark.report.figures.style import MARK, REFERENCE, log_ticks, small_title

Side = Literal["encode", "decode"]
SIDES: tuple[Side, Side] = ("encode", "decode")


@dataclass(frozen=True)
class Mark:
    """A codec, or one of its operating points.

    Attributes:
        series, codec: what it is.
        name: what the figure calls the series.
        look: how the series is drawn.
        seconds: time for a megapixel, above 0.
        rate: the rate, of which less is better.
        front: whether no other has both less time and a lower rate.
    """

    series: str
    codec: str
    name: str
    look: Look
    seconds: float
    rate: float
    front: bool


@dataclass(frozen=True)
class SpeedChart(Chart):
    """Time against rate.

    Attributes:
        marks: the quickest first.
        side: the side whose time it is.
        rate_label: the text of the rate's axis.
        title: what the figure covers.
        untimed: names of the series that have a rate and no time.
        outside: how many operating points are left out because their rate is none that people compare.
    """

    marks: Sequence[Mark]
    side: Side
    rate_label: str
    title: str
    untimed: Sequence[str] = ()
    outside: int = 0

    def height(self, width: float) -> float:
        """Higher where there are many names."""
        return max(2.7 if width < 5 else 3.4, 1.2 + 0.11 * len({mark.series for mark in self.marks}))

    def joined(self) -> list[list[Mark]]:
        """The marks that a line joins, the quickest first: of a series, or of all presets of a codec."""
        single = len({mark.series for mark in self.marks}) == len(self.marks)
        groups: dict[str, list[Mark]] = {}
        for mark in self.marks:
            groups.setdefault(mark.codec if single else mark.series, []).append(mark)
        return list(groups.values())

    def named(self) -> list[Mark]:
        """The marks with a name: of each series the quickest."""
        first: dict[str, Mark] = {}
        for mark in self.marks:
            first.setdefault(mark.series, mark)
        return list(first.values())

    def draw(self, axes: Any) -> None:
        """Draws the marks with their names, lines that join them, and the front below them."""
        # Where times go over many powers of ten there is no room for more ticks.
        far = self.marks[-1].seconds > 30 * self.marks[0].seconds
        log_ticks(axes.set_xscale, axes.xaxis, steps=(1,) if far else (1, 2, 5))
        axes.margins(x=0.17, y=0.1)
        steps = np.array([(mark.seconds, mark.rate) for mark in self.marks if mark.front]).reshape(-1, 2)
        if len(steps):
            axes.step(*steps.T, where="post", color=REFERENCE, linewidth=0.9, zorder=1.6)
        for marks in self.joined():
            colour = marks[0].look.colour
            places = [mark.seconds for mark in marks], [mark.rate for mark in marks]
            axes.plot(*places, color=colour, linewidth=0.8, zorder=1.8)
            for mark in marks:
                look = mark.look
                axes.plot(
                    mark.seconds, mark.rate, look.marker, color=look.colour, markersize=MARK, markeredgecolor="white"
                )
        axes.set_xlabel(f"{self.side} time (s per megapixel)")
        axes.set_ylabel(self.rate_label)
        untimed = f"; not timed: {', '.join(self.untimed)}" if self.untimed else ""
        outside = f"; {counted(self.outside, 'point')} outside not shown" if self.outside else ""
        front = "; grey: the front, with none both quicker and better" if len(steps) else ""
        small_title(axes, self.title + untimed + outside + front)
        named = self.named()
        name_points(
            axes,
            [mark.name for mark in named],
            np.array([(mark.seconds, mark.rate) for mark in named]),
            marks=np.array([(mark.seconds, mark.rate) for mark in self.marks]),
            steps=steps,
        )

    def table(self) -> pd.DataFrame:
        """A row for each mark, the quickest first."""
        names = ("codec", "seconds", "rate", "front")
        return pd.DataFrame(
            [
                {"side": self.side, "series": mark.name, **{name: getattr(mark, name) for name in names}}
                for mark in self.marks
            ]
        )


def speed_charts(
    points: pd.DataFrame,
    rate_label: str,
    title: str,
    names: Mapping[str, str],
    looks: Mapping[str, Look],
    sides: Sequence[Side] = SIDES,
    outside: int = 0,
) -> list[SpeedChart]:
    """A chart of each side; none of one where fewer than two codecs or points were timed to be published.

    Args:
        points: ``series``, ``codec``, ``rate``, ``encode_s_per_mp`` and ``decode_s_per_mp``, NaN where there is none;
            ``usual_images``, whether they are of the same images as most: others are on no front.
        rate_label: the text of the rate's axis.
        title: what they cover.
        names: what the figures call the series that they show; others are left out.
        looks: how all series are drawn.
        sides: the sides that are drawn.
        outside: see :class:`SpeedChart`.
    """
    points = points[points["series"].isin(list(names)) & np.isfinite(points["rate"].astype(float))]
    found = []
    for side in sides:
        seconds = points[f"{side}_s_per_mp"].astype(float)
        timed = points.assign(seconds=seconds)[seconds > 0].sort_values("seconds", kind="stable")
        if len(timed) < 2:
            continue
        front = pareto(timed.assign(rate=timed["rate"].where(timed["usual_images"].astype(bool))), ["seconds", "rate"])
        marks = [
            Mark(series, codec, names[series], looks[series], float(time), float(rate), bool(best))
            for series, codec, time, rate, best in zip(
                timed["series"], timed["codec"], timed["seconds"], timed["rate"], front, strict=True
            )
        ]
        lacking = points["series"][~points["series"].isin(list(timed["series"]))]
        untimed = [names[series] for series in dict.fromkeys(lacking)]
        found.append(SpeedChart(marks, side, rate_label, title, untimed, outside))
    return found
