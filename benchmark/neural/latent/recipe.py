"""How latent codecs are trained."""

from __future__ import annotations

import dataclasses
import itertools
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.colour.convert import Floats
from benchmark.errors import UsageError
from benchmark.neural.latent.network import in_chunks, latent_of, latent_shape
from benchmark.neural.latent.search import ideal_bits
from benchmark.neural.latent.tiles import TILINGS, random_tiles
from benchmark.neural.streams import entropy
from benchmark.neural.training.recipe import LOOP_OPTIONS, Examples, Recipe, Stage
from benchmark.neural.training.schedules import SCHEDULES
from benchmark.neural.weights import load_weights, points, save_weights

_COUNTED = 1 << 25
"""Latent numbers that tables are counted from: 16,384 feature maps of 2048, for little memory."""


class LatentRecipe(Recipe):
    """How a latent codec is trained: a subclass names the network, its objectives and its operating points.

    Args:
        dataset: as named on the command line.
        options: the options of the command line. ``objective``: ``rd`` for rate and distortion together, or the
            original's. ``tiling``: a name of ``tiles.TILINGS``. ``epochs``: how many the first stage has.
            ``tiles_per_image``: how many tiles are cut from each photograph; images of the tile's own size are taken
            whole. ``start``: the set of weights to start from; without it, weights are drawn at random. The set is one
            of this codec, or ``CODEC/SET`` of another codec that differs only in layers without weights; the network
            of its highest quality is taken. ``batch_size``: tiles of a step. ``learning_rate``: the rate at the start
            of each stage. ``schedule``: how the rate goes on, one of ``schedules.SCHEDULES``. Also the options of
            ``recipe.LOOP_OPTIONS``.

    Raises:
        UsageError: an option that is unknown, or has no such value.
    """

    original: ClassVar[str]
    """The objective of the original, the other one than ``rd``."""
    architecture: ClassVar[str]
    """For the card."""
    tilings: ClassVar[tuple[str, ...]] = ("grey28",)
    """Tilings that the network can take; the first is the default."""
    default_epochs: ClassVar[dict[str, int]]
    """By objective."""
    default_schedule: ClassVar[dict[str, str]]
    """Of the learning rate, by objective."""
    default_batch_size: ClassVar[dict[str, int]] = {}
    """By objective, where it is not the usual one."""
    step: ClassVar[float] = 1.0
    """Of the quantiser while training for rate and distortion."""
    default_start: ClassVar[str] = ""
    """Set of weights that ``rd`` starts from; none when empty."""

    def __init__(self, dataset: str, options: Mapping[str, str]) -> None:
        self.objective = options.get("objective", "rd")
        if self.objective not in ("rd", self.original):
            raise UsageError(f"objective: expected rd or {self.original}, got {self.objective!r}")
        self.take_options(
            options,
            {
                "objective": self.objective,
                "tiling": self.default_tiling(dataset),
                "tiles_per_image": "200",
                "epochs": str(self.default_epochs[self.objective]),
                "batch_size": str(self.default_batch_size.get(self.objective, self.batch_size)),
                "learning_rate": "",
                "schedule": self.default_schedule[self.objective],
                "start": self.default_start if self.objective == "rd" else "",
                **LOOP_OPTIONS,
            },
        )
        self.tiling_name, self.start, self.schedule = (self.options[name] for name in ("tiling", "start", "schedule"))
        if self.tiling_name not in self.tilings:
            raise UsageError(f"tiling: expected one of {', '.join(self.tilings)}, got {self.tiling_name!r}")
        self.tiling = TILINGS[self.tiling_name]
        self.epochs, self.tiles_per_image, self.batch_size = (
            self.whole(name) for name in ("epochs", "tiles_per_image", "batch_size")
        )
        self._learning_rate = self.number("learning_rate") if self.options["learning_rate"] else None
        if self.schedule not in SCHEDULES:
            raise UsageError(f"schedule: expected one of {', '.join(SCHEDULES)}, got {self.schedule!r}")

    @staticmethod
    @abstractmethod
    def build_network(shape: tuple[int, int, int]) -> Any:
        """The network, as a :data:`network.Build <benchmark.neural.latent.network.Build>` makes it."""

    def learning_rate(self, usual: float) -> float:
        """The learning rate of a stage: the usual one unless an option says otherwise."""
        return self._learning_rate or usual

    @abstractmethod
    def operating_steps(self, stage: Stage) -> dict[int, int]:
        """Quantiser steps, in units, of the operating points that a stage's network serves, by their quality."""

    def default_tiling(self, dataset: str) -> str:
        """The tiling that images of a data set take unless an option says otherwise."""
        return self.tilings[0]

    def adapt(self, network: Any) -> None:
        """Changes initial weights of a network that is to be trained for rate and distortion; by default nothing."""

    def examples(self, images: Iterable[Batch], rng: np.random.Generator) -> Examples:
        tiles: list[Floats] = []
        kinds: list[npt.NDArray[np.int32]] = []
        for batch in images:
            if batch.shape[1:3] == self.tiling.shape[:2]:
                parts = self.tiling().split(batch)
                indices = list(range(len(parts)))
            else:
                parts, indices = random_tiles(batch, self.tiling(), self.tiles_per_image, rng)
            tiles += parts
            kinds += [np.full(len(part), index, np.int32) for part, index in zip(parts, indices, strict=True)]
        return {"tile": np.concatenate(tiles), "kind": np.concatenate(kinds)}

    def network(self) -> Any:
        network = self.build_network(self.tiling.shape)
        if self.start:
            # Another codec's network may differ in layers without weights alone, so that its file is one of ours.
            codec, _, name = self.start.rpartition("/")
            try:
                load_weights(network, points(codec or self.codec, name)[-1].weights_path)
            except UsageError as error:
                raise UsageError(f"start: {error}") from error
        if self.objective == "rd":
            self.adapt(network)
        return network

    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        from benchmark.neural.latent import objective

        if stage.trade_off is not None:
            return objective.RateDistortion(network, self.tiling, stage.trade_off, self.step, seed)
        return objective.ORIGINALS[self.original](network, seed)

    def finish(self, network: Any, stage: Stage, train: Examples, held_out: Examples, folder: Path) -> list[Any]:
        stem = f"q{stage.quality}" if self.objective == "rd" else "network"
        # The network that was trained may compute in half precision; the one that is used does not.
        exact = self.build_network(self.tiling.shape)
        exact.set_weights(network.get_weights())
        save_weights(exact, folder / f"{stem}.weights.npz", self.storage)
        encoder, decoder = exact.get_layer("encoder"), exact.get_layer("decoder")

        held_latents, held = self._latents(encoder, held_out, stage, len(held_out["tile"]))
        latents, counted = self._latents(encoder, train, stage, _COUNTED // int(np.prod(latent_shape(encoder))))
        counts = [entropy.learn_counts(latents[counted["kind"] == kind]) for kind in range(len(self.tiling.kinds))]
        stored = dict(zip(self.tiling.kinds, counts, strict=True))
        np.savez_compressed(folder / f"{stem}.counts.npz", **stored)  # type: ignore[arg-type]  # its other keyword is a bool

        steps = self.operating_steps(stage)
        measured = {quality: _measure(decoder, held_latents, held, step, counts) for quality, step in steps.items()}
        # λ that holds at step 1: from the one of the training, or else from the slope of the curve as measured.
        at_unit_step = stage.trade_off * self.step**2 if stage.trade_off else self._slope(measured, steps)
        return [
            {
                "quality": quality,
                "stem": stem,
                "steps": step,
                "trade_off": at_unit_step / (step * entropy.STEP_UNIT) ** 2,
                "validation": {
                    "bits_per_tile": round(measured[quality][0], 3),
                    "psnr_of_mean_error": round(-10 * float(np.log10(measured[quality][1])), 3),
                },
            }
            for quality, step in steps.items()
        ]

    def _latents(self, encoder: Any, examples: Examples, stage: Stage, most: int) -> tuple[Floats, Examples]:
        """Latents (N, D) of the first examples, and the batch that they were made from."""
        rows = {key: values[:most] for key, values in examples.items()}
        seen = self.batch(rows, np.random.default_rng(stage.quality))
        latents = in_chunks(lambda chunk: latent_of(encoder, chunk), seen.get("source", seen["tile"]))
        return latents.reshape(len(latents), -1), seen

    def _slope(self, measured: dict[int, tuple[float, float]], steps: dict[int, int]) -> float:
        """λ at step 1 of points that differ in their step alone: the median over neighbours of −Δbpp / ΔMSE · step²."""
        pixels = self.tiling.shape[0] * self.tiling.shape[1]
        slopes = []
        for low, high in itertools.pairwise(sorted(measured)):
            (bits, error), (more_bits, less_error) = measured[low], measured[high]
            if less_error < error:
                slope = (more_bits - bits) / pixels / (255.0**2 * (error - less_error))
                slopes.append(slope * steps[low] * steps[high] * entropy.STEP_UNIT**2)
        return float(np.median(slopes))

    def describe(self) -> dict[str, Any]:
        started = {"start": self.start} if self.start else {}
        return {
            "architecture": self.architecture,
            "objective": self.objective,
            "tiling": self.tiling_name,
            "kinds": list(self.tiling.kinds),
            "tiles_per_image": self.tiles_per_image,
            **started,
            "schedule": self.schedule,
            **({"optimiser": self.optimiser} if self.optimiser != "adam" else {}),
            **({"average": self.average} if self.average else {}),
            **({"warmup_steps": self.warmup_steps} if self.warmup_steps else {}),
            "stages": [dataclasses.asdict(stage) for stage in self.stages()],
        }


def _measure(
    decoder: Any, latents: Floats, examples: Examples, step: int, counts: Sequence[entropy.Counts]
) -> tuple[float, float]:
    """Mean bits of a tile, and mean squared error in 0–1, at a quantiser step.

    Args:
        decoder: the decoder of the network.
        latents: (N, D), of the examples.
        examples: ``tile`` (N, h, w, c) and ``kind`` (N,).
        step: the step of the quantiser, in units.
        counts: by kind of tile.
    """
    bits, error = np.zeros(len(latents)), np.zeros(len(latents))
    for kind, counted in enumerate(counts):
        chosen = examples["kind"] == kind
        tables = entropy.symbol_tables(counted, step)
        symbols = entropy.quantise(latents[chosen], step, tables)
        bits[chosen] = ideal_bits(symbols, tables)
        decoded = in_chunks(decoder, entropy.dequantise(symbols, step).reshape(-1, *decoder.input_shape[1:]))
        error[chosen] = np.mean((decoded - examples["tile"][chosen]) ** 2, axis=(1, 2, 3))
    return float(bits.mean()), float(error.mean())
