"""The training loop: it goes on where it was, it learns, it stops early."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.training import checkpoint
from benchmark.neural.training.crops import Crops
from benchmark.neural.training.train import train
from benchmark.system.progress import Progress
from tests.conftest import photo
from tests.neural.training.runs import rows, run
from tests.tiny import TinyRecipe

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_a_resumed_training_is_one_without_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Order, crops, optimiser, moving average and logs go on as they would have; the card tells all."""
    options = {"average": "0.9", "downscale": "0.5", "block": "32", "steps": "3", "epochs": "3", "warmup_steps": "2"}
    whole = run(tmp_path / "whole", options)
    assert whole["points"][0]["training_steps"] == 9

    drawn = Crops.__call__
    calls = []

    def interrupt(self: Crops, *arguments: Any) -> dict[str, Any]:
        calls.append(1)
        if len(calls) == 6:
            os.kill(os.getpid(), signal.SIGTERM)
        return drawn(self, *arguments)

    monkeypatch.setattr(Crops, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "halves", options)
    state, _ = checkpoint.load(tmp_path / "halves" / "training" / "checkpoint.npz")
    assert 1 < state.step < 9
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, "the handlers are those of before"
    monkeypatch.undo()
    skipped: list[int] = []
    monkeypatch.setattr(Progress, "skip", lambda _, amount, what: skipped.append(amount))
    halves = run(tmp_path / "halves", options)
    assert skipped == [state.step // 3, 0], "what was trained before counts for no rate and no time left"
    assert halves["points"][0]["training_steps"] == 9
    assert halves["points"][0]["validation"] == whole["points"][0]["validation"]
    (first, one), (second, other) = (
        checkpoint.load(tmp_path / name / "training" / "checkpoint.npz") for name in ("whole", "halves")
    )
    for group in one:
        assert all(np.array_equal(*pair) for pair in zip(one[group], other[group], strict=True)), group
    for key in ("step", "learning_rate", "val_loss"):
        assert [row[key] for row in first.log] == [row[key] for row in second.log]
    for name in ("device", "backend", "precision"):
        assert halves[name] == halves["trained_on"][0][name]
    assert "CPU" in halves["device"]


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_optimisers_learn(tmp_path: Path, optimiser: str) -> None:
    run(tmp_path, {"optimiser": optimiser, "steps": "20", "schedule": "constant"})
    log = rows(tmp_path, "log.csv")
    assert float(log[-1]["loss"]) < 0.7 * float(log[0]["loss"])


def test_early_stopping_takes_the_best_weights_and_plateaus_halve_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = TinyRecipe({"schedule": "plateau", "epochs": "40", "steps": "2", "learning_rate": "0.9"})
    monkeypatch.setattr(recipe, "patience", 7)
    train(recipe, [photo(128, 128)[np.newaxis]], data="d", out=tmp_path, seed=1, precision="float32", command="c")
    log = rows(tmp_path, "log.csv")
    losses = [float(row["val_loss"]) for row in log]
    assert len(log) < 40
    assert len(log) - 1 - int(np.argmin(losses)) == 7
    assert float(log[-1]["learning_rate"]) <= 0.45
    state, arrays = checkpoint.load(tmp_path / "training" / "checkpoint.npz")
    assert state.stopped
    assert any(not np.array_equal(*pair) for pair in zip(arrays["best"], arrays["model"], strict=False))


def test_a_loss_that_is_no_number_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no longer a number at step"):
        run(tmp_path, {"learning_rate": "1e38", "steps": "4"})
    assert not (tmp_path / "training" / "checkpoint.npz").exists()
