"""torchvision loads beside any PyTorch."""

from __future__ import annotations

import pytest

from benchmark.metrics.shared.vision import load_torchvision
from tests.needs import installed


@pytest.mark.slow
@pytest.mark.skipif(not installed("torchvision"), reason="torchvision is not installed: extra cvvdp")
def test_it_is_imported_and_a_second_time() -> None:
    for _ in range(2):
        load_torchvision()
        from torchvision.transforms import GaussianBlur

        assert GaussianBlur(3).kernel_size == (3, 3)
