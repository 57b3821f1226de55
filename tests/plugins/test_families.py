"""Families of metrics that stand beside each other."""

from __future__ import annotations

import pytest

from benchmark.metric import Metric, MetricFamily
from benchmark.plugins.families import found_families, misfit


def family(*names: str) -> type[MetricFamily]:
    metrics = tuple(Metric(name=name, space="colour", title=name, definition=name) for name in names)
    return type("Family", (MetricFamily,), {"metrics": metrics})


def test_those_of_this_bench_are_in_the_order_of_their_columns() -> None:
    families, _ = found_families()
    assert list(families)[:2] == ["psnr", "ssim"]
    assert not misfit(families)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["hue", "hue"], "family of metrics 'theirs': expected each column once, got hue twice"),
        (["bytes"], "metric 'bytes': bytes is the name of a column"),
        (["hue", "hue_std"], "metrics hue and hue_std: a table would have two columns hue_std"),
    ],
)
def test_one_that_does_not_fit_is_told(names: list[str], complaint: str) -> None:
    assert misfit({"theirs": family(*names)}).startswith(complaint)


def test_a_column_belongs_to_one_family() -> None:
    assert (
        misfit({"one": family("hue"), "two": family("hue")})
        == "two families of metrics have the column hue: one and two"
    )
