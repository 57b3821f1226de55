"""LPIPS, against its authors' package on a network of the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.errors import MissingBackend
from benchmark.metrics import lpips as module
from benchmark.metrics.lpips import Lpips
from benchmark.metrics.shared.backbone import BACKBONES_VARIABLE
from tests.conftest import jpeg_at, photo
from tests.metrics.backbones import random_network
from tests.metrics.measured import Pixels, check_pictures, values_of
from tests.needs import installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed("lpips"), reason="lpips is not installed: extra lpips"),
    pytest.mark.filterwarnings("ignore"),  # of the package and torchvision
]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return random_network(lambda models: models.alexnet(weights=None), module, "ALEXNET", tmp_path, monkeypatch)


def said(network: Any, one: Pixels, two: Pixels) -> float:
    """What the package says of two pictures."""
    import lpips
    import torch

    theirs = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    for part in (theirs.net.slice1, theirs.net.slice2, theirs.net.slice3, theirs.net.slice4, theirs.net.slice5):
        for number, layer in part.named_children():
            layer.load_state_dict(network.features[int(number)].state_dict())
    tensors = [torch.from_numpy(np.moveaxis(picture, 2, 0)[None] / np.float32(255)) for picture in (one, two)]
    with torch.no_grad():
        return float(theirs(*tensors, normalize=True))


@pytest.mark.parametrize("size", [(32, 32), (65, 90)])
def test_values_are_those_of_the_package(network: Any, size: tuple[int, int]) -> None:
    picture, other = photo(*size), jpeg_at(photo(*size), 10)
    assert values_of(Lpips(), picture, other)["lpips"] == pytest.approx(said(network, picture, other), rel=1e-5)


@pytest.mark.usefixtures("network")
def test_pictures() -> None:
    check_pictures(Lpips())
    assert Lpips.version() == "lpips 0.1.4"


def test_what_is_to_be_fetched_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BACKBONES_VARIABLE, raising=False)
    with pytest.raises(MissingBackend, match=r"^LPIPS needs the weights of AlexNet: fetch https://\S+/alexnet-owt-"):
        Lpips.version()
