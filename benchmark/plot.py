"""Figures for notebooks and papers: data of results in, axes of matplotlib out.

They are drawn in the style that holds: that of the user, or one of :data:`STYLES`. The command ``figure`` writes the
same figures to files, and so does :func:`save`. All functions take the results that :func:`benchmark.read_results`
gives, and these arguments:

- ``ax``: axes of matplotlib; None makes a figure of the size that the style has.
- ``dataset``: the data set, where the results are of several.
- ``metric``: name of a metric, or column of the quality.
- ``codecs``: the codecs or series to show, in this order where the figure has no order of its own; None for all.
- ``names``: what to call codecs, series or published curves.
- ``refs``: the published curves to show, by the words that their labels begin with; None for all that are there.

They raise ``UsageError`` where the results lack such a data set, metric or curve, or anything that could be shown.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark import defaults
from benchmark.errors import UsageError, meant
from benchmark.report.figures.style import DPI, FORMATS, STYLES, WIDTHS

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.analysis.results import Results
    from benchmark.report.figures.chart import Chart
    from benchmark.report.figures.kinds import Against
    from benchmark.report.figures.mosaic import Mosaic
    from benchmark.report.figures.rd import Labels
    from benchmark.report.figures.speed import Side

__all__ = ["STYLES", "bars", "crops", "heatmap", "orders", "rank", "rd", "save", "speed"]


def rd(
    results: Results,
    *,
    ax: Any = None,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    log: bool = False,
    labels: Labels = "end",
    **which: Any,
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
        results: see :mod:`benchmark.plot`.
        ax: the same.
        xlim: limits of the rate, in bits per pixel; None shows the rates that people compare, 0.05 to 2.
        ylim: limits of the metric; None takes those of the points that are shown.
        log: whether the rate's axis is logarithmic.
        labels: ``end``, where the names stand at the ends of the curves, or ``legend``.
        which: ``dataset``, ``metric``, ``codecs``, ``names``, ``refs``, see :mod:`benchmark.plot`.

    Returns:
        The axes.

    Raises:
        UsageError: see :mod:`benchmark.plot`; or a limit is none.
    """
    from benchmark.report.figures import kinds

    return _drawn(kinds.rd(results, xlim=xlim, ylim=ylim, log=log, labels=labels, **which), ax)


def bars(results: Results, *, ax: Any = None, anchor: str = defaults.ANCHOR, **which: Any) -> Any:
    """Draws BD-rates as bars, the best on top, with their 95 % intervals over images.

    A bar that would leave the others no room is broken, with its value beside it. A hollow one is of curves that have
    less than half of their range in common. Places of codecs whose BD-rate was refused are hatched.

    Args:
        results: see :mod:`benchmark.plot`.
        ax: the same.
        anchor: the series, or codec that has but one, that the BD-rates are against; a published curve may be it, too.
        which: see :func:`rd`.

    Returns:
        The axes.

    Raises:
        UsageError: see :mod:`benchmark.plot`; or there is no such anchor.
    """
    from benchmark.report.figures import kinds

    return _drawn(kinds.bars(results, anchor=anchor, **which), ax)


def heatmap(results: Results, *, ax: Any = None, anchor: str = defaults.ANCHOR, **which: Any) -> Any:
    """Draws on which images a codec does better or worse than on the mean: BD-rate of an image less that of the mean.

    Columns are codecs, the best first, with their mean BD-rates; rows are images. The scale holds 95 % of the values.

    Args:
        results: see :mod:`benchmark.plot`; with records of images.
        ax: the same.
        anchor: see :func:`bars`.
        which: see :func:`rd`.

    Returns:
        The axes.

    Raises:
        UsageError: see :func:`bars`.
    """
    from benchmark.report.figures import kinds

    return _drawn(kinds.heatmap(results, anchor=anchor, **which), ax)


