"""How fast learned codecs are on a device, by the size of the batch, and whether they code as elsewhere.

Each codec is measured in a process of its own: what one leaves on the device is not counted for the next one.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import itertools
import json
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmark.codec import Batch, Codec
from benchmark.errors import BenchmarkError, UnsupportedImage, UsageError, typed_line
from benchmark.neural.backend import peak_memory
from benchmark.neural.streams.clock import entropy_seconds
from benchmark.neural.training.packed import PackedImages
from benchmark.neural.weights import set_folders
from benchmark.plugins import codec_class, codec_names
from benchmark.plugins.usable import is_learned
from benchmark.run.place import placed
from benchmark.system.devices import AUTO, parse_device
from benchmark.system.memory import is_memory_error

CHECKED = 4
"""Images whose streams and pixels are kept, to compare with those of another device."""

_LEAST = 3
"""Timed calls at least."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Row:
    """What was measured of one codec with batches of one size.

    Attributes:
        codec, settings, device: what computed what.
        batch: images at once.
        encode_per_s, decode_per_s: images a second.
        encode_entropy, decode_entropy: share of entropy coding in that time; None where the codec does not tell.
        peak_mib: peak device memory in MiB; None on a CPU.
        first_encode_s, first_decode_s: seconds of the first call, which loads and compiles.
        streams, pixels: what became of the comparison with another device; empty without one.
        note: why there are no figures.
    """

    codec: str
    settings: str
    device: str
    batch: int
    encode_per_s: float | None = None
    decode_per_s: float | None = None
    encode_entropy: float | None = None
    decode_entropy: float | None = None
    peak_mib: float | None = None
    first_encode_s: float | None = None
    first_decode_s: float | None = None
    streams: str = ""
    pixels: str = ""
    note: str = ""


@dataclass(frozen=True)
class Timed:
    """A call's first and later seconds, and the share of entropy coding in these."""

    first: float
    median: float
    entropy: float | None


def main() -> int:
    """Measures all codecs, or one; returns the exit status."""
    arguments = _arguments()
    try:
        if arguments.only:
            _measure_one(arguments)
            return 0
        return _measure_all(arguments)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/gpu-table", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--packed", required=True, type=Path, help="images, as 'python -m benchmark pack' writes them")
    add("--out", required=True, type=Path, help="folder of results [default: $OUT]")
    add("--device", default=AUTO, help="auto, cpu, gpu or gpu:N [default: auto]")
    add("--against", type=Path, help="pixels.npz that another device wrote, from the same packed file")
    add("--codecs", default="", help="names with commas between [default: learned codecs that have weights]")
    add("--size", type=int, default=256, help="side of the square that is cut from each image [default: 256]")
    add("--most", type=int, default=256, help="images at once at most; the sizes are 1, 2, 4, … [default: 256]")
    add("--seconds", type=float, default=1.0, help="seconds for which a call is repeated [default: 1]")
    add("--wall", type=float, default=300.0, help="seconds after which no larger batch is begun [default: 300]")
    add("--only", default="", help=argparse.SUPPRESS)  # the codec of a process of its own
    return parser.parse_args()


