"""The loop of one training stage: steps, learning rate, validation, early stopping, held-out points, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.training import checkpoint
from benchmark.neural.training.checkpoint import Arrays, State
from benchmark.neural.training.pace import Pace, Stop, stop_on_signals
from benchmark.neural.training.recipe import Examples, Recipe, Source, Stage
from benchmark.neural.training.schedules import PLATEAU, rate_factor
from benchmark.neural.training.stepper import Stepper
from benchmark.neural.training.watch import write_log, write_points
from benchmark.system.progress import Progress

_TIMED = 4
"""Steps at the start of a run that are timed one by one."""


class StageLoop:
    """Trains one stage, or goes on with it.

    Args:
        recipe: the recipe of the codec.
        network: the Keras model that is trained.
        stage: the stage of the recipe.
        examples: the examples to train on.
        held_out: the examples to validate on.
        seed: the seed of order, crops and noise.
        end: when the stage ends, in seconds of training; None goes by epochs.
        pace: how often checkpoints and measurements are made.
        state: the state of the training; its ``stage`` is this one.
        arrays: the arrays of the checkpoint, see :data:`checkpoint.Arrays`; empty ``model`` where the stage begins.
        folder: the folder of checkpoint and logs.
        device: what trains, for the state: ``device``, ``backend`` and ``precision``.
        progress: counts epochs, or seconds under a time limit.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: Any,
        stage: Stage,
        *,
        examples: Examples,
        held_out: Examples,
        seed: int,
        end: float | None,
        pace: Pace,
        state: State,
        arrays: Arrays,
        folder: Path,
        device: dict[str, str],
        progress: Progress,
    ) -> None:
        self.recipe, self.network, self.stage, self.seed = recipe, network, stage, seed
        self.examples, self.held_out, self.end, self.pace = examples, held_out, end, pace
        self.state, self.arrays = state, arrays
        self.folder, self.device, self.progress = folder, device, progress
        self.size, self.held_size = (len(next(iter(rows.values()))) for rows in (examples, held_out))
        # A last batch that is not full would be compiled for anew: training leaves it to another epoch's shuffle.
        self.epoch_steps = recipe.epoch_steps or max(1, self.size // recipe.batch_size)
        self.patience = recipe.patience if end is None else None
        self.advanced = 0
        self._measured = -1
        self._order = (-1, np.empty(0, np.int64))

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to train."""
        if self.end is not None:
            return self.state.seconds >= self.end
        return self.state.stopped or self.state.step >= self.stage.epochs * self.epoch_steps

    def run(self) -> None:
        """Trains to the end; the network then has the weights that are to be shipped.

        Raises:
            KeyboardInterrupt: somebody asked to stop; the checkpoint is written.
            UsageError: the loss is no longer a number, or the checkpoint is of another network.
        """
        self._build()
        if self.state.log:  # of a checkpoint that was carried here
            write_log(self.folder, self.state)
        if self.state.points:
            write_points(self.folder, self.state)
        if before := self._done():
            self.progress.skip(before, f"quality {self.stage.quality}: trained before")
            self.advanced = before
        if not self.ended:
            with stop_on_signals() as stop:
                self._train(stop)
        if "best" in self.arrays:
            self.network.set_weights(self.arrays["best"])
        else:
            self.stepper.take_average()

    def _build(self) -> None:
        keras = load_keras()
        trainer = self.trainer = self.recipe.trainer(self.network, self.stage, self.seed + self.stage.quality)
        optimiser = {
            "adam": keras.optimizers.Adam,
            "adamw": keras.optimizers.AdamW,
            "muon": keras.optimizers.Muon,
        }[self.recipe.optimiser](
            self.stage.learning_rate,
            global_clipnorm=self.recipe.clip_norm,
            use_ema=self.recipe.average > 0,
            ema_momentum=self.recipe.average,
        )
        trainer.compile(optimizer=optimiser, jit_compile=keras.config.backend() == "jax")
        optimiser.build(trainer.trainable_variables)
        if self.arrays.get("model"):
            checkpoint.assign(trainer.variables, self.arrays["model"], "network")
            checkpoint.assign(optimiser.variables, self.arrays["optimiser"], "optimiser")
        # After the checkpoint: what a stage is trained on may be made by the network as it is now.
        self.recipe.enter(self.stage, self.network, self.examples, self.held_out, self.folder)
        self.source = self.recipe.source(self.examples, training=True)
        self.held_source = self.recipe.source(self.held_out, training=False)
        trainer(next(_batches(self.source, min(self.size, self.recipe.batch_size), self.recipe.batch_size, 0))[1])
        self.stepper = Stepper(trainer)

    def _train(self, stop: Stop) -> None:
        state, pace = self.state, self.pace
        start, before = time.monotonic(), state.seconds
        served = {**self.device, "seconds": 0.0}
        state.devices.append(served)
        saved = measured = state.seconds
        self._logged, self._counted = state.step, 0
        self._busy = 0.0
        self.stepper.forget()
        taken = 0
        while not self.ended and not stop.requested:
            self._step()
            taken += 1
            if taken <= _TIMED:
                self._time_first(taken)
            if taken == 1:
                start = time.monotonic()  # what the compiler takes is no training
            state.seconds = before + time.monotonic() - start
            if state.step % self.epoch_steps == 0:
                self._end_epoch()
            if state.seconds - measured >= pace.evaluate_every:
                self._measure()
                measured = state.seconds
            if state.seconds - saved >= pace.checkpoint_every:
                self._save(served, state.seconds - before)
                saved = state.seconds
        self.stepper.settle()
        # What is measured once a stage has ended is not the next one's time.
        state.seconds = before + time.monotonic() - start
        if not stop.requested:
            if state.step != self._logged:
                self._end_epoch()
            self._measure()
        self._save(served, state.seconds - before)
        if stop.requested:
            raise KeyboardInterrupt

    def _step(self) -> None:
        state, recipe = self.state, self.recipe
        epoch, index = divmod(state.step, self.epoch_steps)
        seed = self.seed + self.stage.quality
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng((seed, epoch)).permutation(self.size))
        places = np.arange(index * recipe.batch_size, (index + 1) * recipe.batch_size)
        began = time.monotonic()
        # Seeded by the step, so that a resumed training draws what it would have drawn.
        inputs = self.source(self._order[1][places % self.size], np.random.default_rng((seed, epoch, index)))
        self.rate = (
            self.stage.learning_rate
            * state.factor
            * rate_factor(
                recipe.schedule,
                progress=self._share(),
                step=state.step,
                epoch_steps=self.epoch_steps,
                warmup_steps=recipe.warmup_steps,
            )
        )
        self.stepper.step(inputs, self.rate)
        self.pixels = next((int(np.prod(value.shape[1:3])) for value in inputs.values() if len(value.shape) == 4), 0)
        state.step += 1
        self._counted += 1
        self._busy += time.monotonic() - began

    def _time_first(self, taken: int) -> None:
        """Tells how long the first step took, which compiles, and the three after it."""
        began = time.monotonic()
        self.stepper.settle()
        self._busy += time.monotonic() - began
        if taken == 1:
            self.progress.note(f"the first step took {self._busy:.1f} s; it compiles")
            self._busy, self._counted = 0.0, 0  # throughput is that of the others
        elif taken == _TIMED:
            self.progress.note(f"the next {self._counted} steps took {1000 * self._busy / self._counted:.3g} ms each")

    def _share(self) -> float:
        """How much of the stage's time or steps is used."""
        state = self.state
        if self.end is None:
            return state.step / (self.stage.epochs * self.epoch_steps)
        return (state.seconds - state.began) / max(self.end - state.began, 1e-9)

    def _done(self) -> int:
        """How much of the stage is done, in what the progress counts: epochs, or seconds under a time limit."""
        if self.end is None:
            return self.state.step // self.epoch_steps
        return int(min(self.state.seconds, self.end) - self.state.began)

    def _end_epoch(self) -> None:
        """Validates, tells the log, and draws conclusions."""
        state = self.state
        self._logged = state.step
        began = time.monotonic()
        figures = self._finite_figures()
        self._busy += time.monotonic() - began
        pace = self._counted / self._busy if self._counted else math.nan
        self.stepper.forget()
        with self.stepper.averaged():
            held = self._validate()
            better = state.best is None or held["loss"] < state.best
            if better and self.patience is not None:
                self.arrays["best"] = checkpoint.values(self.network.weights)
        epoch = -(-state.step // self.epoch_steps)
        row = {
            "quality": self.stage.quality,
            "epoch": epoch,
            "step": state.step,
            "seconds": round(state.seconds, 1),
            "learning_rate": self.rate,
            "steps_per_second": pace,
            "examples_per_second": pace * self.recipe.batch_size,
            **({"pixels_per_second": pace * self.recipe.batch_size * self.pixels} if self.pixels else {}),
            **figures,
            **{f"val_{name}": value for name, value in held.items()},
        }
        state.log.append({name: _short(value) for name, value in row.items()})
        write_log(self.folder, state)
        state.best = held["loss"] if better else state.best
        state.since_best = 0 if better else state.since_best + 1
        state.since_change = 0 if better else state.since_change + 1
        if self.recipe.schedule == "plateau" and state.since_change >= PLATEAU:
            state.factor, state.since_change = state.factor / 2, 0
        if self.patience is not None and state.since_best >= self.patience:
            state.stopped = True
        self._busy, self._counted = 0.0, 0
        told = ", ".join(f"val_{name} {value:.4g}" for name, value in held.items())
        done = self._done()
        self.progress.advance(
            done - self.advanced, f"quality {self.stage.quality}, epoch {epoch}, {pace:.3g} steps/s: {told}"
        )
        self.advanced = done

    def _finite_figures(self) -> dict[str, float]:
        figures = self.stepper.figures()
        if not math.isfinite(figures["loss"]):
            raise UsageError(
                f"the loss is no longer a number at step {self.state.step}; start again with a lower learning_rate or "
                f"more warmup_steps, in a new folder (the last checkpoint is {self.folder / 'checkpoint.npz'})"
            )
        return figures

    def _validate(self) -> dict[str, float]:
        """Means of loss and metrics over the held-out examples, of which each batch always gives the same crops."""
        sums: dict[str, float] = {}
        for count, inputs in _batches(self.held_source, self.held_size, self.recipe.batch_size, self.seed):
            for name, value in self.trainer.test_on_batch(inputs, return_dict=True).items():
                sums[name] = sums.get(name, 0.0) + count * float(value)
        self.trainer.reset_metrics()
        return {name: value / self.held_size for name, value in sums.items()}

    def _measure(self) -> None:
        """Measures held-out points, and writes them down."""
        if self._measured == self.state.step:
            return
        self._measured = self.state.step
        with self.stepper.averaged():
            found = self.recipe.held_out_points(self.network, self.stage, self.held_out)
        for level, point in enumerate(found, start=1):
            self.state.points.append(
                {
                    "quality": self.stage.quality,
                    "step": self.state.step,
                    "seconds": round(self.state.seconds, 1),
                    "level": level,
                    **{name: round(float(value), 4) for name, value in point.items()},
                }
            )
        if found:
            write_points(self.folder, self.state)
            text = " ".join(f"{point['bpp']:.3f}→{point['psnr']:.2f}" for point in found)
            self.progress.note(f"{self.state.seconds:.0f} s, step {self.state.step}, held out, bpp→dB: {text}")

    def _save(self, served: dict[str, Any], seconds: float) -> None:
        self._finite_figures()
        served["seconds"] = round(seconds, 1)
        self.arrays["model"] = checkpoint.values(self.trainer.variables)
        self.arrays["optimiser"] = checkpoint.values(self.trainer.optimizer.variables)
        checkpoint.save(self.folder / "checkpoint.npz", self.state, self.arrays)


def _batches(source: Source, size: int, batch_size: int, seed: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Examples in their order, batch by batch, always the same: how many, and what the network sees of them."""
    for index, start in enumerate(range(0, size, batch_size)):
        places: npt.NDArray[np.int64] = np.arange(start, min(start + batch_size, size))
        yield len(places), source(places, np.random.default_rng((seed, index)))


def _short(value: float) -> float:
    """Six digits: a log is read by people."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
