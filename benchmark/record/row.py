"""The record: one row for a data set × image × codec × settings × target. Its fields are the table of all columns.

A column that is added here, with its value where rows are made, is all that a new column takes: header, reading,
summary and documentation follow from its field.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from benchmark.errors import RecordsError
from benchmark.record.columns import Column, column, columns_of, write_number
from benchmark.record.settings import key_of, read_settings

SCHEMA = 2
"""Changes when a column changes its meaning. ``migrate`` reads every older one."""

SETTLED = ("ok", "skipped", "unreachable")
"""Statuses that need no second try. ``skipped``: the format cannot hold the image, which is no fault, or the codec was
given up, see :data:`GIVEN_UP`; ``unreachable``: no knob keeps the limit of the target. All others are failures."""

STATUSES = (*SETTLED, "failed", "timeout", "out-of-memory", "crashed")

ALONE = "alone"
"""What ``timing`` says of a row whose times were measured to be published."""

ESTIMATE = "estimate"  # what ``kind`` says of a row whose rate is one
LEAST_REPEATS = 5  # fewer tell nothing of how far a median may be off

DISTURBED, DISTURBED_TEXT = "disturbed", "disturbed while it was timed"
"""The flag of a row that something else disturbed meanwhile, and what its reason has before a colon and what it was."""

OTHER_STREAM = "other-stream"
"""The flag of a row that was timed anew, and whose bytes or pixels are not those that the same code gave before."""

UNUSABLE = "unusable"
"""The flag of a row of a codec that could not be used at all. Its settings are those that somebody asked for."""

GIVEN_UP = "given-up"
"""The flag of a row that was not tried, because its codec was lost again and again in the same run."""

SEEN = "seen-in-training"
"""The flag of a row whose image is nearly one that the codec's weights were trained on."""

METRICS = "metrics"
"""Field that takes the place of the columns of all metrics."""

