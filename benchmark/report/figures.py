"""Figures that a paper can take as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.table import in_decibels, series_labels

FORMATS = ("png", "svg", "pdf")

# Okabe and Ito's colours, which stay apart under every common colour blindness and in grey; yellow is left out, since
# it does not print. Markers and dashes tell curves apart where colour cannot.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)))

_BESIDE = 8
"""More curves than this have their legend beside the plot."""
_WIDE = 4.0
"""Rates above this, in bits per pixel, are drawn on a logarithmic axis: they would squeeze all that is of use."""

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#D9D9D9",
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.6,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "rdbench",
}


@dataclass(frozen=True)
class Axis:
    """What a figure shows upwards.

    Attributes:
        column: of the records, such as ``psnr_rgb``.
        title, unit: for the label.
        decibels: whether −10·log₁₀(1 − x) of the mean is drawn in place of the mean x.
        definition: formula and source, for captions.
    """

    column: str
    title: str
    unit: str = ""
    decibels: bool = False
    definition: str = ""

    @property
    def label(self) -> str:
        """Text beside the axis."""
        if self.decibels:
            return f"{self.title} (dB, −10 log₁₀(1 − mean))"
        return f"{self.title} ({self.unit})" if self.unit else self.title


def draw_rd_curves(summary: pd.DataFrame, axis: Axis, path: Path) -> list[Path]:
    """Draws one metric against bpp, a curve for each codec, in every format.

    Points are means over images; those that cover fewer images than the rest are left out and counted below the plot.
    A codec with a single point, such as a lossless one at its infinite PSNR, is drawn only if its values are finite.

    Args:
        summary: of one data set, see ``analysis.table.summarise``.
        axis: what to draw.
        path: without an ending.

    Returns:
        The files written; none if no operating point has a value.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    values = summary[f"{axis.column}_mean"].to_numpy(float)
    if axis.decibels:
        values = in_decibels(values)
    points = summary.assign(series=series_labels(summary), rate=summary["bpp_mean"], value=values)
    points = points[np.isfinite(points["rate"].astype(float)) & np.isfinite(points["value"].astype(float))]
    if points.empty:
        return []
    complete = points["images"] == points["images"].max()
    left_out = int((~complete).sum())
    points = points[complete]

    with mpl.rc_context(_STYLE):
        many = points["series"].nunique() > _BESIDE
        figure = Figure(figsize=(6.6, 4.0) if many else (5.0, 3.4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        # Colours follow the codecs, so that a codec keeps its colour from one metric to the next.
        codecs = list(dict.fromkeys(summary["codec"]))
        dashes: dict[str, int] = {}
        for label, curve in points.groupby("series", sort=False):
            codec = str(curve["codec"].iloc[0])
            place = codecs.index(codec)
            variant = dashes.setdefault(codec, place // len(_COLOURS) - 1) + 1
            dashes[codec] = variant
            along = curve.sort_values("rate")
            axes.plot(
                along["rate"], along["value"], label=str(label), color=_COLOURS[place % len(_COLOURS)],
                marker=_MARKERS[(place + variant) % len(_MARKERS)], linestyle=_DASHES[variant % len(_DASHES)],
                markeredgecolor="white", markeredgewidth=0.4,
            )
        axes.set_xlabel("rate (bits per pixel)")
        axes.set_ylabel(axis.label)
        axes.margins(y=0.04)
        if points["rate"].max() > _WIDE:
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter("{x:g}")
        else:
            axes.set_xlim(left=0)
        if many:
            figure.legend(loc="outside right upper", handlelength=3.2)
        else:
            axes.legend(loc="lower right", handlelength=2.6)
        axes.set_title(_caption(points, left_out), fontsize=7, loc="left", color="#555555")
        return _save(figure, path)


def _caption(points: pd.DataFrame, left_out: int) -> str:
    images = int(points["images"].max())
    text = f"{points['dataset'].iloc[0]}, mean of {images} image{'s' if images != 1 else ''}"
    return f"{text}; {left_out} incomplete points left out" if left_out else text


def _save(figure: Any, path: Path) -> list[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, not anew for every format
    # No dates: the same numbers give the same bytes.
    metadata: dict[str, dict[str, None]] = {
        "png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}
    }
    written = []
    for form in FORMATS:
        target = path.with_name(f"{path.name}.{form}")
        figure.savefig(target, dpi=300, metadata=metadata[form])
        written.append(target)
    return written


def draw_all(summary: pd.DataFrame, upwards: Sequence[Axis], folder: Path) -> list[Path]:
    """Draws every metric of every data set in a summary.

    Args:
        summary: see ``analysis.table.summarise``.
        upwards: what to draw.
        folder: for the files ``rd_<metric>.<format>``; with several data sets, one folder each.
    """
    written = []
    datasets = list(dict.fromkeys(summary["dataset"]))
    for dataset in datasets:
        part = summary[summary["dataset"] == dataset]
        below = folder if len(datasets) == 1 else folder / "".join(c if c.isalnum() else "-" for c in dataset)
        for axis in upwards:
            written += draw_rd_curves(part, axis, below / f"rd_{axis.column}")
    return written


@dataclass(frozen=True)
class Band:
    """A range of values that a histogram marks, with its name."""

    name: str
    low: float
    high: float


def draw_histograms(
    edges: npt.NDArray[np.float64], counts: Mapping[str, npt.NDArray[np.int64]], bands: Sequence[Band], label: str,
    path: Path,
) -> list[Path]:
    """Draws a histogram with bands marked, and below it those of parts of the same values, in every format.

    Args:
        edges: of the bins, shape (N + 1,).
        counts: in each bin, shape (N,): first of all values, then of each part by name.
        bands: to mark in the upper plot.
        label: of the horizontal axis.
        path: without an ending.

    Returns:
        The files written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    (_, whole), *parts = counts.items()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.0, 4.4), layout="constrained")
        FigureCanvasAgg(figure)
        upper, lower = figure.subplots(2, sharex=True)
        upper.stairs(whole, edges, fill=True, color="#BBBBBB")
        for place, (name, part) in enumerate(parts):
            lower.stairs(part, edges, label=name, color=_COLOURS[place % len(_COLOURS)], linewidth=1.3)
        names = [name for name, _ in parts]
        for band in bands:
            colour = _COLOURS[names.index(band.name) % len(_COLOURS)]
            upper.axvspan(band.low, band.high, color=colour, alpha=0.22, linewidth=0, label=band.name)
        for axes in (upper, lower):
            axes.set_ylabel("patches in a bin")
            axes.set_ylim(bottom=0)
            axes.legend(loc="upper right")
        upper.set_title(f"all {int(whole.sum()):,} patches", fontsize=7, loc="left", color="#555555")
        lower.set_title("by set", fontsize=7, loc="left", color="#555555")
        lower.set_xlabel(label)
        return _save(figure, path)
