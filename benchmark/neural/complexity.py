"""Multiply–accumulates of networks, counted from their layers and the shapes of what goes through them.

A multiplication by a weight and the addition that goes with it count as one, as the literature on learned codecs does
(kMAC a pixel); biases, activations, pooling and what works element by element are left out. A layer with weights that
is not known here is an error: it is never counted as nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from benchmark.errors import PluginError
from benchmark.neural.backend import load_keras

Shape = tuple[int, ...]
"""Of one example, without the batch: height, width and channels, or numbers."""


def layer_macs(layer: Any, source: Shape, output: Shape) -> int:
    """Multiply–accumulates of a layer of Keras for one example.

    Args:
        layer: built.
        source, output: shapes of what goes in and of what comes out.

    Raises:
        PluginError: it has weights, and is of a kind that is not known here.
    """
    layers = load_keras().layers
    kind: Any = type(layer)
    if kind in (layers.Conv2D, layers.DepthwiseConv2D):
        # A kernel is (height, width, channels in a group, filters), or (height, width, channels, multiplier).
        return math.prod(output[:2]) * math.prod(map(int, layer.kernel.shape))
    if kind is layers.Conv2DTranspose:
        # Every number that goes in is multiplied by the whole kernel; what padding cuts off is counted too.
        return math.prod(source[:2]) * math.prod(map(int, layer.kernel.shape))
    if kind is layers.Dense:
        return math.prod(output) * source[-1]
    if layer.weights:
        raise PluginError(f"layer {layer.name!r} is a {kind.__name__}: its multiply–accumulates cannot be counted")
    return 0


def model_macs(model: Any) -> int:
    """Multiply–accumulates of a functional model of fixed input shape for one example; each layer is used once.

    Raises:
        PluginError: a layer is not known, or is used several times, or with several inputs.
    """
    total = 0
    for layer in model.layers:
        if not layer.weights:
            continue
        # Keras has no public name for where a model uses a layer; counts by hand, in the tests, guard this private one.
        uses = [step for steps in model._nodes_by_depth.values() for step in steps if step.operation is layer]
        if len(uses) != 1 or len(uses[0].input_tensors) != 1:
            raise PluginError(f"layer {layer.name!r} is used {len(uses)} times or has several inputs: not countable")
        source, output = uses[0].input_tensors[0].shape, uses[0].output_tensors[0].shape
        total += layer_macs(layer, tuple(source[1:]), tuple(output[1:]))
    return total


def chain_macs(layers: Iterable[Any], source: Shape) -> tuple[int, Shape]:
    """Multiply–accumulates of layers, each of which takes what the one before gives, and the shape of the last output.

    Raises:
        PluginError: a layer is not known.
    """
    total = 0
    for layer in layers:
        output = tuple(int(side) for side in layer.compute_output_shape((1, *source))[1:])
        total += layer_macs(layer, source, output)
        source = output
    return total, source
