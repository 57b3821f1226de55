"""What all figures have in common: their sizes, fonts, colours, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.errors import UsageError, meant
from benchmark.system.files import make_folder, replacing

FORMATS = ("svg", "png", "pdf", "webp")
"""Forms that a figure can be written in, by the endings of their files."""
PRINT = ("png", "svg", "pdf")
"""Those that a paper takes."""
CHARTS, PICTURES = ("svg",), ("webp",)
"""The one form that each kind is looked at in: curves as lines, pixels as WebP without loss, half as large as PNG."""
DPI = 300
"""Of PNG files, and of what is drawn in dots elsewhere."""

WIDTHS: Mapping[str, float] = {"single": 3.5, "double": 7.16}
"""Of one and of two columns of a paper, in inches."""

_NARROW = 5.0
"""Figures less wide than this, in inches, have smaller letters and thinner lines."""

# Okabe and Ito's colours, which stay apart under every common colour blindness and in grey; yellow is left out, since
# it does not print. Codecs have colours of their own, see ``figures.appearance``.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")

MUTED = "#555555"
"""Of what explains and is not data."""
REFERENCE = "#8C8C8C"
"""Of others' curves."""
REFUSED: Mapping[str, Any] = {"facecolor": "#F4F4F4", "edgecolor": "#BBBBBB", "hatch": "//////", "linewidth": 0.0}
"""Of places where a figure has no value because it was refused."""

_STYLE: Mapping[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "text.parse_math": False,  # a name may be $x_$
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.6,
    # TrueType, which journals take, and outlines, which look the same without the font.
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "rdbench",
}
_SMALL: Mapping[str, Any] = {
    "font.size": 7,
    "legend.fontsize": 6.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "lines.linewidth": 1.0,
    "lines.markersize": 2.8,
}


@dataclass(frozen=True)
class Style:
    """How a figure looks.

    Attributes:
        width: a name of :data:`WIDTHS`, which it has unless somebody says otherwise.
        settings: what differs from the common settings, by the names of matplotlib.
    """

    width: str
    settings: Mapping[str, Any]


STYLES: Mapping[str, Style] = {
    "screen": Style("double", {}),
    # Times, as the text of an IEEE paper has it, or what has its widths.
    "ieee": Style(
        "single",
        {
            "font.family": "serif",
            "font.serif": ["Times New Roman", "Nimbus Roman", "TeX Gyre Termes", "Liberation Serif", "STIXGeneral"],
            "font.size": 8,
            "legend.fontsize": 7,
            "xtick.labelsize": 7,
            "ytick.labelsize": 7,
            "axes.linewidth": 0.5,
            "lines.linewidth": 0.9,
            "lines.markersize": 2.6,
        },
    ),
}
"""Styles of figures that are written to files, by name."""


@contextmanager
def figure_of(width: float, height: float, settings: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """A figure of a size in inches, to be filled and saved inside the context, where its style holds.

    Args:
        width, height: the size.
        settings: settings of matplotlib that differ from those of all figures.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style: Any = {**_STYLE, **(_SMALL if width < _NARROW else {}), **(settings or {})}
    with mpl.rc_context(style):
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def small_title(axes: Any, text: str) -> None:
    """A line above a plot that says what it covers."""
    axes.set_title(text, fontsize="small", loc="left", color=MUTED)


def log_ticks(set_scale: Callable[..., Any], axis: Any) -> None:
    """A logarithmic axis whose ticks are 1, 2 and 5 times a power of ten, written out.

    Args:
        set_scale: ``set_xscale`` or ``set_yscale`` of the plot.
        axis: ``xaxis`` or ``yaxis`` of the plot.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    set_scale("log")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def checked_forms(forms: Sequence[str]) -> Sequence[str]:
    """Each of the forms once.

    Raises:
        UsageError: none is named, or one that no figure can be written in.
    """
    unknown = [form for form in forms if form not in FORMATS]
    if unknown or not forms:
        got = f"{unknown[0]!r}{meant(unknown[0], FORMATS)}" if unknown else "none"
        raise UsageError(f"--formats: expected some of {', '.join(FORMATS)}, got {got}")
    return list(dict.fromkeys(forms))


def save(figure: Any, path: Path, forms: Sequence[str]) -> list[Path]:
    """Writes a figure in some formats, without dates: the same figure gives the same bytes.

    Args:
        figure: a matplotlib one.
        path: without an ending; its folder is made.
        forms: the file formats, of :data:`FORMATS`.

    Returns:
        The files written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    make_folder(path.parent)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, not anew for every format
    written = []
    for form in forms:
        target = path.with_name(f"{path.name}.{form}")
        with replacing(target) as file:
            # By the canvas itself: savefig would draw every figure once more before.
            if form == "png":
                FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})  # type: ignore[no-untyped-call]
            elif form == "webp":
                FigureCanvasAgg(figure).print_webp(file, pil_kwargs=_WEBP)  # type: ignore[no-untyped-call]
            elif form == "svg":
                FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})  # type: ignore[no-untyped-call]
            else:
                with _without_layout_tables():
                    FigureCanvasPdf(figure).print_pdf(file, metadata={"CreationDate": None})  # type: ignore[no-untyped-call]
        written.append(target)
    return written


_WEBP: Mapping[str, Any] = {"lossless": True, "quality": 50, "method": 4}
"""Within 3 % of the smallest that WebP without loss allows, in a tenth of the time."""


@contextmanager
def _without_layout_tables() -> Iterator[None]:
    """Has fontTools drop a font's tables of ligatures and kerning when it embeds it.

    Nothing reads them in a PDF file, and to reduce them takes as long as to draw the figure.
    """
    from fontTools.subset import Options

    kept = Options._drop_tables_default
    Options._drop_tables_default = [*kept, "GDEF", "GPOS", "GSUB"]
    try:
        yield
    finally:
        Options._drop_tables_default = kept
