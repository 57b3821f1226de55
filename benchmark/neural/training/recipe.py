"""What the training loop has to be told of a learned codec: its recipe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.errors import UsageError, did_you_mean
from benchmark.neural.weights import Storage

Examples = dict[str, npt.NDArray[Any]]
"""Arrays by name, each with one row an example."""

Source = Callable[[npt.NDArray[np.int64], np.random.Generator], dict[str, Any]]
"""Gives what the network sees of the examples of some numbers: arrays, or tensors that lie on the device."""

OPTIMISERS = ("adam", "adamw", "muon")

LOOP_OPTIONS: Mapping[str, str] = {"optimiser": "adam", "average": "0", "warmup_steps": "0"}
"""Options that all recipes share, and their defaults: one of :data:`OPTIMISERS`; momentum of a moving average of the
weights, which is then what is evaluated and shipped; steps in which the learning rate rises from zero."""


@dataclass(frozen=True)
class Stage:
    """One operating point to train; it starts from the weights of the stage before.

    Attributes:
        quality: its number, 1 for the lowest rate.
        epochs: the most epochs; early stopping may end the stage before. Under a time limit, they give its
            share of the time.
        learning_rate: the learning rate at the start of the stage.
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
    """Of the learning rate, see :mod:`benchmark.neural.training.schedules`."""
    warmup_steps: int = 0
    optimiser: str = "adam"
    average: float = 0.0
    """Momentum of the moving average of the weights; 0 for none."""
    clip_norm: float | None = None
    """Largest norm of the gradient; None leaves it alone."""
    epoch_steps: int | None = None
    """Batches of an epoch, drawn at random; None goes through all examples once."""
    validation_share: float = 1 / 12
    storage: Storage = "int8"
    """Of the network's kernels in the file."""

    options: dict[str, str]
    """Of this training, as texts; see :meth:`take_options`."""

    def take_options(self, given: Mapping[str, str], known: Mapping[str, str]) -> None:
        """Sets :attr:`options`, and takes over those of :data:`LOOP_OPTIONS`.

        Args:
            given: the options that the user gave.
            known: all that there are, and their defaults.

        Raises:
            UsageError: an option that is not known, or a value that makes no sense.
        """
        for name in given:
            if name not in known:
                raise UsageError(f"{self.codec} has no training option {name!r}{did_you_mean(name, sorted(known))}")
        self.options = {**known, **given}
        self.set_loop_options({name: self.options[name] for name in LOOP_OPTIONS})

    def whole(self, name: str, *, least: int = 1, most: int | None = None) -> int:
        """An option's value, once it is a whole number from ``least``, 0 or 1, to ``most``."""
        text = self.options[name]
        if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
            kind = "positive whole number" if least else "whole number"
            limit = "" if most is None else f" of at most {most}"
            raise UsageError(f"{name}: expected a {kind}{limit}, got {text!r}")
        return int(text)

    def number(self, name: str, *, zero: bool = False) -> float:
        """An option's value, once it is a number above zero, or zero where that is allowed."""
        try:
            value = float(self.options[name])
        except ValueError:
            value = -1.0
        if not (0 < value < float("inf") or (zero and value == 0)):
            kind = "number that is not negative" if zero else "positive number"
            raise UsageError(f"{name}: expected a {kind}, got {self.options[name]!r}")
        return value

    def set_loop_options(self, options: Mapping[str, str]) -> None:
        """Takes over those of :data:`LOOP_OPTIONS`, as texts.

        Raises:
            UsageError: a value makes no sense.
        """
        chosen = {**LOOP_OPTIONS, **options}
        if chosen["optimiser"] not in OPTIMISERS:
            raise UsageError(f"optimiser: expected one of {', '.join(OPTIMISERS)}, got {chosen['optimiser']!r}")
        self.optimiser = chosen["optimiser"]
        try:
            self.average = float(chosen["average"])
        except ValueError:
            self.average = -1.0
        if not 0 <= self.average < 1:
            raise UsageError(f"average: expected a number from 0 (none) to below 1, got {chosen['average']!r}")
        if not chosen["warmup_steps"].isdecimal():
            raise UsageError(f"warmup_steps: expected a whole number, got {chosen['warmup_steps']!r}")
        self.warmup_steps = int(chosen["warmup_steps"])

    @staticmethod
    def with_epochs(stages: Iterable[Stage]) -> list[Stage]:
        """Those that have epochs: options may leave stages out.

        Raises:
            UsageError: none has.
        """
        kept = [stage for stage in stages if stage.epochs]
        if not kept:
            raise UsageError("expected a stage whose epochs are not 0; nothing is trained")
        return kept

    @abstractmethod
    def stages(self) -> Sequence[Stage]:
        """Stages in the order in which they are trained."""

    @abstractmethod
    def examples(self, images: Iterable[Batch], rng: np.random.Generator) -> Examples:
        """Arrays to train on, each with one row an example, cut from images."""

    def prepare(self, examples: Examples) -> None:  # noqa: B027  # most recipes have nothing to learn here
        """Learns from the training examples what the network starts from; called before :meth:`network`."""

    def enter(  # noqa: B027  # most recipes train all stages on the examples as they are
        self, stage: Stage, network: Any, examples: Examples, held_out: Examples, scratch: Path
    ) -> None:
        """Makes what a stage is trained on, before :meth:`source` is asked for it.

        Args:
            stage: the stage that begins or goes on.
            network: as the stage before left it; where a stage goes on, as its checkpoint left it.
            examples, held_out: what :meth:`examples` gave.
            scratch: folder for what takes long to make; it is there again when the training is resumed.
        """

    def batch(self, rows: Examples, rng: np.random.Generator) -> Examples:
        """What the network sees of a batch of examples: by default the rows themselves.

        Args:
            rows: the rows of the examples, in a random order while training.
            rng: seeded by step; for validation always the same.
        """
        return rows

    def source(self, examples: Examples, *, training: bool) -> Source:
        """Where batches come from: by default :meth:`batch` of the chosen rows; a recipe may hold them on the device.

        Args:
            examples: all of them.
            training: whether batches are to be trained on, rather than to validate.
        """
        return lambda chosen, rng: self.batch({key: values[chosen] for key, values in examples.items()}, rng)

    @abstractmethod
    def network(self) -> Any:
        """The network itself, a Keras model, as it will be saved."""

    @abstractmethod
    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        """A Keras model around the network whose ``compute_loss`` is the objective; all its variables are there."""

    def held_out_points(self, network: Any, stage: Stage, held_out: Examples) -> list[dict[str, float]]:
        """Points that the network reaches on held-out examples now, to judge a training while it runs.

        Returns:
            One for each level that the stage trains: ``bpp``, which may be an estimate, and ``psnr`` of the mean error
            in dB. By default none.
        """
        return []

    @abstractmethod
    def finish(self, network: Any, stage: Stage, train: Examples, held_out: Examples, folder: Path) -> list[Any]:
        """Writes a trained stage's files and returns its points for the card, with the figures that they reach.

        A stage that only prepares the next has none.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What the card says of the architecture and the objective."""
