"""A small network that repairs decoded images in the pixel domain. Importing this module loads Keras."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from benchmark.neural.complexity import chain_macs
from benchmark.neural.levels.recurrent import depth_to_space

_WINDOW = 9
"""Side of the window of which the local mean is taken: 8 + 1, see ``_sums``."""
_STEPS = 2
"""Residual steps of two convolutions each."""


class Restoration(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Adds to an image what is likely missing, given at which level it was decoded.

    It works on 2×2 pixels at a time, on what differs from the local mean in units of the level's error, compressed by a
    logarithm, so that one set of filters serves all levels; scales and offsets of the channels are each level's own.
    It starts by adding nothing.

    Args:
        channels: how many channels its inner layers have.
        levels: how many there are.
    """

    def __init__(self, channels: int, levels: int) -> None:
        super().__init__()
        self.errors = self.add_weight(
            shape=(levels,), initializer="ones", trainable=False, name="errors", dtype="float32"
        )
        """Root mean squared error of each level before it is restored, in units of pixels."""
        self.scales = self.add_weight(shape=(levels, _STEPS + 1, 2, channels), initializer="zeros", name="scales")
        zeros = {"kernel_initializer": "zeros"}
        self.first = keras.layers.Conv2D(channels, 3, padding="same")
        self.inner = [keras.layers.Conv2D(channels, 3, padding="same") for _ in range(2 * _STEPS)]
        self.last = keras.layers.Conv2D(12, 3, padding="same", **zeros)
        for layer, inputs in zip(self.convolutions, [12, *[channels] * (2 * _STEPS + 1)], strict=True):
            layer.build((None, None, None, inputs))
        self.built = True

    @property
    def convolutions(self) -> list[Any]:
        """All layers in order."""
        return [self.first, *self.inner, self.last]

    def call(self, images: Any, level: Any) -> Any:
        """Restored images.

        Args:
            images: the images, in about 0–255, (N, H, W, 3), sides even and at least 8.
            level: index of each image's last level, ``int32`` (N,).
        """
        unit = ops.reshape(ops.take(self.errors, level), (-1, 1, 1, 1))
        scales = ops.cast(ops.take(self.scales, level, axis=0), self.compute_dtype)[:, :, :, None, None]

        def modulated(values: Any, step: int) -> Any:
            return ops.relu(values * (1 + scales[:, step, 0]) + scales[:, step, 1])

        detail = (images - _local_mean(images)) * (4 / unit)
        detail = ops.cast(ops.sign(detail) * ops.log1p(ops.abs(detail)), self.compute_dtype)
        values = modulated(self.first(_to_depth(detail)), 0)
        for step in range(_STEPS):
            before, after = self.inner[2 * step : 2 * step + 2]
            values = ops.relu(values + after(modulated(before(values), step + 1)))
        return images + unit * depth_to_space(ops.cast(self.last(values), "float32"))

    def macs(self, height: int, width: int) -> int:
        """Multiply–accumulates for an image of even sides."""
        return chain_macs(self.convolutions, (height // 2, width // 2, 12))[0]


def _local_mean(images: Any) -> Any:
    """Means over windows, the image mirrored at its edges."""
    reach = _WINDOW // 2
    padded = ops.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="reflect")
    return _sums(_sums(padded, 1), 2) / _WINDOW**2


def _sums(values: Any, axis: int) -> Any:
    """Sums of each nine values in a row: of two, of four, of eight, and the last one.

    Pooling with a window of 9×9 was seen to take ten times as long.
    """

    def part(values: Any, start: int | None, stop: int | None) -> Any:
        return values[(slice(None),) * axis + (slice(start, stop),)]

    sums = values
    for distance in (1, 2, 4):
        sums = part(sums, None, -distance) + part(sums, distance, None)
    return part(sums, None, -1) + part(values, _WINDOW - 1, None)


def _to_depth(images: Any) -> Any:
    """Inverse of ``depth_to_space``: (N, H, W, 3) to (N, H/2, W/2, 12)."""
    count, height, width, channels = ops.shape(images)
    grid = ops.reshape(images, (count, height // 2, 2, width // 2, 2, channels))
    return ops.reshape(ops.transpose(grid, (0, 1, 3, 2, 4, 5)), (count, height // 2, width // 2, 4 * channels))
