"""The tables that a paper prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from benchmark.analysis.averages import averages
from benchmark.analysis.cost import TITLES, rate_time
from benchmark.analysis.family import family_of
from benchmark.analysis.fixed import note_on_fixed
from benchmark.analysis.points import mixed_sizes
from benchmark.analysis.publishable import RULE
from benchmark.analysis.standing import findings, headline, headline_title
from benchmark.analysis.table import dataset_labels
from benchmark.errors import counted
from benchmark.metric import Metric
from benchmark.record.settings import read_settings
from benchmark.report.tables.lossless import lossless_table
from benchmark.report.tables.table import Table

_CURVES = "Curves are interpolated by PCHIP along the metric, of the logarithm of the rate."

_AVERAGES = {
    "mean over images": "Mean over images of that of each image, which ranks the codecs.",
    "mean curve": "That of the curve of arithmetic means over images.",
}


_SECONDS_TOLD = f"They are for an image, and were measured to be published: {RULE}."

_SECONDS = {"encode_s": "encode (s)", "decode_s": "decode (s)"}
"""Columns of seconds, and their headings."""


def tables_of(
    summary: pd.DataFrame,
    bd: pd.DataFrame,
    ranks: pd.DataFrame,
    costs: pd.DataFrame,
    seconds: pd.DataFrame,
    metrics: Sequence[Metric],
    names: Mapping[str, str],
    end: str = "",
) -> list[Table]:
    """The tables of a data set: that of a rate only if a curve reaches it; of lossless codecs alone, rate and speed.

    Args:
        summary: the summary of the results, with ``series``, see :class:`benchmark.analysis.results.Results`.
        bd: rows of :func:`benchmark.analysis.bdrate.bd_table` for every metric; those of other data sets are not
            looked at.
        ranks: rows of :func:`benchmark.analysis.ranking.ranking` at one rate, for every metric, likewise.
        costs: rows of :func:`benchmark.analysis.cost.cost_table`, likewise.
        seconds: times by ``point``, see :func:`benchmark.analysis.timed.mean_seconds`.
        metrics: the first is that of the Bjøntegaard deltas.
        names: what print calls each series.
        end: what the tables' names end in.
    """
    dataset = summary["dataset"].iloc[0]
    means = bd[(bd["dataset"] == dataset) & (bd["image"] == "")]
    rows = means[means["metric"] == metrics[0].column]
    about = _about(summary, rows, names, end)
    ranks, costs = ranks[ranks["dataset"] == dataset], costs[costs["dataset"] == dataset]
    if family_of(summary, metrics, frozenset()) == "lossless":
        notes = {"Times": _speeds_told(costs[costs["timed_images"] > 0]), **about.common}
        table = lossless_table(summary, costs, about.covers, names, notes, end)
        return [table, _operating_points(summary, seconds, [], about)]
    return [
        _deltas(rows, metrics[0], about),
        *([_deltas_by_metric(means, list(rows["series"]), metrics, about)] if len(metrics) > 1 else []),
        *([_matched(ranks, metrics, about)] if ranks["value"].notna().any() else []),
        _costs(rate_time(rows, costs), costs, about),
        _operating_points(summary, seconds, metrics, about),
    ]


@dataclass(frozen=True)
class _About:
    """What all tables of a data set have in common.

    Attributes:
        covers: the data set and its images.
        anchor: the series that BD-rates are against, as print calls it.
        average: the mean of BD-rates that ranks the codecs, a key of :data:`_AVERAGES`.
        common: notes on all of them: the codecs with their versions, and how rates are averaged where that is special.
        names: what print calls each series.
        end: what the tables' names end in.
    """

    covers: str
    anchor: str
    average: str
    common: Mapping[str, str]
    names: Mapping[str, str]
    end: str

    @property
    def rates(self) -> str:
        """What a BD-rate is."""
        return f"{_AVERAGES[self.average]} {_CURVES}"


def _about(summary: pd.DataFrame, rows: pd.DataFrame, names: Mapping[str, str], end: str) -> _About:
    """What captions say of a data set, of its summary and its mean BD-rates."""
    images = int(summary["images"].max())
    (dataset,) = dataset_labels(summary).values()
    covers = f"{dataset}, {counted(images, 'image')}"
    sizes = {"Rates": "Images differ much in size, so rates of curves are all bits over all pixels."}
    anchor = str(rows["anchor"].iloc[0])
    common = {**(sizes if mixed_sizes(summary) else {}), "Versions": f"{versions(summary)}."}
    return _About(covers, names.get(anchor, anchor), headline_title(rows), common, names, end)


def _deltas(rows: pd.DataFrame, metric: Metric, about: _About) -> Table:
    """The mean BD-rates by one metric, with all that tells how sure they are."""
    by_images = about.average == "mean over images"
    means = ["image_mean", *_there(rows, "ci_low", "ci_high")] if by_images else []
    curves = ["bd_rate", *_there(rows, "curve_ci_low", "curve_ci_high")]
    lows = len(means) > 1 or (len(curves) > 1 and not by_images)
    unit = metric.drawn_unit
    printed = rows.assign(**{name: rows[name].replace(about.names) for name in ("series", "anchor")})
    found = " ".join(filter(None, (*findings(printed, metric), note_on_fixed(printed))))
    return Table(
        f"bdrate{about.end}",
        f"BD-rate against {about.anchor} by {metric.heading} on {about.covers}{_WITH.format('its') if lows else ''}. "
        "Less is better, and the best is bold.",
        pd.DataFrame(
            {
                "rank": rows["rank"],
                "series": rows["series"],
                **{name: rows[name] for name in (*means, *curves)},
                "spread": rows["spread"],
                "bd_metric": rows["bd_metric"].where(rows["rank"].notna()),
                "overlap": 100 * rows["overlap"],
                "images": rows["image_count"] if by_images else rows["images"],
            }
        ),
        {
            "series": "codec",
            "image_mean": "BD-rate (%)",
            "ci_low": "low (%)",
            "ci_high": "high (%)",
            "bd_rate": "mean curve (%)" if by_images else "BD-rate (%)",
            "curve_ci_low": "low (%)",
            "curve_ci_high": "high (%)",
            "spread": "spread",
            "bd_metric": f"BD-{metric.title}" + (f" ({unit})" if unit else ""),
            "overlap": "overlap (%)",
        },
        {
            "rank": ".0f",
            **dict.fromkeys([*means, *curves], "+.1f"),
            "spread": ".1f",
            "bd_metric": f"+.{metric.drawn_digits}f",
            "overlap": ".0f",
            "images": ".0f",
        },
        {[*means, *curves][0]: "low", "bd_metric": _best_end(metric)},
        {
            f"Findings by {metric.heading} on {about.covers}": found,
            "BD-rate": about.rates,
            "Columns of BD-rates": "Mean curve: the BD-rate of the curve of arithmetic means over images. "
            + ("Low and high: 95 % interval over images of the figure before them. " if lows else "")
            + "Spread: by how many points the BD-rates of several interpolators differ. Overlap: share of the range of "
            "the metric that both curves have.",
            **_definitions([metric]),
            **about.common,
        },
        about.names,
        [*(curves if by_images else ()), "spread", "images"],
    )


_WITH = ", with {} 95 % interval"
"""What a caption says of intervals, where there are any."""


def _there(frame: pd.DataFrame, *columns: str) -> list[str]:
    """Those columns of which any codec has a value."""
    return [name for name in columns if frame[name].notna().any()]


def _deltas_by_metric(means: pd.DataFrame, order: list[str], metrics: Sequence[Metric], about: _About) -> Table:
    """The mean BD-rate of every codec by every metric."""
    wide = means.assign(rate=headline(means)["headline"]).pivot(index="series", columns="metric", values="rate")
    return Table(
        f"bdrate-metrics{about.end}",
        f"BD-rate against {about.anchor} in percent, by metric, on {about.covers}. Less is better, and the best is "
        "bold.",
        wide.loc[order, [metric.column for metric in metrics]].reset_index(),
        {"series": "codec"} | {metric.column: metric.heading for metric in metrics},
        {metric.column: "+.1f" for metric in metrics},
        {metric.column: "low" for metric in metrics},
        {"BD-rate": about.rates, **_definitions(metrics), **about.common},
        about.names,
    )


def _costs(rates: pd.DataFrame, costs: pd.DataFrame, about: _About) -> Table:
    """Rate, time and complexity; columns that no codec has a value of are left out."""
    columns = [
        "encode_mps",
        "decode_mps",
        "encode_kmac_per_pixel",
        "decode_kmac_per_pixel",
        "parameters",
    ]
    columns = [column for column in columns if costs[column].notna().any()]
    timed = costs[costs["timed_images"] > 0]
    shown = ["series", "bd_rate", *(["front"] if len(timed) else [])]
    frame = rates[shown].merge(costs[["series", *columns]], on="series", how="left")
    if len(timed):
        frame = frame.assign(front=["yes" if front else "" for front in frame["front"]])
    best: dict[str, Literal["low", "high"]] = {
        "bd_rate": "low",
        **{name: "high" for name in ("encode_mps", "decode_mps") if name in columns},
    }
    return Table(
        f"costs{about.end}",
        f"BD-rate against {about.anchor}{', time' if len(timed) else ''} and complexity on {about.covers}. All "
        "operating points count, and the best is bold.",
        frame,
        {
            "series": "codec",
            "bd_rate": "BD-rate (%)",
            **{column: TITLES[column] for column in columns},
        },
        {
            "bd_rate": "+.1f",
            "encode_mps": ".2f",
            "decode_mps": ".2f",
            "encode_kmac_per_pixel": ".2f",
            "decode_kmac_per_pixel": ".2f",
            "parameters": ".0f",
        },
        best,
        {
            "BD-rate": about.rates,
            "Times": _speeds_told(timed),
            "Complexity": "Multiply-accumulates (MAC) and parameters of learned codecs are counted from their layers.",
            **about.common,
        },
        about.names,
    )


def _speeds_told(timed: pd.DataFrame) -> str:
    """What speeds are, of the costs of the codecs that were timed."""
    if timed.empty:
        return f"No times: none were measured to be published ({RULE})."
    threads = sorted({int(count) for count in timed["threads"] if count})
    images = sorted({int(count) for count in timed["timed_images"]})
    return (
        "Front: no other codec has both a lower BD-rate and a quicker decoder. Megapixels a second: size of all images "
        f"over the time of all, on {' or '.join(map(str, images))} image{'s' if images != [1] else ''} at the "
        f"operating points that were timed to be published: {RULE}, {' or '.join(map(str, threads)) or 'unknown'} "
        f"thread{'s' if threads != [1] else ''}."
    )


def _matched(ranks: pd.DataFrame, metrics: Sequence[Metric], about: _About) -> Table:
    """The metrics of every codec at one rate, the best by the first metric on top."""
    first = metrics[0]
    own = ranks[ranks["metric"] == first.column]
    lows = _there(own, "ci_low", "ci_high")
    frame = own[["series", "value", *lows]].rename(columns={"value": first.column})
    for metric in metrics[1:]:
        other = ranks.loc[ranks["metric"] == metric.column, ["series", "value"]]
        frame = frame.merge(other.rename(columns={"value": metric.column}), on="series", how="left")
    seconds = ranks.loc[ranks["metric"] == first.column, ["series", *_SECONDS]]
    timed = _there(seconds, *_SECONDS)
    at = "They are those of the operating point next to that rate that was timed."
    forms = {metric.column: f".{metric.drawn_digits}f" for metric in metrics}
    best = {metric.column: _best_end(metric) for metric in metrics}
    return Table(
        f"matched{about.end}",
        f"Codecs at {ranks['target'].iloc[0]} on {about.covers}"
        f"{_WITH.format('the') + ' of ' + first.heading if lows else ''}. The best is bold; a dash where a curve does "
        "not reach that rate.",
        frame.merge(seconds[["series", *timed]], on="series", how="left"),
        {"series": "codec", "ci_low": "low", "ci_high": "high"}
        | {column: _SECONDS[column] for column in timed}
        | {metric.column: _titled(metric, metric.drawn_unit) for metric in metrics},
        forms | dict.fromkeys(lows, forms[first.column]) | dict.fromkeys(timed, ".4f"),
        {**best, **dict.fromkeys(timed, "low")},
        {
            "Values at a rate": "They are read off curves of arithmetic means over images by PCHIP along the logarithm "
            "of the rate." + (" Low and high: 95 % interval over images." if lows else ""),
            **({"Seconds": _SECONDS_TOLD, "Seconds at a rate": at} if timed else {}),
            **_definitions(metrics),
            **about.common,
        },
        about.names,
    )


def _operating_points(summary: pd.DataFrame, seconds: pd.DataFrame, metrics: Sequence[Metric], about: _About) -> Table:
    """Every operating point, series by series, rates rising."""
    order = {series: place for place, series in enumerate(dict.fromkeys(summary["series"]))}
    rows = summary.assign(place=summary["series"].map(order)).sort_values(["place", "bpp_mean"], kind="stable")
    settings = [
        target or (f"{knob}={read_settings(settings)[knob]}" if knob else "")
        for target, knob, settings in zip(rows["target"], rows["knob"], rows["settings"], strict=True)
    ]
    rows = rows.merge(seconds, left_on="point", right_index=True, how="left")
    timed = _there(rows, *_SECONDS)
    return Table(
        f"points{about.end}",
        f"Operating points on {about.covers}. Rates are bits per pixel of whole streams, headers included.",
        pd.DataFrame(
            {
                "series": rows["series"],
                "setting": settings,
                "images": rows["images"],
                "bpp": rows["bpp_mean"],
                **({"bpp_pooled": rows["bpp_pooled"]} if mixed_sizes(summary) else {}),
                **{metric.column: rows[f"{metric.column}_mean"] for metric in metrics},
                **{column: rows[column] for column in timed},
            }
        ),
        {"series": "codec", "bpp_pooled": "bpp, pooled"}
        | {column: _SECONDS[column] for column in timed}
        | {metric.column: _titled(metric, metric.unit) for metric in metrics},
        {"images": ".0f", "bpp": ".4f", "bpp_pooled": ".4f"}
        | {metric.column: f".{metric.digits}f" for metric in metrics}
        | dict.fromkeys(timed, ".4f"),
        {},
        {
            **({"Seconds": _SECONDS_TOLD} if timed else {}),
            "Averages": f"{averages(metrics)}.",
            **_definitions(metrics),
            **about.common,
        },
        about.names,
        ["images"] if rows["images"].nunique() == 1 else [],
    )


def _titled(metric: Metric, unit: str) -> str:
    return f"{metric.heading} ({unit})" if unit else metric.heading


def _best_end(metric: Metric) -> Literal["low", "high"]:
    """Which end of what figures draw is the best."""
    return "high" if metric.rises else "low"


def _definitions(metrics: Sequence[Metric]) -> dict[str, str]:
    """What the metrics are, by their titles."""
    return {metric.title: f"{metric.definition}." for metric in metrics if metric.definition}


def versions(summary: pd.DataFrame) -> str:
    """Each codec with its version; the weights of each operating point of a learned codec stay in the records."""
    pairs = dict.fromkeys(zip(summary["codec"], summary["version"], strict=True))
    return "; ".join(f"{codec}: {version}" for codec, version in pairs)
