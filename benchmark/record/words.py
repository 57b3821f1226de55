"""Words that tables have as columns, so that no metric may be called by one of them."""

from __future__ import annotations

from benchmark.record.row import COLUMNS

OF_TABLES = frozenset(
    {
        "after",
        "allowed",
        "anchor",
        "averaging",
        "base",
        "bd_metric",
        "bd_rate",
        "before",
        "better",
        "bytes_total",
        "change",
        "changed",
        "ci_high",
        "ci_low",
        "codecs",
        "column",
        "covers",
        "curve_ci_high",
        "curve_ci_low",
        "decode_mps",
        "decode_s_per_mp",
        "encode_mps",
        "encode_s_per_mp",
        "failures",
        "fixes",
        "flags",
        "front",
        "high",
        "hull",
        "image_count",
        "image_mean",
        "image_std",
        "images_attempted",
        "item",
        "low",
        "mean_curve",
        "megapixels",
        "metric",
        "metrics",
        "missing",
        "name",
        "new",
        "of",
        "others",
        "overlap",
        "p_value",
        "pairs",
        "payload",
        "pixels",
        "pixels_ratio",
        "place",
        "point",
        "points",
        "quality",
        "rank",
        "ranked_by",
        "rate",
        "rate_high",
        "rate_low",
        "rate_overlap",
        "series",
        "skipped",
        "spread",
        "stream",
        "target_quality",
        "target_rate",
        "time_bpp",
        "timed_images",
        "timed_points",
        "undefined",
        "unreachable",
        "usual_images",
        "value",
        "verdict",
        "worse",
    }
)
"""Columns that a summary, or what is computed from it, has besides those of the records and of metrics."""

_ENDINGS = ("", "_mean", "_std", "_before", "_after", "_pooled")


def words_of(column: str) -> set[str]:
    """What a column of the records becomes in other tables: ``psnr_rgb`` is ``psnr_rgb_mean`` in a summary."""
    return {column + ending for ending in _ENDINGS}


def taken_by(*names: str) -> str:
    """The word that a metric cannot have, since a table has it already; empty where there is none.

    Args:
        names: the name and the column of the metric.
    """
    known = OF_TABLES.union(*(words_of(column.name) for column in COLUMNS))
    return min((word for name in names for word in words_of(name) & known), default="")
