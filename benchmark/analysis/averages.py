"""How means are taken, in words. A module of its own, without pandas: a run with nothing to do says it, too."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.metric import Metric


def averaging(metrics: Iterable[Metric]) -> str:
    """How each mean of some metrics is taken, for the summary itself and the manifest: of all of their columns."""
    metrics = list(metrics)
    pooled = {metric.name: metric for metric in metrics if metric.pooled}
    of_all = [
        f"{metric.name}_{'' if metric.space == 'colour' else '*_'}pooled is the {metric.title} of the mean "
        f"{metric.pooled.of.upper().replace('_', '-')}"
        for metric in pooled.values()
        if metric.pooled
    ]
    rows = "std is that of the rows, divided by n − 1"
    return "; ".join([averages(metrics), *of_all, rows, "seconds are for an image"])


def averages(metrics: Iterable[Metric]) -> str:
    """How the means of some metrics over images are taken, for people who read a table."""
    titles = dict.fromkeys(metric.title for metric in metrics if metric.pooled)
    return "; ".join(
        ["arithmetic mean over images", *([f"{' and '.join(titles)} in dB for each image first"] if titles else [])]
    )
