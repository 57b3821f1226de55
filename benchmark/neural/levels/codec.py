"""What codecs with a binary code share: binary-ae with one level, rnn with many.

A network of theirs has ``codes`` and ``image``, see ``binary.BinaryAutoencoder``; its weights' card says how many
pixels a position of the code stands for (``stride``), how many channels and levels there are, and whether the code is
binary.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch, Complexity, setting
from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.codec import NeuralCodec
from benchmark.neural.levels.crops import Crops, blocks
from benchmark.neural.streams.bits import BitModel, decode_bits, encode_bits, fit_bit_model
from benchmark.neural.streams.container import Frame, pack_levels, unpack_levels
from benchmark.neural.training.recipe import LOOP_OPTIONS, Examples, Recipe, Source, Stage
from benchmark.neural.training.schedules import SCHEDULES
from benchmark.neural.weights import Point, by_identity, load_weights, points, save_weights, set_folders

_CHUNK = 1 << 17
"""Pixels in a call of the network, or one image: enough to keep a core busy."""

MOST_LEVELS = 10
"""Of a stream: 1.25 bpp before entropy coding, as published."""

TILES = (0, 32, 64, 128)
"""Sides of tiles; 0 for whole images."""

Codes = npt.NDArray[Any]
"""A level's code: ``uint8`` bits, or ``float32`` for a code that is not binary; shape (N, h, w, channels)."""

Encoder = Callable[[npt.NDArray[np.float32], int], list[Codes]]
"""Gives the codes of so many levels for images (N, H, W, 3) on the network's scale."""

STEM = "network"
"""File name of the weights of a set, without its endings."""
_WATCHED = 1 << 20
"""Pixels of held-out blocks on which a training is watched."""

OPTIONS: Mapping[str, str] = {
    "crop": "32", "batch_size": "32", "epochs": "20", "steps": "500", "learning_rate": "1e-3", "schedule": "cosine",
    "loss": "mse", "bits": "sign", "limit": "1000000", "block": "", "downscale": "1", "start": "", **LOOP_OPTIONS,
}
"""Options of every recipe and their defaults: side of a crop in pixels, crops of a batch, epochs and batches in
each, learning rate and its schedule, loss (see ``Distortion``), ``stochastic`` or ``sign`` bits while training, how
many blocks are taken of the data at most, the side of a block (twice that of a crop), the smallest factor by which
crops are made smaller, drawn anew for each (1 for never), a set of weights of the same network to start from, if any,
and those of ``recipe.LOOP_OPTIONS``."""


@dataclasses.dataclass(frozen=True)
class LevelCodec(NeuralCodec):
    """A codec whose network gives a fixed number of bits for a block of pixels, in one or several levels.

    Whole images go through the network, padded by edge replication to whole blocks; or square tiles, each for itself.
    """

    weights: str = setting("")
    tile: int = setting(0, choices=TILES)

    @classmethod
    @abstractmethod
    def build(cls, card: Mapping[str, Any]) -> Any:
        """The network that a model card describes, its weights at random."""

    def level_count(self, point: Point) -> int:
        """How many levels these settings ask for."""
        return int(point.card["levels"])

    def weights_digest(self) -> str:
        known = self.weights in set_folders(self.name)
        return self._point().identity().hex()[:8] if known else ""

    def write(self, images: Batch) -> bytes:
        count, height, width = images.shape[:3]
        channels = 3 if images.ndim == 4 else 1
        point = self._point()
        model = _model(type(self), point)
        frame = Frame(self.name, point.identity(), (self.tile,), count, height, width, channels)
        colour = np.repeat(images[..., None], 3, axis=3) if channels == 1 else images
        encode = self.encoder(point, model.network, model.models)
        codes = codes_of(model.network, _cut(colour, self.tile, model.stride), self.level_count(point), encode)
        return pack_levels(frame, model.pack(codes))

    def encoder(self, point: Point, network: Any, models: Sequence[BitModel]) -> Encoder:
        """What gives the codes: the network's own ``codes`` unless these settings ask for more."""
        encode: Encoder = network.codes
        return encode

    def complexity(self, height: int, width: int, channels: int) -> Complexity:
        """That of these levels alone, also where a run cuts their stream from one of more levels."""
        point = self._point()
        model = _model(type(self), point)
        count, height, width = _tiled_shape(1, height, width, self.tile, model.stride)
        encode, decode = model.network.macs(height, width, self.level_count(point))
        return Complexity(int(model.network.count_params()), count * encode, count * decode)

    def overhead(self, data: bytes) -> int:
        return len(data) - sum(map(len, unpack_levels(data, self.name)[1]))

    def nominal_bits(self, data: bytes) -> int | None:
        frame, levels = unpack_levels(data, self.name)
        model = _model(type(self), by_identity(self.name, frame.weights))
        return len(levels) * int(np.prod(model.code_shape(frame))) if model.binary else None

    @classmethod
    def read(cls, data: bytes) -> Batch:
        frame, payloads = unpack_levels(data, cls.name)
        model = _model(cls, by_identity(cls.name, frame.weights))
        if len(frame.settings) != 1 or frame.settings[0] not in TILES:
            raise BitstreamError(f"{cls.name}: expected a tile size of {TILES}, got {frame.settings}")
        if len(payloads) > model.levels:
            raise BitstreamError(f"{cls.name}: {len(payloads)} levels, where the weights have {model.levels}")
        tiles = model.synthesise(model.unpack(payloads, model.code_shape(frame)))
        colour = _join(tiles, frame, model.stride)
        if frame.channels == 3:
            return colour
        return np.asarray(np.rint(colour.mean(axis=3)), dtype=np.uint8)

    def _point(self) -> Point:
        return points(self.name, self.weights)[0]


