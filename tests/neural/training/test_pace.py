"""Limits of time."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmark.neural.training.pace import Pace
from tests.neural.training.runs import rows, run
from tests.tiny import TinyRecipe

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_time_limits_a_training_which_more_time_continues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A clock that goes on a little whenever somebody looks: the schedule is the same on a busy machine.
    looks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: 0.005 * next(looks))
    monkeypatch.setattr("benchmark.neural.training.loop.time", clock)
    pace = Pace(limit=2, evaluate_every=1)
    card = run(tmp_path, {"steps": "5"}, pace=pace)
    assert 2 <= card["training_seconds"] < 10
    log, points = rows(tmp_path, "log.csv"), rows(tmp_path, "points.csv")
    assert float(log[-1]["learning_rate"]) < 0.5 * 1e-3, "the cosine fits the time"
    assert {"steps_per_second", "examples_per_second", "pixels_per_second", "loss", "val_loss"} <= set(log[0])
    assert len(points) >= 2
    assert [float(row["bpp"]) for row in points] == [0.5] * len(points)
    assert (tmp_path / "training" / "quality.png").read_bytes().startswith(b"\x89PNG")
    steps = card["points"][0]["training_steps"]

    stamp = (tmp_path / "training" / "checkpoint.npz").stat().st_mtime_ns
    assert run(tmp_path, {"steps": "5"}, pace=pace)["points"][0]["training_steps"] == steps, "its time is up"
    assert (tmp_path / "training" / "checkpoint.npz").stat().st_mtime_ns == stamp
    longer = card["training_seconds"] + 0.5
    more = run(tmp_path, {"steps": "5"}, pace=Pace(limit=longer))
    assert more["points"][0]["training_steps"] > steps
    assert more["training_seconds"] >= longer


def test_a_last_measurement_is_not_charged_to_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any) -> list[dict[str, float]]:
        time.sleep(5)
        return []

    monkeypatch.setattr(TinyRecipe, "held_out_points", slow)
    assert 0.3 <= run(tmp_path, pace=Pace(limit=0.3, evaluate_every=100))["training_seconds"] < 5
