"""The codec vae: its network, and the rate and quality that it promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.plugins import codec_class
from tests.neural.latent.examples import all_images, coded, kinds_of, network_of, squared_error

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_architecture_of_the_vae() -> None:
    network = network_of("vae")
    encoder, decoder = network.get_layer("encoder"), network.get_layer("decoder")
    assert (encoder.count_params(), decoder.count_params()) == (266_752, 234_512)
    assert [tuple(output.shape) for output in encoder.outputs] == [(None, 128), (None, 128)]
    assert kinds_of(encoder) == ["InputLayer", "Flatten", "Dense", "Dense", "Dense"]
    assert kinds_of(decoder) == ["InputLayer", "Dense", "Dense", "Reshape"]
    assert decoder.output_shape == (None, 28, 28, 1)


def test_promised_rate_and_quality_on_mnist(data_root: Path) -> None:
    """56 bits an image at 20.2 dB of the pooled error, on the 10,000 test digits, from real streams."""
    digits = all_images("mnist", data_root)
    curve = []
    for quality in range(1, 9):
        rate, decoded = coded(codec_class("vae").from_settings({"quality": quality}), digits)
        curve.append((784 * rate, -10 * np.log10(squared_error(digits, decoded))))
    bits, psnr = np.array(curve).T
    assert (np.diff(bits) > 0).all()
    assert (np.diff(psnr) > 0).all()
    assert np.interp(56, bits, psnr) >= 20.2
