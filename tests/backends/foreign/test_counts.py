"""What a network computes, counted and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmark.backends.foreign.counts import counts_of, networks_of, parameters_of
from benchmark.backends.foreign.link import end_links
from benchmark.codec import Complexity
from tests.backends.foreign.examples import declare, made
from tests.conftest import photo
from tests.needs import installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed("torch"), reason="torch is not installed: extra torch"),
]

NETWORK = """
import numpy as np
import torch
from torch.nn import functional


class Steps:
    def __init__(self, step=8):
        torch.manual_seed(1)
        self.analysis = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 5, stride=2, padding=2),
            torch.nn.ReLU(),
            torch.nn.Conv2d(8, 8, 3, padding=1, groups=4),
        )
        self.synthesis = torch.nn.ConvTranspose2d(8, 3, 5, stride=2, padding=2, output_padding=1, bias=False)
        self.mix = {"linear": torch.nn.Linear(8, 8)}

    def encode(self, image):
        height, width = image.shape[-2:]
        latent = self.analysis(functional.pad(image, (0, -width % 8, 0, -height % 8)))
        return bytes([height, width]) + np.rint(latent.clip(-1, 1).numpy() * 100).astype(np.int8).tobytes()

    def decode(self, data):
        height, width = data[:2]
        shape = (1, 8, (height + -height % 8) // 2, (width + -width % 8) // 2)
        latent = torch.from_numpy(np.frombuffer(data[2:], np.int8).reshape(shape).astype(np.float32)) / 100
        latent = self.mix["linear"](latent.movedim(1, -1)).movedim(-1, 1)
        return self.synthesis(latent)[..., :height, :width]
"""

HEIGHT, WIDTH = 13, 24
PLACES = 8 * 12
"""Of the latent: the height is padded to 16."""
ENCODE = PLACES * (8 * 3 * 25 + 8 * 2 * 9)
DECODE = PLACES * (8 * 8 + 8 * 3 * 25)
PARAMETERS = (8 * 3 * 25 + 8) + (8 * 2 * 9 + 8) + 8 * 3 * 25 + (8 * 8 + 8)


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Any:
    yield
    end_links()


def test_multiply_accumulates_are_those_counted_by_hand(tmp_path: Path) -> None:
    codec = made(declare(tmp_path, {"pixels": "torch", "channels": [3]}, NETWORK))
    assert codec.complexity(HEIGHT, WIDTH, 3) == Complexity(PARAMETERS, ENCODE, DECODE)
    assert codec.complexity(16, WIDTH, 3) == Complexity(PARAMETERS, ENCODE, DECODE), "padding counts"
    assert codec.complexity(32, WIDTH, 3) == Complexity(PARAMETERS, 2 * ENCODE, 2 * DECODE)
    stream = codec.encode(photo(HEIGHT, WIDTH))
    assert codec.decode(stream).shape == (HEIGHT, WIDTH, 3)


def test_what_the_class_says_wins(tmp_path: Path) -> None:
    own = "\n    def complexity(self, height, width, channels):\n        return 1, 2, 3\n"
    codec = made(declare(tmp_path, {"pixels": "torch", "channels": [3]}, NETWORK + own))
    assert codec.complexity(HEIGHT, WIDTH, 3) == Complexity(1, 2, 3)


def test_what_cannot_be_counted_is_not_known(tmp_path: Path) -> None:
    def with_encode(text: str) -> Any:
        code = NETWORK.replace("        height, width = image.shape[-2:]\n", f"        {text}\n")
        return made(declare(tmp_path, {"pixels": "torch", "channels": [3], "timeout": 20}, code))

    assert with_encode("raise ValueError('not even')").complexity(8, 8, 3) == Complexity(PARAMETERS, None, None)
    assert with_encode("import os; os._exit(1)").complexity(8, 8, 3) is None


def test_an_estimate_is_counted_in_place_of_an_encode() -> None:
    import torch

    class Estimating:
        def __init__(self) -> None:
            self.layers = [torch.nn.Conv2d(3, 2, 1)]
            self.again = self.layers[0]

        def estimate_bits(self, image: Any) -> tuple[float, Any]:
            return 1.0, self.again(self.layers[0](image)[:, :1].repeat(1, 3, 1, 1))

    codec = Estimating()
    found = counts_of(codec, torch.zeros(1, 3, 4, 5))
    assert found == {"parameters": 8, "encode_macs": 2 * 4 * 5 * 6, "decode_macs": None}
    assert [*networks_of(codec)] == [codec.layers[0]] * 2, "one network, found twice, whose numbers count once"
    assert parameters_of(object()) is None
