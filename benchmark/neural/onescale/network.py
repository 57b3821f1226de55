"""The transform of ``learned-onescale``. Importing this loads Keras.

All layers work on one small grid, in the manner of recent codecs for real time (Jia et al. 2025): pixels become 192
channels of 8×8, blocks of depthwise and pointwise convolutions follow, and one step down gives latents on a grid of
16×16 pixels; the synthesis is the mirror image. Beside it goes a linear transform of 16×16 blocks, which starts as
their KLT; what the network adds to either end starts at zero.

Latents are divided by quantiser steps, one for each quality and channel, that are learned as in Cui et al. (2021):
logarithms in a small table, with straight lines between. Networks are told the quality by a gain and an offset of
their channels, in tables of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.codec import Batch
from benchmark.neural.backend import at_once
from benchmark.neural.complexity import chain_macs
from benchmark.neural.klt.start import BLOCK
from benchmark.neural.onescale.contexts import ContextNetwork
from benchmark.neural.onescale.model import QUALITIES
from benchmark.neural.onescale.tables import MOST

FIRST_STEP, LAST_STEP = 200.0, 8.0
"""Quantiser steps of quality 0 and 63 at the start, in grey levels of an orthonormal transform."""
KNOTS = 8
"""Qualities at which the tables have entries, evenly spaced."""

_PATCH = 8
"""Side of the pixels that the network takes as one place."""
_HELD = 1024.0
"""The linear transform is held so many times larger. A step of the optimiser does not depend on a variable's size, and
most of a block is its mean colour, of which small changes of all coefficients would leak more than a quantiser step."""
_ADDED = 4.0
"""Grey levels in a unit of what the network adds."""
_SPREAD = 64.0
"""Grey levels in a unit of what the network sees."""
_CHUNK = 1 << 20
"""Pixels that go through the network at once, or one image."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Widths:
    """Sizes of the network.

    Attributes:
        width: channels of the blocks.
        blocks: how many blocks analysis and synthesis have each, where a place stands for 8×8 pixels.
        deep_blocks: the same where a place stands for 16×16 pixels.
        latent: channels of the latents.
        hidden: units of each layer of the entropy model.
    """

    width: int = 256
    blocks: int = 4
    deep_blocks: int = 1
    latent: int = 128
    hidden: int = 128


@dataclass(frozen=True)
class Start:
    """A linear transform to start from, ``float32``.

    Attributes:
        mean: the mean of a block's samples, shape (768,), in rows, columns, colours, 0–255.
        basis: shape (768, C), orthonormal columns.
        deviations: the standard deviations of the coefficients, shape (C,).
    """

    mean: Floats
    basis: Floats
    deviations: Floats


