"""The training loop that all learned codecs share: stages, checkpoints and resume, early stopping, logs, model card."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.environment import commit, processor
from benchmark.errors import UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.weights import Storage
from benchmark.progress import Progress

Examples = dict[str, npt.NDArray[Any]]
"""Arrays by name, each with one row an example."""

SCHEDULES = ("constant", "cosine", "plateau", "cyclical")


@dataclass(frozen=True)
class Stage:
    """One operating point to train; it starts from the weights of the stage before.

    Attributes:
        quality: its number, 1 for the lowest rate.
        epochs: at most; early stopping may end it before.
        learning_rate: at its start.
        trade_off: λ of the rate–distortion objective; None for another objective.
    """

    quality: int
    epochs: int
    learning_rate: float
    trade_off: float | None


class Recipe(ABC):
    """How a learned codec is trained: all that the loop has to be told."""

    codec: ClassVar[str]
    batch_size: int = 128
    patience: int | None = 6
    """Epochs without a better validation loss after which a stage ends, at its best weights; None runs all epochs."""
    schedule: str = "cosine"
    """Of the learning rate: ``constant``; ``cosine``, a half cosine down to 1 % over a stage; ``plateau``, halved after
    5 epochs without a better validation loss; ``cyclical``, see :func:`cyclical_rate`."""
    clip_norm: float | None = None
    """Largest norm of the gradient; None leaves it alone."""
    epoch_steps: int | None = None
    """Batches of an epoch, drawn at random; None goes through all examples once."""
    validation_share: float = 1 / 12
    storage: Storage = "int8"
    """Of the network's kernels in the file."""

    @abstractmethod
    def stages(self) -> Sequence[Stage]:
        """Stages in the order in which they are trained."""

    @abstractmethod
    def examples(self, images: Iterable[Batch], rng: np.random.Generator) -> Examples:
        """Arrays to train on, each with one row an example, cut from images."""

    def batch(self, rows: Examples, rng: np.random.Generator) -> Examples:
        """What the network sees of a batch of examples: by default the rows themselves; or random crops of them.

        Args:
            rows: of the examples, in a random order while training.
            rng: seeded by epoch and batch; for validation always the same.
        """
        return rows

    @abstractmethod
    def network(self) -> Any:
        """The network itself, a Keras model, as it will be saved."""

    @abstractmethod
    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        """A Keras model around the network whose ``compute_loss`` is the objective."""

    @abstractmethod
    def finish(self, network: Any, stage: Stage, train: Examples, held_out: Examples, folder: Path) -> list[Any]:
        """Writes a trained stage's files and returns its points for the card, with the figures that they reach.

        A stage that only prepares the next has none.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What the card says of the architecture and the objective."""


def train(
    recipe: Recipe, images: Iterable[Batch], *, data: str, out: Path, seed: int, precision: str, command: str
) -> Path:
    """Trains every stage that is not yet done, and writes the model card.

    An interrupted training, started again with the same arguments, goes on from its last whole epoch.

    Args:
        recipe: of the codec.
        images: batches of training images.
        data: how the data were named, for the card.
        out: folder of the set of weights.
        seed: of initial weights, order, noise and tiles.
        precision: ``float32``, ``mixed_bfloat16`` or ``mixed_float16``.
        command: what the user typed, for the card.

    Returns:
        Path of the model card.

    Raises:
        MissingBackend: Keras or its backend is not installed.
        UsageError: the folder holds a training with other arguments, or one that is running.
    """
    from filelock import FileLock, Timeout  # of the neural extra, which codecs are listed without

    scratch = out / "training"
    scratch.mkdir(parents=True, exist_ok=True)
    lock = FileLock(scratch / "lock")  # a killed process lets go of it
    try:
        with lock.acquire(blocking=False):
            return _train(recipe, images, data, out, scratch, seed, precision, command)
    except Timeout as error:
        raise UsageError(f"{out} is being trained by another process; give another --out, or wait for it") from error


