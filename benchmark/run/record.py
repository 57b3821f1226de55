"""A record: one row for a data set × image × codec × settings × target, and the fixed columns that every run has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from benchmark.plugins import all_metrics, installed_metrics

SCHEMA = 1
"""Changes when a column changes its meaning."""

SETTLED = ("ok", "skipped", "unreachable")
"""Statuses that need no second try. ``skipped``: the format cannot hold the image, which is no fault; ``unreachable``:
no value of the knob comes as low as the target; ``failed``, ``timeout`` and ``crashed`` are failures."""

Record = dict[str, Any]

_BEFORE = (
    "schema", "key", "dataset", "image", "image_sha256", "images", "width", "height", "channels", "codec", "version",
    "knob", "settings", "target", "knob_value", "encodes", "bytes", "overhead_bytes", "bpp", "payload_bpp",
    "nominal_bpp", "estimated_bpp",
)
_AFTER = (
    "encode_s", "decode_s", "repeats", "threads", "peak_memory_mib", "parameters", "encode_kmac_per_pixel",
    "decode_kmac_per_pixel", "stream_sha256", "pixels_sha256", "status",
    "reason", "metric_definitions",
)

ADDED = ("estimated_bpp", "parameters", "encode_kmac_per_pixel", "decode_kmac_per_pixel", "metric_definitions")
"""Columns that this schema did not have from its start: a file without them is read as one where they are empty."""


def metric_columns() -> list[str]:
    """Columns of all metrics, in order: MSE, PSNR, SSIM, MS-SSIM, each over RGB and luma."""
    return [metric.column for metric in all_metrics()]


def metric_definitions(names: Collection[str]) -> str:
    """What a record says of its metrics: ``mse:1f0c2a3b,psnr:…``, the identity of each, see ``Metric.identity``."""
    found = {metric.name: metric.identity for metric in installed_metrics() if metric.name in names}
    return ",".join(f"{name}:{identity}" for name, identity in found.items())


def columns() -> list[str]:
    """All columns of ``records.csv``, in order. A metric that a run did not ask for is empty, never missing."""
    return [*_BEFORE, *metric_columns(), *_AFTER]


def row_key(identity: Mapping[str, Any]) -> str:
    """A short digest of all that a row's figures depend on; a second run reuses a row of the same key."""
    text = json.dumps({"schema": SCHEMA, **identity}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
