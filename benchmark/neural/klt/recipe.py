"""How form ``klt`` of the codec ``rnn`` is trained: all levels together, then the restoration behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.klt.build import build_klt
from benchmark.neural.klt.examples import DecodedCrops, decoded, errors_of_levels
from benchmark.neural.klt.start import BLOCK, Start, blocks_of, linear_start
from benchmark.neural.levels.codec import MOST_LEVELS
from benchmark.neural.levels.recipe import LevelRecipe
from benchmark.neural.training.recipe import Examples, Source, Stage

_START_BLOCKS = 100_000
"""Blocks of which the linear start is learned."""
_WATCHED_TILES = 6
"""Held-out blocks on which a training is watched."""

_RESTORED, _RESTORED_CROP = 8, 96
"""Crops of a batch on which the restoration is trained, and their side: many small steps learn more in a time."""

_LEVELS, _RESTORATION = 1, 2
"""Stages."""


class KltRecipe(LevelRecipe):
    """How it is trained.

    Options of its own: the widths of the network, see ``klt.Widths``; ``cell``, its recurrent cell; ``price`` and
    ``price_last``, λ of the first level and of the last, with a straight line between; ``first_weight``, by how much
    more the first two levels count than the others; ``restoration_epochs`` and ``restoration_rate``, epochs and
    learning rate of the second stage.
    """

    codec = "rnn"
    least_epochs = 0
    validation_share = 1 / 40
    learned_pixels = 512 << 18
    own_options: ClassVar[dict[str, str]] = {
        "form": "klt",
        "coefficients": "384",
        "context": "256",
        "hidden": "256",
        "narrow": "128",
        "restoration": "48",
        "levels": "10",
        "cell": "gated",
        "price": "0.8",
        "price_last": "0.8",
        "first_weight": "1",
        "crop": "96",
        "block": "512",
        "batch_size": "4",
        "learning_rate": "4e-3",
        "warmup_steps": "20",
        "epochs": "30",
        "restoration_epochs": "10",
        "restoration_rate": "2e-3",
    }

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(options)
        self.pick("form", ("klt",))
        if unused := {"loss", "bits"} & options.keys():
            raise UsageError(f"{' and '.join(sorted(unused))}: form klt has its own objective; leave this out")
        self.cell = self.pick("cell", ("gated", "lstm"))
        self.widths = {name: self.whole(name) for name in ("hidden", "narrow", "restoration")}
        self.widths["coefficients"] = self.whole("coefficients", most=3 * BLOCK**2)
        self.widths["context"] = self.whole("context", most=self.widths["coefficients"])
        self.widths["levels"] = self.whole("levels", most=MOST_LEVELS)
        self._stages = self.with_epochs(
            [
                Stage(_LEVELS, self.epochs, self.learning_rate, None),
                Stage(_RESTORATION, self.whole("restoration_epochs", least=0), self.number("restoration_rate"), None),
            ]
        )
        price, last = self.number("price", zero=True), self.number("price_last", zero=True)
        self.prices = np.linspace(price, last, self.widths["levels"])
        self.first_weight = self.number("first_weight", zero=True)
        if self.crop % 16 or self.block % 16:
            raise UsageError(f"crop and block: expected multiples of 16, got {self.crop} and {self.block}")
        self.start: Start | None = None
        self._decoded: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None = None

    def stages(self) -> Sequence[Stage]:
        return self._stages

    def levels(self, stage: Stage) -> int:
        return self.widths["levels"]

    def prepare(self, examples: Examples) -> None:
        if not self.options["start"]:
            blocks = blocks_of(examples["image"], _START_BLOCKS, np.random.default_rng(0))
            self.start = linear_start(blocks, self.widths["coefficients"], 32, self.widths["levels"])

    def build(self) -> Any:
        return build_klt(self.widths, self.cell)

    def network(self) -> Any:
        network = super().network()
        if self.start is not None:
            network.begin_from(self.start)
        return network

    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        from benchmark.neural.klt.objective import LevelsObjective, RestorationObjective

        if stage.quality == _LEVELS:
            return LevelsObjective(network, self.prices, self.first_weight)
        return RestorationObjective(network)

    def enter(self, stage: Stage, network: Any, examples: Examples, held_out: Examples, scratch: Path) -> None:
        """Decodes the images at all levels for the restoration, or finds them decoded."""
        self._decoded = None
        if stage.quality == _RESTORATION:
            exact = self.exact(network)
            parts = (("train", examples), ("held-out", held_out))
            train, held = (decoded(exact, rows["image"], scratch / f"decoded-{part}.npy") for part, rows in parts)
            self._decoded = train, held
            network.restoration.errors.assign(np.array(errors_of_levels(train), np.float32))

    def source(self, examples: Examples, *, training: bool) -> Source:
        if self._decoded is None:
            return super().source(examples, training=training)
        return DecodedCrops(self._decoded[0 if training else 1], _RESTORED_CROP, _RESTORED if training else 0)

    def held_out_points(self, network: Any, stage: Stage, held_out: Examples) -> list[dict[str, float]]:
        """Estimated rate and the PSNR of restored images, the mean over held-out blocks."""
        from keras import ops

        exact, images, count = self.exact(network), held_out["image"][:_WATCHED_TILES], self.widths["levels"]
        rates, qualities = np.zeros(count), np.zeros(count)
        for image in images[:, None]:
            coefficients, bits = exact.levels(exact.coefficients(image.astype(np.float32)), count)
            rates += np.cumsum([float(rate) for rate in bits]) / (BLOCK**2 * len(images))
            for level, found in enumerate(coefficients):
                restored = ops.convert_to_numpy(exact.restoration(exact.pixels(found), np.array([level], np.int32)))
                error = np.mean((np.clip(np.rint(restored), 0, 255) - image) ** 2)
                qualities[level] += 10 * np.log10(255.0**2 / error) / len(images)
        return [{"bpp": float(rate), "psnr": float(psnr)} for rate, psnr in zip(rates, qualities, strict=True)]

    def describe(self) -> dict[str, Any]:
        return {
            "architecture": "recurrent residual autoencoder in a KLT domain, with restoration: a relative of that of "
            "Toderici et al. (2015, 2017)",
            "form": "klt",
            "widths": self.widths,
            "cell": self.cell,
            "stride": 16,
            "channels": 32,
            "levels": self.widths["levels"],
            "binary": True,
            "options": self.options,
        }
