"""How codecs with a binary code are trained."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmark.codec import Batch
from benchmark.errors import UsageError
from benchmark.neural.levels.network import codes_of, earlier, images_of
from benchmark.neural.streams.bit_fit import fit_bit_model
from benchmark.neural.streams.bits import encode_bits
from benchmark.neural.training.crops import Crops, blocks
from benchmark.neural.training.recipe import LOOP_OPTIONS, Examples, Recipe, Source, Stage
from benchmark.neural.training.schedules import SCHEDULES
from benchmark.neural.weights import load_weights, points, save_weights

STEM = "network"
"""File name of the weights of a set, without its endings."""
_WATCHED = 1 << 20
"""Pixels of held-out blocks on which a training is watched."""

OPTIONS: Mapping[str, str] = {
    "crop": "32",
    "batch_size": "32",
    "epochs": "20",
    "steps": "500",
    "learning_rate": "1e-3",
    "schedule": "cosine",
    "loss": "mse",
    "bits": "sign",
    "limit": "1000000",
    "block": "",
    "downscale": "1",
    "start": "",
    **LOOP_OPTIONS,
}
"""Options of every recipe and their defaults: side of a crop in pixels, crops of a batch, epochs and batches in
each, learning rate and its schedule, loss (see ``Distortion``), ``stochastic`` or ``sign`` bits while training, how
many blocks are taken of the data at most, the side of a block (twice that of a crop), the smallest factor by which
crops are made smaller, drawn anew for each (1 for never), a set of weights of the same network to start from, if any,
and those of ``recipe.LOOP_OPTIONS``."""


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
    learned_pixels = 1 << 25
    """Pixels of which the models of bits are learned."""
    least_epochs: ClassVar[int] = 1
    """0 where there are other stages than these."""
    own_options: ClassVar[Mapping[str, str]] = {}
    """Options that a codec adds, or gives other defaults."""

    def __init__(self, options: Mapping[str, str]) -> None:
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
                model = fit_bit_model(codes[level], earlier(codes, level), seed=level)
                model.save(folder / f"{STEM}.bits{level + 1:02d}.npz")
                payload = encode_bits(held_codes[level], model, earlier(held_codes, level))
                figures["bits_per_code_bit"] = round(8 * len(payload) / held_codes[level].size, 4)
            decoded = images_of(exact, held_codes[: level + 1], self.describe()["stride"])
            figures["psnr_of_mean_error"] = round(_psnr(decoded, held_out["image"]), 3)
            measured.append(figures)
        return [{"quality": 1, "stem": STEM, "validation": measured}]


def _psnr(images: Batch, reference: Batch) -> float:
    """Of the mean error over all images, in dB."""
    error = np.mean((images.astype(np.float32) - reference) ** 2, dtype=np.float64)
    return 10 * float(np.log10(255.0**2 / error))
