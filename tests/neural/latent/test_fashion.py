"""The autoencoders for Fashion-MNIST."""

from __future__ import annotations

import pytest

from tests.neural.latent.examples import kinds_of, network_of

pytestmark = [pytest.mark.neural, pytest.mark.slow]


@pytest.mark.parametrize("codec", ["conv-ae", "denoising-ae"])
def test_architecture_of_the_convolutional_autoencoders(codec: str) -> None:
    network = network_of(codec)
    encoder, decoder = network.get_layer("encoder"), network.get_layer("decoder")
    assert network.count_params() == 342_049
    drop = ["Dropout"] if codec == "denoising-ae" else []
    assert kinds_of(encoder) == [
        "InputLayer",
        "Conv2D",
        "MaxPooling2D",
        "Conv2D",
        "MaxPooling2D",
        "Conv2D",
        *drop,
        "MaxPooling2D",
    ]
    assert kinds_of(decoder) == [
        "InputLayer",
        "Conv2D",
        *drop,
        "UpSampling2D",
        "Conv2D",
        "UpSampling2D",
        "Conv2D",
        "UpSampling2D",
        "Conv2D",
        "Conv2D",
    ]
    convolutions = [layer for model in (encoder, decoder) for layer in model.layers if hasattr(layer, "filters")]
    assert [(layer.filters, layer.padding) for layer in convolutions] == [
        (32, "same"),
        (64, "same"),
        (128, "same"),
        (128, "same"),
        (64, "same"),
        (32, "valid"),
        (32, "same"),
        (1, "same"),
    ]
    assert all(layer.kernel_size == (3, 3) for layer in convolutions)
    assert encoder.output_shape == (None, 4, 4, 128)
    assert decoder.output_shape == (None, 28, 28, 1)
    assert [layer.rate for model in (encoder, decoder) for layer in model.layers if hasattr(layer, "rate")] == (
        [0.25, 0.25] if drop else []
    )