def speed(
    results: Results,
    *,
    ax: Any = None,
    side: Side = "decode",
    against: Against = "bd-rate",
    anchor: str = defaults.ANCHOR,
    **which: Any,
) -> Any:
    """Draws the time of encoders or decoders against rate, with the front that no codec is better than in both.

    Only times that were measured to be published are shown, by ``run --timing``. Presets of a codec, which are series
    of their own, are joined by a line.

    Args:
        results: see :mod:`benchmark.plot`; with records of images.
        ax: the same.
        side: ``encode`` or ``decode``.
        against: ``bd-rate``, where each codec is a marker, or ``rate``, without a front, where each operating point is
            one: its mean rate in bits per pixel.
        anchor: see :func:`bars`.
        which: see :func:`rd`.

    Returns:
        The axes.

    Raises:
        UsageError: see :func:`bars`; or fewer than two markers have such a time.
    """
    from benchmark.report.figures import kinds

    return _drawn(kinds.speed(results, anchor=anchor, against=against, sides=[side], **which), ax)


def rank(results: Results, *, ax: Any = None, rate: float = defaults.RATE, **which: Any) -> Any:
    """Draws the value that each codec has at one rate, with its 95 % interval over images and its rank.

    Args:
        results: see :mod:`benchmark.plot`.
        ax: the same.
        rate: mean rate, in bits per pixel.
        which: see :func:`rd`.

    Returns:
        The axes.

    Raises:
        UsageError: see :mod:`benchmark.plot`; or the rate is none that a curve could have.
    """
    from benchmark.report.figures import kinds

    return _drawn(kinds.rank(results, rate=rate, **which), ax)


def orders(
    results: Results,
    *,
    ax: Any = None,
    anchor: str = defaults.ANCHOR,
    metrics: Sequence[str] | None = None,
    **which: Any,
) -> Any:
    """Draws how the order of codecs by BD-rate changes with the metric, and with the data set where there are several.

    Lines join the places of a codec. A grey bar joins neighbours that nothing tells apart, image by image. Thin lines
    have the ranks on 80 % of the images. A head has Kendall's τ with the first column.

    Args:
        results, ax, anchor: see :func:`bars`.
        metrics: names of metrics, or columns; None for those that reports show.
        which: ``dataset`` (empty for all), ``codecs``, ``names``, see :mod:`benchmark.plot`.

    Raises:
        UsageError: see :func:`bars`.
    """
    from benchmark.report.figures import kinds

    return _drawn(kinds.orders(results, anchor=anchor, metrics=metrics, **which), ax)


def crops(
    results: Results,
    *,
    crop: str = "",
    rate: float | None = None,
    errors: bool = False,
    data_root: Path | None = None,
    jobs: int = 1,
    **which: Any,
) -> list[Any]:
    """Draws a crop of an image and what each codec makes of it at about one rate, every pixel sharp.

    The image is encoded and decoded anew, with the settings of the records. It needs the data set and the codecs.

    Args:
        results: see :mod:`benchmark.plot`; with records of images.
        crop: ``IMAGE:X,Y,W,H`` in pixels; empty for a place where the codecs differ most.
        rate: bits per pixel; None for one near half a bit at which most codecs have an operating point.
        errors: whether the absolute errors are drawn in place of the pixels.
        data_root: folder that holds data sets, searched first.
        jobs: worker processes.
        which: see :func:`rd`; published curves have no crops.

    Returns:
        The axes of a figure of its own: the original and the codecs, or the errors of these and their scale.

    Raises:
        UsageError: see :mod:`benchmark.plot`; or the crop is of no image, or nothing can be shown.
    """
    import matplotlib.pyplot as plt

    mosaic, _ = _mosaic(results, crop=crop, rate=rate, errors=errors, data_root=data_root, jobs=jobs, **which)
    figure = plt.figure(figsize=mosaic.size(), dpi=DPI)
    mosaic.draw(figure)
    return list(figure.axes)


