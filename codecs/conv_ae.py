"""The convolutional autoencoder for Fashion-MNIST, its feature map quantised and entropy-coded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from benchmark.codec import setting
from benchmark.colour.convert import Floats
from benchmark.neural.latent.fashion import FashionCodec, FashionRecipe, build_autoencoder
from benchmark.neural.latent.network import Network
from benchmark.neural.latent.search import by_gradient
from benchmark.neural.streams.entropy import Symbols
from benchmark.neural.weights import TrainedPoint


def build_network(shape: tuple[int, int, int]) -> Any:
    """The network without dropout, see :func:`benchmark.neural.latent.fashion.build_autoencoder`."""
    return build_autoencoder(shape, dropout=None)


@dataclasses.dataclass(frozen=True)
class ConvAe(FashionCodec):
    """Convolutional autoencoder with a range-coded feature map.

    Defaults: ``weights="rd"`` was trained for rate and distortion together; ``mse`` is the original recipe, squared
    error alone. ``quality`` chooses an operating point of the set. ``step`` makes the quantiser wider (above 1) or
    narrower (below 1); ``rd`` hardly bears that. ``search`` is the number of steps in which the encoder improves the
    feature map along the gradient of bits + λ·MSE, where λ is ``price`` times the λ of the training. The search is off
    by default, for speed. The encoder with its pooling finds far worse feature maps than there are: sixty steps halve
    the error. A higher price than in the training brings still more quality for a bit.

    The original keeps a tile's 4×4×128 feature map as floats: 83.6 bits a pixel, where the picture has 8.

    Known limits: grey images alone. The codec was trained on clothing, so photographs come out badly.
    """

    name = "conv-ae"
    summary = "convolutional autoencoder on 28×28 grey tiles, range-coded 4×4×128 feature map; for Fashion-MNIST"
    build_network = staticmethod(build_network)

    search: int = setting(0, low=0, high=10_000)
    price: float = setting(3.0, low=0.01, high=100)

    def symbols(self, latents: Floats, tiles: Floats, kind: int, point: TrainedPoint, network: Network) -> Symbols:
        if not self.search:
            return super().symbols(latents, tiles, kind, point, network)
        tables = network.tables(self._steps(point))[kind]
        objective = self._objective(kind, point, network)
        objective = dataclasses.replace(objective, price=self.price * objective.price)
        return by_gradient(latents, tiles, network.decoder, tables, objective, self.search)

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> ConvAeRecipe:
        return ConvAeRecipe(dataset, options)


class ConvAeRecipe(FashionRecipe):
    """How it is trained: the original took up to 50 epochs, and ended after 10 without gain."""

    codec = "conv-ae"
    build_network = staticmethod(build_network)
    architecture = "convolutional autoencoder: 342,049 parameters"
    default_epochs: ClassVar[dict[str, int]] = {"mse": 50, "rd": 6}
    patience = 10
