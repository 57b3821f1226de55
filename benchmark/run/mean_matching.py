"""One knob for a whole data set: the value at which the mean over its images comes closest to a target."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmark.codec import Setting
from benchmark.errors import Unreachable
from benchmark.plugins import codec_class, metric_column
from benchmark.run.matching import RATES, Match, Target, knob_values, row_settings, steps
from benchmark.run.record import SETTLED, Record
from benchmark.run.store import RecordStore

Point = tuple[str, Mapping[str, Setting]]
"""A codec with all its settings."""


@dataclass
class MeanSearch:
    """A search for the knob of one codec.

    Attributes:
        codec: name.
        settings: all, of which the knob is replaced.
        target: of a mean.
        found: what it came to.
        status, reason: of its rows, where it found nothing.
    """

    codec: str
    settings: Mapping[str, Setting]
    target: Target
    found: Match | None = None
    status: str = ""
    reason: str = ""
    _steps: Generator[float, float, Match] = field(init=False)
    _knob: float = field(init=False)

    def __post_init__(self) -> None:
        falling = self.target.column not in RATES and not metric_column(self.target.column)[0].higher_is_better
        values = knob_values(codec_class(self.codec), reverse=falling)
        self._steps = steps(values, self.target.limit, nearest=self.target.nearest)
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
    def trial(self) -> Point:
        """What is to be tried next."""
        return self.codec, self.at(self._knob)

    def proceed(self, rows: Sequence[Record]) -> None:
        """Takes the rows of the trial, one for each item of the data set."""
        failed = next((row for row in rows if row["status"] not in SETTLED), None)
        good = [row for row in rows if row["status"] == "ok" and row[self.target.column] != ""]
        if failed is not None or not good:
            worst = failed or rows[0]
            self.status = worst["status"] if worst["status"] != "ok" else "unreachable"
            self.reason = f"{self.target}: at {self._knob:g}, {worst['image']}: {worst['reason']}"
            return
        # The mean of the summary, see ``analysis.table.AVERAGING``.
        values = [float(row[self.target.column]) for row in good]
        mean = float(np.average(values, weights=[int(row["images"]) for row in good]))
        try:
            self._knob = self._steps.send(mean)
        except StopIteration as end:
            self.found = end.value
        except Unreachable as error:
            self.status, self.reason = "unreachable", f"{self.target} cannot be reached; {error}"


def run_searches(
    searches: Iterable[MeanSearch], store: RecordStore, items: Sequence[str], label: str,
    run: Callable[[Sequence[Point]], None],
) -> None:
    """Brings searches to their end, all of them a step at a time, so that the trials of a round run side by side.

    Args:
        searches: which then have found a knob, or say why not.
        store: of the rows of trials.
        items: of the data set.
        label: of the data set in the rows.
        run: stores the rows of operating points on all items, those that are not there yet.
    """
    pending = [search for search in searches if search.pending]
    while pending:
        trials = {repr(search.trial): search.trial for search in pending}  # two may try the same
        run(list(trials.values()))
        rows = {(row["dataset"], row["image"], row["codec"], row["settings"]): row for row in store.rows}
        for search in pending:
            codec, settings = search.trial
            tried = codec_class(codec).from_settings(settings)
            search.proceed([rows[label, item, tried.name, row_settings(tried, None)] for item in items])
        pending = [search for search in pending if search.pending]
