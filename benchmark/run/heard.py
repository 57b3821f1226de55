"""What a worker says of a task, checked: a codec in its process may say anything in its name."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields

from benchmark.codec import Setting
from benchmark.errors import PluginError
from benchmark.plugins import codec_class
from benchmark.record.columns import Kind
from benchmark.record.row import COLUMNS, Record
from benchmark.run.matching import row_settings
from benchmark.run.spending import PARTS
from benchmark.run.task import Begun, Spent, Task
from benchmark.system.names import printable

Step = Begun | Record | Spent


class Heard:
    """Takes the steps of a task one after the other.

    Args:
        task: the task.

    Attributes:
        place: the place of the operating point that began last.
    """

    def __init__(self, task: Task) -> None:
        self.place = -1
        self._task = task
        self._is_open = False
        """Whether an operating point has begun, and has no row yet."""
        self._any: set[tuple[str, ...]] = set()

    def take(self, step: object) -> Step:
        """A step, once it is known to be one, and the next.

        Raises:
            PluginError: it is none, or is about something else than the operating point at work.
        """
        if type(step) is Begun and type(step.place) is int and self.place < step.place < len(self._task.settings):
            self.place, self._is_open = step.place, True
            return step
        if type(step) is Spent and type(step.seconds) is dict and all(map(_is_spent, step.seconds.items())):
            return step
        if type(step) is Record and is_whole(step) and self._is_of(step):
            self._is_open = False
            return step
        raise PluginError("expected the row of the operating point at work")

    def _is_of(self, row: Record) -> bool:
        """Whether a row is that of the operating point at work; before the first one, of any of the task."""
        if self.place >= 0:
            return self._is_open and row.identity == self._identity(self._task.settings[self.place])
        self._any = self._any or {self._identity(settings) for settings in self._task.settings}
        return row.identity in self._any

    def _identity(self, settings: Mapping[str, Setting]) -> tuple[str, ...]:
        task, cls = self._task, codec_class(self._task.codec)
        told = row_settings(cls.from_settings(settings), task.target)
        return task.label, printable(task.item), cls.name, told, str(task.target or "")


def checked(task: Task, steps: Sequence[object]) -> list[Step]:
    """Steps of a task up to the first that is none."""
    heard, found = Heard(task), list[Step]()
    with contextlib.suppress(PluginError):
        for step in steps:
            found.append(heard.take(step))
    return found


def _is_spent(entry: tuple[object, object]) -> bool:
    part, seconds = entry
    return part in PARTS and type(seconds) is float and 0 <= seconds < math.inf


_TYPES: Mapping[Kind, tuple[type, ...]] = {
    "text": (str,),
    "whole number": (int, type(None)),
    "number": (int, float, type(None)),
    "words": (tuple,),
    "pairs": (dict,),
}


_FIELDS = {field.name for field in fields(Record)}


def is_whole(row: Record) -> bool:
    """Whether all fields of a row have the types that they should, and can be written and read again."""
    if vars(row).keys() != _FIELDS:
        return False
    if any(type(getattr(row, column.name)) not in _TYPES[column.kind] for column in COLUMNS):
        return False
    texts = [getattr(row, column.name) for column in COLUMNS if column.kind in ("words", "pairs")]
    inner = [text for value in texts for text in (value if type(value) is tuple else [*value, *value.values()])]
    if any(type(text) is not str for text in inner):
        return False
    if type(row.metrics) is not dict or type(row.others) is not dict:
        return False
    try:
        Record.from_cells(row.cells(), row.metrics.keys())
    except (TypeError, ValueError, AttributeError, OverflowError):
        return False
    return all(type(value) is float for value in row.metrics.values())
