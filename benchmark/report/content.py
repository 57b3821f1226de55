"""What a report is made of: plain data, from which figures, tables and the HTML page are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.results import Results
from benchmark.metric import Metric
from benchmark.report.figures.picture import Picture
from benchmark.report.tables.table import Table


@dataclass(frozen=True)
class Version:
    """What a codec made: its series, its settings, what was measured as texts, and the address of the pixels."""

    series: str
    settings: Mapping[str, object]
    measures: Sequence[tuple[str, str]]
    source: str


@dataclass(frozen=True)
class AtRate:
    """What codecs made at one rate, in bits per pixel, and why others are not there, by series."""

    target: float
    versions: Sequence[Version]
    without: Mapping[str, str]


@dataclass(frozen=True)
class View:
    """A part of an image, or all of it, at several rates.

    Attributes:
        dataset, image: the names of the data set and of the image.
        whole: whether it is the whole image.
        left, top, width, height: the part in the image, in pixels.
        size: height and width of the whole image; None where the part is not of one image.
        overview: address of the whole image made smaller; empty where there is none.
        original: address of the original.
        rates: by rising rate.
    """

    dataset: str
    image: str
    whole: bool
    left: int
    top: int
    width: int
    height: int
    size: tuple[int, int] | None
    overview: str
    original: str
    rates: Sequence[AtRate]


@dataclass(frozen=True)
class Report:
    """Everything that a report shows.

    Attributes:
        title: the title of the report.
        anchor: series that BD-rates compare with.
        results: the results of the runs, see :func:`benchmark.analysis.results.read_results`.
        metrics: the metrics, in the order in which they are shown; the first is that of the summary.
        bd: rows of :func:`benchmark.analysis.bdrate.bd_table`, for every metric; with those of single
            images, unless they are too many to show.
        costs: rows of :func:`benchmark.analysis.cost.cost_table`, over all operating points.
        tables: see :class:`Table`.
        pictures: the pictures of the visual comparison; none where the images are not at hand, or none were asked for.
        manifests: the content of each run's ``manifest.json``, by folder.
        notes: what is missing of the report, and why.
        command: the command that wrote the report; empty where it is not known.
        sources: paths of the results and of others' curves.
        asked: whether pictures were asked for.
        wholes: whole images, whose pixels are in files beside the page.
        references: others' curves on the data sets of the results, by the column of the metric that they are of.
    """

    title: str
    anchor: str
    results: Results
    metrics: Sequence[Metric]
    bd: pd.DataFrame
    costs: pd.DataFrame
    tables: Sequence[Table]
    pictures: Sequence[Picture]
    manifests: Mapping[str, Mapping[str, Any]]
    notes: Sequence[str]
    command: str = ""
    references: Mapping[str, Sequence[Curve]] = field(default_factory=dict)
    sources: Sequence[str] = ()
    asked: bool = True
    wholes: Sequence[View] = ()