class _Model:
    """A network with its models of bits, loaded once a process."""

    def __init__(self, codec: type[LevelCodec], point: Point) -> None:
        self.stride, self.channels, self.levels = (int(point.card[key]) for key in ("stride", "channels", "levels"))
        self.binary = bool(point.card["binary"])
        self.network = codec.build(point.card)
        load_weights(self.network, point.weights_path)
        self.network.trainable = False
        self.models = load_bit_models(point.folder, point.stem, self.levels) if self.binary else []

    def code_shape(self, frame: Frame) -> tuple[int, int, int, int]:
        """Shape of a level's code for the images of a stream."""
        count, height, width = _tiled_shape(frame.count, frame.height, frame.width, frame.settings[0], self.stride)
        return count, height // self.stride, width // self.stride, self.channels

    def synthesise(self, codes: Sequence[Codes]) -> Batch:
        """Images (N, H, W, 3) of the codes of one or more levels."""
        return images_of(self.network, codes, self.stride)

    def pack(self, codes: Sequence[Codes]) -> list[bytes]:
        """Payload of each level: its bits, entropy-coded given the level before; or its floats as they are."""
        if not self.binary:
            return [level.astype("<f4").tobytes() for level in codes]
        before = [None, *codes[:-1]]
        return [
            encode_bits(level, model, previous)
            for level, model, previous in zip(codes, self.models, before, strict=False)
        ]

    def unpack(self, payloads: Sequence[bytes], shape: tuple[int, int, int, int]) -> list[Codes]:
        """Inverse of :meth:`pack`.

        Raises:
            BitstreamError: a payload is not one that it could have written.
        """
        codes: list[Codes] = []
        for level, payload in enumerate(payloads):
            if self.binary:
                codes.append(decode_bits(payload, shape, self.models[level], codes[-1] if codes else None))
            elif len(payload) != 4 * np.prod(shape):
                raise BitstreamError(f"expected a code of {4 * np.prod(shape)} bytes, got {len(payload)}")
            else:
                codes.append(np.frombuffer(payload, "<f4").astype(np.float32).reshape(shape))
        return codes


@lru_cache(maxsize=4)
def _model(codec: type[LevelCodec], point: Point) -> _Model:
    return _Model(codec, point)


def codes_of(network: Any, images: Batch, levels: int, encode: Encoder | None = None) -> list[Codes]:
    """Codes of each level for images, ``uint8`` (N, H, W, 3) whose sides are whole blocks.

    Args:
        network: tells black and white.
        images: the images to be encoded.
        levels: how many.
        encode: gives the codes; None for the network's ``codes``.
    """
    parts = []
    for chunk in _chunks(len(images), images.shape[1] * images.shape[2]):
        target = images[chunk].astype(np.float32) / 255 * (network.high - network.low) + network.low
        parts.append((encode or network.codes)(target, levels))
    return [np.concatenate(level) for level in zip(*parts, strict=True)]


