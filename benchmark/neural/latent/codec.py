"""Autoencoder codecs with a quantised, range-coded latent: what they share as codecs, and how they are trained.

A network has two sub-models: ``encoder``, whose first output is the latent of each tile, of any shape, and ``decoder``,
which takes that latent back to the tile. Every number of the latent has a table of its own, in a feature map too: on
clothes, which lie in the middle of their tile, tables that all positions of a channel share cost a quarter more bits.
"""

from __future__ import annotations

import dataclasses
import itertools
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch, Complexity, Knob, Setting, setting
from benchmark.colour.convert import Floats
from benchmark.errors import BitstreamError, SettingError, UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.codec import NeuralCodec
from benchmark.neural.complexity import model_macs
from benchmark.neural.latent import search
from benchmark.neural.latent.tiles import TILINGS, Tiling, random_tiles
from benchmark.neural.streams import entropy
from benchmark.neural.streams.container import MAX_SAMPLES, Frame, pack, unpack
from benchmark.neural.training.recipe import LOOP_OPTIONS, Examples, Recipe, Stage
from benchmark.neural.training.schedules import SCHEDULES
from benchmark.neural.weights import Point, by_identity, load_weights, points, save_weights, set_folders
from benchmark.plugins import codec_class

_CHUNK = 512
"""Tiles in a call of the network: enough to keep a core busy, little memory."""
_COUNTED = 1 << 25
"""Latent numbers that tables are counted from: 16,384 feature maps of 2048, for little memory."""

Build = Callable[[tuple[int, int, int]], Any]
"""Makes a network, as this module's docstring has it, for tiles of a height, a width and channels."""


@dataclasses.dataclass(frozen=True)
class LatentCodec(NeuralCodec):
    """An autoencoder on tiles with a quantised latent: a subclass names itself, its network and its weights.

    ``quality`` chooses an operating point of the set of weights, ``step`` widens (> 1) or narrows its quantiser.
    """

    grid: ClassVar[Mapping[str, Sequence[Setting]]] = {"quality": (1, 2, 3, 4, 5, 6, 7, 8)}
    knob: ClassVar[Knob | None] = Knob("quality", 1, 8)

    weights: str = setting("rd")
    quality: int = setting(5, low=1, high=8)
    step: float = setting(1.0, low=1 / entropy.MAX_STEPS, high=entropy.MAX_STEPS)

    @staticmethod
    @abstractmethod
    def build_network(shape: tuple[int, int, int]) -> Any:
        """The network, a :data:`Build`."""

    def set_names(self) -> tuple[str, ...]:
        """Sets of weights that this object may use."""
        return (self.weights,)

    def set_for(self, height: int, width: int, channels: int) -> str:
        """The one of :meth:`set_names` that images of this size take."""
        return self.weights

    def weights_digest(self) -> str:
        here = set_folders(self.name)
        known = [point for name in self.set_names() if name in here for point in points(self.name, name)]
        return "+".join(point.identity().hex()[:8] for point in known if point.quality == self.quality)

    def write(self, images: Batch) -> bytes:
        count, height, width = images.shape[:3]
        channels = 3 if images.ndim == 4 else 1
        point = self._point(self.set_for(height, width, channels))
        steps = self._steps(point)
        network = _network(self.build_network, point)
        groups = []
        for kind, (tiles, tables) in enumerate(zip(network.tiling.split(images), network.tables(steps), strict=False)):
            groups.append((self.symbols(network.analyse(tiles), tiles, kind, point, network), tables))
        payload = entropy.encode_symbols(groups)
        return pack(Frame(self.name, point.identity(), (steps,), count, height, width, channels, payload))

    def symbols(self, latents: Floats, tiles: Floats, kind: int, point: Point, network: Network) -> entropy.Symbols:
        """The symbols that are written for tiles of these latents: by default the nearest."""
        steps = self._steps(point)
        return entropy.quantise(latents, steps, network.tables(steps)[kind])

    def complexity(self, height: int, width: int, channels: int) -> Complexity:
        """The encoder's work is not known where it searches: how often it decodes hangs on the image."""
        network = _network(self.build_network, self._point(self.set_for(height, width, channels)))
        tiles = sum(network.tiling.tile_counts(1, height, width, channels))
        encode = None if self.settings.get("search") else tiles * network.encode_macs
        return Complexity(network.parameters, encode, tiles * network.decode_macs)

    def overhead(self, data: bytes) -> int:
        return len(data) - len(unpack(data, self.name).payload)

    @classmethod
    def read(cls, data: bytes) -> Batch:
        frame = unpack(data, cls.name)
        network = _network(cls.build_network, by_identity(cls.name, frame.weights))
        if len(frame.settings) != 1 or not 1 <= frame.settings[0] <= entropy.MAX_STEPS:
            raise BitstreamError(
                f"{cls.name}: expected one quantiser step of 1 to {entropy.MAX_STEPS}, got {frame.settings}"
            )
        steps = frame.settings[0]
        size = (frame.count, frame.height, frame.width, frame.channels)
        counts = network.tiling.tile_counts(*size)
        if sum(counts) * network.numbers > MAX_SAMPLES:
            raise BitstreamError(f"{cls.name}: the latent of the declared size exceeds {MAX_SAMPLES} numbers")
        groups = list(zip(counts, network.tables(steps), strict=False))
        symbols = entropy.decode_symbols(frame.payload, groups)
        tiles = [network.synthesise(entropy.dequantise(group, steps)) for group in symbols]
        return network.tiling.join(tiles, *size)

    def _point(self, name: str) -> Point:
        known = points(self.name, name)
        for point in known:
            if point.quality == self.quality:
                return point
        raise SettingError(f"{self.name}: weights {name!r} have qualities 1 to {known[-1].quality}, got {self.quality}")

    def _objective(self, kind: int, point: Point, network: Network) -> search.Objective:
        """What a search for better symbols lowers, at the λ that the point was trained for."""
        trade_off = next(entry["trade_off"] for entry in point.card["points"] if entry["quality"] == point.quality)
        # The slope of a rate–distortion curve goes with the square of the step.
        price = float(trade_off) / self.step**2 * network.tiling.weights[kind]
        return search.Objective(price, self._steps(point) * entropy.STEP_UNIT)

    def _steps(self, point: Point) -> int:
        steps = round(point.steps * self.step)
        if not 1 <= steps <= entropy.MAX_STEPS:
            low, high = 1 / point.steps, entropy.MAX_STEPS / point.steps
            raise SettingError(f"{self.name}.step: expected {low:.4g} to {high:.4g} at this point, got {self.step}")
        return steps