def _measure_all(arguments: argparse.Namespace) -> int:
    device = parse_device(arguments.device)
    squares(arguments.packed, arguments.size)  # told before anything is measured
    if arguments.against:
        _kept(arguments.against)
    names = [name.strip() for name in arguments.codecs.split(",") if name.strip()] or list(_with_weights())
    for name in names:
        codec_class(name)
    arguments.out.mkdir(parents=True, exist_ok=True)
    end, found, failed = time.monotonic() + arguments.wall, list[Row](), list[str]()
    kept: dict[str, Any] = {}
    for place, name in enumerate(names):
        part = arguments.out / f".{name}"
        left = max(1.0, (end - time.monotonic()) / (len(names) - place))
        words = [f"--{word}={getattr(arguments, word)}" for word in ("packed", "size", "most", "seconds")]
        against = [f"--against={arguments.against}"] if arguments.against else []
        words += [f"--out={part}", f"--device={device}", f"--only={name}", f"--wall={left}", *against]
        done = subprocess.run([sys.executable, "-m", "scripts.gpu.table", *words], check=False)
        if done.returncode == 2:  # such as a device that is not there
            return 2
        rows, pixels = part.with_suffix(".json"), part.with_suffix(".npz")
        if done.returncode or not rows.exists():
            failed.append(f"{name}: its process ended with exit status {done.returncode}")
            continue
        found += [Row(**row) for row in json.loads(rows.read_text(encoding="utf-8"))]
        if pixels.exists():
            kept |= _kept(pixels)
        for path in (rows, pixels):
            path.unlink(missing_ok=True)
    np.savez_compressed(arguments.out / "pixels.npz", **kept)
    write_table(arguments.out, found, failed)
    print((arguments.out / "table.md").read_text(encoding="utf-8"))
    wrong = [row for row in found if row.note not in ("", _OUT_OF_MEMORY) or row.pixels.startswith("differ")]
    return 1 if failed or wrong or not found else 0


def _with_weights() -> Iterator[str]:
    for name in codec_names():
        cls = codec_class(name)
        if is_learned(cls) and set_folders(cls.name):
            yield name


