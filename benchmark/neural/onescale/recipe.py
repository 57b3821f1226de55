"""How ``learned-onescale`` is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.errors import UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.klt.start import BLOCK, blocks_of, klt
from benchmark.neural.onescale import coder
from benchmark.neural.onescale.build import build
from benchmark.neural.onescale.model import MOST_CHANNELS, MOST_HIDDEN, QUALITIES, Model
from benchmark.neural.training.crops import Crops, blocks
from benchmark.neural.training.recipe import LOOP_OPTIONS, Examples, Recipe, Source, Stage

STEM = "network"
WIDTHS = ("width", "blocks", "deep_blocks", "latent", "hidden")
"""Options that are fields of ``network.Widths``."""

_START_BLOCKS = 100_000
"""Blocks of which the KLT is learned."""
_WATCHED = (8, 24, 40, 56)
"""Qualities at which held-out blocks are coded to judge a training."""
_WATCHED_PIXELS = 1 << 20


class OneScaleRecipe(Recipe):
    """How it is trained, all qualities at once.

    Options: ``width``, ``blocks``, ``deep_blocks``, ``latent`` and ``hidden``, see ``network.Widths``; ``price`` and
    ``price_last``, λ of the first and the last quality; ``crop``, side of a crop, a multiple of 32; ``block``, side of
    the blocks that crops are drawn from, and ``limit``, how many at most; ``downscale``, the smallest factor by which
    crops are made smaller; ``batch_size``; ``epochs`` of ``steps`` batches; ``learning_rate``; and those of
    ``recipe.LOOP_OPTIONS``.

    Raises:
        UsageError: an option that is not known, or a value that makes no sense.
    """

    codec = "learned-onescale"
    patience = None
    clip_norm = 1.0
    validation_share = 1 / 40
    own_options: ClassVar[dict[str, str]] = {
        "width": "256",
        "blocks": "4",
        "deep_blocks": "1",
        "latent": "128",
        "hidden": "128",
        "price": "1500",
        "price_last": "2.5",
        "crop": "256",
        "block": "512",
        "limit": "1000000",
        "downscale": "0.5",
        "batch_size": "8",
        "epochs": "30",
        "steps": "500",
        "learning_rate": "1e-3",
        **LOOP_OPTIONS,
        "warmup_steps": "100",
    }

    def __init__(self, options: Mapping[str, str]) -> None:
        self.take_options(options, self.own_options)
        most = {"latent": MOST_CHANNELS, "hidden": MOST_HIDDEN}
        self.widths = {name: self.whole(name, most=most.get(name)) for name in WIDTHS}
        self.crop, self.block, self.limit = (self.whole(name) for name in ("crop", "block", "limit"))
        self.batch_size, self.epoch_steps = self.whole("batch_size"), self.whole("steps")
        self.prices = self.number("price"), self.number("price_last")
        self.downscale = self.number("downscale")
        if not 0.1 <= self.downscale <= 1:
            raise UsageError(f"downscale: expected a factor from 0.1 to 1, got {self.options['downscale']!r}")
        if self.crop % (2 * BLOCK) or self.block % BLOCK:
            raise UsageError(
                f"expected a crop of a multiple of 32 and a block of one of 16, got {self.crop} and {self.block}"
            )
        self._stages = [Stage(1, self.whole("epochs"), self.number("learning_rate"), None)]
        self._start: Any = None
        self._exact: Any = None

    def stages(self) -> Sequence[Stage]:
        return self._stages

    def examples(self, images: Iterable[Batch], rng: np.random.Generator) -> Examples:
        return {"image": blocks(images, self.crop, self.block, self.limit)}

    def prepare(self, examples: Examples) -> None:
        load_keras()
        from benchmark.neural.onescale.network import Start

        found = blocks_of(examples["image"], _START_BLOCKS, np.random.default_rng(0))
        mean, basis = klt(found, self.widths["latent"])
        self._start = Start(mean, basis, np.std((found - mean) @ basis, axis=0) + np.float32(1e-3))

    def source(self, examples: Examples, *, training: bool) -> Source:
        crops = Crops(examples["image"], self.crop, self.downscale if training else 1.0)

        def drawn(chosen: npt.NDArray[np.int64], rng: np.random.Generator) -> dict[str, Any]:
            quality = rng.integers(0, QUALITIES, len(chosen), dtype=np.int32)
            return {**crops(chosen, rng), "quality": quality}

        return drawn

    def network(self) -> Any:
        network = build(self.widths)
        network.begin_from(self._start)
        return network

    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        from benchmark.neural.onescale.objective import RateDistortion

        return RateDistortion(network, *self.prices, seed)

    def _full(self, network: Any) -> Any:
        """A network with the same weights that computes in full precision."""
        if self._exact is None:
            self._exact = build(self.widths)
            self._exact.trainable = False
        self._exact.set_weights(network.get_weights())
        return self._exact

    def held_out_points(self, network: Any, stage: Stage, held_out: Examples) -> list[dict[str, float]]:
        """Mean rate of real payloads and mean PSNR over held-out blocks, at a few qualities."""
        exact = self._full(network)
        return self._points(exact.transform, exact.contexts.integers(), held_out)

    def _points(self, transform: Any, model: Model, held_out: Examples) -> list[dict[str, float]]:
        images = held_out["image"]
        images = images[: max(1, _WATCHED_PIXELS // (images.shape[1] * images.shape[2]))]
        found = []
        for quality in _WATCHED:
            symbols = transform.symbols(images, quality)
            coded = sum(len(coder.encode(one[np.newaxis], model, quality)) for one in symbols)
            error = (transform.pixels(symbols, quality).astype(np.float32) - images) ** 2
            means = np.maximum(np.mean(error, axis=(1, 2, 3), dtype=np.float64), 1e-3)
            found.append(
                {
                    "bpp": 8 * coded / (images.size / 3),
                    "psnr": float(np.mean(10 * np.log10(255.0**2 / means))),
                }
            )
        return found

    def finish(self, network: Any, stage: Stage, train: Examples, held_out: Examples, folder: Path) -> list[Any]:
        from benchmark.neural.weights import save_weights

        exact = self._full(network)
        save_weights(exact.transform, folder / f"{STEM}.weights.npz", self.storage)
        model = exact.contexts.integers()
        model.save(folder / f"{STEM}.contexts.npz")
        measured = [
            {"quality": quality, **{name: round(value, 4) for name, value in point.items()}}
            for quality, point in zip(_WATCHED, self._points(exact.transform, model, held_out), strict=True)
        ]
        return [{"quality": 1, "stem": STEM, "validation": measured}]

    def describe(self) -> dict[str, Any]:
        return {
            "architecture": "depthwise residual blocks on one scale beside a linear transform, with an entropy model "
            "in integers",
            "widths": self.widths,
            "options": self.options,
        }
