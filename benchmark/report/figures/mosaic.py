"""The visual comparison on paper: crops side by side, and the errors of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.metric import Metric
from benchmark.report.figures.picture import MATCHED, DecodedCrop, Picture
from benchmark.report.figures.style import COLOURS, DPI, MUTED, PICTURES, WIDTHS, figure_of, save

_SIDE = 520
"""No crop is drawn larger than this, in dots; each of its pixels is a whole number of them."""
_GAP, _TEXT, _MARGIN, _BAR = 48, 84, 16, 120


def draw_crops(picture: Picture, metric: Metric, path: Path, forms: Sequence[str] = PICTURES) -> list[Path]:
    """Draws a crop of the original and of every codec, each with its rate and quality.

    Args:
        picture: what to draw.
        metric: the quality that is written under each.
        path: without an ending.
        forms: see :func:`benchmark.report.figures.style.save`.

    Returns:
        The files written.
    """
    cells: list[tuple[npt.NDArray[Any], str, str, bool]] = [
        (picture.original, "original", f"{picture.image} of {picture.dataset}", False)
    ]
    cells += [(crop.pixels, crop.series, *_figures(picture, crop, metric)) for crop in picture.decoded]
    return _draw(cells, path, forms, {"cmap": "gray", "vmin": 0, "vmax": 255}, "")


def draw_errors(picture: Picture, metric: Metric, path: Path, forms: Sequence[str] = PICTURES) -> list[Path]:
    """Draws the absolute error of every codec, the mean over the channels, all on one scale.

    Arguments and files are those of :func:`draw_crops`.
    """
    errors = [_error(picture.original, crop.pixels) for crop in picture.decoded]
    # A few pixels with large errors would leave the rest in the dark, and so would a codec at a lower rate.
    at_rate = [
        error
        for error, crop in zip(errors, picture.decoded, strict=True)
        if abs(crop.bpp / picture.target - 1) <= MATCHED
    ]
    top = max(1.0, math.ceil(np.percentile(np.concatenate([error.ravel() for error in at_rate or errors]), 99.5)))
    cells = [
        (error, crop.series, *_figures(picture, crop, metric))
        for error, crop in zip(errors, picture.decoded, strict=True)
    ]
    return _draw(cells, path, forms, {"cmap": "magma", "vmin": 0, "vmax": top}, "absolute error (levels of 255)")


def _error(original: npt.NDArray[np.uint8], decoded: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    error = np.abs(decoded.astype(float) - original)
    return error.mean(axis=2) if error.ndim == 3 else error


def _figures(picture: Picture, crop: DecodedCrop, metric: Metric) -> tuple[str, bool]:
    """Rate and quality of a decoded crop, and whether its rate is off the target."""
    off = crop.bpp / picture.target - 1
    text = f"{crop.bpp:.2f} bpp"
    if abs(off) > MATCHED:
        text += f" ({off:+.0%})".replace("-", "−")
    value = float(metric.drawn(crop.figures.get(metric.column, math.nan)))
    if math.isfinite(value):
        text += f", {value:.{metric.drawn_digits}f} {metric.drawn_unit}".rstrip()
    return text, abs(off) > MATCHED


def _draw(
    cells: Sequence[tuple[npt.NDArray[Any], str, str, bool]],
    path: Path,
    forms: Sequence[str],
    look: dict[str, Any],
    bar: str,
) -> list[Path]:
    """Cells in rows, no wider than two columns, laid out in whole dots so that pixels stay square and sharp."""
    height, across = cells[0][0].shape[:2]
    zoom = max(1, _SIDE // max(height, across))
    high, wide = zoom * height, zoom * across
    columns = max(1, (round(WIDTHS["double"] * DPI) - 2 * _MARGIN + _GAP) // (wide + _GAP))
    rows = -(-len(cells) // columns)
    columns = -(-len(cells) // rows)  # all rows about as long
    total = columns * (wide + _GAP) - _GAP + 2 * _MARGIN
    tall = rows * (high + _TEXT + _MARGIN) + _MARGIN + (_BAR if bar else 0)
    with figure_of(total / DPI, tall / DPI) as figure:
        figure.set_layout_engine("none")

        def place(left: float, top: float, w: float, h: float) -> Any:
            return figure.add_axes((left / total, 1 - (top + h) / tall, w / total, h / tall))

        shown = None
        for number, (pixels, name, text, off) in enumerate(cells):
            left = _MARGIN + (number % columns) * (wide + _GAP)
            axes = place(left, _MARGIN + (number // columns) * (high + _TEXT + _MARGIN), wide, high)
            shown = axes.imshow(pixels, interpolation="none", aspect="auto", **(look if pixels.ndim == 2 else {}))
            axes.set_axis_off()
            for line, (words, size, colour) in enumerate(
                (
                    (name, 7, "black"),
                    (text, 6.2, COLOURS[1] if off else MUTED),
                )
            ):
                axes.annotate(
                    words,
                    (0, 0),
                    xycoords="axes fraction",
                    xytext=(0, -2 - 8.5 * line),
                    textcoords="offset points",
                    va="top",
                    ha="left",
                    fontsize=size,
                    color=colour,
                )
        if bar:
            scale = place(2 * _MARGIN, tall - _BAR, min(total - 4 * _MARGIN, 900), 24)
            drawn = figure.colorbar(shown, cax=scale, orientation="horizontal", extend="max")
            drawn.outline.set_visible(False)
            drawn.set_label(bar, fontsize=6.5)
            scale.tick_params(labelsize=6.5, length=2)
        return save(figure, path, forms)
