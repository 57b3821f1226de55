"""Families of metrics: those of this bench, and those of other packages that fit beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from benchmark.errors import PluginError, plain_line, typed_line
from benchmark.metric import MetricFamily
from benchmark.plugins.outline import family_outline
from benchmark.plugins.own import registry
from benchmark.plugins.points import clash, points_of
from benchmark.plugins.probe import told_of
from benchmark.record.words import taken_by, words_of


@cache
def found_families() -> tuple[dict[str, type[MetricFamily]], dict[str, str]]:
    """All families by name, in the order of their columns; and why others cannot be used, by name.

    Raises:
        PluginError: one of this bench breaks the interface, or does not fit beside the others.
    """
    families = _in_order(registry("benchmark.metrics", MetricFamily))  # type: ignore[type-abstract]
    if wrong := misfit(families):
        raise PluginError(wrong)
    points, unusable = points_of("metrics"), {}
    answers = told_of([claims[0] for claims in points.values()])
    for (name, claims), answer in zip(points.items(), answers, strict=True):
        wrong = clash("metrics", name, claims)
        if name in families:
            wrong = f"two families of metrics are named {name!r}: that of this bench stays; give yours another name"
        if not wrong:
            try:
                family = family_outline(claims[0], answer)
                wrong = misfit(_in_order({**families, name: family}))
            except PluginError as error:
                wrong = plain_line(error)
            except Exception as error:  # what it told may be anything
                wrong = f"it tells of no metrics: {typed_line(error)}"
        if wrong:
            unusable[name] = wrong
        else:
            families[name] = family
    return _in_order(families), unusable


def _in_order(families: Mapping[str, type[MetricFamily]]) -> dict[str, type[MetricFamily]]:
    return dict(sorted(families.items(), key=lambda pair: (pair[1].order, pair[0])))


def misfit(families: Mapping[str, type[MetricFamily]]) -> str:
    """Why families cannot stand beside each other; empty where they can.

    A column may be that of one metric alone, and no name may be one that tables have a column of already.
    """
    owners: dict[str, tuple[str, str]] = {}
    for name, family in families.items():
        counts = Counter(metric.column for metric in family.metrics)
        if twice := [column for column, count in counts.items() if count > 1]:
            return f"family of metrics {name!r}: expected each column once, got {twice[0]} twice"
        for metric in family.metrics:
            if word := taken_by(metric.name, metric.column):
                return (
                    f"metric {metric.name!r}: {word} is the name of a column of the records or of a table already; "
                    "give the metric another name"
                )
            for word in words_of(metric.column):
                other, column = owners.setdefault(word, (name, metric.column))
                if other != name and column == metric.column:
                    return f"two families of metrics have the column {column}: {other} and {name}"
                if column != metric.column:
                    return (
                        f"metrics {column} and {metric.column}: a table would have two columns {word}; give one of "
                        "them another name"
                    )
    return ""
