"""What kind of codec rows are of: learned, classical or lossless."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from benchmark.metric import Metric

Family = Literal["learned", "classical", "lossless"]
FAMILIES: tuple[Family, ...] = ("learned", "classical", "lossless")


def learned_codecs(summary: pd.DataFrame) -> set[str]:
    """The codecs of which some rows have weights, or parameters of a network: older rows tell neither.

    Args:
        summary: see :func:`benchmark.analysis.table.summarise`.
    """
    told = summary["weights"].fillna("").astype(str) != "" if "weights" in summary else summary["codec"] == ""
    if "parameters_mean" in summary:
        told |= pd.to_numeric(summary["parameters_mean"]).notna()
    return set(summary.loc[told, "codec"])


def family_of(part: pd.DataFrame, metrics: Sequence[Metric], learned: Collection[str]) -> Family:
    """The family of one codec: lossless where its quality is infinite at each operating point.

    Args:
        part: rows of a summary, all of one codec.
        metrics: the metrics of the results.
        learned: see :func:`learned_codecs`.
    """
    values = [pd.to_numeric(part[f"{metric.column}_mean"]) for metric in metrics if metric.unit == "dB"]
    if values and all(np.isposinf(value).all() for value in values):
        return "lossless"
    return "learned" if part["codec"].iloc[0] in learned else "classical"
