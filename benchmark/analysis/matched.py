"""Codecs at matched rates and qualities: one row for each target and series, as a paper shows them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmark.analysis.table import KEYS, series_labels
from benchmark.analysis.timed import SECONDS
from benchmark.metric import Metric, leading


def matched_forms(metrics: Sequence[Metric]) -> dict[str, str]:
    """Columns of means in the table, and the formats of their numbers: rate, metrics, seconds, knob, encodes.

    Args:
        metrics: the metrics of the results; the table has one column of each name.
    """
    return {
        "bpp": ".4f",
        **{metric.column: f".{metric.digits}f" for metric in leading(metrics)},
        "encode_s": ".3g",
        "decode_s": ".3g",
        "knob_value": ".4g",
        "encodes": ".1f",
    }


def matched_table(summary: pd.DataFrame, metrics: Sequence[Metric], seconds: pd.DataFrame) -> pd.DataFrame:
    """The rows of a summary that have a target, those of one target side by side.

    Args:
        summary: see :func:`benchmark.analysis.table.summarise`.
        metrics: the metrics of the results.
        seconds: times of operating points, see :func:`benchmark.analysis.timed.mean_seconds`.

    Returns:
        ``dataset``, ``target``, ``series``; ``images`` that reached it, ``of`` how many; ``knob``, and the means over
        images of the columns of :func:`matched_forms`. Seconds are for an image; the table has them where times were
        measured to be published. ``encodes`` is what a match took: for
        a target of a mean, of the whole set.
    """
    matched = summary[summary["target"] != ""].merge(seconds, left_on=KEYS, right_index=True, how="left")
    forms = [name for name in matched_forms(metrics) if name not in SECONDS or matched[name].notna().any()]
    table = pd.DataFrame(
        {
            "dataset": matched["dataset"],
            "target": matched["target"],
            "series": series_labels(matched),
            "images": matched["images"],
            "of": matched["images_attempted"],
            "knob": matched["knob"],
            **{name: matched[name if name in SECONDS else f"{name}_mean"] for name in forms},
        }
    )
    # Targets keep the order in which they appear.
    place = table.groupby(["dataset", "target"], sort=False).ngroup()
    return table.loc[place.sort_values(kind="stable").index].reset_index(drop=True)