def to_depth(images: Any, side: int) -> Any:
    """(N, H, W, C) to (N, H/side, W/side, side² C), in rows, columns, channels."""
    count, height, width, channels = images.shape
    grid = ops.reshape(images, (count, height // side, side, width // side, side, channels))
    grid = ops.transpose(grid, (0, 1, 3, 2, 4, 5))
    return ops.reshape(grid, (count, height // side, width // side, side**2 * channels))


def to_space(values: Any, side: int) -> Any:
    """Inverse of :func:`to_depth`."""
    count, height, width, depth = values.shape
    grid = ops.reshape(values, (count, height, width, side, side, depth // side**2))
    grid = ops.transpose(grid, (0, 1, 3, 2, 4, 5))
    return ops.reshape(grid, (count, height * side, width * side, depth // side**2))


def knot_weights(quality: Any) -> Any:
    """How much each entry of a table counts at qualities (N,): (N, knots), of which each row sums to 1."""
    place = ops.cast(quality, "float32") * ((KNOTS - 1) / (QUALITIES - 1))
    return ops.maximum(0.0, 1.0 - ops.abs(place[:, None] - ops.arange(KNOTS, dtype="float32")))


def _pointwise(source: int, target: int, start: Any = "he_normal") -> Any:
    layer = keras.layers.Conv2D(target, 1, kernel_initializer=start)
    layer.build((None, None, None, source))
    return layer


class Block(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Adds to its input what a depthwise 3×3 between two pointwise convolutions makes of it; then, three times wider,
    what two pointwise ones make of each place.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        faint = keras.initializers.VarianceScaling(0.1)
        self.before, self.after = _pointwise(width, width), _pointwise(width, width, faint)
        self.widen, self.narrow = _pointwise(width, 3 * width), _pointwise(3 * width, width, faint)
        self.kernel = self.add_weight(
            shape=(3, 3, width), initializer=keras.initializers.RandomNormal(stddev=1 / 3), name="kernel"
        )
        self.built = True

    def call(self, values: Any) -> Any:
        values = values + self.after(self._depthwise(ops.relu(self.before(values))))
        return values + self.narrow(ops.relu(self.widen(values)))

    def _depthwise(self, values: Any) -> Any:
        kernel = ops.convert_to_tensor(self.kernel)
        if keras.config.backend() != "jax":
            return ops.depthwise_conv(values, kernel[..., None], padding="same", data_format="channels_last")
        # With JAX on a GPU, the gradient of a grouped convolution takes as long as that of a full one (jax-ml/jax issue
        # 13800); nine shifted products are fused into one pass.
        height, width = values.shape[1:3]
        padded = ops.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)))
        total: Any = 0.0
        for row in range(3):
            for column in range(3):
                total = total + padded[:, row : row + height, column : column + width] * kernel[row, column]
        return total

    def macs(self, rows: int, columns: int) -> int:
        """Multiply–accumulates for so many places."""
        places = rows * columns
        pointwise = (self.before, self.after, self.widen, self.narrow)
        kernels = [self.kernel, *(layer.kernel for layer in pointwise)]
        return places * sum(int(np.prod(kernel.shape)) for kernel in kernels)


class Modulation(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A gain and an offset of each channel by quality; it starts by changing nothing.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.table = self.add_weight(shape=(KNOTS, 2 * width), initializer="zeros", name="modulation")
        self.built = True

    def call(self, values: Any, weights: Any) -> Any:
        """Modulated values (N, h, w, C); weights as of :func:`knot_weights`."""
        gain, offset = ops.split(ops.matmul(weights, self.table)[:, None, None], 2, axis=-1)
        return values * (1 + gain) + offset


class Transform(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Images to latents in steps, and back. It needs :meth:`begin_from`, or trained weights.

    Linear transform and steps are ``float32`` under any policy of precision.

    Args:
        widths: the widths of its layers.
    """

    def __init__(self, widths: Widths) -> None:
        super().__init__(dtype="float32")
        width, latent = widths.width, widths.latent
        layers, samples, patch = keras.layers, 3 * BLOCK**2, 3 * _PATCH**2

        def table(name: str, *shape: int, trainable: bool = True) -> Any:
            return self.add_weight(shape=shape, initializer="zeros", trainable=trainable, name=name)

        self.mean = table("mean", samples, trainable=False)
        self.deviations = table("deviations", latent, trainable=False)
        self.to_latent = table("to_latent", samples, latent)
        self.to_samples = table("to_samples", latent, samples)
        self.lowest = table("lowest", latent)
        self.rises = table("rises", KNOTS - 1, latent)

        self.analysis_first = _pointwise(patch, width)
        self.analysis_blocks = [Block(width) for _ in range(widths.blocks)]
        self.down = layers.Conv2D(width, 2, 2)
        self.down.build((None, None, None, width))
        self.analysis_deep = [Block(width) for _ in range(widths.deep_blocks)]
        self.analysis_modulation = Modulation(width)
        self.analysis_last = _pointwise(width, latent, "zeros")

        self.synthesis_first = _pointwise(latent, width)
        self.deep_modulation = Modulation(width)
        self.synthesis_deep = [Block(width) for _ in range(widths.deep_blocks)]
        self.up = _pointwise(width, 4 * width)
        self.synthesis_blocks = [Block(width) for _ in range(widths.blocks)]
        self.synthesis_modulation = Modulation(width)
        self.synthesis_last = _pointwise(width, patch, "zeros")
        self.built = True

    def begin_from(self, start: Start) -> None:
        """Takes over a linear transform; steps are those of all channels alike."""
        self.mean.assign(start.mean)
        self.deviations.assign(start.deviations)
        self.to_latent.assign(_HELD * start.basis)
        self.to_samples.assign(_HELD * start.basis.T)
        rise = np.log(FIRST_STEP / LAST_STEP) / (KNOTS - 1)
        self.lowest.assign(np.full(self.lowest.shape, -np.log(FIRST_STEP)))
        self.rises.assign(np.full(self.rises.shape, np.log(np.expm1(rise))))

    def scales(self, quality: Any) -> Any:
        """Inverse steps at qualities (N,): (N, 1, 1, C). They grow with the quality."""
        rises = ops.concatenate([self.lowest[None], ops.softplus(self.rises)], axis=0)
        logarithms = ops.cumsum(rises, axis=0)
        return ops.exp(ops.matmul(knot_weights(quality), logarithms))[:, None, None]

    def analyse(self, images: Any, quality: Any) -> Any:
        """Latents in steps, not rounded, ``float32`` (N, H/16, W/16, C).

        Args:
            images: ``float32`` (N, H, W, 3) in 0–255, sides multiples of 16.
            quality: the quality of each, 0–63, (N,).
        """
        values = self.analysis_first(to_depth((images - 128.0) / _SPREAD, _PATCH))
        values = _through(self.analysis_blocks, values)
        values = _through(self.analysis_deep, self.down(values))
        added = self.analysis_last(self.analysis_modulation(values, knot_weights(quality)))
        linear = ops.matmul(to_depth(images, BLOCK) - self.mean, self.to_latent) / _HELD
        return (linear + _ADDED * ops.cast(added, "float32")) * self.scales(quality)

    def synthesise(self, symbols: Any, quality: Any) -> Any:
        """Images in about 0–255, ``float32`` (N, H, W, 3), of latents in steps, and qualities (N,)."""
        latents, weights = symbols / self.scales(quality), knot_weights(quality)
        values = self.deep_modulation(self.synthesis_first(latents / self.deviations), weights)
        values = to_space(self.up(_through(self.synthesis_deep, values)), 2)
        values = self.synthesis_modulation(_through(self.synthesis_blocks, values), weights)
        added = to_space(ops.cast(self.synthesis_last(values), "float32"), _PATCH)
        return to_space(ops.matmul(latents, self.to_samples) / _HELD + self.mean, BLOCK) + _ADDED * added

    def symbols(self, images: Batch, quality: int) -> npt.NDArray[np.int32]:
        """Latents in whole steps, ``int32`` (N, H/16, W/16, C), of images (N, H, W, 3) whose sides are whole blocks."""
        parts = []
        for chunk in _chunks(len(images), images.shape[1] * images.shape[2]):
            part = ops.convert_to_tensor(images[chunk].astype(np.float32))
            parts.append(ops.convert_to_numpy(self.analyse(part, np.full(len(part), quality, np.float32))))
        return np.asarray(np.clip(np.rint(np.concatenate(parts)), -MOST, MOST), dtype=np.int32)

    def pixels(self, symbols: npt.NDArray[np.int32], quality: int) -> Batch:
        """Images, ``uint8`` (N, H, W, 3), that latents in whole steps stand for."""
        count, rows, columns, _ = symbols.shape
        out = np.empty((count, BLOCK * rows, BLOCK * columns, 3), np.uint8)
        for chunk in _chunks(count, out.shape[1] * out.shape[2]):
            part = ops.convert_to_tensor(symbols[chunk].astype(np.float32))
            decoded = ops.convert_to_numpy(self.synthesise(part, np.full(len(part), quality, np.float32)))
            out[chunk] = np.clip(np.rint(decoded), 0, 255)
        return out

    def macs(self, height: int, width: int) -> tuple[int, int]:
        """Multiply–accumulates of analysis and synthesis for an image of whole blocks."""
        grid, deep = ((height // side, width // side) for side in (_PATCH, BLOCK))

        def work(layer: Any, places: tuple[int, int]) -> int:
            return chain_macs([layer], (*places, int(layer.kernel.shape[2])))[0]

        linear = deep[0] * deep[1] * int(np.prod(self.to_latent.shape))
        analysis = linear + work(self.analysis_first, grid) + work(self.down, grid) + work(self.analysis_last, deep)
        synthesis = linear + work(self.synthesis_first, deep) + work(self.up, deep) + work(self.synthesis_last, grid)
        return (
            analysis + _macs(self.analysis_blocks, grid) + _macs(self.analysis_deep, deep),
            synthesis + _macs(self.synthesis_blocks, grid) + _macs(self.synthesis_deep, deep),
        )


class OneScaleNetwork(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """All that is trained: the transform and the entropy model.

    Args:
        widths: the widths of its layers.
    """

    def __init__(self, widths: Widths) -> None:
        super().__init__(dtype="float32")
        self.transform = Transform(widths)
        self.contexts = ContextNetwork(widths.latent, widths.hidden)
        self.built = True

    def begin_from(self, start: Start) -> None:
        """Takes over a linear transform, and deviations of its coefficients for the entropy model."""
        self.transform.begin_from(start)
        self.contexts.begin_from(start.deviations, FIRST_STEP, LAST_STEP)


def _through(blocks: Iterable[Any], values: Any) -> Any:
    for block in blocks:
        values = block(values)
    return values


def _macs(blocks: Iterable[Block], places: tuple[int, int]) -> int:
    return sum(block.macs(*places) for block in blocks)


def _chunks(count: int, pixels: int) -> Iterator[slice]:
    size = max(1, at_once(_CHUNK) // pixels)
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