def _train(
    recipe: Recipe, images: Iterable[Batch], data: str, out: Path, scratch: Path, seed: int, precision: str,
    command: str,
) -> Path:
    keras = load_keras()
    plan = {"data": data, "seed": seed, "precision": precision, "recipe": recipe.describe()}
    _same_plan(scratch / "plan.json", plan)

    at_commit = commit()

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    everything = recipe.examples(images, rng)
    size = len(next(iter(everything.values())))
    order = rng.permutation(size)
    held = round(size * recipe.validation_share)
    held_out = {key: values[order[:held]] for key, values in everything.items()}
    examples = {key: values[order[held:]] for key, values in everything.items()}

    keras.mixed_precision.set_global_policy(precision)
    network = recipe.network()
    keras.mixed_precision.set_global_policy("float32")
    stages = recipe.stages()
    points: list[Any] = []
    effort: Counter[str] = Counter()
    with Progress(sum(stage.epochs for stage in stages), "epochs") as progress:
        for stage in stages:
            done = scratch / f"q{stage.quality}.json"
            weights = scratch / f"q{stage.quality}.weights.h5"
            if done.exists():
                network.load_weights(weights)
                progress.advance(stage.epochs, f"quality {stage.quality}: trained before")
            else:
                steps, seconds = _fit(
                    recipe, network, stage, examples=examples, held_out=held_out, scratch=scratch, seed=seed,
                    progress=progress,
                )
                network.save_weights(weights)
                _write(done, {"training_steps": steps, "training_seconds": round(seconds, 1)})
            effort.update(json.loads(done.read_text(encoding="utf-8")))
            finished = recipe.finish(network, stage, examples, held_out, out)
            spent = {name: round(value, 1) for name, value in effort.items()}
            points += [point | spent for point in finished]
            if finished:  # else the stage was a preparation for the next, which its effort counts to
                effort.clear()
    card = out / "card.json"
    _write(card, {
        "codec": recipe.codec,
        "data": data,
        "examples": {"training": size - held, "validation": held, "digest": _digest(everything)},
        **recipe.describe(),
        "seed": seed,
        "batch_size": recipe.batch_size,
        "precision": precision,
        "storage": recipe.storage,
        "device": f"CPU, {os.cpu_count()} cores, {processor()}",
        "threads": int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1),
        "versions": {name: version(name) for name in ("keras", keras.config.backend(), "numpy", "constriction")},
        "backend": keras.config.backend(),
        "training_seconds": round(sum({p["stem"]: p["training_seconds"] for p in points}.values()), 1),
        "commit": at_commit,
        "command": command,
        "points": sorted(points, key=lambda point: int(point["quality"])),
    })
    return card


def _fit(
    recipe: Recipe, network: Any, stage: Stage, *, examples: Examples, held_out: Examples, scratch: Path, seed: int,
    progress: Progress,
) -> tuple[int, float]:
    """Trains one stage; returns optimiser steps and seconds."""
    keras = load_keras()
    batches = _batches(recipe, examples, seed + stage.quality, training=True)
    rate = _learning_rate(recipe.schedule, stage, len(batches))
    trainer = recipe.trainer(network, stage, seed + stage.quality)
    trainer.compile(
        optimizer=keras.optimizers.Adam(rate, global_clipnorm=recipe.clip_norm),
        jit_compile=keras.config.backend() == "jax",
    )
    trainer(batches[0][0])  # builds it, as the checkpoint callback demands
    log = scratch / f"q{stage.quality}.csv"

    class Report(keras.callbacks.Callback):  # type: ignore[misc, name-defined]  # Keras ships no types
        epochs = 0
        start = 0.0

        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self.start = time.monotonic()
            batches.epoch = epoch  # so that a resumed training draws what it would have drawn

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            if logs is not None:
                logs["seconds"] = time.monotonic() - self.start  # for the log, which outlives an interruption
            held = {name: value for name, value in (logs or {}).items() if name.startswith("val_")}
            figures = ", ".join(f"{name} {value:.4g}" for name, value in held.items())
            progress.advance(epoch + 1 - self.epochs, f"quality {stage.quality}, epoch {epoch + 1}: {figures}")
            self.epochs = epoch + 1

    report = Report()
    callbacks = [
        report,
        keras.callbacks.CSVLogger(log, append=True),
        keras.callbacks.BackupAndRestore(scratch / f"q{stage.quality}-checkpoint", delete_checkpoint=True),
    ]
    if recipe.patience is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping("val_loss", patience=recipe.patience, restore_best_weights=True)
        )
    if recipe.schedule == "plateau":
        callbacks.append(keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=5))
    trainer.fit(
        batches, epochs=stage.epochs, shuffle=False, verbose=0, callbacks=callbacks,
        validation_data=_batches(recipe, held_out, seed, training=False),
    )
    progress.advance(stage.epochs - report.epochs, f"quality {stage.quality}: done")
    with log.open(encoding="utf-8", newline="") as lines:
        seconds = sum(float(row["seconds"]) for row in csv.DictReader(lines))
    return report.epochs * len(batches), seconds