def _mosaic(
    results: Results,
    *,
    crop: str = "",
    rate: float | None = None,
    errors: bool = False,
    data_root: Path | None = None,
    jobs: int = 1,
    **which: Any,
) -> tuple[Mosaic, pd.DataFrame]:
    """What :func:`crops` draws, and what a table has of it: a row for each codec."""
    import pandas as pd

    from benchmark.report.figures.kinds import chosen
    from benchmark.report.figures.mosaic import crops_mosaic, errors_mosaic
    from benchmark.system.pool import process_pool
    from benchmark.workflows.crops import parse_box
    from benchmark.workflows.pictures import show

    of = chosen(results, **which)
    rows = of.of(results.records)
    alone = replace(results, records=rows[rows["series"].isin(list(of.names))])
    boxes = [parse_box(crop)] if crop else []
    with process_pool(jobs) as pool:
        pictures, notes = show(
            alone, [of.metric], pool, count=1, boxes=boxes, rate=rate, factors=(1.0,), data_root=data_root
        )
    if not pictures:
        raise UsageError(f"crops: nothing can be shown: {'; '.join(notes) or 'the records are of no single images'}")
    if notes:  # such as of a codec that is left out
        warnings.warn("; ".join(notes), UserWarning, stacklevel=3)
    made = {one.series: one for one in pictures[0].decoded}
    decoded = [replace(made[series], series=name) for series, name in of.names.items() if series in made]
    picture = replace(pictures[0], decoded=decoded)
    table = [
        {"series": one.series, "image": picture.image, "settings": one.settings, "bpp": one.bpp, **one.figures}
        for one in decoded
    ]
    return (errors_mosaic if errors else crops_mosaic)(picture, of.metric), pd.DataFrame(table)


def save(kind: str, results: Results, path: Path, *, style: str = "screen", width: str = "", **how: Any) -> Path:
    """Writes a figure, or what it shows, to a file.

    Args:
        kind: ``rd``, ``bars``, ``heatmap``, ``speed``, ``rank``, ``orders`` or ``crops``, whose width is that of its
            pictures.
        results: see :mod:`benchmark.plot`.
        path: the file. Its ending says what is written: ``pdf``, ``svg``, ``png`` or ``webp``; ``csv``, all that is
            shown and what is left out; ``tex``, a picture of pgfplots, which heat maps, orders and crops have not.
        style: one of :data:`STYLES`.
        width: ``single`` or ``double``: as wide as one or two columns of a paper; empty for that of the style.
        how: arguments of the function that draws such a figure. ``speed`` has ``sides``, a list, in place of ``side``.

    Raises:
        UsageError: see the function; or there is no such kind, ending, style or width.
        OutputError: the file cannot be written.
    """
    import pandas as pd

    from benchmark.record.frames import csv_text
    from benchmark.report.figures.chart import write
    from benchmark.report.figures.kinds import KINDS
    from benchmark.report.pgfplots import pgfplots
    from benchmark.system.files import replace_file

    form = path.suffix[1:].lower()
    _one_of("kind", kind, (*KINDS, "crops"))
    _one_of("--out", form, (*FORMATS, "csv", "tex"), "a file that ends in ")
    _one_of("style", style, tuple(STYLES))
    if kind == "crops":
        if width:
            raise UsageError(f"width: crops are as wide as their pictures; leave it out, got {width!r}")
        return _save_crops(results, path, form, STYLES[style].settings, how)
    width = width or STYLES[style].width
    _one_of("width", width, tuple(WIDTHS))
    charts = KINDS[kind](results, **how)
    if form in FORMATS:
        settings = STYLES[style].settings
        (written,) = write(charts, path.with_suffix(""), width=WIDTHS[width], forms=[form], settings=settings)
        return written
    if form == "csv":
        replace_file(path, csv_text(pd.concat([chart.table() for chart in charts], ignore_index=True)))
    else:
        replace_file(path, "".join(map(pgfplots, charts)))
    return path


def _save_crops(results: Results, path: Path, form: str, settings: Mapping[str, Any], how: Mapping[str, Any]) -> Path:
    from benchmark.record.frames import csv_text
    from benchmark.report.figures.mosaic import write_mosaic
    from benchmark.system.files import replace_file

    if form == "tex":
        raise UsageError("--out: crops have no picture of pgfplots; expected pdf, svg, png, webp or csv")
    mosaic, table = _mosaic(results, **how)
    if form == "csv":
        replace_file(path, csv_text(table))
        return path
    (written,) = write_mosaic(mosaic, path.with_suffix(""), [form], settings)
    return written


def _drawn(charts: Sequence[Chart], ax: Any) -> Any:
    """The axes, with a chart on them."""
    (chart,) = charts
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    if not (hasattr(ax, "plot") and hasattr(ax, "get_figure")):
        raise UsageError(f"ax: expected axes of matplotlib, got {type(ax).__name__}; plt.subplots() gives some")
    chart.draw(ax)
    return ax


def _one_of(what: str, value: str, known: Sequence[str], before: str = "") -> None:
    if value not in known:
        raise UsageError(f"{what}: expected {before}{', '.join(known)}, got {value!r}{meant(value, known)}")
