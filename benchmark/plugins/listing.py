"""What there is, for lists: data sets of this bench and of other packages, also those that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import BenchmarkError
from benchmark.plugins import dataset_class, open_dataset, own_codecs, own_datasets
from benchmark.plugins.points import clash, points_of
from benchmark.plugins.probe import told_of


@dataclass(frozen=True)
class DatasetFacts:
    """A line of a list of data sets.

    Attributes:
        name, summary, arguments, expected, fetchable, built_by: see :class:`~benchmark.dataset.Dataset`.
        count: how many images are here; None where none can be found, or any folder may be named.
        problem: why it cannot be used; empty where it can.
    """

    name: str
    summary: str = ""
    arguments: str = ""
    expected: int | None = None
    fetchable: bool = False
    built_by: str = ""
    count: int | None = None
    problem: str = ""


def dataset_facts(data_root: Path | None) -> list[DatasetFacts]:
    """All data sets, in the order of their names.

    Args:
        data_root: a folder that holds data sets, searched first.
    """
    own = own_datasets()
    points = points_of("datasets")
    foreign = sorted(points.keys() - own)
    root = None if data_root is None else str(data_root)
    found = [_own(name, data_root) for name in own]
    found += [
        DatasetFacts(name, problem=f"{points[name][0].value} has the name of a data set of this bench, which stays")
        for name in sorted(points.keys() & own)
    ]
    answers = told_of([points[name][0] for name in foreign], {"data_root": root})
    for name, answer in zip(foreign, answers, strict=True):
        problem = clash("datasets", name, points[name]) or answer.reason
        facts = {} if problem else answer.facts
        found.append(DatasetFacts(name, **facts, count=answer.more.get("count"), problem=problem))
    return sorted(found, key=lambda facts: facts.name)


def _own(name: str, data_root: Path | None) -> DatasetFacts:
    cls = dataset_class(name)
    count = None
    if "PATH" not in cls.arguments:
        try:
            dataset = open_dataset(name, data_root)
            dataset.items()
            count = dataset.count()
        except BenchmarkError:
            count = None
    return DatasetFacts(name, cls.summary, cls.arguments, cls.expected, cls.fetchable, cls.built_by, count)


def misnamed_codecs() -> dict[str, str]:
    """What is wrong with codecs of other packages that have the name of one of this bench, by that name."""
    points = points_of("codecs")
    return {
        name: f"{points[name][0].value} of another package has the name of a codec of this bench, which stays"
        for name in sorted(points.keys() & own_codecs())
    }
