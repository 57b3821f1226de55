"""Each kind of chart, from results: what is chosen of them, computed and drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from benchmark import defaults
from benchmark.analysis.bdrate import anchor_series, bd_table
from benchmark.analysis.cost import cost_table, point_costs, rate_time
from benchmark.analysis.orders import order_table
from benchmark.analysis.publishable import RULE
from benchmark.analysis.ranking import ranking
from benchmark.analysis.results import Results
from benchmark.analysis.table import dataset_labels
from benchmark.errors import UsageError
from benchmark.metric import Metric, shown_metrics
from benchmark.report.figures.appearance import Look, looks_of, looks_of_published
from benchmark.report.figures.bars import bars_chart
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.choice import label_of, series_shown
from benchmark.report.figures.heatmap import heat_map_chart
from benchmark.report.figures.lines import HIGH, LOW
from benchmark.report.figures.orders import orders_chart
from benchmark.report.figures.rank import rank_chart
from benchmark.report.figures.rd import Labels, rd_chart
from benchmark.report.figures.speed import SIDES, Side, speed_charts

Against = Literal["bd-rate", "rate"]
"""What times stand against: the BD-rate of a codec, or the mean rate of each operating point."""


@dataclass(frozen=True)
class Chosen:
    """What a figure is made of.

    Attributes:
        results: the results, of all data sets.
        dataset: the data set.
        metric: the metric.
        names: what the figure calls each series that it shows.
        given: what somebody wants codecs, series or published curves to be called, shown or not.
        looks: how each series of the data set is drawn.
    """

    results: Results
    dataset: str
    metric: Metric
    names: Mapping[str, str]
    given: Mapping[str, str]
    looks: Mapping[str, Look]

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of the data set."""
        return table[table["dataset"] == self.dataset]

    def called(self, series: str) -> str:
        """What the figure calls a series, shown or not."""
        codecs = dict(zip(self.results.summary["series"], self.results.summary["codec"], strict=True))
        return label_of(series, codecs.get(series, ""), self.given)

    @property
    def title(self) -> str:
        """The data set and the metric in words."""
        return f"{dataset_labels(self.of(self.results.summary))[self.dataset]}, {self.metric.heading}"

    @property
    def published(self) -> list[str]:
        """Labels of the curves of others."""
        curves = self.results.imported.get(self.metric.column, ())
        return [curve.label for curve in curves if curve.dataset == self.dataset]


def chosen(
    results: Results,
    *,
    dataset: str = "",
    metric: str = defaults.METRIC,
    codecs: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    refs: Sequence[str] | None = None,
) -> Chosen:
    """What a figure is made of.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        dataset: the data set, where the results are of several.
        metric: name of a metric, or column.
        codecs, names, refs: see :func:`benchmark.report.figures.choice.series_shown`.

    Raises:
        UsageError: the results have no such data set, metric, codec, series or published curve.
    """
    if not isinstance(results, Results):
        raise UsageError(f"results: expected what run or read_results gave, got {results!r}")
    known = results.metric(metric)
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    if not dataset and len(datasets) > 1:
        raise UsageError(f"dataset: the results are of {', '.join(datasets)}; name one of them")
    if dataset and dataset not in datasets:
        raise UsageError(f"dataset: the results have no {dataset!r}; they have {', '.join(datasets)}")
    dataset = dataset or datasets[0]
    rows = results.summary[results.summary["dataset"] == dataset]
    own = dict(zip(rows["series"], rows["codec"], strict=True))
    published = [curve.label for curve in results.imported.get(known.column, ()) if curve.dataset == dataset]
    shown = series_shown(own, published, codecs=codecs, names=names, refs=refs)
    looks = {**looks_of(list(own), list(own.values())), **looks_of_published(published)}
    return Chosen(results, dataset, known, shown, names or {}, looks)


def rd(
    results: Results,
    *,
    xlim: Any = None,
    ylim: Any = None,
    log: bool = False,
    labels: Labels = "end",
    **which: Any,
) -> list[Chart]:
    """The chart of :func:`benchmark.plot.rd`."""
    of = chosen(results, **which)
    _one_of("labels", labels, ("end", "legend"))
    curves = [curve for curve in results.imported.get(of.metric.column, ()) if curve.dataset == of.dataset]
    chart = rd_chart(
        of.of(results.points(of.metric)),
        of.metric,
        curves,
        xlim=_limits("xlim", xlim, log=log),
        ylim=_limits("ylim", ylim),
        log_rate=log,
        labels=labels,
        **{name: which.get(name) for name in ("codecs", "names", "refs")},
    )
    if chart is None:
        raise UsageError(
            f"{of.metric.column}: no operating point has a finite value; choose another metric or other codecs"
        )
    return [chart]


def bars(results: Results, *, anchor: str = defaults.ANCHOR, **which: Any) -> list[Chart]:
    """The chart of :func:`benchmark.plot.bars`."""
    of = chosen(results, **which)
    chart = bars_chart(_deltas(of, anchor), of.title, of.names, of.called(_anchor(of, anchor)))
    if chart is None:
        raise UsageError(f"bars: no codec of the figure has a BD-rate against {anchor}; `bdrate` tells why")
    return [chart]


