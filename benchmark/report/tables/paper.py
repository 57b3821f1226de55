"""The tables that a paper prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from benchmark.analysis.cost import TITLES, rate_time
from benchmark.analysis.table import AVERAGING
from benchmark.report.content import Table
from benchmark.report.figures.curves import Axis

_CURVES = (
    "Between curves of arithmetic means over images, interpolated by PCHIP along the metric, of the logarithm of the "
    "rate."
)


def tables_of(
    summary: pd.DataFrame, bd: pd.DataFrame, ranks: pd.DataFrame, costs: pd.DataFrame, axes: Sequence[Axis],
    end: str = "",
) -> list[Table]:
    """The tables of a data set.

    Args:
        summary: of it, with ``series``, see :class:`benchmark.analysis.curve.Results`.
        bd: rows of :func:`benchmark.analysis.bdrate.bd_table` for every metric; those of other data sets are not
            looked at.
        ranks: rows of :func:`benchmark.analysis.ranking.ranking` at one rate, for every metric, likewise.
        costs: rows of :func:`benchmark.analysis.cost.cost_table`, likewise.
        axes: metrics, the first that of the Bjøntegaard deltas.
        end: of the tables' names.
    """
    dataset = summary["dataset"].iloc[0]
    images = int(summary["images"].max())
    covers = f"{dataset}, {images} image{'s' if images != 1 else ''}"
    versions = f"Versions: {_versions(summary)}."
    means = bd[(bd["dataset"] == dataset) & (bd["image"] == "")]
    anchor = means["anchor"].iloc[0]
    first = axes[0]
    unit = "dB" if first.decibels else first.unit
    rows = means[means["metric"] == first.column].sort_values("bd_rate", kind="stable", na_position="last")
    deltas = Table(
        f"bdrate{end}",
        f"BD-rate against {anchor} by {first.title} on {covers}. {_CURVES} Low and high: 95 % interval of a bootstrap "
        "over images; spread: by how many points the BD-rates of several interpolators differ; overlap: share of the "
        f"range of {first.title} that both curves have. {_definitions([first])} {versions}",
        pd.DataFrame({
            "series": rows["series"], "bd_rate": rows["bd_rate"], "curve_ci_low": rows["curve_ci_low"],
            "curve_ci_high": rows["curve_ci_high"], "spread": rows["spread"], "bd_metric": rows["bd_metric"],
            "overlap": 100 * rows["overlap"], "images": rows["images"],
        }),
        {"series": "codec", "bd_rate": "BD-rate (%)", "curve_ci_low": "low (%)", "curve_ci_high": "high (%)",
         "spread": "spread", "bd_metric": f"BD-{first.title.partition(',')[0]}" + (f" ({unit})" if unit else ""),
         "overlap": "overlap (%)"},
        {"bd_rate": "+.1f", "curve_ci_low": "+.1f", "curve_ci_high": "+.1f", "spread": ".1f",
         "bd_metric": "+.2f" if unit else "+.4f", "overlap": ".0f", "images": ".0f"},
        {"bd_rate": "low", "bd_metric": "high"},
    )
    wide = means.pivot(index="series", columns="metric", values="bd_rate")
    wide = wide.loc[list(rows["series"]), [axis.column for axis in axes]].reset_index()
    every = Table(
        f"bdrate-metrics{end}",
        f"BD-rate against {anchor} in percent, by metric, on {covers}. {_CURVES} {_definitions(axes)} {versions}",
        wide,
        {"series": "codec"} | {axis.column: axis.title for axis in axes},
        {axis.column: "+.1f" for axis in axes},
        {axis.column: "low" for axis in axes},
    )
    matched = _matched(ranks[ranks["dataset"] == dataset], axes, f"matched{end}", covers, versions)
    points = _operating_points(summary, axes, f"points{end}", covers, versions)
    times = _costs(rate_time(rows, costs), costs[costs["dataset"] == dataset], f"costs{end}", covers, versions, anchor)
    return [deltas, *([every] if len(axes) > 1 else []), matched, times, points]


def _costs(
    rates: pd.DataFrame, costs: pd.DataFrame, name: str, covers: str, versions: str, anchor: str
) -> Table:
    """Rate, time, memory and complexity; columns that no codec has a value of are left out."""
    columns = [
        "encode_mps", "decode_mps", "peak_memory_mib", "encode_kmac_per_pixel", "decode_kmac_per_pixel", "parameters",
    ]
    columns = [column for column in columns if costs[column].notna().any()]
    frame = rates[["series", "bd_rate", "front"]].merge(costs[["series", *columns]], on="series", how="left")
    frame = frame.assign(front=["yes" if front else "" for front in frame["front"]])
    threads = sorted({int(count) for count in costs["threads"] if count})
    best: dict[str, Literal["low", "high"]] = {"bd_rate": "low", "encode_mps": "high", "decode_mps": "high"}
    return Table(
        name,
        f"BD-rate against {anchor}, time and complexity on {covers}, over all operating points. Front: no other codec "
        "has both a lower BD-rate and a quicker decoder. Megapixels a second: size of all images over the time of all, "
        f"{' or '.join(map(str, threads)) or 'unknown'} thread{'s' if threads != [1] else ''}. Memory: the most that "
        "the process held, with all that it had loaded. Multiply-accumulates (MAC) and parameters of learned codecs "
        f"are counted from their layers. {versions}",
        frame,
        {"series": "codec", "bd_rate": "BD-rate (%)", **{column: TITLES[column] for column in columns},
         "peak_memory_mib": "memory (MiB)"},
        {"bd_rate": "+.1f", "encode_mps": ".2f", "decode_mps": ".2f", "peak_memory_mib": ".0f",
         "encode_kmac_per_pixel": ".2f", "decode_kmac_per_pixel": ".2f", "parameters": ".0f"},
        best,
    )


def _matched(ranks: pd.DataFrame, axes: Sequence[Axis], name: str, covers: str, versions: str) -> Table:
    """The metrics of every codec at one rate, the best by the first metric on top."""
    first = axes[0]
    frame = ranks.loc[ranks["metric"] == first.column, ["series", "value", "ci_low", "ci_high"]]
    frame = frame.rename(columns={"value": first.column})
    for axis in axes[1:]:
        other = ranks.loc[ranks["metric"] == axis.column, ["series", "value"]]
        frame = frame.merge(other.rename(columns={"value": axis.column}), on="series", how="left")
    seconds = ranks.loc[ranks["metric"] == first.column, ["series", "encode_s", "decode_s"]]
    forms = {axis.column: ".2f" if axis.unit or axis.decibels else ".4f" for axis in axes}
    best: dict[str, Literal["low", "high"]] = {axis.column: "high" for axis in axes}
    return Table(
        name,
        f"Codecs at {ranks['target'].iloc[0]} on {covers}. Read off curves of arithmetic means over images by PCHIP "
        f"along the logarithm of the rate; a dash where a curve does not reach it. Low and high: 95 % interval of "
        f"{first.title} of a bootstrap over images. Seconds for an image at the operating point next to that rate. "
        f"{_definitions(axes)} {versions}",
        frame.merge(seconds, on="series", how="left"),
        {"series": "codec", "ci_low": "low", "ci_high": "high", "encode_s": "encode (s)", "decode_s": "decode (s)"}
        | {axis.column: f"{axis.title} (dB)" if axis.unit or axis.decibels else axis.title for axis in axes},
        forms | dict.fromkeys(("ci_low", "ci_high"), forms[first.column]) | {"encode_s": ".3f", "decode_s": ".3f"},
        {**best, "encode_s": "low", "decode_s": "low"},
    )


def _operating_points(summary: pd.DataFrame, axes: Sequence[Axis], name: str, covers: str, versions: str) -> Table:
    """Every operating point, series by series, rates rising."""
    order = {series: place for place, series in enumerate(dict.fromkeys(summary["series"]))}
    rows = summary.assign(place=summary["series"].map(order)).sort_values(["place", "bpp_mean"], kind="stable")
    settings = [
        target or (f"{knob}={json.loads(settings)[knob]}" if knob else "")
        for target, knob, settings in zip(rows["target"], rows["knob"], rows["settings"], strict=True)
    ]
    seconds = ("encode_s", "decode_s")
    return Table(
        name,
        f"Operating points on {covers}. Bits per pixel of whole streams, headers included. Averages: {AVERAGING}. "
        f"{_definitions(axes)} {versions}",
        pd.DataFrame({
            "series": rows["series"], "setting": settings, "images": rows["images"], "bpp": rows["bpp_mean"],
            **{axis.column: rows[f"{axis.column}_mean"] for axis in axes},
            **{column: rows[f"{column}_mean"] for column in seconds},
        }),
        {"series": "codec", "encode_s": "encode (s)", "decode_s": "decode (s)"}
        | {axis.column: f"{axis.title} ({axis.unit})" if axis.unit else axis.title for axis in axes},
        {"images": ".0f", "bpp": ".4f"} | {axis.column: ".2f" if axis.unit else ".4f" for axis in axes}
        | dict.fromkeys(seconds, ".4f"),
        {},
    )


def _definitions(axes: Sequence[Axis]) -> str:
    """What the metrics are, each once."""
    known = dict.fromkeys(f"{axis.title.partition(',')[0]}: {axis.definition}" for axis in axes if axis.definition)
    return " ".join(f"{definition}." for definition in known)


def _versions(summary: pd.DataFrame) -> str:
    """Each codec with its version; the weights of each operating point of a learned codec stay in the records."""
    libraries = summary["version"].str.replace(r", weights [0-9a-f+]+$", "", regex=True)
    pairs = dict.fromkeys(zip(summary["codec"], libraries, strict=True))
    return "; ".join(f"{codec}: {version}" for codec, version in pairs)
