"""What ``list`` and ``info`` show: codecs, data sets, metrics, the machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.cli.console import open_console
from benchmark.cli.tables import table_of
from benchmark.errors import BenchmarkError, MissingBackend

if TYPE_CHECKING:
    from benchmark.codec import Codec


def print_codecs() -> None:
    """All codecs, with what is missing for each."""
    from benchmark.plugins import codec_class, codec_names, look_at, version_of
    from benchmark.plugins.listing import misnamed_codecs

    table = table_of("codec", "what", "takes", "knob", "library", drop=["library", "takes"], prose=["what", "library"])
    look_at()
    for name in codec_names():
        try:
            cls = codec_class(name)
            takes = ", ".join({1: "grey", 3: "RGB"}[channels] for channels in cls.channels)
            table.add_row(name, cls.summary, takes, _knob(cls), version_of(cls))
        except MissingBackend as error:
            table.add_row(name, cls.summary, takes, _knob(cls), f"missing: {error}")
        except BenchmarkError as error:
            table.add_row(name, str(error), "", "", "")
    for name, text in misnamed_codecs().items():
        table.add_row(name, text, "", "", "")
    table.print()


def _knob(codec: type[Codec]) -> str:
    """The knob with its range, or what a codec without one is."""
    if codec.knob:
        return f"{codec.knob.field} {codec.knob.low:g}–{codec.knob.high:g}"
    return "lossless" if codec.lossless_at is not None else "fixed rate"


def print_datasets(data_root: Path | None) -> None:
    """All data sets, with how many of their images are here."""
    from benchmark.plugins.listing import dataset_facts

    table = table_of("data set", "what", "images here", prose=["what", "images here"])
    for facts in dataset_facts(data_root):
        shown = f"{facts.name}:{facts.arguments}" if facts.arguments else facts.name
        if facts.problem:
            table.add_row(shown, f"cannot be used: {facts.problem}", "")
            continue
        if "PATH" in facts.arguments:
            here = "any"
        elif facts.count is None:
            command = f"data fetch {facts.name}" if facts.fetchable else facts.built_by
            here = f"missing: python -m benchmark {command}" if command else "missing"
        else:
            here = str(facts.count)
            if facts.expected is not None and facts.count != facts.expected:
                here += f" of {facts.expected}"
        table.add_row(shown, facts.summary, here)
    table.print()


def print_metrics() -> None:
    """All metrics: what each is, what is missing, and below the table how it is defined."""
    from benchmark.metric import metric_groups
    from benchmark.plugins import all_metrics, installed_metrics, missing_metrics, unusable_metrics

    missing = missing_metrics()
    libraries = {metric.name: metric.version or "this bench" for metric in installed_metrics()}
    libraries |= {name: f"missing: {reason}" for name, reason in missing.items()}
    table = table_of(
        *("metric", "columns", "unit", "better", "tolerance", "least side", "library"),
        drop=["least side", "tolerance", "library"],
        prose=["columns", "library"],
    )
    definitions = []
    for name in libraries:
        columns = [metric for metric in all_metrics() if metric.name == name]
        first = columns[0]
        table.add_row(
            name,
            "\n".join(metric.column for metric in columns),
            first.unit or "–",
            "higher" if first.higher_is_better else "lower",
            str(first.tolerance),
            str(first.smallest),
            libraries[name],
        )
        asked = "" if first.by_default else " (computed where --metrics names it)"
        definitions.append(f"{name}{asked}: {first.definition}")
    table.print()
    console = open_console()
    for name, reason in unusable_metrics().items():
        console.print(f"metrics {name!r} of another package cannot be used: {reason}", soft_wrap=True)
    for line in definitions:
        console.print(line, soft_wrap=True)
    for group, names in metric_groups(all_metrics()).items():
        console.print(f"--metrics {group}: {', '.join(names)}", soft_wrap=True)


def print_info() -> None:
    """Machine, Python, accelerator and library versions."""
    from benchmark.neural.backend import backend_facts
    from benchmark.system.environment import describe, package_versions

    table = table_of("what", "value", prose=["value"])
    for name, value in {**describe(), **backend_facts(), **package_versions()}.items():
        table.add_row(name, str(value))
    table.print()
