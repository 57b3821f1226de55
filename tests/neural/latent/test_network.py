"""The network of a latent codec, called a chunk at a time."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.latent.network import in_chunks, latent_of, latent_shape, load_network
from benchmark.neural.weights import points
from benchmark.plugins import codec_class
from tests.neural.latent.examples import network_of

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_chunks_give_what_the_whole_would() -> None:
    values = np.random.default_rng(0).normal(size=(1100, 3)).astype(np.float32)
    sizes = []

    def double(chunk: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> object:
        sizes.append(len(chunk))
        return 2 * chunk

    assert np.array_equal(in_chunks(double, values), 2 * values)
    assert sizes == [512, 512, 76]


def test_the_latent_is_the_first_output_of_the_encoder() -> None:
    tiles = np.zeros((2, 28, 28, 1), np.float32)
    for name, shape in (("vae", (128,)), ("conv-ae", (4, 4, 128))):
        encoder = network_of(name).get_layer("encoder")
        assert latent_shape(encoder) == shape
        assert latent_of(encoder, tiles).shape == (2, *shape)


def test_a_network_is_loaded_once_and_counts_what_it_computes() -> None:
    import importlib

    build = importlib.import_module(codec_class("vae").__module__).build_network
    point = points("vae", "rd")[0]
    network = load_network(build, point)
    assert load_network(build, point) is network
    assert (network.numbers, network.parameters) == (128, 266_752 + 234_512)
    assert 0 < network.decode_macs < network.parameters, "biases take no product"
    latents = network.analyse(np.full((3, 28, 28, 1), 0.5, np.float32))
    assert latents.shape == (3, 128)
    tiles = network.synthesise(latents)
    assert tiles.shape == (3, 28, 28, 1)
    assert 0 <= tiles.min() <= tiles.max() <= 1
    assert len(network.tables(2)[0]) == 128
