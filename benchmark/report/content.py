"""What a report is made of: plain data, from which figures, tables and the HTML page are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve, Results
from benchmark.metric import Metric


@dataclass(frozen=True)
class Table:
    """A table as a paper prints it.

    Attributes:
        name: the name of its files, without an ending.
        caption: data set, metric definition, averaging, versions.
        frame: its cells, with all digits.
        titles: headings of the columns, with units; a column without one keeps its name.
        forms: formats of the columns of numbers, such as ``.2f``; other columns are texts.
        best: columns whose best value is set in bold, and which end is the best.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    titles: Mapping[str, str]
    forms: Mapping[str, str]
    best: Mapping[str, Literal["low", "high"]]


@dataclass(frozen=True)
class Version:
    """What a codec made of a picture.

    Attributes:
        series: the series that was decoded.
        settings: canonical JSON.
        bpp: the rate of the whole image, in bits per pixel.
        figures: metrics of the whole image by column, such as ``psnr_rgb``.
        pixels: the crop, decoded from the stream, ``uint8``, (h, w, 3) or (h, w).
    """

    series: str
    settings: str
    bpp: float
    figures: Mapping[str, float]
    pixels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A crop of an image, and what every codec made of it at about the same rate.

    Attributes:
        dataset, image: the names of the data set and of the image.
        target: rate in bits per pixel that the versions come nearest to.
        top, left: the place of the crop in the image, in pixels.
        original: the crop, ``uint8``, (h, w, 3) or (h, w).
        versions: the version of each codec, in the order of the results.
    """

    dataset: str
    image: str
    target: float
    top: int
    left: int
    original: npt.NDArray[np.uint8]
    versions: Sequence[Version]


@dataclass(frozen=True)
class Report:
    """Everything that a report shows.

    Attributes:
        title: the title of the report.
        anchor: series that BD-rates compare with.
        results: the results of the runs, see :func:`benchmark.analysis.curve.read_results`.
        metrics: the metrics, in the order in which they are shown; the first is that of the summary.
        bd: rows of :func:`benchmark.analysis.bdrate.bd_table`, with those of single images, for every metric.
        costs: rows of :func:`benchmark.analysis.cost.cost_table`, over all operating points.
        tables: see :class:`Table`.
        pictures: the pictures of the visual comparison; none where the images are not at hand.
        manifests: the content of each run's ``manifest.json``, by folder.
        notes: what is missing of the report, and why.
        command: the command that wrote the report; empty where it is not known.
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
