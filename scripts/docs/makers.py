"""The makers of generated blocks, by the names that stand in markers."""

from __future__ import annotations

from collections.abc import Mapping

from benchmark.analysis.table import summary_markdown
from benchmark.plugins import all_metrics
from benchmark.record.markdown import columns_markdown
from scripts import coverage
from scripts.docs import figures, plugins
from scripts.docs.blocks import Maker

MAKERS: Mapping[str, Maker] = {
    "bd-rates": figures.bd_rates,
    "by-metric": figures.by_metric,
    "against": figures.against,
    "points": figures.points,
    "at-rates": figures.at_rates,
    "lossless": figures.lossless,
    "protocol": figures.protocol,
    "published": figures.published,
    "coverage": coverage.table,
    "codecs": plugins.codecs,
    "codec-sections": plugins.codec_sections,
    "datasets": plugins.datasets,
    "metrics": plugins.metrics,
    "metric-audit": plugins.metric_audit,
    "columns": columns_markdown,
    "summary-columns": lambda: summary_markdown(all_metrics()),
}