OTHERS = "others"
"""Field that takes the place of all columns that nobody here knows. They stand at the end."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One row, with its values. A number that is not known is None, a text that is not known is empty.

    ``metrics`` holds the values of metrics by column, such as ``psnr_rgb``; a metric that was not asked for is not
    there. ``others`` holds the cells of columns that nobody here knows, as they were written: such as those that a user
    added, a later version has, or a metric has that is no longer installed. Every other field is a column of its own
    name.
    """

    schema: int = column("Version of this table of columns.", SCHEMA)
    key: str = column(
        "Digest of all that the figures of the row depend on. A run reuses a row of the same key. Empty where that is "
        "not known: such a row is never reused.",
        "",
    )
    dataset: str = column("Name of the data set.", aggregate="point", key=True)
    images_expected: int | None = column(
        "How many images the whole data set has. Empty where it has no fixed size.", None, since=2, aggregate="same"
    )
    image: str = column("Name of the item of the data set: an image, or a batch of many small images.", key=True)
    image_sha256: str = column("SHA-256 of the shape and the pixels of the item.", "", key=True)
    images: int | None = column("How many images the item has.", None)
    width: int | None = column("Width of each image in pixels.", None)
    height: int | None = column("Height of each image in pixels.", None)
    channels: int | None = column("Channels of each image: 1 for grey, 3 for RGB.", None)
    codec: str = column("Name of the codec.", aggregate="point", key=True)
    version: str = column(
        "Libraries and programs that do the codec's work, with their versions.", "", aggregate="point", key=True
    )
    weights: str = column(
        "Digests of the trained weights that a learned codec used, joined by +.",
        "",
        since=2,
        aggregate="point",
        key=True,
    )
    source: str = column(
        "Digest of the code of the codec, or of the programs that a TOML file names. Empty in rows that are older: "
        "they are taken to be of the present code.",
        "",
        since=2.1,
        key=True,
    )
    knob: str = column(
        "Name of the setting that trades rate for quality. Empty for a codec without one.", "", aggregate="point"
    )
    settings: str = column(
        "All settings of the codec as JSON with sorted names. The knob is left out where a target chose it.",
        aggregate="point",
        key=True,
    )
    target: str = column(
        "What the knob was chosen for, such as bpp<=0.5. Empty where the settings name the knob.",
        "",
        aggregate="point",
        key=True,
    )
    target_column: str = column("Column whose value the target limits.", "", since=2, aggregate="same")
    target_limit: float | None = column(
        "Value that the target limits the column to.", None, since=2, aggregate="same", exact=True
    )
    target_over: str = column(
        "What the limit holds for: image, where each image has a knob of its own, or set, where one knob serves the "
        "mean over all images of the data set.",
        "",
        since=2,
        aggregate="same",
    )
    knob_value: float | None = column(
        "Value of the knob that the target chose; the mean over the images of an item.",
        None,
        aggregate="mean",
        exact=True,
    )
    encodes: float | None = column("How many values of the knob were tried to find it.", None, aggregate="mean")
    kind: str = column(
        "estimate where the rate is by the codec's own model, without bytes and times.", "", since=2.3, aggregate="all"
    )
    bytes: int | None = column("Length of all streams of the item, headers included.", None, aggregate="image")
    overhead_bytes: int | None = column(
        "Bytes of containers and headers among them, where the format lets one tell; else 0.", None, aggregate="image"
    )
    bpp: float | None = column("Bits per pixel: 8 × bytes over the pixels of the item.", None, aggregate="mean")
    payload_bpp: float | None = column("The same without containers and headers.", None, aggregate="mean")
    nominal_bpp: float | None = column(
        "Bits per pixel before entropy coding, for a code of fixed size.", None, aggregate="mean"
    )
    estimated_bpp: float | None = column(
        "Bits per pixel by the probabilities of the codec's own model, without headers. An estimate, never the rate.",
        None,
        since=1.1,
        aggregate="mean",
    )
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)
    encode_s: float | None = column("Seconds to encode the item: the median of the repeats.", None, aggregate="image")
    decode_s: float | None = column("Seconds to decode the item: the median of the repeats.", None, aggregate="image")
    encode_cpu_s: float | None = column(
        "Processor seconds to encode the item, of the worker and of the programs that it starts, all threads added up: "
        "the median of the repeats.",
        None,
        since=2.2,
        aggregate="image",
    )
    decode_cpu_s: float | None = column(
        "Processor seconds to decode the item, likewise.", None, since=2.2, aggregate="image"
    )
    timing: str = column(
        "alone where run --timing made the row: one worker, pinned to a core where the system can, at least 5 repeats, "
        "and more until the median is steady. Empty elsewhere.",
        "",
        since=2.2,
        aggregate="all",
        key=True,
    )
    repeats: int | None = column(
        "How often encoder and decoder were timed; the smaller number, where they differ.", None, key=True
    )
    time_spread: float | None = column(
        "Relative spread of the two medians, the larger one: half the width of the interval of times that holds the "
        "median with a chance of 93.75 %, over the median. Empty below 5 repeats.",
        None,
        since=2.2,
        aggregate="most",
    )
    load: float | None = column(
        "Cores that other processes, and other machines on the same hardware, kept busy while it was timed. Empty "
        "where nobody watched: with several workers or below 5 repeats; and where the system does not tell.",
        None,
        since=2.2,
        aggregate="most",
    )
    threads: int | None = column("Threads that numerical libraries were allowed.", None, aggregate="most", key=True)
    jobs: int | None = column(
        "Worker processes that ran side by side while it was timed.", None, since=2, aggregate="most"
    )
    device: str = column("What computed: cpu, or the name of the accelerator.", "", since=2, aggregate="all")
    parameters: int | None = column("Numbers in the networks of a learned codec.", None, since=1.1, aggregate="mean")
    encode_kmac_per_pixel: float | None = column(
        "Thousands of multiply–accumulates of a learned encoder for each pixel.", None, since=1.1, aggregate="mean"
    )
    decode_kmac_per_pixel: float | None = column(
        "Thousands of multiply–accumulates of a learned decoder for each pixel.", None, since=1.1, aggregate="mean"
    )
    stream_sha256: str = column("SHA-256 of all streams of the item, one after the other.", "")
    pixels_sha256: str = column("SHA-256 of the shape and the pixels of the decoded item.", "")
    status: str = column(f"What became of it: {', '.join(STATUSES)}.")
    reason: str = column("Why there is no result; for a result, what to know of it.", "")
    flags: tuple[str, ...] = column(
        "What is remarkable in a result, in single words that programs can test: undefined-metric, above-ceiling, "
        "disturbed (its times are not to be published), other-stream (timed anew, it gave other bytes or pixels than "
        "before), unusable (its codec could not be used at all), given-up (it was not tried, "
        "because its codec was lost again and again), seen-in-training (the weights were trained on nearly this "
        "image). The reason says it in full.",
        (),
        since=2,
    )
    metric_definitions: Mapping[str, str] = column(
        "Each metric that was asked for, with a digest of its definition. Figures of another digest do not compare.",
        dict,
        since=1.1,
    )
    metric_sources: Mapping[str, str] = column(
        "Each metric that was asked for, with a digest of the code that computes it. A row is made again once it "
        "differs. Metrics are missing in rows that are older.",
        dict,
        since=2.1,
    )
    rdbench: str = column("Version and commit of this benchmark.", "", since=2, aggregate="all")
    others: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """What the row is about: two rows of one identity are two attempts at the same thing."""
        return self.dataset, self.image, self.codec, self.settings, self.target

    @property
    def settled(self) -> bool:
        """Whether it needs no second try."""
        return self.status in SETTLED and GIVEN_UP not in self.flags

    def value(self, name: str) -> float | None:
        """The number in a column, which may be that of a metric; None where there is none."""
        found = getattr(self, name) if name in BY_NAME else self.metrics.get(name)
        return None if found is None else float(found)

    @property
    def dependencies(self) -> dict[str, Any]:
        """What the figures of the row depend on, by column: its key is their digest, see :func:`key_of`."""
        identity = {column.name: getattr(self, column.name) for column in COLUMNS if column.key}
        # Rows that were timed for themselves have as many repeats as it took; others keep the keys of older versions.
        del identity["repeats" if self.timing else "timing"]
        if not self.source:  # rows from before it was known keep their keys
            del identity["source"]
        if self.target_over == "set":  # its knob is none of its settings, and one for the whole data set
            identity["knob_value"] = self.knob_value
        return {"schema": self.schema, **identity}

    def keyed(self) -> Self:
        """The row with the key that its other columns give."""
        return dataclasses.replace(self, key=key_of(self.dependencies))

    @property
    def rivals(self) -> list[dict[str, Any]]:
        """Dependencies of rows that can take its place: it, one timed better, older ones, which tell no source."""
        better = [self, dataclasses.replace(self, timing=ALONE)]
        return [row.dependencies for one in better for row in (one, dataclasses.replace(one, source=""))]

    @property
    def alike(self) -> frozenset[str]:
        """Keys of the rows that can take its place, see :attr:`rivals`."""
        return frozenset(map(key_of, self.rivals))

    @property
    def publishable(self) -> bool:
        """Whether its times were measured to be published."""
        return self.jobs == 1 and (self.repeats or 0) >= LEAST_REPEATS and DISTURBED not in self.flags

    def without_source(self) -> Self:
        """The row as one from before sources were recorded, with the key that it would have."""
        return dataclasses.replace(self, source="", metric_sources={}).keyed()

    def reusable(self, definitions: Mapping[str, str], sources: Mapping[str, str]) -> bool:
        """Whether a run need not make it again, if its key is that of a row of the run.

        Args:
            definitions: the definition of each metric that the run asks for, see :attr:`metric_definitions`.
            sources: the digest of the code of each metric, see :attr:`metric_sources`. A row that does not tell it is
                taken to be of the present code.
        """
        known = {name: source for name, source in self.metric_sources.items() if name in definitions}
        same = definitions.items() <= self.metric_definitions.items() and known.items() <= sources.items()
        return self.settled and self.key != "" and same

    def cells(self) -> dict[str, str]:
        """The row as the texts of a file, by column."""
        return (
            {column.name: column.write(getattr(self, column.name)) for column in COLUMNS}
            | {name: write_number(value) for name, value in self.metrics.items()}
            | dict(self.others)
        )

    @classmethod
    def from_cells(cls, cells: Mapping[str, str], metrics: Collection[str] = ()) -> Self:
        """The row of the texts of a file. A column that the file lacks is empty.

        Args:
            cells: the cells, by column.
            metrics: the columns that are known to be those of metrics. All others that this table does not name are
                carried along as they are.

        Raises:
            ValueError: a cell is not of its column's kind, or the row is not of this schema; the message says which.
        """
        values = {column.name: column.read(cells.get(column.name, "")) for column in COLUMNS}
        if values["schema"] != SCHEMA:
            raise ValueError(f"schema: expected 1 to {SCHEMA}, got {cells.get('schema', '')!r}")
        if values["status"] not in STATUSES:
            raise ValueError(f"status: expected one of {', '.join(STATUSES)}, got {values['status']!r}")
        for name in ("dataset", "image", "codec", "settings"):
            if not values[name]:
                raise ValueError(f"{name}: expected a text, got an empty cell")
        foreign = {name: cell for name, cell in cells.items() if name not in BY_NAME and cell}
        row = cls(
            **values,
            metrics={name: metric_column(name).read(cell) for name, cell in foreign.items() if name in metrics},
            others={name: cell for name, cell in foreign.items() if name not in metrics},
        )
        row._check()
        return row

    def _check(self) -> None:
        """Refuses what no run writes: settings without the knob, and measurements that cannot be."""
        try:
            settings = read_settings(self.settings)
        except RecordsError as error:
            raise ValueError(str(error)) from None
        if self.knob and not self.target and self.knob not in settings:
            raise ValueError(f"settings: expected a value of the knob {self.knob!r}, got {self.settings!r}")
        if self.status != "ok":
            return
        for name, value in (("images", self.images), ("bpp", self.bpp)):
            if value is None or not 0 < value < math.inf:
                raise ValueError(f"{name}: expected a number above 0 where the status is ok, got {value}")
        for name, side in (("width", self.width), ("height", self.height)):
            if side is not None and side < 1:  # a summary of images of several sizes has none
                raise ValueError(f"{name}: expected a number above 0 where the status is ok, got {side}")


COLUMNS: tuple[Column, ...] = columns_of(Record)
"""The table of all columns but those of metrics, in the order of the file."""

BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}

POINT: list[str] = [column.name for column in COLUMNS if column.aggregate == "point"]
"""Columns that name an operating point."""


def metric_column(name: str) -> Column:
    """The column of a metric, which the table does not name."""
    return Column(name, "number", "Value of a metric.", 1, "mean", False)


def columns(metrics: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    """The header of ``records.csv``, given the columns of metrics, and those that nobody here knows, in order."""
    instead = {METRICS: metrics, OTHERS: others}
    found: list[str] = []
    for field in dataclasses.fields(Record):
        found += instead.get(field.name, [field.name])
    return found