@dataclasses.dataclass(frozen=True)
class SearchedCodec(LatentCodec):
    """A latent codec small enough that its encoder may search for better symbols.

    ``search`` is the number of passes in which the encoder tries the neighbours of every symbol, decodes, and keeps
    what lowers bits + λ·MSE. It is off by default, for speed.
    """

    search: int = setting(0, low=0, high=16)

    def symbols(self, latents: Floats, tiles: Floats, kind: int, point: Point, network: Network) -> entropy.Symbols:
        symbols = super().symbols(latents, tiles, kind, point, network)
        if not self.search:
            return symbols
        tables, objective = network.tables(self._steps(point))[kind], self._objective(kind, point, network)
        return search.by_neighbours(symbols, tiles, network.synthesise, tables, objective, self.search)


class Network:
    """A network with its tables, loaded once a process.

    Attributes:
        tiling: how the images are cut into tiles.
        numbers: how many numbers the latent of a tile has.
        parameters: how many parameters encoder and decoder have.
        encode_macs, decode_macs: multiply–accumulates for a tile.
    """

    def __init__(self, build: Build, point: Point) -> None:
        self.tiling: Tiling = TILINGS[point.card["tiling"]]()
        self.counts = point.counts()
        model = build(self.tiling.shape)
        load_weights(model, point.weights_path)
        model.trainable = False
        self.encoder, self.decoder = model.get_layer("encoder"), model.get_layer("decoder")
        self.latent_shape = latent_shape(self.encoder)
        self.numbers = int(np.prod(self.latent_shape))
        self.parameters = int(self.encoder.count_params() + self.decoder.count_params())
        self.encode_macs, self.decode_macs = model_macs(self.encoder), model_macs(self.decoder)
        self.tables = lru_cache(maxsize=8)(self._tables)

    def _tables(self, steps: int) -> list[list[entropy.SymbolTable]]:
        return [entropy.symbol_tables(counts, steps) for counts in self.counts]

    def analyse(self, tiles: Floats) -> Floats:
        """Latents, (T, D), of tiles in 0–1."""
        return in_chunks(lambda chunk: latent_of(self.encoder, chunk), tiles).reshape(len(tiles), -1)

    def synthesise(self, latents: Floats) -> Floats:
        """Tiles in 0–1 of latents (T, D)."""
        return in_chunks(self.decoder, latents.reshape(-1, *self.latent_shape))