def _batches(recipe: Recipe, examples: Examples, seed: int, *, training: bool) -> Any:
    """Batches as Keras reads them: shuffled anew each epoch for training, always the same for validation."""
    keras = load_keras()
    size = len(next(iter(examples.values())))
    @lru_cache(maxsize=1)
    def order(epoch: int) -> npt.NDArray[np.int64]:
        return np.random.default_rng((seed, epoch)).permutation(size)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc, name-defined]  # Keras ships no types
        epoch = 0

        def __len__(self) -> int:
            # A last batch that is not full would be compiled for anew: training leaves it to another epoch's shuffle.
            whole = max(1, size // recipe.batch_size)
            return (recipe.epoch_steps or whole) if training else -(-size // recipe.batch_size)

        def __getitem__(self, index: int) -> tuple[Examples]:
            places = np.arange(index * recipe.batch_size, (index + 1) * recipe.batch_size)
            if training:
                chosen = order(self.epoch)[places % size]
                rng = np.random.default_rng((seed, self.epoch, index))
            else:
                chosen = places[places < size]
                rng = np.random.default_rng((seed, index))
            return (recipe.batch({key: values[chosen] for key, values in examples.items()}, rng),)

    return Batches(workers=1)


def _learning_rate(schedule: str, stage: Stage, batches: int) -> Any:
    keras = load_keras()
    if schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(stage.learning_rate, stage.epochs * batches, alpha=0.01)
    if schedule == "cyclical":
        return cyclical_rate(stage.learning_rate, half_cycle=4 * batches)
    return stage.learning_rate


def cyclical_rate(base: float, *, half_cycle: int, highest: float = 5.0, decay: float = 0.99994) -> Any:
    """The cyclical learning rate of Smith (2017), policy ``exp_range``, with the constants of Ramos (2019).

    The rate goes up and down in a straight line between ``base`` and a peak that shrinks by ``decay`` with each step.

    Args:
        base: lowest rate.
        half_cycle: steps from lowest to highest; Smith advises 2 to 10 epochs.
        highest: the first peak, as a multiple of the base.
        decay: γ.

    Returns:
        A learning-rate schedule of Keras.
    """
    keras = load_keras()
    ops = keras.ops

    class CyclicalRate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]
        def __call__(self, step: Any) -> Any:
            step = ops.cast(step, "float32")
            place = ops.mod(step / half_cycle, 2.0)
            height = 1 - ops.abs(place - 1)
            return base * (1 + (highest - 1) * height * ops.power(decay, step))

        def get_config(self) -> dict[str, Any]:
            return {}

    return CyclicalRate()


def _same_plan(path: Path, plan: dict[str, Any]) -> None:
    text = json.dumps(plan, indent=2, sort_keys=True)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UsageError(
            f"{path.parent} holds a training with other arguments (compare {path}); "
            "give another --out, or delete that folder to start over"
        )
    path.write_text(text, encoding="utf-8")


def _write(path: Path, content: Any) -> None:
    """Writes JSON whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def _digest(examples: Examples) -> str:
    digest = hashlib.sha256()
    for key in sorted(examples):
        digest.update(np.ascontiguousarray(examples[key]).data)
    return digest.hexdigest()
