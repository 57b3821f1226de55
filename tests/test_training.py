"""The training loop that learned codecs share: batches, learning rates, the lock; and crops of photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from benchmark.errors import UsageError
from benchmark.neural import training
from benchmark.neural.crops import blocks, random_crops
from benchmark.neural.levels import LevelRecipe
from tests.conftest import Run, photo

pytest.importorskip("keras", reason="needs the neural extra")


def test_cyclical_rate_is_a_triangle_that_shrinks() -> None:
    """Smith (2017), ``exp_range``, with the constants of Ramos (2019): five times the base, γ = 0.99994."""
    rate = training.cyclical_rate(1e-4, half_cycle=1000)
    values = [float(rate(step)) for step in (0, 500, 1000, 2000, 3000)]
    heights = [0, 2 * 0.99994**500, 4 * 0.99994**1000, 0, 4 * 0.99994**3000]
    assert np.allclose(values, [1e-4 * (1 + height) for height in heights], rtol=1e-4)


@pytest.mark.parametrize("schedule", training.SCHEDULES)
def test_schedules_start_at_the_rate_or_rise_from_it(schedule: str) -> None:
    stage = training.Stage(1, 10, 1e-3, None)
    rate = training._learning_rate(schedule, stage, batches=100)
    at = (lambda step: rate) if isinstance(rate, float) else (lambda step: float(rate(step)))
    assert at(0) == pytest.approx(1e-3)
    middle = {"constant": 1e-3, "plateau": 1e-3, "cosine": 0.505e-3, "cyclical": 1e-3 * (1 + 3 * 0.99994**500)}
    assert at(500) == pytest.approx(middle[schedule], rel=1e-3)


class _Recipe(LevelRecipe):
    codec = "rnn"

    def __init__(self, steps: int | None = None) -> None:
        super().__init__({"batch_size": "4"})
        self.epoch_steps = steps

    def batch(self, rows: training.Examples, rng: np.random.Generator) -> training.Examples:
        return {**rows, "drawn": rng.random(len(rows["x"]))}

    def build(self) -> object:
        raise NotImplementedError

    def describe(self) -> dict[str, object]:
        raise NotImplementedError


def test_an_epoch_visits_every_example_in_an_order_of_its_own() -> None:
    examples = {"x": np.arange(18)}
    batches = training._batches(_Recipe(), examples, seed=3, training=True)
    assert len(batches) == 4, "the batch that would not be full is left out"
    first = np.concatenate([batches[index][0]["x"] for index in range(4)])
    assert len(set(first)) == 16
    batches.epoch = 1
    second = np.concatenate([batches[index][0]["x"] for index in range(4)])
    assert list(first) != list(second)
    resumed = training._batches(_Recipe(), examples, seed=3, training=True)
    resumed.epoch = 1
    for index in range(4):
        for key in ("x", "drawn"):
            assert np.array_equal(resumed[index][0][key], batches[index][0][key]), "a resumed training draws the same"


def test_epochs_of_so_many_steps_and_validation() -> None:
    recipe = _Recipe(steps=7)
    assert len(training._batches(recipe, {"x": np.arange(18)}, seed=3, training=True)) == 7
    held = training._batches(recipe, {"x": np.arange(18)}, seed=3, training=False)
    seen = [held[index][0] for index in range(len(held))]
    assert list(np.concatenate([part["x"] for part in seen])) == list(range(18)), "all of them, in order"
    assert np.array_equal(seen[0]["drawn"], held[0][0]["drawn"]), "always the same crops"


def test_blocks_and_crops() -> None:
    whole = photo(150, 200)
    found = blocks([whole[np.newaxis]], 32)
    assert found.shape == (2 * 3, 64, 64, 3)
    assert np.array_equal(found[1], whole[:64, 64:128])
    assert len(blocks([whole[np.newaxis]] * 5, 32, limit=7)) == 7
    patches = np.stack([photo(32, 32, 3, seed) for seed in range(3)])
    assert np.array_equal(blocks([patches], 32), patches)

    crops = random_crops(found, 32, np.random.default_rng(1))["image"]
    assert crops.shape == (6, 32, 32, 3)
    views = np.lib.stride_tricks.sliding_window_view(found[0], (32, 32, 3))[:, :, 0]
    assert any(np.array_equal(candidate, view) for candidate in (crops[0], crops[0][:, ::-1])
               for view in views.reshape(-1, 32, 32, 3))
    for images, complaint in (([photo(20, 20)[np.newaxis]], "64×64"), ([photo(90, 90, 1)[np.newaxis]], "grey")):
        with pytest.raises(UsageError, match=complaint):
            blocks(images, 32)


def test_two_trainings_never_share_a_folder(rdbench: Run, tmp_path: Path) -> None:
    folder = tmp_path / "weights" / "rnn" / "mine"
    (folder / "training").mkdir(parents=True)
    with FileLock(folder / "training" / "lock"):
        done = rdbench("train", "rnn", "--dataset", "sample", "--name", "mine", check=False)
    assert done.returncode == 2
    assert "trained by another process" in done.stderr
