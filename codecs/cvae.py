"""A convolutional variational autoencoder on tiles, quantised and entropy-coded.

The architecture is that of the UNESP CVAE (2025): two strided convolutions and 16 latent numbers for a 28×28 tile. The
original writes its sampled latent as floats; here the mean is quantised, range-coded with integer tables learned for
each latent dimension, and put into a stream that decodes anywhere.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch, Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour import Floats
from benchmark.errors import BitstreamError, SettingError, UnsupportedImage, UsageError
from benchmark.neural import entropy
from benchmark.neural.backend import backend_version, load_keras
from benchmark.neural.container import MAX_SAMPLES, MAX_SIDE, Frame, pack, stream_codec, unpack
from benchmark.neural.tiles import TILINGS, Tiling, random_tiles
from benchmark.neural.training import Examples, Recipe, Stage
from benchmark.neural.weights import Point, by_identity, points, save_half, set_folders

LATENT = 16
_CHUNK = 512
"""Tiles in a call of the network: enough to keep a core busy, little memory."""


@dataclasses.dataclass(frozen=True)
class Cvae(Codec):
    """CVAE with a range-coded latent.

    Defaults: ``weights="auto"`` takes ``mnist`` for 28×28 grey images and ``natural`` for all others, the two sets that
    were trained for rate and distortion together; ``mnist-elbo`` is the original recipe (cross-entropy + KL, β = 1).
    ``quality`` chooses an operating point of the set, ``step`` widens (> 1) or narrows its quantiser. ``search`` is
    the number of passes in which the encoder tries the neighbours of every symbol, decodes, and keeps what lowers
    bits + λ·MSE: about a decibel for digits, at 32 decodings a pass. It is off by default, for speed.

    Known limits: 16 numbers describe a tile, whatever its content, so quality saturates early: a codec for digits and
    thumbnails rather than for photographs. The same stream decodes to the same symbols on every machine; pixels may
    differ by rounding between backends, as floating-point networks do.
    """

    name = "cvae"
    summary = "convolutional VAE on 28×28 tiles, range-coded latent; photographs as YCbCr BT.601 with 4:2:0 chroma"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": (1, 2, 3, 4, 5, 6, 7, 8)}
    knob = Knob("quality", 1, 8)

    weights: str = setting("auto")
    quality: int = setting(5, low=1, high=8)
    step: float = setting(1.0, low=1 / entropy.MAX_STEPS, high=entropy.MAX_STEPS)
    search: int = setting(0, low=0, high=16)

    @classmethod
    def version(cls) -> str:
        return backend_version()

    def state(self) -> str:
        chosen = ("mnist", "natural") if self.weights == "auto" else (self.weights,)
        here = set_folders(self.name)
        known = [point for name in chosen if name in here for point in points(self.name, name)]
        return "weights " + "+".join(point.identity().hex()[:8] for point in known if point.quality == self.quality)

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return stream_codec(data) == cls.name

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=MAX_SIDE)
        return self.encode_batch(image[np.newaxis])[0]

    def encode_batch(self, images: Batch) -> list[bytes]:
        count, height, width = images.shape[:3]
        channels = 3 if images.ndim == 4 else 1
        check_image(images[0], codec=self.name, max_side=MAX_SIDE)
        if images.size > MAX_SAMPLES:
            raise UnsupportedImage(f"cvae: a stream holds at most {MAX_SAMPLES} samples, got {images.size}")
        name = self.weights
        if name == "auto":
            name = "mnist" if (height, width, channels) == (28, 28, 1) else "natural"
        point = self._point(name)
        steps = self._steps(point)
        model = _model(point)
        groups = []
        for kind, (tiles, tables) in enumerate(zip(model.tiling.split(images), model.tables(steps), strict=False)):
            symbols = entropy.quantise(model.analyse(tiles), steps, tables)
            if self.search:
                price = self._price(point) * model.tiling.weights[kind]
                symbols = model.search(symbols, tiles, tables, steps, price, self.search)
            groups.append((symbols, tables))
        payload = entropy.encode_symbols(groups)
        return [pack(Frame(self.name, point.identity(), (steps,), count, height, width, channels, payload))]

    def decode(self, data: bytes) -> Image:
        images = self._decode(data)
        if len(images) != 1:
            raise BitstreamError(f"the stream holds {len(images)} images where one was expected")
        image: Image = images[0]
        return image

    def decode_batch(self, streams: Sequence[bytes]) -> Batch:
        return np.concatenate([self._decode(data) for data in streams])

    def overhead(self, data: bytes) -> int:
        return len(data) - len(unpack(data, self.name).payload)

    def _decode(self, data: bytes) -> Batch:
        frame = unpack(data, self.name)
        model = _model(by_identity(self.name, frame.weights))
        if len(frame.settings) != 1 or not 1 <= frame.settings[0] <= entropy.MAX_STEPS:
            raise BitstreamError(f"cvae: expected one quantiser step of 1 to {entropy.MAX_STEPS}, got {frame.settings}")
        steps = frame.settings[0]
        size = (frame.count, frame.height, frame.width, frame.channels)
        groups = list(zip(model.tiling.tile_counts(*size), model.tables(steps), strict=False))
        symbols = entropy.decode_symbols(frame.payload, groups)
        return model.tiling.join([model.synthesise(entropy.dequantise(group, steps)) for group in symbols], *size)

    def _point(self, name: str) -> Point:
        known = points(self.name, name)
        for point in known:
            if point.quality == self.quality:
                return point
        raise SettingError(f"cvae: weights {name!r} have qualities 1 to {known[-1].quality}, got {self.quality}")

    def _price(self, point: Point) -> float:
        """λ at this step, in bits per pixel for a unit of squared error in 0–255."""
        trade_off = next(entry["trade_off"] for entry in point.card["points"] if entry["quality"] == point.quality)
        # The slope of a rate–distortion curve goes with the square of the step.
        return float(trade_off) / self.step**2

    def _steps(self, point: Point) -> int:
        steps = round(point.steps * self.step)
        if not 1 <= steps <= entropy.MAX_STEPS:
            low, high = 1 / point.steps, entropy.MAX_STEPS / point.steps
            raise SettingError(f"cvae.step: expected {low:.4g} to {high:.4g} at this point, got {self.step}")
        return steps


class _Model:
    """A network with its tables, loaded once a process."""

    def __init__(self, point: Point) -> None:
        self.tiling: Tiling = TILINGS[point.card["tiling"]]()
        self.counts = point.counts()
        network = build_network(self.tiling.shape)
        network.load_weights(point.weights_path)
        self.encoder, self.decoder = network.get_layer("encoder"), network.get_layer("decoder")
        self.tables = lru_cache(maxsize=8)(self._tables)

    def _tables(self, steps: int) -> list[list[entropy.SymbolTable]]:
        return [entropy.symbol_tables(counts, steps) for counts in self.counts]

    def analyse(self, tiles: Floats) -> Floats:
        """Means of the latent, (T, 16), of tiles in 0–1."""
        return _in_chunks(lambda chunk: self.encoder(chunk)[0], tiles)

    def search(
        self, symbols: entropy.Symbols, tiles: Floats, tables: Sequence[entropy.SymbolTable], steps: int, price: float,
        passes: int,
    ) -> entropy.Symbols:
        """Symbols near the given ones of lower bits + λ · squared error, by coordinate descent.

        Args:
            symbols: (T, 16), where the search starts.
            tiles: (T, h, w, c) in 0–1, what they should decode to.
            tables, steps: of the quantiser.
            price: λ, see :meth:`Cvae._price`.
            passes: over all dimensions.
        """
        pixels = tiles.shape[1] * tiles.shape[2]

        def cost(candidates: entropy.Symbols, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
            bits = _ideal_bits(candidates, tables)
            decoded = self.synthesise(entropy.dequantise(candidates, steps))
            error = np.mean((decoded - tiles[chosen]) ** 2, axis=(1, 2, 3), dtype=np.float64)
            return np.asarray(bits + price * 255.0**2 * pixels * error)

        best, lowest = symbols.copy(), cost(symbols, np.arange(len(symbols)))
        for _ in range(passes):
            before = best.copy()
            for dimension, table in enumerate(tables):
                for change in (-1, 1):
                    shifted = best[:, dimension] + change
                    tried = np.flatnonzero((shifted >= table.lowest) & (shifted <= table.highest))
                    if not len(tried):
                        continue
                    moved = best[tried]
                    moved[:, dimension] += change
                    costs = cost(moved, tried)
                    better = costs < lowest[tried]
                    best[tried[better]], lowest[tried[better]] = moved[better], costs[better]
            if np.array_equal(best, before):
                break
        return best

    def synthesise(self, latents: Floats) -> Floats:
        """Tiles in 0–1 of latents (T, 16)."""
        return _in_chunks(self.decoder, latents)


@lru_cache(maxsize=16)
def _model(point: Point) -> _Model:
    return _Model(point)


def _ideal_bits(symbols: entropy.Symbols, tables: Sequence[entropy.SymbolTable]) -> npt.NDArray[np.float64]:
    """Code length of each row of symbols (T, 16), in bits, (T,)."""
    lengths = [table.bits()[column - table.lowest] for column, table in zip(symbols.T, tables, strict=True)]
    return np.asarray(np.sum(lengths, axis=0), dtype=np.float64)


def _in_chunks(function: Any, values: Floats) -> Floats:
    from keras import ops

    parts = [
        ops.convert_to_numpy(function(values[start : start + _CHUNK])) for start in range(0, len(values), _CHUNK)
    ]
    return np.concatenate(parts)


def build_network(shape: tuple[int, int, int]) -> Any:
    """The network of the original, to the layer, as a Keras model from tiles to tiles.

    For 28×28×1 its encoder has 424,480 parameters and its decoder 108,993.

    Args:
        shape: height, width and channels of a tile; height and width are multiples of 4.

    Returns:
        A model with the sub-models ``encoder``, (N, h, w, c) to the latent's mean and log-variance, each (N, 16), and
        ``decoder``, (N, 16) to (N, h, w, c) in 0–1. Under a mixed-precision policy the latent and the output stay in
        ``float32``.
    """
    keras = load_keras()
    layers = keras.layers
    small = (shape[0] // 4, shape[1] // 4, 64)
    strided = {"strides": 2, "padding": "same", "activation": "relu"}
    exact = "float16" if keras.config.dtype_policy().name == "float16" else "float32"

    tile = keras.Input(shape)
    x = layers.Conv2D(32, 3, **strided)(tile)
    x = layers.Conv2D(64, 3, **strided)(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    mean = layers.Dense(LATENT, name="z_mean", dtype=exact)(x)
    log_variance = layers.Dense(LATENT, name="z_log_var", dtype=exact)(x)
    encoder = keras.Model(tile, [mean, log_variance], name="encoder")

    latent = keras.Input((LATENT,))
    y = layers.Dense(int(np.prod(small)), activation="relu")(latent)
    y = layers.Conv2DTranspose(64, 3, **strided)(layers.Reshape(small)(y))
    y = layers.Conv2DTranspose(32, 3, **strided)(y)
    y = layers.Conv2DTranspose(shape[2], 3, padding="same", activation="sigmoid", dtype=exact)(y)
    decoder = keras.Model(latent, y, name="decoder")

    source = keras.Input(shape)
    return keras.Model(source, decoder(encoder(source)[0]), name="cvae")


class CvaeRecipe(Recipe):
    """How the CVAE is trained.

    Args:
        objective: ``rd`` for rate and distortion together, ``elbo`` for the original's cross-entropy + KL.
        tiling: a name of ``tiles.TILINGS``.
        epochs: of the first stage; the others, which start from a trained network, take a third. The original took 50.
        tiles_per_image: tiles cut from each photograph; images of the tile's own size are taken whole.
    """

    codec = "cvae"

    def __init__(self, objective: str, tiling: str, epochs: int, tiles_per_image: int) -> None:
        if objective not in ("rd", "elbo"):
            raise UsageError(f"objective: expected rd or elbo, got {objective!r}")
        if tiling not in TILINGS:
            raise UsageError(f"tiling: expected one of {', '.join(TILINGS)}, got {tiling!r}")
        self.objective = objective
        self.tiling_name = tiling
        self.tiling = TILINGS[tiling]
        self.epochs = epochs
        self.tiles_per_image = tiles_per_image
        self.schedule = "cosine" if objective == "rd" else "constant"
        self.patience = 6 if objective == "rd" else None

    def stages(self) -> list[Stage]:
        if self.objective == "elbo":
            return [Stage(1, self.epochs, 1e-3, None)]
        # λ falls by 2.3 from point to point: from where 16 numbers hardly gain by more bits to where most are zero.
        # Digits need a smaller λ than photographs, since their error is larger.
        top = 6e-4 if self.tiling_name == "grey28" else 4e-3
        return [
            Stage(quality, self.epochs if quality == 6 else max(1, self.epochs // 3), 3e-3, top * 2.3 ** (quality - 6))
            for quality in range(6, 0, -1)
        ]

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
        network = build_network(self.tiling.shape)
        if self.objective == "rd":
            # Rounded, a latent that starts within ±½ is zero everywhere and sends no gradient: start it wider.
            mean = network.get_layer("encoder").get_layer("z_mean")
            kernel, bias = mean.get_weights()
            mean.set_weights([16 * kernel, bias])
            network.get_layer("encoder").get_layer("z_log_var").trainable = False  # this objective has no use for it
        return network

    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        from benchmark.neural.objective import Elbo, RateDistortion

        if stage.trade_off is None:
            return Elbo(network, seed)
        return RateDistortion(network, self.tiling, stage.trade_off, seed)

    def finish(self, network: Any, stage: Stage, train: Examples, held_out: Examples, folder: Any) -> list[Any]:
        keras = load_keras()
        stem = f"q{stage.quality}" if self.objective == "rd" else "network"
        # The network that was trained may compute in half precision; the one that is used does not.
        exact = self.network()
        exact.set_weights(network.get_weights())
        keras.config.set_dtype_policy("float16")
        twin = self.network()
        keras.config.set_dtype_policy("float32")
        save_half(exact, twin, folder / f"{stem}.weights.h5")
        encoder, decoder = exact.get_layer("encoder"), exact.get_layer("decoder")

        counts = {}
        held_latents = _in_chunks(lambda chunk: encoder(chunk)[0], held_out["tile"])
        latents = _in_chunks(lambda chunk: encoder(chunk)[0], train["tile"])
        for index, kind in enumerate(self.tiling.kinds):
            counts[kind] = entropy.learn_counts(latents[train["kind"] == index])
        np.savez_compressed(folder / f"{stem}.counts.npz", **counts)  # type: ignore[arg-type]  # its other keyword is a bool

        steps = self._steps(stage)
        measured = {}
        for quality, step in steps.items():
            bits, error = np.zeros(len(held_latents)), np.zeros(len(held_latents))
            for index, kind in enumerate(self.tiling.kinds):
                chosen = held_out["kind"] == index
                tables = entropy.symbol_tables(counts[kind], step)
                symbols = entropy.quantise(held_latents[chosen], step, tables)
                bits[chosen] = _ideal_bits(symbols, tables)
                decoded = _in_chunks(decoder, entropy.dequantise(symbols, step))
                error[chosen] = np.mean((decoded - held_out["tile"][chosen]) ** 2, axis=(1, 2, 3))
            measured[quality] = (float(bits.mean()), float(error.mean()))
        # λ that holds at step 1: the one of the training, or else the slope of the curve as measured.
        at_unit_step = stage.trade_off or self._slope(measured, steps)
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

    def _steps(self, stage: Stage) -> dict[int, int]:
        """Quantiser steps, in units, of the operating points that a stage's network serves, by their quality."""
        if stage.trade_off is None:  # one network, whose latent has unit variance: the step alone sets the rate
            return dict(enumerate((64, 48, 32, 24, 16, 8, 4, 2), 1))
        unit = round(1 / entropy.STEP_UNIT)  # at which it was trained
        steps = {stage.quality + 1: unit}
        # The outermost networks serve one more point each, so that the rates span a decade.
        if stage.quality == 1:
            steps[1] = 5 * unit // 2
        if stage.quality == len(self.stages()):
            steps[stage.quality + 2] = unit // 2
        return steps

    def describe(self) -> dict[str, Any]:
        return {
            "architecture": "UNESP CVAE: encoder 424,480 and decoder 108,993 parameters for 28×28×1",
            "objective": self.objective,
            "tiling": self.tiling_name,
            "kinds": list(self.tiling.kinds),
            "tiles_per_image": self.tiles_per_image,
            "stages": [dataclasses.asdict(stage) for stage in self.stages()],
        }


def recipe(dataset: str, options: dict[str, str]) -> Recipe:
    """The recipe for a data set, changed by options from the command line.

    Args:
        dataset: as named on the command line.
        options: ``objective``, ``tiling``, ``epochs``, ``tiles_per_image``.
    """
    known = {"objective", "tiling", "epochs", "tiles_per_image"}
    unknown = set(options) - known
    if unknown:
        raise UsageError(f"cvae has no training option {min(unknown)!r}; it has {', '.join(sorted(known))}")
    small = dataset.partition(":")[0] in ("mnist", "fashion-mnist")
    chosen = {
        "objective": "rd",
        "tiling": "grey28" if small else "planes28",
        "epochs": "24",
        "tiles_per_image": "200",
        **options,
    }
    try:
        return CvaeRecipe(
            chosen["objective"], chosen["tiling"], int(chosen["epochs"]), int(chosen["tiles_per_image"])
        )
    except ValueError:
        raise UsageError("epochs and tiles_per_image: expected whole numbers") from None
