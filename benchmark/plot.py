"""Figures for notebooks and papers: data of results in, axes of matplotlib out.

They are drawn in the style that holds: that of the user, or one of :data:`STYLES`. The command ``figure`` writes the
same figures to files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark import defaults
from benchmark.errors import UsageError, meant
from benchmark.report.figures.style import FORMATS, STYLES, WIDTHS

if TYPE_CHECKING:
    from benchmark.analysis.results import Results
    from benchmark.metric import Metric
    from benchmark.report.figures.lines import Line
    from benchmark.report.figures.rd import Labels

__all__ = ["STYLES", "rd", "save_rd"]

_GOLDEN = 0.72
"""Height of a figure over its width."""


def rd(
    results: Results,
    *,
    ax: Any = None,
    dataset: str = "",
    metric: str = defaults.METRIC,
    codecs: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    refs: Sequence[str] | None = None,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    log: bool = False,
    labels: Labels = "ends",
) -> Any:
    """Draws rate–distortion curves: one metric against bits per pixel, a curve for each codec.

    Points are means over the images of the data set. The line through them is the curve that BD-rates integrate.
    Published curves are dashed, with hollow markers, in the colour of the codec that their label begins with.

    Examples:
        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from benchmark import plot, run
        >>> results = run(codecs={"jpeg": {"quality": [10, 40, 80]}}, metrics=["psnr"], out="results/plotted")
        >>> plot.rd(results).get_ylabel()
        'PSNR, RGB (dB)'

    Args:
        results: what :func:`benchmark.read_results` gives.
        ax: axes of matplotlib; None makes a figure of the size that the style has.
        dataset: the data set, where the results are of several.
        metric: name of a metric, or column of the quality.
        codecs: the codecs or series to show, in this order; None for all.
        names: what to call codecs, series or published curves.
        refs: the published curves to show, by the words that their labels begin with; None for all that are there.
        xlim: limits of the rate, in bits per pixel; None shows the rates that people compare, 0.05 to 2.
        ylim: limits of the metric; None takes those of the points that are shown.
        log: whether the rate's axis is logarithmic.
        labels: ``ends``, where the names stand at the ends of the curves, or ``legend``.

    Returns:
        The axes.

    Raises:
        UsageError: the results have no such data set, metric, codec, series or published curve, or a limit is none.
    """
    from benchmark.report.figures.lines import view_of
    from benchmark.report.figures.rd import draw_lines

    known, lines, title = _lines(results, dataset, metric, codecs, names, refs)
    if labels not in ("ends", "legend"):
        raise UsageError(f"labels: expected ends or legend, got {labels!r}")
    view = view_of(lines, xlim=_limits("xlim", xlim, log=log), ylim=_limits("ylim", ylim), log_rate=log)
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    ax.set_xlabel(_RATE)
    ax.set_ylabel(known.axis)
    draw_lines(ax, lines, view, labels=labels, log_rate=log, title=title)
    return ax


_RATE = "rate (bits per pixel)"


def save_rd(
    results: Results, path: Path, *, style: str = "screen", width: str = "", dataset: str = "", **how: Any
) -> Path:
    """Writes a figure of :func:`rd`, or what it shows, to a file.

    Args:
        results: see :func:`rd`.
        path: the file. Its ending says what is written: ``pdf``, ``svg``, ``png`` or ``webp``; ``csv``, all operating
            points; ``tex``, a picture of pgfplots.
        style: one of :data:`STYLES`.
        width: ``single`` or ``double``: as wide as one or two columns of a paper; empty for that of the style.
        dataset: see :func:`rd`.
        how: other arguments of :func:`rd`.

    Raises:
        UsageError: see :func:`rd`; or there is no such ending, style or width.
        OutputError: the file cannot be written.
    """
    from benchmark.record.frames import csv_text
    from benchmark.report.figures.lines import table_of, view_of
    from benchmark.report.figures.style import figure_of, save
    from benchmark.report.pgfplots import pgfplots
    from benchmark.system.files import replace_file

    form = path.suffix[1:].lower()
    _one_of("--out", form, (*FORMATS, "csv", "tex"), "a file that ends in ")
    _one_of("style", style, tuple(STYLES))
    width = width or STYLES[style].width
    _one_of("width", width, tuple(WIDTHS))
    if form in FORMATS:
        with figure_of(WIDTHS[width], _GOLDEN * WIDTHS[width], STYLES[style].settings) as figure:
            rd(results, ax=figure.add_subplot(), dataset=dataset, **how)
            (written,) = save(figure, path.with_suffix(""), [form])
        return written
    chosen = {name: how.get(name) for name in ("codecs", "names", "refs")}
    known, lines, _ = _lines(results, dataset, how.get("metric", defaults.METRIC), **chosen)
    if form == "csv":
        replace_file(path, csv_text(table_of(lines, known)))
        return path
    log = bool(how.get("log"))
    view = view_of(
        lines, xlim=_limits("xlim", how.get("xlim"), log=log), ylim=_limits("ylim", how.get("ylim")), log_rate=log
    )
    replace_file(path, pgfplots(lines, view, _RATE, known.axis, log_rate=log))
    return path


def _one_of(what: str, value: str, known: Sequence[str], before: str = "") -> None:
    if value not in known:
        raise UsageError(f"{what}: expected {before}{', '.join(known)}, got {value!r}{meant(value, known)}")


def _limits(what: str, limits: Any, *, log: bool = False) -> tuple[float, float] | None:
    """Two limits that rise; None where none are given."""
    if limits is None:
        return None
    good = isinstance(limits, (tuple, list)) and len(limits) == 2
    if not good or any(isinstance(limit, bool) or not isinstance(limit, (int, float)) for limit in limits):
        raise UsageError(f"{what}: expected two numbers, such as 0,1.2, got {limits!r}")
    low, high = map(float, limits)
    if not (low < high < float("inf") and (low > 0 or not log)):
        above = ", both above 0 on a logarithmic axis" if log else ""
        raise UsageError(f"{what}: expected a lower and a higher number{above}, got {low:g} and {high:g}")
    return low, high


def _lines(
    results: Results,
    dataset: str,
    metric: str,
    codecs: Sequence[str] | None,
    names: Mapping[str, str] | None,
    refs: Sequence[str] | None,
) -> tuple[Metric, list[Line], str]:
    """The metric, the curves, and what they cover in words."""
    from benchmark.analysis.results import Results
    from benchmark.report.figures.lines import lines_of

    if not isinstance(results, Results):
        raise UsageError(f"results: expected what run or read_results gave, got {results!r}")
    known = results.metric(metric)
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    if not dataset and len(datasets) > 1:
        raise UsageError(f"dataset: the results are of {', '.join(datasets)}; name one of them")
    if dataset and dataset not in datasets:
        raise UsageError(f"dataset: the results have no {dataset!r}; they have {', '.join(datasets)}")
    dataset = dataset or datasets[0]
    points = results.points(known)
    points = points[points["dataset"] == dataset]
    published = [curve for curve in results.imported.get(known.column, ()) if curve.dataset == dataset]
    lines = lines_of(points, known, published, codecs=codecs, names=names, refs=refs)
    if not lines:
        raise UsageError(
            f"{known.column}: no operating point has a finite value; choose another metric or other codecs"
        )
    images = int(points["images"].max())
    return known, lines, f"{dataset}, mean of {images} image{'s' if images != 1 else ''}"
