"""An encoder's search for better bits: what it writes need not be what the network says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.colour.convert import Floats
from benchmark.neural.backend import load_keras
from benchmark.neural.descent import Inputs, make_descent
from benchmark.neural.streams.bit_model import PHASES, UNITS, BitModel

_RATE = 0.1
"""First learning rate of the descent, on the scale of tanh; it falls in a straight line to nothing."""


def by_gradient(
    activations: Floats,
    previous: Floats | None,
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
        previous: bits ±1 of that shape that the model predicts from, if it does.
        model: the model of the bits.
        inputs: arrays of N rows that ``error`` is given.
        error: gives the errors of N images, (N,), for bits (N, h, w, C) and the inputs, all tensors.
        price: the price of a bit for a position of the code.
        steps: the number of steps of the descent; each costs about three decodings.
    """
    keras = load_keras()
    ops = keras.ops
    # What is known before is a part of the input; a channel of nothing stands for it where there is none.
    known = np.zeros_like(activations[..., :0]) if previous is None else previous
    taps = model.weights.reshape(len(PHASES), -1, 3, 3, *model.weights.shape[2:])
    kernels = np.concatenate(np.moveaxis(taps, 1, 0), axis=-1).transpose(0, 1, 2, 4, 3).astype(np.float32) / UNITS
    biases = model.bias.astype(np.float32) / UNITS
    phase = np.full(activations.shape[1:3], -1)
    for index, (row, column) in enumerate(PHASES):
        phase[row::2, column::2] = index
    places = (phase == np.arange(len(PHASES))[:, None, None]).astype(np.float32)[..., None]

    def length(bits: Any, before: Any) -> Any:
        seen = ops.concatenate([bits, before], axis=-1)
        logits = sum(
            ops.convert_to_tensor(place) * (ops.conv(seen, ops.convert_to_tensor(kernel), padding="same") + bias)
            for place, kernel, bias in zip(places, kernels, biases, strict=True)
        )
        return ops.mean(ops.sum(ops.softplus(-bits * logits), axis=3), axis=(1, 2)) / np.log(2)

    def cost(values: Any, given: Inputs) -> tuple[Any, Any]:
        soft = ops.tanh(values)
        signs = ops.where(values >= 0, 1.0, -1.0)
        bits = soft + ops.stop_gradient(signs - soft)
        return signs, ops.log(error(bits, given)) + price * length(bits, given["previous"])

    descent = make_descent(activations.shape, cost, _RATE, steps)
    return np.asarray(descent.lowest(activations, {**inputs, "previous": known}))
