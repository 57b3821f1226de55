"""How many rows a second a run makes, and what its own process needs, by the number of small pictures or of patches.

python -m tests.perf.scale DIR pictures|patches [COUNT …]

The images are made in DIR unless they are there, of the photographs that come with scikit-image: pictures of 64×64, of
which each is a row; or patches of 32×32, the set ``bd-all``, of which 1,000 are a row. Each line is a run of its own:
JPEG at one quality, PSNR, one worker process and two. Lines are added to DIR/scale.csv, too, and
``python -m tests.perf.scale DIR --draw FILE.svg`` draws them.
"""

from __future__ import annotations

import csv
import itertools
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image as Pictures

from benchmark.plugins import open_dataset
from benchmark.report.figures.style import log_ticks
from benchmark.run.study import resolve
from benchmark.system.progress import silent
from benchmark.workflows.outputs import run_to_files
from benchmark.workflows.patches import build

COUNTS = {"pictures": (1_000, 3_000, 10_000, 30_000, 100_000), "patches": (30_000, 100_000, 300_000)}
JOBS = (1, 2)
COLOURS, MARKERS = {"pictures": "#1f5fa8", "patches": "#8a4b00"}, {1: "s", 2: "o"}
SIDE = 64
COLUMNS = ("rows", "of", "workers", "seconds", "rows a second", "own processor ms a row", "own MiB")
_A_FOLDER = 1_000
"""Pictures of a folder: a data set of one picture fewer or more leaves the others as they are."""


def pictures(folder: Path, count: int) -> Path:
    """A folder with so many small pictures, each of another place of a photograph."""
    target = folder / f"pictures-{count}"
    if target.is_dir():
        return target
    shutil.rmtree(half := target.with_suffix(".half"), ignore_errors=True)
    source = open_dataset("sample")
    photographs = [image for item in source.items() if (image := source.load(item)[0]).ndim == 3]
    rng = np.random.default_rng(1)
    for number in range(count):
        photograph = photographs[number % len(photographs)]
        top, left = (int(rng.integers(0, length - SIDE + 1)) for length in photograph.shape[:2])
        path = half / f"{number // _A_FOLDER:03d}" / f"{number:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Pictures.fromarray(photograph[top : top + SIDE, left : left + SIDE]).save(path, compress_level=1)
    half.rename(target)
    return target


def patches(folder: Path, count: int) -> Path:
    """A folder with a patch set whose split for training has so many patches, or somewhat more."""
    target = folder / f"bd-{count}"
    if target.is_dir():
        return target
    shutil.rmtree(photographs := folder / f"photographs-{count}", ignore_errors=True)
    photographs.mkdir()
    source = open_dataset("sample")
    kinds = [image for item in source.items() if (image := source.load(item)[0]).ndim == 3]
    rng = np.random.default_rng(1)
    for number in range(-(-count // 600)):  # of 1,024 patches, some two thirds are in the split
        photograph = kinds[number % len(kinds)]
        place = tuple(int(rng.integers(0, length)) for length in photograph.shape[:2])
        tiled = np.tile(np.roll(photograph, place, (0, 1)), (4, 4, 1))[:1024, :1024] * rng.uniform(0.5, 1.0)
        Pictures.fromarray(tiled.astype(np.uint8)).save(photographs / f"{number:05d}.png", compress_level=1)
    build([photographs], target, side=32, seed=1, order="png", jobs=2)
    shutil.rmtree(photographs)
    return target


MAKE = {"pictures": pictures, "patches": patches}


def measure(kind: str, images: Path, jobs: int, out: Path) -> list[Any]:
    """A run of pictures or patches: the cells of :data:`COLUMNS`."""
    silent.set(True)
    dataset = f"folder:{images}" if kind == "pictures" else f"bd-all:{images.name.removeprefix('bd-')}/train"
    study, _ = resolve(codecs=["jpeg"], metrics=["psnr"], sets=("jpeg.quality=50",), dataset=dataset)
    start, busy = time.perf_counter(), time.process_time()
    outcome = run_to_files(study, out=out, data_root=images.parent, jobs=jobs, command="")
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    assert set(outcome.statuses) == {"ok"}, outcome.statuses
    rows = outcome.statuses["ok"]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = float(f"{rows / seconds:.3g}")
    return [rows, kind, jobs, round(seconds, 1), speed, round(busy * 1000 / rows, 2), round(memory)]


def told(folder: str, kind: str, images: str, jobs: int) -> None:
    """Prints the line of :func:`measure`, and adds it to the table."""
    out = Path(folder) / "run"
    shutil.rmtree(out, ignore_errors=True)
    cells = measure(kind, Path(images), jobs, out)
    shutil.rmtree(out)
    with (Path(folder) / "scale.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(cells)
    print("| " + " | ".join(cell if isinstance(cell, str) else f"{cell:,}" for cell in cells) + " |", flush=True)


def draw(table: Path, path: Path) -> None:
    """Draws rows a second, processor time a row and memory against the number of rows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    frame = pd.read_csv(table)
    with mpl.rc_context(
        {"font.size": 9, "svg.hashsalt": "scale", "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure = Figure(figsize=(8.4, 3.1), layout="constrained")
        heads = ("rows a second", "processor time of the run's\nown process, ms a row", "its memory, MiB")
        for axes, column, head in zip(figure.subplots(1, 3), COLUMNS[4:], heads, strict=True):
            for kind, jobs in itertools.product(MAKE, JOBS):
                rows = frame[(frame["of"] == kind) & (frame["workers"] == jobs)].sort_values("rows")
                label = f"{kind}, {jobs} worker{'s' * (jobs > 1)}"
                look = {"color": COLOURS[kind], "marker": MARKERS[jobs], "markersize": 4}
                axes.plot(rows["rows"], rows[column], label=label, linestyle="-" if jobs > 1 else "--", **look)
            axes.set(xscale="log", title=head, xlabel="rows")
            if column == "own MiB":
                axes.set_ylim(0, frame[column].max() * 1.15)
            else:
                log_ticks(axes.set_yscale, axes.yaxis)
            axes.title.set_fontsize(9)
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axes.minorticks_off()
            axes.grid(alpha=0.3)
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(path, metadata={"Date": None})


def main(words: Sequence[str]) -> None:
    """Measures and prints the table, or draws it."""
    folder = Path(words[0])
    if "--draw" in words:
        draw(folder / "scale.csv", Path(words[-1]))
        return
    folder.mkdir(parents=True, exist_ok=True)
    if not (table := folder / "scale.csv").exists():
        table.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    kind = words[1]
    print("| " + " | ".join(COLUMNS) + " |", "|" + " ---: |" * len(COLUMNS), sep="\n")
    for count in [int(word) for word in words[2:]] or COUNTS[kind]:
        images = MAKE[kind](folder, count)
        for jobs in JOBS:
            call = f"from tests.perf.scale import told; told({str(folder)!r}, {kind!r}, {str(images)!r}, {jobs})"
            subprocess.run([sys.executable, "-c", call], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
