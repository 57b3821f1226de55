"""DISTS, against its authors' package on a network of the same weights."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.errors import MissingBackend
from benchmark.metrics import dists as module
from benchmark.metrics.dists import Dists
from benchmark.metrics.shared.backbone import BACKBONES_VARIABLE, package_tensors
from tests.conftest import jpeg_at, photo
from tests.metrics.backbones import random_network
from tests.metrics.measured import Pixels, check_pictures, values_of
from tests.needs import installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed("DISTS_pytorch"), reason="DISTS-pytorch is not installed: extra lpips"),
    pytest.mark.filterwarnings("ignore"),  # of the package and torchvision
]


class Features:
    """VGG-16 without the layers that classify, which the metric does not need and which are nine tenths of it."""

    def __init__(self, models: Any) -> None:
        self.features = models.vgg.make_layers(models.vgg.cfgs["D"])

    def state_dict(self) -> dict[str, Any]:
        return {f"features.{name}": value for name, value in self.features.state_dict().items()}


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return random_network(Features, module, "VGG16", tmp_path, monkeypatch)


def said(network: Any, one: Pixels, two: Pixels, monkeypatch: pytest.MonkeyPatch) -> float:
    """What the package says of two pictures."""
    import torch
    from torchvision import models

    monkeypatch.setattr(models, "vgg16", lambda pretrained: network)
    theirs = importlib.import_module("DISTS_pytorch").DISTS(load_weights=False)
    weights = package_tensors("DISTS-pytorch", "DISTS_pytorch/weights.pt")
    theirs.alpha.data, theirs.beta.data = weights["alpha"], weights["beta"]
    tensors = [torch.from_numpy(np.moveaxis(picture, 2, 0)[None] / np.float32(255)) for picture in (one, two)]
    return float(theirs(*tensors))


@pytest.mark.parametrize("size", [(32, 32), (49, 66)])
def test_values_are_those_of_the_package(network: Any, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    picture, other = photo(*size), jpeg_at(photo(*size), 10)
    expected = said(network, picture, other, monkeypatch)
    assert values_of(Dists(), picture, other)["dists"] == pytest.approx(expected, abs=2e-5)


@pytest.mark.usefixtures("network")
def test_pictures() -> None:
    check_pictures(Dists())
    assert Dists.version() == "DISTS-pytorch 0.1"


def test_what_is_to_be_fetched_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BACKBONES_VARIABLE, raising=False)
    with pytest.raises(MissingBackend, match=r"^DISTS needs the weights of VGG-16: fetch https://\S+/vgg16-397923af"):
        Dists.version()