def heatmap(results: Results, *, anchor: str = defaults.ANCHOR, **which: Any) -> list[Chart]:
    """The chart of :func:`benchmark.plot.heatmap`."""
    of = chosen(results, **which)
    bd = _deltas(of, anchor, every_image=True)
    chart = heat_map_chart(bd, of.title, of.names, of.called(_anchor(of, anchor)))
    if chart is None:
        raise UsageError(
            f"heatmap: no codec of the figure has a BD-rate against {anchor} on a single image; "
            "it needs records of images, and `bdrate --images` tells why one has none"
        )
    return [chart]


def speed(
    results: Results,
    *,
    anchor: str = defaults.ANCHOR,
    against: Against = "bd-rate",
    sides: Sequence[Side] = SIDES,
    **which: Any,
) -> list[Chart]:
    """The charts of :func:`benchmark.plot.speed`: one for each side."""
    of = chosen(results, **which)
    _one_of("against", against, ("bd-rate", "rate"))
    for side in sides:
        _one_of("sides", side, SIDES)
    if against == "rate":
        # A lower rate alone is no better: there is no front.
        every = of.of(point_costs(results)).rename(columns={"bpp": "rate"}).assign(usual_images=False)
        every = every[every["series"].isin(list(of.names)) & every["decode_s_per_mp"].notna()]
        usual = every["rate"].between(LOW, HIGH)
        points = every[usual] if usual.any() else every
        label, title, outside = "rate (bits per pixel)", of.dataset, len(every) - len(points)
    else:
        points = speed_points(_deltas(of, anchor), of.of(cost_table(results)), of.of(results.summary))
        label, title, outside = f"BD-rate against {of.called(_anchor(of, anchor))} (%)", of.title, 0
    charts = speed_charts(points, label, title, of.names, of.looks, sides, outside)
    if not charts:
        raise UsageError(
            f"speed: fewer than two marks have a time that was measured to be published ({RULE}); "
            "`run --timing` measures such times"
        )
    return list(charts)


def speed_points(bd: pd.DataFrame, costs: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """What :func:`benchmark.report.figures.speed.speed_charts` takes, of the BD-rates and costs of one data set."""
    points = rate_time(bd, costs).rename(columns={"bd_rate": "rate"})
    codecs = dict(zip(summary["series"], summary["codec"], strict=True))
    usual = dict(zip(costs["series"], costs["usual_images"], strict=True))
    series = points["series"]
    return points.assign(codec=series.map(codecs).fillna(series), usual_images=series.map(usual).fillna(True))


def rank(results: Results, *, rate: float = defaults.RATE, **which: Any) -> list[Chart]:
    """The chart of :func:`benchmark.plot.rank`."""
    of = chosen(results, **which)
    ranks = of.of(ranking(results, of.metric, at_rate=rate))
    chart = rank_chart(ranks, of.metric, of.title, of.names, of.looks, of.published)
    if chart is None:
        raise UsageError(f"rank: the curve of no codec of the figure reaches {rate:g} bpp; choose another rate")
    return [chart]


def orders(
    results: Results,
    *,
    anchor: str = defaults.ANCHOR,
    metrics: Sequence[str] | None = None,
    dataset: str = "",
    codecs: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Chart]:
    """The chart of :func:`benchmark.plot.orders`."""
    valued = [metric for metric in results.metrics if results.points(metric)["quality"].notna().any()]
    known = shown_metrics(valued) if metrics is None else [results.metric(name) for name in metrics]
    datasets = [dataset] if dataset else list(dict.fromkeys(results.summary["dataset"]))
    chosen(results, dataset=datasets[0], metric=known[0].column)  # a data set that is not there is told
    rows = results.summary[results.summary["dataset"].isin(datasets)]
    own = dict(zip(rows["series"], rows["codec"], strict=True))  # not every data set has all of them
    published = [curve.label for curve in results.imported.get(known[0].column, ())]
    shown = series_shown(own, published, codecs=codecs, names=names, refs=[])
    looks = looks_of(list(own), list(own.values()))
    labels = dataset_labels(rows)
    several = len(datasets) > 1
    heads = {
        (name, metric.column): f"{metric.heading}, {labels[name]}" if several else metric.heading
        for metric in known
        for name in datasets
    }
    title = f"{'' if several else f'{labels[datasets[0]]}, '}order by BD-rate"
    chart = orders_chart(order_table(results, anchor, known, shown), heads, title, shown, looks)
    if chart is None:
        raise UsageError(f"orders: no two codecs of the figure have a BD-rate against {anchor}; `bdrate` tells why")
    return [chart]


KINDS: Mapping[str, Callable[..., list[Chart]]] = {
    "rd": rd,
    "bars": bars,
    "heatmap": heatmap,
    "speed": speed,
    "rank": rank,
    "orders": orders,
}
"""Kinds of charts by name: what makes them of results."""


def _anchor(of: Chosen, anchor: str) -> str:
    return anchor_series(of.of(of.results.summary), anchor, published=of.published)


def _deltas(of: Chosen, anchor: str, *, every_image: bool = False) -> pd.DataFrame:
    """BD-rates of the data set; the intervals are over its images."""
    return of.of(bd_table(of.results, _anchor(of, anchor), of.metric, every_image=every_image))


def _one_of(what: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"{what}: expected {' or '.join(known)}, got {value!r}")


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
