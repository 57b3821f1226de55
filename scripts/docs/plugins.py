"""Tables and sections of the plug-ins that come along: codecs, data sets, metrics."""

from __future__ import annotations

import csv
import dataclasses
import inspect
import json
import re
import subprocess
import sys
import tomllib
from functools import cache

from benchmark.codec import Codec, setting_types
from benchmark.plugins import all_metrics, codec_class, codec_names, dataset_class, dataset_names
from benchmark.report.tables.text import markdown
from scripts.docs.blocks import ROOT
from scripts.docs.figures import kodak_bd_rates

_NONE = "–"

_MISSING = """
import importlib.metadata, json, re, sys

optional = set(json.loads(sys.argv[1]))

def is_optional(name):
    return re.sub("[-_.]+", "-", name).lower() in optional

owners = importlib.metadata.packages_distributions()
modules = {module for module, names in owners.items() if any(map(is_optional, names))}
whole = importlib.metadata.Distribution.from_name

class Blocker:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in modules or is_optional(top):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def from_name(name):
    if is_optional(name):
        raise importlib.metadata.PackageNotFoundError(name)
    return whole(name)

sys.meta_path.insert(0, Blocker())
importlib.metadata.Distribution.from_name = from_name

from benchmark.errors import MissingBackend
from benchmark.plugins import all_metrics, codec_class, codec_names

found = {}
for codec in codec_names():
    try:
        codec_class(codec).version()
        found[codec] = ""
    except MissingBackend as error:
        found[codec] = str(error)
print(json.dumps(found))
"""
"""Asks every codec for its version where no optional package can be imported: what it then says names its extra."""


def codecs() -> str:
    """All codecs: name, what, BD-rate on Kodak and extra; best first, then those without a BD-rate."""
    rates, extras = kodak_bd_rates(), codec_extras()
    names = [name for name in rates if name in extras] + [name for name in codec_names() if name not in rates]
    lines = [
        [
            f"`{name}`",
            _first_part(codec_class(name).summary),
            rates.get(name, _NONE),
            f"`{extras[name]}`" if extras[name] else _NONE,
        ]
        for name in names
    ]
    return markdown(["name", "what", "BD-rate, %", "extra"], lines)


@cache
def codec_extras() -> dict[str, str]:
    """The extra that installs what a codec needs; empty for those that run with the core dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: items for name, items in project["optional-dependencies"].items() if name != "all"}
    packages = {_distribution(item) for items in extras.values() for item in items}
    packages -= {_distribution(item) for item in project["dependencies"]} | {"setuptools"}
    done = subprocess.run(
        [sys.executable, "-c", _MISSING, json.dumps(sorted(packages))],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
    )
    return {codec: _extra(codec, message) for codec, message in json.loads(done.stdout).items()}


def codec_sections(*names: str, level: str = "2") -> str:
    """A section for each codec: what its docstring says, its settings, the sweep and the knob."""
    extras = codec_extras()
    return "\n\n".join(_codec_section(name, extras[name], int(level)) for name in names)


def settings(name: str) -> str:
    """The settings of a codec."""
    cls = codec_class(name)
    kinds = setting_types(cls)
    lines = []
    for field in dataclasses.fields(cls):
        limits = field.metadata
        if limits.get("choices"):
            values = ", ".join(f"`{_word(choice)}`" for choice in limits["choices"])
        elif limits.get("low") is not None:
            values = f"{limits['low']:g} to {limits['high']:g}"
        else:
            values = {bool: "`true`, `false`", str: "a name"}.get(kinds[field.name], kinds[field.name].__name__)
        lines.append([f"`{field.name}`", f"`{_word(field.default)}`", values])
    return markdown(["setting", "default", "values"], lines) if lines else "It has no settings."


def datasets() -> str:
    """All data sets: name and what it is."""
    lines = [[f"`{name}`", dataset_class(name).summary] for name in dataset_names()]
    return markdown(["name", "what"], lines)


def metrics() -> str:
    """All metrics: name, columns and definition."""
    columns: dict[str, list[str]] = {}
    definitions: dict[str, str] = {}
    for metric in all_metrics():
        columns.setdefault(metric.name, []).append(f"`{metric.column}`")
        definitions[metric.name] = metric.definition
    return markdown(
        ["metric", "columns", "definition"],
        [[f"`{name}`", ", ".join(columns[name]), text] for name, text in definitions.items()],
    )


def metric_audit() -> str:
    """What the committed audit of metrics found: implementation, reference, largest difference, speed."""
    with (ROOT / "docs" / "assets" / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [
        [
            f"`{row['column']}`",
            row["version"].partition(",")[0] or "this bench",
            f"{row['tools']}, {row['golden_values']} values" if row["tools"] else "–",
            f"{float(row['difference']):.1g}" if row["difference"] else "–",
            f"{1000 * float(row['seconds']):.1f}",
            "all kept" if not row["problems"] else row["problems"],
        ]
        for row in rows
    ]
    return markdown(["metric", "computed by", "reference", "largest difference", "ms", "promises"], lines)


def _codec_section(name: str, extra: str, level: int) -> str:
    cls = codec_class(name)
    parts = [f"{'#' * level} `{name}`", f"**{cls.summary}.**", prose(inspect.getdoc(cls) or ""), settings(name)]
    facts = [_sweep(cls)]
    if cls.knob:
        end = "rises" if cls.knob.increasing else "falls"
        facts.append(f"The knob is `{cls.knob.field}`, {cls.knob.low:g} to {cls.knob.high:g}; the rate {end} with it.")
    facts.append(f"Extra: `{extra}`." if extra else "It needs no extra.")
    return "\n\n".join([*parts, " ".join(facts)])


def _sweep(cls: type[Codec]) -> str:
    if not cls.grid:
        return "It has one operating point."
    listed = "; ".join(f"`{field}` = {', '.join(map(_word, values))}" for field, values in cls.grid.items())
    return f"Default sweep: {listed}."


def prose(text: str) -> str:
    """A docstring as Markdown: roles become code."""
    text = re.sub(r":[a-z]+:`(?:[^`<]*<)?[~.]?(?:[\w.]*\.)?([\w]+)>?`", r"`\1`", text)
    return text.replace("``", "`")


def _first_part(summary: str) -> str:
    """A summary up to its first comma or semicolon that stands in no brackets."""
    depth = 0
    for place, letter in enumerate(summary):
        depth += (letter == "(") - (letter == ")")
        if letter in ",;" and not depth:
            return summary[:place]
    return summary


def _extra(codec: str, message: str) -> str:
    listed = re.search(r"rdbench\[([^\]]+)\]", message)
    if listed is None:
        return ""
    names = listed[1].split(",")
    return codec if codec in names else names[0]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _distribution(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
