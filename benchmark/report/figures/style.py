"""What all figures have in common: their sizes, fonts, colours, and how they are written."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.errors import UsageError, meant
from benchmark.system.files import make_folder, replacing
from benchmark.system.memory import uncollected

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

_LETTER = 0.53
"""Width of a letter over its size, about: texts are folded by it."""

MARK = 5.0
"""Size of a marker that stands alone, in points."""

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
    "axes.titley": 1.0,  # no plot has ticks above it, so no title has to make way: to look takes a tenth of a figure
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.6,
    "lines.markeredgewidth": 0.4,
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
    with mpl.rc_context(style), uncollected():
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def lay_out(figure: Any) -> None:
    """Gives the parts of a figure their places, without drawing them, which takes as long again.

    A figure that has not changed since keeps them.
    """
    engine = figure.get_layout_engine()
    if engine is not None and figure.stale:
        engine.execute(figure)
        figure.stale = False


def small_title(axes: Any, text: str) -> None:
    """A line above a plot that says what it covers, or several where it is long: up to the right end of its panel."""
    figure = axes.get_figure(root=True)
    title = axes.set_title(text, fontsize="small", loc="left", color=MUTED)
    lay_out(figure)  # where the plot begins
    panel = axes.get_subplotspec()
    right = (panel.colspan.stop / panel.get_gridspec().ncols if panel else 1) * figure.bbox.width
    room = (right - axes.get_window_extent().x0) / figure.dpi
    title.set_text(folded(text, room, title.get_fontsize()))


NAMES_WIDE = 0.36
"""Share of a figure's width that names of rows may take; longer ones have several lines."""


def rows_height(names: Sequence[str], width: float) -> float:
    """Height of a figure with a row for each name, in inches: a higher row where a name has several lines."""
    lines = sum(folded(name, NAMES_WIDE * width, 8).count("\n") * 0.75 + 1 for name in names)
    return 0.9 + (0.2 if width >= _NARROW else 0.165) * lines


def name_rows(axes: Any, names: Sequence[str]) -> None:
    """Writes a name before each row of a plot, the first at the bottom, and takes away the axis that they stand for."""
    figure = axes.get_figure(root=True)
    axes.set_yticks(range(len(names)), names)
    size = axes.get_yticklabels()[0].get_fontsize() if len(names) else 0
    width = NAMES_WIDE * figure.bbox.width / figure.dpi
    axes.set_yticks(range(len(names)), [folded(name, width, size) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def folded(text: str, inches: float, points: float) -> str:
    """A text in lines that are about so wide at most, cut at spaces; at hyphens, too, where a word alone is wider.

    Args:
        text: the text.
        inches: the width.
        points: the size of the letters.
    """
    letters = max(int(72 * inches / (_LETTER * points)), 6)
    hyphens = max(map(len, text.split()), default=0) > letters
    return "\n".join(textwrap.wrap(text, letters, break_long_words=False, break_on_hyphens=hyphens)) or text


def label_below(axes: Any, text: str) -> None:
    """A text below a plot, in lines as wide as that."""
    figure = axes.get_figure(root=True)
    label = axes.set_xlabel(text)
    lay_out(figure)  # how wide the plot is
    label.set_text(folded(text, axes.get_window_extent().width / figure.dpi, label.get_fontsize()))


def legend_size() -> float:
    """Size of the letters of a legend in the style that holds, in points."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    return float(FontProperties(size=rcParams["legend.fontsize"]).get_size_in_points())


def log_ticks(set_scale: Callable[..., Any], axis: Any, steps: Sequence[int] = (1, 2, 5)) -> None:
    """A logarithmic axis whose ticks are a few times a power of ten, written out.

    Args:
        set_scale: ``set_xscale`` or ``set_yscale`` of the plot.
        axis: ``xaxis`` or ``yaxis`` of the plot.
        steps: how many times.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    set_scale("log")
    axis.set_major_locator(LogLocator(subs=steps))
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
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    make_folder(path.parent)
    lay_out(figure)
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
                from matplotlib.backends.backend_pdf import FigureCanvasPdf  # takes longer to load than both others

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
