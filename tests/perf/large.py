"""Records of a large study that nobody ran, and what the commands that read results need for them.

python -m tests.perf.large DIR [IMAGES] [POINTS]

The rows are valid, with figures such as those of photographs. They are written unless they are there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.plugins import all_metrics, metric_columns, metric_definitions
from benchmark.record.columns import write_pairs
from benchmark.record.frames import csv_text
from benchmark.record.row import columns
from benchmark.record.settings import settings_text

CODECS = {"jpeg": 1.0, "webp": 0.75}
"""The codecs, each with its rate over that of the first at equal quality."""


def large_records(images: int, points: int, *, seed: int = 1) -> pd.DataFrame:
    """Records of two codecs.

    Args:
        images: how many images.
        points: operating points of each codec.
        seed: of the figures.

    Returns:
        The columns of ``records.csv``, in its order, rows in the order of a run.
    """
    rng = np.random.default_rng(seed)
    places = np.arange(images)
    names = pd.Series([f"image{place:06d}" for place in places], dtype=object)
    digests = pd.Series([f"{place:064x}" for place in places], dtype=object)
    detail = rng.normal(0, 0.4, images)  # of the logarithm of the rate
    measured = [metric for metric in all_metrics() if metric.by_default]
    definitions = metric_definitions([metric.name for metric in measured])
    parts = []
    for number, (codec, factor) in enumerate(CODECS.items()):
        gain = rng.normal(np.log(factor), 0.05, images)
        for place, quality in enumerate(np.linspace(20, 90, points).round().astype(int)):
            level = 27 + 3.0 * place + rng.normal(0, 0.1, images)
            bits = np.round(512 * 512 * 0.2 * np.exp(detail + gain + 0.55 * place))
            psnr = level - 2 * detail
            similarity = 1 - np.exp(-(psnr - 15) / 6)
            texts = {
                "schema": 2,
                "key": [f"{(number * points + place) * images + row:016x}" for row in places],
                "dataset": "folder:large",
                "image": names,
                "image_sha256": digests,
                "codec": codec,
                "version": f"lib{codec} 1.0",
                "source": "3c7c52964341b0fb",
                "knob": "quality",
                "settings": settings_text({"quality": int(quality)}),
                "device": "cpu",
                "stream_sha256": [f"{row:062x}{number:x}{place:x}" for row in places],
                "pixels_sha256": [f"{row:060x}ff{number:x}{place:x}" for row in places],
                "status": "ok",
                "metric_definitions": write_pairs(definitions),
                "metric_sources": write_pairs(dict.fromkeys(definitions, "9f4292ea39c8b821")),
                "rdbench": "0.2.0.dev0 d9ecc0e78f31",
            }
            numbers = dict.fromkeys(("images", "repeats", "threads", "jobs"), 1) | {
                "width": 512,
                "height": 512,
                "channels": 3,
                "bytes": (bits / 8).astype(int),
                "overhead_bytes": 300,
                "bpp": bits / 512**2,
                "payload_bpp": (bits - 2400) / 512**2,
                "encode_s": rng.lognormal(-5, 0.1, images),
                "decode_s": rng.lognormal(-6, 0.1, images),
            }
            values = {
                metric.column: psnr
                if metric.unit == "dB"
                else 255**2 / 10 ** (psnr / 10)
                if metric.name == "mse"
                else similarity
                for metric in measured
            }
            parts.append(pd.DataFrame({**texts, **numbers, **values}, index=places))
    return pd.concat(parts, ignore_index=True).reindex(columns=columns(metric_columns()))


def write_large(folder: Path, images: int, points: int, *, seed: int = 1) -> Path:
    """Writes ``records.csv`` of :func:`large_records` into a folder, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "records.csv"
    path.write_text(csv_text(large_records(images, points, seed=seed)), encoding="utf-8")
    return path


def needed(command: Sequence[str]) -> tuple[float, float, float]:
    """Seconds, processor seconds and GB of memory at most that a command needs, the processes that it starts included.

    The memory is that of the largest process.
    """
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # 1: one of two runs is worse
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9


def main(folder: Path, images: int = 100_000, points: int = 3) -> None:
    """Prints what each command needs."""
    program, runs = [sys.executable, "-m", "benchmark"], [str(folder / "a"), str(folder / "b")]
    for seed, run in enumerate(runs, 1):
        if not (Path(run) / "records.csv").exists():
            # In a process of its own, for the memory of this one counts as that of the commands that it starts.
            call = f"write_large(Path({run!r}), {images}, {points}, seed={seed})"
            words = f"from pathlib import Path; from tests.perf.large import write_large; {call}"
            subprocess.run([sys.executable, "-c", words], check=True)
    packed = folder / "packed"
    if not (packed / "records.parquet").exists():
        packed.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(runs[0]) / "records.csv", packed)
        call = f"RecordStore(Path({str(packed / 'records.csv')!r})).leave_as('parquet')"
        words = f"from pathlib import Path; from benchmark.run.store import RecordStore; {call}"
        subprocess.run([sys.executable, "-c", words], check=True)
    summary = f"import pathlib, benchmark.workflows.outputs as o; o.write_outputs(pathlib.Path({runs[0]!r}))"
    commands = {
        "bdrate": [*program, "bdrate", runs[0]],
        "bdrate of Parquet": [*program, "bdrate", str(packed)],
        "ranking": [*program, "ranking", runs[0], "--at", "bpp=0.5"],
        "compare": [*program, "compare", *runs],
        "report": [*program, "report", runs[0], "--out", str(folder / "report"), "--jobs", "2"],
        "summary": [sys.executable, "-c", summary],
    }
    print(f"{images:,} images, {points} points of {len(CODECS)} codecs: {len(CODECS) * points * images:,} rows")
    print("| command | seconds | processor seconds | GB |", "| --- | ---: | ---: | ---: |", sep="\n")
    for name, command in commands.items():
        seconds, busy, memory = needed(command)
        print(f"| `{name}` | {seconds:.0f} | {busy:.0f} | {memory:.2f} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(text) for text in sys.argv[2:4]))
