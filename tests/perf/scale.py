"""How many rows a second a run makes, and what its own process needs, by the number of small pictures.

python -m tests.perf.scale DIR [COUNT …]

The pictures, 64×64 of the photographs that come with scikit-image, are made in DIR unless they are there. Each line is
a run of its own: JPEG at one quality, PSNR, one worker process and two. The table goes to DIR/scale.csv, too, and
``python -m tests.perf.scale DIR --draw FILE.svg`` draws it.
"""

from __future__ import annotations

import csv
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
from benchmark.run.study import resolve
from benchmark.system.progress import silent
from benchmark.workflows.outputs import run_to_files

COUNTS = (1_000, 3_000, 10_000, 30_000, 100_000)
JOBS = (1, 2)
STYLES = {1: {"color": "#8a4b00", "marker": "s"}, 2: {"color": "#1f5fa8", "marker": "o"}}
SIDE = 64
COLUMNS = ("images", "workers", "seconds", "rows a second", "own processor ms a row", "own MiB")
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


def measure(images: Path, count: int, jobs: int, out: Path) -> list[Any]:
    """A run of so many pictures: the cells of :data:`COLUMNS`."""
    silent.set(True)
    study, _ = resolve(codecs=["jpeg"], metrics=["psnr"], sets=("jpeg.quality=50",), dataset=f"folder:{images}")
    start, busy = time.perf_counter(), time.process_time()
    outcome = run_to_files(study, out=out, data_root=None, jobs=jobs, command="")
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    assert outcome.statuses == {"ok": count}, outcome.statuses
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [count, jobs, round(seconds, 1), round(count / seconds), round(busy * 1000 / count, 2), round(memory)]


def told(folder: str, count: int, jobs: int) -> None:
    """Prints the line of :func:`measure`, and adds it to the table."""
    out = Path(folder) / "run"
    shutil.rmtree(out, ignore_errors=True)
    cells = measure(Path(folder) / f"pictures-{count}", count, jobs, out)
    shutil.rmtree(out)
    with (Path(folder) / "scale.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(cells)
    print("| " + " | ".join(f"{cell:,}" for cell in cells) + " |", flush=True)


def draw(table: Path, path: Path) -> None:
    """Draws rows a second, processor time a row and memory against the number of pictures."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    frame = pd.read_csv(table)
    with mpl.rc_context(
        {"font.size": 9, "svg.hashsalt": "scale", "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure = Figure(figsize=(8.4, 2.7), layout="constrained")
        heads = ("rows a second", "processor time of the run's\nown process, ms a row", "its memory, MiB")
        for axes, column, head in zip(figure.subplots(1, 3), COLUMNS[3:], heads, strict=True):
            for jobs, style in STYLES.items():
                rows = frame[frame["workers"] == jobs].sort_values("images")
                axes.plot(rows["images"], rows[column], label=f"{jobs} worker{'s' * (jobs > 1)}", markersize=4, **style)
            axes.set(xscale="log", title=head, xlabel="pictures", ylim=(0, frame[column].max() * 1.15))
            axes.title.set_fontsize(9)
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axes.minorticks_off()
            axes.grid(alpha=0.3)
        figure.axes[0].legend(frameon=False, loc="lower right")
        figure.savefig(path, metadata={"Date": None})


def main(words: Sequence[str]) -> None:
    """Measures and prints the table, or draws it."""
    folder = Path(words[0])
    if "--draw" in words:
        draw(folder / "scale.csv", Path(words[-1]))
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scale.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    print("| " + " | ".join(COLUMNS) + " |", "|" + " ---: |" * len(COLUMNS), sep="\n")
    for count in [int(word) for word in words[1:]] or COUNTS:
        pictures(folder, count)
        for jobs in JOBS:
            call = f"from tests.perf.scale import told; told({str(folder)!r}, {count}, {jobs})"
            subprocess.run([sys.executable, "-c", call], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
