"""All that is known of one codec, for a reader or a program; and lists for programs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from benchmark.cli.console import open_console, print_json
from benchmark.cli.tables import table_of
from benchmark.codec import Codec, setting_types
from benchmark.errors import KIND_WORDS, BenchmarkError, MissingBackend, PluginError, ProgramError


def print_codec(name: str, *, as_json: bool) -> None:
    """A codec's settings, sweep and colours.

    Raises:
        UsageError: there is no such codec.
        PluginError: it is of another package, and cannot be used.
    """
    from benchmark.plugins import codec_class
    from benchmark.plugins.usable import trouble_of

    if trouble := trouble_of(name):
        raise PluginError(trouble[1])
    facts = codec_facts(codec_class(name))
    if as_json:
        print_json(facts)
        return
    console = open_console()
    console.print(f"{facts['name']}: {facts['summary']}", soft_wrap=True)
    console.print(f"library: {facts['library'] or 'missing: ' + facts['missing']}", soft_wrap=True)
    whole = [weights for weights in facts["weights"] if weights not in facts["damaged_weights"]]
    if whole:
        console.print(f"weights: {', '.join(whole)}", soft_wrap=True)
    for weights, reason in facts["damaged_weights"].items():
        console.print(f"weights {weights} cannot be used: {reason}", soft_wrap=True)
    table = table_of(
        "setting", "takes", "default", "default sweep", prose=["takes", "default sweep"], numbers=["default"]
    )
    for setting in facts["settings"]:
        knob = " (the knob)" if facts["knob"] and facts["knob"]["field"] == setting["name"] else ""
        sweep = ", ".join(map(_text, setting["sweep"]))
        table.add_row(setting["name"] + knob, _takes(setting), _text(setting["default"]), sweep)
    table.print()
    if facts["lossless_at"] is not None:
        at = ", ".join(f"{field}={_text(value)}" for field, value in facts["lossless_at"].items())
        console.print(f"lossless: {at or 'always'}", soft_wrap=True)
    for channels, path in facts["colour"].items():
        text = _path_text(path, learned=facts["learned"])
        console.print(f"colours of {channels}: {text}", soft_wrap=True)


def codec_facts(codec: type[Codec]) -> dict[str, Any]:
    """What is known of a codec, as plain values. The colour path is that of the default settings."""
    from benchmark.neural.weights import damaged_sets, set_folders
    from benchmark.plugins import version_of
    from benchmark.plugins.usable import is_learned

    library, missing = "", ""
    try:
        library = version_of(codec)
    except (MissingBackend, PluginError, ProgramError) as error:
        missing = str(error)
    kinds = setting_types(codec)
    settings = [
        {
            "name": field.name,
            "kind": KIND_WORDS[kinds[field.name]],
            "low": field.metadata.get("low"),
            "high": field.metadata.get("high"),
            "choices": list(field.metadata.get("choices") or ()) or None,
            "default": field.default,
            "sweep": list(codec.grid.get(field.name, ())),
        }
        for field in dataclasses.fields(codec)
    ]
    learned, colour = is_learned(codec), {}
    for channels in codec.channels:
        try:
            path = codec.from_settings({}).colour_path(channels)
        except BenchmarkError:  # a learned codec whose weights are not here
            path = None
        colour[{1: "grey", 3: "RGB"}[channels]] = dataclasses.asdict(path) if path else None
    return {
        "learned": learned,
        "name": codec.name,
        "summary": codec.summary,
        "library": library,
        "missing": missing,
        "knob": dataclasses.asdict(codec.knob) if codec.knob else None,
        "weights": sorted(set_folders(codec.name)) if learned else [],
        "damaged_weights": damaged_sets(codec.name) if learned else {},
        "lossless_at": dict(codec.lossless_at) if codec.lossless_at is not None else None,
        "settings": settings,
        "colour": colour,
    }


def named(kind: str, data_root: Path | None) -> list[dict[str, Any]]:
    """All codecs, data sets or metrics, as plain values."""
    from benchmark.metric import metric_groups
    from benchmark.plugins import all_metrics, codec_class, codec_names, look_at, missing_metrics
    from benchmark.plugins.listing import dataset_facts

    if kind == "codecs":
        look_at()
        return [codec_facts(codec_class(name)) for name in codec_names()]
    if kind == "metrics":
        missing, groups = missing_metrics(), metric_groups(all_metrics())
        return [
            {
                "name": metric.name,
                "column": metric.column,
                "unit": metric.unit,
                "higher_is_better": metric.higher_is_better,
                "definition": metric.definition,
                "groups": [group for group, names in groups.items() if metric.name in names],
                "missing": missing.get(metric.name, ""),
            }
            for metric in all_metrics()
        ]
    return [
        {
            "name": facts.name,
            "arguments": facts.arguments,
            "summary": facts.summary,
            "expected": facts.expected,
            "images_here": None if "PATH" in facts.arguments else facts.count or 0,
            "problem": facts.problem,
        }
        for facts in dataset_facts(data_root)
    ]


def _path_text(path: dict[str, Any] | None, *, learned: bool) -> str:
    """A colour path in words."""
    if path is None:
        return "as the networks have learned" if learned else "the codec does not say what becomes of them"
    scale = "full range" if path["full_range"] else "limited range"
    depth = f"{path['depth']} bits a sample"
    return ", ".join(filter(None, (path["matrix"], scale, path["subsampling"], depth, path["by"])))


def _takes(setting: dict[str, Any]) -> str:
    """The values that a setting may have, in words."""
    if setting["choices"]:
        return " or ".join(map(_text, setting["choices"]))
    low, high = setting["low"], setting["high"]
    if low is None and high is None:
        return str(setting["kind"])
    ends = (f"from {low:g}" if low is not None else "", f"to {high:g}" if high is not None else "")
    return f"{setting['kind']} {' '.join(filter(None, ends))}"


def _text(value: object) -> str:
    """A value as it is written on the command line."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
