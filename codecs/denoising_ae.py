"""The denoising autoencoder for Fashion-MNIST, its feature map quantised and entropy-coded."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from benchmark.codec import setting
from benchmark.errors import UsageError
from benchmark.neural.latent.fashion import FashionCodec, FashionRecipe, build_autoencoder
from benchmark.neural.training.recipe import Examples

NOISE = 0.3
"""Standard deviation of the noise that it is trained to remove, on the scale of 0–1."""


def build_network(shape: tuple[int, int, int]) -> Any:
    """The network with dropout of a quarter, see :func:`benchmark.neural.latent.fashion.build_autoencoder`."""
    return build_autoencoder(shape, dropout=0.25)


@dataclasses.dataclass(frozen=True)
class DenoisingAe(FashionCodec):
    """Convolutional autoencoder that removes noise, with a range-coded feature map.

    Defaults: ``weights="mse"`` was trained by the original's objective, squared error alone, from a picture with
    Gaussian noise of standard deviation 0.3 (of 1) to the picture without. No set for rate and distortion together
    comes along.
    ``quality`` chooses an operating point of the set. ``step`` makes the quantiser wider (above 1) or narrower (below
    1).

    Known limits: grey images alone. It takes fine texture for noise, and was trained on clothing: photographs come out
    badly.
    """

    name = "denoising-ae"
    summary = "denoising autoencoder on 28×28 grey tiles, range-coded 4×4×128 feature map; for noisy Fashion-MNIST"
    build_network = staticmethod(build_network)

    weights: str = setting("mse")

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> DenoisingAeRecipe:
        return DenoisingAeRecipe(dataset, options)


class DenoisingAeRecipe(FashionRecipe):
    """How it is trained: the original took up to 60 epochs, and ended after 15 without gain; noise is always fresh.

    Args:
        dataset: see :class:`benchmark.neural.latent.recipe.LatentRecipe`.
        options: the options named there, and ``clean``: the share of examples that are left without noise, 0 as in the
            original.
    """

    codec = "denoising-ae"
    build_network = staticmethod(build_network)
    architecture = "denoising autoencoder: 342,049 parameters, dropout 0.25 after both convolutions of 128 channels"
    default_epochs: ClassVar[dict[str, int]] = {"mse": 60, "rd": 6}
    patience = 15

    def __init__(self, dataset: str, options: Mapping[str, str]) -> None:
        super().__init__(dataset, {name: value for name, value in options.items() if name != "clean"})
        text = options.get("clean", "0")
        try:
            self.clean = float(text)
        except ValueError:
            self.clean = math.nan
        if not 0 <= self.clean <= 1:
            raise UsageError(f"clean: expected a share of the examples, 0 to 1, got {text!r}")

    def batch(self, rows: Examples, rng: np.random.Generator) -> Examples:
        """The examples with noise, clipped to 0–1, as what the network sees."""
        noise = rng.standard_normal(rows["tile"].shape, dtype=np.float32)
        if self.clean:
            noise[rng.random(len(noise)) < self.clean] = 0
        return {**rows, "source": np.clip(rows["tile"] + np.float32(NOISE) * noise, 0, 1)}

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), **({"clean": self.clean} if self.clean else {})}
