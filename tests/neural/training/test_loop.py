"""The training loop that learned codecs share: schedules, limits of time, checkpoints, averages and crops."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from benchmark.cli.main import main
from benchmark.errors import UsageError
from benchmark.neural.training import checkpoint
from benchmark.neural.training.crops import Crops, blocks
from benchmark.neural.training.pace import Pace
from benchmark.neural.training.schedules import SCHEDULES, cyclical, rate_factor
from benchmark.neural.training.train import train
from tests.conftest import ROOT, Run, photo
from tests.tiny import TinyRecipe

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_cyclical_rate_is_a_triangle_that_shrinks() -> None:
    """Smith (2017), ``exp_range``, with the constants of Ramos (2019): five times the base, γ = 0.99994."""
    values = [cyclical(step, half_cycle=1000) for step in (0, 500, 1000, 2000, 3000)]
    heights = [0, 2 * 0.99994**500, 4 * 0.99994**1000, 0, 4 * 0.99994**3000]
    assert np.allclose(values, [1 + height for height in heights])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_start_at_the_rate_or_rise_from_it(schedule: str) -> None:
    def at(step: int, warmup: int = 0) -> float:
        return rate_factor(schedule, progress=step / 1000, step=step, epoch_steps=100, warmup_steps=warmup)

    assert at(0) == pytest.approx(1)
    assert at(0, warmup=20) == pytest.approx(0.05)
    assert at(19, warmup=20) == pytest.approx(at(19))
    middle = {"constant": 1, "plateau": 1, "cosine": 0.505, "cyclical": 1 + 3 * 0.99994**500}
    assert at(500) == pytest.approx(middle[schedule], rel=1e-3)


def run(folder: Path, options: dict[str, str] | None = None, **keywords: Any) -> dict[str, Any]:
    """Trains the tiny network on a photograph of sixteen blocks; returns its card."""
    images = [photo(128, 128, 3, 1)[np.newaxis]]
    card = train(
        TinyRecipe(options or {}),
        images,
        data="photo",
        out=folder,
        seed=1,
        precision="float32",
        command="test",
        **keywords,
    )
    found: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
    return found


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "training" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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
    halves = run(tmp_path / "halves", options)
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


def test_time_limits_a_training_which_more_time_continues(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("backend", [name for name in ("jax", "torch") if find_spec(name)])
def test_another_backend_goes_on_from_a_checkpoint_that_was_carried(backend: str, tmp_path: Path) -> None:
    options = {"optimiser": "muon", "average": "0.5", "downscale": "0.5"}
    run(tmp_path / "here", options)
    carried = tmp_path / "carried.npz"
    (tmp_path / "here" / "training" / "checkpoint.npz").rename(carried)
    program = (
        "from pathlib import Path; from tests.neural.training.test_loop import run; import sys, json\n"
        f"card = run(Path(sys.argv[1]), {options | {'epochs': '4'}!r}, resume=Path(sys.argv[2]), device='cpu')\n"
        "print(json.dumps(card))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "there", carried],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    card = json.loads(done.stdout.splitlines()[-1])
    assert card["points"][0]["training_steps"] == 12
    assert [entry["backend"] for entry in card["trained_on"]] == ["tensorflow", backend]
    log = rows(tmp_path / "there", "log.csv")
    assert [row["step"] for row in log] == ["3", "6", "9", "12"]
    assert float(log[-1]["val_loss"]) < float(log[1]["val_loss"]), "it learns on"


def test_checkpoints_that_do_not_fit_are_explained(tmp_path: Path) -> None:
    run(tmp_path / "a")
    good = tmp_path / "a" / "training" / "checkpoint.npz"
    torn = tmp_path / "torn.npz"
    torn.write_bytes(good.read_bytes()[:1000])
    for path, options, complaint in (
        (torn, {}, "expected a checkpoint"),
        (tmp_path / "none.npz", {}, "cannot be read"),
        (good, {"average": "0.9"}, "of another optimiser"),
    ):
        with pytest.raises(UsageError, match=complaint):
            run(tmp_path / "b", {**options, "epochs": "3"}, resume=path)
        (tmp_path / "b" / "training" / "plan.json").unlink(missing_ok=True)


def test_a_device_that_is_not_there_is_explained(tmp_path: Path) -> None:
    for device, complaint in (("gpu:7", "finds no such GPU"), ("tpu", "expected cpu, gpu or gpu:N")):
        with pytest.raises(UsageError, match=complaint):
            run(tmp_path, device=device)


def test_blocks() -> None:
    whole = photo(150, 200)
    found = blocks([whole[np.newaxis]], 32, 64)
    assert found.shape == (2 * 3, 64, 64, 3)
    assert np.array_equal(found[1], whole[:64, 64:128])
    assert len(blocks([whole[np.newaxis]] * 5, 32, 64, limit=7)) == 7
    patches = np.stack([photo(32, 32, 3, seed) for seed in range(3)])
    assert np.array_equal(blocks([patches], 32, 64), patches)
    for images, complaint in (([photo(20, 20)[np.newaxis]], "64×64"), ([photo(90, 90, 1)[np.newaxis]], "grey")):
        with pytest.raises(UsageError, match=complaint):
            blocks(images, 32, 64)


def views(block: np.ndarray[Any, Any], side: int) -> set[bytes]:
    """All crops of a block, and their mirror images."""
    places = range(block.shape[0] - side + 1)
    crops = [block[y : y + side, x : x + side] for y in places for x in places]
    return {crop.tobytes() for crop in crops} | {crop[:, ::-1].tobytes() for crop in crops}


def test_crops_are_cut_and_mirrored_on_the_device() -> None:
    stack = np.stack([photo(24, 24, 3, seed) for seed in range(3)])
    chosen = np.array([2, 0, 1, 1] * 20)
    found = np.asarray(Crops(stack, 16)(chosen, np.random.default_rng(1))["image"])
    assert found.shape == (80, 16, 16, 3)
    assert found.dtype == np.uint8
    allowed = [views(block, 16) for block in stack]
    assert all(crop.tobytes() in allowed[index] for crop, index in zip(found, chosen, strict=True))
    assert len({crop.tobytes() for crop in found}) > 60
    again = np.asarray(Crops(stack, 16)(chosen, np.random.default_rng(1))["image"])
    assert np.array_equal(found, again)
    whole = np.asarray(Crops(stack, 24)(np.arange(3), np.random.default_rng(2))["image"])
    assert all(crop.tobytes() in views(block, 24) for crop, block in zip(whole, stack, strict=True))


def test_smaller_crops_show_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """At factor 1 pixels are those of the block; at 1/2 they are those that Pillow's triangle gives."""
    from PIL import Image

    stack = photo(64, 64, 3, 5)[np.newaxis]
    crops = Crops(stack, 32, 0.5)

    class Draws:
        def __init__(self, scale: float) -> None:
            self.scale = scale

        def uniform(self, low: float, high: float, count: int) -> Any:
            assert (low, high) == (0.5, 1)
            return np.full(count, self.scale)

        def random(self, count: int) -> Any:
            return np.full(count, 0.75)  # not mirrored

    same = np.asarray(crops(np.zeros(1, np.int64), Draws(1.0))["image"])[0]  # type: ignore[arg-type]
    top = int(0.75 * 33)
    assert np.array_equal(same, stack[0, top : top + 32, top : top + 32])
    half = np.asarray(crops(np.zeros(1, np.int64), Draws(0.5))["image"])[0]  # type: ignore[arg-type]
    expected = np.asarray(Image.fromarray(stack[0]).resize((32, 32), Image.Resampling.BILINEAR))
    assert np.abs(half.astype(int) - expected).max() <= 1
    with pytest.raises(UsageError, match="shows 80 pixels, and blocks have 64×64"):
        Crops(stack, 40, 0.5)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"optimiser": "soap"}, "expected one of adam, adamw, muon"),
        ({"average": "1"}, "below 1"),
        ({"warmup_steps": "-1"}, "whole number"),
        ({"downscale": "2"}, "a factor from 0.1 to 1"),
    ],
)
def test_bad_options_of_the_loop_are_explained(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        TinyRecipe(options)


def test_two_trainings_never_share_a_folder(rdbench: Run, tmp_path: Path) -> None:
    from filelock import FileLock

    folder = tmp_path / "weights" / "rnn" / "mine"
    (folder / "training").mkdir(parents=True)
    with FileLock(folder / "training" / "lock"):
        done = rdbench("train", "rnn", "--dataset", "sample", "--name", "mine", check=False)
    assert done.returncode == 2
    assert "trained by another process" in done.stderr


def test_a_command_with_a_mistake_leaves_no_training_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no weights named 'nope'"):
        run(tmp_path, {"start": "nope"})
    assert not (tmp_path / "training" / "plan.json").exists()
    run(tmp_path, {})
    with pytest.raises(UsageError, match="a training with other arguments"):
        run(tmp_path, {"learning_rate": "1e-4"})


def test_a_last_measurement_is_not_charged_to_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any) -> list[dict[str, float]]:
        time.sleep(5)
        return []

    monkeypatch.setattr(TinyRecipe, "held_out_points", slow)
    assert 0.3 <= run(tmp_path, pace=Pace(limit=0.3, evaluate_every=100))["training_seconds"] < 5


def test_an_interruption_tells_whether_there_is_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmark.neural.training.train.train", interrupted)
    words = ["train", "cvae", "--dataset", "sample", "--out", str(tmp_path)]
    for expected in ("nothing was trained yet", "the checkpoint is written"):
        done = CliRunner().invoke(main, words)
        assert (done.exit_code, expected in done.output) == (130, True)
        (tmp_path / "training").mkdir(exist_ok=True)
        (tmp_path / "training" / "checkpoint.npz").touch()
