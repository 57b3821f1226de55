"""From a study to a plan: the rows that it will have, and the work that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.codec import Setting
from benchmark.dataset import Dataset
from benchmark.errors import UsageError, meant
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics, codec_class, codec_source, metric_sources, open_dataset, portable_name
from benchmark.run.matching import RATES, Target, row_settings
from benchmark.run.study import OperatingPoint, Study
from benchmark.run.task import Task
from benchmark.system.environment import own_version
from benchmark.system.load import quiet_cores
from benchmark.system.names import printable


@dataclass(frozen=True)
class Part:
    """Operating points of one codec that are run for one target.

    Attributes:
        codec: its name or the absolute path of the file that describes it, so that any worker finds it.
        settings: the settings of each operating point.
        target: the target that they are run for; None where the sweep says all settings.
    """

    codec: str
    settings: Sequence[Mapping[str, Setting]]
    target: Target | None


@dataclass(frozen=True)
class Plan:
    """What a study comes to on its data set.

    Attributes:
        study: resolved.
        dataset: opened.
        items: the items of the data set, in order. Rows have their names as :func:`~benchmark.system.names.printable`
            makes them.
        label: the name of the data set in the rows.
        task: what all tasks have in common, see :meth:`task_of`.
        sources: the digest of the code of each codec, by the name that its parts have.
        parts: operating points whose settings are known, or are found for each image.
        unusable: operating points of codecs that cannot be used, see :attr:`Study.unusable`.
        mean_targets: operating points whose knob is one for the whole data set, with the target of its mean. It is
            searched for before they can be run.
        rows: identity of each row, in the order of the records file, see :attr:`benchmark.record.row.Record.identity`.
    """

    study: Study
    dataset: Dataset
    items: Sequence[str]
    label: str
    task: Task
    sources: Mapping[str, str]
    parts: Sequence[Part]
    unusable: Sequence[Part]
    mean_targets: Sequence[tuple[OperatingPoint, Target]]
    rows: Sequence[tuple[str, ...]]

    @property
    def usable(self) -> list[str]:
        """The codecs that can be used, by the name that their parts have."""
        lost = {part.codec for part in self.unusable}
        return [codec for codec in self.sources if codec not in lost]

    def task_of(self, codec: str, item: str, **more: Any) -> Task:
        """A task of a codec on an item; ``more`` are its other fields."""
        return replace(self.task, codec=codec, item=item, source=self.sources[codec], **more)


def plan_study(
    study: Study, data_root: Path | None, *, keep: Path | None = None, dataset: Dataset | None = None
) -> Plan:
    """The plan of a study.

    Args:
        study: resolved.
        data_root: folder that holds data sets, searched first.
        keep: the folder of results that the streams are kept in; None where they are not kept.
        dataset: the data set of the study, where it is open already: then its items are not listed again.

    Raises:
        MissingData: the data set is not there.
        UsageError: it has no image of a name that the study gives.
    """
    dataset = dataset or open_dataset(study.dataset, data_root)
    items, label = _items(dataset, study.images), printable(dataset.label)
    targets: Sequence[Target | None] = study.match or (None,)
    names = list(map(printable, items))
    by_codec: dict[str, list[Mapping[str, Setting]]] = {}
    for point in study.operating_points():
        by_codec.setdefault(portable_name(point.codec), []).append(point.settings)
    unusable = list(map(portable_name, study.unusable))
    return Plan(
        study=study,
        dataset=dataset,
        items=items,
        label=label,
        task=Task(
            study.dataset,
            data_root,
            "",
            label,
            "",
            (),
            tuple(study.metrics),
            study.repeats,
            study.threads,
            images_expected=dataset.expected,
            rdbench=own_version(),
            metric_sources=metric_sources(_judging(study)),
            timing=study.timing,
            cores=quiet_cores(study.threads) if study.timing else (),
            keep=keep,
            device=study.device,
        ),
        sources={codec: "" if codec in unusable else codec_source(codec) for codec in by_codec},
        parts=[
            Part(codec, sweep, target)
            for codec, sweep in by_codec.items()
            for target in targets
            if codec not in unusable and (target is None or not target.mean)
        ],
        unusable=[Part(codec, by_codec[codec], target) for codec in unusable for target in targets],
        mean_targets=[
            (OperatingPoint(codec, settings), target)
            for codec, sweep in by_codec.items()
            for settings in sweep
            for target in study.match
            if codec not in unusable and target.mean
        ],
        rows=[
            (label, name, *point)
            for codec, sweep in by_codec.items()
            for settings in sweep
            for target in targets
            for point in [_point(codec, settings, target)]
            for name in names
        ],
    )


def _judging(study: Study) -> set[str]:
    """Names of the metrics that are measured, or that a target is of."""
    columns = {target.column for target in study.match} - set(RATES)
    return {*study.metrics, *(find_metric(all_metrics(), column).name for column in columns)}


def _point(codec: str, settings: Mapping[str, Setting], target: Target | None) -> tuple[str, str, str]:
    """Codec, settings and target as rows have them."""
    cls = codec_class(codec)
    return cls.name, row_settings(cls.from_settings(settings), target), str(target or "")


def _items(dataset: Dataset, images: Sequence[str]) -> list[str]:
    """The items of a data set that a study names, in the order of the data set; all where it names none."""
    items = list(dataset.items())
    by_name = {printable(item): item for item in items}
    images = [by_name.get(name, name) for name in images]
    if unknown := [name for name in images if name not in items]:
        few = ", ".join(list(by_name)[:5]) + (", …" if len(items) > 5 else "")
        near = meant(unknown[0], items)
        raise UsageError(f"images: {dataset.label} has no image {unknown[0]!r}; expected names such as {few}{near}")
    return [item for item in items if item in images] if images else items
