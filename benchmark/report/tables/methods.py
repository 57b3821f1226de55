"""The paragraph on methods that a paper prints beside its tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from benchmark.analysis.averages import averages
from benchmark.analysis.interval import CONFIDENCE
from benchmark.analysis.points import mixed_sizes
from benchmark.analysis.publishable import RULE
from benchmark.analysis.standing import headline, headline_title
from benchmark.analysis.table import dataset_labels
from benchmark.errors import counted
from benchmark.metric import Metric
from benchmark.report.tables.paper import versions
from benchmark.version import __version__

_INTERVALS = {
    "mean over images": "by Student's t on the logarithm of the ratio of the rates",
    "mean curve": "by the jackknife",
}
"""How the interval of each average of BD-rates is computed, see ``analysis.interval``."""

_MEANS = {
    "mean over images": "the mean over images of that of each image",
    "mean curve": "that of the curve of arithmetic means over images",
}


def methods(
    summary: pd.DataFrame,
    bd: pd.DataFrame,
    metrics: Sequence[Metric],
    anchor: str,
    *,
    timed: bool,
    commits: Collection[str] = (),
) -> str:
    """What was compared, on what, how it was measured and averaged, and with which versions: one paragraph.

    Args:
        summary: the summary of the results, see :class:`benchmark.analysis.results.Results`.
        bd: rows of :func:`benchmark.analysis.bdrate.bd_table`.
        metrics: the metrics that are shown.
        anchor: what print calls the series that BD-rates are against.
        timed: whether there are times that were measured to be published.
        commits: commits of the bench that made the results.
    """
    labels = dataset_labels(summary)
    covers = []
    for dataset, rows in summary.groupby("dataset", sort=False):
        name = labels[str(dataset)]
        images = counted(int(rows["images"].max()), "image")
        covers.append(f"{name} ({images})" if name == dataset else f"{name.removesuffix(')')} images)")
    average = headline_title(bd)
    codecs = summary["codec"].nunique()
    told = [
        f"{counted(codecs, 'codec')} {'was' if codecs == 1 else 'were'} compared on {' and '.join(covers)}.",
        "Rates are bits per pixel of whole streams, all headers included; the pixels are those that a decoder made of "
        "these streams alone.",
        _measured(metrics),
        f"Averages: {averages(metrics)}.",
        "Where images differ much in size, rates of curves are all bits over all pixels."
        if mixed_sizes(summary)
        else "",
    ]
    if bd["rank"].notna().any():
        told.append(
            f"Bjøntegaard deltas of rate are against {anchor}, by PCHIP along the metric, of the logarithm of the "
            f"rate: {_MEANS[average]}."
        )
    if headline(bd)["headline_low"].notna().any():
        told.append(f"Intervals hold {CONFIDENCE:.0%} over images, {_INTERVALS[average]}.".replace("%", " %"))
    if timed:
        told.append(f"Times were measured with {RULE}.")
    made = f", commit {' and '.join(commits)}" if commits else ""
    told.append(f"All was measured with rdbench, read by version {__version__}{made}. Codecs: {versions(summary)}.")
    return " ".join(filter(None, told))


def _measured(metrics: Sequence[Metric]) -> str:
    """The metrics with their definitions, each once."""
    found: dict[str, list[str]] = {}
    for metric in metrics:
        name = f"{metric.title} ({metric.definition})" if metric.definition else metric.title
        space = metric.heading.removeprefix(metric.title).removeprefix(", ")
        found.setdefault(name, []).append(space or "the picture as a whole")
    words = [
        name if spaces == ["the picture as a whole"] else f"{name} of {' and '.join(spaces)}"
        for name, spaces in found.items()
    ]
    return f"Quality is {'; '.join(words)}."
