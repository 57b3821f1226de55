"""LPIPS: how far apart two pictures are in what AlexNet sees, weighted by what people said of such pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values
from benchmark.metrics.shared.backbone import ALEXNET, backbone_path, load_tensors, package_tensors
from benchmark.metrics.shared.packages import package_version
from benchmark.metrics.shared.pictures import colour_pictures

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_LAYERS = ((0, 4, 2, False), (3, 1, 2, True), (6, 1, 1, True), (8, 1, 1, False), (10, 1, 1, False))
"""Layers of AlexNet: number, stride, padding, and whether a maximum over 3×3 comes before."""


class Lpips(MetricFamily):
    """LPIPS 0.1 on AlexNet, as its authors' package has it, on the processor."""

    name = "lpips"
    order = 42
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="lpips",
            space="colour",
            grey=True,
            title="LPIPS",
            higher_is_better=False,
            tolerance=Tolerance(0.001),
            smallest=32,
            lowest=0.0,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=0.0, symmetric=True),
            definition="LPIPS 0.1 (Zhang et al. 2018) on AlexNet, weights alexnet-owt-7be5be79 of torchvision, those "
            "of the five layers by lpips; of sRGB, a grey picture as R = G = B",
        ),
    )

    @classmethod
    def version(cls) -> str:
        told = package_version("LPIPS", "lpips", "lpips", "torch")
        backbone_path("LPIPS", ALEXNET)
        return told

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> npt.NDArray[np.uint8]:
        return colour_pictures(reference)

    def compare(self, prepared: npt.NDArray[np.uint8], distorted: Channels) -> dict[str, Values]:
        network = _network(backbone_path("LPIPS", ALEXNET))
        pairs = zip(prepared, colour_pictures(distorted), strict=True)
        return {"lpips": np.array([_distance(network, one, two) for one, two in pairs])}


@cache
def _network(path: Path) -> Mapping[str, Any]:
    return {**load_tensors(path), **package_tensors("lpips", "lpips/weights/v0.1/alex.pth")}


def _distance(network: Mapping[str, Any], one: npt.NDArray[np.uint8], two: npt.NDArray[np.uint8]) -> float:
    import torch

    total = 0.0
    with torch.inference_mode():
        for place, (first, second) in enumerate(zip(_features(network, one), _features(network, two), strict=True)):
            weighted = network[f"lin{place}.model.1.weight"] * (first - second) ** 2
            total += float(weighted.sum(dim=1).mean())
    return total


def _features(network: Mapping[str, Any], picture: npt.NDArray[np.uint8]) -> list[Any]:
    """What five layers see, each of length 1 at each place."""
    import torch
    from torch.nn.functional import conv2d, max_pool2d, relu

    shift, scale = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (_SHIFT, _SCALE))
    samples = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    seen = (samples / 127.5 - 1 - shift) / scale
    found = []
    for number, stride, padding, pooled in _LAYERS:
        if pooled:
            seen = max_pool2d(seen, 3, 2)
        weight, bias = (network[f"features.{number}.{part}"] for part in ("weight", "bias"))
        seen = relu(conv2d(seen, weight, bias, stride=stride, padding=padding))
        found.append(seen / (seen.square().sum(dim=1, keepdim=True).sqrt() + 1e-10))
    return found