@lru_cache(maxsize=16)
def _network(build: Build, point: Point) -> Network:
    return Network(build, point)


def latent_of(encoder: Any, tiles: Any, training: bool = False) -> Any:
    """The latent of tiles, whether or not the encoder has other outputs."""
    return load_keras().tree.flatten(encoder(tiles, training=training))[0]


def latent_shape(encoder: Any) -> tuple[int, ...]:
    """Shape of the latent of one tile."""
    return tuple(int(side) for side in encoder.outputs[0].shape[1:])


def in_chunks(function: Callable[[Floats], Any], values: Floats) -> Floats:
    """What a network makes of values, a chunk at a time, as one array."""
    from keras import ops

    parts = [
        ops.convert_to_numpy(function(values[start : start + _CHUNK])) for start in range(0, len(values), _CHUNK)
    ]
    return np.concatenate(parts)


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
        self.take_options(options, {
            "objective": self.objective, "tiling": self.default_tiling(dataset), "tiles_per_image": "200",
            "epochs": str(self.default_epochs[self.objective]),
            "batch_size": str(self.default_batch_size.get(self.objective, self.batch_size)), "learning_rate": "",
            "schedule": self.default_schedule[self.objective],
            "start": self.default_start if self.objective == "rd" else "", **LOOP_OPTIONS,
        })
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
        """The network, a :data:`Build`."""

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
            network.set_weights(self._start_weights())
        if self.objective == "rd":
            self.adapt(network)
        return network

    def _start_weights(self) -> list[npt.NDArray[np.float32]]:
        codec, _, name = self.start.rpartition("/")
        cls = codec_class(codec or self.codec)
        own = self.build_network(self.tiling.shape)
        other = cls.build_network(self.tiling.shape) if issubclass(cls, LatentCodec) else None
        if other is None or [value.shape for value in other.weights] != [value.shape for value in own.weights]:
            raise UsageError(f"start: the network of {cls.name!r} has other layers than that of {self.codec!r}")
        load_weights(other, points(cls.name, name)[-1].weights_path)
        weights: list[npt.NDArray[np.float32]] = other.get_weights()
        return weights

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
        shape = latent_shape(encoder)

        def latents_of(examples: Examples, most: int) -> tuple[Floats, Examples]:
            rows = {key: values[:most] for key, values in examples.items()}
            seen = self.batch(rows, np.random.default_rng(stage.quality))
            latents = in_chunks(lambda chunk: latent_of(encoder, chunk), seen.get("source", seen["tile"]))
            return latents.reshape(len(latents), -1), seen

        held_latents, held = latents_of(held_out, len(held_out["tile"]))
        latents, counted = latents_of(train, _COUNTED // int(np.prod(shape)))
        counts = {
            kind: entropy.learn_counts(latents[counted["kind"] == index])
            for index, kind in enumerate(self.tiling.kinds)
        }
        np.savez_compressed(folder / f"{stem}.counts.npz", **counts)  # type: ignore[arg-type]  # its other keyword is a bool

        steps = self.operating_steps(stage)
        measured = {}
        for quality, step in steps.items():
            bits, error = np.zeros(len(held_latents)), np.zeros(len(held_latents))
            for index, kind in enumerate(self.tiling.kinds):
                chosen = held["kind"] == index
                tables = entropy.symbol_tables(counts[kind], step)
                symbols = entropy.quantise(held_latents[chosen], step, tables)
                bits[chosen] = search.ideal_bits(symbols, tables)
                decoded = in_chunks(decoder, entropy.dequantise(symbols, step).reshape(-1, *shape))
                error[chosen] = np.mean((decoded - held["tile"][chosen]) ** 2, axis=(1, 2, 3))
            measured[quality] = (float(bits.mean()), float(error.mean()))
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
