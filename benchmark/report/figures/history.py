"""What became of codecs from one run to the next: a line for each, with rings where something of it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.report.figures.appearance import Look
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.names import lead
from benchmark.report.figures.rd import spread
from benchmark.report.figures.style import folded, lay_out, legend_size, log_ticks, small_title

Floats = npt.NDArray[np.float64]

_LINE = 0.135
"""Height of a line of text, with what parts it from the next, in inches."""

_WIDEST = 0.3
"""Share of a figure's width that names of lines may take; longer ones have several lines."""

_RING = 9.0
"""Size of the ring around a change point, in points."""

_LETTERS = 8
"""Letters of a run's name that have room below the plot without being turned, where there are six runs."""


@dataclass(frozen=True)
class Track:
    """A codec through the runs.

    Attributes:
        name: what the figure calls it.
        look: how it is drawn.
        values: one for each run, NaN where there is none.
        changed: what changed in each run, in short; empty where nothing did.
    """

    name: str
    look: Look
    values: Floats
    changed: Sequence[str]


@dataclass(frozen=True)
class HistoryChart(Chart):
    """One figure of all codecs through the runs.

    Attributes:
        tracks: the codecs.
        releases: names of the runs, in the order of time.
        label: the text of the axis.
        title: what the figure covers.
        log: whether the axis is logarithmic.
    """

    tracks: Sequence[Track]
    releases: Sequence[str]
    label: str
    title: str
    log: bool = False

    def height(self, width: float) -> float:
        """So that the names of all codecs have room beside the plot."""
        lines = [folded(track.name, _WIDEST * width, 8).count("\n") + 1 for track in self.tracks]
        return max(2.6 if width < 5 else 3.0, 1.2 + _LINE * sum(lines))

    def draw(self, axes: Any) -> None:
        """Draws a line with markers for each codec, a ring around each change point, and the names at the ends."""
        if self.log:
            log_ticks(axes.set_yscale, axes.yaxis)
        for track in self.tracks:
            places = np.arange(len(self.releases))
            axes.plot(
                places, track.values, track.look.marker, color=track.look.colour, linestyle=track.look.dash,
                markeredgecolor="white", zorder=2,
            )  # fmt: skip
            marked = np.array([bool(text) for text in track.changed]) & np.isfinite(track.values)
            axes.plot(
                places[marked], track.values[marked], "o", color=track.look.colour, markersize=_RING,
                markerfacecolor="none", markeredgewidth=0.9, zorder=2.2,
            )  # fmt: skip
        axes.set_xlim(-0.25, len(self.releases) - 0.75)
        turned = max(map(len, self.releases)) * len(self.releases) > 6 * _LETTERS
        axes.set_xticks(range(len(self.releases)), list(self.releases))
        if turned:
            axes.tick_params(axis="x", rotation=30)
            for text in axes.get_xticklabels():
                text.set_horizontalalignment("right")
                text.set_rotation_mode("anchor")
        axes.grid(visible=False, axis="x")
        axes.set_ylabel(self.label)
        axes.margins(y=0.08)
        small_title(axes, f"{self.title}; rings: something changed")
        self._name(axes)

    def _name(self, axes: Any) -> None:
        """Writes names beside the plot, as high as the last values where that is free, with thin lines to them."""
        figure = axes.get_figure(root=True)
        lay_out(figure)  # how high the plot is
        ends = [(track, int(np.flatnonzero(np.isfinite(track.values))[-1])) for track in self.tracks]
        size, inches = legend_size(), figure.bbox.width / figure.dpi
        texts = [folded(track.name, _WIDEST * inches, size) for track, _ in ends]
        line = size * figure.dpi / 72 * 1.27 / axes.get_window_extent().height
        spots = axes.transData.transform([(place, track.values[place]) for track, place in ends])
        wanted = [float(axes.transAxes.inverted().transform(spot)[1]) for spot in spots]
        places = spread(wanted, [line * (text.count("\n") + 1) for text in texts])
        for (track, end), text, place in zip(ends, texts, places, strict=True):
            colour = track.look.colour
            axes.text(1.04, place, text, transform=axes.transAxes, ha="left", va="center", color=colour, fontsize=size)
            lead(axes, (end, float(track.values[end])), (1.04, place), colour)

    def table(self) -> pd.DataFrame:
        """A row for each codec and run."""
        return pd.DataFrame(
            [
                {"series": track.name, "release": release, "value": value, "changed": changed}
                for track in self.tracks
                for release, value, changed in zip(self.releases, track.values, track.changed, strict=True)
            ]
        )


def history_chart(
    rows: pd.DataFrame,
    column: str,
    label: str,
    title: str,
    names: Mapping[str, str],
    looks: Mapping[str, Look],
    *,
    log: bool = False,
) -> HistoryChart | None:
    """One figure of all codecs of a data set through the runs; none where no run has a value of it.

    Args:
        rows: rows of a data set of ``analysis.history.History.table``.
        column: the figure, such as ``bd_rate``.
        label: the text of its axis.
        title: what they cover.
        names: what the figure calls the series that it shows.
        looks: how all series are drawn.
        log: whether the axis is logarithmic.
    """
    releases = list(dict.fromkeys(rows["release"]))
    tracks = []
    for series, part in rows.groupby("series", sort=False):
        own = part.set_index("release").reindex(releases)
        values = own[column].to_numpy(float)
        if np.isfinite(values).any() and series in names:
            tracks.append(Track(names[str(series)], looks[str(series)], values, list(own["changed"].fillna(""))))
    return HistoryChart(tracks, releases, label, title, log) if tracks else None
