"""The visual comparison on paper: crops side by side, and the errors of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.metric import Metric
from benchmark.report.figures.picture import DecodedCrop, Picture
from benchmark.report.figures.style import DPI, MUTED, PICTURES, WIDTHS, figure_of, save

_SIDE = 520
"""No crop is drawn larger than this, in dots; each of its pixels is a whole number of them."""
_GAP, _TEXT, _MARGIN, _BAR = 48, 84, 16, 120


@dataclass(frozen=True)
class Cell:
    """A picture of a mosaic.

    Attributes:
        pixels: ``uint8``, (h, w, 3) or (h, w), or errors, (h, w).
        name, text: the two lines below it.
    """

    pixels: npt.NDArray[Any]
    name: str
    text: str


@dataclass(frozen=True)
class Mosaic:
    """Pictures of one size in rows, laid out in whole dots so that pixels stay square and sharp.

    Attributes:
        cells: the pictures.
        look: how those of one plane are drawn, as ``imshow`` takes it.
        bar: what the bar of their colours means; empty for no bar.
    """

    cells: Sequence[Cell]
    look: Mapping[str, Any]
    bar: str = ""

    def size(self) -> tuple[float, float]:
        """Width and height in inches, no wider than two columns of a paper."""
        return self._total / DPI, self._tall / DPI

    @property
    def _picture(self) -> tuple[int, int]:
        """Height and width of each picture in dots."""
        height, width = self.cells[0].pixels.shape[:2]
        zoom = max(1, _SIDE // max(height, width))
        return zoom * height, zoom * width

    @property
    def _columns(self) -> int:
        most = max(1, (round(WIDTHS["double"] * DPI) - 2 * _MARGIN + _GAP) // (self._picture[1] + _GAP))
        return -(-len(self.cells) // -(-len(self.cells) // most))  # all rows about as long

    @property
    def _total(self) -> int:
        return self._columns * (self._picture[1] + _GAP) - _GAP + 2 * _MARGIN

    @property
    def _tall(self) -> int:
        rows = -(-len(self.cells) // self._columns)
        return rows * (self._picture[0] + _TEXT + _MARGIN) + _MARGIN + (_BAR if self.bar else 0)

    def draw(self, figure: Any) -> None:
        """Draws it on a figure of matplotlib of its :meth:`size`: axes for each picture, and for the bar."""
        figure.set_layout_engine("none")
        high, wide = self._picture
        shown = None
        for number, cell in enumerate(self.cells):
            left = _MARGIN + (number % self._columns) * (wide + _GAP)
            top = _MARGIN + (number // self._columns) * (high + _TEXT + _MARGIN)
            axes = self._place(figure, left, top, wide, high)
            look = self.look if cell.pixels.ndim == 2 else {}
            shown = axes.imshow(cell.pixels, interpolation="none", aspect="auto", **look)
            axes.set_axis_off()
            lines = ((cell.name, 7, "black"), (cell.text, 6.2, MUTED))
            for line, (words, size, colour) in enumerate(lines):
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
        if self.bar:
            scale = self._place(figure, 2 * _MARGIN, self._tall - _BAR, min(self._total - 4 * _MARGIN, 900), 24)
            drawn = figure.colorbar(shown, cax=scale, orientation="horizontal", extend="max")
            drawn.outline.set_visible(False)
            drawn.set_label(self.bar, fontsize=6.5)
            scale.tick_params(labelsize=6.5, length=2)

    def _place(self, figure: Any, left: float, top: float, wide: float, high: float) -> Any:
        total, tall = self._total, self._tall
        return figure.add_axes((left / total, 1 - (top + high) / tall, wide / total, high / tall))


def crops_mosaic(picture: Picture, metric: Metric) -> Mosaic:
    """A crop of the original and of every codec, each with its rate and the quality by a metric."""
    cells = [Cell(picture.original, "original", f"{picture.image} of {picture.dataset}")]
    cells += [Cell(crop.pixels, crop.series, _figures(crop, metric)) for crop in picture.decoded]
    return Mosaic(cells, {"cmap": "gray", "vmin": 0, "vmax": 255})


def errors_mosaic(picture: Picture, metric: Metric) -> Mosaic:
    """The absolute error of every codec, the mean over the channels, all on one scale."""
    errors = [_error(picture.original, crop.pixels) for crop in picture.decoded]
    # A few pixels with large errors would leave the rest in the dark.
    top = max(1.0, math.ceil(np.percentile(np.concatenate([error.ravel() for error in errors]), 99.5)))
    cells = [
        Cell(error, crop.series, _figures(crop, metric)) for error, crop in zip(errors, picture.decoded, strict=True)
    ]
    return Mosaic(cells, {"cmap": "magma", "vmin": 0, "vmax": top}, "absolute error (levels of 255)")


def write_mosaic(
    mosaic: Mosaic, path: Path, forms: Sequence[str] = PICTURES, settings: Mapping[str, Any] | None = None
) -> list[Path]:
    """Writes a mosaic.

    Args:
        mosaic: what to draw.
        path: without an ending.
        forms: see :func:`benchmark.report.figures.style.save`.
        settings: see :func:`benchmark.report.figures.style.figure_of`.

    Returns:
        The files written.
    """
    with figure_of(*mosaic.size(), settings) as figure:
        mosaic.draw(figure)
        return save(figure, path, forms)


def _error(original: npt.NDArray[np.uint8], decoded: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    error = np.abs(decoded.astype(float) - original)
    return error.mean(axis=2) if error.ndim == 3 else error


def _figures(crop: DecodedCrop, metric: Metric) -> str:
    """Rate and quality of a decoded crop."""
    text = f"{crop.bpp:.2f} bpp"
    value = float(metric.drawn(crop.figures.get(metric.column, math.nan)))
    if math.isfinite(value):
        text += f", {value:.{metric.drawn_digits}f} {metric.drawn_unit}".rstrip()
    return text
