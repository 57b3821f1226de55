"""Autoencoder codecs with a quantised, range-coded latent: what they share as codecs."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from benchmark.codec import Batch, Complexity, Knob, Setting, setting
from benchmark.colour.convert import Floats
from benchmark.errors import BitstreamError, SettingError, UsageError
from benchmark.neural.codec import NeuralCodec
from benchmark.neural.latent import search
from benchmark.neural.latent.network import Network, load_network
from benchmark.neural.streams import entropy
from benchmark.neural.streams.container import MAX_SAMPLES, Frame, pack, unpack
from benchmark.neural.weights import TrainedPoint, by_identity, points, sets_digest, whole_set


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
        """The network, as a :data:`network.Build <benchmark.neural.latent.network.Build>` makes it."""

    def set_names(self) -> tuple[str, ...]:
        """Sets of weights that this object may use."""
        return (self.weights,)

    def set_for(self, height: int, width: int, channels: int) -> str:
        """The one of :meth:`set_names` that images of this size take."""
        return self.weights

    def weights_digest(self) -> str:
        return sets_digest(self.name, self.set_names(), quality=self.quality)

    def write(self, images: Batch) -> bytes:
        count, height, width = images.shape[:3]
        channels = 3 if images.ndim == 4 else 1
        point = self._point(self.set_for(height, width, channels))
        steps = self._steps(point)
        network = load_network(self.build_network, point)
        groups = []
        for kind, (tiles, tables) in enumerate(zip(network.tiling.split(images), network.tables(steps), strict=False)):
            groups.append((self.symbols(network.analyse(tiles), tiles, kind, point, network), tables))
        payload = entropy.encode_symbols(groups)
        return pack(Frame(self.name, point.identity(), (steps,), count, height, width, channels, payload))

    def symbols(
        self, latents: Floats, tiles: Floats, kind: int, point: TrainedPoint, network: Network
    ) -> entropy.Symbols:
        """The symbols that are written for tiles of these latents: by default the nearest."""
        steps = self._steps(point)
        return entropy.quantise(latents, steps, network.tables(steps)[kind])

    def complexity(self, height: int, width: int, channels: int) -> Complexity:
        """The encoder's work is not known where it searches: how often it decodes hangs on the image."""
        network = load_network(self.build_network, self._point(self.set_for(height, width, channels)))
        tiles = sum(network.tiling.tile_counts(1, height, width, channels))
        encode = None if self.settings.get("search") else tiles * network.encode_macs
        return Complexity(network.parameters, encode, tiles * network.decode_macs)

    def overhead(self, data: bytes) -> int:
        return len(data) - len(unpack(data, self.name).payload)

    @classmethod
    def read(cls, data: bytes) -> Batch:
        frame = unpack(data, cls.name)
        network = load_network(cls.build_network, by_identity(cls.name, frame.weights))
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

    def _point(self, name: str) -> TrainedPoint:
        known = points(self.name, name)
        for point in known:
            if point.quality == self.quality:
                return point
        raise SettingError(f"{self.name}: weights {name!r} have qualities 1 to {known[-1].quality}, got {self.quality}")

    def _objective(self, kind: int, point: TrainedPoint, network: Network) -> search.Objective:
        """What a search for better symbols lowers, at the λ that the point was trained for."""
        with whole_set(point.folder):
            own = next(entry for entry in point.card["points"] if entry["quality"] == point.quality)
            trade_off = float(own["trade_off"])
        # The slope of a rate–distortion curve goes with the square of the step.
        price = trade_off / self.step**2 * network.tiling.weights[kind]
        return search.Objective(price, self._steps(point) * entropy.STEP_UNIT)

    def _steps(self, point: TrainedPoint) -> int:
        steps = round(point.steps * self.step)
        if not 1 <= steps <= entropy.MAX_STEPS:
            if not point.steps:
                raise UsageError(f"{point.folder} is not a whole set of weights: its card says no steps at this point")
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

    def symbols(
        self, latents: Floats, tiles: Floats, kind: int, point: TrainedPoint, network: Network
    ) -> entropy.Symbols:
        symbols = super().symbols(latents, tiles, kind, point, network)
        if not self.search:
            return symbols
        tables, objective = network.tables(self._steps(point))[kind], self._objective(kind, point, network)
        return search.by_neighbours(symbols, tiles, network.synthesise, tables, objective, self.search)
