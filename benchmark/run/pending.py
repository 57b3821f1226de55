"""Which tasks are left: those whose rows are there are dropped before any worker starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from benchmark.codec import Codec
from benchmark.plugins import codec_class
from benchmark.record.settings import Keys
from benchmark.run.images import ImageDigests
from benchmark.run.task import Task, blank_record
from benchmark.system.names import printable


def pending(
    tasks: Iterable[Task], digests: ImageDigests, dropped: Callable[[int], object] = lambda _: None
) -> Iterator[Task]:
    """Tasks without the operating points whose rows are there already, one after the other.

    Where the pixels of an item are not known without reading them, its tasks stay whole: the worker that reads them
    drops what is there.

    Args:
        tasks: all tasks. Those of one codec and target share the object of their settings, item by item.
        digests: the digests of pictures that are known.
        dropped: is told how many operating points were dropped before the next task, and after the last one.

    Yields:
        The tasks of which something is left.
    """
    there = 0
    patterns: dict[tuple[str, str, int], tuple[Task, list[list[Keys]]]] = {}
    for task in tasks:
        digest = digests.of(task.item) if task.done else ""
        if not digest:
            dropped(there)
            there = 0
            yield task
            continue
        name = task.codec, str(task.target), id(task.settings)
        if name not in patterns:  # with the task, so that no other settings get the id of these
            patterns[name] = task, _rivals(task)
        about = Keys.written({"image": printable(task.item), "image_sha256": digest})
        kept = [
            settings
            for settings, rivals in zip(task.settings, patterns[name][1], strict=True)
            if task.done.isdisjoint(rival.of(about) for rival in rivals)
        ]
        there += len(task.settings) - len(kept)
        if kept:
            dropped(there)
            there = 0
            yield replace(task, settings=kept)
    dropped(there)


def _rivals(task: Task) -> list[list[Keys]]:
    """The keys of each operating point, on any picture, see ``Record.rivals``."""
    cls = codec_class(task.codec)
    version = cls.version()  # to look it up takes longer than all else here
    told_once: type[Codec] = type(cls.__name__, (cls,), {"version": classmethod(lambda _: version)})
    rows = [blank_record(task, told_once.from_settings(settings)) for settings in task.settings]
    return [[Keys(rival, ("image", "image_sha256")) for rival in row.rivals] for row in rows]