def images_of(network: Any, codes: Sequence[Codes], stride: int) -> Batch:
    """Images, ``uint8`` (N, H, W, 3), that the codes of one or more levels give."""
    count, height, width = codes[0].shape[:3]
    out = np.empty((count, stride * height, stride * width, 3), np.uint8)
    for chunk in _chunks(count, out.shape[1] * out.shape[2]):
        image = network.image([level[chunk] for level in codes])
        scaled = (image - network.low) * (255 / (network.high - network.low))
        out[chunk] = np.clip(np.rint(scaled), 0, 255)
    return out


def _chunks(count: int, pixels: int) -> Iterator[slice]:
    size = max(1, _CHUNK // pixels)
    for start in range(0, count, size):
        yield slice(start, start + size)


def load_bit_models(folder: Path, stem: str, levels: int) -> list[BitModel]:
    """The models of bits of each level, as :class:`LevelRecipe` saved them."""
    return [BitModel.load(folder / f"{stem}.bits{level:02d}.npz") for level in range(1, levels + 1)]


def _tiled_shape(count: int, height: int, width: int, tile: int, stride: int) -> tuple[int, int, int]:
    """How many images of what size go through the network."""
    if tile:
        return count * -(-height // tile) * -(-width // tile), tile, tile
    return count, height + -height % stride, width + -width % stride


def _cut(images: Batch, tile: int, stride: int) -> Batch:
    """Images (N, H, W, 3) padded by edge replication to whole blocks; or their tiles, in raster order."""
    count, height, width, channels = images.shape
    side = tile or stride
    padded = np.pad(images, ((0, 0), (0, -height % side), (0, -width % side), (0, 0)), mode="edge")
    if not tile:
        return padded
    rows, columns = padded.shape[1] // tile, padded.shape[2] // tile
    return padded.reshape(count, rows, tile, columns, tile, channels).swapaxes(2, 3).reshape(-1, tile, tile, channels)


def _join(tiles: Batch, frame: Frame, stride: int) -> Batch:
    """Inverse of :func:`_cut`."""
    tile = frame.settings[0]
    if tile:
        rows, columns = -(-frame.height // tile), -(-frame.width // tile)
        grid = tiles.reshape(frame.count, rows, columns, tile, tile, 3).swapaxes(2, 3)
        tiles = grid.reshape(frame.count, rows * tile, columns * tile, 3)
    return tiles[:, : frame.height, : frame.width]


class LevelRecipe(Recipe):
    """How a network with a binary code is trained.

    Args:
        options: changes to :data:`OPTIONS` and :attr:`own_options`, as texts.

    Raises:
        UsageError: an option that is not known, or a value that makes no sense.
    """

    patience = None
    clip_norm = 1.0
    validation_share = 1 / 100
    learned_pixels = 1 << 23
    """Pixels of which the models of bits are learned."""
    least_epochs: ClassVar[int] = 1
    """0 where there are other stages than these."""
    own_options: ClassVar[Mapping[str, str]] = {}
    """Options that a codec adds, or gives other defaults."""

    def __init__(self, options: dict[str, str]) -> None:
        self._exact: Any = None
        self.take_options(options, {**OPTIONS, **self.own_options})
        self.crop, self.batch_size, self.epochs, self.epoch_steps, self.limit = (
            self.whole(name, least=self.least_epochs if name == "epochs" else 1)
            for name in ("crop", "batch_size", "epochs", "steps", "limit")
        )
        try:
            self.learning_rate = float(self.options["learning_rate"])
        except ValueError:
            raise UsageError(f"learning_rate: expected a number, got {self.options['learning_rate']!r}") from None
        self.block = self.whole("block") if self.options["block"] else 2 * self.crop
        try:
            self.downscale = float(self.options["downscale"])
        except ValueError:
            self.downscale = 0.0
        if not 0.1 <= self.downscale <= 1:
            raise UsageError(f"downscale: expected a factor from 0.1 to 1, got {self.options['downscale']!r}")
        self.schedule = self.pick("schedule", SCHEDULES)
        self.loss = self.pick("loss", ("mse", "l1", "psnr"))
        self.stochastic = self.pick("bits", ("stochastic", "sign")) == "stochastic"

    def pick(self, name: str, known: Sequence[str]) -> str:
        """An option's value, once it is one of those known."""
        if self.options[name] not in known:
            raise UsageError(f"{name}: expected one of {', '.join(known)}, got {self.options[name]!r}")
        return self.options[name]

    @abstractmethod
    def build(self) -> Any:
        """The network, its weights at random."""

    def network(self) -> Any:
        network = self.build()
        if self.options["start"]:
            load_weights(network, points(self.codec, self.options["start"])[0].weights_path)
        return network

    def stages(self) -> Sequence[Stage]:
        return [Stage(1, self.epochs, self.learning_rate, None)]

    def levels(self, stage: Stage) -> int:
        """How many levels a stage trains."""
        return 1

    def examples(self, images: Iterable[Batch], rng: np.random.Generator) -> Examples:
        return {"image": blocks(images, self.crop, self.block, self.limit)}

    def source(self, examples: Examples, *, training: bool) -> Source:
        return Crops(examples["image"], self.crop, self.downscale if training else 1.0)

    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        from benchmark.neural.levels.binary import Distortion

        return Distortion(network, self.loss, self.stochastic, self.levels(stage), seed)

    def exact(self, network: Any) -> Any:
        """A network with the same weights that computes in full precision."""
        if self._exact is None:
            self._exact = self.build()
            self._exact.trainable = False
        self._exact.set_weights(network.get_weights())
        return self._exact

    def held_out_points(self, network: Any, stage: Stage, held_out: Examples) -> list[dict[str, float]]:
        """Nominal rate, as codes are without a coder, and PSNR of the mean error."""
        exact, about = self.exact(network), self.describe()
        nominal = (1 if about["binary"] else 32) * about["channels"] / about["stride"] ** 2
        blocks_ = held_out["image"]
        images = blocks_[: max(1, _WATCHED // (blocks_.shape[1] * blocks_.shape[2]))]
        codes = codes_of(exact, images, self.levels(stage))
        found = []
        for level in range(1, len(codes) + 1):
            decoded = images_of(exact, codes[:level], about["stride"])
            found.append({"bpp": level * nominal, "psnr": _psnr(decoded, images)})
        return found

    def finish(self, network: Any, stage: Stage, train: Examples, held_out: Examples, folder: Path) -> list[Any]:
        if stage != self.stages()[-1]:
            return []
        # The network that was trained may compute in half precision; the one that is used does not.
        exact = self.exact(network)
        save_weights(exact, folder / f"{STEM}.weights.npz", self.storage)

        levels, binary = self.levels(stage), self.describe()["binary"]
        rng = np.random.default_rng(0)
        most = max(1, self.learned_pixels // int(np.prod(train["image"].shape[1:3])))
        chosen = np.sort(rng.permutation(len(train["image"]))[:most])
        codes = codes_of(exact, train["image"][chosen], levels)
        held_codes = codes_of(exact, held_out["image"], levels)
        measured = []
        for level in range(levels):
            figures: dict[str, float] = {}
            if binary:
                previous, held_previous = (codes[level - 1], held_codes[level - 1]) if level else (None, None)
                model = fit_bit_model(codes[level], previous, seed=level)
                model.save(folder / f"{STEM}.bits{level + 1:02d}.npz")
                payload = encode_bits(held_codes[level], model, held_previous)
                figures["bits_per_code_bit"] = round(8 * len(payload) / held_codes[level].size, 4)
            decoded = images_of(exact, held_codes[: level + 1], self.describe()["stride"])
            figures["psnr_of_mean_error"] = round(_psnr(decoded, held_out["image"]), 3)
            measured.append(figures)
        return [{"quality": 1, "stem": STEM, "validation": measured}]


def _psnr(images: Batch, reference: Batch) -> float:
    """Of the mean error over all images, in dB."""
    error = np.mean((images.astype(np.float32) - reference) ** 2, dtype=np.float64)
    return 10 * float(np.log10(255.0**2 / error))
