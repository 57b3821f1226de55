"""An encoder's search for better bits: what it writes need not be what the network says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.colour.convert import Floats
from benchmark.neural.backend import load_keras
from benchmark.neural.descent import Inputs, make_descent
from benchmark.neural.streams.bit_model import (
    CENTRE,
    FEATURE_UNITS,
    OCTAVES,
    PHASES,
    UNITS,
    BitModel,
    is_known,
    taps,
)

_RATE = 0.1
"""First learning rate of the descent, on the scale of tanh; it falls in a straight line to nothing."""


def by_gradient(
    activations: Floats,
    previous: Floats,
    model: BitModel,
    inputs: Inputs,
    error: Callable[[Any, Inputs], Any],
    price: float,
    steps: int,
) -> Floats:
    """Bits ±1 of lower cost than the signs of an encoder's activations, by descent along the gradient.

    The activations move freely; the decoder sees their signs, with the gradient of tanh. The cheapest of the signs on
    the way is what counts for each image, the first among them. The cost of an image is the logarithm of its error,
    plus its bits as the model predicts them, at a price.

    Args:
        activations: what an encoder gives, in (−1, 1), (N, h, w, C).
        previous: bits ±1 of the earlier codes that the model predicts from, the latest first, (N, h, w, depth · C).
        model: the model of the bits.
        inputs: arrays of N rows that ``error`` is given.
        error: gives the errors of N images, (N,), for bits (N, h, w, C) and the inputs, all tensors.
        price: the price of a bit for a position of the code.
        steps: the number of steps of the descent; each costs about three decodings.
    """
    keras = load_keras()
    ops = keras.ops
    kernels, biases = _kernels(model), model.bias.astype(np.float32) / UNITS
    mixing, heads = (table.astype(np.float32) / UNITS for table in (model.mixing, model.heads))
    mixing_bias, heads_bias = (
        bias.astype(np.float32) / (UNITS * FEATURE_UNITS) for bias in (model.mixing_bias, model.heads_bias)
    )
    phase = np.full(activations.shape[1:3], -1)
    for index, (row, column) in enumerate(PHASES):
        phase[row::2, column::2] = index
    places = (phase == np.arange(len(PHASES))[:, None, None]).astype(np.float32)[..., None]

    def length(bits: Any, before: Any) -> Any:
        seen = ops.concatenate([bits, before], axis=-1)
        first = sum(
            ops.convert_to_tensor(place) * (ops.conv(seen, ops.convert_to_tensor(kernel), padding="same") + bias)
            for place, kernel, bias in zip(places, kernels, biases, strict=True)
        )
        sums, features = ops.split(first, [model.channels], axis=-1)
        features = ops.relu(features)
        features = features + ops.relu(ops.matmul(features, mixing) + mixing_bias)
        octaves, offsets = ops.split(ops.matmul(features, heads) + heads_bias, 2, axis=-1)
        logits = sums * ops.exp(np.log(2) * ops.clip(octaves, -OCTAVES, OCTAVES)) + offsets
        return ops.mean(ops.sum(ops.softplus(-bits * logits), axis=3), axis=(1, 2)) / np.log(2)

    def cost(values: Any, given: Inputs) -> tuple[Any, Any]:
        soft = ops.tanh(values)
        signs = ops.where(values >= 0, 1.0, -1.0)
        bits = soft + ops.stop_gradient(signs - soft)
        return signs, ops.log(error(bits, given)) + price * length(bits, given["previous"])

    descent = make_descent(activations.shape, cost, _RATE, steps)
    return np.asarray(descent.lowest(activations, {**inputs, "previous": previous}))


def _kernels(model: BitModel) -> Floats:
    """Of each phase, the first layer of the model as a convolution over bits and earlier bits.

    Shape (4, 3, 3, (1 + depth) · C, C + features).
    """
    channels = model.channels
    kernels = np.zeros((len(PHASES), 3, 3, 1 + model.depth, *model.weights.shape[1:]), np.float32)
    for tap, (code, (row, column)) in enumerate(taps(model.depth)):
        for phase in range(len(PHASES)):
            if code or is_known(phase, (row, column)):
                kernels[phase, row + 1, column + 1, code] = model.weights[tap]
    kernels[:, 1, 1, 0, :, :channels] = np.triu(model.weights[CENTRE, :, :channels], 1)
    flattened = kernels.reshape(len(PHASES), 3, 3, -1, kernels.shape[-1]) / np.float32(UNITS)
    return np.asarray(flattened, dtype=np.float32)
