"""What a training tells while it runs: ``log.csv``, ``points.csv`` and a curve of held-out quality, ``quality.png``."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmark.neural.training.checkpoint import State
from benchmark.system.files import replace_file, replacing

_INCHES = (7.0, 4.2)


def write_log(folder: Path, state: State) -> None:
    """``log.csv``: a row for each epoch, with rates, losses and figures of training and validation."""
    _write(folder / "log.csv", state.log)


def write_points(folder: Path, state: State) -> None:
    """``points.csv``: held-out points over time, a row for each level; and ``quality.png``, drawn from them."""
    _write(folder / "points.csv", state.points)
    draw(folder / "quality.png", state.points)


def draw(path: Path, points: Sequence[dict[str, Any]]) -> None:
    """A curve for each level: PSNR of held-out examples over hours, minutes or seconds of training."""
    from matplotlib.figure import Figure

    longest = max(point["seconds"] for point in points)
    unit, seconds = ("hours", 3600) if longest >= 7200 else ("minutes", 60) if longest >= 120 else ("seconds", 1)
    figure = Figure(_INCHES, dpi=150, layout="constrained")
    axes = figure.subplots()
    last = points[-1]["quality"]
    levels = sorted({point["level"] for point in points}, reverse=True)
    colours = [f"C{index}" for index in range(10)]
    for level in levels:
        rows = [point for point in points if point["level"] == level]
        now = rows[-1]
        label = f"{now['bpp']:.3g} bpp: {now['psnr']:.2f} dB" + ("" if now["quality"] == last else " (earlier stage)")
        axes.plot(
            [row["seconds"] / seconds for row in rows],
            [row["psnr"] for row in rows],
            "o-",
            markersize=3,
            color=colours[(level - 1) % len(colours)],
            label=label,
        )
    axes.set(xlabel=f"{unit} of training", ylabel="PSNR of held-out examples (dB)")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small", title="level by level, now", frameon=False)
    with replacing(path) as file:
        figure.savefig(file, format="png")


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Rows with the columns of all of them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replace_file(path, text.getvalue())
