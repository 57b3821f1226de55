"""Why rows were made again: what a run tells of rows that an earlier run had made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from benchmark.record.row import DISTURBED, GIVEN_UP, Record

_CHANGED: Mapping[str, str] = {
    "image_sha256": "the picture is another",
    "version": "the version of the codec is another",
    "weights": "the weights are others",
    "source": "the code of the codec changed",
    "repeats": "--repeats is another",
    "threads": "--threads is another",
    "device": "another device computes",
}
"""What is told of a column of the key, and of the device. The others of the key are what a row is about."""


def reasons(
    earlier: Iterable[Record], made: Iterable[Record], *, fresh: bool, unkept: Collection[tuple[str, ...]] = ()
) -> dict[str, int]:
    """How many rows were made again, by codec and reason, such as ``jpeg: the code of the codec changed``.

    Args:
        earlier: the rows that were there before the run.
        made: the rows that it has made.
        fresh: whether it was told to make all rows anew.
        unkept: identities of the rows whose streams should be in the folder, and were not.
    """
    last = {row.identity: row for row in earlier}
    pairs = ((last[row.identity], row) for row in made if row.identity in last)
    told: Counter[str] = Counter()
    for old, row in pairs:
        if fresh:
            why = ["--fresh makes all rows anew"]
        elif old.identity in unkept and old.status == "ok":
            why = ["the streams were not kept", *_why(old, row)]
        else:
            why = [*_why(old, row)]
        told[f"{row.codec}: {'; '.join(why)}"] += 1
    return dict(told)


def _why(old: Record, new: Record) -> Iterator[str]:
    if not old.settled:
        yield "the codec was given up" if GIVEN_UP in old.flags else f"the status was {old.status}"
        return
    if DISTURBED in old.flags and new.timing:
        yield "the times were disturbed"
    if new.timing and not old.timing:
        yield "its times were not measured to be published"
    if not old.key:
        yield "the key of the old row cannot be checked"
        return
    for name, text in _CHANGED.items():
        was, now = getattr(old, name), getattr(new, name)
        # A picture that could not be read has no digest, and an older row tells neither source nor device.
        if name == "repeats" and new.timing:
            continue  # as many as it takes
        if was != now and (name not in ("image_sha256", "source", "device") or (was and now)):
            yield text
    if new.target_over == "set" and old.knob_value != new.knob_value:
        yield "the knob for the data set is another"
    for name, now in new.metric_definitions.items():
        if name not in old.metric_definitions:
            yield f"{name} was not measured"
        elif old.metric_definitions[name] != now:
            yield f"the definition of {name} is another"
        elif name in old.metric_sources and old.metric_sources[name] != new.metric_sources.get(name):
            yield f"the code of {name} changed"