def squares(packed: Path, size: int) -> Batch:
    """Squares from the middle of packed images that are large enough: ``uint8`` (N, size, size, 3), grey ones alike.

    Raises:
        UsageError: the file is none, or no image is large enough.
    """
    if size < 1:
        raise UsageError(f"--size: expected a number of pixels, got {size}")
    found = []
    for image in itertools.chain.from_iterable(PackedImages(packed).images()):
        top, left = ((side - size) // 2 for side in image.shape[:2])
        if min(top, left) >= 0:
            square = image[top : top + size, left : left + size]
            found.append(square if square.ndim == 3 else np.repeat(square[..., np.newaxis], 3, axis=2))
    if not found:
        raise UsageError(f"{packed}: no image has {size} pixels a side; give a smaller --size")
    return np.stack(found)


_OUT_OF_MEMORY = "out of memory"


def _measure_one(arguments: argparse.Namespace) -> None:
    """Measures one codec, and writes its rows and what is kept of it beside ``--out``."""
    cls = codec_class(arguments.only)
    codec, images = cls.from_settings({}), squares(arguments.packed, arguments.size)
    if 3 not in cls.channels:
        images = np.ascontiguousarray(images[..., 1])
    end, rows, kept = time.monotonic() + arguments.wall, list[Row](), dict[str, Any]()
    with placed(cls, arguments.device):
        row = Row(cls.name, codec.settings_json, codec.device(), 1)
        try:
            kept, streams = checked(codec, images[:CHECKED])
            if arguments.against:
                same, pixels = compared(codec, streams, _kept(arguments.against), kept)
                row = dataclasses.replace(row, streams=same, pixels=pixels)
            is_batched = cls.encode_batch is not Codec.encode_batch
            for batch in (2**power for power in range(arguments.most.bit_length())):
                if batch > 1 and (not is_batched or time.monotonic() > end):
                    break
                row = dataclasses.replace(row, batch=batch)
                rows.append(measured(row, codec, images[np.arange(batch) % len(images)], arguments.seconds))
                print(f"{cls.name}: {batch} at once on {row.device}", file=sys.stderr)
        except UnsupportedImage as error:  # more than a stream holds
            if not rows:
                rows.append(dataclasses.replace(row, note=str(error)))
        except Exception as error:  # whatever a backend raises is what was found
            note = _OUT_OF_MEMORY if is_memory_error(error) else typed_line(error)
            rows.append(dataclasses.replace(row, note=note))
    text = json.dumps([dataclasses.asdict(row) for row in rows])
    arguments.out.with_suffix(".json").write_text(text, encoding="utf-8")
    np.savez_compressed(arguments.out.with_suffix(".npz"), **kept)


def checked(codec: Codec, images: Batch) -> tuple[dict[str, Any], list[bytes]]:
    """Streams of a few images and their pixels, as arrays by name for a file; and the streams."""
    streams = codec.encode_batch(images)
    about = {"settings": codec.settings_json, "weights": codec.weights_digest(), "images": images.shape}
    kept: dict[str, Any] = {f"{codec.name} about": np.array(json.dumps(about))}
    kept |= {f"{codec.name} {place}": np.frombuffer(stream, np.uint8) for place, stream in enumerate(streams)}
    return kept | {f"{codec.name} pixels": codec.decode_batch(streams)}, streams


def compared(
    codec: Codec, streams: Sequence[bytes], theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> tuple[str, str]:
    """How streams and pixels relate to those of another device: the pixels are of its streams, decoded here."""
    name = codec.name
    if f"{name} about" not in theirs or str(theirs[f"{name} about"]) != str(ours[f"{name} about"]):
        return "not compared", "not compared"
    others = [theirs[f"{name} {place}"].tobytes() for place in range(len(streams))]
    apart = sum(one != other for one, other in zip(streams, others, strict=True))
    largest = int(np.abs(codec.decode_batch(others).astype(np.int16) - theirs[f"{name} pixels"]).max())
    pixels = ("equal", "within a level")[largest] if largest <= 1 else f"differ by up to {largest} levels"
    return f"{apart} of {len(streams)} differ" if apart else "equal", pixels


def measured(row: Row, codec: Codec, images: Batch, seconds: float) -> Row:
    """A row with the figures of a batch."""
    is_on_gpu = row.device != "cpu"
    if is_on_gpu:
        peak_memory(anew=True)
    streams, encoding = timed(lambda: codec.encode_batch(images), seconds)
    _, decoding = timed(lambda: codec.decode_batch(streams), seconds)
    peak = peak_memory() if is_on_gpu else None
    return dataclasses.replace(
        row,
        encode_per_s=len(images) / encoding.median,
        decode_per_s=len(images) / decoding.median,
        encode_entropy=encoding.entropy,
        decode_entropy=decoding.entropy,
        peak_mib=None if peak is None else peak / (1 << 20),
        first_encode_s=encoding.first,
        first_decode_s=decoding.first,
    )


def timed(call: Callable[[], _Result], seconds: float) -> tuple[_Result, Timed]:
    """A call's result, and what it takes once all is loaded and compiled.

    The results of a codec, streams and pixels, lie in the memory of this process: when it returns, no device is still
    at work for it.
    """
    first = time.perf_counter()
    result = call()
    first = time.perf_counter() - first
    walls, before = list[float](), entropy_seconds()
    while len(walls) < _LEAST or sum(walls) < seconds:
        start = time.perf_counter()
        call()
        walls.append(time.perf_counter() - start)
    coding = entropy_seconds() - before
    return result, Timed(first, statistics.median(walls), coding / sum(walls) if coding else None)


def write_table(out: Path, rows: Sequence[Row], failed: Sequence[str]) -> None:
    """Writes ``table.csv`` and ``table.md``."""
    names = [field.name for field in dataclasses.fields(Row)]
    with (out / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)
    columns: dict[str, Callable[[Row], str]] = {
        "codec": lambda row: row.codec,
        "device": lambda row: row.device,
        "batch": lambda row: str(row.batch),
        "encode, images/s": lambda row: _text(row.encode_per_s, ".1f"),
        "entropy coding": lambda row: _text(row.encode_entropy, ".0%"),
        "decode, images/s": lambda row: _text(row.decode_per_s, ".1f"),
        "its entropy coding": lambda row: _text(row.decode_entropy, ".0%"),
        "peak memory, MiB": lambda row: _text(row.peak_mib, ".0f"),
        "streams": lambda row: row.streams,
        "pixels": lambda row: row.pixels,
        "note": lambda row: row.note,
    }
    shown = [[cell(row).replace("|", "\\|") for cell in columns.values()] for row in rows]
    lines = [[*columns], ["---"] * len(columns), *shown]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines) + "".join(f"\n{text}\n" for text in failed)
    (out / "table.md").write_text(text, encoding="utf-8")


def _text(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _kept(path: Path) -> dict[str, Any]:
    """The arrays of a file that :func:`main` wrote.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: expected pixels.npz of another device: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
