"""DISTS: how alike two pictures are in the means and the structure of what VGG-16 sees, so that textures may differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values
from benchmark.metrics.shared.backbone import VGG16, backbone_path, load_tensors, package_tensors
from benchmark.metrics.shared.packages import package_version
from benchmark.metrics.shared.pictures import colour_pictures
from benchmark.metrics.shared.planes import best_where_equal

_MEAN, _SCALE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Layers of VGG-16, by stage; between stages each second row and column of local root mean squares is left."""
_C = 1e-6


class Dists(MetricFamily):
    """DISTS, as its authors' package has it, on the processor."""

    name = "dists"
    order = 43
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="dists",
            space="colour",
            grey=True,
            title="DISTS",
            higher_is_better=False,
            tolerance=Tolerance(0.001),
            smallest=32,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=0.0, symmetric=True),
            definition="DISTS (Ding et al. 2020) on VGG-16, weights vgg16-397923af of torchvision, α and β by "
            "DISTS-pytorch, of whole pictures, not scaled to 256 rows; of sRGB, a grey picture as R = G = B",
        ),
    )

    @classmethod
    def version(cls) -> str:
        told = package_version("DISTS", "lpips", "DISTS-pytorch", "torch")
        backbone_path("DISTS", VGG16)
        return told

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> npt.NDArray[np.uint8]:
        return colour_pictures(reference)

    def compare(self, prepared: npt.NDArray[np.uint8], distorted: Channels) -> dict[str, Values]:
        network = _network(backbone_path("DISTS", VGG16))
        copies = colour_pictures(distorted)
        values = [_distance(network, one, two) for one, two in zip(prepared, copies, strict=True)]
        return {"dists": best_where_equal(np.array(values), prepared, copies, 0.0)}


@cache
def _network(path: Path) -> Mapping[str, Any]:
    return {**load_tensors(path), **package_tensors("DISTS-pytorch", "DISTS_pytorch/weights.pt")}


def _distance(network: Mapping[str, Any], one: npt.NDArray[np.uint8], two: npt.NDArray[np.uint8]) -> float:
    import torch

    with torch.inference_mode():
        pairs = list(zip(_features(network, one), _features(network, two), strict=True))
        counts = [first.shape[1] for first, _ in pairs]
        alphas, betas = (network[name].reshape(-1).split(counts) for name in ("alpha", "beta"))
        alike = torch.zeros(())
        for (first, second), alpha, beta in zip(pairs, alphas, betas, strict=True):
            mean, other = first.mean(dim=(0, 2, 3)), second.mean(dim=(0, 2, 3))
            variance, second_variance = (each.var(dim=(0, 2, 3), correction=0) for each in (first, second))
            both = (first * second).mean(dim=(0, 2, 3)) - mean * other
            alike += (alpha * (2 * mean * other + _C) / (mean**2 + other**2 + _C)).sum()
            alike += (beta * (2 * both + _C) / (variance + second_variance + _C)).sum()
        return float(1 - alike / (network["alpha"].sum() + network["beta"].sum()))


def _features(network: Mapping[str, Any], picture: npt.NDArray[np.uint8]) -> list[Any]:
    """The picture itself, and what the last layer of each stage sees."""
    import torch
    from torch.nn.functional import conv2d, relu

    mean, scale = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (_MEAN, _SCALE))
    samples = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    found, seen = [samples], (samples - mean) / scale
    for stage in _STAGES:
        if len(found) > 1:
            seen = _halved(seen)
        for number in stage:
            weight, bias = (network[f"features.{number}.{part}"] for part in ("weight", "bias"))
            seen = relu(conv2d(seen, weight, bias, padding=1))
        found.append(seen)
    return found


def _halved(seen: Any) -> Any:
    """Local root mean squares, by a window of Hann's, at each second row and column."""
    import torch
    from torch.nn.functional import conv2d

    taps = torch.tensor([0.5, 1.0, 0.5])
    window = (taps[:, None] * taps / 4).repeat(seen.shape[1], 1, 1, 1)
    return (conv2d(seen**2, window, stride=2, padding=1, groups=seen.shape[1]) + 1e-12).sqrt()
