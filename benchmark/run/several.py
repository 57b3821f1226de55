"""A study of several data sets as studies of one each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from benchmark.dataset import Dataset
from benchmark.errors import UsageError
from benchmark.plugins import open_dataset
from benchmark.run.study import Study
from benchmark.system.files import slug


def each_dataset(study: Study, datasets: Sequence[str]) -> list[Study]:
    """The study on each of its data sets; with several, the name of each is that of a folder below the study's.

    Raises:
        UsageError: two data sets would share a folder.
    """
    if len(datasets) == 1:
        return [dataclasses.replace(study, dataset=datasets[0])]
    names = [f"{study.name}/{slug(spec)}" for spec in datasets]
    if len(set(names)) < len(names):
        raise UsageError(f"two of these data sets would share a folder, so run them apart: {', '.join(datasets)}")
    return [dataclasses.replace(study, dataset=spec, name=name) for spec, name in zip(datasets, names, strict=True)]


def first_listed(datasets: Sequence[str], data_root: Path | None) -> list[Dataset | None]:
    """Lists data sets, so that one that is missing is told before anything runs.

    Returns:
        The first one, for its run begins now; None in place of the others: they are listed again when their turn comes.

    Raises:
        MissingData: a data set is not there.
        UsageError: there is none of a name.
    """
    found = [open_dataset(name, data_root) for name in datasets]
    for dataset in found:
        dataset.items()
    return [*found[:1], *[None] * len(found[1:])]
