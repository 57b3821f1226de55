"""One knob for a whole data set: the value at which the mean over its images comes closest to a target."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmark.codec import Setting
from benchmark.errors import Unreachable
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics, codec_class, metric_definitions
from benchmark.record.row import GIVEN_UP, Record
from benchmark.run.engine import Workers, run_tasks
from benchmark.run.images import ImageDigests
from benchmark.run.matching import RATES, Match, Target, knob_values, row_settings, steps
from benchmark.run.pending import pending
from benchmark.run.plan import Plan
from benchmark.run.store import RecordStore
from benchmark.run.study import OperatingPoint
from benchmark.run.task import Task
from benchmark.system.names import printable
from benchmark.system.progress import Progress


@dataclass
class MeanSearch:
    """A search for the knob of one codec.

    Attributes:
        codec: name.
        settings: all, of which the knob is replaced.
        target: the target of a mean.
        found: what it came to.
        status, reason, flags: what its rows say, where the search found nothing.
    """

    codec: str
    settings: Mapping[str, Setting]
    target: Target
    found: Match | None = None
    status: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()
    _steps: Generator[float, float, Match] = field(init=False)
    _knob: float = field(init=False)

    def __post_init__(self) -> None:
        column = self.target.column
        falling = column not in RATES and not find_metric(all_metrics(), column).higher_is_better
        values = knob_values(codec_class(self.codec), reverse=falling)
        self._steps = steps(values, self.target.limit, sense=self.target.sense)
        self._knob = next(self._steps)

    @property
    def pending(self) -> bool:
        """Whether a knob is to be tried yet."""
        return self.found is None and not self.status

    def at(self, knob: float) -> dict[str, Setting]:
        """The settings with a value of the knob."""
        codec = codec_class(self.codec)
        assert codec.knob is not None
        return dict(codec.from_settings({**self.settings, codec.knob.field: knob}).settings)

    @property
    def row(self) -> tuple[str, str, str]:
        """Codec, settings and target as its rows have them."""
        codec = codec_class(self.codec).from_settings(self.settings)
        return codec.name, row_settings(codec, self.target), str(self.target)

    @property
    def trial(self) -> OperatingPoint:
        """What is to be tried next."""
        return OperatingPoint(self.codec, self.at(self._knob))

    def proceed(self, rows: Sequence[Record]) -> None:
        """Takes the rows of the trial, one for each item of the data set."""
        failed = next((row for row in rows if not row.settled), None)
        values = [(row.value(self.target.column), row.images or 1) for row in rows if row.status == "ok"]
        good = [(value, images) for value, images in values if value is not None]
        if failed is not None or not good:
            worst = failed or rows[0]
            self.status = worst.status if worst.status != "ok" else "unreachable"
            self.flags = tuple(flag for flag in worst.flags if flag == GIVEN_UP)
            self.reason = f"{self.target}: at {self._knob:g}, {worst.image}: {worst.reason}"
            return
        # The mean of the summary, see ``analysis.averages``.
        mean = float(np.average([value for value, _ in good], weights=[images for _, images in good]))
        try:
            self._knob = self._steps.send(mean)
        except StopIteration as end:
            self.found = end.value
        except Unreachable as error:
            self.status, self.reason = "unreachable", f"{self.target} cannot be reached; {error}"


def search_means(
    plan: Plan,
    path: Path,
    digests: ImageDigests,
    progress: Progress,
    workers: Workers,
    *,
    fresh: bool = False,
) -> list[MeanSearch]:
    """Finds the knob for each of a plan's targets of means, all a step at a time, so that trials run side by side.

    Args:
        plan: the plan of the study.
        path: records file of the trials alone, so that an interrupted search can go on.
        digests: what is known of the pictures.
        progress: is told of each trial.
        workers: what carries the work.
        fresh: whether trials of earlier runs are not to be reused.

    Returns:
        Searches that have found a knob, or say why not.
    """
    searches = [MeanSearch(point.codec, point.settings, target) for point, target in plan.mean_targets]
    if not searches:
        return searches
    columns = {search.target.column for search in searches} - set(RATES)
    names = {find_metric(all_metrics(), column).name for column in columns}
    trial_of = {"metrics": tuple(sorted(names)), "repeats": 1}
    store = RecordStore(path, fresh=fresh)
    while searching := [search for search in searches if search.pending]:
        different = {repr(search.trial): search.trial for search in searching}  # two may try the same
        trials = [(trial, [trial.settings]) for trial in different.values()]
        done = store.done(metric_definitions(names), plan.task.metric_sources)
        tasks = (
            plan.task_of(
                trial.codec,
                item,
                **trial_of,
                settings=settings,
                done=done.get((printable(item), codec_class(trial.codec).name), frozenset()),
            )
            for trial, settings in trials
            for item in plan.items
        )
        with contextlib.closing(run_tasks(pending(tasks, digests), workers)) as made:
            for task, records in made:
                store.append(records)
                progress.advance(0, _tried(task))
        rows = {(row.dataset, row.image, row.codec, row.settings): row for row in store.rows}
        for search in searching:
            tried = codec_class(search.codec).from_settings(search.trial.settings)
            place = tried.name, row_settings(tried, None)
            search.proceed([rows[plan.label, printable(item), *place] for item in plan.items])
    return searches


def _tried(task: Task) -> str:
    codec = codec_class(task.codec)
    assert codec.knob is not None
    return f"tries {codec.name} {codec.knob.field} {task.settings[0][codec.knob.field]} on {printable(task.item)}"
