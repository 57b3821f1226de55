"""Tables of figures that come from committed results."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.delta import LEAST_OVERLAP
from benchmark.analysis.interval import mean_interval
from benchmark.analysis.orders import order_table
from benchmark.analysis.protocol import protocol_effects
from benchmark.analysis.results import read_results
from benchmark.analysis.single import OfImages
from benchmark.analysis.table import read_summary
from benchmark.defaults import ANCHOR, METRIC
from benchmark.plugins import all_metrics
from benchmark.record.settings import read_settings
from benchmark.report.figures.appearance import display_name
from benchmark.report.tables.protocol import protocol_table
from benchmark.report.tables.text import markdown, markdown_table
from scripts.docs.blocks import ROOT

_TILE = 28 * 28
"""Pixels of a digit."""

_LEAST_P = 0.001
"""Below it a p-value is not written out."""

_MINUS = str.maketrans("-", "−")

COLUMNS: Mapping[str, tuple[str, str, Callable[[float], str]]] = {
    "bpp": ("bpp", "bpp_mean", "{:.3f}".format),
    "bits": ("bits an image", "bpp_mean", lambda value: f"{value * _TILE:.1f}"),
    "nominal": ("nominal bpp", "nominal_bpp_mean", "{:.3f}".format),
    "saved": ("saved by entropy coding, %", "saved", "{:.0f}".format),
    "estimated": ("estimated bpp", "estimated_bpp_mean", "{:.3f}".format),
    "psnr": ("PSNR, dB", "psnr_rgb_mean", "{:.2f}".format),
    "pooled": ("pooled PSNR, dB", "psnr_rgb_pooled", "{:.2f}".format),
    "mse": ("MSE, of 0–1", "mse_rgb_mean", lambda value: f"{value / 255**2:.4f}"),
    "ssim": ("SSIM", "ssim_rgb_mean", "{:.3f}".format),
    "ms_ssim": ("MS-SSIM", "ms_ssim_rgb_mean", "{:.3f}".format),
    "encode": ("encode, s", "encode_s_mean", "{:.2f}".format),
    "decode": ("decode, s", "decode_s_mean", "{:.2f}".format),
    "encode_kmac": ("encode, kMAC a pixel", "encode_kmac_per_pixel_mean", "{:.1f}".format),
    "decode_kmac": ("decode, kMAC a pixel", "decode_kmac_per_pixel_mean", "{:.1f}".format),
}
"""Of each column that a table may have: its title, the column of the summary, and how a value is written."""


def bd_rates(folder: str) -> str:
    """BD-rates of all codecs against one, from the ``bdrate.csv`` of a results folder, best first."""
    rows = _bd_table(folder)
    lines = [
        [
            f"`{row['series']}`",
            _signed(row["image_mean"]),
            _range(row["ci_low"], row["ci_high"]),
            _signed(row["bd_rate"]),
            _range(row["curve_ci_low"], row["curve_ci_high"]),
            f"{row['low']:.1f}\u00a0to\u00a0{row['high']:.1f}\u00a0dB",
            f"{row['image_count']:.0f}",
            f"{row['spread']:.1f}",
            "<0.001" if row["p_value"] < _LEAST_P else f"{row['p_value']:.3f}",
        ]
        for row in rows[rows["series"] != rows["anchor"]].to_dict("records")
    ]
    header = [
        "codec",
        "mean over images, %",
        "95 % interval",
        "mean curve, %",
        "95 % interval",
        "range of PSNR",
        "images",
        "spread",
        "p",
    ]
    return markdown(header, lines, _behind(header, 1))


def by_metric(folder: str, *metrics: str, codecs: str) -> str:
    """BD-rates of codecs against ``jpeg`` by several metrics, mean over images, best first by the first of them."""
    results = read_results([ROOT / folder], all_metrics())
    known = [results.metric(name) for name in metrics]
    table = order_table(results, ANCHOR, known, codecs.split(","))
    rates = table.pivot(index="series", columns="metric", values="bd_rate").sort_values(known[0].column)
    rows = [[f"`{series}`", *map(_signed, rates.loc[series, list(metrics)])] for series in rates.index]
    header = ["codec", *(metric.heading for metric in known)]
    return markdown(header, rows, _behind(header, 1))


def kodak_bd_rates() -> dict[str, str]:
    """The BD-rate of each codec against ``jpeg`` on Kodak by PSNR over RGB, mean over images; only where it has one."""
    rows = _bd_table("results/baseline/kodak")
    return {str(name): _signed(mean) for name, mean in zip(rows["series"], rows["image_mean"], strict=True)}


def _bd_table(folder: str) -> pd.DataFrame:
    """The rows of series that have a rank, best first."""
    table = pd.read_csv(ROOT / folder / "bdrate.csv", keep_default_na=False, na_values=[""])
    whole = table["image"].isna() & table["image_mean"].notna() & (table["overlap"] >= LEAST_OVERLAP)
    return table[whole].sort_values("image_mean")


def against(folder: str, *anchors: str, codec: str, metric: str = "psnr_rgb") -> str:
    """BD-rates of one codec against several others, each the mean over images with its interval."""
    results = read_results([ROOT / folder], all_metrics())
    series = {curves.label: curves for curves in results.image_curves(results.metric(metric))}
    lines = []
    for anchor in anchors:
        values = OfImages(series[codec], series[anchor], "pchip").values
        values = values[~np.isnan(values)]  # of the images whose BD-rate is not refused
        low, high = mean_interval(values)
        lines.append([f"`{anchor}`", _signed(float(values.mean())), _range(low, high), str(len(values))])
    header = ["against", f"BD-rate of `{codec}`, %", "95 % interval", "images"]
    return markdown(header, lines, _behind(header, 1))


def points(folder: str, codec: str, show: str, columns: str, **settings: str) -> str:
    """Operating points of a codec.

    Args:
        folder: the results folder; several are separated by commas.
        codec: the codec that has the points.
        show: settings that tell the points apart, with commas between them.
        columns: names of :data:`COLUMNS`, with commas between them.
        settings: the values that are shown, with commas between them; all where a setting is not named.
    """
    shown, wanted = show.split(","), columns.split(",")
    rows = pd.concat([read_summary(ROOT / one / "summary.csv") for one in folder.split(",")])
    rows = rows[rows["codec"] == codec]
    rows = rows.assign(saved=100 * (1 - rows["payload_bpp_mean"] / rows["nominal_bpp_mean"]))
    lines = []
    for row in rows.to_dict("records"):
        values = {name: _plain(value) for name, value in read_settings(row["settings"]).items()}
        if all(values[name] in allowed.split(",") for name, allowed in settings.items()):
            lines.append([*(values[name] for name in shown), *(_cell(row, name) for name in wanted)])
    if not lines:
        raise ValueError(f"{folder} has no point of {codec} with {settings}")
    header = [*(f"`{name}`" for name in shown), *(COLUMNS[name][0] for name in wanted)]
    return markdown(header, lines, _behind(header, len(shown)))


def at_rates(folder: str, *series: str, rates: str, metric: str = "psnr_rgb", unit: str = "dB") -> str:
    """The quality of several codecs at equal rates, between their operating points on the mean curve by PCHIP."""
    from scipy.interpolate import PchipInterpolator

    results = read_results([ROOT / folder], all_metrics())
    curves = {curve.label: curve for curve in results.curves(results.metric(metric))}
    lines = []
    for rate in map(float, rates.split(",")):
        cells = [f"{rate:g}"]
        for name in series:
            places, qualities, _ = curves[name].front()
            inside = places[0] <= rate <= places[-1]
            value = float(PchipInterpolator(np.log(places), qualities)(np.log(rate))) if inside else np.nan
            cells.append(f"{value:.2f} {unit}".strip() if inside else "–")
        lines.append(cells)
    header = ["bpp", *(f"`{name}`" for name in series)]
    return markdown(header, lines, _behind(header, 0))


def lossless(folder: str) -> str:
    """Rates of lossless settings, the lowest first."""
    rows = read_summary(ROOT / folder / "summary.csv").sort_values("bpp_mean")
    lines = []
    for row in rows.to_dict("records"):
        settings = ", ".join(f"{name}={_plain(value)}" for name, value in read_settings(row["settings"]).items())
        lines.append([f"`{row['codec']}`", settings or "none", f"{row['bpp_mean']:.3f}"])
    return markdown(["codec", "settings", "bpp"], lines, [2])


def _behind(header: Sequence[str], first: int) -> range:
    """The places of columns of numbers, from the first of them on."""
    return range(first, len(header))


def published(name: str) -> str:
    """The tables of one study on the page of published figures."""
    page = (ROOT / "reports/published/README.md").read_text(encoding="utf-8")
    sections = [part for part in re.split(r"(?m)^## ", page) if f" reports/published/{name}.toml " in part]
    if len(sections) != 1:
        raise ValueError(f"the page of published figures has {len(sections)} sections of {name}")
    tables = re.findall(r"(?m)^\| published as .*(?:\n\|.*)*", sections[0])
    if not tables:
        raise ValueError(f"the section of {name} has no table")
    return "\n\n".join(tables)


def protocol(folder: str) -> str:
    """What the BD-rates of results owe to the protocol, as ``report`` tells it."""
    results = read_results([ROOT / folder], all_metrics())
    metric = results.metric(METRIC)
    names = {
        series: display_name(series, codec)
        for series, codec in zip(results.summary["series"], results.summary["codec"], strict=True)
    }
    effects = protocol_effects(results, bd_table(results, ANCHOR, metric), metric)
    table = protocol_table(effects, effects["dataset"].iloc[0], names[ANCHOR], metric, names)
    if table is None:
        raise ValueError(f"{folder}: nothing is known of the protocol's effects")
    lines = [line for line in markdown_table(table).splitlines() if line.startswith("|")]
    return re.sub(r"-(?=\d)", "−", "\n".join(lines))


def _cell(row: Mapping[Hashable, object], name: str) -> str:
    _, column, form = COLUMNS[name]
    if name in ("encode", "decode") and row.get("timed_images", 0) != row["images"]:
        return "–"  # not measured to be published
    value = float(str(row[column]))
    return form(value).translate(_MINUS) if np.isfinite(value) else "–"


def _plain(value: object) -> str:
    """A setting as it is written on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _signed(value: float) -> str:
    return f"{value:+.1f}".translate(_MINUS) if value else "0"


def _range(low: float, high: float) -> str:
    return f"{_signed(low)}\u00a0to\u00a0{_signed(high)}"
